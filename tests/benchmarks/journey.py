"""The road on real purchases: how good are the forecasts, and what do the plans cost?

Prints two tables for `c2m.datasets.load_journey`, weekly, 8 weeks ahead:

1. the backtest of naive, moving average, and `DirectBoosting` with and without signals and plans;
2. a replay on the held-back weeks: plans over joint scenarios against a plan made from the
   moving average with a normal safety stock, all by the same planner, factory and stock.

Run ``python tests/benchmarks/journey.py [windows]``; the docs show 12.
"""

import sys
import time
import warnings

import numpy as np
import pandas as pd
from scipy import stats

import c2m
from c2m.datasets import Journey, load_journey
from c2m.distribution import PathSet
from c2m.forecast import DirectBoosting, MovingAverage, backtest

HORIZON = 8
SAFETY_WINDOW = 13
SCORES = ("pinball", "bias", "total_error", "total_wql")
SIMPLE, OURS = "moving average + safety stock", "boosting, scenarios"


def make_panel(journey: Journey) -> c2m.Panel:
    """Return sales, signals and attributes by SKU and week, with the planned exposure."""
    events = c2m.read_events(journey.events_path)
    panel = c2m.build_panel(
        events,
        freq=journey.calendar,
        tz=journey.tz,
        complete=True,
        attributes=journey.products[["sku", "line", "category", "product_type"]],
    )
    exposure = journey.exposure.pivot(index="sku", columns="period").reindex(panel.skus)
    planned = {name: exposure[name].to_numpy() for name in ("display", "mailer")}
    return panel.with_channels(planned, known=list(planned))


def models() -> dict[str, object]:
    """Return what is compared beside the naive rows."""
    return {
        "boosting": DirectBoosting(HORIZON, signals=(), known=()),
        "boosting + signals": DirectBoosting(HORIZON, known=()),
        "boosting + planned mailer": DirectBoosting(HORIZON, signals=(), known=("mailer",)),
        "boosting + mailer, display": DirectBoosting(HORIZON, signals=()),
        "boosting + mailer, display, signals": DirectBoosting(HORIZON),
    }


def recent(panel: c2m.Panel) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation of each SKU's last quarter; 0 where nothing is known."""
    sales = pd.DataFrame(panel["sales"][:, -SAFETY_WINDOW:].T.astype(float))
    return sales.mean().fillna(0).to_numpy(), sales.std().fillna(0).to_numpy()


def opening_stock(panel: c2m.Panel) -> pd.DataFrame:
    """Return two weeks of the last quarter's mean sales of each SKU, in whole units."""
    return pd.DataFrame({"sku": panel.skus, "on_hand": np.ceil(2 * recent(panel)[0])})


def with_safety_stock(panel: c2m.Panel, factory: c2m.Factory) -> c2m.Demand:
    """Return the moving average as certain demand, its safety stock wanted in the first week.

    The safety stock is z * sd * sqrt(lead time + 1), z the normal quantile of the SKU's own
    critical ratio, at least 0: the textbook's rule, tuned to the same costs.
    """
    average = MovingAverage(window=SAFETY_WINDOW).fit(panel).predict(HORIZON)
    spread = recent(panel)[1]
    products = factory.products.set_index("sku").loc[panel.skus]
    lead = factory.routings.groupby("sku")["lead_time_periods"].min().loc[panel.skus].to_numpy()
    under = (products["price"] - products["unit_cost"] + products["lost_sale_penalty"]).to_numpy()
    over = (products["unit_cost"] - products["end_value"] + products["holding_cost"]).to_numpy()
    z = np.maximum(stats.norm.ppf(under / (under + over)), 0)
    certain = average.mean.copy()
    certain[:, 0] += z * spread * np.sqrt(lead + 1)
    return c2m.Demand(
        average.keys, average.calendar, average.first, PathSet(np.round(certain)[None])
    )


def replay(
    plan: c2m.Plan, factory: c2m.Factory, stock: pd.DataFrame, actual: np.ndarray
) -> dict[str, float]:
    """Let what happened happen to a plan: units sold, lost and left, and the profit."""
    rows = {sku: row for row, sku in enumerate(plan.skus)}
    weeks = {label: week for week, label in enumerate(plan.periods)}
    arriving = np.zeros(actual.shape)
    for run in plan.runs.itertuples():
        arriving[rows[run.sku], weeks[run.available]] += run.quantity
    products = factory.products.set_index("sku").loc[list(plan.skus)]
    on_hand = stock.set_index("sku")["on_hand"].loc[list(plan.skus)].to_numpy(dtype=float)
    sold, held = np.zeros(len(rows)), np.zeros(len(rows))
    for week in range(actual.shape[1]):
        on_hand = on_hand + arriving[:, week]
        out = np.minimum(on_hand, actual[:, week])
        on_hand, sold = on_hand - out, sold + out
        held += on_hand
    lost = actual.sum(axis=1) - sold
    made = arriving.sum(axis=1)
    profit = (
        (products["price"] * sold).sum()
        + (products["end_value"] * on_hand).sum()
        - (products["unit_cost"] * made).sum()
        - (products["holding_cost"] * held).sum()
        - (products["lost_sale_penalty"] * lost).sum()
        - plan.costs["setup"]
        - plan.costs["overtime"]
    )
    return {
        "profit": profit,
        "fill_rate": sold.sum() / actual.sum(),
        "made": made.sum(),
        "left": on_hand.sum(),
        "lost": lost.sum(),
    }


def replay_all(panel: c2m.Panel, factory: c2m.Factory, windows: int) -> pd.DataFrame:
    """Plan at each cutoff by both rules, and replay the weeks that followed."""
    results = []
    for back in range(windows, 0, -1):
        cutoff = panel.periods[-HORIZON - back]
        known = panel.upto(cutoff, ahead=HORIZON)
        rows = panel.keys["sku"].isin(known.skus).to_numpy()
        begin = panel.periods.get_loc(cutoff) + 1
        actual = np.nan_to_num(panel["sales"][rows, begin : begin + HORIZON]).astype(float)
        stock = opening_stock(known)
        demands = {
            SIMPLE: with_safety_stock(known, factory),
            "moving average, scenarios": MovingAverage(SAFETY_WINDOW).fit(known).predict(HORIZON),
            OURS: DirectBoosting(HORIZON).fit(known).predict(HORIZON),
        }
        for name, demand in demands.items():
            start = time.process_time()
            scenarios = 1 if name == SIMPLE else 200
            plan = c2m.plan_production(demand, factory, stock=stock, n_scenarios=scenarios)
            row = replay(plan, factory, stock, actual)
            spent = time.process_time() - start
            results.append({"cutoff": cutoff, "plan": name, **row, "cpu_s": spent})
    return pd.DataFrame(results)


def main() -> None:
    """Print both tables."""
    warnings.simplefilter("ignore", c2m.C2MWarning)
    pd.set_option("display.width", 200, "display.max_columns", 30, "display.precision", 3)
    windows = int(sys.argv[1]) if len(sys.argv) > 1 else 12
    journey = load_journey()
    panel = make_panel(journey)
    start = time.process_time()
    result = backtest(models(), panel, horizon=HORIZON, windows=windows)
    print(panel)
    print(
        f"{windows} overlapping weekly cutoffs, {HORIZON} weeks ahead; season length 1, because "
        "one year of data has no second year to learn a season from"
    )
    board = result.leaderboard()
    for score in SCORES:
        board[score] = [
            f"{mean:.3f} ({low:.3f} to {high:.3f})"
            for mean, low, high in board[[score, f"{score}_low", f"{score}_high"]].to_numpy()
        ]
    print(board[list(SCORES)].to_string())
    print(board[[f"pit_coverage_{share}" for share in (50, 80, 95)]].to_string())
    print(f"backtest: {time.process_time() - start:.0f} CPU-s\n")

    factory = c2m.Factory.from_toml(journey.factory_path)
    table = replay_all(panel, factory, windows)
    print(table.groupby("plan").mean(numeric_only=True).to_string())
    by_plan = table.pivot(index="cutoff", columns="plan", values="profit")
    for name in (OURS, "moving average, scenarios"):
        gain = by_plan[name] / by_plan[SIMPLE] - 1
        low, high = stats.t.interval(0.9, len(gain) - 1, gain.mean(), stats.sem(gain))
        print(
            f"{name}: profit {gain.mean():+.1%} a cutoff against {SIMPLE} "
            f"(90 % interval {low:+.1%} to {high:+.1%}, better at {(gain > 0).sum()} of "
            f"{len(gain)}; the windows overlap, so the interval is narrower than it should be)"
        )


if __name__ == "__main__":
    main()
