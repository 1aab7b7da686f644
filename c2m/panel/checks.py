"""The panel's own law: what must hold of its keys, shapes and values."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from c2m.checks import Check
from c2m.distribution import law
from c2m.frames import name_list
from c2m.panel.channels import channel
from c2m.periods import check_span
from c2m.series import check_keys, check_names

if TYPE_CHECKING:
    from c2m.panel.panel import Panel

MOST_WHOLE: Final = 2**24
"""Up to here float32 holds every whole number."""


def check_panel(panel: "Panel", arrays: Mapping[str, NDArray[Any]]) -> None:
    """Raise everything that is wrong with a panel's parts.

    Parameters
    ----------
    panel : Panel
        The panel under construction.
    arrays : mapping of str to ndarray
        Its channels as they came.

    Raises
    ------
    DataError
        If anything is.
    """
    check = Check("panel", panel.keys)
    check_keys(panel.keys, check)
    if panel.n_periods < 1:
        check.add("it has no period", "pass at least one observed period")
    if len(panel.attributes) != len(panel.keys):
        check.add("attributes and keys differ in length", "pass one row of attributes a series")
    if panel.target not in arrays:
        check.add(f"there is no channel {panel.target!r}, its target", "add it or name another")
    if panel.target in panel.known:
        check.add(f"its target {panel.target!r} is named as known ahead", "leave it out of known=")
    check_names([*panel.keys.columns, "period", *arrays, *panel.attributes.columns], check)
    absent = [name for name in panel.known if name not in arrays]
    if absent:
        check.add(f"known names no channel: {name_list(absent)}", "add the channels")
    check.done()
    _check_shapes(panel, arrays, check)
    check.done()
    width = max(array.shape[1] for array in arrays.values())
    check_span(panel.calendar, panel.first, width, check)
    for name, array in arrays.items():
        _check_values(name, stored(array), check)
    check.done()


def _check_shapes(panel: "Panel", arrays: Mapping[str, NDArray[Any]], check: Check) -> None:
    widths = set()
    for name, array in arrays.items():
        if array.ndim != 2 or array.dtype.kind not in "fiub":
            kind = f"{array.dtype} array of {array.ndim} dimensions"
            fix = "pass numbers, series by periods, or one row for all series"
            check.add(f"channel {name!r} is a {kind}", fix)
            continue
        widths |= {array.shape[1]} if name in panel.known else set()
        wide_enough = (
            array.shape[1] >= panel.n_periods
            if name in panel.known
            else (array.shape[1] == panel.n_periods)
        )
        if array.shape[0] != len(panel.keys) or not wide_enough:
            check.add(
                f"channel {name!r} has shape {array.shape}, not "
                f"({len(panel.keys)}, {panel.n_periods})",
                "pass arrays of n_series x n_periods, known ones longer",
            )
    if len(widths) > 1:
        check.add("known channels reach differently far", "pad the shorter ones with NaN")


def _check_values(name: str, array: NDArray[Any], check: Check) -> None:
    least, most = (
        float(pick.reduce(array, axis=None, initial=np.nan)) for pick in (np.fmin, np.fmax)
    )
    if np.isinf(least) or np.isinf(most):
        check.add(f"channel {name!r} has infinite values", "replace them, or NaN for unknown")
    rule = channel(name)
    low = rule.at_least is not None and least < rule.at_least
    high = rule.at_most is not None and most > rule.at_most
    if low or high:
        limits = f"{rule.at_least:g} to {'any' if rule.at_most is None else f'{rule.at_most:g}'}"
        check.add(
            f"channel {name!r} reaches from {least:g} to {most:g}, allowed is {limits}",
            "correct the values; returns are a channel of their own",
        )
    if array.dtype != np.float32:
        check_rounding(check, name, array)


def check_rounding(check: Check, name: str, values: NDArray[Any]) -> None:
    """Note whole numbers that float32 does not hold.

    Parameters
    ----------
    check : Check
        Where to note it.
    name : str
        The channel.
    values : ndarray
        Its values before they become float32.
    """
    large = values[np.abs(values) > MOST_WHOLE]
    if not large.size:
        return
    with np.errstate(over="ignore"):
        single = large.astype(np.float32)
    rounded = single != large  # compared as float64, which rounds long integers itself
    if large.dtype.kind in "iu":
        rounded |= np.abs(large) >= 2**53
    lost = large[(large == np.floor(large)) & rounded]
    if lost.size:
        check.add(
            f"channel {name!r} has {lost.size:,} whole numbers that float32 "
            f"would round, the first {lost[0]:.0f}",
            "count in thousands",
        )


def spread(arrays: Mapping[str, NDArray[Any]], n_series: int) -> dict[str, NDArray[Any]]:
    """Return channels of one dimension, which hold for all series, as series by periods.

    Parameters
    ----------
    arrays : mapping of str to array_like
        Channels.
    n_series : int
        How many series there are.

    Returns
    -------
    dict of str to ndarray
        The same channels; a view of one row in memory where there was one.
    """
    read = {str(name): np.asarray(array) for name, array in arrays.items()}
    return {
        name: np.broadcast_to(array, (n_series, len(array))) if array.ndim == 1 else array
        for name, array in read.items()
    }


def stored(array: NDArray[Any]) -> NDArray[Any]:
    """Return what memory holds of a channel.

    Parameters
    ----------
    array : ndarray, shape (n_series, n_periods)
        A channel.

    Returns
    -------
    ndarray, shape (n_periods,) or (n_series, n_periods)
        The one row that holds for all series, where it is such; else the channel.
    """
    return array[0] if array.strides[0] == 0 and len(array) else array


def freeze(arrays: Mapping[str, NDArray[Any]]) -> Mapping[str, NDArray[np.float32]]:
    """Return the arrays as read-only float32 in a read-only mapping.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        Checked channels.

    Returns
    -------
    mapping of str to ndarray of float32
        Views where the array was float32 and read-only already, else copies.
    """
    return MappingProxyType({name: _freeze(array) for name, array in arrays.items()})


def _freeze(array: NDArray[Any]) -> NDArray[np.float32]:
    if array.dtype == np.float32 and law.is_frozen(array):
        return array  # a part of a longer panel stays a view of it
    own = stored(array)
    return (
        np.broadcast_to(law.freeze(own, np.float32), array.shape)
        if own is not array
        else law.freeze(array, np.float32)
    )
