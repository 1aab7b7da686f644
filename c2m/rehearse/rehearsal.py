"""The result of a rehearsal: what every policy did, and what it cost."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd

from c2m.errors import ArgumentError
from c2m.frames import did_you_mean, name_list
from c2m.periods import Calendar
from c2m.production.problem import FloatArray
from c2m.rehearse import view
from c2m.rehearse.ledger import COSTS, MONEY, UNITS, Played
from c2m.rehearse.saving import Saving, find_saving
from c2m.rehearse.world import World
from c2m.storage import Folder, read_folder, write_folder

ARRAYS: Final = tuple(dict.fromkeys((*UNITS, *MONEY, *COSTS, "co2e")))
"""What is kept by policy, SKU and period."""

_INCOME: Final = 2
"""So many of `MONEY`, from the first on, come in."""

_FACTS: Final = (
    "policies", "skus", "first", "truth", "every", "perfect", "currency", "seed",
)  # fmt: skip


@dataclass(frozen=True, eq=False, repr=False)
class Rehearsal:
    """What every policy did with the same demand, and what it cost; `c2m.rehearse` makes one.

    Parameters
    ----------
    policies : tuple of str
        Their names.
    skus : tuple of str
        What was played, sorted.
    calendar : Calendar
        How days make periods.
    first : int
        The calendar's number of the first period.
    arrays : mapping of str to ndarray, shape (n_policies, n_skus, n_periods)
        Units, money and costs by the names of `ARRAYS`.
    start : ndarray, shape (n_skus,)
        Units in stock at the start; what is on the way arrives in the ledger.
    cut : ndarray, shape (n_policies,)
        Units that a policy wished for and the factory had no room for, where it says so (those
        that use `release` do).
    decisions : DataFrame
        The runs that were made: ``policy``, ``cutoff`` (of the decision), ``sku``, ``line``,
        ``mode``, ``period``, ``quantity``.
    truth : str
        What was taken for true demand, in words.
    every : int
        Periods between decisions.
    perfect : str, optional
        Name of the policy that knew the future; None where there was none.
    currency : str, optional
        Of all money.
    seed : int
        Of the policies, and of the intervals.
    """

    policies: tuple[str, ...]
    skus: tuple[str, ...]
    calendar: Calendar
    first: int
    arrays: Mapping[str, FloatArray]
    start: FloatArray
    cut: FloatArray
    decisions: pd.DataFrame
    truth: str
    every: int = 1
    perfect: str | None = None
    currency: str | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        for array in self.arrays.values():
            array.setflags(write=False)
        object.__setattr__(self, "arrays", MappingProxyType(dict(self.arrays)))

    @property
    def periods(self) -> pd.DatetimeIndex:
        """Labels of the periods that were played."""
        return self.calendar.labels(self.first, self.arrays["sold"].shape[2])

    @property
    def ledger(self) -> pd.DataFrame:
        """Units and money by policy, SKU and period, one row each.

        ``wanted``, ``sold``, ``lost``, ``arrived``, ``returned`` and ``made`` happen in the
        period; ``on_hand`` and ``on_the_way`` are at its end. Money: ``revenue`` (returns paid
        back), ``end_value`` (of what is left, in the last period) and what was spent.
        """
        shape = self.arrays["sold"].shape
        place = np.indices(shape).reshape(3, -1)
        columns = {name: self.arrays[name].reshape(-1) for name in (*UNITS, *MONEY, "co2e")}
        keys = {
            "policy": np.array(self.policies, dtype=object)[place[0]],
            "sku": np.array(self.skus, dtype=object)[place[1]],
            "period": self.periods.to_numpy()[place[2]],
        }
        return pd.DataFrame({**keys, **columns})

    @property
    def costs(self) -> pd.DataFrame:
        """The cost of mismatch by policy and kind, and its sum.

        ``lost_margin`` (price less least cost of what was not sold), ``lost_sale_penalty``,
        ``holding``, ``markdown`` (least cost less end value of what is left), ``setup``,
        ``overtime`` and ``dearer_ways`` (what units cost beyond the cheapest way to make and ship
        them). Less of it is more profit, unit for unit of money.
        """
        table = self._sums(COSTS)
        return table.assign(mismatch_cost=table.sum(axis=1))

    @property
    def money(self) -> pd.DataFrame:
        """Money in and out by policy and kind, and profit."""
        table = self._sums(MONEY)
        income = table.iloc[:, :_INCOME].sum(axis=1)
        return table.assign(profit=2 * income - table.sum(axis=1))

    @property
    def scores(self) -> pd.DataFrame:
        """How each policy did.

        ``mismatch_cost``, ``profit``, ``fill_rate`` (share of wanted units that were sold),
        ``sell_through`` (share of the units that were there that were sold), ``units_lost``,
        ``units_left``, ``units_cut`` (wished for and beyond what the factory
        could make), ``runs``, ``co2e`` (kg), and ``regret``: mismatch cost beyond that of
        perfect information (NaN where no such policy was played; below 0 where a policy beat its
        plan, which need not be the best).
        """
        units = self._sums(("wanted", "sold", "lost", "arrived", "returned", "co2e"))
        there = units["arrived"] + units["returned"] + self.start.sum()
        left = self.arrays["on_hand"][:, :, -1] + self.arrays["on_the_way"][:, :, -1]
        cost = self.costs["mismatch_cost"]
        runs = self.decisions["policy"].value_counts()
        return pd.DataFrame(
            {
                "mismatch_cost": cost,
                "profit": self.money["profit"],
                "fill_rate": units["sold"] / units["wanted"].where(units["wanted"] > 0),
                "sell_through": units["sold"] / there.where(there > 0),
                "units_lost": units["lost"],
                "units_left": left.sum(axis=1),
                "units_cut": self.cut,
                "runs": [int(runs.get(name, 0)) for name in self.policies],
                "co2e": units["co2e"],
                "regret": cost - (np.nan if self.perfect is None else cost[self.perfect]),
            }
        )

    def saving(self, policy: str, against: str) -> Saving:
        """Return what a policy saves against another, with a 90 % interval.

        Parameters
        ----------
        policy, against : str
            Two of `policies`.

        Returns
        -------
        Saving
            Money and share of the other's cost of mismatch.

        Raises
        ------
        ArgumentError
            If there is no such policy.
        """
        mine, other = (self._cost_of(name) for name in (policy, against))
        return find_saving(
            mine, other, (policy, against), seed=self.seed, currency=self.currency
        )  # fmt: skip

    def savings(self, policy: str) -> pd.DataFrame:
        """Return what a policy saves against each other one, with 90 % intervals.

        Against the variants of `Ours.variants` it is what the signals, the distribution and the
        second run are worth.

        Parameters
        ----------
        policy : str
            One of `policies`.

        Returns
        -------
        DataFrame
            Index ``against``; ``money``, ``low``, ``high``, ``share``, ``share_low``,
            ``share_high`` and ``over`` as in `Saving`.

        Raises
        ------
        ArgumentError
            If there is no such policy.
        """
        others = [name for name in self.policies if name != policy]
        found = [self.saving(policy, name) for name in others]
        columns = ["money", "low", "high", "share", "share_low", "share_high", "over"]
        rows = [[getattr(each, name) for name in columns] for each in found]
        return pd.DataFrame(rows, columns=columns, index=pd.Index(others, name="against"))

    def best(self, policies: Sequence[str]) -> str:
        """Return the policy with the least cost of mismatch.

        Parameters
        ----------
        policies : sequence of str
            Which to choose from.

        Returns
        -------
        str
            The first of equals.

        Raises
        ------
        ArgumentError
            If there is no such policy, or none is named.
        """
        if not policies:
            raise ArgumentError("Expected at least one policy to choose from.")
        return min(policies, key=lambda name: float(self._cost_of(name).sum()))

    def summary(self) -> pd.DataFrame:
        """Return the scores and the main costs, a row a policy, the cheapest first.

        Returns
        -------
        DataFrame
            Index ``policy``.
        """
        return view.summary(self)

    def to_frame(self) -> pd.DataFrame:
        """Return `ledger`.

        Returns
        -------
        DataFrame
            One row a policy, SKU and period.
        """
        return self.ledger

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the rehearsal to a folder (see `c2m.storage`).

        Parameters
        ----------
        path : path
            The folder; a saved rehearsal that is there is replaced.
        """
        facts = {name: getattr(self, name) for name in _FACTS}
        facts |= {"freq": self.calendar.freq, "bounds": list(self.calendar.bounds)}
        facts |= {name: list(facts[name]) for name in ("policies", "skus")}
        arrays = {**self.arrays, "start": self.start, "cut": self.cut}
        tables = {"decisions": self.decisions}
        write_folder(path, "rehearsal", Folder(facts, arrays=arrays, tables=tables))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "Rehearsal":
        """Read a rehearsal that `save` wrote.

        Parameters
        ----------
        path : path
            The folder.

        Returns
        -------
        Rehearsal
            The same.

        Raises
        ------
        DataError
            If the folder is incomplete, changed or no rehearsal.
        """
        folder = read_folder(path, "rehearsal")
        facts = {name: folder.facts[name] for name in _FACTS}
        facts |= {name: tuple(facts[name]) for name in ("policies", "skus")}
        return cls(
            **facts,
            calendar=Calendar(folder.facts["freq"], tuple(folder.facts["bounds"])),
            arrays={name: folder.arrays[name] for name in ARRAYS},
            start=folder.arrays["start"],
            cut=folder.arrays["cut"],
            decisions=folder.tables["decisions"],
        )

    def __repr__(self) -> str:
        """Return the rehearsal in one line."""
        return view.line(self)

    def _repr_html_(self) -> str:
        """Return the summary as HTML for a notebook."""
        return view.html(self)

    def _sums(self, names: tuple[str, ...]) -> pd.DataFrame:
        sums = {name: self.arrays[name].sum(axis=(1, 2)) for name in names}
        return pd.DataFrame(sums, index=pd.Index(self.policies, name="policy"))

    def _cost_of(self, name: str) -> FloatArray:
        if name not in self.policies:
            hint = did_you_mean(name, self.policies)
            raise ArgumentError(
                f"There is no policy {name!r}{hint}; there are {name_list(self.policies)}."
            )
        place = self.policies.index(name)
        return np.asarray(sum(self.arrays[kind][place] for kind in COSTS))


def make_rehearsal(
    world: World,
    played: dict[str, Played],
    perfect: list[str],
    *,
    truth: str,
    every: int,
    seed: int,
) -> Rehearsal:
    """Put the books of all policies together.

    Parameters
    ----------
    world : World
        What happened.
    played : dict of str to Played
        By policy.
    perfect : list of str
        Policies that knew the future; the first is what regret is measured from.
    truth : str
        What was taken for true demand.
    every : int
        Periods between decisions.
    seed : int
        Of the policies.

    Returns
    -------
    Rehearsal
        The result.
    """
    books = [
        {**each.units, **each.money, **each.costs, "co2e": each.co2e}
        for each in (one.ledger for one in played.values())
    ]
    return Rehearsal(
        policies=tuple(played),
        skus=world.skus,
        calendar=world.calendar,
        first=world.first,
        arrays={name: np.stack([book[name] for book in books]) for name in ARRAYS},
        start=world.on_hand.copy(),
        cut=np.array([one.cut for one in played.values()]),
        decisions=_joined([one.decisions for one in played.values()]),
        truth=truth,
        every=every,
        perfect=perfect[0] if perfect else None,
        currency=world.factory.currency,
        seed=seed,
    )


def _joined(tables: list[pd.DataFrame]) -> pd.DataFrame:
    full = [table for table in tables if len(table)]
    return pd.concat(full, ignore_index=True) if full else tables[0]
