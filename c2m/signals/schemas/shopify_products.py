"""Shopify's products CSV, with its old and its new headers, as a picture of the stock."""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from c2m.signals.schemas.layout import Bad, Found, Layout, Outcome, Record, Unread
from c2m.signals.schemas.orders import FIX_SKU, whole_units
from c2m.signals.schemas.values import micros, text

HEADERS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "product_id": ("Handle", "URL handle"),
        "style": ("Title", "Title"),
        "vendor": ("Vendor", "Vendor"),
        "department": ("Type", "Type"),
        "sku": ("Variant SKU", "SKU"),
        "price": ("Variant Price", "Price"),
        "stock": ("Variant Inventory Qty", "Inventory quantity"),
        "tracker": ("Variant Inventory Tracker", "Inventory tracker"),
        "policy": ("Variant Inventory Policy", "Continue selling when out of stock"),
        **{f"option{n}_name": (f"Option{n} Name", f"Option{n} name") for n in (1, 2, 3)},
        **{f"option{n}_value": (f"Option{n} Value", f"Option{n} value") for n in (1, 2, 3)},
    }
)
"""What a field is called in old and in new exports."""

_SELLS_ON: Final = frozenset({"continue", "true"})


def read_row(values: Mapping[str, Any]) -> dict[str, str]:
    """Return the fields of a row under one name, whichever headers it has; empty ones are left out.

    Examples
    --------
    >>> read_row({"Handle": "tee", "Variant SKU": "T-1", "Vendor": ""})
    {'product_id': 'tee', 'sku': 'T-1'}
    """
    named = {
        field: text(values.get(old)) or text(values.get(new))
        for field, (old, new) in HEADERS.items()
    }
    return {field: value for field, value in named.items() if value is not None}


def is_variant(row: Mapping[str, str]) -> bool:
    """Say whether a row is a variant; others hold one more picture of their product."""
    return any(name in row for name in ("sku", "option1_value", "price", "stock"))


def convert(records: Iterable[Record]) -> Iterator[Outcome]:
    """Yield the stock levels of a products CSV.

    Parameters
    ----------
    records : iterable of Record
        Rows of one file, each with a field ``date``: the export does not say when it was made.

    Yields
    ------
    Found, Bad or Unread
        A stock level a variant.
    """
    for record in records:
        row, at = read_row(record.values), micros(record.values.get("date"))
        units = whole_units(row.get("stock"))
        if not is_variant(row):
            yield Unread(record.row, "row of a picture")
        elif "sku" not in row:
            yield Bad(record.row, "a variant without SKU", FIX_SKU)
        elif at is None:
            yield Bad(record.row, "no time with a zone in 'date'", "say when the export was made")
        elif "tracker" not in row or "stock" not in row:
            yield Unread(record.row, "stock that is not tracked")
        elif units is None:
            yield Bad(
                record.row, "a stock that is no whole number", "export the products once more"
            )
        else:
            yield Found(record.row, _level(row, units, at))


def _level(row: Mapping[str, str], units: int, at: int) -> dict[str, Any]:
    """Return the stock level of a variant."""
    sells_on = row.get("policy", "").lower() in _SELLS_ON
    event = {
        "event_id": f"{row['sku']}:{at}:stock_level",
        "event_time": at,
        "event_type": "stock_level",
        "sku": row["sku"],
        "product_id": row.get("product_id"),
        "quantity": float(max(units, 0)),
        "in_stock": float(units > 0 or sells_on),
        "source_system": "shopify",
    }
    return {name: value for name, value in event.items() if value is not None}


SHOPIFY_PRODUCTS: Final = Layout(
    name="shopify_products",
    title="Shopify products, CSV export",
    source="https://help.shopify.com/en/manual/products/import-export/using-csv",
    formats=("csv",),
    reads=MappingProxyType(
        {
            "event_time": "date, which the caller gives: the export has none",
            "sku": "Variant SKU; in new exports SKU",
            "product_id": "Handle; in new exports URL handle",
            "quantity": "Variant Inventory Qty; in new exports Inventory quantity; at least 0",
            "in_stock": "1 where there is stock, or where it is sold on without; else 0",
            "source_system": "shopify",
            "event_id": "SKU and date",
        }
    ),
    event_types=MappingProxyType({"variant": "stock_level"}),
    drops=("Body (HTML), Description", "Tags", "SEO *", "Image *", "metafields"),
    traps=(
        "Old and new exports differ in their headers: both are read.",
        "The export is a picture of one moment and does not say of which: "
        "c2m.signals.read_stock_snapshots takes the date from the caller or the file's name.",
        "Its quantity is right only for a shop with one location; for several read the inventory "
        "CSV (schema='shopify_inventory').",
        "A variant that no tracker counts has no stock: unknown, not 0.",
        "A variant that is sold on when out of stock is in stock at 0 units.",
        "Product fields stand on the first row of a handle only; rows of pictures are no variants.",
        "Options are named freely: colour and size are known by a list of words in many "
        "languages, the others keep their names (shopify_catalogue).",
    ),
    fields=(
        "date",
        *dict.fromkeys(
            name
            for field in ("product_id", "sku", "price", "stock", "tracker", "policy")
            for name in HEADERS[field]
        ),
        *HEADERS["option1_value"],
    ),
    has_users=False,
    required=("date", "Title", "Vendor"),
    convert=convert,
)
"""How a stock level is read from ``schema="shopify_products"``."""
