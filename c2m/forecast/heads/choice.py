"""Which head tells best how far forecasts fall from what comes, on series it has not seen."""

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from c2m.forecast.heads.counts import CountHead
from c2m.forecast.heads.level_sets import LevelSetHead

if TYPE_CHECKING:
    from c2m.forecast.target import FloatArray

Head = CountHead | LevelSetHead

_LEVELS: Final = np.array([0.005, 0.025, 0.165, 0.25, 0.5, 0.75, 0.835, 0.975, 0.995])
_LEAST_CELLS: Final = 20_000
"""With fewer held-out cells, level sets would be too few or too coarse to be tried."""

_MOST_PATHS: Final = 2000
_LEAST_GAIN: Final = 0.003
"""Share of the pinball loss that the larger head must save; less is chance."""


def choose_head(mean: "FloatArray", actual: "FloatArray", fold: NDArray[np.intp]) -> Head:
    """Fit the head with the smaller pinball loss on series that it was not fitted to.

    Both heads are fitted to each half of the series and scored on the other. Level sets follow any
    shape, and so must win by more than chance; the negative binomial needs far fewer cells.

    Parameters
    ----------
    mean : ndarray, shape (n_paths, horizon)
        Means that were forecast; a path is one series from one cutoff.
    actual : ndarray, shape (n_paths, horizon)
        What came; NaN where unknown.
    fold : ndarray of int, shape (n_paths,)
        0 or 1: the half that a path's series belongs to.

    Returns
    -------
    CountHead or LevelSetHead
        The head fitted to all paths; its notes say what was compared, if there
        were cells enough to compare.
    """
    counts = CountHead.fit(mean, actual)
    if np.count_nonzero(~np.isnan(actual) & (mean > 0)) < _LEAST_CELLS:
        return counts
    losses = np.zeros(2)
    for half in (0, 1):
        seen, held = fold == half, np.flatnonzero(fold != half)
        held = held[:: max(1, len(held) // _MOST_PATHS)]
        own = CountHead.fit(mean[seen], actual[seen])
        sets = LevelSetHead.around(own, mean[seen], actual[seen])
        losses += [_pinball(head, mean[held], actual[held]) for head in (own, sets)]
    gain = 1 - losses[1] / losses[0] if losses[0] > 0 else 0.0
    compared = (
        f"on held-out series the pinball loss of level sets was {abs(gain):.2%} "
        f"{'below' if gain > 0 else 'above'} that of the {counts.name} law"
    )
    if gain <= _LEAST_GAIN:
        return replace(counts, notes=(f"Spread: {counts.name} around the mean; {compared}.",))
    counts = replace(counts, notes=(f"Spread: level sets around the mean; {compared}.",))
    return LevelSetHead.around(counts, mean, actual)


def _pinball(head: Head, mean: "FloatArray", actual: "FloatArray") -> float:
    """Return the summed pinball loss at nine levels."""
    error = actual[..., None] - head.law(mean).quantiles(_LEVELS)  # [N, H, L]
    return float(np.nansum(np.maximum(_LEVELS * error, (_LEVELS - 1) * error)))
