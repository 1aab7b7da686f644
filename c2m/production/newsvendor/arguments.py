"""The checks of numbers that a caller gives: one for all SKUs, or one per SKU."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from c2m.errors import ArgumentError
from c2m.frames import name_list
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


def sku_names(samples: object) -> list[str] | None:
    """Return the SKUs that the columns of samples name.

    Parameters
    ----------
    samples : array_like, shape (n_samples, n_skus)
        Draws of demand.

    Returns
    -------
    list of str or None
        None for an array, and for a frame whose columns are counted from 0.
    """
    if not isinstance(samples, pd.DataFrame) or _is_counted(samples.columns):
        return None
    return [str(column) for column in samples.columns]


def by_sku(name: str, values: ArrayLike, skus: Sequence[str] | None) -> ArrayLike:
    """Return numbers in the order of the SKUs, where they name theirs.

    Parameters
    ----------
    name : str
        What they are, for the message.
    values : array_like
        The numbers; a Series whose index is not counted from 0 names the SKU of each.
    skus : sequence of str, optional
        The SKUs; None where they are not known.

    Returns
    -------
    array_like
        Numbers for SKUs that are not asked for are left out.

    Raises
    ------
    ArgumentError
        If a Series names SKUs and these are not known, or it lacks one or has one twice.
    """
    if not isinstance(values, pd.Series) or _is_counted(values.index):
        return values
    named = values.set_axis(values.index.map(str))
    if skus is None:
        raise ArgumentError(
            f"Expected {name} in the order of samples that name no SKUs, got a Series by "
            f"{name_list(named.index)}; pass samples as a DataFrame with a column per SKU, or "
            f"{name}.to_numpy() if the order is right."
        )
    twice, absent = named.index[named.index.duplicated()], set(skus) - set(named.index)
    if len(twice) or absent:
        lacking = f"none for {name_list(sorted(absent))}"
        what = f"{name_list(twice)} twice" if len(twice) else lacking
        raise ArgumentError(
            f"Expected one {name} per SKU, got {what}; its index names {name_list(named.index)}: "
            f"name the SKUs there, or pass {name}.to_numpy() if the order is right."
        )
    return named.reindex(list(skus)).to_numpy()


def _is_counted(index: pd.Index) -> bool:
    """Say whether an index is 0, 1, 2, ... and so names nothing."""
    return index.equals(pd.RangeIndex(len(index)))


def per_sku(
    name: str, values: ArrayLike, n_skus: int, skus: Sequence[str] | None = None
) -> FloatArray:
    """Return one number per SKU.

    Parameters
    ----------
    name : str
        What it is, for the message.
    values : array_like, shape (n_skus,), (1,) or ()
        At least 0; one number holds for all SKUs.
    n_skus : int
        How many.
    skus : sequence of str, optional
        See `by_sku`.

    Returns
    -------
    ndarray, shape (n_skus,)
        Read-only.

    Raises
    ------
    ArgumentError
        If the shape does not fit, or a number is negative, not finite or none.
    """
    array = at_least_zero(name, by_sku(name, values, skus))
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
