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

_LEAST_MEMBERS: Final = 30
"""Groups of fewer series on average say too little of a loss."""

_ERRORS: Final = 1.5
"""Standard errors by which a gain must exceed nothing for the whole weight."""


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
    """Choose the second forecast's weight in each group, from what both would have lost.

    The relative gain in a group is taken for a draw around that of all series, with the group's own
    noise (the larger of that between series and that between cutoffs), and is drawn to it:
    ``all + t2 / (t2 + s2) * (group - all)``. The second forecast gets all of the weight where this
    exceeds one and a half of its standard errors, half where it is above 0, and none elsewhere.
    Half costs less than half of what the worse of the two would, since the errors of two forecasts
    are not the same.

    Parameters
    ----------
    losses : ndarray, shape (n_cutoffs, 2, n_series)
        Loss of the first and the second forecast; NaN where a series was not scored.
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
    measured = np.array([relative_gain(losses[:, :, rows]) for rows in members]).reshape(-1, 2)
    overall = relative_gain(losses)
    gains, errors = _draw(measured[:, 0], measured[:, 1], overall)
    sizes = [int((~np.isnan(losses[:, 0, rows])).any(axis=0).sum()) for rows in members]
    every = zip((*gains, overall[0]), (*errors, overall[1]), (*sizes, sum(sizes)), strict=True)
    return [
        GroupWeight(_weight(gain, error), float(gain), float(error), size)
        for gain, error, size in every
    ]


def relative_gain(losses: "FloatArray") -> tuple[float, float]:
    """Return by how much the second forecast lost less than the first, and the standard error.

    Parameters
    ----------
    losses : ndarray, shape (n_cutoffs, 2, n_series)
        See `choose_weights`.

    Returns
    -------
    gain, error : float
        Relative to the loss of the first; the error is the larger of that over series (all
        cutoffs of a series together) and that over cutoffs. NaN where nothing was lost.
    """
    known = np.nan_to_num(losses)
    level = float(known[:, 0].sum())
    if level <= 0:
        return np.nan, np.nan
    saved = known[:, 0] - known[:, 1]  # [C, S]
    error = max(_error_of_sum(saved.sum(axis=0)), _error_of_sum(saved.sum(axis=1)))
    return float(saved.sum()) / level, error / level


def _error_of_sum(parts: "FloatArray") -> float:
    """Return the standard error of a sum of independent parts; 0 for a single one."""
    return float(np.sqrt(len(parts)) * parts.std(ddof=1)) if len(parts) > 1 else 0.0


def settle_by(panel: "Panel", by: str | None) -> str | None:
    """Return what groups the series of a panel.

    Parameters
    ----------
    panel : Panel
        The panel.
    by : str, optional
        A key column or an attribute; ``"auto"``: the attribute with the most values that still
        has 30 series a value on average. None: all series are one group.

    Returns
    -------
    str or None
        A column; None where all series are one group.
    """
    return _finest(panel.attributes) if by == "auto" else by


def group_names(panel: "Panel", by: str | None) -> "pd.Series[str]":
    """Return the name of each series' group.

    Parameters
    ----------
    panel : Panel
        The panel.
    by : str, optional
        See `settle_by`.

    Returns
    -------
    Series of str, n_series rows
        ``"all"`` where there is one group; ``"unknown"`` for series without a value.

    Raises
    ------
    ArgumentError
        If the panel has no such column.
    """
    name = settle_by(panel, by)
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
    gain: "FloatArray", error: "FloatArray", overall: tuple[float, float]
) -> tuple["FloatArray", "FloatArray"]:
    """Draw the groups' gains to that of all by their noise; unknown ones take it."""
    whole, whole_error = overall
    known = ~np.isnan(gain) & (error > 0)
    if known.sum() < 2:
        return np.where(np.isnan(gain), whole, gain), np.where(known, error, whole_error)
    precision = 1 / error[known] ** 2
    centre = np.average(gain[known], weights=precision)
    excess = float((precision * (gain[known] - centre) ** 2).sum() - (known.sum() - 1))
    spare = float(precision.sum() - (precision**2).sum() / precision.sum())
    between = max(excess / spare, 0.0) if spare > 0 else 0.0
    kept = np.where(known, between / (between + np.nan_to_num(error) ** 2 + 1e-30), 0.0)
    drawn = whole + kept * (np.nan_to_num(gain, nan=whole) - whole)
    return drawn, np.sqrt(between * (1 - kept) + ((1 - kept) * whole_error) ** 2)


def _weight(gain: float, error: float) -> float:
    if not gain > 0:  # or unknown
        return 0.0
    return 1.0 if gain > _ERRORS * error else 0.5
