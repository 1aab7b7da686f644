"""How much more is bought in one period of the week or year than in another."""

from typing import TYPE_CHECKING, Final

import numpy as np

from c2m.forecast.rhythm import rhythm

if TYPE_CHECKING:
    from c2m.forecast.target import FloatArray
    from c2m.periods import Calendar

_YEAR: Final = {"D": 364, "W": 52, "MS": 12}
_PARTS: Final = {"D": 13, "W": 13, "MS": 12}
"""Parts of a year that have a factor of their own: four weeks, or a month."""

_PRIOR_RATIOS: Final = 2.0
"""The factor 1 counts as so many observed ratios."""


def season_factors(
    target: "FloatArray", calendar: "Calendar", first: int, width: int
) -> "FloatArray":
    """Return a factor for every period, learnt from all series together.

    The mean over series is divided by its centred moving mean over a week (days) and over a year;
    the ratios of the same weekday, and of the same four weeks (month) of the year, are averaged
    and drawn to 1 (classical decomposition: Hyndman & Athanasopoulos 2021, *Forecasting:
    principles and practice*, 3rd ed., sec. 3.4). A year counts from a year and a half of history
    on.

    Parameters
    ----------
    target : ndarray, shape (n_series, n_periods)
        Units; NaN where unknown.
    calendar : Calendar
        The periods.
    first : int
        Number of the first of them.
    width : int
        How many factors to return, from the first period on; may reach past the history.

    Returns
    -------
    ndarray, shape (width,)
        Factors around 1.
    """
    count = np.count_nonzero(~np.isnan(target), axis=0)
    mean = np.divide(np.nansum(target, axis=0), count, out=np.zeros(len(count)), where=count > 0)
    mean[count == 0] = np.nan
    kind = rhythm(calendar)
    days = calendar.label(np.arange(first, first + width))
    factors = np.ones(width)
    if kind == "D":
        weekday = (days.astype(np.int64) % 7).astype(np.intp)
        factors *= _factors(mean, weekday, 7, 7)
    year = _YEAR[kind]
    if len(mean) >= 1.5 * year:
        start = days.astype("datetime64[Y]").astype("datetime64[D]")
        share = (days - start).astype(np.int64) / 366
        part = np.minimum(share * _PARTS[kind], _PARTS[kind] - 1).astype(np.intp)
        factors *= _factors(mean, part, _PARTS[kind], year)
    return factors


def _factors(
    mean: "FloatArray", phase: "np.ndarray[tuple[int], np.dtype[np.intp]]", n: int, season: int
) -> "FloatArray":
    """Return the factor of each period's phase."""
    ratio = mean / _centred(mean, season)
    known = np.isfinite(ratio)
    where = phase[: len(mean)][known]
    total = np.bincount(where, weights=ratio[known], minlength=n) + _PRIOR_RATIOS
    by_phase = total / (np.bincount(where, minlength=n) + _PRIOR_RATIOS)
    return np.asarray(by_phase[phase] / by_phase.mean(), dtype=np.float64)


def _centred(values: "FloatArray", season: int) -> "FloatArray":
    """Return the moving mean over a season around each value; NaN where it does not fit."""
    half = season // 2
    weights = np.ones(2 * half + 1)
    if season % 2 == 0:
        weights[[0, -1]] = 0.5
    result = np.full(len(values), np.nan)
    if len(values) >= len(weights):
        result[half : len(values) - half] = np.convolve(values, weights / season, mode="valid")
    result[~(result > 0)] = np.nan
    return result
