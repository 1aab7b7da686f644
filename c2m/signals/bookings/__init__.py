"""Maturation: how much of the final total is known how long before the day."""

from c2m.signals.bookings.maturation import maturation
from c2m.signals.bookings.result import Maturation

__all__ = ["Maturation", "maturation"]
