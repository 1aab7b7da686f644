"""What of a plan's firm runs is already on order, and what is still to be made of them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from c2m.plan import Plan
from c2m.production.factory import Factory
from c2m.production.problem import FloatArray, IntArray, Problem
from c2m.production.replanning.continued import modes_of
from c2m.production.replanning.orders import (
    Orders,
    claim,
    read_orders,
    say_doubts,
    still_coming,
)


@dataclass(frozen=True)
class Claimed:
    """Firm runs and orders, each unit in one of them.

    Parameters
    ----------
    firm : DataFrame
        See `Ahead`: what is still to be made of firm runs.
    lines : DataFrame
        The order book without lines of firm runs.
    fewer : ndarray, shape (n_skus, n_periods)
        Units that the whole order book would bring more.
    """

    firm: pd.DataFrame
    lines: pd.DataFrame
    fewer: FloatArray


@dataclass(frozen=True)
class Supplied:
    """Firm runs, and an order book that may hold some of them. Make it with `firm_and_supply`.

    Parameters
    ----------
    plan : Plan
        The old plan.
    firm : DataFrame
        See `Ahead`.
    orders : Orders
        As given, or what the plan has on the way.
    given : bool
        Whether the order book was given.
    start : int
        The calendar's number of the first period to come.
    """

    plan: Plan
    firm: pd.DataFrame
    orders: Orders
    given: bool
    start: int

    @property
    def lines(self) -> pd.DataFrame | None:
        """The order book as `plan_production` takes it."""
        return self.orders.lines

    def claim(self, problem: Problem, lines: pd.DataFrame) -> Claimed:
        """Take the lines of firm runs out of the order book.

        Parameters
        ----------
        problem : Problem
            Read with the whole order book.
        lines : DataFrame
            The order book as it was understood.

        Returns
        -------
        Claimed
            Firm runs and orders.

        Warns
        -----
        C2MWarning
            Where runs are in doubt; see `say_doubts`.
        """
        nothing = np.zeros((problem.n_skus, problem.n_periods))
        if not self.given:
            return Claimed(self.firm, lines, nothing)
        runs = self._runs(problem)
        found = claim(lines, self.orders.run, runs, self.plan)
        say_doubts(found, runs)
        firm = self.firm.copy()
        received = found.received[len(runs) - len(firm) :]
        firm["quantity"] -= np.floor(received + 1e-9).astype(np.int64)
        return Claimed(firm, found.lines, _arriving(problem, lines, found.fewer))

    def _runs(self, problem: Problem) -> pd.DataFrame:
        """Return the begun runs that are still to come, then the firm ones."""
        plan, calendar = self.plan, self.plan.calendar
        runs = plan.runs
        step = {name: _number(plan, runs[name]) for name in ("period", "available")}
        here = (step["period"] < self.start) & (step["available"] >= self.start)
        begun = pd.DataFrame(
            {
                "sku": runs["sku"][here],
                "line": runs["line"][here],
                "period": step["period"][here],
                "available": step["available"][here],
                "quantity": runs["quantity"][here],
                "begun": True,
            }
        )
        period = calendar.ordinal(self.firm["period"].to_numpy().astype("datetime64[D]"))
        firm = self.firm.assign(
            period=period, available=period + _leads(problem, self.firm), begun=False
        )
        return pd.concat([begun, firm[begun.columns]], ignore_index=True)


def firm_and_supply(
    plan: Plan, factory: Factory, firm: pd.DataFrame, on_order: object | None, start: int
) -> Supplied:
    """Read what is on the way beside firm runs.

    Parameters
    ----------
    plan : Plan
        The old plan.
    factory : Factory
        For the share of pieces that are good.
    firm : DataFrame
        See `Ahead`.
    on_order : DataFrame or other Arrow table, optional
        See `replan`.
    start : int
        The calendar's number of the first period to come.

    Returns
    -------
    Supplied
        Both.
    """
    if on_order is None:
        return Supplied(plan, firm, still_coming(plan, factory, start), False, start)
    return Supplied(plan, firm, read_orders(on_order, plan.calendar), True, start)


def _number(plan: Plan, days: pd.Series) -> IntArray:
    return plan.calendar.ordinal(days.to_numpy().astype("datetime64[D]"))


def _leads(problem: Problem, runs: pd.DataFrame) -> IntArray:
    """Return the lead time of each run, 0 where its line cannot make it."""
    modes = modes_of(problem)
    leads = []
    for sku, line, mode in zip(runs["sku"], runs["line"], runs["mode"], strict=True):
        there = modes.get((sku, line), {})
        leads.append(there.get(mode, min(there.values(), default=0)))
    return np.array(leads, dtype=np.int64)


def _arriving(problem: Problem, lines: pd.DataFrame, units: FloatArray) -> FloatArray:
    """Return units of lines by SKU and the period in which they are due, overdue ones first."""
    arriving = np.zeros((problem.n_skus, problem.n_periods))
    row = pd.Index(problem.skus).get_indexer(pd.Index(lines["sku"]))
    days = lines["due"].to_numpy().astype("datetime64[D]")
    bounds = problem.calendar.label([problem.first, problem.first + problem.n_periods])
    inside = np.clip(days, bounds[0], None)
    here = (row >= 0) & (days < bounds[1]) & (units > 0)
    step = problem.calendar.ordinal(inside[here]) - problem.first
    np.add.at(arriving, (row[here], step), units[here])
    return arriving
