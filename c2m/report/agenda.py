"""What to do in the first period: start, order, chase, ship, receive; and what comes next."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pandas as pd

from c2m.frames import plural
from c2m.report.due import end_of_first, late_orders, materials_due, open_orders
from c2m.report.tables import Column, Table, make_table
from c2m.report.words import first_period, joined, money_column, short_day, units

if TYPE_CHECKING:
    from c2m.plan import Plan

_MOST_ROWS: Final = 60


@dataclass(frozen=True)
class Action:
    """Something to do in the first period.

    Parameters
    ----------
    what : str
        One sentence.
    table : Table, optional
        What it is about, row by row.
    late : bool
        Whether its day has passed.
    """

    what: str
    table: Table | None = None
    late: bool = False


@dataclass(frozen=True)
class Agenda:
    """What to do first.

    Parameters
    ----------
    actions : list of Action
        The most pressing first.
    nothing : str
        What to read where there is no action; empty where there is one.
    following : str
        What comes after the first period.
    """

    actions: list[Action]
    nothing: str
    following: str


def read_agenda(plan: "Plan") -> Agenda:
    """Gather what has to be done in the first period of a plan.

    Parameters
    ----------
    plan : Plan
        The plan.

    Returns
    -------
    Agenda
        Late purchase orders, materials to order, runs to start, goods to ship and to receive.
    """
    parts = [_chase(plan), _order(plan), _start(plan), _ship(plan), _receive(plan)]
    actions = [part for part in parts if part is not None]
    when = first_period(plan.calendar)
    nothing = "" if actions else f"Nothing has to be started, ordered or shipped {when}."
    return Agenda(actions, nothing, _following(plan))


def _chase(plan: "Plan") -> Action | None:
    late = late_orders(plan)
    if late.empty:
        return None
    here = short_day(plan.periods[0])
    columns = [
        Column("sku", "SKU"),
        Column("open", "Still open", units, number=True),
        Column("due", "Was due", short_day),
    ]
    what = (
        f"Chase {plural(len(late), 'late purchase order')}, {units(late['open'].sum())} units: the "
        f"plan takes them to be here on {here}."
    )
    caption = f"Purchase orders due before {here}, the oldest first"
    return Action(what, _table("chase", caption, late, columns), late=True)


def _order(plan: "Plan") -> Action | None:
    due = materials_due(plan)
    if due.empty:
        return None
    start = plan.periods[0]
    late = bool((due["order_by"] < start).any())
    money = plan.currency or "money"
    columns = [
        Column("material", "Material"),
        Column("ordered", "To order", units, number=True),
        Column("unit", "Unit"),
        Column("order_by", "Order by", short_day),
        Column("period", f"For runs of the {plan.calendar.word}", short_day),
        Column("cost", f"Cost, {money}", money_column(due["cost"]), number=True),
    ]
    sums = due.groupby(["material", "unit"], sort=False)["ordered"].sum().reset_index()
    named = [
        f"{units(row['ordered'])} {row['unit']} of {row['material']}"
        for row in sums.to_dict("records")
    ]
    more = [f"{len(named) - 4} more materials"] if len(named) > 5 else named[4:]
    what = f"Order {joined([*named[:4], *more])}" + (", partly overdue." if late else ".")
    caption = "Materials to order, the most pressing first"
    return Action(what, _table("order", caption, due, columns), late=late)


def _start(plan: "Plan") -> Action | None:
    """Name the runs of the first period; each line has a table of its own below."""
    runs = plan.runs[plan.runs["period"] == plan.periods[0]]
    if runs.empty:
        return None
    lines = runs["line"].nunique()
    return Action(
        f"Start {plural(len(runs), 'run')}, {runs['quantity'].sum():,} units, on "
        f"{plural(lines, 'line')}; line by line below."
    )


def _ship(plan: "Plan") -> Action | None:
    runs = plan.runs
    leaves = (runs["ex_factory"] < end_of_first(plan)) & (runs["available"] > runs["ex_factory"])
    out = runs[leaves & (runs["period"] < runs["ex_factory"])]
    if out.empty:
        return None
    ways = out.loc[out["mode"] != "", "mode"].unique()
    by = f" by {joined(sorted(ways))}" if len(ways) else ""
    return Action(f"Ship {out['quantity'].sum():,} units of {plural(len(out), 'run')}{by}.")


def _receive(plan: "Plan") -> Action | None:
    orders = open_orders(plan)
    due = orders[(orders["due"] >= plan.periods[0]) & (orders["due"] < end_of_first(plan))]
    if due.empty:
        return None
    columns = [
        Column("sku", "SKU"),
        Column("open", "Units", units, number=True),
        Column("due", "Due", short_day),
    ]
    what = f"Receive {units(due['open'].sum())} units of {plural(len(due), 'purchase order')}."
    return Action(what, _table("receive", "Purchase orders due", due.sort_values("due"), columns))


def _following(plan: "Plan") -> str:
    """Say when the next runs start and the next materials are ordered."""
    end, runs, bought = end_of_first(plan), plan.runs, plan.materials
    later = runs[runs["period"] >= end]
    buys = bought[(bought["ordered"] > 0) & (bought["order_by"] >= end)]
    days = [*later["period"].tolist(), *buys["order_by"].tolist()]
    if not days:
        return "Nothing is planned after that."
    day = min(days)
    own, buy = later[later["period"] == day], buys[buys["order_by"] == day]
    parts = []
    if len(own):
        parts.append(f"{plural(len(own), 'run')} to start, {own['quantity'].sum():,} units")
    if len(buy):
        parts.append(f"{joined(sorted(set(buy['material'])))} to order")
    return f"Next, {short_day(day)}: {'; '.join(parts)}."


def _table(name: str, caption: str, frame: pd.DataFrame, columns: list[Column]) -> Table:
    hidden = len(frame) - _MOST_ROWS
    note = f"{plural(hidden, 'more row')} in the workbook." if hidden > 0 else ""
    return make_table(f"do-{name}", caption, frame.iloc[:_MOST_ROWS], columns, note)
