"""Launches out of sample: their first four weeks, or eight, beside what is usual.

Every launch after the training cutoff is forecast on the eve of its first period and at later ages;
what is foretold is the rest of its first 28 days (or `--span`; retail log: 8 weeks). The model is
learnt at the training cutoff and given the later periods by `update`, so that no lesson is later
than the cutoff. Beside it stand the mean of the launch's group (simulated: its department in its
store; retail: its price band; all series on sale, last four weeks), and the run rate: what it sold
so far, per period.

Launches of one day (week) have much in common, so the intervals of ratios draw days (weeks) of
launch, not launches, with replacement. Coverage spreads out the jumps of counts
(`c2m.forecast.scores.stretch_coverage`): 0.8 is exact whatever the share of zeros.

    python tests/benchmarks/launch.py --items 300 --days 730 --seed 51 52 53
    python tests/benchmarks/launch.py --items 220 --stores 4 --span 182 --cohorts 2 --seed 51 52 53
    python tests/benchmarks/launch.py --retail DATA/transactions.parquet --cohorts 4
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
from c2m.forecast.scores import count_probability, stretch_coverage
from c2m.forecast.target import observed_target
from c2m.panel import Panel

NOT_NEW = 8
GROUP, RATE = "group mean", "run rate"
PLAIN, SIGNALS = "ours, no signals", "ours, signals"
DRAWS = 2000


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


def simulated(arguments: argparse.Namespace, seed: int) -> Case:
    """Daily items in stores, with views and wishlists before the launch."""
    found = simulate_panel(
        seed=seed,
        n_items=arguments.items,
        n_stores=arguments.stores,
        n_days=arguments.days,
    )
    truth = np.nan_to_num(found.demand())
    groups = ("department", "location")
    return Case(found.panel, truth, groups, (0, 3, 7, 14), arguments.span, 28, 60)


def retail(path: Path) -> Case:
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


def forecast(
    case: Case, models: dict[str, LaunchModel], cutoff: int, born: "pd.Series[int]"
) -> pd.DataFrame:
    """Return the rest of the launches that have one of the ages at a cutoff, with what came."""
    panel = case.panel
    known = panel.upto(panel.periods[cutoff])
    target = observed_target(known)
    ages = cutoff + 1 - born
    wanted = born.index[ages.isin(case.ages)]
    place = pd.MultiIndex.from_frame(known.keys).get_indexer(wanted)
    usual = group_mean(case, known, target)[place]
    age, begin = ages[wanted].to_numpy(), born[wanted].to_numpy()
    at = pd.MultiIndex.from_frame(panel.keys).get_indexer(wanted)
    steps = begin[:, None] + np.arange(case.span)
    rest = np.arange(case.span) >= age[:, None]  # [L, span]
    table = {"age": age, "born": begin}
    table["actual"] = (case.truth[at[:, None], steps] * rest).sum(axis=1)
    table[GROUP] = usual * rest.sum(axis=1)
    sold = np.where(rest, np.nan, target[place[:, None], np.minimum(steps, cutoff)])
    seen = np.count_nonzero(~np.isnan(sold), axis=1)
    rate = np.nansum(sold, axis=1) / np.maximum(seen, 1)
    table[RATE] = np.where(age > 0, rate * rest.sum(axis=1), np.nan)
    skus = sorted(set(wanted.get_level_values("sku")))
    for name, model in models.items():
        demand = model.update(known).predict(case.span, skus=skus)
        own = pd.MultiIndex.from_frame(demand.keys).get_indexer(wanted)
        law = demand.law.rows(own)
        totals = [law.merge(np.zeros(case.span - one, dtype=np.intp)) for one in case.ages]
        which = np.searchsorted(case.ages, age)
        mean, spread = (
            np.array([getattr(total, each)[:, 0] for total in totals])[which, np.arange(len(own))]
            for each in ("mean", "dispersion")
        )
        table[name] = mean
        for end, less in (("below", 1), ("upto", 0)):
            table[f"{name}: {end}"] = count_probability(table["actual"] - less, mean, spread)
    return pd.DataFrame(table)


def cohort(case: Case, cutoff: int) -> pd.DataFrame:
    """Return forecasts of all launches within a step after a training cutoff."""
    panel = case.panel
    past = panel.upto(panel.periods[cutoff])
    models = {PLAIN: LaunchModel(case.span, signals=(), window=case.span).fit(past)}
    if "views" in panel:
        models[SIGNALS] = LaunchModel(case.span, window=case.span).fit(past)
    learnt = [f"{name}: {model.learner_}" for name, model in models.items()]
    n_launches = models[PLAIN].n_launches_
    print(f"training cutoff {panel.periods[cutoff].date()}, {n_launches:,} launches; ", *learnt)
    born = pd.Series(find_births(panel), index=pd.MultiIndex.from_frame(panel.keys))
    born = born[(born > cutoff) & (born <= cutoff + case.step)]
    cutoffs = sorted({day - 1 + age for day in born.unique() for age in case.ages})
    parts = [forecast(case, models, int(one), born) for one in cutoffs]
    found = pd.concat(parts, ignore_index=True)
    return found.assign(cutoff=str(panel.periods[cutoff].date()))


def methods(table: pd.DataFrame) -> list[str]:
    """Return the forecasts that a table holds."""
    return [name for name in (GROUP, RATE, PLAIN, SIGNALS) if name in table]


def wape(table: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Return the weighted absolute percentage error of every method."""
    errors = table[methods(table)].sub(table["actual"], axis=0).abs()
    keys = [table[name] for name in by]
    total = table["actual"].groupby(keys).sum()
    return errors.groupby(keys).sum(min_count=1).div(total, axis=0).round(3)


def ratios(table: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """Return WAPE beside the group mean's and the run rate's, with 95 % intervals."""
    rows = {}
    for age, part in table.groupby("age"):
        errors = part[methods(part)].sub(part["actual"], axis=0).abs()
        days = errors.groupby([part["seed"], part["born"]]).sum()
        chance = np.random.default_rng(seed)
        times = chance.multinomial(len(days), np.full(len(days), 1 / len(days)), size=DRAWS)
        drawn = pd.DataFrame(times @ days.to_numpy(), columns=days.columns)
        row = {}
        for own in [name for name in (PLAIN, SIGNALS) if name in days]:
            for other in [GROUP, RATE] if age else [GROUP]:
                low, high = np.quantile(drawn[own] / drawn[other], [0.025, 0.975])
                found = days[own].sum() / days[other].sum()
                row[f"{own} / {other}"] = f"{found:.2f} ({low:.2f} to {high:.2f})"
        rows[age] = row
    return pd.DataFrame(rows).T.fillna("").rename_axis("age")


def spreads(table: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Return coverage of the 10-90 % range and the bias."""
    rows = {}
    for key, part in table.groupby(by):
        row = {"launches": len(part)}
        for name in [name for name in (PLAIN, SIGNALS) if name in table]:
            below, upto = part[f"{name}: below"], part[f"{name}: upto"]
            row[f"{name}: covered"] = round(stretch_coverage(below, upto, 0.8), 3)
            row[f"{name}: bias"] = round(part[name].sum() / part["actual"].sum() - 1, 3)
        rows[key] = row
    return pd.DataFrame(rows).T.rename_axis(by).astype({"launches": int})


def tabulate(case: Case, cohorts: int, seed: int) -> pd.DataFrame:
    """Return the forecasts of all cohorts of a case."""
    print(case.panel)
    last = case.panel.n_periods - case.span - 1
    cutoffs = [last - number * case.step for number in range(cohorts, 0, -1)]
    table = pd.concat([cohort(case, cutoff) for cutoff in cutoffs], ignore_index=True)
    return table.assign(seed=seed)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=300)
    parser.add_argument("--stores", type=int, default=10)
    parser.add_argument("--days", type=int, default=730)
    parser.add_argument("--span", type=int, default=28, help="first days that are foretold")
    parser.add_argument("--cohorts", type=int, default=3)
    parser.add_argument("--seed", type=int, nargs="+", default=[1])
    parser.add_argument("--retail", type=Path, help="transactions.parquet, not the simulator")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", C2MWarning)
    begin = time.process_time()
    if arguments.retail:
        table = tabulate(retail(arguments.retail), arguments.cohorts, 0)
    else:
        parts = [
            tabulate(simulated(arguments, seed), arguments.cohorts, seed) for seed in arguments.seed
        ]
        table = pd.concat(parts, ignore_index=True)
    n_launches = int((table["age"] == 0).sum())
    print(f"{n_launches:,} launches, {time.process_time() - begin:.0f} CPU-seconds\n")
    print("WAPE of the rest of the first periods")
    print(wape(table, ["age"]).to_string(), "\n")
    print(wape(table, ["seed", "cutoff", "age"]).to_string(), "\n")
    print(ratios(table).to_string(), "\n")
    print("10-90 % range and bias")
    print(spreads(table, ["age"]).to_string(), "\n")
    print(spreads(table, ["seed", "age"]).to_string())


if __name__ == "__main__":
    main()
