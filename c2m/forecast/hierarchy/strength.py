"""How strongly to align: what held-out cutoffs say of each strength."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from c2m.forecast.hierarchy.aggregate import Aggregates, Kind, fit_aggregates
from c2m.forecast.hierarchy.assortment import Assortment
from c2m.forecast.hierarchy.factors import alignment_factors, sums_by_group
from c2m.forecast.hierarchy.totals import group_totals
from c2m.forecast.hierarchy.trials import Scale
from c2m.forecast.rhythm import rhythm
from c2m.forecast.target import observed_target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from c2m.forecast.hierarchy.groups import Groups
    from c2m.forecast.hierarchy.trials import Trial
    from c2m.forecast.target import FloatArray
    from c2m.panel import Panel
    from c2m.series import Positions

STRENGTHS: Final = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Strengths that are tried."""

_MOST_PERIODS: Final = {"D": 730, "W": 260, "MS": 120}
"""Totals older than this are not used."""


@dataclass(frozen=True, eq=False)
class Totals:
    """The totals of a panel's groups, and what is planned for them.

    Parameters
    ----------
    units : ndarray, shape (n_groups, n_periods)
        See `group_totals`.
    planned : ndarray, shape (n_groups, n_periods + horizon, n_channels), optional
        Means of the channels known ahead over the series of a group.
    season_length : int
        Of the calendar.
    most : int
        How many of the last periods are used.
    """

    units: "FloatArray"
    planned: "FloatArray | None"
    season_length: int
    most: int

    @classmethod
    def of(
        cls, panel: "Panel", groups: "Groups", target: str | None, kind: Kind, horizon: int
    ) -> "Totals":
        """Add up a panel.

        Parameters
        ----------
        panel : Panel
            The panel.
        groups : Groups
            Its groups.
        target : str, optional
            The channel; the panel's own target unless given.
        kind : {"ets", "uc"}
            Which models are meant: ``"ets"`` needs no plans.
        horizon : int
            Periods that a plan must reach to be used.

        Returns
        -------
        Totals
            Of all periods.
        """
        return cls(
            group_totals(panel, groups, target),
            group_plans(panel, groups, horizon) if kind == "uc" else None,
            panel.calendar.season_length,
            _MOST_PERIODS[rhythm(panel.calendar)],
        )

    def upto(self, n_periods: int, horizon: int) -> tuple["FloatArray", "FloatArray | None"]:
        """Return what an aggregate model may see at a cutoff.

        Parameters
        ----------
        n_periods : int
            Periods up to the cutoff.
        horizon : int
            Periods ahead of which plans are wanted.

        Returns
        -------
        totals : ndarray, shape (n_groups, at most `most`)
            Up to the cutoff.
        plans : ndarray, shape (n_groups, at most `most` + horizon, n_channels), optional
            None where a plan does not reach that far.
        """
        begin = max(n_periods - self.most, 0)
        seen = self.units[:, begin:n_periods]
        if self.planned is None or self.planned.shape[1] < n_periods + horizon:
            return seen, None
        return seen, self.planned[:, begin : n_periods + horizon]

    def fit(self, n_periods: int, horizon: int, kind: Kind) -> Aggregates:
        """Fit the groups' models at a cutoff.

        Parameters
        ----------
        n_periods, horizon
            See `upto`.
        kind : {"ets", "uc"}
            Which models.

        Returns
        -------
        Aggregates
            The models.
        """
        seen, plans = self.upto(n_periods, horizon)
        return fit_aggregates(seen, season_length=self.season_length, kind=kind, regressors=plans)


def factors_to(
    ahead: "FloatArray",
    mean: "FloatArray",
    codes: "Positions",
    assortment: Assortment | None,
    season_length: int,
) -> "FloatArray":
    """Return the factor from a model's means to the aggregate models.

    Parameters
    ----------
    ahead : ndarray, shape (n_groups, horizon)
        What the aggregate models say; NaN where there is none.
    mean : ndarray, shape (n_series, horizon)
        What the model says.
    codes : ndarray of int, shape (n_series,)
        The group of each series.
    assortment : Assortment, optional
        Which series both speak of; all unless given.
    season_length : int
        Of the calendar.

    Returns
    -------
    ndarray, shape (n_groups, horizon)
        See `alignment_factors`.
    """
    if assortment is not None:
        ahead = ahead * assortment.share(codes, len(ahead))
        mean = np.where(assortment.stays, mean, 0.0)
    bottom = sums_by_group(mean, codes, len(ahead))
    return alignment_factors(bottom, ahead, season_length=season_length)


def group_plans(panel: "Panel", groups: "Groups", horizon: int) -> "FloatArray | None":
    """Return the mean of each channel known ahead over the series of each group.

    Parameters
    ----------
    panel : Panel
        The panel.
    groups : Groups
        Its groups.
    horizon : int
        Periods ahead that a channel must reach.

    Returns
    -------
    ndarray, shape (n_groups, n_periods + horizon, n_channels), or None
        Channels that are known in every period, as their deviation from the group's mean over
        the spread; those that never change are left out. None where no channel is left.
    """
    columns = []
    for name in panel.known:
        values = panel[name][:, : panel.n_periods + horizon]
        if name == "on_sale" or values.shape[1] < panel.n_periods + horizon:
            continue
        known = ~np.isnan(values)
        count = sums_by_group(known, groups.codes, groups.n_groups)
        total = sums_by_group(values, groups.codes, groups.n_groups)
        mean = np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)
        spread = mean.std(axis=1, keepdims=True)
        if np.isfinite(spread).all() and (spread > 0).all():
            columns.append((mean - mean.mean(axis=1, keepdims=True)) / spread)
    return np.stack(columns, axis=-1) if columns else None


def try_strengths(
    trials: "Sequence[Trial]",
    totals: Totals,
    panel: "Panel",
    groups: "Groups",
    *,
    kind: Kind,
    target: str | None,
) -> dict[float, float]:
    """Return the error of each strength over all levels, averaged over held-out cutoffs.

    The aggregate models learn at the first cutoff; at the others their parameters stay, and only
    the newer totals come in.

    Parameters
    ----------
    trials : sequence of Trial
        What the model forecast at each cutoff, rising.
    totals : Totals
        The groups' totals.
    panel : Panel
        The history.
    groups : Groups
        The groups.
    kind : {"ets", "uc"}
        Which aggregate models.
    target : str, optional
        The channel; the panel's own target unless given.

    Returns
    -------
    dict of float to float
        Strength -> mean over cutoffs of the error; empty without trials.
    """
    if not trials:
        return {}
    values = observed_target(panel, target)
    horizon = trials[0].mean.shape[1]
    models = totals.fit(trials[0].n_periods, horizon, kind)
    losses = np.zeros(len(STRENGTHS))
    for trial in trials:
        codes = groups.codes[trial.series]
        seen, plans = totals.upto(trial.n_periods, horizon)
        ahead = models.forecast(seen, horizon, plans)
        assortment = Assortment.at(panel, target, trial.n_periods, horizon)
        if assortment is not None:
            assortment = assortment.rows(trial.series)
        factor = factors_to(ahead, trial.mean, codes, assortment, totals.season_length)
        begin = max(trial.n_periods - totals.most, 0)
        scale = Scale.of(groups.levels(codes), values[trial.series, begin : trial.n_periods])
        losses += [
            scale.loss(trial.mean * (factor**strength)[codes], trial.actual)
            for strength in STRENGTHS
        ]
    return dict(zip(STRENGTHS, (losses / len(trials)).tolist(), strict=True))
