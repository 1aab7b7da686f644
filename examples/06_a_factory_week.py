"""A factory's week: what to run, on which line, on which day, and what a day without a line costs.

Half a year of orders becomes a forecast by day; a factory with three lines, set-ups, overtime, a
maintenance day and week-ends plans two weeks. Then the questions of a week: where is it tight, what
does the maintenance day cost, what if a line falls out, and what if a person knows better?

  python examples/06_a_factory_week.py
  python examples/06_a_factory_week.py --out-of-order SEW-1 --from-day 2026-11-03 --days 3
  python examples/06_a_factory_week.py my-factory.xlsx       the factory of a run before, changed

It leaves figures, the factory as a workbook to change, the plan as a workbook, and a report in
c2m-output/example-06.
"""

# %% What the command line offers.
import argparse
import sys
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

import c2m
from c2m import plot
from c2m.cli.shown import main_figures, warnings_as_notes
from c2m.production.what_if import compare, recost, what_if
from c2m.report import write_report

MONDAY = pd.Timestamp("2026-11-02")
"""The first day that is planned."""

SATURDAY = 5
WEEK = pd.Timedelta(days=7)
WEEKDAYS = (1.25, 1.10, 1.00, 1.00, 1.15, 0.80, 0.70)
"""Orders from Monday to Sunday, beside those of a mean day."""

ARTICLES = pd.DataFrame(
    [
        ("PARKA-NAVY", 129.0, 61.0, 6.0, 20),
        ("PARKA-OLIVE", 129.0, 61.0, 6.0, 9),
        ("PARKA-RED", 129.0, 61.0, 6.0, 14),
        ("SHELL-NAVY", 89.0, 44.0, 4.0, 30),
        ("SHELL-RED", 89.0, 44.0, 4.0, 24),
        ("SHELL-SAND", 89.0, 44.0, 4.0, 16),
        ("FLEECE-GREY", 49.0, 21.0, 2.5, 36),
        ("FLEECE-NAVY", 49.0, 21.0, 2.5, 44),
        ("BEANIE-GREY", 19.0, 7.0, 1.0, 80),
        ("BEANIE-RED", 19.0, 7.0, 1.0, 60),
        ("SOCKS-GREY", 9.0, 3.2, 1.0, 120),
        ("SOCKS-NAVY", 9.0, 3.2, 1.0, 140),
    ],
    columns=["sku", "price", "unit_cost", "unit_time", "daily_orders"],
).assign(style=lambda table: table["sku"].str.split("-").str[0])


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Read the arguments."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "factory", nargs="?", type=Path, help="a workbook or TOML file; one is made up unless given"
    )
    parser.add_argument(
        "--out-of-order", default="SEW-2", metavar="LINE", help="the line that fails (%(default)s)"
    )
    parser.add_argument(
        "--from-day", type=date.fromisoformat, default=date(2026, 11, 5), help="(%(default)s)"
    )
    parser.add_argument("--days", type=int, default=2, help="that it stands still (%(default)s)")
    parser.add_argument("--horizon", type=int, default=14, help="days to plan (%(default)s)")
    parser.add_argument("--scenarios", type=int, default=200, help="paths of demand (%(default)s)")
    parser.add_argument(
        "--out", type=Path, default=Path("c2m-output/example-06"), help="where (%(default)s)"
    )
    return parser.parse_args(argv)


# %% The factory: two sewing lines in minutes, one packing line in pieces.
def make_factory() -> c2m.Factory:
    """Return the factory that the script makes up."""
    lines = pd.DataFrame(
        {
            "line": ["SEW-1", "SEW-2", "PACK"],
            "capacity": [540.0, 540.0, 640.0],
            "unit": ["minutes", "minutes", "pieces"],
            "overtime_limit": [90.0, 90.0, 120.0],
            "overtime_cost": [0.9, 0.9, 0.5],
        }
    )
    products = ARTICLES[["sku", "price", "unit_cost"]].assign(
        end_value=ARTICLES["unit_cost"],  # all of it is sold sooner or later
        holding_cost=(0.002 * ARTICLES["unit_cost"]).round(4),
    )
    small = ARTICLES["style"].isin(["BEANIE", "SOCKS"])
    sewn = {"setup_time": 12.0, "moq": 20, "lot_multiple": 5, "lead_time_periods": 1}
    packed = {"setup_time": 25.0, "moq": 60, "lot_multiple": 12, "lead_time_periods": 1}
    times = ARTICLES[["sku", "unit_time"]]
    slower = (1.15 * times["unit_time"]).round(3)  # SEW-2 is the older line
    routings = pd.concat(
        [
            times[~small].assign(line="SEW-1", **sewn),
            times[~small].assign(line="SEW-2", unit_time=slower, **sewn),
            times[small].assign(line="PACK", **packed),
        ]
    )
    styles = ARTICLES["style"].unique()
    return c2m.Factory.from_frames(
        lines=lines,
        products=products,
        routings=routings,
        groups=ARTICLES[["sku", "style"]].rename(columns={"style": "group"}),
        limits=pd.DataFrame(
            {"scope": "group", "name": styles, "setup_time": 20.0, "setup_cost": 15.0}
        ),
        shutdowns=days_off(lines["line"]),
        freq="D",
        currency="EUR",
        name="outdoor plant",
    )


def days_off(lines: pd.Series) -> pd.DataFrame:
    """Return the week-ends of every line, and the Tuesday on which SEW-2 is serviced."""
    saturdays = [MONDAY + pd.Timedelta(days=SATURDAY) + week * WEEK for week in (0, 1)]
    rows = [(line, day, day + pd.Timedelta(days=1)) for day in saturdays for line in lines]
    service = MONDAY + pd.Timedelta(days=8)
    return pd.DataFrame(
        [*rows, ("SEW-2", service, service)], columns=["line", "first_day", "last_day"]
    )


def read_factory(path: Path) -> c2m.Factory:
    """Read a factory of one's own."""
    return (c2m.Factory.from_toml if path.suffix == ".toml" else c2m.Factory.from_excel)(path)


# %% Half a year of orders, what is on hand, and what a supplier owes.
def read_orders() -> c2m.Panel:
    """Return orders by SKU and day; drawn here, read from a table elsewhere."""
    chance = np.random.default_rng(6)
    days = pd.date_range(end=MONDAY - pd.Timedelta(days=1), periods=26 * 7)
    weekly = np.array(WEEKDAYS)[days.day_of_week]
    orders = [
        pd.DataFrame(
            {
                "sku": sku,
                "period": days,
                "sales": chance.poisson(rate * weekly * chance.gamma(12, 1 / 12, len(days))),
            }
        )
        for sku, rate in zip(ARTICLES["sku"], ARTICLES["daily_orders"], strict=True)
    ]
    return c2m.Panel.from_frame(pd.concat(orders), freq="D")


def read_supply() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the stock, two days of orders, and a purchase order of which a part has come."""
    stock = ARTICLES[["sku"]].assign(on_hand=2 * ARTICLES["daily_orders"])
    due = MONDAY + pd.Timedelta(days=2)
    order = {"sku": ["SOCKS-GREY"], "ordered": [600], "received": [200], "due": [due]}
    return stock, pd.DataFrame(order)


# %% What the plan says: its money, and where it is tight.
def tell_plan(plan: c2m.Plan) -> None:
    """Say what the plan brings, what it pays for, and what one more hour would be worth."""
    money, costs, load = plan.currency, plan.costs, plan.line_load
    print(main_figures(plan))
    print(
        f"It pays {costs['setup']:,.0f} {money} for set-ups, {costs['overtime']:,.0f} {money} for "
        f"overtime and {costs['holding']:,.0f} {money} for stock that waits."
    )
    for line, own in load.groupby("line"):
        work, room = own["used"].sum() + own["overtime"].sum(), own["capacity"].sum()
        print(
            f"{line} has {room:,.0f} {own['unit'].iloc[0]} in regular time and needs {work:,.0f} "
            f"({work / room:.0%}); {own['overtime'].sum():,.0f} are overtime."
        )
    tight = load.loc[load["price"].idxmax()]
    if tight["price"] > 0:
        per, amount = ("hour", 60) if tight["unit"] == "minutes" else ("100 pieces", 100)
        print(
            f"It is tightest on {tight['line']} on {tight['period']:%A %d %B}: one more {per} "
            f"there would earn up to {amount * tight['price']:,.0f} {money}."
        )
    best = plan.runs.assign(worth=plan.runs["run"].map(plan.reasons.set_index("run")["last_unit"]))
    print("Why? " + plan.explain(best.loc[best["worth"].idxmax(), "sku"]))


def draw_plan(plan: c2m.Plan, folder: Path, name: str) -> None:
    """Draw load against capacity, line by line, and the runs on their lines."""
    lines = sorted(set(plan.line_load["line"]))
    loads = Figure(figsize=(9.5, 2.6 * len(lines)), layout="constrained")
    for ax, line in zip(np.ravel(loads.subplots(len(lines), 1)), lines, strict=True):
        plot.plot_plan(plan, ax, line=line)
    loads.savefig(folder / f"{name}-load.png", dpi=110)
    runs = Figure(figsize=(13.5, 1.2 + 1.25 * len(lines)), layout="constrained")
    plot.plot_gantt(plan, runs.subplots())
    runs.savefig(folder / f"{name}-runs.png", dpi=110)


def gain(plan: c2m.Plan, before: c2m.Plan) -> str:
    """Write by how much a plan is expected to earn more than another."""
    return f"{plan.expected_profit - before.expected_profit:+,.0f} {plan.currency}"


# %% What if a line stood still on fewer or on more days?
def with_days_off(factory: c2m.Factory, shutdowns: pd.DataFrame) -> c2m.Factory:
    """Return the factory with other days off, all of it checked again."""
    return c2m.Factory.from_frames(
        **{**factory.tables(), "shutdowns": shutdowns},
        policy=factory.policy,
        freq=factory.calendar,
        currency=factory.currency,
        name=factory.name,
    )


def tell_service(plan: c2m.Plan, factory: c2m.Factory, demand: c2m.Demand) -> None:
    """Say what the days cost on which a line stands still in the middle of a week."""
    days = factory.shutdowns
    midweek = (days["first_day"].dt.day_of_week < SATURDAY) & (
        days["first_day"] <= plan.periods[-1]
    )
    if not midweek.any():
        print("No line stands still in the middle of a week.")
        return
    for row in days[midweek].to_dict("records"):
        first, last = (f"{row[name]:%A %d %B}" for name in ("first_day", "last_day"))
        when = f"on {first}" if first == last else f"from {first} to {last}"
        print(f"{row['line']} is serviced {when}.")
    without = what_if(plan, with_days_off(factory, days[~midweek]), demand)
    print(f"To have that work done at a week-end is worth {gain(without.best, plan)}.")


def tell_outage(
    plan: c2m.Plan, factory: c2m.Factory, demand: c2m.Demand, options: argparse.Namespace
) -> c2m.Plan:
    """Say what becomes of the plan when a line falls out, and what can be done about it."""
    line, first = options.out_of_order, pd.Timestamp(options.from_day)
    last = first + timedelta(days=options.days - 1)
    print(f"Before the week starts, the news: {line} will be out from {first:%A} to {last:%A}.")
    out = pd.DataFrame({"line": [line], "first_day": [first], "last_day": [last]})
    fewer = with_days_off(factory, pd.concat([factory.shutdowns, out]))
    answer = what_if(plan, fewer, demand)
    if answer.broken.empty:
        print("No run of the plan is touched by that.")
        return plan
    for row in answer.broken.to_dict("records"):
        print(f"  {row['line']}, {row['period']:%a %d %b}: {row['what']}.")
    dropped = drop_runs(plan, fewer, demand, answer.broken)
    plans = {"as planned": plan, "runs dropped": dropped, "planned anew": answer.best}
    figures = compare(plans).figures.loc[["expected profit", "overtime", "fill rate"]]
    print(figures.round(3).to_string())
    print(f"To drop these runs and go on as planned is worth {gain(dropped, plan)}.")
    print(f"To plan anew is worth {gain(answer.best, dropped)} against that.")
    more = open_saturday(fewer.shutdowns, line, last)
    saturday = what_if(plan, with_days_off(fewer, more), demand).best
    print(
        f"To run the other lines on the Saturday after is worth {gain(saturday, answer.best)} "
        "more: pay less than that for the shift."
    )
    return answer.best


def drop_runs(
    plan: c2m.Plan, factory: c2m.Factory, demand: c2m.Demand, broken: pd.DataFrame
) -> c2m.Plan:
    """Return the plan without the runs of the days on which it breaks a limit."""
    gone = plan.runs.merge(broken[["line", "period"]].drop_duplicates(), on=["line", "period"])
    return recost(plan, demand, factory, overrides=gone[RUN].assign(quantity=0))


RUN = ["sku", "line", "period"]
"""What names a run that a person sets."""


def open_saturday(shutdowns: pd.DataFrame, failed: str, after: pd.Timestamp) -> pd.DataFrame:
    """Return the days off without the next Saturday of the lines that did not fail."""
    day = after + pd.Timedelta(days=(SATURDAY - after.day_of_week) % 7)
    opens = (shutdowns["first_day"] == day) & (shutdowns["line"] != failed)
    sunday = shutdowns["first_day"] + pd.Timedelta(days=1)
    shorter = shutdowns.assign(first_day=shutdowns["first_day"].mask(opens, sunday))
    return shorter[shorter["first_day"] <= shorter["last_day"]]


# %% What a person sets is checked and costed, and never planned away.
def tell_wish(plan: c2m.Plan, factory: c2m.Factory, demand: c2m.Demand) -> None:
    """Say what it means to make the runs of a SKU on a line in one go."""
    runs = plan.runs
    sku, line = runs[runs["period"] < MONDAY + WEEK].groupby(["sku", "line"]).size().idxmax()
    week = (runs["sku"] == sku) & (runs["line"] == line) & (runs["period"] < MONDAY + WEEK)
    own, day = runs[week], runs.loc[week, "period"].min()
    total = int(own["quantity"].sum())
    print(f"A person wants the week's {total:,} {sku} of {line} in one run on {day:%A}.")
    wish = own[RUN].assign(quantity=np.where(own["period"] == day, total, 0))
    answer = what_if(plan, factory, demand, overrides=wish)
    for row in answer.broken.to_dict("records"):
        print(f"It does not fit on {row['line']}: {row['what']}; {row['relief']}.")
    others = runs[(runs["line"] == line) & (runs["period"] == day) & (runs["sku"] != sku)]
    cleared = pd.concat([wish, others[RUN].assign(quantity=0)])
    answer = what_if(plan, factory, demand, overrides=cleared)
    if answer.kept is not None:
        print(
            f"With the {len(others)} other runs of that day taken out it is worth "
            f"{gain(answer.kept, plan)}."
        )


# %% The week.
def study(options: argparse.Namespace) -> None:
    """Plan, draw, ask."""
    out = options.out
    out.mkdir(parents=True, exist_ok=True)
    factory = make_factory() if options.factory is None else read_factory(options.factory)
    panel = read_orders()
    demand = c2m.forecast_demand(panel, horizon=options.horizon)
    stock, on_order = read_supply()
    print(factory, demand, sep="\n")
    plan = c2m.plan_production(
        demand, factory, stock=stock, on_order=on_order, n_scenarios=options.scenarios
    )
    print("\nThe plan")
    tell_plan(plan)
    draw_plan(plan, out, "plan")
    print("\nA line is serviced")
    tell_service(plan, factory, demand)
    print("\nA line falls out")
    draw_plan(tell_outage(plan, factory, demand, options), out, "planned-anew")
    print("\nA person knows better")
    tell_wish(plan, factory, demand)
    factory.to_excel(out / "factory.xlsx")
    plan.to_excel(out / "plan.xlsx", demand)
    title = f"Days of the {factory.name}"
    write_report(out / "report.html", panel=panel, demand=demand, plan=plan, title=title)
    print(f"\nWrote {out}")


def main(argv: list[str] | None = None) -> int:
    """Run the script; 0 done, 2 bad input."""
    options = parse(argv)
    try:
        with warnings_as_notes():
            study(options)
    except (c2m.C2MError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
