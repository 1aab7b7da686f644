"""Shopify's inventory CSV: the stock of every variant at every location, at one moment."""

from collections.abc import Iterable, Iterator
from types import MappingProxyType
from typing import Final

from c2m.signals.schemas.layout import Bad, Found, Layout, Outcome, Record, Unread
from c2m.signals.schemas.orders import FIX_SKU, whole_units
from c2m.signals.schemas.values import micros, text

_AVAILABLE: Final = ("Available (not editable)", "Available")
_NOT_STOCKED: Final = "not stocked"


def convert(records: Iterable[Record]) -> Iterator[Outcome]:
    """Yield the stock levels of an inventory CSV.

    Parameters
    ----------
    records : iterable of Record
        Rows of one file, each with a field ``date``: the export does not say when it was made.

    Yields
    ------
    Found, Bad or Unread
        A stock level a variant and location.
    """
    for record in records:
        values = record.values
        told = next((found for name in _AVAILABLE if (found := text(values.get(name)))), None)
        sku, place, at = text(values.get("SKU")), text(values.get("Location")), values.get("date")
        units, moment = whole_units(told), micros(at)
        if told is not None and told.lower() == _NOT_STOCKED:
            yield Unread(record.row, "variant that is not stocked at the location")
        elif sku is None:
            yield Bad(record.row, "a variant without SKU", FIX_SKU)
        elif moment is None:
            yield Bad(record.row, "no time with a zone in 'date'", "say when the export was made")
        elif units is None:
            yield Bad(record.row, "a stock that is no whole number", "export the stock once more")
        else:
            event = {
                "event_id": f"{sku}:{place}:{moment}:stock_level",
                "event_time": moment,
                "event_type": "stock_level",
                "sku": sku,
                "product_id": text(values.get("Handle")),
                "store_id": place,
                "quantity": float(max(units, 0)),
                "in_stock": float(units > 0),
                "source_system": "shopify",
            }
            yield Found(
                record.row, {name: value for name, value in event.items() if value is not None}
            )


SHOPIFY_INVENTORY: Final = Layout(
    name="shopify_inventory",
    title="Shopify inventory, CSV export",
    source="https://help.shopify.com/en/manual/products/inventory/setup/inventory-csv",
    formats=("csv",),
    reads=MappingProxyType(
        {
            "event_time": "date, which the caller gives: the export has none",
            "sku": "SKU",
            "product_id": "Handle",
            "store_id": "Location",
            "quantity": "Available (not editable), or Available; at least 0",
            "in_stock": "1 where it is above 0, else 0",
            "event_id": "SKU, location and date",
            "source_system": "shopify",
        }
    ),
    event_types=MappingProxyType({"variant at a location": "stock_level"}),
    drops=("Title", "HS Code", "COO", "Bin name", "Incoming", "Committed", "Unavailable"),
    traps=(
        "The export is a picture of one moment and does not say of which: "
        "c2m.signals.read_stock_snapshots takes the date from the caller or the file's name.",
        "'On hand' includes what is promised to orders: 'Available' is what can be sold.",
        "'not stocked' says that a location does not carry the variant: unknown there, not 0.",
    ),
    fields=("date", "Handle", "SKU", "Location", *_AVAILABLE),
    has_users=False,
    required=("date", "SKU", "Location"),
    convert=convert,
)
"""How a stock level is read from ``schema="shopify_inventory"``."""
