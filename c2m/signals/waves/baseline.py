"""What a series would have done had nothing happened: level, weekday profile, dispersion."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_PRIOR_PERIODS = 30
"""Periods of history that the catalogue's dispersion weighs as much as."""

_LEAST_DISPERSION = 1e-3


@dataclass(frozen=True)
class Baseline:
    """The law of the counts in the window if nothing happened: negative binomial.

    Parameters
    ----------
    mean : ndarray, shape (n_series, window)
        Expected counts, above 0; NaN where the series has too short a history.
    dispersion : ndarray, shape (n_series,)
        ``variance = mean + dispersion * mean ** 2``.
    """

    mean: Floats
    dispersion: Floats


def fit_baseline(
    counts: Floats, shape: Floats, window: int, half_life: float, least_history: int
) -> Baseline:
    """Fit the level and the dispersion of each series on the periods before the window.

    Parameters
    ----------
    counts : ndarray, shape (n_series, n_periods)
        Counts; NaN where unknown.
    shape : ndarray, shape (n_series, n_periods) or (1, n_periods)
        Expected counts up to a factor, above 0.
    window : int
        Last periods, in which something may have happened.
    half_life : float
        Age in periods at which a period of history counts half.
    least_history : int
        Known periods before the window that a series needs.

    Returns
    -------
    Baseline
        Levels weigh recent periods more; the dispersion is that of the series by the method of
        moments, shrunk towards the median of the catalogue.
    """
    past = counts[:, :-window]  # [S, H]
    expected = np.broadcast_to(shape, counts.shape)[:, :-window]
    known = ~np.isnan(past)
    weight = 0.5 ** (np.arange(past.shape[1])[::-1] / half_life) * known
    seen = np.where(known, past, 0.0)
    level = _ratio((weight * seen).sum(axis=1), (weight * expected).sum(axis=1))
    n_known = known.sum(axis=1)
    level = np.where(n_known < least_history, np.nan, np.maximum(level, 0.5 / 365))
    mean = level[:, None] * expected
    excess = np.where(known, (seen - mean) ** 2 - mean, 0.0).sum(axis=1)
    own = _ratio(excess, np.where(known, mean**2, 0.0).sum(axis=1))
    informed = np.isfinite(own) & (np.nan_to_num(level) > 3)
    pooled = float(np.median(own[informed])) if informed.any() else 0.1
    dispersion = (n_known * np.nan_to_num(own, nan=pooled) + _PRIOR_PERIODS * pooled) / (
        n_known + _PRIOR_PERIODS
    )
    ahead = level[:, None] * np.broadcast_to(shape, counts.shape)[:, -window:]
    return Baseline(ahead, np.maximum(dispersion, _LEAST_DISPERSION))


def season_profile(counts: Floats, window: int, season_length: int) -> Floats:
    """Return the profile that the series share, each with the same weight.

    Parameters
    ----------
    counts : ndarray, shape (n_series, n_periods)
        Counts; NaN where unknown.
    window : int
        Last periods, which the profile does not see.
    season_length : int
        Periods of a season; 1 for none.

    Returns
    -------
    ndarray, shape (1, n_periods)
        Profile with mean about 1, above 0.
    """
    n_periods = counts.shape[1]
    past = counts[:, :-window]
    known = ~np.isnan(past)
    seen = np.where(known, past, 0.0)
    level = _ratio(seen.sum(axis=1), known.sum(axis=1).astype(np.float64))
    share = np.where(known & (level > 0)[:, None], _ratio(seen, level[:, None]), 0.0)
    counted = (known & (level > 0)[:, None]).astype(np.float64)
    place = np.arange(n_periods) % season_length
    past_place = place[: past.shape[1]]
    total = np.bincount(past_place, share.sum(axis=0), season_length).astype(np.float64)
    weight = np.bincount(past_place, counted.sum(axis=0), season_length).astype(np.float64)
    profile = np.where(weight > 0, _ratio(total, weight), 1.0)
    profile = np.maximum(profile, 0.05)
    return np.asarray((profile / profile.mean())[place][None, :], dtype=np.float64)


def _ratio(top: Floats, bottom: Floats) -> Floats:
    """Divide, with NaN where there is nothing to divide by."""
    bottom = np.broadcast_to(bottom, top.shape)
    found = np.full(top.shape, np.nan)
    np.divide(top, bottom, out=found, where=bottom > 0)
    return found
