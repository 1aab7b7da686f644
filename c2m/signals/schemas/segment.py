"""Segment and RudderStack: track calls as JSON lines, as they lie in a bucket or an archive."""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from c2m.signals.reading.consent import PURPOSES, Consent, granted
from c2m.signals.schemas.agents import Agents
from c2m.signals.schemas.embedded import decoded
from c2m.signals.schemas.layout import Bad, Layout, Outcome, Record, Unread
from c2m.signals.schemas.orders import campaign
from c2m.signals.schemas.tracks import EVENT_TYPES, PERSONAL, TRAPS, Opened, Track, convert_tracks
from c2m.signals.schemas.values import child, micros, text

CATEGORIES: Final[Mapping[str, Consent]] = MappingProxyType(
    {
        **PURPOSES,
        "analytics": Consent.ANALYTICS,
        "performance": Consent.ANALYTICS,
        "c0002": Consent.ANALYTICS,
        "advertising": Consent.ADS,
        "marketing": Consent.ADS,
        "targeting": Consent.ADS,
        "c0004": Consent.ADS,
        "datasharing": Consent.AD_USER_DATA,
        "personalization": Consent.AD_PERSONALIZATION,
    }
)
"""Consent categories, in small letters -> bit; ``c0002`` and ``c0004`` are OneTrust's."""

_CALLS: Final = ("identify", "page", "screen", "group", "alias")


def convert(records: Iterable[Record]) -> Iterator[Outcome]:
    """Yield what becomes of the calls of one file; see `c2m.signals.schemas.tracks`.

    Parameters
    ----------
    records : iterable of Record
        The calls.

    Yields
    ------
    Outcome
        Events, bad records, records that are left out.
    """
    yield from convert_tracks(records, partial(_open, agents=Agents()))


def _open(record: Record, agents: Agents) -> Opened:
    values = record.values
    call = text(values.get("type")) or text(values.get("action"))
    if call != "track" and (call is not None or values.get("event") is None):
        return Unread(record.row, call if call in _CALLS else "other")
    time = micros(values.get("timestamp"))
    if time is None:
        fix = "export 'timestamp' as ISO time with its zone"
        return Bad(record.row, "no time with a zone in 'timestamp'", fix)
    properties = decoded(values.get("properties"))
    context = decoded(values.get("context"))
    user = text(values.get("userId")) or text(values.get("anonymousId"))
    session = text(child(context, "sessionId"))
    columns = {
        "event_time": time,
        "ingest_time": micros(values.get("receivedAt")),
        "user_key": user,
        "session_key": None if session is None else f"{user or ''}:{session}",
        "source": campaign(child(context, "campaign", "source")),
        "medium": campaign(child(context, "campaign", "medium")),
        "campaign": campaign(child(context, "campaign", "name")),
        "trust": agents.trust(child(context, "userAgent")),
        "consent": consent_bits(context),
    }
    event = {name: value for name, value in columns.items() if value is not None}
    found = properties if isinstance(properties, Mapping) else {}
    return Track(text(values.get("event")), found, text(values.get("messageId")), event)


def consent_bits(context: Any) -> int:
    """Return what a person agreed to, as bits of `c2m.signals.reading.consent.Consent`.

    Parameters
    ----------
    context : object
        The ``context`` of a call: Segment's ``consent.categoryPreferences``, or RudderStack's
        ``consentManagement.allowedConsentIds``.

    Returns
    -------
    int
        0 where nothing was granted, or nothing is said: unset is no.

    Examples
    --------
    >>> consent_bits({"consent": {"categoryPreferences": {"Analytics": True, "C0004": False}}})
    1
    >>> consent_bits({}), consent_bits({"consentManagement": {"allowedConsentIds": ["C0004"]}})
    (0, 2)
    """
    bits = Consent(0)
    preferences = child(context, "consent", "categoryPreferences")
    if isinstance(preferences, Mapping):
        for name, value in preferences.items():
            bits |= _bit(name) if granted(value) else Consent(0)
    allowed = child(context, "consentManagement", "allowedConsentIds")
    for name in allowed if isinstance(allowed, list | tuple) else ():
        bits |= _bit(name)
    return int(bits)


def _bit(name: Any) -> Consent:
    code = name.strip().lower() if isinstance(name, str) else ""
    return CATEGORIES.get(code, Consent(0))


SEGMENT: Final = Layout(
    name="segment",
    title="Segment, track calls of the ecommerce spec v1 and v2, JSON lines",
    source="https://segment.com/docs/connections/spec/ecommerce/v2/",
    formats=("json", "parquet"),
    reads={
        "event_id": "messageId; of orders: order_id and product",
        "event_time": "timestamp",
        "ingest_time": "receivedAt",
        "event_type": "event",
        "sku": "sku, else product_id, else id",
        "product_id": "product_id, else id",
        "quantity": "quantity",
        "unit_price": "price",
        "currency": "currency",
        "user_key": "userId, else anonymousId",
        "session_key": "context.sessionId",
        "order_id": "order_id, else orderId",
        "source": "context.campaign.source",
        "medium": "context.campaign.medium",
        "campaign": "context.campaign.name",
        "rating": "rating",
        "consent": "context.consent.categoryPreferences, context.consentManagement",
        "trust": "context.userAgent names a robot",
    },
    event_types=EVENT_TYPES,
    drops=(
        *PERSONAL,
        *("context.ip", "context.traits", "traits", "context.userAgent (after the robot check)"),
        *("context.page", "context.device", "context.location", "integrations"),
    ),
    traps=(
        *TRAPS,
        "`timestamp` is when it happened, corrected for the device's clock; `sentAt`, "
        "`originalTimestamp` and `receivedAt` are not, and `receivedAt` is the ingest time.",
        "A call is of `userId` where there is one, else of `anonymousId`: one person may have "
        "both, before and after a login, and counts twice until a map of devices joins them.",
        "`messageId` repeats when a library tries again; a repeat counts once.",
    ),
    fields=(
        *("type", "action", "event", "messageId", "timestamp", "receivedAt"),
        *("userId", "anonymousId", "properties", "context"),
    ),
    required=("event", "timestamp", "properties"),
    convert=convert,
    has_consent=True,
    shown=("event", "timestamp", "receivedAt"),
)
"""Layout ``"segment"``."""

RUDDERSTACK: Final = Layout(
    name="rudderstack",
    title="RudderStack, track calls of the ecommerce spec, JSON lines",
    source="https://www.rudderstack.com/docs/event-spec/ecommerce-events-spec/",
    formats=SEGMENT.formats,
    reads=SEGMENT.reads,
    event_types=EVENT_TYPES,
    drops=(*SEGMENT.drops, "rudderId", "request_ip"),
    traps=SEGMENT.traps,
    fields=SEGMENT.fields,
    required=SEGMENT.required,
    convert=convert,
    has_consent=True,
    shown=("event", "timestamp", "receivedAt"),
)
"""Layout ``"rudderstack"``: the names are Segment's."""
