"""The arrays of a line that makes one SKU a slot, and what its due dates leave free."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from c2m.errors import InfeasiblePlanError
from c2m.production.problem import BoolArray, FloatArray, IntArray

NEVER = -1
"""The slot of a unit that there is not, and the SKU of a slot without work."""


@dataclass(frozen=True, eq=False)
class SlotCase:
    """Wanted slots, costs, and the windows that follow from them.

    Schedules are built from the last slot to the first: unit k of a SKU is its k-th from the last,
    and it has the k-th latest due slot.

    Parameters
    ----------
    skus : tuple of str
        Codes.
    wanted : ndarray, shape (n_skus, n_slots)
        Slots of work on each SKU that are due by the end of each slot.
    changeover : ndarray, shape (n_skus, n_skus)
        Money to run a column's SKU after a row's; 0 on the diagonal.
    first : ndarray, shape (n_skus,)
        Money to begin with each SKU.
    holding : ndarray, shape (n_skus,)
        Money per unit and slot between its own slot and its due slot.
    onward : ndarray, shape (n_skus,)
        Money to go from each SKU to what comes after the last slot.
    """

    skus: tuple[str, ...]
    wanted: IntArray
    changeover: FloatArray
    first: FloatArray
    holding: FloatArray
    onward: FloatArray

    @property
    def n_slots(self) -> int:
        """Slots up to the last that is due."""
        return int(self.wanted.shape[1])

    @cached_property
    def count(self) -> IntArray:
        """Units of each SKU, shape (n_skus,)."""
        count: IntArray = self.wanted.sum(axis=1)
        return count

    @cached_property
    def due(self) -> IntArray:
        """Slot by whose end each unit is due, shape (n_skus, most units); `NEVER` without one."""
        due = np.full((len(self.skus), int(self.count.max())), NEVER)
        slots = np.arange(self.n_slots)
        for sku, wanted in enumerate(self.wanted):
            due[sku, : self.count[sku]] = np.repeat(slots, wanted)[::-1]
        return due

    @cached_property
    def latest(self) -> IntArray:
        """Last slot that each unit may take: one a slot, shape (n_skus, most units)."""
        step = np.arange(self.due.shape[1])
        latest: IntArray = np.minimum.accumulate(self.due + step, axis=1) - step
        return np.where(self.due == NEVER, NEVER, latest)

    @cached_property
    def slot_cost(self) -> FloatArray:
        """Holding cost of each unit in each slot, shape (n_slots, n_skus, most units).

        Infinite where the unit is too late, or leaves no slots for the units before it.
        """
        slots = np.arange(self.n_slots)[:, None, None]
        before = self.count[:, None] - 1 - np.arange(self.due.shape[1])
        fits = (slots <= self.latest) & (slots >= before) & (before >= 0)
        return np.where(fits, self.holding[:, None] * (self.due - slots), np.inf)

    @cached_property
    def changed(self) -> FloatArray:
        """`changeover` with an infinite diagonal: what a change to another SKU costs."""
        changed = self.changeover.copy()
        np.fill_diagonal(changed, np.inf)
        return changed

    @cached_property
    def grain(self) -> float:
        """Money of which every cost is a whole multiple; 0 if there is none."""
        costs = np.concatenate([self.changeover.ravel(), self.first, self.holding, self.onward])
        if np.any(costs != np.floor(costs)) or np.any(costs > 2**50):
            return 0.0
        return float(np.gcd.reduce(costs.astype(np.int64)))

    def cost(self, made: IntArray) -> FloatArray:
        """Return what each slot of a schedule costs.

        Parameters
        ----------
        made : ndarray, shape (n_slots,)
            SKUs; `NEVER` where nothing is made.

        Returns
        -------
        ndarray, shape (n_slots, 2)
            Changeover into the slot (the last has what goes onward too), and holding of its unit.
        """
        costs = np.zeros((self.n_slots, 2))
        unit, before = self.count.copy(), NEVER
        for slot in np.flatnonzero(made != NEVER):
            sku = made[slot]
            unit[sku] -= 1
            change = self.first[sku] if before == NEVER else self.changeover[before, sku]
            costs[slot] = change, self.holding[sku] * (self.due[sku, unit[sku]] - slot)
            before = sku
        if before != NEVER:
            costs[-1, 0] += self.onward[before]
        return costs


def check_feasible(case: SlotCase) -> None:
    """Check that there are slots enough for all that is due.

    Parameters
    ----------
    case : SlotCase
        The case.

    Raises
    ------
    InfeasiblePlanError
        With every slot up to which more is due than there are slots.
    """
    needed = case.wanted.sum(axis=0).cumsum()
    short = needed - np.arange(1, case.n_slots + 1)
    told = (short > 0) & (case.wanted.sum(axis=0) > 0)
    if not told.any():
        return
    reasons = [_reason(case, slot, int(needed[slot])) for slot in np.flatnonzero(told).tolist()]
    worst, most = int(short.argmax()) + 1, int(short.max())
    raise InfeasiblePlanError(
        reasons,
        f"begin {_slots(most)} earlier, or let {_slots(most)} of what is due by slot {worst} be "
        "due later or be made on another line.",
    )


def _reason(case: SlotCase, slot: int, needed: int) -> str:
    now = ", ".join(
        f"{case.skus[sku]!r} {case.wanted[sku, slot]}"
        for sku in np.flatnonzero(case.wanted[:, slot])
    )
    return (
        f"By slot {slot + 1}, {_slots(needed)} of work are due, {needed - slot - 1} too many "
        f"(due in it: {now})."
    )


def _slots(count: int) -> str:
    return f"{count} slot" if count == 1 else f"{count} slots"


def greedy(case: SlotCase) -> IntArray:
    """Return a schedule that meets all due dates: go on with a SKU, or make the cheapest change.

    Parameters
    ----------
    case : SlotCase
        A case that is feasible.

    Returns
    -------
    ndarray, shape (n_slots,)
        SKUs; `NEVER` where nothing is made.
    """
    made = np.full(case.n_slots, NEVER)
    unit, after = np.zeros(len(case.skus), dtype=np.int64), NEVER
    latest = np.pad(case.latest, ((0, 0), (0, 1)), constant_values=NEVER)
    each = np.arange(len(case.skus))
    for slot in range(case.n_slots - 1, -1, -1):
        free: BoolArray = latest[each, unit] >= slot
        if not free.any():
            continue
        change = case.changeover[:, after] if after != NEVER else case.onward
        after = int(np.where(free, change - case.holding, np.inf).argmin())
        made[slot] = after
        unit[after] += 1
    return made
