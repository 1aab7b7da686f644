"""One SKU a slot on one line: which runs when, where a change costs by what ran before."""

import time

import numpy as np
from numpy.typing import ArrayLike

from c2m.errors import ArgumentError
from c2m.production.changeovers.case import NEVER, check_feasible
from c2m.production.changeovers.read_case import read_case
from c2m.production.changeovers.slot_schedule import SlotSchedule, as_schedule
from c2m.production.changeovers.solve import Solved, solve
from c2m.production.newsvendor.arguments import amount


def schedule_slots(
    wanted: object,
    changeovers: object,
    *,
    holding_cost: ArrayLike,
    first: object = None,
    states: int = 20_000,
    time_limit_s: float | None = None,
) -> SlotSchedule:
    """Schedule a line that makes at most one SKU a slot, with changeovers that depend on the order.

    A dye house or a paint line: a slot (a shift, a day) is all one colour, and going from black
    to white costs more than from white to black. Every due slot is met. The cost is that of the
    changes between one SKU and the next, idle slots between them or not, and of holding what is
    made before its due slot. In the books this is discrete lot sizing with sequence-dependent
    changeovers, or pigment sequencing.

    Parameters
    ----------
    wanted : DataFrame or other Arrow table, or array_like, shape (n_skus, n_slots)
        Orders: ``sku``, ``due`` (the slot by whose end it must be made, counted from 1), and
        ``slots`` of work (1 if the column is left out). Orders of the same SKU and slot are added
        up. Or the slots of work on each SKU due by each slot.
    changeovers : DataFrame or other Arrow table, or array_like, shape (n_skus, n_skus)
        ``from_sku``, ``to_sku`` and ``cost`` of every pair, or the matrix. A change takes no time.
    holding_cost : float or array_like, shape (n_skus,)
        Money for each slot of work and each slot that it is made before it is due; a Series
        names its SKUs.
    first : object, optional
        SKU that the line is set up for at the start; None: the first set-up costs nothing.
    states : int
        Partial schedules that are kept at each slot: more is slower, and as a rule
        better: the optimum is proved where all that are needed fit.
    time_limit_s : float, optional
        Seconds on the clock after which the best schedule so far is taken. None: no limit, and
        the same schedule on every machine.

    Returns
    -------
    SlotSchedule
        With a proved bound; ``method`` is ``"exact"`` where the cost is proved to be the least.

    Raises
    ------
    ArgumentError
        If an argument is out of its range.
    DataError
        If a table is wrong or lacks a pair; every problem is listed.
    InfeasiblePlanError
        If more is due by some slots than there are slots: each is listed, with how many.

    Notes
    -----
    A bound comes from paths that know one unit only, at prices on units (Lagrange). A search from
    the last slot to the first keeps one partial schedule for each set of what was made and what
    comes next, leaves out those whose bound is no better than the best schedule, and proves the
    optimum where there was room for all others. Between searches, windows of 40 slots are solved
    with all other slots as they are.

    References
    ----------
    Pochet & Wolsey (2006), *Production Planning by Mixed Integer Programming*, chapter 14: the
    pigment sequencing problem; problem 058 of CSPLib.

    Examples
    --------
    >>> import pandas as pd
    >>> wanted = pd.DataFrame({"sku": ["BLACK", "WHITE", "BLACK", "WHITE"], "due": [1, 2, 5, 5]})
    >>> changeovers = pd.DataFrame(
    ...     {"from_sku": ["BLACK", "WHITE"], "to_sku": ["WHITE", "BLACK"], "cost": [5.0, 3.0]}
    ... )
    >>> plan = schedule_slots(wanted, changeovers, holding_cost=2.0)
    >>> plan
    SlotSchedule(4 of 5 slots busy, cost 10.00, gap 0.00%, exact)
    >>> plan.schedule
    ('BLACK', 'WHITE', None, 'WHITE', 'BLACK')
    """
    if isinstance(states, bool) or not isinstance(states, int | np.integer) or states < 1:
        raise ArgumentError(f"Expected states as a whole number >= 1, got {states!r}.")
    limit = np.inf if time_limit_s is None else amount("time_limit_s", time_limit_s)
    end = time.perf_counter() + limit
    case = read_case(wanted, changeovers, holding_cost, first)
    if not case.wanted.sum():
        return as_schedule(case, Solved(np.full(case.n_slots, NEVER), 0.0, 0.0))
    check_feasible(case)
    return as_schedule(case, solve(case, int(states), lambda: time.perf_counter() > end))
