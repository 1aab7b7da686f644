"""The Complete Journey: a year of groceries of 2,469 households, as ``completejourney`` has it."""

from collections.abc import Iterable, Iterator
from types import MappingProxyType
from typing import Final

from c2m.signals.schemas.layout import Bad, Found, Layout, Outcome, Record, Unread
from c2m.signals.schemas.values import local_micros, number, text

ZONE: Final = "America/New_York"
"""Zone that the times are taken to be of; they carry none."""

_FIX: Final = "keep the columns as the data set has them"


def convert(records: Iterable[Record]) -> Iterator[Outcome]:
    """Yield the purchases of transactions.

    Parameters
    ----------
    records : iterable of Record
        Rows of ``transactions``.

    Yields
    ------
    Found, Bad or Unread
        One outcome a row.
    """
    for record in records:
        yield _line(record)


def _line(record: Record) -> Outcome:
    values, row = record.values, record.row
    sku, units = text(values.get("product_id")), number(values.get("quantity"))
    basket = text(values.get("basket_id"))
    at = local_micros(values.get("transaction_timestamp"), ZONE)
    if sku is None or units is None or units < 0 or basket is None or at is None:
        reason = (
            "no code, number or time in 'product_id', 'quantity', 'basket_id' or "
            "'transaction_timestamp'"
        )
        return Bad(row, reason, _FIX)
    if units == 0:
        return Unread(row, "line of 0 units")
    paid, matched = number(values.get("sales_value")), number(values.get("coupon_match_disc"))
    return Found(
        row,
        {
            "event_id": f"{basket}-{sku}",
            "event_time": at,
            "event_type": "purchase",
            "sku": sku,
            "quantity": units,
            "unit_price": None if paid is None else (paid + (matched or 0.0)) / units,
            "currency": "USD",
            "user_key": text(values.get("household_id")),
            "order_id": basket,
            "store_id": text(values.get("store_id")),
            "source_system": "complete_journey",
        },
    )


COMPLETE_JOURNEY: Final = Layout(
    name="complete_journey",
    title="The Complete Journey: transactions of households in a grocery chain",
    source="https://bradleyboehmke.github.io/completejourney/",
    formats=("parquet", "csv"),
    reads=MappingProxyType(
        {
            "event_id": "basket_id and product_id",
            "event_time": "transaction_timestamp, on the clock of New York",
            "sku": "product_id",
            "quantity": "quantity",
            "unit_price": "(sales_value + coupon_match_disc) / quantity, the price on the shelf",
            "currency": "USD",
            "user_key": "household_id, as a pseudonym",
            "order_id": "basket_id, as a pseudonym",
            "store_id": "store_id",
            "source_system": "complete_journey",
        }
    ),
    event_types=MappingProxyType({"transaction": "purchase"}),
    traps=(
        "sales_value is the line's total, and what the shop received: the coupons that it matched "
        "itself are added to give the price on the shelf.",
        "Lines of 0 units carry corrections of money: left out and counted.",
        "Fuel is sold in thousandths of gallons, so that its units dwarf all others.",
        "Times carry no zone; the day of the source is taken to be that of New York.",
    ),
    fields=(
        *("household_id", "store_id", "basket_id", "product_id", "quantity", "sales_value"),
        *("coupon_match_disc", "transaction_timestamp"),
    ),
    required=("basket_id", "product_id", "quantity", "transaction_timestamp"),
    convert=convert,
    shown=("quantity", "sales_value", "transaction_timestamp"),
)
"""Layout ``"complete_journey"``."""
