"""The checks of numbers that a caller gives: one for all SKUs, or one per SKU."""

import numpy as np
from numpy.typing import ArrayLike

from c2m.errors import ArgumentError
from c2m.production.problem import FloatArray


def at_least_zero(name: str, values: ArrayLike) -> FloatArray:
    """Return numbers that are finite and at or above 0.

    Parameters
    ----------
    name : str
        What they are, for the message.
    values : array_like
        The numbers.

    Returns
    -------
    ndarray
        Of the shape that they came in.

    Raises
    ------
    ArgumentError
        If one is below 0, unknown, infinite or no number.
    """
    array = finite(name, values, ">= 0")
    if np.any(array < 0):
        raise ArgumentError(f"Expected {name} >= 0, got {array[array < 0].flat[0]}.")
    return array


def above_zero(name: str, values: ArrayLike) -> FloatArray:
    """Return numbers that are finite and above 0.

    Parameters
    ----------
    name, values
        See `at_least_zero`.

    Returns
    -------
    ndarray
        Of the shape that they came in.

    Raises
    ------
    ArgumentError
        If one is at or below 0, unknown, infinite or no number.
    """
    array = finite(name, values, "> 0")
    if np.any(array <= 0):
        raise ArgumentError(f"Expected {name} > 0, got {array[array <= 0].flat[0]}.")
    return array


def finite(name: str, values: ArrayLike, what: str = "finite") -> FloatArray:
    """Return numbers that are finite.

    Parameters
    ----------
    name, values
        See `at_least_zero`.
    what : str
        What is expected of them, for the message.

    Returns
    -------
    ndarray
        Of the shape that they came in.

    Raises
    ------
    ArgumentError
        If one is unknown, infinite or no number.
    """
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise ArgumentError(f"Expected {name} {what}, got {values!r}.") from None
    wrong = ~np.isfinite(array)
    if np.any(wrong):
        raise ArgumentError(f"Expected {name} {what}, got {array[wrong].flat[0]}.")
    return array


def per_sku(name: str, values: ArrayLike, n_skus: int) -> FloatArray:
    """Return one number per SKU.

    Parameters
    ----------
    name : str
        What it is, for the message.
    values : array_like, shape (n_skus,), (1,) or ()
        At least 0; one number holds for all SKUs.
    n_skus : int
        How many.

    Returns
    -------
    ndarray, shape (n_skus,)
        Read-only.

    Raises
    ------
    ArgumentError
        If the shape does not fit, or a number is negative, not finite or none.
    """
    array = at_least_zero(name, values)
    if array.shape not in {(), (1,), (n_skus,)}:
        raise ArgumentError(f"Expected one {name} or one per SKU ({n_skus}), got {array.shape}.")
    return np.broadcast_to(array, n_skus)


def amount(name: str, value: object) -> float:
    """Return one number at or above 0 that may be infinite, such as a capacity.

    Parameters
    ----------
    name : str
        What it is, for the message.
    value : object
        What a caller passed.

    Returns
    -------
    float
        The number.

    Raises
    ------
    ArgumentError
        If it is below 0, unknown, or not one number.
    """
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        number = np.nan
    if isinstance(value, str) or not number >= 0:
        raise ArgumentError(f"Expected {name} >= 0, got {value!r}.")
    return number


def one_shape(**arrays: ArrayLike) -> None:
    """Check that arrays fit together, one entry a SKU.

    Parameters
    ----------
    **arrays : array_like
        By name.

    Raises
    ------
    ArgumentError
        If their shapes do not fit.
    """
    shapes = {name: np.shape(array) for name, array in arrays.items()}
    try:
        np.broadcast_shapes(*shapes.values())
    except ValueError:
        told = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise ArgumentError(f"Expected one number per SKU each, got shapes {told}.") from None
