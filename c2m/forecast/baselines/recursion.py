"""The state-space recursion of additive exponential smoothing, for many series at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from c2m.forecast.target import FloatArray


@dataclass(frozen=True, eq=False)
class Smoothing:
    """The parameters of additive exponential smoothing.

    All have one shape, (n_series,) or (n_candidates, n_series). A form without trend has a
    `beta` and `phi` of 0, one without season a `gamma` of 0.

    Parameters
    ----------
    alpha, beta, gamma : ndarray
        Weights of the error in level, slope and season; `beta` is alpha times Holt's weight.
    phi : ndarray
        What is left of the slope from one period to the next.
    """

    alpha: "FloatArray"
    beta: "FloatArray"
    gamma: "FloatArray"
    phi: "FloatArray"

    def of(self, best: "FloatArray") -> "Smoothing":
        """Return the candidate of each series that has the least of something.

        Parameters
        ----------
        best : ndarray, shape (n_candidates, n_series)
            What should be least.

        Returns
        -------
        Smoothing, shape (n_series,)
            The chosen ones.
        """
        row, series = best.argmin(axis=0), np.arange(best.shape[1])
        chosen = (np.broadcast_to(each, best.shape)[row, series] for each in self.arrays())
        return Smoothing(*chosen)

    def arrays(self) -> "tuple[FloatArray, FloatArray, FloatArray, FloatArray]":
        """Return alpha, beta, gamma and phi."""
        return self.alpha, self.beta, self.gamma, self.phi


@dataclass(frozen=True, eq=False)
class Start:
    """The states before the first period; the slope begins at 0.

    Parameters
    ----------
    level : ndarray, shape (n_series,)
        Units a period.
    season : ndarray, shape (season_length, n_series)
        What period t adds, at row ``t % season_length``; zeros for a form without season.
    """

    level: "FloatArray"
    season: "FloatArray"


def squared_errors(
    value: "FloatArray", known: "FloatArray", start: Start, weight: Smoothing
) -> "FloatArray":
    """Return the sum of squared errors one step ahead.

    Parameters
    ----------
    value, known : ndarray, shape (n_periods, n_series)
        See `c2m.forecast.baselines.history.by_period`.
    start : Start
        The states before the first period.
    weight : Smoothing, shape (n_candidates, n_series) or what broadcasts to it
        The parameters to try.

    Returns
    -------
    ndarray, shape (n_candidates, n_series)
        In squared units.

    References
    ----------
    Hyndman & Athanasopoulos (2021), *Forecasting: Principles and Practice*, 3rd ed., sec. 8.5:
    with ``e = y - (l + phi * b + s[t - m])``, ``l = l + phi * b + alpha * e``,
    ``b = phi * b + beta * e``, ``s[t] = s[t - m] + gamma * e``.
    """
    n_candidates, period = len(weight.alpha), len(start.season)
    level = np.tile(start.level, (n_candidates, 1))  # [K, S]
    slope, total = np.zeros_like(level), np.zeros_like(level)
    season = np.repeat(start.season[:, None], n_candidates, axis=1)  # [m, K, S]
    trended, seasonal = bool(np.any(weight.phi)), bool(np.any(weight.gamma))
    for step, (now, seen) in enumerate(zip(value, known, strict=True)):
        if trended:
            slope *= weight.phi
            level += slope
        error = now - level
        if seasonal:
            error -= season[step % period]
        error *= seen
        total += error * error
        level += weight.alpha * error
        if trended:
            slope += weight.beta * error
        if seasonal:
            season[step % period] += weight.gamma * error
    return total


def forecasts(
    value: "FloatArray",
    known: "FloatArray",
    start: Start,
    weight: Smoothing,
    at: tuple[Sequence[int], int],
) -> "FloatArray":
    """Return the means that were forecast at some origins.

    Parameters
    ----------
    value, known, start
        See `squared_errors`.
    weight : Smoothing, shape (n_series,)
        The parameters.
    at : tuple of (sequence of int, int)
        Rising origins, each the last period seen, and the horizon.

    Returns
    -------
    ndarray, shape (n_origins, n_series, horizon)
        ``l + (phi + ... + phi**h) * b + s``; NaN before the first known period.
    """
    origins, horizon = at
    ahead = np.arange(1, horizon + 1)
    damped = np.cumsum(weight.phi[:, None] ** ahead, axis=1)  # [S, H]
    level, slope, season = start.level.copy(), np.zeros_like(start.level), start.season.copy()
    seen = np.zeros_like(level)
    kept = np.empty((len(origins), len(level), horizon))
    place = 0
    for period in range(origins[-1] + 1):
        row = period % len(season)
        slope = weight.phi * slope
        level = level + slope
        error = known[period] * (value[period] - level - season[row])
        level = level + weight.alpha * error
        slope = slope + weight.beta * error
        season[row] += weight.gamma * error
        seen += known[period]
        if period == origins[place]:
            added = season[(period + ahead) % len(season)].T  # [S, H]
            said = level[:, None] + damped * slope[:, None] + added
            kept[place] = np.where(seen[:, None] > 0, said, np.nan)
            place += 1
    return kept
