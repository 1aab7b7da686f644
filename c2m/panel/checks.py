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

_MOST_WHOLE: Final = 2**24
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
        _check_values(name, array, check)
    check.done()


def _check_shapes(panel: "Panel", arrays: Mapping[str, NDArray[Any]], check: Check) -> None:
    widths = set()
    for name, array in arrays.items():
        if array.ndim != 2 or array.dtype.kind not in "fiub":
            kind = f"{array.dtype} array of {array.ndim} dimensions"
            check.add(f"channel {name!r} is a {kind}", "pass numbers, series by periods")
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
    if np.isinf(array).any():
        check.add(f"channel {name!r} has infinite values", "replace them, or NaN for unknown")
    rule = channel(name)
    low = rule.at_least is not None and np.any(array < rule.at_least)
    high = rule.at_most is not None and np.any(array > rule.at_most)
    if low or high:
        limits = f"{rule.at_least:g} to {'any' if rule.at_most is None else f'{rule.at_most:g}'}"
        check.add(
            f"channel {name!r} reaches from {np.nanmin(array):g} to {np.nanmax(array):g}, "
            f"allowed is {limits}",
            "correct the values; returns are a channel of their own",
        )
    if array.dtype != np.float32 and array.size:
        with np.errstate(over="ignore"):
            single = array.astype(np.float32)
        rounded = single != array  # compared as float64, which rounds long integers itself
        if array.dtype.kind in "iu":
            rounded |= np.abs(array) >= 2**53
        lost = (np.abs(array) > _MOST_WHOLE) & (array == np.floor(array)) & rounded
        if np.any(lost):
            check.add(
                f"channel {name!r} has {np.count_nonzero(lost):,} whole numbers that float32 "
                f"would round, the first {array[lost][0]:.0f}",
                "count in thousands",
            )


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
    return MappingProxyType({name: law.freeze(array, np.float32) for name, array in arrays.items()})
