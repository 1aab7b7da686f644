"""Past launches as lessons: at several ages, what was known, what was sold since, what came."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from c2m.forecast.launch.learners import Lessons
from c2m.forecast.launch.spread import Outcomes

if TYPE_CHECKING:
    from c2m.forecast.launch.births import Positions
    from c2m.forecast.launch.evidence import Evidence
    from c2m.forecast.launch.lifecurve import LifeCurves
    from c2m.forecast.target import FloatArray
    from c2m.panel import Panel

_LEAST_SHARE: Final = 0.25
"""A launch of which less than this part of the window was seen is no lesson yet."""

_LEAST_EXPECTED: Final = 1e-9


@dataclass(frozen=True, eq=False)
class Past:
    """Rows of past launches by age.

    Parameters
    ----------
    series, cutoff, stage : ndarray of int, shape (n_rows,)
        Series, the last period seen, and the age that makes: 0 on the eve of the launch.
    early_sold, early : ndarray, shape (n_rows, n_early)
        Units of the periods since launch, and what the group's level says of them; 0 where there
        was none or it is unknown.
    late_sold, late : ndarray, shape (n_rows, window)
        The same of the periods after the cutoff.
    """

    series: "Positions"
    cutoff: "Positions"
    stage: "Positions"
    early_sold: "FloatArray"
    early: "FloatArray"
    late_sold: "FloatArray"
    late: "FloatArray"

    @classmethod
    def of(
        cls,
        evidence: "Evidence",
        born: "Positions",
        curves: "LifeCurves",
        kind: "Positions",
        stages: tuple[int, ...],
        window: int,
    ) -> "Past":
        """Collect the launches that were seen from before their first period on.

        Parameters
        ----------
        evidence : Evidence
            Of the panel.
        born : ndarray of int, shape (n_series,)
            See `find_births`.
        curves : LifeCurves
            By age.
        kind : ndarray of int, shape (n_series,)
            Group of each series' curve.
        stages : tuple of int
            Ages to look at.
        window : int
            Periods to foretell, from the launch or the cutoff on, whichever is later.

        Returns
        -------
        Past
            The rows; those of which too little is known yet are left out.
        """
        n_periods = evidence.target.shape[1]
        launched = np.flatnonzero((born > 0) & (born < n_periods))
        series = np.tile(launched, len(stages))
        stage = np.repeat(np.asarray(stages, dtype=np.intp), len(launched))
        cutoff = born[series] + stage - 1
        inside = (cutoff >= 0) & (cutoff < n_periods - 1)
        series, stage, cutoff = series[inside], stage[inside], cutoff[inside]
        level = evidence.levels.at(series, cutoff)
        begin = np.maximum(cutoff + 1, born[series])
        later = begin[:, None] + np.arange(window)
        since = born[series][:, None] + np.arange(max(*stages, 1))
        since = np.where(since <= cutoff[:, None], since, n_periods)
        parts = []
        for where in (since, later):
            sold, usual = units_at(evidence, born, curves, kind, series, where)
            parts += [sold, usual * level[:, None]]
        past = cls(series, cutoff, stage, *parts)
        seen = np.count_nonzero(past.late > 0, axis=1) >= max(_LEAST_SHARE * window, 1)
        return past.rows(seen & (past.late.sum(axis=1) > _LEAST_EXPECTED))

    def rows(self, chosen: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> "Past":
        """Return some of the rows.

        Parameters
        ----------
        chosen : ndarray of bool, shape (n_rows,)
            Which.

        Returns
        -------
        Past
            They.
        """
        return Past(
            self.series[chosen],
            self.cutoff[chosen],
            self.stage[chosen],
            self.early_sold[chosen],
            self.early[chosen],
            self.late_sold[chosen],
            self.late[chosen],
        )

    def lessons(self, panel: "Panel", evidence: "Evidence", born: "Positions") -> Lessons:
        """Return what a learner is given: nothing of a series' own sales but the target.

        Parameters
        ----------
        panel : Panel
            The panel.
        evidence : Evidence
            Of the panel.
        born : ndarray of int, shape (n_series,)
            See `find_births`.

        Returns
        -------
        Lessons
            One a row.
        """
        sku = pd.factorize(panel.keys["sku"], sort=True)[0].astype(np.intp)
        first = pd.Series(born[self.series]).groupby(sku[self.series]).min()
        number = first.sort_values(kind="stable").index
        return Lessons(
            features=evidence.rows(self.series, self.cutoff, born[self.series]),
            expected=self.late.sum(axis=1),
            sold=self.late_sold.sum(axis=1),
            launch=pd.Index(number).get_indexer(sku[self.series]).astype(np.intp),
        )

    def outcomes(self, factor: "FloatArray", stage: int) -> Outcomes:
        """Return how the launches at one age went beside their prior.

        Parameters
        ----------
        factor : ndarray, shape (n_rows,)
            Prior factor on the group's level, from a fit without the launch.
        stage : int
            The age.

        Returns
        -------
        Outcomes
            They.
        """
        at = self.stage == stage
        early, late = (part[at] * factor[at, None] for part in (self.early, self.late))
        return Outcomes(
            early_mean=early.sum(axis=1),
            early_square=(early**2).sum(axis=1),
            early=self.early_sold[at].sum(axis=1),
            late_mean=late.sum(axis=1),
            late_square=(late**2).sum(axis=1),
            late=self.late_sold[at].sum(axis=1),
        )


def units_at(
    evidence: "Evidence",
    born: "Positions",
    curves: "LifeCurves",
    kind: "Positions",
    series: "Positions",
    where: "Positions",
) -> tuple["FloatArray", "FloatArray"]:
    """Return units and life curve times season of some periods, 0 where units are unknown.

    Parameters
    ----------
    evidence, born, curves, kind
        See `Past.of`.
    series : ndarray of int, shape (n_rows,)
        Series.
    where : ndarray of int, shape (n_rows, n)
        Positions; from `n_periods` on: unknown.

    Returns
    -------
    tuple of ndarray, shapes (n_rows, n)
        Units, and the exposure to a level of 1.
    """
    n_periods = evidence.target.shape[1]
    inside = (where >= 0) & (where < n_periods)
    at = np.clip(where, 0, n_periods - 1)
    sold = evidence.target[series[:, None], at]
    known = inside & ~np.isnan(sold)
    usual = curves.at(kind[series], at - born[series][:, None]) * evidence.season[at]
    return np.where(known, sold, 0.0), np.where(known, usual, 0.0)
