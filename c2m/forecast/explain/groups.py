"""Which group each feature belongs to: the one place that says so."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from c2m.forecast.features.recipe import Recipe
    from c2m.forecast.features.running import Positions

RECENT: Final = "recent level"
ON_SALE: Final = "on sale"

_OWN: Final = {
    r"level|recent \d+": RECENT,
    r"season \d+( of group| mean)?": "season",
    r"weekday|day|week|month|days": "calendar",
    r"age|since sale|zeros \d+|variation": "age and gaps",
    r"step": "distance",
    r"attribute .*": "attributes",
}
"""Pattern of a feature's whole name -> group; features of a channel go under the channel's name."""

_OF_CHANNEL: Final = r"(now|move \d+( ago \d+)?|per unit \d+|planned|over recent)"


def group_of(feature: str, recipe: "Recipe") -> str:
    """Return the group of a feature.

    Parameters
    ----------
    feature : str
        One of `FeatureTable.names`.
    recipe : Recipe
        What the model reads.

    Returns
    -------
    str
        ``"recent level"``, ``"season"``, ``"calendar"``, ``"age and gaps"`` (how long and how
        regularly it has sold), ``"distance"`` (steps ahead), ``"attributes"``, or the name of the
        channel that it was made from.

    Raises
    ------
    LookupError
        If no rule knows the feature; a new one needs a rule here.
    """
    for channel in (*recipe.signals, *recipe.known):
        if re.fullmatch(re.escape(channel) + " " + _OF_CHANNEL, feature):
            return f"channel {channel}" if channel in {*_OWN.values(), ON_SALE} else channel
    for pattern, group in _OWN.items():
        if re.fullmatch(pattern, feature):
            return group
    raise LookupError(f"no group is known for the feature {feature!r}")


def grouped(features: Sequence[str], recipe: "Recipe") -> tuple[tuple[str, ...], "Positions"]:
    """Return the groups of features, and which of them each feature is in.

    Parameters
    ----------
    features : sequence of str
        Names.
    recipe : Recipe
        What the model reads.

    Returns
    -------
    groups : tuple of str
        In the order of their first feature.
    place : ndarray of int, shape (n_features,)
        Position of each feature's group.
    """
    names = [group_of(feature, recipe) for feature in features]
    groups = tuple(dict.fromkeys(names))
    return groups, np.array([groups.index(name) for name in names], dtype=np.intp)
