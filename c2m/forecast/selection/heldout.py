"""What two models would have lost at earlier cutoffs."""

import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from c2m.errors import ArgumentError, C2MWarning
from c2m.forecast.boosting.boosting import DirectBoosting
from c2m.forecast.scores.trials import series_losses
from c2m.forecast.target import observed_target
from c2m.frames import did_you_mean, name_list

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from c2m.forecast.target import FloatArray
    from c2m.panel import Panel

PARTS: Final = ("without", "with")
"""Names of the two models."""


def check_boosting(boosting: object, own: Sequence[str]) -> dict[str, Any]:
    """Return more arguments of `DirectBoosting` if it has them.

    Parameters
    ----------
    boosting : mapping or None
        Argument -> value.
    own : sequence of str
        Arguments that the caller sets itself.

    Returns
    -------
    dict of str to object
        The same.

    Raises
    ------
    ArgumentError
        If it is no mapping, `DirectBoosting` has no such argument, or the caller sets it.
    """
    if boosting is not None and not isinstance(boosting, Mapping):
        raise ArgumentError(f"Expected boosting, argument -> value, got {boosting!r}.")
    more = dict(boosting or {})
    taken = sorted({*own} & {*more})
    if taken:
        raise ArgumentError(f"Expected {taken[0]} as an argument of its own, not in boosting.")
    names = list(DirectBoosting(1).get_params())
    unknown = [name for name in more if name not in names]
    if unknown:
        hint = did_you_mean(unknown[0], names)
        raise ArgumentError(
            f"Expected boosting of DirectBoosting's arguments, got {name_list(unknown)}{hint}."
        )
    return more


def held_out_losses(
    entrants: Mapping[str, DirectBoosting],
    panel: "Panel",
    horizon: int,
    counts: Sequence[int],
    rows: "NDArray[np.intp]",
) -> "FloatArray":
    """Return what two models would have lost at earlier cutoffs.

    Parameters
    ----------
    entrants : mapping of str to DirectBoosting
        ``"without"`` and ``"with"``; copies are fitted at the first cutoff and updated after it.
    panel : Panel
        The history, and the truth.
    horizon : int
        Periods after a cutoff.
    counts : sequence of int
        Periods seen at each cutoff, rising.
    rows : ndarray of int
        Series that are compared.

    Returns
    -------
    ndarray, shape (n_cutoffs, 2, n_rows)
        In the order of `PARTS`; NaN where a series was not there yet or nothing is known.
    """
    losses = np.full((len(counts), len(PARTS), len(rows)), np.nan)
    actual = observed_target(panel, entrants["with"].target)
    index = pd.MultiIndex.from_frame(panel.keys.iloc[rows])
    fitted: dict[str, DirectBoosting] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", C2MWarning)
        for place, count in enumerate(counts):
            known = panel.upto(panel.periods[count - 1])
            fitted = {
                name: fitted[name].update(known)
                if fitted
                else DirectBoosting(**model.get_params()).fit(known)
                for name, model in entrants.items()
            }
            found = index.get_indexer(pd.MultiIndex.from_frame(known.keys))
            there = np.flatnonzero(found >= 0)
            came = actual[rows[found[there]], count : count + horizon]
            for part, name in enumerate(PARTS):
                said = fitted[name].predict(horizon)
                codes = [said.codes[row] for row in there]
                losses[place, part, found[there]] = series_losses(said.law.rows(there), came, codes)
    return losses
