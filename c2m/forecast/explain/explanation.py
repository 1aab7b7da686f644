"""A forecast taken apart: a level, and what multiplies it."""

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from c2m.errors import ArgumentError, warn
from c2m.forecast.explain.groups import RECENT
from c2m.forecast.explain.movement import Movement
from c2m.forecast.explain.shares import LEAST, share_change
from c2m.forecast.explain.words import explained
from c2m.series import find_skus

if TYPE_CHECKING:
    from c2m.forecast.features.running import Positions
    from c2m.forecast.target import FloatArray
    from c2m.periods import Calendar


@dataclass(frozen=True, eq=False, repr=False)
class Explanation:
    """The mean of each series and period as a level times the multipliers of groups.

    A multiplier of 1.2 says that the group's features raise the mean by 20 % against what the
    trees expect of any row. It says what the model does with a signal, not what would happen if
    somebody changed it.

    Parameters
    ----------
    keys : DataFrame, n_series rows
        Which series.
    calendar : Calendar
        How days make periods.
    first : int
        Number of the first period explained.
    groups : tuple of str
        ``"recent level"`` (how the trees correct the level by recent sales), ``"season"``,
        ``"calendar"``, ``"age and gaps"``, ``"distance"``, ``"attributes"``, ``"on sale"``, and
        the channels by their names.
    base : ndarray, shape (n_series, horizon)
        The smoothed level at the cutoff, in units a period.
    multipliers : ndarray, shape (n_series, horizon, n_groups)
        Their product times `base` is `mean`.

    Examples
    --------
    >>> from c2m.periods import Calendar
    >>> week = Calendar.of("W")
    >>> found = Explanation(
    ...     keys=pd.DataFrame({"sku": ["A"]}),
    ...     calendar=week,
    ...     first=int(week.ordinal("2026-11-23")),
    ...     groups=("recent level", "views", "price"),
    ...     base=np.array([[10.0, 10.0]]),
    ...     multipliers=np.array([[[1.0, 1.2, 1.0], [1.0, 1.2, 0.5]]]),
    ... )
    >>> found
    Explanation(1 series x 2 W periods, 2026-11-23 to 2026-11-30, 3 groups)
    >>> found.mean
    array([[12.,  6.]])
    >>> print(found.words("A"))
    In the 2 weeks from 2026-11-23 on, 18 units are expected, 9 a week. Recent sales average 10 a \
week. Because of price it is 25 % lower. Because of views it is 20 % higher.
    """

    keys: pd.DataFrame
    calendar: "Calendar"
    first: int
    groups: tuple[str, ...]
    base: "FloatArray"
    multipliers: "FloatArray"

    @property
    def mean(self) -> "FloatArray":
        """Expected units, shape (n_series, horizon)."""
        return np.asarray(self.base * self.multipliers.prod(axis=2))

    @property
    def horizon(self) -> int:
        """How many periods are explained."""
        return int(self.base.shape[1])

    @property
    def periods(self) -> pd.DatetimeIndex:
        """Labels of these periods."""
        return self.calendar.labels(self.first, self.horizon)

    def to_frame(self) -> pd.DataFrame:
        """Return a long table.

        Returns
        -------
        DataFrame, n_series * horizon * n_groups rows
            Key columns, ``period``, ``group``, ``multiplier``, ``base``, ``mean``; within a series
            and period the group that moves the mean most comes first.
        """
        n_series, horizon, n_groups = self.multipliers.shape
        order = np.argsort(-np.abs(self._logs()), axis=2, kind="stable")  # [S, H, G]
        table = self.keys.loc[np.repeat(np.arange(n_series), horizon * n_groups)]
        return table.reset_index(drop=True).assign(
            period=np.tile(np.repeat(self.periods, n_groups), n_series),
            group=np.array(self.groups)[order].reshape(-1),
            multiplier=np.take_along_axis(self.multipliers, order, axis=2).reshape(-1),
            base=np.repeat(self.base.reshape(-1), n_groups),
            mean=np.repeat(self.mean.reshape(-1), n_groups),
        )

    def total(self, sku: str | None = None) -> pd.DataFrame:
        """Return what each group does to the units of all periods together.

        Parameters
        ----------
        sku : str, optional
            Whose series; all unless given.

        Returns
        -------
        DataFrame, n_groups rows
            ``group``, ``multiplier`` (they multiply to the ratio of the sum of the means to that
            of the levels) and ``units`` (they add up to the difference), the largest first. See
            `c2m.forecast.explain.shares.share_change`.

        Raises
        ------
        ArgumentError
            If there is no series of the SKU.
        """
        rows = self._rows(sku)
        logs = self._logs()[rows].reshape(-1, len(self.groups))
        level = self.base[rows].reshape(-1)
        parts, multipliers = share_change(level, level * np.exp(logs.sum(axis=1)), logs)
        table = pd.DataFrame({"group": self.groups, "multiplier": multipliers, "units": parts})
        order = np.argsort(-np.abs(np.log(multipliers)), kind="stable")
        return table.iloc[order].reset_index(drop=True)

    def summary(self) -> pd.DataFrame:
        """Return a table with a row a group: how much it matters, over all series and periods.

        Returns
        -------
        DataFrame, n_groups rows
            ``size`` (mean change up or down, 0.2 for 20 %), ``least`` and ``most`` multiplier,
            and the ``multiplier`` of the total; the largest size first.
        """
        logs = np.abs(self._logs()).reshape(-1, len(self.groups))
        table = pd.DataFrame(
            {
                "size": np.expm1(logs.mean(axis=0)),
                "least": self.multipliers.min(axis=(0, 1)),
                "most": self.multipliers.max(axis=(0, 1)),
            },
            index=pd.Index(self.groups, name="group"),
        )
        table["multiplier"] = self.total().set_index("group")["multiplier"]
        return table.sort_values("size", ascending=False, kind="stable")

    def words(self, sku: str) -> str:
        """Say in a few sentences what makes the forecast of a SKU.

        Parameters
        ----------
        sku : str
            Which.

        Returns
        -------
        str
            Plain sentences; what the series itself sold is told in one of them, what moves the
            total by less than 2 % is left out.

        Raises
        ------
        ArgumentError
            If there is no series of it.
        """
        rows = self._rows(sku)
        return explained(
            self.total(sku),
            calendar=self.calendar,
            periods=self.periods,
            level=float(self.base[rows].sum(axis=0).mean()),
            units=float(self.mean[rows].sum()),
        )

    def since(self, earlier: "Explanation") -> Movement:
        """Say what moved the forecast since an earlier one, of the periods that both have.

        Parameters
        ----------
        earlier : Explanation
            Of the last forecast.

        Returns
        -------
        Movement
            The change of each series, by group.

        Raises
        ------
        ArgumentError
            If they have no period or no series in common.

        Warns
        -----
        C2MWarning
            If one of them has series that the other has not; they are left out.
        """
        if not isinstance(earlier, Explanation):
            raise ArgumentError(f"Expected an earlier Explanation, got {type(earlier).__name__}.")
        start = max(self.first, earlier.first)
        stop = min(self.first + self.horizon, earlier.first + earlier.horizon)
        if self.calendar != earlier.calendar or start >= stop:
            raise ArgumentError(
                f"Expected an explanation of some of the same periods, got {self!r} since "
                f"{earlier!r}. Explain the earlier forecast with a longer horizon."
            )
        mine, theirs = _common(self, earlier)
        groups = tuple(dict.fromkeys([*self.groups, *earlier.groups]))
        new, old = (
            one._part(rows, start, stop, groups) for one, rows in ((self, mine), (earlier, theirs))
        )
        found = [
            share_change(was, now, logs)
            for was, now, logs in zip(old[0], new[0], new[1] - old[1], strict=True)
        ]
        return Movement(
            keys=self.keys.iloc[mine].reset_index(drop=True),
            calendar=self.calendar,
            first=start,
            n_periods=stop - start,
            groups=groups,
            before=old[0].sum(axis=1),
            after=new[0].sum(axis=1),
            units=np.stack([parts for parts, _ in found]),
            multipliers=np.stack([multipliers for _, multipliers in found]),
        )

    def __repr__(self) -> str:
        """Describe it in one line."""
        return (
            f"Explanation({len(self.keys):,} series x {self.horizon} {self.calendar.freq} "
            f"period{'s' * (self.horizon != 1)}, {self.periods[0].date()} to "
            f"{self.periods[-1].date()}, {len(self.groups)} groups)"
        )

    def _repr_html_(self) -> str:
        """Show it in a notebook."""
        shown = self.summary().to_html(float_format="{:,.3f}".format)
        return f"<div><p><code>{escape(repr(self))}</code></p>{shown}</div>"

    def _logs(self) -> "FloatArray":
        return np.asarray(np.log(np.maximum(self.multipliers, LEAST)))

    def _rows(self, sku: str | None) -> "Positions":
        return np.arange(len(self.keys)) if sku is None else find_skus(self.keys, [sku])

    def _part(
        self, rows: "Positions", start: int, stop: int, groups: tuple[str, ...]
    ) -> tuple["FloatArray", "FloatArray"]:
        """Return mean, and logs by group with that of the level in the recent level's."""
        steps = slice(start - self.first, stop - self.first)
        logs = np.zeros((len(rows), stop - start, len(groups)))
        places = [groups.index(group) for group in self.groups]
        logs[:, :, places] = self._logs()[rows, steps]
        logs[:, :, groups.index(RECENT)] += np.log(self.base[rows, steps])
        return np.exp(logs.sum(axis=2)), logs


def _common(new: Explanation, old: Explanation) -> tuple["Positions", "Positions"]:
    """Return the rows of the series that both explain."""
    names = list(new.keys.columns)
    one, other = (pd.MultiIndex.from_frame(each.keys) for each in (new, old))
    if names != list(old.keys.columns) or not len(one.intersection(other)):
        raise ArgumentError(f"Expected an explanation of the same series, got {old!r}.")
    theirs = other.get_indexer(one)
    mine = np.flatnonzero(theirs >= 0)
    alone = len(one) + len(other) - 2 * len(mine)
    if alone:
        warn(
            f"{alone:,} series are explained in one of the two forecasts only and are left out. "
            "Explain the same skus= in both."
        )
    return mine, theirs[mine]
