"""Signals: from raw consumer events to the panel of what was known."""

from c2m.signals.aggregate import build_panel
from c2m.signals.bookings import Maturation, maturation
from c2m.signals.describing import SchemaDescription, describe_schema
from c2m.signals.events import Events
from c2m.signals.funnels import Funnel, funnel
from c2m.signals.identity import Catalogue, Matching, combine, match_ids
from c2m.signals.leads import Leads, lead
from c2m.signals.opening import read_events
from c2m.signals.peaks import PEAKS, PeakEffects, peak_days, peak_effects, with_peaks
from c2m.signals.reading.consent import Consent
from c2m.signals.reading.setaside import purge_bad_rows
from c2m.signals.reports import read_aggregate
from c2m.signals.returns import Returns, fit_returns
from c2m.signals.schema import COLUMNS, EVENT_TYPES, EventType
from c2m.signals.schemas.shopify_catalogue import shopify_catalogue
from c2m.signals.snapshots import read_stock_snapshots
from c2m.signals.stockouts import StockShare, Unconstrained, stock_share, unconstrain
from c2m.signals.store import Added, DayStore
from c2m.signals.trust import Trust, score_trust
from c2m.signals.waves import Waves, detect_waves

__all__ = [
    "COLUMNS",
    "EVENT_TYPES",
    "PEAKS",
    "Added",
    "Catalogue",
    "Consent",
    "DayStore",
    "EventType",
    "Events",
    "Funnel",
    "Leads",
    "Matching",
    "Maturation",
    "PeakEffects",
    "Returns",
    "SchemaDescription",
    "StockShare",
    "Trust",
    "Unconstrained",
    "Waves",
    "build_panel",
    "combine",
    "describe_schema",
    "detect_waves",
    "fit_returns",
    "funnel",
    "lead",
    "match_ids",
    "maturation",
    "peak_days",
    "peak_effects",
    "purge_bad_rows",
    "read_aggregate",
    "read_events",
    "read_stock_snapshots",
    "score_trust",
    "shopify_catalogue",
    "stock_share",
    "unconstrain",
    "with_peaks",
]


def __dir__() -> list[str]:
    return sorted(__all__)
