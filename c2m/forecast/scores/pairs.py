"""What came beside what was forecast, without what is unknown."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from c2m.errors import ArgumentError

if TYPE_CHECKING:
    from c2m.forecast.target import FloatArray


def pair(
    actual: ArrayLike, forecast: ArrayLike
) -> tuple["FloatArray", "FloatArray", NDArray[np.bool_]]:
    """Return both as arrays, and where both are known.

    Parameters
    ----------
    actual, forecast : array_like, same shape
        Units.

    Returns
    -------
    tuple of ndarray
        Actual, forecast, known.

    Raises
    ------
    ArgumentError
        If the shapes differ.
    """
    came, said = np.asarray(actual, dtype=np.float64), np.asarray(forecast, dtype=np.float64)
    if came.shape != said.shape:
        raise ArgumentError(f"Expected a forecast of shape {came.shape}, got {said.shape}.")
    return came, said, ~np.isnan(came) & ~np.isnan(said)


def pinball_cells(
    actual: ArrayLike, quantiles: ArrayLike, levels: ArrayLike
) -> tuple["FloatArray", NDArray[np.bool_]]:
    """Return the pinball loss of every cell and level, and which cells are known.

    Parameters
    ----------
    actual : array_like, shape (...)
        Units.
    quantiles : array_like, shape (..., n_levels)
        Forecast quantiles.
    levels : array_like, shape (n_levels,)
        Their probabilities.

    Returns
    -------
    ndarray, shape (..., n_levels)
        Losses in units.
    ndarray of bool, shape (...)
        Whether all losses of a cell are known.

    Raises
    ------
    ArgumentError
        If the shapes do not fit, or a level is not between 0 and 1.
    """
    came, said = np.asarray(actual, dtype=np.float64), np.asarray(quantiles, dtype=np.float64)
    level = check_levels(levels)
    if said.shape != (*came.shape, len(level)):
        raise ArgumentError(
            f"Expected quantiles of shape {(*came.shape, len(level))}, got {said.shape}."
        )
    under = came[..., None] - said
    loss = np.maximum(level * under, (level - 1) * under)
    return loss, np.asarray(~np.isnan(loss).any(axis=-1))


def check_levels(levels: ArrayLike) -> "FloatArray":
    """Return levels that are probabilities.

    Parameters
    ----------
    levels : array_like, shape (n_levels,)
        Probabilities.

    Returns
    -------
    ndarray, shape (n_levels,)
        The same.

    Raises
    ------
    ArgumentError
        If one is not above 0 and below 1.
    """
    level = np.atleast_1d(np.asarray(levels, dtype=np.float64))
    if level.ndim != 1 or not len(level) or not np.all((level > 0) & (level < 1)):
        raise ArgumentError(f"Expected levels above 0 and below 1, got {levels!r}.")
    return level


def same_shape(**arrays: ArrayLike) -> list["FloatArray"]:
    """Return arrays of one shape.

    Parameters
    ----------
    **arrays : array_like
        By the name of their argument.

    Returns
    -------
    list of ndarray
        The same as numbers.

    Raises
    ------
    ArgumentError
        If their shapes differ.
    """
    found = [np.asarray(values, dtype=np.float64) for values in arrays.values()]
    if len({array.shape for array in found}) > 1:
        shapes = [f"{name} of {array.shape}" for name, array in zip(arrays, found, strict=True)]
        raise ArgumentError(f"Expected arrays of one shape, got {', '.join(shapes)}.")
    return found


def broadcast(**arrays: ArrayLike) -> list["FloatArray"]:
    """Return arrays that were broadcast against each other.

    Parameters
    ----------
    **arrays : array_like
        By the name of their argument.

    Returns
    -------
    list of ndarray
        Of one shape, read-only.

    Raises
    ------
    ArgumentError
        If they do not fit.
    """
    found = [np.asarray(values, dtype=np.float64) for values in arrays.values()]
    try:
        return list(np.broadcast_arrays(*found))
    except ValueError:
        shapes = [f"{name} of {array.shape}" for name, array in zip(arrays, found, strict=True)]
        raise ArgumentError(f"Expected shapes that fit, got {', '.join(shapes)}.") from None


def row_mean(values: "FloatArray", known: NDArray[np.bool_]) -> "FloatArray":
    """Return the mean of what is known in each row.

    Parameters
    ----------
    values : ndarray, shape (n_series, n_periods)
        Any numbers.
    known : ndarray of bool, same shape
        Which count.

    Returns
    -------
    ndarray, shape (n_series,)
        NaN where nothing is known.
    """
    count = known.sum(axis=1)
    total = np.where(known, values, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
