"""Signals: from raw consumer events to the panel of what was known."""

from c2m.signals.aggregate import build_panel
from c2m.signals.events import Events
from c2m.signals.opening import read_events
from c2m.signals.peaks import PEAKS, PeakEffects, peak_days, peak_effects, with_peaks
from c2m.signals.schema import COLUMNS, EVENT_TYPES, EventType
from c2m.signals.waves import Waves, detect_waves

__all__ = [
    "COLUMNS",
    "EVENT_TYPES",
    "PEAKS",
    "EventType",
    "Events",
    "PeakEffects",
    "Waves",
    "build_panel",
    "detect_waves",
    "peak_days",
    "peak_effects",
    "read_events",
    "with_peaks",
]
