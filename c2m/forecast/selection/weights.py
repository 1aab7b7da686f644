"""How much weight a second forecast gets in each group, drawn to that of all by the noise."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.errors import ArgumentError
from c2m.frames import did_you_mean, name_list, text_codes

if TYPE_CHECKING:
    from c2m.forecast.target import FloatArray
    from c2m.panel import Panel

WEIGHTS: Final = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Shares of the second forecast that are tried."""

_LEAST_MEMBERS: Final = 30
"""Groups of fewer series on average say too little of a loss."""

_WORTH: Final = 0.001
"""Share of the loss below which two weights are alike."""

_HALF: Final = len(WEIGHTS) // 2


@dataclass(frozen=True)
class GroupWeight:
    """What was decided for a group.

    Parameters
    ----------
    weight : float
        Share of the second forecast.
    gain : float
        By how much the second forecast alone lost less than the first, relative to its loss and
        drawn to the gain of all series.
    error : float
        Standard error of this gain.
    n_series : int
        Series that it was measured on.
    """

    weight: float
    gain: float
    error: float
    n_series: int


def choose_weights(losses: "FloatArray", groups: NDArray[np.intp]) -> list[GroupWeight]:
    """Choose a weight for each group from what each weight would have lost.

    The relative loss of a weight in a group is taken for a draw around that of all series, with
    the group's own noise (the larger of that between series and that between cutoffs), and is
    drawn to it: ``all + t2 / (t2 + s2) * (group - all)``. Where the second forecast alone gains
    more than the standard error of that, it gets at least half of the weight; elsewhere at most
    half, and none but where that too gains more than its error. Within these, the weight with the
    least expected loss is chosen, the one nearer the end where two are alike.

    Parameters
    ----------
    losses : ndarray, shape (n_cutoffs, n_weights, n_series)
        Loss of each of `WEIGHTS`; NaN where a series was not scored.
    groups : ndarray of int, shape (n_series,)
        Group of each series, from 0 without gaps.

    Returns
    -------
    list of GroupWeight
        One a group, and one for all series at the end.

    References
    ----------
    DerSimonian & Laird (1986), "Meta-analysis in clinical trials", *Controlled Clinical Trials* 7
    (the moment estimate of t2); Morris (1983), *JASA* 78 (the shrinkage).
    """
    members = [np.flatnonzero(groups == code) for code in range(int(groups.max(initial=-1)) + 1)]
    curves = np.array([relative_loss(losses[:, :, rows]) for rows in members])  # [G, 2, W]
    overall = relative_loss(losses)
    drawn = [
        _draw(curves[:, 0, place], curves[:, 1, place], overall[:, place])
        for place in range(losses.shape[1])
    ]
    mean, error = np.stack(drawn, axis=-1)  # [G, W] each
    sizes = [int((~np.isnan(losses[:, 0, rows])).any(axis=0).sum()) for rows in members]
    found = [
        GroupWeight(
            _decide(mean[place], error[place]),
            -float(mean[place, -1]),
            float(error[place, -1]),
            size,
        )
        for place, size in enumerate(sizes)
    ]
    whole = GroupWeight(
        _decide(overall[0], overall[1]), -float(overall[0, -1]), float(overall[1, -1]), sum(sizes)
    )
    return [*found, whole]


def relative_loss(losses: "FloatArray") -> "FloatArray":
    """Return by how much each weight lost more than the first, and the standard error of that.

    Parameters
    ----------
    losses : ndarray, shape (n_cutoffs, n_weights, n_series)
        See `choose_weights`.

    Returns
    -------
    ndarray, shape (2, n_weights)
        Relative to the loss of the first weight; its error is the larger of that over series
        (all cutoffs of a series together) and that over cutoffs. NaN where nothing was lost.
    """
    known = np.nan_to_num(losses)
    level = known[:, 0].sum()
    n_cutoffs, n_weights, n_series = losses.shape
    if level <= 0:
        return np.full((2, n_weights), np.nan)
    more = known - known[:, :1]  # [C, W, S]
    by_series, by_cutoff = more.sum(axis=0), more.sum(axis=2)  # [W, S], [C, W]
    over_series = np.sqrt(n_series) * by_series.std(axis=1, ddof=1 if n_series > 1 else 0)
    if n_cutoffs > 1:
        over_cutoffs = np.sqrt(n_cutoffs) * by_cutoff.std(axis=0, ddof=1)
    else:
        over_cutoffs = np.zeros(n_weights)
    errors = np.maximum(over_series, over_cutoffs)
    return np.asarray(np.stack([more.sum(axis=(0, 2)), errors]) / level)


def group_names(panel: "Panel", by: str | None) -> "pd.Series[str]":
    """Return the name of each series' group.

    Parameters
    ----------
    panel : Panel
        The panel.
    by : str, optional
        A key column or an attribute; ``"auto"``: the attribute with the most values that still
        has 30 series a value on average. None: all series are one group.

    Returns
    -------
    Series of str, n_series rows
        ``"all"`` where there is one group; ``"unknown"`` for series without a value.

    Raises
    ------
    ArgumentError
        If the panel has no such column.
    """
    name = _finest(panel.attributes) if by == "auto" else by
    if name is None:
        return pd.Series(["all"] * panel.n_series, dtype=object)
    table = pd.concat([panel.keys, panel.attributes], axis=1)
    if name not in table.columns:
        names = list(map(str, table.columns))
        raise ArgumentError(
            f"Expected by, a key or an attribute of the panel, got {by!r}"
            f"{did_you_mean(str(by), names)}; there are {name_list(names)}."
        )
    return text_codes(table[name]).astype(object).fillna("unknown").reset_index(drop=True)


def _finest(attributes: pd.DataFrame) -> str | None:
    best, most = None, 1
    for name in attributes.columns:
        if pd.api.types.is_float_dtype(attributes[name].dtype):
            continue
        count = int(attributes[name].nunique(dropna=False))
        if most < count <= len(attributes) / _LEAST_MEMBERS:
            best, most = str(name), count
    return best


def _draw(
    mean: "FloatArray", error: "FloatArray", overall: "FloatArray"
) -> tuple["FloatArray", "FloatArray"]:
    """Draw the groups' numbers to that of all by their noise; unknown ones take it."""
    whole, whole_error = float(overall[0]), float(overall[1])
    known = ~np.isnan(mean) & (error > 0)
    if known.sum() < 2:
        return np.where(np.isnan(mean), whole, mean), np.where(known, error, whole_error)
    precision = 1 / error[known] ** 2
    centre = np.average(mean[known], weights=precision)
    excess = float((precision * (mean[known] - centre) ** 2).sum() - (known.sum() - 1))
    spare = float(precision.sum() - (precision**2).sum() / precision.sum())
    between = max(excess / spare, 0.0) if spare > 0 else 0.0
    kept = np.where(known, between / (between + np.nan_to_num(error) ** 2 + 1e-30), 0.0)
    drawn = whole + kept * (np.nan_to_num(mean, nan=whole) - whole)
    return drawn, np.sqrt(between * (1 - kept) + ((1 - kept) * whole_error) ** 2)


def _decide(loss: "FloatArray", error: "FloatArray") -> float:
    """Return the weight for a group's expected losses and their errors, shape (n_weights,)."""
    if np.isnan(loss).any():
        return WEIGHTS[0]
    pays = -loss > error
    if pays[-1]:
        places = list(range(len(WEIGHTS) - 1, _HALF - 1, -1))
    else:
        places = [place for place in range(_HALF + 1) if place == 0 or pays[place]]
    least = min(loss[place] for place in places)
    return next(WEIGHTS[place] for place in places if loss[place] <= least + _WORTH)
