"""Signals: from raw consumer events to the panel of what was known."""

from c2m.signals.aggregate import build_panel
from c2m.signals.events import Events
from c2m.signals.opening import read_events
from c2m.signals.schema import COLUMNS, EVENT_TYPES, EventType

__all__ = ["COLUMNS", "EVENT_TYPES", "EventType", "Events", "build_panel", "read_events"]
