"""Demand that is 0 in most periods: Croston's method, its corrections, and TSB."""

from typing import TYPE_CHECKING, Final, Literal, get_args

import numpy as np

from c2m.errors import ArgumentError
from c2m.forecast.baselines.baseline import Baseline, weights
from c2m.forecast.baselines.history import blocks, by_period
from c2m.forecast.params import Parameters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from c2m.forecast.baselines.history import Rule
    from c2m.forecast.target import FloatArray
    from c2m.panel import Panel

Variant = Literal["classic", "sba", "sbj"]

_SIZE_WEIGHTS: Final = (0.05, 0.1, 0.3)
_CHANCE_WEIGHTS: Final = (0.02, 0.05, 0.1, 0.2)


class Croston(Baseline, Parameters):
    """Size of a demand over the interval between demands, each smoothed when there is a demand.

    Size and interval begin at their first values. An interval counts known periods; unknown ones
    leave everything as it is. A series without any demand in the recent past is forecast at 0.
    The forecast does not fall while nothing is sold: `TSB` does. Distribution and series without
    history: see `Baseline`.

    Parameters
    ----------
    variant : {"sba", "classic", "sbj"}
        Correction of the ratio's bias: Syntetos & Boylan's ``1 - alpha / 2``, none, or Shale,
        Boylan & Johnston's ``1 - alpha / (2 - alpha)``.
    alpha : float
        Weight of the newest size and interval, above 0 and at most 1.

    References
    ----------
    Croston (1972), "Forecasting and stock control for intermittent demands", *Operational
    Research Quarterly* 23. Syntetos & Boylan (2005), "The accuracy of intermittent demand
    estimates", *IJF* 21, eq. 9. Shale, Boylan & Johnston (2006), "Forecasting for intermittent
    demand: the estimation of an unbiased average", *JORS* 57.

    Examples
    --------
    >>> import pandas as pd
    >>> from c2m.panel import Panel
    >>> days = pd.date_range("2026-01-05", periods=6)
    >>> frame = pd.DataFrame({"sku": "A", "period": days, "sales": [0, 4, 0, 0, 0, 4]})
    >>> panel = Panel.from_frame(frame, freq="D")
    >>> Croston("classic", alpha=0.5).fit(panel).predict(1).mean.round(3)  # 4 / 3
    array([[1.333]])
    """

    def __init__(self, variant: Variant = "sba", alpha: float = 0.1) -> None:
        self.variant = variant
        self.alpha = alpha

    def _settle(self, panel: "Panel") -> tuple["Rule", int]:
        if self.variant not in get_args(Variant):
            raise ArgumentError(
                f"Expected variant 'classic', 'sba' or 'sbj', got {self.variant!r}."
            )
        if self.alpha is None:
            raise ArgumentError("Expected alpha above 0 and at most 1, got None.")
        (alpha,) = weights("alpha", self.alpha, ())
        correction = {"classic": 1.0, "sba": 1 - alpha / 2, "sbj": 1 - alpha / (2 - alpha)}
        return _croston(alpha, correction[self.variant]), 1


class TSB(Baseline, Parameters):
    """Chance of a demand, smoothed in every period, times the size of a demand.

    The forecast falls while nothing is sold, so that it follows products that die. The chance
    begins at the share of known periods with a demand, the size at their mean, both over the
    first half of the recent past. Unknown periods leave both as they are. Distribution and series
    without history: see `Baseline`.

    Parameters
    ----------
    alpha : float, optional
        Weight of the newest size, above 0 and at most 1. Where it is not given, for each series
        the one of 0.05, 0.1 and 0.3 with the least squared errors one step ahead.
    beta : float, optional
        Weight of the newest period in the chance; else of 0.02, 0.05, 0.1 and 0.2, likewise.

    References
    ----------
    Teunter, Syntetos & Babai (2011), "Intermittent demand: linking forecasting to inventory
    obsolescence", *EJOR* 214, eq. 3: ``p = p + beta * ((y > 0) - p)``, and where ``y > 0``
    ``z = z + alpha * (y - z)``; the forecast is ``p * z``.

    Examples
    --------
    >>> import pandas as pd
    >>> from c2m.panel import Panel
    >>> days = pd.date_range("2026-01-05", periods=4)
    >>> frame = pd.DataFrame({"sku": "A", "period": days, "sales": [4, 4, 0, 0]})
    >>> panel = Panel.from_frame(frame, freq="D")
    >>> TSB(alpha=0.5, beta=0.5).fit(panel).predict(1).mean  # 4 * 1 / 4
    array([[1.]])
    """

    def __init__(self, alpha: float | None = None, beta: float | None = None) -> None:
        self.alpha = alpha
        self.beta = beta

    def _settle(self, panel: "Panel") -> tuple["Rule", int]:
        sizes = weights("alpha", self.alpha, _SIZE_WEIGHTS)
        return _tsb(np.array(sizes), np.array(weights("beta", self.beta, _CHANCE_WEIGHTS))), 1


def _croston(alpha: float, correction: float) -> "Rule":
    def _rule(target: "FloatArray", origins: "Sequence[int]", horizon: int) -> "FloatArray":
        rate = np.empty((len(origins), len(target)))
        for part in blocks(len(target)):
            rate[:, part] = croston_rates(*by_period(target[part]), alpha, origins)
        return np.repeat(correction * rate[..., None], horizon, axis=2)  # [O, S, H]

    return _rule


def croston_rates(
    value: "FloatArray", known: "FloatArray", alpha: float, origins: "Sequence[int]"
) -> "FloatArray":
    """Return Croston's size over interval, without a correction, at each origin.

    Parameters
    ----------
    value, known : ndarray, shape (n_periods, n_series)
        Units, 0 where unknown; and 1 or 0: see `by_period`.
    alpha : float
        Weight of the newest size and interval.
    origins : sequence of int
        Rising; the last period seen.

    Returns
    -------
    ndarray, shape (n_origins, n_series)
        Units a period; 0 without demand, NaN where nothing is known.
    """
    kept = np.empty((len(origins), value.shape[1]))
    size, interval, since, seen = np.zeros((4, value.shape[1]))
    place = 0
    for period in range(origins[-1] + 1):
        now, sold = value[period], value[period] > 0
        since += known[period]
        seen += known[period]
        weight = np.where(interval == 0, 1.0, alpha) * sold
        size += weight * (now - size)
        interval += weight * (since - interval)
        since *= ~sold
        if period == origins[place]:
            rate = np.divide(size, interval, out=np.zeros_like(size), where=interval > 0)
            kept[place] = np.where(seen > 0, rate, np.nan)
            place += 1
    return kept


def _tsb(alphas: "FloatArray", betas: "FloatArray") -> "Rule":
    def _rule(target: "FloatArray", origins: "Sequence[int]", horizon: int) -> "FloatArray":
        rate = np.empty((len(origins), len(target)))
        for part in blocks(len(target)):
            value, known = by_period(target[part])
            begin = _tsb_start(value, known)
            alpha, beta = np.full(value.shape[1], alphas[0]), np.full(value.shape[1], betas[0])
            if len(alphas) * len(betas) > 1:
                best = _tsb_errors(value, known, begin, (alphas, betas)).argmin(axis=0)
                alpha, beta = alphas[best // len(betas)], betas[best % len(betas)]
            rate[:, part] = _tsb_rates(value, known, begin, (alpha, beta), origins)
        return np.repeat(rate[..., None], horizon, axis=2)  # [O, S, H]

    return _rule


def _tsb_start(value: "FloatArray", known: "FloatArray") -> tuple["FloatArray", "FloatArray"]:
    """Return the mean size of a demand, and the share of periods with one, in the first half."""
    seen = np.cumsum(known, axis=0)
    early = known * (seen <= np.ceil(seen[-1] / 2))  # [T, S]
    sold = early * (value > 0)
    demands = sold.sum(axis=0)
    size = np.divide((early * value).sum(axis=0), demands, out=seen[-1] * 0, where=demands > 0)
    return size, demands / np.maximum(early.sum(axis=0), 1)


def _tsb_errors(
    value: "FloatArray",
    known: "FloatArray",
    begin: tuple["FloatArray", "FloatArray"],
    grids: tuple["FloatArray", "FloatArray"],
) -> "FloatArray":
    """Return the sum of squared errors one step ahead, by pair of weights and series."""
    alpha, beta = (grid[:, None] for grid in grids)
    size, chance = (
        np.tile(start, (len(grid), 1)) for start, grid in zip(begin, grids, strict=True)
    )
    error = np.empty((len(size), len(chance), value.shape[1]))  # [A, B, S]
    total = np.zeros_like(error)
    for now, seen in zip(value, known, strict=True):
        np.multiply(size[:, None], chance[None], out=error)
        error -= now
        error *= seen
        error *= error
        total += error
        sold = now > 0
        size += alpha * (sold * (now - size))
        chance += beta * (seen * (sold - chance))
    return total.reshape(-1, value.shape[1])


def _tsb_rates(
    value: "FloatArray",
    known: "FloatArray",
    begin: tuple["FloatArray", "FloatArray"],
    weight: tuple["FloatArray", "FloatArray"],
    origins: "Sequence[int]",
) -> "FloatArray":
    """Return chance times size at each origin; NaN where nothing is known yet."""
    kept = np.empty((len(origins), value.shape[1]))
    (size, chance), (alpha, beta) = begin, weight
    seen, place = np.zeros(value.shape[1]), 0
    for period in range(origins[-1] + 1):
        sold = value[period] > 0
        size = size + alpha * (sold * (value[period] - size))
        chance = chance + beta * (known[period] * (sold - chance))
        seen += known[period]
        if period == origins[place]:
            kept[place] = np.where(seen > 0, size * chance, np.nan)
            place += 1
    return kept
