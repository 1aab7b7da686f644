"""Product strings and lists of events of Adobe Analytics.

A product is ``Category;Product;Quantity;Price;events;eVars``; products stand between commas.
Source: Adobe, "products" (implementation) and "Special characters in data feeds".
"""

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from c2m.signals.schemas.values import number, text

EVENTS: Final = MappingProxyType(
    {
        **{"1": "purchase", "2": "prodView", "10": "scOpen", "11": "scCheckout"},
        **{"12": "scAdd", "13": "scRemove", "14": "scView"},
    }
)
"""Number of an event in a data feed -> its name; 100 and up are instances and custom events."""

_NAMES: Final = {name.lower(): name for name in EVENTS.values()}


@dataclass(frozen=True)
class Product:
    """A product of a hit.

    Parameters
    ----------
    name : str, optional
        What the shop calls it, often its SKU.
    quantity : float, optional
        Units that were bought; None where the string does not say.
    total : float, optional
        Price of all units together.
    bad : bool
        Whether there is a quantity or a price that is no number.
    """

    name: str | None = field(repr=False)
    quantity: float | None
    total: float | None
    bad: bool

    @property
    def unit_price(self) -> float | None:
        """Price of one unit: the string has that of all units."""
        if self.total is None or self.quantity == 0:
            return None
        return self.total / (1.0 if self.quantity is None else self.quantity)


def read_products(value: str) -> list[Product]:
    """Return the products of a product string.

    Parameters
    ----------
    value : str
        Products between commas, their fields between semicolons; a caret takes the meaning from
        the character behind it.

    Returns
    -------
    list of Product
        In their order; empty pieces are left out.

    Examples
    --------
    >>> shirt, socks = read_products(";Shirt^, blue;2;39.90;event1=4.99,Basics;Socks")
    >>> shirt.name, shirt.quantity, shirt.unit_price, socks.quantity
    ('Shirt, blue', 2.0, 19.95, None)
    """
    return [_product(piece) for piece in _split(value, ",") if piece.strip()]


def _product(piece: str) -> Product:
    fields = [_without_carets(part).strip() for part in _split(piece, ";")]
    fields += [""] * (4 - len(fields))
    name, quantity, total = text(fields[1]), number(fields[2]), number(fields[3])
    bad = bool(fields[2] and quantity is None) or bool(fields[3] and total is None)
    return Product(name, quantity, total, bad)


def read_events(value: str) -> list[str]:
    """Return the commerce events of a hit by their names, each once, in their order.

    Parameters
    ----------
    value : str
        Numbers as in a data feed, or names, between commas; with a value (``1=2``) or the id of
        a single instance (``purchase:A1``).

    Returns
    -------
    list of str
        Names of `EVENTS`; other events are left out.

    Examples
    --------
    >>> read_events("2,100,12=1,200"), read_events("purchase:A1,event5"), read_events("")
    (['prodView', 'scAdd'], ['purchase'], [])
    """
    found = []
    for piece in _split(value, ","):
        code = piece.partition("=")[0].partition(":")[0].strip()
        name = EVENTS.get(code) or _NAMES.get(code.lower())
        if name is not None and name not in found:
            found.append(name)
    return found


def _split(value: str, mark: str) -> list[str]:
    """Split at a mark that no caret stands before."""
    if "^" not in value:
        return value.split(mark)
    pieces, start, place = [], 0, 0
    while place < len(value):
        if value[place] == "^":
            place += 1
        elif value[place] == mark:
            pieces.append(value[start:place])
            start = place + 1
        place += 1
    return [*pieces, value[start:]]


def _without_carets(value: str) -> str:
    """Return a text without its escape marks; what they stand before is kept."""
    if "^" not in value:
        return value
    kept, place = [], 0
    while place < len(value):
        place += value[place] == "^" and place + 1 < len(value)
        kept.append(value[place])
        place += 1
    return "".join(kept)
