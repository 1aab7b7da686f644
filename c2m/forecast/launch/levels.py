"""The level of a series' group at any past period: what series like it sell, or are viewed."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import numpy as np
import pandas as pd

from c2m.errors import ArgumentError
from c2m.forecast.pooling import finest_attribute, group_series_by
from c2m.frames import name_list

if TYPE_CHECKING:
    from c2m.forecast.launch.births import Positions
    from c2m.forecast.target import FloatArray
    from c2m.panel import Panel

_PRIOR_SERIES: Final = 3.0
"""The coarser group's level counts as so many series of a finer one."""


@dataclass(frozen=True, eq=False)
class Groups:
    """Nested groups of series: all; by place; by attribute; by attribute and place.

    Parameters
    ----------
    place, kind, both : ndarray of int, shape (n_series,)
        Group of each series by channel and location, by its finest attribute that has members
        enough, and by both.
    attribute : str or None
        That attribute; None where all series are of one kind.
    """

    place: "Positions"
    kind: "Positions"
    both: "Positions"
    attribute: str | None

    @classmethod
    def of(
        cls,
        panel: "Panel",
        known: "np.ndarray[tuple[int], np.dtype[np.bool_]]",
        like: "Groups | None" = None,
    ) -> Self:
        """Group the series of a panel.

        Parameters
        ----------
        panel : Panel
            The panel.
        known : ndarray of bool, shape (n_series,)
            Which series have history.
        like : Groups, optional
            Earlier groups, whose attribute these shall have; the finest unless given.

        Returns
        -------
        Groups
            The groups.

        Raises
        ------
        ArgumentError
            If the panel has no such attribute.
        """
        attribute = finest_attribute(panel.attributes, known) if like is None else like.attribute
        if attribute is not None and attribute not in panel.attributes:
            raise ArgumentError(
                f"Expected a panel with the attribute {attribute!r}, by which the model groups "
                f"series; there are {name_list(panel.attributes.columns) or 'none'}."
            )
        place: Positions = np.zeros(panel.n_series, dtype=np.intp)
        if len(panel.keys.columns) > 1:
            place = (
                panel.keys.groupby(list(panel.keys.columns[1:])).ngroup().to_numpy().astype(np.intp)
            )
        kind = group_series_by(panel.attributes, attribute)
        both = pd.factorize(kind * (place.max() + 1) + place)[0].astype(np.intp)
        return cls(place, kind, both, attribute)


@dataclass(frozen=True, eq=False)
class Levels:
    """Mean per series and period over a recent window, for nested groups, at any cutoff.

    Parameters
    ----------
    groups : Groups
        The groups.
    sums, counts : tuple of ndarray, each of shape (n_groups, n_periods + 1)
        Running sums of the values and of their weights: all, place, kind, both.
    window : int
        Periods that count.
    """

    groups: Groups
    sums: tuple["FloatArray", ...]
    counts: tuple["FloatArray", ...]
    window: int

    @classmethod
    def of(cls, groups: Groups, values: "FloatArray", weights: "FloatArray", window: int) -> Self:
        """Add values up over groups.

        Parameters
        ----------
        groups : Groups
            The groups.
        values : ndarray, shape (n_series, n_periods)
            Values; NaN does not count.
        weights : ndarray, shape (n_periods,)
            What a period counts for: 2 where twice as much is usual.
        window : int
            Periods that count.

        Returns
        -------
        Levels
            The levels.
        """
        known = ~np.isnan(values)
        filled = np.where(known, values, 0.0)
        whole = np.zeros(len(values), dtype=np.intp)
        levels = (whole, groups.place, groups.kind, groups.both)
        sums = tuple(running(add_up(filled, codes)) for codes in levels)
        counts = tuple(running(add_up(known * weights, codes)) for codes in levels)
        return cls(groups, sums, counts, window)

    def at(self, series: "Positions", cutoff: "Positions") -> "FloatArray":
        """Return the level of each series' group as known at a cutoff.

        Parameters
        ----------
        series : ndarray of int, shape (n_rows,)
            Series.
        cutoff : ndarray of int, shape (n_rows,)
            Position of the last period that may be seen.

        Returns
        -------
        ndarray, shape (n_rows,)
            Per series and period; a group's mean is drawn to that of the coarser one, ``(sum + k
            * coarser) / (count + k)`` with k = 3 series' windows. NaN where nothing is known.
        """
        groups = self.groups
        everyone = np.zeros(len(series), dtype=np.intp)
        overall = self._mean(0, everyone, cutoff, None)
        place = self._mean(1, groups.place[series], cutoff, overall)
        kind = self._mean(2, groups.kind[series], cutoff, overall)
        both = np.divide(place * kind, overall, out=overall.copy(), where=overall > 0)
        return self._mean(3, groups.both[series], cutoff, both)

    def _mean(
        self, which: int, group: "Positions", cutoff: "Positions", prior: "FloatArray | None"
    ) -> "FloatArray":
        start = np.maximum(cutoff + 1 - self.window, 0)
        total, count = (
            table[which][group, cutoff + 1] - table[which][group, start]
            for table in (self.sums, self.counts)
        )
        if prior is None:
            ever = self.counts[which][group, cutoff + 1]
            total = np.where(count > 0, total, self.sums[which][group, cutoff + 1])
            count = np.where(count > 0, count, ever)
            mean: FloatArray = np.divide(
                total, count, out=np.full(len(group), np.nan), where=count > 0
            )
            return mean
        weight = _PRIOR_SERIES * self.window
        return (total + weight * prior) / (count + weight)


def add_up(values: "FloatArray", codes: "Positions") -> "FloatArray":
    """Return the sums over the series of each group.

    Parameters
    ----------
    values : ndarray, shape (n_series, n_periods)
        Values.
    codes : ndarray of int, shape (n_series,)
        Group of each series.

    Returns
    -------
    ndarray, shape (n_groups, n_periods)
        Sums.
    """
    from scipy.sparse import csr_matrix

    shape = (int(codes.max(initial=0)) + 1, len(codes))
    gather = csr_matrix((np.ones(len(codes)), (codes, np.arange(len(codes)))), shape=shape)
    return np.asarray(gather @ values, dtype=np.float64)


def running(values: "FloatArray") -> "FloatArray":
    """Return running sums with a zero in front.

    Parameters
    ----------
    values : ndarray, shape (n, n_periods)
        Values.

    Returns
    -------
    ndarray, shape (n, n_periods + 1)
        Sums of the first 0, 1, 2, ... values.
    """
    return np.concatenate([np.zeros((len(values), 1)), np.cumsum(values, axis=1)], axis=1)
