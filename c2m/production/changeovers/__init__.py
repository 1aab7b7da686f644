"""One run a slot on one line, where the cost of a change depends on what ran before."""

from c2m.production.changeovers.schedule_slots import schedule_slots
from c2m.production.changeovers.slot_schedule import SlotSchedule

__all__ = ["SlotSchedule", "schedule_slots"]
