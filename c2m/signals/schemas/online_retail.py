"""UCI "Online Retail": the invoices of a British giftware shop, 2010 and 2011."""

import re
from collections.abc import Iterable, Iterator
from types import MappingProxyType
from typing import Any, Final

from c2m.signals.schemas.layout import Bad, Found, Layout, Outcome, Record, Unread
from c2m.signals.schemas.values import local_micros, number, text

ZONE: Final = "Europe/London"
"""Zone of the invoices' times, which carry none."""

_PRODUCT: Final = re.compile(r"\d{5}|DCGS|PADS", re.IGNORECASE)
"""How the codes of products begin; others are postage, fees, samples, vouchers, corrections."""

_COUNTRY: Final = re.compile(r"[A-Za-z ]{2,30}")

_FIX: Final = "keep the columns as the data set has them"


def convert(records: Iterable[Record]) -> Iterator[Outcome]:
    """Yield purchases and returns of invoice lines.

    Parameters
    ----------
    records : iterable of Record
        Lines of invoices.

    Yields
    ------
    Found, Bad or Unread
        One outcome a line.
    """
    for record in records:
        yield _line(record)


def _line(record: Record) -> Outcome:
    values, row = record.values, record.row
    sku, units = text(values.get("StockCode")), number(values.get("Quantity"))
    invoice, at = text(values.get("InvoiceNo")), local_micros(values.get("InvoiceDate"), ZONE)
    if sku is None or units is None or invoice is None or at is None:
        reason = "no code, number or time in 'StockCode', 'Quantity', 'InvoiceNo' or 'InvoiceDate'"
        return Bad(row, reason, _FIX)
    if not _PRODUCT.match(sku):
        return Unread(row, "postage, fee or correction, no product")
    price = number(values.get("UnitPrice"))
    cancelled = invoice[0] in "Cc"
    if units == 0:
        return Unread(row, "line of 0 units")
    if units < 0 and not cancelled:
        return Unread(row, "stock adjustment, an invoice below 0 that cancels nothing")
    if units > 0 and cancelled:
        return Bad(row, "a cancellation of more than 0 units", _FIX)
    return Found(
        row,
        {
            "event_time": at,
            "event_type": "return" if cancelled else "purchase",
            "sku": sku.upper(),
            "quantity": abs(units),
            "unit_price": price,
            "currency": "GBP",
            "user_key": text(values.get("CustomerID")),
            "order_id": invoice,
            "region": _country(values.get("Country")),
            "source_system": "online_retail",
        },
    )


def _country(value: Any) -> str | None:
    """Return the name of a country; nothing that could tell more of an address."""
    found = text(value)
    return found if found is not None and _COUNTRY.fullmatch(found) else None


ONLINE_RETAIL: Final = Layout(
    name="online_retail",
    title="UCI Online Retail: invoice lines of a giftware shop",
    source="https://archive.ics.uci.edu/dataset/352/online+retail",
    formats=("parquet", "csv"),
    reads=MappingProxyType(
        {
            "event_time": "InvoiceDate, on the clock of London",
            "event_type": "purchase, or return where InvoiceNo begins with C",
            "sku": "StockCode, in capitals",
            "quantity": "Quantity, without its sign",
            "unit_price": "UnitPrice",
            "currency": "GBP",
            "user_key": "CustomerID, as a pseudonym",
            "order_id": "InvoiceNo, as a pseudonym",
            "region": "Country",
            "source_system": "online_retail",
        }
    ),
    event_types=MappingProxyType({"invoice": "purchase", "invoice C...": "return"}),
    traps=(
        "An invoice whose number begins with C takes back what was bought: it is a return, and "
        "its quantity is below 0.",
        "Quantities below 0 on other invoices are corrections of the stock: left out and counted.",
        "Codes such as POST, DOT, M, BANK CHARGES or gift vouchers are no products: left out and "
        "counted.",
        "A quarter of the lines has no CustomerID; many buyers are wholesalers.",
        "The same code is written in small and in large letters (85123a, 85123A): capitals.",
        "Lines have no number, and 5,000 are equal in all columns; all of them count.",
        "Times carry no zone.",
    ),
    fields=(
        *("InvoiceNo", "StockCode", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID"),
        "Country",
    ),
    required=("InvoiceNo", "StockCode", "Quantity", "InvoiceDate"),
    convert=convert,
    shown=("Quantity", "InvoiceDate", "UnitPrice"),
)
"""Layout ``"online_retail"``."""
