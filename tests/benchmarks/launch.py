"""Launches out of sample: their first four weeks, or eight, beside what is usual.

Every launch after the training cutoff is forecast on the eve of its first period and at later ages;
what is foretold is the rest of its first 28 days (UCI: 8 weeks). The model is learnt at the
training cutoff and given the later periods by `update`, so that no lesson is later than the cutoff.
Beside it stand the mean of the launch's group (simulated: its department in its store; UCI: its
price band; all series on sale, last four weeks), and the run rate: what it sold so far, per period.

    python tests/benchmarks/launch.py --items 300 --days 730
    python tests/benchmarks/launch.py --uci DATA/uci_online_retail/transactions.parquet
"""

import argparse
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from c2m.datasets import simulate_panel
from c2m.errors import C2MWarning
from c2m.forecast.launch.births import find_births
from c2m.forecast.launch.launch import LaunchModel
from c2m.forecast.target import observed_target
from c2m.panel import Panel

NOT_NEW = 8
PLAIN, SIGNALS = "ours, no signals", "ours, signals"


@dataclass(frozen=True)
class Case:
    """A panel, what was wanted in truth, and how launches are looked at."""

    panel: Panel
    truth: np.ndarray
    groups: tuple[str, ...]
    ages: tuple[int, ...]
    span: int
    recent: int
    step: int


def simulated(arguments: argparse.Namespace) -> Case:
    """Daily items in stores, with views and wishlists before the launch."""
    found = simulate_panel(
        seed=arguments.seed,
        n_items=arguments.items,
        n_stores=arguments.stores,
        n_days=arguments.days,
    )
    truth = np.nan_to_num(found.demand())
    return Case(found.panel, truth, ("department", "location"), (0, 3, 7, 14), 28, 28, 60)


def uci(path: Path) -> Case:
    """Weekly units of a giftware shop; an article is launched with its first sale."""
    rows = pd.read_parquet(path)
    rows = rows[(rows["Quantity"] > 0) & (rows["UnitPrice"] > 0)]
    rows = rows[rows["StockCode"].str.match(r"\d{5}")]
    days = pd.to_datetime(rows["InvoiceDate"]).dt.tz_localize(None).dt.normalize()
    rows = rows.assign(period=days - pd.to_timedelta(days.dt.day_of_week, unit="D"))
    rows = rows[rows["period"] < rows["period"].max()]  # the last week is cut short
    weeks = rows.groupby(["StockCode", "period"])["Quantity"].sum().unstack()
    weeks = weeks.reindex(
        columns=pd.date_range(weeks.columns.min(), weeks.columns.max(), freq="7D")
    )
    alive = weeks.notna().cummax(axis=1).to_numpy()
    alive = alive | alive[:, [NOT_NEW]]  # first sold in the first weeks of the log: there before it
    price = rows.sort_values("InvoiceDate").groupby("StockCode")["UnitPrice"].first()[weeks.index]
    band = pd.qcut(price, 4, labels=["cheap", "low", "high", "dear"]).astype(str)
    panel = Panel.from_frame(
        weeks.where(~alive | weeks.notna(), 0.0)
        .reset_index()
        .melt(id_vars="StockCode", var_name="period", value_name="sales")
        .dropna(),
        freq="W",
        sku="StockCode",
    )
    panel = Panel(
        keys=panel.keys,
        calendar=panel.calendar,
        first=panel.first,
        n_periods=panel.n_periods,
        channels={
            **panel.channels,
            "on_sale": alive.astype(float),
            "price": np.repeat(price.to_numpy()[:, None], panel.n_periods, axis=1),
        },
        known=("on_sale", "price"),
        attributes=pd.DataFrame({"band": band.to_numpy()}),
    )
    return Case(panel, np.nan_to_num(panel["sales"]), ("band",), (0, 1, 2, 4), 8, 4, 7)


def group_mean(case: Case, known: Panel, target: np.ndarray) -> np.ndarray:
    """Return the recent mean per series and period of each series' group."""
    recent = pd.DataFrame(target[:, -case.recent :]).mean(axis=1)
    table = pd.concat([known.keys, known.attributes], axis=1)
    return recent.groupby([table[name] for name in case.groups]).transform("mean").to_numpy()


def forecast(case: Case, models: dict[str, LaunchModel], born: int, age: int) -> pd.DataFrame:
    """Return the rest of the launches of one period, by method, with what came."""
    panel = case.panel
    known = panel.upto(panel.periods[born - 1 + age])
    target = observed_target(known)
    chosen = panel.keys[find_births(panel) == born]
    both = known.keys.merge(chosen, how="left", indicator=True)["_merge"].to_numpy() == "both"
    own = np.flatnonzero(both)
    rows = panel.keys.merge(known.keys[both], how="left", indicator=True)["_merge"] == "both"
    left = case.span - age
    totals = {"actual": case.truth[rows.to_numpy(), born + age : born + case.span].sum(axis=1)}
    totals["group mean"] = group_mean(case, known, target)[own] * left
    sold = pd.DataFrame(target[own, -age:] if age else np.full((len(own), 1), np.nan))
    totals["run rate"] = sold.mean(axis=1).fillna(0.0 if age else np.nan).to_numpy() * left
    for name, model in models.items():
        demand = model.update(known).predict(left)
        totals[name] = demand.mean[own].sum(axis=1)
        low, high = demand.total(levels=[0.1, 0.9])[own].T
        totals[name + ": inside"] = (totals["actual"] >= low) & (totals["actual"] <= high)
    return pd.DataFrame({"age": age, **totals})


def cohort(case: Case, cutoff: int) -> pd.DataFrame:
    """Return forecasts of all launches within a step after a training cutoff."""
    panel = case.panel
    past = panel.upto(panel.periods[cutoff])
    models = {PLAIN: LaunchModel(case.span, signals=()).fit(past)}
    if "views" in panel:
        models[SIGNALS] = LaunchModel(case.span).fit(past)
    learnt = [f"{name}: {model.learner_}" for name, model in models.items()]
    n_launches = models[PLAIN].n_launches_
    print(f"training cutoff {panel.periods[cutoff].date()}, {n_launches:,} launches; ", *learnt)
    born = find_births(panel)
    when = np.unique(born[(born > cutoff) & (born <= cutoff + case.step)])
    parts = [forecast(case, models, int(day), age) for day in when for age in case.ages]
    return pd.concat(parts, ignore_index=True).assign(cutoff=str(panel.periods[cutoff].date()))


def wape(table: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Return the weighted absolute percentage error of every method."""
    methods = [name for name in ("group mean", "run rate", PLAIN, SIGNALS) if name in table]
    errors = table[methods].sub(table["actual"], axis=0).abs()
    keys = [table[name] for name in by]
    total = table["actual"].groupby(keys).sum()
    return errors.groupby(keys).sum(min_count=1).div(total, axis=0).round(3)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=300)
    parser.add_argument("--stores", type=int, default=10)
    parser.add_argument("--days", type=int, default=730)
    parser.add_argument("--cohorts", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--uci", type=Path, help="transactions.parquet, in place of the simulator")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", C2MWarning)
    case = uci(arguments.uci) if arguments.uci else simulated(arguments)
    print(case.panel)
    begin = time.process_time()
    last = case.panel.n_periods - case.span - 1
    cutoffs = [last - number * case.step for number in range(arguments.cohorts, 0, -1)]
    table = pd.concat([cohort(case, cutoff) for cutoff in cutoffs], ignore_index=True)
    n_launches = int((table["age"] == 0).sum())
    print(f"{n_launches:,} launches, {time.process_time() - begin:.0f} CPU-seconds\n")
    print(f"WAPE of the rest of the first {case.span} periods")
    print(wape(table, ["age"]).to_string(), "\n")
    print(wape(table, ["cutoff", "age"]).to_string(), "\n")
    for name in (name for name in (PLAIN, SIGNALS) if name in table):
        inside = table.groupby("age")[name + ": inside"].mean().round(3).to_dict()
        sums = table.groupby("age")[[name, "actual"]].sum()
        bias = (sums[name] / sums["actual"] - 1).round(3).to_dict()
        print(f"{name}: share within the 10-90 % range {inside}, bias {bias}")


if __name__ == "__main__":
    main()
