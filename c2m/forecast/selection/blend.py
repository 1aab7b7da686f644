"""Two forecasts of the same series as one."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from c2m.forecast.fallback.mixture import mix_laws

if TYPE_CHECKING:
    from collections.abc import Sequence

    from c2m.distribution import GammaPoisson, Law
    from c2m.forecast.explain.explanation import Explanation
    from c2m.forecast.target import FloatArray


def blend_laws(
    without: "Law", with_: "Law", weight: "FloatArray", codes: "Sequence[str]" = ()
) -> "GammaPoisson":
    """Return the law between two: a weighted geometric mean of the means, the heavier's spread.

    Parameters
    ----------
    without, with_ : Law
        Over the same series and periods.
    weight : ndarray, shape (n_series,)
        Share of `with_` in the mean's logarithm, between 0 and 1; from a half on it gives the
        spread too.
    codes : sequence of str, length n_series
        Names of the series, which laws of some kinds need.

    Returns
    -------
    GammaPoisson
        The law. A mean that is 0 in either is the weighted arithmetic mean.

    Examples
    --------
    >>> from c2m.distribution import GammaPoisson
    >>> one, other = (GammaPoisson(np.full((1, 2), mean), 0.5, 0.1) for mean in (1.0, 4.0))
    >>> blend_laws(one, other, np.array([0.5])).mean.tolist()
    [[2.0, 2.0]]
    """
    base = mix_laws([without, with_], (weight >= 0.5).astype(np.intp), codes)
    if np.all((weight == 0) | (weight == 1)):
        return base
    share, one, other = weight[:, None], without.mean, with_.mean
    positive = (one > 0) & (other > 0)
    logs = [np.log(np.where(positive, mean, 1.0)) for mean in (one, other)]
    geometric = np.exp((1 - share) * logs[0] + share * logs[1])
    mean = np.where(positive, geometric, (1 - share) * one + share * other)
    return replace(base, mean=mean)  # spread is relative to the mean


def blend_explanations(
    without: "Explanation", with_: "Explanation", weight: "FloatArray"
) -> "Explanation":
    """Return what makes the mean that `blend_laws` makes of two.

    Parameters
    ----------
    without, with_ : Explanation
        Of the same series and periods; `with_` has all groups of `without`.
    weight : ndarray, shape (n_series,)
        As in `blend_laws`.

    Returns
    -------
    Explanation
        Base and multipliers are weighted geometric means; a group that only `with_` has counts
        by its weight.
    """
    share = weight[:, None]
    base = without.base ** (1 - share) * with_.base**share
    places = [with_.groups.index(group) for group in without.groups]
    others = np.ones_like(with_.multipliers)
    others[:, :, places] = without.multipliers
    multipliers = others ** (1 - share[:, :, None]) * with_.multipliers ** share[:, :, None]
    return replace(with_, base=base, multipliers=multipliers)
