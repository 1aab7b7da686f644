"""How a panel is kept in a folder, and when two panels are the same."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from c2m.panel.checks import stored
from c2m.periods import Calendar
from c2m.series import same_table
from c2m.storage import Folder

if TYPE_CHECKING:
    from c2m.panel.panel import Panel


def to_folder(panel: "Panel") -> Folder:
    """Return what a saved panel holds."""
    facts = {
        "freq": panel.calendar.freq,
        "bounds": list(panel.calendar.bounds),
        "first": panel.first,
        "n_periods": panel.n_periods,
        "channels": list(panel.channels),
        "known": list(panel.known),
        "target": panel.target,
        "currency": panel.currency,
        "tz": panel.tz,
        "attributes": [str(name) for name in panel.attributes.columns],
    }
    arrays = {
        f"channel-{number}": stored(array)  # one row where it holds for all series
        for number, array in enumerate(panel.channels.values())
    }
    tables = {"keys": panel.keys}
    if len(panel.attributes.columns):
        tables["attributes"] = panel.attributes
    return Folder(facts=facts, arrays=arrays, tables=tables)


def from_folder(folder: Folder) -> dict[str, Any]:
    """Return the arguments of the panel that a folder holds."""
    facts = folder.facts
    return {
        "keys": folder.tables["keys"],
        "calendar": Calendar(facts["freq"], tuple(facts["bounds"])),
        "first": facts["first"],
        "n_periods": facts["n_periods"],
        "channels": {
            name: folder.arrays[f"channel-{number}"]
            for number, name in enumerate(facts["channels"])
        },
        "known": tuple(facts["known"]),
        "target": facts["target"],
        "attributes": folder.tables.get("attributes", pd.DataFrame()),
        "currency": facts["currency"],
        "tz": facts["tz"],
    }


def same(one: "Panel", other: "Panel") -> bool:
    """Say whether two panels store the same."""
    plain = ("calendar", "first", "n_periods", "known", "target", "currency", "tz")
    return (
        all(getattr(one, name) == getattr(other, name) for name in plain)
        and same_table(one.keys, other.keys)
        and same_table(one.attributes, other.attributes)
        and one.channels.keys() == other.channels.keys()
        and all(
            np.array_equal(array, other.channels[name], equal_nan=True)
            for name, array in one.channels.items()
        )
    )
