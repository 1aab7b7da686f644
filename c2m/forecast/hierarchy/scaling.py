"""Laws of demand that are larger or smaller by known factors."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from c2m.distribution import PathSet, QuantileCurves
from c2m.errors import ArgumentError

if TYPE_CHECKING:
    from c2m.distribution import Law
    from c2m.forecast.target import FloatArray


def scaled_law(law: "Law", factor: "FloatArray") -> "Law":
    """Return a law with every period of every series multiplied by a factor.

    Parameters
    ----------
    law : Law
        Of `c2m.distribution`. Laws of counts keep their relative spread and stay counts; paths
        and quantiles are multiplied.
    factor : ndarray, shape (S, H)
        At least 0.

    Returns
    -------
    Law
        Of the same kind.

    Raises
    ------
    ArgumentError
        If the law is of another kind.

    Examples
    --------
    >>> scaled_law(PathSet(np.array([[[1.0, 2.0]]])), np.array([[2.0, 0.5]])).mean
    array([[2., 1.]])
    """
    if isinstance(law, PathSet):
        return PathSet((law.paths * factor).astype(np.float32))
    if isinstance(law, QuantileCurves):
        return replace(law, values=law.values * factor[:, :, None])
    scaled: Any = getattr(law, "scaled", None)
    if scaled is None:
        raise ArgumentError(f"Expected a law of c2m.distribution, got {type(law).__name__}.")
    result: Law = scaled(factor)
    return result
