"""What models would have lost at earlier cutoffs, series by series."""

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from c2m.errors import C2MWarning
from c2m.forecast.params import fitted_copy
from c2m.forecast.target import first_known, observed_target

if TYPE_CHECKING:
    from c2m.forecast.target import FloatArray
    from c2m.panel import Panel

LEVELS: Final = (0.1, 0.25, 0.5, 0.75, 0.9)
"""Levels of the pinball loss."""

_LEAST_SEASONS: Final = 2
"""A cutoff has at least so many horizons of history."""


def trial_cutoffs(panel: "Panel", horizon: int, windows: int) -> list[int]:
    """Return how many periods are seen at each held-out cutoff.

    Parameters
    ----------
    panel : Panel
        The panel.
    horizon : int
        Periods after a cutoff.
    windows : int
        How many cutoffs at most.

    Returns
    -------
    list of int
        Rising. They lie a horizon apart where half of the known history has room for that, else
        closer; each leaves a whole horizon to compare with.
    """
    begin, end = first_known(panel), panel.n_periods - horizon
    least = begin + min(_LEAST_SEASONS * horizon, (panel.n_periods - begin) // 2)
    if end <= least:
        return []
    step = int(np.clip((end - least) // max(windows - 1, 1), 1, horizon))
    return [end - back * step for back in range(windows) if end - back * step > least][::-1]


def trial_losses(
    models: Sequence[Any], panel: "Panel", horizon: int, seen: Sequence[int]
) -> "FloatArray":
    """Return the loss of each model at each cutoff for each series.

    Parameters
    ----------
    models : sequence of models
        With ``fit(panel)`` and ``predict(horizon)``; copies of them are fitted. Their warnings
        are not shown.
    panel : Panel
        The history, and the truth.
    horizon : int
        Periods after a cutoff.
    seen : sequence of int
        Periods seen at each cutoff.

    Returns
    -------
    ndarray, shape (n_cutoffs, n_models, n_series)
        Pinball loss in units, the mean over levels and known periods, plus that of the total over
        the horizon by period, where all of it is known. NaN where a series was not there yet or
        nothing of what came is known.
    """
    losses = np.full((len(seen), len(models), panel.n_series), np.nan)
    place = pd.MultiIndex.from_frame(panel.keys)
    target = observed_target(panel, start=seen[0])  # [S, from the first cutoff on]
    for window, n_periods in enumerate(seen):
        known = panel.upto(panel.periods[n_periods - 1])
        rows = place.get_indexer(pd.MultiIndex.from_frame(known.keys))
        begin = n_periods - seen[0]
        actual = target[rows, begin : begin + horizon]
        for position, model in enumerate(models):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", C2MWarning)
                demand = fitted_copy(model, known).predict(horizon)
                own = _loss(actual, demand.quantiles(LEVELS), demand.total(levels=LEVELS))
            losses[window, position, rows] = own
    return losses


def _loss(actual: "FloatArray", quantiles: "FloatArray", totals: "FloatArray") -> "FloatArray":
    """Return the pinball loss of each series: of its periods and of their total."""
    known = ~np.isnan(actual)
    cells = np.where(known, _pinball(actual, quantiles), 0.0).sum(axis=1)  # [S]
    count = known.sum(axis=1)
    total = np.nan_to_num(_pinball(actual.sum(axis=1), totals))  # NaN where a part is
    each = np.where(count > 0, cells / np.maximum(count, 1), np.nan)
    return np.asarray(each + total / actual.shape[1], dtype=np.float64)


def _pinball(actual: "FloatArray", quantiles: "FloatArray") -> "FloatArray":
    """Return the pinball loss of each cell, the mean over levels."""
    levels = np.array(LEVELS)
    short = actual[..., None] - quantiles
    loss: FloatArray = np.maximum(levels * short, (levels - 1) * short).mean(axis=-1)
    return loss
