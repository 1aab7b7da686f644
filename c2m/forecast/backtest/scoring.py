"""All scores of one forecast at one cutoff."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from c2m.forecast import scores

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from c2m.demand import Demand
    from c2m.forecast.target import FloatArray

INTERVALS: Final = (0.5, 0.8, 0.95)
"""Central intervals whose coverage is reported; their ends are levels of the grid."""

_GRID: Final = np.arange(1, 80) / 80
"""Levels from which the probability integral transform is read."""


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
    """

    actual: "FloatArray"
    history: "FloatArray"
    season_length: int
    cutoff: "pd.Timestamp"
    keys: "pd.DataFrame"


def score_demand(demand: "Demand", truth: Truth, levels: "Sequence[float]") -> dict[str, float]:
    """Score a forecast.

    Parameters
    ----------
    demand : Demand
        The forecast; the same series and periods as the truth.
    truth : Truth
        What came.
    levels : sequence of float
        Levels of the pinball loss.

    Returns
    -------
    dict of str to float
        ``pinball`` in units; ``wql``, ``total_wql`` (of totals over the horizon), ``wape``,
        ``total_error``, ``bias`` relative to what came; ``poisson_deviance`` of the mean (infinite
        where a forecast of 0 met a sale); ``mase``, ``rmsse``; for each interval
        ``coverage_*``, ``pit_coverage_*`` and, for totals, ``total_pit_coverage_*``;
        ``n_scored`` series and periods. Totals count series of which every period is known.
    """
    actual, mean = truth.actual, demand.mean
    quantiles = demand.quantiles(levels)
    whole = ~np.isnan(actual).any(axis=1)
    totals = demand.total(levels=levels)
    return {
        "pinball": scores.pinball(actual, quantiles, levels),
        "wql": scores.weighted_quantile_loss(actual, quantiles, levels),
        "total_wql": scores.weighted_quantile_loss(
            actual[whole].sum(axis=1), totals[whole], levels
        ),
        "wape": scores.wape(actual, mean),
        "total_error": scores.total_error(actual[whole], mean[whole]),
        "bias": scores.bias(actual, mean),
        "poisson_deviance": scores.poisson_deviance(actual, mean),
        "mase": scores.mase(actual, mean, truth.history, truth.season_length),
        "rmsse": scores.rmsse(actual, mean, truth.history, truth.season_length),
        **_coverages(actual, demand.quantiles(_GRID)),
        **_total_coverages(actual[whole].sum(axis=1), demand.total(levels=_GRID)[whole]),
        "n_scored": float(np.count_nonzero(~np.isnan(actual))),
    }


def _coverages(actual: "FloatArray", grid: "FloatArray") -> dict[str, float]:
    """Return raw coverage and that of the probability integral transform."""
    result = {}
    for interval in INTERVALS:
        low, high = np.searchsorted(_GRID, [(1 - interval) / 2 - 1e-9, (1 + interval) / 2 - 1e-9])
        name = f"{100 * interval:g}"
        result[f"coverage_{name}"] = scores.coverage(actual, grid[..., low], grid[..., high])
        result[f"pit_coverage_{name}"] = scores.pit_coverage(actual, grid, _GRID, interval)
    return result


def _total_coverages(actual: "FloatArray", quantiles: "FloatArray") -> dict[str, float]:
    """Return the same for totals over the horizon."""
    return {
        f"total_pit_coverage_{100 * interval:g}": scores.pit_coverage(
            actual, quantiles, _GRID, interval
        )
        for interval in INTERVALS
    }
