"""Rows of the GA4 export as plain columns, from parquet or from JSON.

A row is an event with a list of items. `Rows` holds what is read of both, side by side: columns of
events, and columns of items with the position of their event.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from c2m.signals.schemas.layout import Record
from c2m.signals.schemas.values import child, children, number, since_1970, text

TEXTS: Final[Mapping[str, tuple[str, ...]]] = {
    "name": ("event_name",),
    "device_id": ("user_pseudo_id",),
    "user_id": ("user_id",),
    "order": ("ecommerce", "transaction_id"),
    "page": ("batch_page_id",),
    "ordering": ("batch_ordering_id",),
    "index": ("batch_event_index",),
    "stream": ("stream_id",),
    "platform": ("platform",),
    "country": ("geo", "country"),
    "analytics": ("privacy_info", "analytics_storage"),
    "ads": ("privacy_info", "ads_storage"),
    "transient": ("privacy_info", "uses_transient_token"),
    "session_source": ("session_traffic_source_last_click", "manual_campaign", "source"),
    "session_medium": ("session_traffic_source_last_click", "manual_campaign", "medium"),
    "session_campaign": ("session_traffic_source_last_click", "manual_campaign", "campaign_name"),
    "source": ("collected_traffic_source", "manual_source"),
    "medium": ("collected_traffic_source", "manual_medium"),
    "campaign": ("collected_traffic_source", "manual_campaign_name"),
}
"""Column of an event -> path of the field."""

PARAMETERS: Final[Mapping[str, tuple[str, str]]] = {
    "session": ("ga_session_id", "int_value"),
    "currency": ("currency", "string_value"),
    "order_parameter": ("transaction_id", "string_value"),
    "page_parameter": ("batch_page_id", "int_value"),
    "ordering_parameter": ("batch_ordering_id", "int_value"),
}
"""Column of an event -> key in ``event_params``, and which of its values."""

ITEM_TEXTS: Final = {"sku": "item_id", "variant": "item_variant", "store": "location_id"}
ITEM_NUMBERS: Final = {"price": "price", "quantity": "quantity"}

FIELDS: Final = (
    "event_timestamp",
    *dict.fromkeys(".".join(path) for path in TEXTS.values()),
    "event_params.key",
    "event_params.value.string_value",
    "event_params.value.int_value",
    *(f"items.{name}" for name in (*ITEM_TEXTS.values(), *ITEM_NUMBERS.values())),
)

Positions = NDArray[np.int64]


@dataclass(frozen=True)
class Rows:
    """Events, and the items of events.

    Parameters
    ----------
    row : ndarray of int64, shape (n_events,)
        Numbers of the records.
    time : pyarrow.Int64Array, shape (n_events,)
        Microseconds since 1970; null where there is none.
    columns : mapping of str to pyarrow.StringArray, shape (n_events,)
        See `TEXTS` and `PARAMETERS`.
    event : ndarray of int64, shape (n_items,)
        Position of the event that each item belongs to, rising.
    items : mapping of str to pyarrow.Array, shape (n_items,)
        See `ITEM_TEXTS` and `ITEM_NUMBERS`.
    """

    row: Positions = field(repr=False)
    time: Any = field(repr=False)
    columns: Mapping[str, Any] = field(repr=False)
    event: Positions = field(repr=False)
    items: Mapping[str, Any] = field(repr=False)


def read_rows(rows: Any, first_row: int, names: Sequence[str]) -> Rows:
    """Read rows of the export, leaving out events of other names.

    Parameters
    ----------
    rows : pyarrow.RecordBatch or list of Record
        The rows.
    first_row : int
        Number of the first row of a batch.
    names : sequence of str
        Names of the events that are wanted.

    Returns
    -------
    Rows
        What is read of them.
    """
    if isinstance(rows, list):
        return _from_records([row for row in rows if _name(row) in names])
    named = pc.is_in(_column(rows, ("event_name",), pa.string()), pa.array(names, pa.string()))
    kept = np.flatnonzero(named.to_numpy(zero_copy_only=False))
    return _from_batch(rows.take(pa.array(kept)), first_row + kept)


def _name(record: Record) -> str | None:
    return text(record.values.get("event_name"))


def _from_batch(batch: Any, row: Positions) -> Rows:
    columns = {name: _column(batch, path, pa.string()) for name, path in TEXTS.items()}
    columns |= _parameters(batch)
    lists = batch.column("items") if "items" in batch.schema.names else None
    if lists is None or pa.types.is_null(lists.type):
        lists = pa.array([[]] * len(row), pa.list_(pa.struct({"item_id": pa.string()})))
    event = pc.list_parent_indices(lists).to_numpy()
    flat = pc.list_flatten(lists)
    items = {name: _field(flat, (own,), pa.string()) for name, own in ITEM_TEXTS.items()}
    items |= {name: _field(flat, (own,), pa.float64()) for name, own in ITEM_NUMBERS.items()}
    time = _column(batch, ("event_timestamp",), pa.int64())
    return Rows(row, time, columns, np.asarray(event, dtype=np.int64), items)


def _column(batch: Any, path: tuple[str, ...], kind: Any) -> Any:
    if path[0] not in batch.schema.names:
        return pa.nulls(batch.num_rows, kind)
    return _field(batch.column(path[0]), path[1:], kind)


def _field(values: Any, path: tuple[str, ...], kind: Any) -> Any:
    """Return a field of structs, by its path; nulls where there is none."""
    for step in path:
        names = [values.type.field(place).name for place in range(values.type.num_fields)]
        if step not in names:
            return pa.nulls(len(values), kind)
        values = pc.struct_field(values, [step])
    return values if values.type == kind else values.cast(kind)


def _parameters(batch: Any) -> dict[str, Any]:
    """Look up parameters of events; of a key that occurs twice the first counts."""
    if "event_params" not in batch.schema.names:
        return {name: pa.nulls(batch.num_rows, pa.string()) for name in PARAMETERS}
    lists = batch.column("event_params")
    event = pc.list_parent_indices(lists).to_numpy()
    flat = pc.list_flatten(lists)
    keys = _field(flat, ("key",), pa.string()).dictionary_encode()
    known = keys.dictionary.to_pylist()
    codes = keys.indices.fill_null(-1).to_numpy()
    found = {}
    for name, (key, kind) in PARAMETERS.items():
        places = np.flatnonzero(codes == known.index(key)) if key in known else codes[:0]
        values = _field(flat.take(pa.array(places)), ("value", kind), pa.string())
        at = np.full(batch.num_rows, -1, dtype=np.int64)
        at[event[places][::-1]] = np.arange(len(places))[::-1]
        found[name] = values.take(pa.array(at, mask=at < 0))
    return found


def _from_records(records: Sequence[Record]) -> Rows:
    """Read JSON, value by value, as it may hold anything."""
    values = [record.values for record in records]
    columns = {
        name: _texts([child(event, *path) for event in values]) for name, path in TEXTS.items()
    }
    parameters = [
        {
            text(one.get("key")): one.get("value")
            for one in [*children(event.get("event_params"))][::-1]
        }
        for event in values
    ]
    for name, (key, kind) in PARAMETERS.items():
        columns[name] = _texts([child(known.get(key), kind) for known in parameters])
    items = [list(children(event.get("items"))) for event in values]
    flat = [item for each in items for item in each]
    time = [since_1970(event.get("event_timestamp"), 1) for event in values]
    return Rows(
        np.array([record.row for record in records], dtype=np.int64),
        pa.array(time, pa.int64()),
        columns,
        np.repeat(np.arange(len(items)), [len(each) for each in items]),
        {name: _texts([item.get(own) for item in flat]) for name, own in ITEM_TEXTS.items()}
        | {
            name: pa.array([number(item.get(own)) for item in flat], pa.float64())
            for name, own in ITEM_NUMBERS.items()
        },
    )


def _texts(values: Sequence[Any]) -> Any:
    return pa.array([_clean(text(value)) for value in values], pa.string())


def _clean(value: str | None) -> str | None:
    """Leave out what is no Unicode."""
    if value is None or value.isascii():
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        return None
    return value
