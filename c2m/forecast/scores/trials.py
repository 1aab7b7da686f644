"""What models are compared by before one is chosen: held-out cutoffs, and a loss a series."""

from typing import TYPE_CHECKING, Final

import numpy as np

from c2m.forecast.scores.pairs import pinball_cells, row_mean
from c2m.forecast.target import first_known

if TYPE_CHECKING:
    from collections.abc import Sequence

    from c2m.distribution import Law
    from c2m.forecast.target import FloatArray
    from c2m.panel import Panel

LEVELS: Final = (0.1, 0.25, 0.5, 0.75, 0.9)
"""Levels of the pinball loss that models are compared by."""

_LEAST_SEEN: Final = 2
"""A cutoff sees more than so many horizons, where they are less than half of the history."""


def trial_cutoffs(
    panel: "Panel", horizon: int, windows: int, *, step: int | None = None
) -> list[int]:
    """Return how many periods are seen at each held-out cutoff.

    The last one leaves a horizon to compare with. Each sees more than two horizons of what is
    known, or more than half of it where that is less.

    Parameters
    ----------
    panel : Panel
        The panel.
    horizon : int
        Periods after a cutoff.
    windows : int
        How many cutoffs at most.
    step : int, optional
        Periods from one to the next; unless given, a horizon where there is room for all, else
        fewer.

    Returns
    -------
    list of int
        Rising; empty where the history is too short.
    """
    begin, end = first_known(panel), panel.n_periods - horizon
    least = begin + min(_LEAST_SEEN * horizon, (panel.n_periods - begin) // 2)
    if end <= least:
        return []
    if step is None:
        step = int(np.clip((end - least) // max(windows - 1, 1), 1, horizon))
    return [end - back * step for back in range(windows) if end - back * step > least][::-1]


def series_losses(law: "Law", actual: "FloatArray", codes: "Sequence[str]") -> "FloatArray":
    """Return the pinball loss of each series: of its periods, and of their total by period.

    Parameters
    ----------
    law : Law
        The forecast.
    actual : ndarray, shape (n_series, horizon)
        What came, in units; NaN where unknown.
    codes : sequence of str, length n_series
        Names of the series.

    Returns
    -------
    ndarray, shape (n_series,)
        In units a period, the mean over `LEVELS`; the total counts where all periods are known.
        NaN where none is.
    """
    levels = np.array(LEVELS)
    cells, known = pinball_cells(actual, law.quantiles(levels), levels)
    periods = row_mean(cells.mean(axis=-1), known)
    horizon = actual.shape[1]
    totals, _ = pinball_cells(actual.sum(axis=1), law.total(0, horizon, levels, codes), levels)
    return np.asarray(periods + np.nan_to_num(totals.mean(axis=-1) / horizon))
