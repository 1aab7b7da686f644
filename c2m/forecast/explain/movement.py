"""What moved a forecast from one cutoff to a later one."""

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from c2m.forecast.explain.words import moved
from c2m.series import find_skus

if TYPE_CHECKING:
    from c2m.forecast.target import FloatArray
    from c2m.periods import Calendar


@dataclass(frozen=True, eq=False, repr=False)
class Movement:
    """The change of each series' forecast over the same periods, by group.

    Parameters
    ----------
    keys : DataFrame, n_series rows
        Which series.
    calendar : Calendar
        How days make periods.
    first : int
        Number of the first period that both forecasts have.
    n_periods : int
        How many they have in common.
    groups : tuple of str
        As in `Explanation`; ``"recent level"`` holds the change of the level too.
    before, after : ndarray, shape (n_series,)
        Units expected over these periods, then and now.
    units : ndarray, shape (n_series, n_groups)
        Parts that add up to ``after - before``.
    multipliers : ndarray, shape (n_series, n_groups)
        Factors that multiply to ``after / before``.
    """

    keys: pd.DataFrame
    calendar: "Calendar"
    first: int
    n_periods: int
    groups: tuple[str, ...]
    before: "FloatArray"
    after: "FloatArray"
    units: "FloatArray"
    multipliers: "FloatArray"

    @property
    def periods(self) -> pd.DatetimeIndex:
        """Labels of the periods that both forecasts have."""
        return self.calendar.labels(self.first, self.n_periods)

    def to_frame(self) -> pd.DataFrame:
        """Return a long table.

        Returns
        -------
        DataFrame, n_series * n_groups rows
            Key columns, ``group``, ``units``, ``multiplier``, ``before``, ``after``; within a
            series the group that moved it most comes first.
        """
        n_groups = len(self.groups)
        order = np.argsort(-np.abs(self.units), axis=1, kind="stable")
        table = self.keys.loc[np.repeat(np.arange(len(self.keys)), n_groups)]
        return table.reset_index(drop=True).assign(
            group=np.array(self.groups)[order].reshape(-1),
            units=np.take_along_axis(self.units, order, axis=1).reshape(-1),
            multiplier=np.take_along_axis(self.multipliers, order, axis=1).reshape(-1),
            before=np.repeat(self.before, n_groups),
            after=np.repeat(self.after, n_groups),
        )

    def summary(self) -> pd.DataFrame:
        """Return a table with a row a group: what it added and took over all series.

        Returns
        -------
        DataFrame, n_groups rows
            ``units``, and of these ``up`` and ``down``; the group that moved most comes first.
        """
        up, down = np.maximum(self.units, 0), np.minimum(self.units, 0)
        table = pd.DataFrame(
            {"units": self.units.sum(axis=0), "up": up.sum(axis=0), "down": down.sum(axis=0)},
            index=pd.Index(self.groups, name="group"),
        )
        order = np.argsort(-(table["up"] - table["down"]).to_numpy(), kind="stable")
        return table.iloc[order]

    def words(self, sku: str) -> str:
        """Say in a few sentences what moved the forecast of a SKU.

        Parameters
        ----------
        sku : str
            Which.

        Returns
        -------
        str
            Plain sentences; the group that moved it most comes first. What the kind of article
            changed, by the way in which others count for it, is told with all else.

        Raises
        ------
        ArgumentError
            If there is no series of it.
        """
        rows = find_skus(self.keys, [sku])
        return moved(
            dict(zip(self.groups, self.units[rows].sum(axis=0).tolist(), strict=True)),
            calendar=self.calendar,
            periods=self.periods,
            before=float(self.before[rows].sum()),
            after=float(self.after[rows].sum()),
        )

    def __repr__(self) -> str:
        """Describe it in one line."""
        return (
            f"Movement({len(self.keys):,} series, {self.periods[0].date()} to "
            f"{self.periods[-1].date()}, {self.before.sum():,.0f} to {self.after.sum():,.0f} units)"
        )

    def _repr_html_(self) -> str:
        """Show it in a notebook."""
        shown = self.summary().to_html(float_format="{:,.2f}".format)
        return f"<div><p><code>{escape(repr(self))}</code></p>{shown}</div>"
