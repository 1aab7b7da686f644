"""Simple exponential smoothing of all series at once."""

from typing import TYPE_CHECKING, Final

import numpy as np

from c2m.forecast.baselines.baseline import Baseline, weights
from c2m.forecast.baselines.history import blocks, by_period
from c2m.forecast.params import Parameters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from c2m.forecast.baselines.history import Rule
    from c2m.forecast.target import FloatArray
    from c2m.panel import Panel

_ALPHAS: Final = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 0.9)


class SES(Baseline, Parameters):
    """Simple exponential smoothing: a level that follows each value by a share of its error.

    The level begins at the first known value of the recent past. Unknown periods leave it as it
    is. Distribution and series without history: see `Baseline`.

    Parameters
    ----------
    alpha : float, optional
        The share, above 0 and at most 1. Unless given: for each series, of ten from 0.02 to 0.9,
        the one with the least squared errors one step ahead.

    References
    ----------
    Hyndman & Athanasopoulos (2021), *Forecasting: Principles and Practice*, 3rd ed., sec. 8.1:
    ``level[t] = alpha * y[t] + (1 - alpha) * level[t - 1]``.

    Examples
    --------
    >>> import pandas as pd
    >>> from c2m.panel import Panel
    >>> days = pd.date_range("2026-01-05", periods=4)
    >>> frame = pd.DataFrame({"sku": "A", "period": days, "sales": [4, 8, 6, 6]})
    >>> panel = Panel.from_frame(frame, freq="D")
    >>> SES(alpha=0.5).fit(panel).predict(2).mean
    array([[6., 6.]])
    """

    def __init__(self, alpha: float | None = None) -> None:
        self.alpha = alpha

    def _settle(self, panel: "Panel") -> tuple["Rule", int]:
        return _smoothed(np.array(weights("alpha", self.alpha, _ALPHAS))), 1


def _smoothed(alphas: "FloatArray") -> "Rule":
    def _rule(target: "FloatArray", origins: "Sequence[int]", horizon: int) -> "FloatArray":
        level = np.empty((len(origins), len(target)))
        for part in blocks(len(target)):
            value, known = by_period(target[part])
            begin = first_values(target[part])
            alpha = np.full(len(begin), alphas[0])
            if len(alphas) > 1:
                alpha = alphas[_squared_errors(value, known, begin, alphas).argmin(axis=0)]
            level[:, part] = _levels(value, known, begin, alpha, origins)
        return np.repeat(level[..., None], horizon, axis=2)  # [O, S, H]

    return _rule


def _squared_errors(
    value: "FloatArray", known: "FloatArray", begin: "FloatArray", alphas: "FloatArray"
) -> "FloatArray":
    """Return the sum of squared errors one step ahead, by share and series."""
    level = np.tile(np.nan_to_num(begin), (len(alphas), 1))  # [A, S]
    share = np.repeat(alphas[:, None], len(begin), axis=1)
    error, squares, total = np.empty_like(level), np.empty_like(level), np.zeros_like(level)
    for now, seen in zip(value, known, strict=True):
        np.subtract(now, level, out=error)
        error *= seen
        np.multiply(error, error, out=squares)
        total += squares
        error *= share
        level += error
    return total


def _levels(
    value: "FloatArray",
    known: "FloatArray",
    begin: "FloatArray",
    alpha: "FloatArray",
    origins: "Sequence[int]",
) -> "FloatArray":
    """Return the level at each origin; NaN before the first known value."""
    kept = np.empty((len(origins), len(begin)))
    level, place, seen_any = np.nan_to_num(begin), 0, np.zeros(len(begin), dtype=bool)
    for period in range(origins[-1] + 1):
        level = level + alpha * known[period] * (value[period] - level)
        seen_any |= known[period] > 0
        if period == origins[place]:
            kept[place] = np.where(seen_any, level, np.nan)
            place += 1
    return kept


def first_values(target: "FloatArray") -> "FloatArray":
    """Return the first known value of each row.

    Parameters
    ----------
    target : ndarray, shape (n_series, n_periods)
        Units; NaN where unknown.

    Returns
    -------
    ndarray, shape (n_series,)
        NaN where nothing is known.
    """
    first = (~np.isnan(target)).argmax(axis=1)
    return np.asarray(target[np.arange(len(target)), first], dtype=np.float64)
