"""What the well-known channels of a panel mean: their range, and how they add up."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

Rollup = Literal["sum", "mean", "max", "leave"]
"""How a channel is rolled up: added, averaged, the largest taken, or left out."""


@dataclass(frozen=True)
class Channel:
    """The range of a channel's values and how it is rolled up.

    Parameters
    ----------
    rollup : {"sum", "mean", "max", "leave"}
        ``"leave"``: there is no right way, as with distinct users, who do not add up over SKUs.
    at_least, at_most : float, optional
        Range of its values, ends included.
    """

    rollup: Rollup = "sum"
    at_least: float | None = 0.0
    at_most: float | None = None


CHANNELS: Final[Mapping[str, Channel]] = {
    "sales": Channel(),  # units shipped, gross of returns
    "demand": Channel(),  # units wanted, estimated where sales were censored
    "demand_sd": Channel("leave"),
    "returns": Channel(),  # units that came back, in the period in which they came
    "revenue": Channel(),
    "price": Channel("mean"),
    "promotion": Channel("mean"),
    "on_sale": Channel("max", 0.0, 1.0),
    "in_stock": Channel("mean", 0.0, 1.0),  # share of the period
    "in_stock_demand": Channel("mean", 0.0, 1.0),  # share of its usual demand in that time
    "kept": Channel(),  # units of the period's sales that will not come back
    "kept_sd": Channel("leave"),
    "peak": Channel("mean", 0.0, 1.0),  # share of the period's days in an event
    "peak_presale": Channel("mean", 0.0, 1.0),
    "peak_after": Channel("mean", 0.0, 1.0),  # how near the last event is
    "spill_in": Channel(),  # units bought in place of a neighbour that was out of stock
    "views": Channel(),
    "wishlists": Channel(),
    "carts": Channel(),
}
"""Channels that c2m knows by name. Any other name is allowed: finite, and added when rolled up."""


WAYS: Final = get_args(Rollup)
"""The words for it."""

COARSE: Final = ("variant_", "product_", "style_")
"""Before the name of a channel that is known no finer than for a variant, product or style: its
number stands on each SKU, and adding it over them would count it several times."""

RAW: Final = "raw_"
"""Before the name of a channel as it was before events were weighed by trust."""


def channel(name: str) -> Channel:
    """Return what is known of a channel.

    Parameters
    ----------
    name : str
        Its name.

    Returns
    -------
    Channel
        Its entry in `CHANNELS`, of ``raw_views`` that of ``views``; ``"leave"`` for counts of
        distinct users and for what is known of a whole product (``product_views``); else a plain
        sum of values of any sign.

    Examples
    --------
    >>> channel("price").rollup, channel("view_users").rollup, channel("product_views").rollup
    ('mean', 'leave', 'leave')
    """
    name = name.removeprefix(RAW)
    if name.endswith("_users") or name.startswith(COARSE):
        return Channel("leave")
    return CHANNELS.get(name, Channel(at_least=None))
