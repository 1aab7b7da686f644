"""Rates of small groups, drawn to those of the larger groups that they belong to.

A SKU with twelve orders says little about its own rate, its category says more. The rates of a
level are taken to scatter around those of the level above, as a gamma law has them; how much they
do is found by maximum likelihood.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.errors import ArgumentError
from c2m.frames import did_you_mean, name_list, text_codes

Floats = NDArray[np.float64]
Groups = NDArray[np.intp]

_USUAL: Final = ("category", "department", "type")
"""Attributes that are taken for the category where none is named."""

_STRENGTHS: Final = np.logspace(-1.5, 5, 53)
"""Counted events that the level above may weigh."""

_MOST_GROUPS: Final = 4_000
"""Groups with most events, on which the weight is found."""


@dataclass(frozen=True)
class Pooled:
    """Rates of one level, and what stands behind them.

    Parameters
    ----------
    rate : ndarray, shape (n,)
        Posterior means, events for one of exposure.
    shape, weight : ndarray, shape (n,)
        The gamma law of each rate: ``shape / weight`` is its mean.
    parent : ndarray, shape (n,)
        Rate of the level above.
    strength : float
        Exposure that the level above weighs at its mean rate.
    """

    rate: Floats
    shape: Floats
    weight: Floats
    parent: Floats
    strength: float


def pool_rates(
    events: Floats, exposure: Floats, levels: Sequence[Groups], *, shares: bool = False
) -> Pooled:
    """Estimate the rate of every series by empirical Bayes, level below level.

    ``rate = (c * parent + events) / (c + exposure)``, with c where the likelihood of the level's
    events is largest: negative binomial, or of shares beta-binomial.

    Parameters
    ----------
    events, exposure : ndarray, shape (n_series,)
        What was counted, and out of how much.
    levels : sequence of ndarray of int, shape (n_series,)
        Group of each series, from coarse to fine; groups of a level lie within those above.
    shares : bool
        Whether the events are part of the exposure, so that no rate is above 1.

    Returns
    -------
    Pooled
        The rates of the last level's groups, spread over the series.

    References
    ----------
    Robbins (1956), An empirical Bayes approach to statistics; Marshall (1991), *Applied
    Statistics* 40(2), 283-294.

    Examples
    --------
    >>> sold, seen = np.array([90.0, 120.0, 1.0]), np.array([900.0, 1000.0, 1.0])
    >>> pool_rates(sold, seen, [np.arange(3)]).rate.round(2)
    array([0.11, 0.11, 0.11])
    """
    total = float(exposure.sum())
    parent = np.full(len(events), float(events.sum()) / total if total > 0 else 0.0)
    pooled = Pooled(parent, parent, np.ones(len(events)), parent, 0.0)
    for codes in levels:
        count = np.bincount(codes, weights=events).astype(np.float64)
        base = np.bincount(codes, weights=exposure).astype(np.float64)
        first = np.unique(codes, return_index=True)[1]
        present = np.flatnonzero(np.bincount(codes))
        above = np.zeros(len(count))
        above[present] = parent[first]
        strength = _strength(count, base, above, shares)
        shape, weight = count + strength * above, base + strength
        rate = shape / weight
        pooled = Pooled(rate[codes], shape[codes], weight[codes], parent, strength)
        parent = pooled.rate
    return pooled


def _strength(count: Floats, base: Floats, above: Floats, shares: bool) -> float:
    """Return the exposure that the level above weighs."""
    from scipy.special import betaln, gammaln

    rows = np.flatnonzero((base > 0) & (above > 0))
    rows = rows[np.argsort(-base[rows], kind="stable")[:_MOST_GROUPS]]
    if not len(rows):
        return 1.0
    mean = float(np.average(above[rows], weights=base[rows]))
    if len(rows) < 3:
        return 1.0 / mean
    r, e, m = count[rows, None], base[rows, None], above[rows, None]
    c = _STRENGTHS / mean  # [candidates]
    a = c * m
    if shares:
        b = np.maximum(c - a, 1e-9)
        score = betaln(a + r, b + np.maximum(e - r, 0)) - betaln(a, b)
    else:
        score = gammaln(a + r) - gammaln(a) + a * np.log(c / (c + e)) - r * np.log(c + e)
    return float(c[int(np.argmax(score.sum(axis=0)))])


def category_of(
    keys: pd.DataFrame, attributes: pd.DataFrame, category: str | None
) -> "tuple[str | None, pd.Series[str]]":
    """Return the category of every series.

    Parameters
    ----------
    keys, attributes : DataFrame, n_series rows
        Of a panel.
    category : str, optional
        Key or attribute to pool by. Unless given, the first of ``category``, ``department`` and
        ``type`` that is among the attributes.

    Returns
    -------
    str, optional
        The column that was taken; None where all series are one category.
    Series of str, length n_series
        Categories; ``""`` where unknown.

    Raises
    ------
    ArgumentError
        If there is no such column.
    """
    table = pd.concat([keys, attributes], axis=1)
    if category is not None and category not in table.columns:
        raise ArgumentError(
            f"Expected category to be a key or an attribute, got {category!r}"
            f"{did_you_mean(category, map(str, table.columns))}; there are "
            f"{name_list(table.columns)}."
        )
    name = category or next((name for name in _USUAL if name in attributes.columns), None)
    if name is None:
        return None, pd.Series("", index=range(len(keys)), dtype="str")
    return name, text_codes(table[name]).fillna("").astype("str")
