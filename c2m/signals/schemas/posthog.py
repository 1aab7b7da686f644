"""PostHog: batch exports of events that follow the ecommerce spec, parquet or JSON lines."""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Final

from c2m.signals.schemas.agents import Agents
from c2m.signals.schemas.embedded import decoded
from c2m.signals.schemas.layout import Bad, Layout, Outcome, Record
from c2m.signals.schemas.orders import campaign
from c2m.signals.schemas.tracks import EVENT_TYPES, PERSONAL, TRAPS, Opened, Track, convert_tracks
from c2m.signals.schemas.values import micros, text


def convert(records: Iterable[Record]) -> Iterator[Outcome]:
    """Yield what becomes of the events of one file; see `c2m.signals.schemas.tracks`.

    Parameters
    ----------
    records : iterable of Record
        The events.

    Yields
    ------
    Outcome
        Events, bad records, records that are left out.
    """
    yield from convert_tracks(records, partial(_open, agents=Agents()))


def _open(record: Record, agents: Agents) -> Opened:
    values = record.values
    time = micros(values.get("timestamp"))
    if time is None:
        fix = "export 'timestamp' with its zone"
        return Bad(record.row, "no time with a zone in 'timestamp'", fix)
    found = decoded(values.get("properties"))
    properties = found if isinstance(found, Mapping) else {}
    user, session = text(values.get("distinct_id")), text(properties.get("$session_id"))
    agent = properties.get("$raw_user_agent") or properties.get("$user_agent")
    columns = {
        "event_time": time,
        "ingest_time": micros(values.get("created_at")) or micros(values.get("_inserted_at")),
        "user_key": user,
        "session_key": None if session is None else f"{user or ''}:{session}",
        "source": campaign(properties.get("utm_source")),
        "medium": campaign(properties.get("utm_medium")),
        "campaign": campaign(properties.get("utm_campaign")),
        "trust": agents.trust(agent),
    }
    event = {name: value for name, value in columns.items() if value is not None}
    return Track(text(values.get("event")), properties, text(values.get("uuid")), event)


POSTHOG: Final = Layout(
    name="posthog",
    title="PostHog, batch export of events of the ecommerce spec, parquet or JSON lines",
    source="https://posthog.com/docs/cdp/batch-exports",
    formats=("parquet", "json"),
    reads={
        "event_id": "uuid; of orders: order_id and product",
        "event_time": "timestamp",
        "ingest_time": "created_at, else _inserted_at",
        "event_type": "event",
        "sku": "properties.sku, else product_id, else id",
        "product_id": "properties.product_id, else id",
        "quantity": "properties.quantity",
        "unit_price": "properties.price",
        "currency": "properties.currency",
        "user_key": "distinct_id",
        "session_key": "properties.$session_id",
        "order_id": "properties.order_id",
        "source": "properties.utm_source",
        "medium": "properties.utm_medium",
        "campaign": "properties.utm_campaign",
        "rating": "properties.rating",
        "trust": "properties.$raw_user_agent names a robot",
    },
    event_types=EVENT_TYPES,
    drops=(
        *PERSONAL,
        *("person_properties", "set", "set_once", "elements", "ip", "properties.$ip"),
        *("properties.$geoip_*", "properties.$current_url", "properties.gclid, fbclid"),
        "properties.$raw_user_agent (after the robot check)",
    ),
    traps=(
        *TRAPS,
        "`properties` is a text of JSON in parquet, an object in JSON lines: both are read.",
        "`distinct_id` is the device before a login and the person after it: one person may have "
        "both, and counts twice until a map of devices joins them.",
        "The events that PostHog captures by itself ($pageview, $autocapture) are left out.",
    ),
    fields=(
        *("uuid", "event", "properties", "distinct_id", "timestamp", "created_at"),
        "_inserted_at",
    ),
    required=("event", "properties", "distinct_id", "timestamp"),
    convert=convert,
    shown=("event", "timestamp", "created_at"),
)
"""Layout ``"posthog"``."""
