"""What models would have lost at earlier cutoffs, series by series."""

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from c2m.errors import C2MWarning
from c2m.forecast.params import fitted_copy
from c2m.forecast.scores.trials import series_losses
from c2m.forecast.target import observed_target

if TYPE_CHECKING:
    from c2m.forecast.target import FloatArray
    from c2m.panel import Panel


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
                own = series_losses(demand.law, actual, demand.codes)
            losses[window, position, rows] = own
    return losses
