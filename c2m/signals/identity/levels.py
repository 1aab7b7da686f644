"""The levels at which a product has a name, from the finest to the coarsest."""

from typing import Final

LEVELS: Final = ("sku", "variant_id", "product_id", "style")
"""A SKU is one size of one colour; a variant, a product and a style hold one SKU or more."""

PREFIX: Final = {"variant_id": "variant_", "product_id": "product_", "style": "style_"}
"""What the channels of a level are called, where a signal is known no finer: ``product_views``."""

EVENT_IDS: Final = ("sku", "variant_id", "product_id")
"""Columns of an event that may name what it is about."""


def word(level: str, count: int = 1) -> str:
    """Return what something of a level is called.

    Parameters
    ----------
    level : str
        One of `LEVELS`.
    count : int
        How many there are.

    Returns
    -------
    str
        The noun, singular or plural.

    Examples
    --------
    >>> word("sku"), word("product_id", 2)
    ('SKU', 'products')
    """
    name = {"sku": "SKU"}.get(level, level.removesuffix("_id"))
    return name if count == 1 else f"{name}s"
