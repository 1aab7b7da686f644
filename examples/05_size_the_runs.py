"""Buy a season: cloth first, a first run, a second after early sales, then a share for each door.

An apparel range in colours and sizes. Cloth is bought by colour, before anyone knows which sizes
will sell, and a part of it stays uncut. The first run is sewn before the season. After three weeks
of sales the rest is forecast anew, and uncut cloth becomes what is wanted, by sea or by air. What
then is in the warehouse goes to the doors where it earns most.

  python examples/05_size_the_runs.py
  python examples/05_size_the_runs.py my-range.csv       with the columns of examples/05_range.csv
  python examples/05_size_the_runs.py --season 1         another season: what customers really want

It leaves figures, the runs as workbooks, and the push list in c2m-output/example-05.
"""

# %% What the command line offers.
import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

import c2m
from c2m import plot
from c2m.cli.shown import warnings_as_notes
from c2m.distribution import GammaPoisson, PathSet, Shared
from c2m.plot.style import quiet
from c2m.production.allocation import allocate, compare_reserves, push_list
from c2m.production.newsvendor import capacitated_run_sizes, run_sizes
from c2m.production.response import Season, cost_of_first_run, size_two_runs
from c2m.production.what_if import recost

COLUMNS = (
    *("sku", "style", "fabric", "line", "price", "making", "metres", "minutes"),
    *("cloth_cost", "cloth_resale", "expected"),
)
OPENING, WEEK = pd.Timestamp("2027-03-01"), pd.Timedelta(weeks=1)
CURVE = np.array([0.6, 0.8, 1.0, 1.2, 1.3, 1.3, 1.2, 1.1, 1.0, 0.9, 0.8, 0.7, 0.6, 0.5])  # by week
SEEN, SOLD_FROM = 3, 5  # weeks over when the second run is decided; from when it can be sold
CLOTH_MOQ, ROLL = 800.0, 50.0  # metres
CLEARANCE = 0.15  # share of the price that a garment left at the end brings
CLOTH_COMES, ORDERED = OPENING - 8 * WEEK, OPENING - 13 * WEEK
NEW_YEAR, NOT_BOOKED = ("2027-02-06", "2027-02-19"), ("2027-04-05", "2027-06-06")
WAYS = {"mode": ["air", "sea"], "transport_cost": [1.8, 0.4], "lead_time_periods": [1, 5]}
AIR = 1.4  # money that a unit costs more where it flies
UNCUT, RESERVES = (0.0, 0.15, 0.3, 0.45, 0.6), (0.0, 0.15, 0.3)  # shares of cloth and of stock
SHARES = [0.25, 0.2, 0.13, 0.42]  # of the demand of each door
DOORS = pd.DataFrame({"channel": ["city", "mall", "market", "web"], "cost": [1.2, 1.0, 2.4, 3.0]})
DOORS["fee"] = [0.0, 0.0, 0.2, 0.0]  # share of the price that the door keeps


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Read the arguments."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    own, out = Path(__file__).with_name("05_range.csv"), Path("c2m-output/example-05")
    parser.add_argument("range", nargs="?", type=Path, default=own, help="CSV with a row a SKU")
    parser.add_argument("--budget", type=float, default=160_000.0, help="for cloth (%(default)s)")
    parser.add_argument("--season", type=int, default=5, help="which one comes (%(default)s)")
    parser.add_argument("--signals", type=int, default=100, help="early sales (%(default)s)")
    parser.add_argument("--scenarios", type=int, default=100, help="of the rest (%(default)s)")
    parser.add_argument("--out", type=Path, default=out, help="where (%(default)s)")
    return parser.parse_args(argv)


# %% The range, and what a season may bring.
def read_range(path: Path) -> pd.DataFrame:
    """Read a row a SKU, and add what a unit costs with its cloth and once its cloth is bought."""
    table = pd.read_csv(path, dtype={"sku": str})
    missing = [f"there is no column {name!r}" for name in COLUMNS if name not in table]
    if missing or table.empty:
        raise c2m.DataError(path.name, missing or ["it has no row"], "see examples/05_range.csv")
    table = table.sort_values("sku").reset_index(drop=True)
    return table.assign(
        unit_cost=(table["making"] + table["metres"] * table["cloth_cost"]).round(2),
        cost_then=(table["making"] + table["metres"] * table["cloth_resale"]).round(2),
        end_value=(CLEARANCE * table["price"]).round(2),
    )


def forecast(articles: pd.DataFrame) -> c2m.Demand:
    """Return what a season may bring: styles and colours run or do not, sizes are steadier."""
    names = ["style", "fabric"]
    shared = Shared(articles[names].to_numpy(str), names, np.array([0.12, 0.10]))
    calendar = c2m.Calendar.of("W")
    return c2m.Demand(
        keys=articles[["sku"]],
        calendar=calendar,
        first=int(calendar.ordinal(OPENING)),
        law=law_of(np.outer(articles["expected"], CURVE / CURVE.sum()), 0.05, shared),
        attributes=articles[["style"]],
    )


def law_of(mean: np.ndarray, own: float, shared: Shared) -> GammaPoisson:
    """Return the law of weeks that err by 15 %, of series that err alone and together."""
    level = np.full(len(mean), (1 + own) * (1 + shared.variance) - 1)
    return GammaPoisson(mean, 1.15 * (1 + level[:, None]) - 1, level, shared)


def mismatch(articles: pd.DataFrame, cost: str) -> tuple[np.ndarray, np.ndarray]:
    """Return what a unit short and a unit left over cost."""
    under, over = articles["price"] - articles[cost], articles[cost] - articles["end_value"]
    return under.to_numpy(), over.to_numpy()


def early_season(demand: c2m.Demand, seed: int, n_signals: int) -> Season:
    """Return what early sales may say, and what may still come after each."""
    return Season.from_demand(
        demand, observed=SEEN, available=SOLD_FROM, n_signals=n_signals, n_draws=30, seed=seed
    )


def by_fabric(articles: pd.DataFrame, cloth: pd.DataFrame) -> Iterator[tuple[dict, pd.DataFrame]]:
    """Yield each fabric with the SKUs that are made of it."""
    for row in cloth.to_dict("records"):
        yield row, articles[articles["fabric"] == row["fabric"]]


# %% Cloth by colour: what all sizes of a fabric need together is steadier than one size.
def buy_cloth(articles: pd.DataFrame, demand: c2m.Demand, budget: float) -> pd.DataFrame:
    """Return a row a fabric: what may be needed, and what is bought."""
    wanted = demand.sample(400, seed=1).sum(axis=2).astype(float)  # [P, S]
    table = articles.groupby("fabric", as_index=False)[["cloth_cost", "cloth_resale"]].first()
    belongs = articles["fabric"].to_numpy()[:, None] == table["fabric"].to_numpy()  # [S, F]
    need = wanted @ (belongs * articles[["metres"]].to_numpy())  # [P, F]
    margin = (articles["expected"] * mismatch(articles, "unit_cost")[0]).to_numpy() @ belongs
    bought = capacitated_run_sizes(
        need,
        margin / need.mean(axis=0),
        table["cloth_cost"] - table["cloth_resale"],
        table["cloth_cost"],
        budget,
        moq=CLOTH_MOQ,
        lot_multiple=ROLL,
    )
    varies = [np.median(each.std(axis=0) / each.mean(axis=0)) for each in (need, wanted)]
    paid = table["cloth_cost"] @ bought.size
    print(f"Cloth for {paid:,.0f} EUR is bought in {len(table)} fabrics, no size being known.")
    print(f"One more EUR for cloth would earn {bought.price:,.2f} EUR.")
    print(f"The need of a fabric varies by {varies[0]:.0%}, that of a SKU by {varies[1]:.0%}.")
    low, high = np.quantile(need, [0.1, 0.9], axis=0)
    return table.assign(need=need.mean(axis=0), low=low, high=high, metres=bought.size)


# %% How much to cut now: the first run is sized against the second one.
def cut_first(
    articles: pd.DataFrame, demand: c2m.Demand, cloth: pd.DataFrame, n_signals: int
) -> np.ndarray:
    """Return the units of the first run, for each fabric the best share being left uncut."""
    first = np.zeros(len(articles))
    for row, own in by_fabric(articles, cloth):
        season = early_season(demand.select(own["sku"]), 2, n_signals)
        tried = [
            size_two_runs(
                season,
                *mismatch(own, "cost_then"),
                unit_time=own["metres"].to_numpy(),
                first_capacity=(1 - uncut) * row["metres"],
                second_capacity=uncut * row["metres"],
                second_extra_cost=AIR,
                moq=20,
                lot_multiple=5,
            )
            for uncut in UNCUT
        ]
        first[own.index] = min(tried, key=lambda runs: runs.cost).first
    return first


def tell_worth(
    articles: pd.DataFrame, demand: c2m.Demand, cloth: pd.DataFrame, first: np.ndarray, count: int
) -> None:
    """Say what is expected of each way to buy, in seasons that nothing was sized on."""
    mean, paths = demand.mean.sum(axis=1), demand.sample(400, seed=4).sum(axis=2)
    single = run_sizes(paths, *mismatch(articles, "unit_cost")).size
    known, lost = 0.0, np.zeros(3)
    for row, own in by_fabric(articles, cloth):
        season = early_season(demand.select(own["sku"]), 5, 2 * count)
        costs = mismatch(own, "unit_cost")
        known += float(costs[0] @ season.mean)
        for way, size in enumerate((mean, single)):
            lost[way] += cost_of_first_run(season, size[own.index], *costs, reserved=0)
        lost[2] += cost_of_first_run(
            season,
            first[own.index],
            *mismatch(own, "cost_then"),
            unit_time=own["metres"].to_numpy(),
            reserved=row["metres"] - row["cut"],
            second_extra_cost=AIR,
        )
        left = row["metres"] - season.mean @ own["metres"]  # paid in full, and worth less then
        lost[2] += (row["cloth_cost"] - row["cloth_resale"]) * left
    print(f"Were demand known, the season would earn {known:,.0f} EUR.")
    print(f"To make the mean, {mean.sum():,.0f} units, should earn {known - lost[0]:,.0f} EUR.")
    print(f"To make {single.sum():,.0f}, at critical ratios, {known - lost[1]:,.0f} EUR.")
    print(f"To buy cloth first and make two runs, {known - lost[2]:,.0f} EUR.")


# %% On the lines: the plan says when a run is sewn, and how it travels.
def make_factory(
    articles: pd.DataFrame, cloth: pd.DataFrame, metres: pd.Series, closed: tuple[str, str]
) -> c2m.Factory:
    """Return the sewing lines, with the cloth that is there and the days on which they stand."""
    lines = {"line": ["KNIT", "WOVEN"], "capacity": [30_000.0, 33_000.0], "plant": "east"}
    extra = {"unit": "minutes", "overtime_limit": 6_000.0, "overtime_cost": 0.08}
    lots = {"setup_time": 20.0, "setup_cost": 25.0, "moq": 20, "lot_multiple": 5}
    return c2m.Factory.from_frames(
        lines=pd.DataFrame({**lines, **extra}),
        products=articles[["sku", "price", "end_value"]].assign(unit_cost=articles["making"]),
        routings=articles[["sku", "line"]].assign(unit_time=articles["minutes"], **lots),
        groups=articles[["sku"]].assign(group=articles["fabric"]),
        limits=pd.DataFrame({"scope": "group", "name": cloth["fabric"], "setup_time": 150.0}),
        shutdowns=pd.DataFrame({"line": ["*"], "first_day": closed[0], "last_day": closed[1]}),
        materials=pd.DataFrame(
            {"material": cloth["fabric"], "unit": "m", "on_hand": metres}
        ).assign(unit_cost=cloth["cloth_resale"], commit_by=ORDERED),
        bill_of_materials=articles[["sku"]].assign(
            material=articles["fabric"], quantity=articles["metres"]
        ),
        lanes=pd.DataFrame({**WAYS, "plant": "east", "co2e_per_unit": [4.0, 0.2]}),
        freq="W",
        currency="EUR",
        name="sewing plant",
    )


def plan_first(articles: pd.DataFrame, first: np.ndarray, factory: c2m.Factory) -> c2m.Plan:
    """Return the runs that bring the first units until the season opens, at the least cost."""
    periods = pd.DataFrame({"period": pd.date_range(CLOTH_COMES, OPENING, freq="7D"), "path": 0})
    order = articles[["sku"]].assign(demand=first.astype(int)).merge(periods, how="cross")
    order["demand"] = order["demand"].where(order["period"] == OPENING, 0)
    demand = c2m.Demand.from_frame(order, freq="W", path="path")
    return c2m.plan_production(demand, factory, n_scenarios=1)


def tell_runs(plan: c2m.Plan) -> None:
    """Say when the lines run, how the units travel, and what that costs."""
    for mode, own in plan.runs.groupby("mode"):
        print(
            f"  {own['quantity'].sum():,} go by {mode}: sewn from {own['period'].min():%d %b} to "
            f"{own['period'].max():%d %b}, all there by {own['in_warehouse'].max():%d %b}, "
            f"{own['co2e'].sum():,.0f} kg CO2e."
        )
    print("  Transport is {transport:,.0f} EUR, set-ups {setup:,.0f} EUR.".format(**plan.costs))


# %% The season comes: three weeks of sales, and what they say of the rest.
def learn(demand: c2m.Demand, seen: np.ndarray) -> c2m.Demand:
    """Return the forecast of the rest after the first weeks, and say how it moved."""
    rest, weeks = demand.given(seen), seen.shape[1]
    table = demand.attributes[["style"]].assign(
        before=demand.mean[:, weeks:].sum(axis=1), after=rest.mean.sum(axis=1)
    )
    sums = table.groupby("style").sum()
    moved = (sums["after"] / sums["before"] - 1).items()
    expected = demand.mean[:, :weeks].sum()
    print(f"In {weeks} weeks customers wanted {seen.sum():,.0f}, {expected:,.0f} were expected.")
    print(f"The rest: {', '.join(f'{style} {change:+.0%}' for style, change in moved)}.")
    return rest


def plan_second(
    rest: c2m.Demand, stock: pd.DataFrame, factory: c2m.Factory, count: int
) -> c2m.Plan:
    """Return the second runs: uncut cloth to what is wanted now, in the weeks that are booked."""
    plan = c2m.plan_production(rest, factory, stock=stock, n_scenarios=count)
    for row in plan.allowances.to_dict("records"):
        worth = f"; one more would earn {row['price']:,.2f} EUR" if row["price"] > 0.01 else ""
        used = f"{row['used']:,.0f} of {row['amount']:,.0f} uncut metres are used"
        print(f"  {row['name']}: {used}{worth}.")
    return plan


def live(plan: c2m.Plan, rest: c2m.Demand, truth: np.ndarray, factory: c2m.Factory) -> c2m.Plan:
    """Return the second runs costed over what customers then want, and say what they earn."""
    comes = c2m.Demand(rest.keys, rest.calendar, rest.first, PathSet(truth[None]))
    lived = recost(plan, comes, factory)
    nothing = plan.runs[["sku", "line", "period", "mode"]].assign(quantity=0)
    without = recost(plan, comes, factory, overrides=nothing)
    gain = lived.expected_profit - without.expected_profit
    print(f"Customers then want {truth.sum():,.0f} more; the second run earns {gain:,.0f} EUR.")
    return lived


# %% The warehouse to the doors: each unit to where it is expected to earn most.
def share_out(articles: pd.DataFrame, rest: c2m.Demand, stock: np.ndarray) -> pd.DataFrame:
    """Share out what is in the warehouse, and return the ranked list of what goes where."""
    row = np.repeat(np.arange(len(rest)), len(DOORS))
    mean = rest.mean[row] * np.tile(SHARES, len(rest))[:, None]
    shared = Shared(rest.keys[["sku"]].to_numpy(str)[row], ["sku"], np.array([0.05]))
    keys = rest.keys.iloc[row].assign(channel=np.tile(DOORS["channel"], len(rest)))
    doors = c2m.Demand(keys, rest.calendar, rest.first, law_of(mean, 0.10, shared))
    pool = articles[["sku"]].assign(on_hand=stock.astype(int))
    tried = compare_reserves(doors, pool, articles, shares=RESERVES, lanes=DOORS, n_paths=10)
    best = tried.loc[tried["gain"].idxmax()]
    sent = allocate(doors, pool, articles, lanes=DOORS, reserve=best["reserve"])
    print(
        f"{sent.skus['sent'].sum():,} of {stock.sum():,.0f} units leave now, {best['reserve']:.0%} "
        f"wait for a week's sales: worth {best['over_first']:+,.0f} EUR against holding nothing."
    )
    for door in sent.summary().to_dict("records"):
        print(
            f"  {door['channel']}: {door['units']:,} units, {door['gain']:+,.0f} EUR over keeping."
        )
    push = push_list(sent)
    for line in push.head(5).to_dict("records"):
        what = f"{line['units']:,} {line['sku']} to {line['channel']}"
        print(f"  {line['rank']}. {what}: {line['gain']:,.0f} EUR more than elsewhere.")
    return push


# %% The figure of the season.
def draw_season(
    demand: c2m.Demand, rest: c2m.Demand, truth: np.ndarray, come: np.ndarray, path: Path
) -> None:
    """Draw each style's season: forecast before and after early sales, demand and supply."""
    groups = pd.Series(demand.skus).groupby(demand.attributes["style"].to_numpy())
    rows, weeks = -(-len(groups) // 2), np.arange(1, truth.shape[1] + 1)
    figure = Figure(figsize=(11, 3.8 * rows), layout="constrained")
    for ax, (style, own) in zip(np.ravel(figure.subplots(rows, 2)), groups, strict=False):
        wanted = truth[own.index].sum(axis=0).cumsum()
        parts = ((demand, 0, "#d3e4f2", "before"), (rest, SEEN, "#e8c9a0", f"after {SEEN} weeks"))
        for law, seen, colour, name in parts:
            paths = law.sample(300, seed=8, skus=own.tolist()).sum(axis=1).cumsum(axis=1)
            low, high = np.quantile(paths, [0.1, 0.9], axis=0) + (wanted[seen - 1] if seen else 0)
            ax.fill_between(weeks[seen:], low, high, color=colour, label=f"forecast {name}")
        ax.plot(weeks, wanted, "o", markersize=3, color="#1f2933", label="wanted")
        made = come[own.index].sum(axis=0).cumsum()
        ax.step(weeks, made, where="mid", color="#c8500a", label="made and there")
        ax.set(ylim=(0, None), xlabel="week of the season")
        quiet(ax, title=f"{style}, units since the season's start")
    figure.savefig(path, dpi=110)


# %% The season, from cloth to doors.
def study(options: argparse.Namespace) -> None:
    """Buy, sew, learn, sew again, share out."""
    out = options.out
    out.mkdir(parents=True, exist_ok=True)
    articles = read_range(options.range)
    demand = forecast(articles)
    print(demand, "\nCloth", sep="\n")
    cloth = buy_cloth(articles, demand, options.budget)
    print("\nThe first run")
    first = cut_first(articles, demand, cloth, options.signals)
    cut = (first * articles["metres"]).groupby(articles["fabric"]).sum()
    cloth["cut"] = cloth["fabric"].map(cut)
    share = cut.sum() / cloth["metres"].sum()
    print(f"{first.sum():,.0f} units are cut now from {share:.0%} of the cloth; the rest waits.")
    tell_worth(articles, demand, cloth, first, options.signals)
    plan = plan_first(articles, first, make_factory(articles, cloth, cloth["metres"], NEW_YEAR))
    tell_runs(plan)

    print(f"\nSeason {options.season} opens")
    truth = demand.sample(options.season, seed=6)[-1].astype(float)  # only its past is looked at
    rest = learn(demand, truth[:, :SEEN])
    there = np.maximum(first - truth[:, :SEEN].sum(axis=1), 0)
    stock = articles[["sku"]].assign(on_hand=there.astype(int))
    factory = make_factory(articles, cloth, cloth["metres"] - cloth["cut"], NOT_BOOKED)
    again = plan_second(rest, stock, factory, options.scenarios)
    tell_runs(again)
    lived = live(again, rest, truth[:, SEEN:], factory)

    print("\nThe doors")
    there = lived.outlook["stock"][:, SOLD_FROM - SEEN - 1]
    push = share_out(articles, demand.given(truth[:, :SOLD_FROM]), there)
    come = np.zeros_like(truth)
    come[:, 0], come[:, SEEN:] = first, lived.outlook["arrivals"]
    come[:, SEEN] -= stock["on_hand"]  # of the first run
    draw_season(demand, rest, truth, come, out / "season.png")
    for name, each in (("first-run", plan), ("second-run", again)):
        each.to_excel(out / f"{name}.xlsx")
        figure = Figure(figsize=(15, 5), layout="constrained")
        plot.plot_gantt(each, figure.subplots(), n_periods=4)
        figure.savefig(out / f"{name}.png", dpi=110)
    push.to_csv(out / "push.csv", index=False)
    print(f"\nWrote {out}")


def main(argv: list[str] | None = None) -> int:
    """Run the script; 0 done, 2 bad input."""
    options = parse(argv)
    try:
        with warnings_as_notes():
            study(options)
    except (c2m.C2MError, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
