"""From arrays of a day's events to the canonical event table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from c2m.datasets.market.assortment import Assortment
from c2m.datasets.market.fakes import FIRST_CRAWLER
from c2m.datasets.market.settings import Settings, Stream
from c2m.datasets.market.stock import Flows

if TYPE_CHECKING:
    import pyarrow as pa

KINDS: Final = (
    "view",
    "search_click",
    "wishlist_add",
    "wishlist_remove",
    "cart_add",
    "cart_remove",
    "share",
    "notify_me",
    "purchase",
    "return",
)
CODE: Final = {kind: number for number, kind in enumerate(KINDS)}
"""The number of each kind of event."""

COLUMNS: Final = (
    "event_id",
    "event_time",
    "event_type",
    "sku",
    "product_id",
    "quantity",
    "unit_price",
    "currency",
    "user_key",
    "order_id",
    "channel",
    "store_id",
    "region",
    "in_stock",
    "source_system",
    "ingest_time",
)
"""Columns of the log, in the order of the canonical event."""

NO_ORDER: Final = -1
_UNIT_KINDS: Final = tuple(CODE[kind] for kind in ("cart_add", "cart_remove", "purchase", "return"))
_APP_SHARE: Final = 0.4
_MICROSECONDS: Final = 60_000_000
_DAY: Final = 86_400_000_000
_HOUR: Final = 3_600_000_000


@dataclass(frozen=True)
class Rows:
    """Events as arrays, each of the shape (n_events,).

    Parameters
    ----------
    kind : ndarray of int8
        Place in `KINDS`.
    sku, location : ndarray of int32
        Their numbers; location 0 is online.
    user : ndarray of int64
        Number of the person.
    minute, price : ndarray of float
        Of the day; money a unit.
    order : ndarray of int64
        Number of the order; `NO_ORDER` for none.
    """

    kind: NDArray[np.int8]
    sku: NDArray[np.int32]
    location: NDArray[np.int32]
    user: NDArray[np.int64]
    minute: NDArray[np.float64]
    price: NDArray[np.float64]
    order: NDArray[np.int64]


def event_table(
    settings: Settings, brand: Assortment, flows: Flows, day: int, rows: Rows
) -> "pa.Table":
    """Turn the arrays of a day into the canonical table, with late rows and doubled ones.

    Parameters
    ----------
    settings : Settings
        Shares of late and doubled rows.
    brand : Assortment
        SKUs and locations.
    flows : Flows
        When each SKU was in stock.
    day : int
        Number of the day.
    rows : Rows
        Its events, sorted by minute.

    Returns
    -------
    pyarrow.Table
        The columns `COLUMNS`; a doubled row stands below its twin and differs in
        ``ingest_time`` alone.
    """
    import pyarrow as pa

    rng = settings.rng(Stream.ARRIVAL, day)
    n = len(rows.kind)
    start = (settings.first_day.astype(np.int64) + day) * _DAY
    time = start + (rows.minute * _MICROSECONDS).astype(np.int64)
    delay = rng.exponential(30e6, n).astype(np.int64)
    late = rng.random(n) < settings.late_share
    delay += late * (_DAY + rng.exponential(0.7 * _DAY, n).astype(np.int64))
    twice = rng.random(n) < settings.duplicate_share
    row = np.repeat(np.arange(n), 1 + twice)
    again = np.append(False, row[1:] == row[:-1])[: len(row)]
    ingest = time[row] + delay[row] + again * rng.integers(1, _HOUR, len(row))
    until = flows.minutes[day, rows.sku, rows.location]
    there = (rows.minute < until) | (rows.kind == CODE["purchase"])
    utc = pa.timestamp("us", tz="UTC")
    columns = {
        "event_id": pa.array(day * 10**9 + row).cast(pa.string()),
        "event_time": pa.array(time[row]).cast(utc),
        "in_stock": pa.array(there[row].astype(np.float32)),
        "ingest_time": pa.array(ingest).cast(utc),
        **_person(settings, brand, rows.user[row], rows.location[row]),
        **_article(brand, rows, row),
    }
    return pa.table({name: columns[name] for name in COLUMNS})


def _article(brand: Assortment, rows: Rows, row: NDArray[np.int64]) -> "dict[str, pa.Array]":
    """Return what was looked at or bought; `row` repeats the rows that come twice."""
    import pyarrow as pa

    kind, sku, order = rows.kind[row], rows.sku[row], rows.order[row]
    ones = np.ones(len(row), dtype=np.int64)
    return {
        "event_type": _words(kind, KINDS),
        "sku": _words(sku, brand.skus["sku"].tolist()),
        "product_id": _words(brand.style[sku], brand.skus["style"].unique().tolist()),
        "quantity": pa.array(ones, mask=~np.isin(kind, _UNIT_KINDS)),
        "unit_price": pa.array(rows.price[row]),
        "currency": _words(np.zeros(len(row), dtype=np.int8), ["EUR"]),
        "order_id": pa.array(order, mask=order == NO_ORDER).cast(pa.string()),
    }


def _person(
    settings: Settings,
    brand: Assortment,
    user: NDArray[np.int64],
    location: NDArray[np.int32],
) -> "dict[str, pa.Array]":
    """Return who did it, and where."""
    in_store = location > 0
    channel = np.where(in_store, 2, _is_app(user).astype(np.int64))
    regions = [f"R{1 + number}" for number in range(settings.n_regions)]
    number = {name: place for place, name in enumerate(regions)}
    of_store = np.array([number.get(name, 0) for name in brand.locations["region"]])
    region = np.where(in_store, of_store[location], user % len(regions))
    return {
        "user_key": user_key(settings, user),
        "channel": _words(channel, ["web", "app", "store"]),
        "store_id": _words(location, brand.locations["location"].tolist(), unknown=~in_store),
        "region": _words(region, regions),
        "source_system": _words(in_store.astype(np.int8), ["shop", "till"]),
    }


def _is_app(user: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell who uses the app: 40 % of the people, and no fake user."""
    mixed = (user * 2_654_435_761) % 2**32
    return np.asarray((mixed < _APP_SHARE * 2**32) & (user < FIRST_CRAWLER))


def user_key(settings: Settings, user: NDArray[np.int64]) -> "pa.Array":
    """Return the pseudonyms of people: one-to-one, and without a trace of who is fake.

    The numbers are mixed by the last step of SplitMix64 [1]_, which maps no two to the same key; a
    key is a whole number from 0 to 2^64 - 1 as text, or the same bits as a signed number.

    Parameters
    ----------
    settings : Settings
        Seed and type of the key.
    user : ndarray of int
        Numbers of people.

    Returns
    -------
    pyarrow.Array
        Text or int64.

    References
    ----------
    .. [1] Steele, Lea and Flood (2014), Fast splittable pseudorandom number generators, OOPSLA.
    """
    import pyarrow as pa

    offset = np.uint64((settings.seed * 0x9E3779B97F4A7C15) % 2**64)
    z = user.astype(np.uint64) + offset
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    if settings.user_keys == "int":
        return pa.array(z.view(np.int64))
    return pa.array(z).cast(pa.string())


def _words(
    codes: NDArray[Any], words: Sequence[str], unknown: NDArray[np.bool_] | None = None
) -> "pa.Array":
    """Return text stored as numbers of a list of words."""
    import pyarrow as pa

    index = pa.array(codes.astype(np.int32), mask=unknown)
    return pa.DictionaryArray.from_arrays(index, pa.array(list(words), pa.string()))
