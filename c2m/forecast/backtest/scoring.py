"""All scores of one forecast at one cutoff."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from c2m.distribution import GammaPoisson, PathSet
from c2m.forecast import scores
from c2m.forecast.rhythm import rhythm
from c2m.forecast.scores import M5_QUANTILES, Groupings

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from c2m.demand import Demand
    from c2m.distribution import Law
    from c2m.forecast.target import FloatArray
    from c2m.panel import Panel

    Stretch = tuple[FloatArray, FloatArray]
    """P(Y < y) and P(Y <= y)."""

INTERVALS: Final = (0.5, 0.8, 0.95)
"""Central intervals whose coverage is reported."""

_GRID: Final = np.arange(1, 80) / 80
"""Levels from which probabilities are read where a law has no distribution function."""

_N_PATHS: Final = 400
_WORTH_PERIODS: Final = {"D": 28, "W": 4, "MS": 1}


@dataclass(frozen=True, eq=False)
class Truth:
    """What came after a cutoff.

    Parameters
    ----------
    actual : ndarray, shape (n_series, horizon)
        Units; NaN where unknown or not scored.
    history : ndarray, shape (n_series, n_periods)
        What was known at the cutoff, for scaled scores.
    season_length : int
        Of the naive forecast that scales them.
    cutoff : Timestamp
        The cutoff.
    keys : DataFrame, n_series rows
        The series.
    groups : Groupings, optional
        Levels of a hierarchy, for WRMSSE and WSPL.
    weights : ndarray, shape (n_series,), optional
        What each series is worth in them.
    """

    actual: "FloatArray"
    history: "FloatArray"
    season_length: int
    cutoff: "pd.Timestamp"
    keys: "pd.DataFrame"
    groups: Groupings | None = None
    weights: "FloatArray | None" = None


def score_demand(
    demand: "Demand",
    truth: Truth,
    levels: "Sequence[float]",
    lead_times: "Sequence[tuple[int, int]]" = (),
) -> dict[str, float]:
    """Score a forecast.

    Parameters
    ----------
    demand : Demand
        The forecast; the same series and periods as the truth.
    truth : Truth
        What came.
    levels : sequence of float
        Levels of the pinball loss.
    lead_times : sequence of tuple of int
        Half-open ranges of steps whose totals are scored too.

    Returns
    -------
    dict of str to float
        ``pinball`` in units; ``wql``, ``total_wql`` (of totals over the horizon), ``wape``,
        ``total_error``, ``bias`` relative to what came; ``poisson_deviance`` of the mean (infinite
        where a forecast of 0 met a sale); ``mase``, ``rmsse``; for each interval
        ``coverage_*``, ``pit_coverage_*`` and, for totals, ``total_pit_coverage_*``; ``pit_error``
        and ``total_pit_error``, the `calibration_error` at the nine levels of M5;
        ``lead_wql_<start>_<stop>`` for each lead time; ``wrmsse`` and ``wspl`` where the truth has
        groups, in which series count where they are known; ``n_scored`` series and periods. Totals
        count series of which every period is known.
    """
    actual, mean = truth.actual, demand.mean
    whole = np.flatnonzero(~np.isnan(actual).any(axis=1))
    return {
        **_period_scores(demand, actual, levels),
        **_total_scores(demand, actual, whole, levels),
        "wape": scores.wape(actual, mean),
        "total_error": scores.total_error(actual[whole], mean[whole]),
        "bias": scores.bias(actual, mean),
        "poisson_deviance": scores.poisson_deviance(actual, mean),
        "mase": scores.mase(actual, mean, truth.history, truth.season_length),
        "rmsse": scores.rmsse(actual, mean, truth.history, truth.season_length),
        **_lead_scores(demand, actual, levels, lead_times),
        **_group_scores(demand, truth, levels),
        "n_scored": float(np.count_nonzero(~np.isnan(actual))),
    }


def worth(known: "Panel") -> "FloatArray":
    """Return what each series brought in lately: the weights of WRMSSE and WSPL.

    Parameters
    ----------
    known : Panel
        What was known at a cutoff.

    Returns
    -------
    ndarray, shape (n_series,)
        Of the last 28 days, 4 weeks or month: the channel ``revenue`` if there is one, else units
        times ``price``, else units.
    """
    periods, width = _WORTH_PERIODS[rhythm(known.calendar)], known.n_periods
    if "revenue" in known:
        return np.maximum(scores.revenue(known["revenue"][:, :width], periods=periods), 0.0)
    price = known["price"][:, :width] if "price" in known else None
    return scores.revenue(known[known.target][:, :width], price, periods=periods)


def stretch(law: "Law", actual: "FloatArray") -> "Stretch":
    """Return the probabilities of less than, and of at most, what came.

    Parameters
    ----------
    law : Law
        A forecast's law.
    actual : ndarray, shape (n_series, horizon)
        Units; NaN where unknown.

    Returns
    -------
    tuple of ndarray, shape (n_series, horizon)
        In closed form for counts, by counting for paths, else read from 79 quantiles.
    """
    if isinstance(law, GammaPoisson) and law.whole:
        mean, dispersion, _ = law.moments()
        below = scores.count_probability(np.ceil(actual) - 1, mean, dispersion)
        return below, scores.count_probability(actual, mean, dispersion)
    if isinstance(law, PathSet):
        known = ~np.isnan(actual)
        shares = ((law.paths < actual).mean(axis=0), (law.paths <= actual).mean(axis=0))
        return np.where(known, shares[0], np.nan), np.where(known, shares[1], np.nan)
    return scores.probabilities(actual, law.quantiles(_GRID), _GRID)


def _period_scores(
    demand: "Demand", actual: "FloatArray", levels: "Sequence[float]"
) -> dict[str, float]:
    """Return pinball losses and calibration of each period's forecast."""
    found = _Quantiles.of(levels, demand.quantiles(_Quantiles.needed(levels)))
    own = found.at(levels)
    return {
        "pinball": scores.pinball(actual, own, levels),
        "wql": scores.weighted_quantile_loss(actual, own, levels),
        **{
            f"coverage_{100 * interval:g}": scores.coverage(
                actual, *np.moveaxis(found.at(_ends(interval)), -1, 0)
            )
            for interval in INTERVALS
        },
        **_calibration("", stretch(demand.law, actual)),
    }


def _total_scores(
    demand: "Demand", actual: "FloatArray", whole: "NDArray[np.intp]", levels: "Sequence[float]"
) -> dict[str, float]:
    """Return the same of totals over the horizon."""
    names = demand.codes
    codes = [names[row] for row in whole]
    law = demand.law.rows(whole).merge(np.zeros(demand.horizon, dtype=np.intp), codes)
    total = actual[whole].sum(axis=1, keepdims=True)
    quantiles = law.quantiles(np.asarray(levels, dtype=np.float64))
    return {
        "total_wql": scores.weighted_quantile_loss(total, quantiles, levels),
        **_calibration("total_", stretch(law, total)),
    }


def _calibration(prefix: str, found: "Stretch") -> dict[str, float]:
    """Return the coverage and error of the probability integral transform."""
    return {
        **{
            f"{prefix}pit_coverage_{100 * interval:g}": scores.stretch_coverage(*found, interval)
            for interval in INTERVALS
        },
        f"{prefix}pit_error": scores.calibration_error(*found, M5_QUANTILES),
    }


def _lead_scores(
    demand: "Demand",
    actual: "FloatArray",
    levels: "Sequence[float]",
    lead_times: "Sequence[tuple[int, int]]",
) -> dict[str, float]:
    """Return the weighted quantile losses of totals over lead times."""
    return {
        f"lead_wql_{start}_{stop}": scores.weighted_quantile_loss(
            actual[:, start:stop].sum(axis=1), demand.total(start, stop, levels), levels
        )
        for start, stop in lead_times
    }


def _group_scores(demand: "Demand", truth: Truth, levels: "Sequence[float]") -> dict[str, float]:
    """Return the scores over a hierarchy, where there is one."""
    groups = truth.groups
    if groups is None:
        return {}
    actual, past, weights = truth.actual, truth.history, truth.weights
    known = ~np.isnan(actual)
    quantiles = scores.group_quantiles(demand, groups, levels, n_paths=_N_PATHS, known=known)
    counted = np.where(known, actual, 0.0)
    return {
        "wrmsse": scores.wrmsse(actual, demand.mean, past, groups=groups, weights=weights),
        "wspl": scores.wspl(counted, quantiles, levels, past, groups=groups, weights=weights),
    }


def _ends(interval: float) -> tuple[float, float]:
    """Return the levels of a central interval's ends."""
    return round((1 - interval) / 2, 9), round((1 + interval) / 2, 9)


@dataclass(frozen=True, eq=False)
class _Quantiles:
    """Quantiles at all the levels that any score asks for, computed once."""

    levels: "FloatArray"
    values: "FloatArray"

    @staticmethod
    def needed(levels: "Sequence[float]") -> "FloatArray":
        ends = [level for interval in INTERVALS for level in _ends(interval)]
        return np.unique(np.round([*levels, *ends], 9))

    @classmethod
    def of(cls, levels: "Sequence[float]", values: "FloatArray") -> "_Quantiles":
        return cls(cls.needed(levels), values)

    def at(self, levels: "Sequence[float]") -> "FloatArray":
        places = np.searchsorted(self.levels, np.round(levels, 9))
        return np.asarray(self.values[..., places])
