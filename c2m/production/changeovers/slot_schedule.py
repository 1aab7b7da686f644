"""What a line makes in each slot, what that costs, and what is proved of it."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from c2m.production.changeovers.case import NEVER, SlotCase
from c2m.production.changeovers.solve import Solved


@dataclass(frozen=True, eq=False, repr=False)
class SlotSchedule:
    """A schedule of one line, one SKU a slot.

    Make one with `schedule_slots`.

    Parameters
    ----------
    slots : DataFrame, n_slots rows
        ``slot`` (counted from 1), ``sku`` (none where the line idles), ``due`` (slot by whose end
        what is made is due), ``changeover_cost`` into the slot and ``holding_cost`` of its unit.
    cost : float
        Changeovers and holding.
    bound : float
        Proved: no schedule that meets the due slots costs less.
    """

    slots: pd.DataFrame
    cost: float
    bound: float

    @property
    def schedule(self) -> tuple[str | None, ...]:
        """SKU of each slot; None where the line idles."""
        return tuple(None if pd.isna(sku) else str(sku) for sku in self.slots["sku"])

    @property
    def gap(self) -> float:
        """How far the cost may be above the least, as a share of the bound."""
        return max(0.0, self.cost - self.bound) / max(abs(self.bound), 1e-9)

    @property
    def method(self) -> Literal["exact", "heuristic"]:
        """``"exact"`` where the schedule is proved to be the cheapest, else ``"heuristic"``."""
        return "exact" if self.gap <= 1e-9 else "heuristic"

    @property
    def runs(self) -> pd.DataFrame:
        """Slots on end with one SKU, one row each.

        ``sku``, ``first_slot``, ``last_slot``, ``slots``, ``from_sku`` (what ran before, idle
        slots left out), ``changeover_cost`` and ``holding_cost``.
        """
        busy = self.slots[self.slots["sku"].notna()]
        new = (busy["sku"] != busy["sku"].shift()) | (busy["slot"].diff() != 1)
        by_run = busy.groupby(new.cumsum().to_numpy())
        runs = by_run.agg(
            sku=("sku", "first"),
            first_slot=("slot", "first"),
            last_slot=("slot", "last"),
            slots=("slot", "size"),
            changeover_cost=("changeover_cost", "sum"),
            holding_cost=("holding_cost", "sum"),
        ).reset_index(drop=True)
        runs.insert(4, "from_sku", runs["sku"].shift())
        return runs

    def to_frame(self) -> pd.DataFrame:
        """Return one row a slot.

        Returns
        -------
        DataFrame, n_slots rows
            A copy of `slots`.
        """
        return self.slots.copy()

    def summary(self) -> pd.DataFrame:
        """Return the totals in one row.

        Returns
        -------
        DataFrame
            ``slots``, ``busy`` slots, ``changeovers`` that cost something, ``changeover_cost``,
            ``holding_cost``, ``cost``, ``bound``, ``gap`` and ``method``.
        """
        row = {
            "slots": len(self.slots),
            "busy": int(self.slots["sku"].notna().sum()),
            "changeovers": int((self.slots["changeover_cost"] > 0).sum()),
            "changeover_cost": self.slots["changeover_cost"].sum(),
            "holding_cost": self.slots["holding_cost"].sum(),
            "cost": self.cost,
            "bound": self.bound,
            "gap": self.gap,
            "method": self.method,
        }
        return pd.DataFrame([row])

    def __repr__(self) -> str:
        """Say what it is in one line."""
        busy = self.slots["sku"].notna().sum()
        return (
            f"SlotSchedule({busy:,} of {len(self.slots):,} slots busy, cost {self.cost:,.2f}, "
            f"gap {self.gap:.2%}, {self.method})"
        )

    def _repr_html_(self) -> str:
        return f"<p>{self!r}</p>{self.runs.to_html(index=False)}"


def as_schedule(case: SlotCase, solved: Solved) -> SlotSchedule:
    """Return what was found as tables.

    Parameters
    ----------
    case : SlotCase
        The case.
    solved : Solved
        The schedule.

    Returns
    -------
    SlotSchedule
        With the codes of SKUs and slots counted from 1.
    """
    costs = case.cost(solved.made)
    busy = np.flatnonzero(solved.made != NEVER)
    names = np.full(case.n_slots, None, dtype=object)
    due = np.full(case.n_slots, np.nan)
    unit = case.count.copy()
    for slot in busy:
        sku = solved.made[slot]
        unit[sku] -= 1
        names[slot], due[slot] = case.skus[sku], case.due[sku, unit[sku]] + 1
    table = pd.DataFrame(
        {
            "slot": np.arange(1, case.n_slots + 1),
            "sku": pd.array(names, dtype="str"),
            "due": pd.array(due, dtype="Int64"),
            "changeover_cost": costs[:, 0],
            "holding_cost": costs[:, 1],
        }
    )
    return SlotSchedule(table, solved.cost, solved.bound)
