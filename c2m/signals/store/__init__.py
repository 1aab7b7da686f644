"""A store of events on disk: added to day by day, and asked for what was known at a moment."""

from c2m.signals.store.added import Added
from c2m.signals.store.daystore import DayStore

__all__ = ["Added", "DayStore"]
