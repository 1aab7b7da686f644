"""Demand from sales that stock cut short: every method beside the truth of simulated markets.

Usage: python tests/benchmarks/stockouts.py [--seeds 101 102 103] [--markets daily weekly low]

For each market a log is made, counted with `build_panel(stock="changes")` (so shares in stock and
hours of demand come from the log) and unconstrained by each method. Scores are of the cells in
which a SKU was out for some of the day, pooled over the seeds:

WAPE, bias   sum of absolute errors, and of errors, over the sum of the demand
in 2 sd      share of the cells whose demand lies within two `demand_sd`
styles       bias of the demand of whole styles over all days (own demand, no one counted twice)
CPU-s        of `unconstrain`, for all seeds

Two oracles say what is possible: one knows the rate of every SKU and day, one also the shock that
the SKUs of a style share that day. Both take what was sold in the time in stock as it was.
``plain`` is no market but Poisson sales of 1,500 SKUs on 90 days (135,000 cells) with known shares.
"""

import argparse
import time
import warnings

import numpy as np
import pandas as pd

from c2m.datasets import simulate_market
from c2m.datasets.market.settings import Stream
from c2m.panel import Panel
from c2m.periods import Calendar
from c2m.signals import build_panel, read_events, unconstrain
from c2m.signals.stockouts.methods import METHODS

USUAL = {"n_stores": 0, "n_days": 126, "launch_share": 0.0, "page_suppression": 0.3}
SMALL = {"n_styles": 4, "n_colours": 3, "n_sizes": 3}
MARKETS = {
    "daily": USUAL | SMALL | {"review_days": 1, "events_per_day": 30_000},
    "weekly": USUAL | SMALL | {"events_per_day": 60_000},
    "low": USUAL | {"events_per_day": 5_000},
}


def make_market(name, seed):
    """Return the panel of a market's log, its true demand, and two oracles' guesses."""
    market = simulate_market(seed, **MARKETS[name])
    panel = build_panel(
        read_events(market.events), freq="D", tz="UTC", kinds=["view", "purchase"],
        attributes=market.skus[["sku", "style", "colour", "size", "department"]],
        stock="changes",
    )  # fmt: skip
    price = market.plan.pivot(index="sku", columns="period", values="price").loc[panel.skus]
    discount = 1 - price.div(market.skus.set_index("sku")["list_price"], axis=0)
    panel = panel.with_channels({"discount": discount.round(1)})
    rows = pd.Index(market.skus["sku"]).get_indexer(panel.skus)
    truth = market.truth
    demand, own = (array.sum(axis=2).T[rows] for array in (truth.demand, truth.own))
    missing = np.nan_to_num(1 - panel["in_stock_demand"])
    shocks = [
        market.settings.rng(Stream.DEMAND, day).gamma(25.0, 1 / 25.0, market.settings.n_styles)
        for day in range(market.settings.n_days)
    ]
    rate = truth.rate[rows]
    shock = np.array(shocks).T[market.maker.brand.style][rows]
    cells = (truth.in_stock[:, rows, 0].T < 1) & (rate > 0) & ~np.isnan(panel["sales"])
    oracles = {"(rate known)": own + missing * rate, "(and shock)": own + missing * rate * shock}
    return panel, demand, cells, oracles


def make_plain(seed):
    """Return a panel of Poisson sales with known shares, and its true demand."""
    rng = np.random.default_rng(seed)
    n_series, n_periods = 1500, 90
    rate = rng.gamma(2, 15, (n_series, 1)) * np.exp(rng.normal(0, 0.15, (n_series, n_periods)))
    share = np.where(rng.random(rate.shape) < 0.245, rng.random(rate.shape), 1.0)
    served, lost = rng.poisson(rate * share), rng.poisson(rate * (1 - share))
    views = rng.poisson(20 * rate * (share + 0.7 * (1 - share)))
    number = np.arange(n_series)
    attributes = {"style": number // 20, "colour": number % 20 // 5, "size": number % 5}
    panel = Panel(
        keys=pd.DataFrame({"sku": [f"S{one:05d}" for one in number]}),
        calendar=Calendar("D"),
        first=20_000,
        n_periods=n_periods,
        channels={"sales": served, "in_stock_demand": share, "views": views},
        attributes=pd.DataFrame(attributes).astype(str),
    )
    return panel, served + lost, share < 1, {"(rate known)": served + (1 - share) * rate}


class Score:
    """Sums over the seeds, and the line that they make."""

    def __init__(self):
        self.sums = np.zeros(7)

    def add(self, panel, demand, cells, guess, sd=None, cpu=0.0):
        error = (guess - demand)[cells]
        inside = np.nan if sd is None else np.sum(np.abs(error) <= 2 * sd[cells] + 1e-6)
        known = ~np.isnan(panel["sales"])
        whole = [np.sum(np.where(known, array, 0.0)) for array in (guess - demand, demand)]
        row = [np.abs(error).sum(), error.sum(), demand[cells].sum(), inside, cells.sum()]
        self.sums = self.sums + np.array([*row, whole[0] / whole[1], cpu])

    def line(self, name, n_seeds):
        wrong, bias, total, inside, n_cells, styles, cpu = self.sums
        covered = "      -" if np.isnan(inside) else f"{inside / n_cells:7.3f}"
        return (
            f"{name:28s} {wrong / total:6.3f} {100 * bias / total:+7.1f} % {covered} "
            f"{100 * styles / n_seeds:+7.2f} % {cpu:6.2f}"
        )


def score(name, seeds):
    """Print the table of one market."""
    scores, n_cells, demands = {}, 0, []
    for seed in seeds:
        made = make_plain(seed) if name == "plain" else make_market(name, seed)
        panel, demand, cells, oracles = made
        n_cells += cells.sum()
        demands.append(demand[cells])
        for label, guess in oracles.items():
            scores.setdefault(label, Score()).add(panel, demand, cells, guess)
        drivers = ["discount"] if "discount" in panel else []
        for method in (*METHODS, "auto without views", "auto", "auto without spill"):
            options = {"drivers": drivers, "unknown": "observed"}
            options |= {"spill": False} if method == "auto without spill" or name == "plain" else {}
            options |= {"views": "none"} if method == "auto without views" else {}
            started = time.process_time()
            found = unconstrain(panel, method.partition(" ")[0], **options)
            cpu = time.process_time() - started
            guess, sd = (found.panel[one].astype(float) for one in ("demand", "demand_sd"))
            scores.setdefault(method, Score()).add(panel, demand, cells, guess, sd, cpu)
    print(
        f"\n{name}: seeds {', '.join(map(str, seeds))}; {n_cells:,} censored cells, "
        f"median demand {np.median(np.concatenate(demands)):.0f}"
    )
    print(f"{'method':28s} {'WAPE':>6s} {'bias':>9s} {'in 2 sd':>7s} {'styles':>9s} {'CPU-s':>6s}")
    for label, one in scores.items():
        print(one.line("sales as demand" if label == "observed" else label, len(seeds)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[101, 102, 103])
    parser.add_argument("--markets", nargs="+", default=["daily", "weekly", "low", "plain"])
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    for name in arguments.markets:
        score(name, arguments.seeds)


if __name__ == "__main__":
    main()
