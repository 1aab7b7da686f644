"""Adding series up: SKUs to styles, stores to regions."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from c2m.errors import ArgumentError, warn
from c2m.frames import name_list
from c2m.panel.channels import WAYS, Rollup, channel
from c2m.panel.checks import stored
from c2m.series import common_attributes, group_series

if TYPE_CHECKING:
    from c2m.panel.panel import Panel


def roll_up(panel: "Panel", by: str | Sequence[str], how: Mapping[str, Rollup]) -> dict[str, Any]:
    """Return the changed fields of a rolled-up panel; see `Panel.rollup`."""
    keys, group = group_series(panel.keys, panel.attributes, by)
    if set(how) - set(panel.channels) or set(how.values()) - set(WAYS):
        raise ArgumentError(
            f"Expected how= to say one of {name_list(WAYS)} of the channels "
            f"{name_list(panel.channels)}, got {dict(how)}."
        )
    ways = {name: how.get(name, channel(name).rollup) for name in panel.channels}
    # one row for all series is what it was, whichever series there are
    shared = {n for n, array in panel.channels.items() if stored(array).ndim == 1} - set(how)
    ways |= dict.fromkeys(shared, "mean")
    left_out = [name for name, way in ways.items() if way == "leave"]
    if left_out:
        one = len(left_out) == 1
        warn(
            f"{len(left_out)} {'channel is' if one else 'channels are'} left out because "
            f"{'it does' if one else 'they do'} not add up over series: {name_list(left_out)}. "
            f"Count {'it' if one else 'them'} again from the events at that level."
        )
    channels = {
        name: stored(array) if name in shared else _combine(array, group, len(keys), ways[name])
        for name, array in panel.channels.items()
        if ways[name] != "leave"
    }
    return {
        "keys": keys,
        "channels": channels,
        "known": tuple(name for name in panel.known if name in channels),
        "attributes": common_attributes(panel.attributes, group),
    }


def _combine(
    array: NDArray[np.float32], group: NDArray[np.intp], n_groups: int, way: Rollup
) -> NDArray[np.float64]:
    known = ~np.isnan(array)
    shape = (n_groups, array.shape[1])
    if way == "max":
        largest = np.full(shape, -np.inf)
        np.maximum.at(largest, group, np.where(known, array, -np.inf))
        return np.where(np.isinf(largest), np.nan, largest)
    total = np.zeros(shape)
    np.add.at(total, group, np.where(known, array, 0.0))
    count = np.zeros(shape)
    np.add.at(count, group, known)
    if way == "mean":
        with np.errstate(invalid="ignore"):
            return np.where(count > 0, total / np.maximum(count, 1), np.nan)
    begun = np.logical_or.accumulate(known, axis=1)
    torn = np.zeros(shape)
    np.add.at(torn, group, begun & ~known)
    return np.where((count > 0) & (torn == 0), total, np.nan)
