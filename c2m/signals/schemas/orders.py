"""What the orders of every shop system have in common: units, prices, countries, their events."""

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from c2m.signals.schemas.values import number, text

FIX_SKU: Final = "give the variant a SKU in the shop, or drop the line"
"""What to do about a line without a SKU, and without an id that a catalogue could map."""

MOST_UNITS: Final = 10_000_000
"""Units of a line from which on the number is taken for another field, such as an id."""

_COUNTRY: Final = re.compile("[A-Za-z]{2}")
_NO_CAMPAIGN: Final = re.compile(
    r"@|://|[?&=]|%40|\d{7}"
    r"|(\d[\s().-]*){9}|\+\s*\d"  # a phone number, however it is spaced
    r"|\b(\d{1,3}\.){3}\d{1,3}\b"  # an IP address
)


def whole_units(value: Any) -> int | None:
    """Return a number of units, of either sign; None for fractions and what is no number.

    Examples
    --------
    >>> whole_units("2"), whole_units(-1), whole_units("1.5"), whole_units(None)
    (2, -1, None, None)
    """
    found = number(value)
    if found is None or not found.is_integer() or abs(found) > MOST_UNITS:
        return None
    return int(found)


def country(value: Any) -> str | None:
    """Return a country code of two letters; nothing that could tell more of an address.

    Examples
    --------
    >>> country("de"), country("Germany"), country("10115")
    ('DE', None, None)
    """
    found = text(value)
    return found.upper() if found is not None and _COUNTRY.fullmatch(found) else None


def campaign(value: Any) -> str | None:
    """Return a word of a campaign; None for what may hold an address, a link or a number of a user.

    A day, as in ``sale 2026-11-22``, is a word of a campaign.

    Examples
    --------
    >>> campaign("spring_sale"), campaign("ann@example.com"), campaign("https://x.example/?a=1")
    ('spring_sale', None, None)
    """
    found = text(value)
    if found is None or len(found) > 100 or _NO_CAMPAIGN.search(found):
        return None
    return found


def campaign_of_page(page: Any) -> dict[str, str]:
    """Return what the ``utm`` words of a landing page say; the rest of its address is not kept.

    Examples
    --------
    >>> campaign_of_page("/products/parka?utm_source=news&utm_medium=email&gclid=abc123")
    {'source': 'news', 'medium': 'email'}
    """
    if not isinstance(page, str) or len(page) > 4_000:
        return {}
    try:
        words = dict(parse_qsl(urlsplit(page).query, max_num_fields=100))
    except ValueError:
        return {}
    named = {name: campaign(words.get(f"utm_{name}")) for name in ("source", "medium", "campaign")}
    return {name: word for name, word in named.items() if word is not None}


def unit_price(price: Any, units: int, discount: float) -> float | None:
    """Return what a unit was sold for; None where that is not known.

    Parameters
    ----------
    price : object
        Price of a unit before the discount, number or text.
    units : int
        Units of the line, above 0.
    discount : float
        Discount on the whole line.

    Returns
    -------
    float or None
        At least 0.

    Examples
    --------
    >>> unit_price("20.00", 2, 5.0), unit_price("", 2, 0.0), unit_price("5", 1, 9.0)
    (17.5, None, None)
    """
    listed = number(price)
    if listed is None:
        return None
    paid = listed - discount / units
    return paid if paid >= 0 else None


def line_event(
    order: Mapping[str, Any], kind: str, line: str, units: int, **more: Any
) -> dict[str, Any]:
    """Return the event of a line of an order.

    Parameters
    ----------
    order : mapping of str to object
        Canonical columns that all its lines share; ``order_id`` among them where it is known.
    kind : str
        ``"purchase"``, ``"cancel"`` or ``"return"``.
    line : str
        What names the line within its order, the same in every export.
    units : int
        Units, above 0.
    **more : object
        Further canonical columns.

    Returns
    -------
    dict of str to object
        See `c2m.signals.schemas.layout.Event`; what is unknown is left out.
    """
    event = {
        **order,
        "event_id": f"{order.get('order_id', '')}:{line}:{kind}",
        "event_type": kind,
        "quantity": float(units),
        **more,
    }
    return {name: value for name, value in event.items() if value is not None}
