"""How factors of many cells share in the change of their sum."""

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from c2m.forecast.target import FloatArray

LEAST: Final = 1e-20
"""What stands in for a factor of 0, so that it has a logarithm (Ang & Liu 2007)."""


def logarithmic_mean(one: "FloatArray", other: "FloatArray") -> "FloatArray":
    """Return ``(one - other) / log(one / other)``, and `one` where both are the same.

    Parameters
    ----------
    one, other : ndarray
        Numbers above 0, of shapes that broadcast.

    Returns
    -------
    ndarray
        Between the two.

    Examples
    --------
    >>> logarithmic_mean(np.array([2.0, 2.0]), np.array([1.0, 2.0])).round(4)
    array([1.4427, 2.    ])
    """
    ratio = one / other
    apart = np.abs(ratio - 1) > 1e-6
    safe = np.where(apart, ratio, np.e)
    return np.asarray(np.where(apart, other * (safe - 1) / np.log(safe), (one + other) / 2))


def share_change(
    before: "FloatArray", after: "FloatArray", logs: "FloatArray"
) -> tuple["FloatArray", "FloatArray"]:
    """Split the change of a sum among the factors that changed its terms.

    Where ``after[c] = before[c] * exp(logs[c].sum())`` in every cell c, the parts add up to
    ``after.sum() - before.sum()``, and the multipliers multiply to their ratio, without a rest.

    Parameters
    ----------
    before, after : ndarray, shape (n_cells,)
        Terms of the two sums, above 0.
    logs : ndarray, shape (n_cells, n_factors)
        Log of the factors.

    Returns
    -------
    parts : ndarray, shape (n_factors,)
        In the unit of the terms.
    multipliers : ndarray, shape (n_factors,)
        Of the sum.

    References
    ----------
    Ang (2005), "The LMDI approach to decomposition analysis: a practical guide", *Energy Policy*
    33(7), LMDI-I, additive and multiplicative; for factors of 0 Ang & Liu (2007), *Energy Policy*
    35(1).

    Examples
    --------
    >>> parts, multipliers = share_change(
    ...     np.array([10.0, 20.0]), np.array([20.0, 20.0]), np.log([[2.0, 1.0], [2.0, 0.5]])
    ... )
    >>> bool(np.isclose(parts.sum(), 10)), bool(np.isclose(multipliers.prod(), 40 / 30))
    (True, True)
    """
    weight = logarithmic_mean(after, before)  # [C]
    parts = weight @ logs
    total = logarithmic_mean(np.asarray(after.sum()), np.asarray(before.sum()))
    return parts, np.exp(parts / total)
