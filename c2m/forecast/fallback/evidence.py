"""How sure it is that a baseline loses less, series by series."""

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from c2m.forecast.pooling import pooled_mean

if TYPE_CHECKING:
    from c2m.forecast.target import FloatArray

_WORTH: Final = 0.01
"""Share of the loss that a baseline must save before a series goes by it."""

_ERRORS: Final = 2.0
"""Standard errors by which the saving must exceed nothing."""


def relative_savings(losses: "FloatArray") -> "FloatArray":
    """Return by how much each baseline lost less than the model, relative to the series' loss.

    Parameters
    ----------
    losses : ndarray, shape (n_cutoffs, 1 + n_baselines, n_series)
        Of the model first, then of the baselines; NaN where unknown.

    Returns
    -------
    ndarray, shape (n_cutoffs, n_baselines, n_series)
        ``(model - baseline) / mean of all models over all cutoffs``; 0 where all lost nothing.
    """
    known = ~np.isnan(losses)
    count = np.maximum(known.sum(axis=(0, 1)), 1)
    size = np.where(known, losses, 0.0).sum(axis=(0, 1)) / count  # [S]
    return (losses[:, :1] - losses[:, 1:]) / np.where(size > 0, size, 1.0)


def shrunk_savings(
    savings: "FloatArray", groups: NDArray[np.intp]
) -> tuple["FloatArray", "FloatArray"]:
    """Return what each series is expected to save by one baseline, and the standard error.

    The savings of a series at W cutoffs are taken for draws around its own true saving, which is a
    draw around that of its group: ``B = t2 / (t2 + s2 / W)``, ``expected = group + B * (mean -
    group)``, with s2 the variance within series and t2 that between them, by moments. A series
    that was never compared follows its group. What moves a whole group from cutoff to cutoff does
    not average out over series, so it is in the error as it is.

    Parameters
    ----------
    savings : ndarray, shape (n_cutoffs, n_series)
        See `relative_savings`.
    groups : ndarray of int, shape (n_series,)
        Group of each series.

    Returns
    -------
    expected, error : ndarray, shape (n_series,)
        Relative to the series' loss.

    References
    ----------
    Morris (1983), "Parametric empirical Bayes inference", *JASA* 78, sec. 1 (normal model).
    """
    known = ~np.isnan(savings)
    count = known.sum(axis=0)
    mean = np.where(known, savings, 0.0).sum(axis=0) / np.maximum(count, 1)
    deviation = np.where(known, savings - mean, 0.0)
    within = float((deviation**2).sum() / max(np.maximum(count - 1, 0).sum(), 1))
    group = pooled_mean(np.where(count > 0, mean, np.nan), groups)  # [S]
    seen = count > 0
    noise = within / np.maximum(count, 1)
    spread = (mean - group)[seen] ** 2 - noise[seen]
    between = max(float(spread.mean()), 0.0) if seen.any() else 0.0
    kept = np.where(seen & (between + noise > 0), between / np.maximum(between + noise, 1e-12), 0.0)
    own = np.where(seen, between * (1 - kept), between)
    error = np.sqrt(own + _group_error(savings, groups) ** 2)
    return group + kept * (mean - group), error


def _group_error(savings: "FloatArray", groups: NDArray[np.intp]) -> "FloatArray":
    """Return the standard error of each group's mean saving, from cutoff to cutoff."""
    by_cutoff = np.stack(
        [pooled_mean(each, groups) for each in savings if not np.isnan(each).all()]
    )
    if len(by_cutoff) < 2:
        return np.full(savings.shape[1], np.inf)
    error: FloatArray = by_cutoff.std(axis=0, ddof=1) / np.sqrt(len(by_cutoff))
    return error


def pick(losses: "FloatArray", groups: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return which model each series should go by.

    Parameters
    ----------
    losses : ndarray, shape (n_cutoffs, 1 + n_baselines, n_series)
        See `relative_savings`.
    groups : ndarray of int, shape (n_series,)
        Group of each series.

    Returns
    -------
    ndarray of int, shape (n_series,)
        0 for the model; else the baseline with the largest expected saving of those that save
        more than two standard errors and at least 1 %.
    """
    every = relative_savings(losses)
    expected, error = np.stack(
        [shrunk_savings(every[:, place], groups) for place in range(every.shape[1])], axis=1
    )  # [B, S] each
    wins = (expected >= _WORTH) & (expected > _ERRORS * error)
    best = np.where(wins, expected, -np.inf).argmax(axis=0)
    return np.where(wins.any(axis=0), best + 1, 0).astype(np.intp)
