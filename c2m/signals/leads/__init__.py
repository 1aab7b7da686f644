"""Leads: which signal runs ahead of sales, and by how long."""

from c2m.signals.leads.lead import lead
from c2m.signals.leads.result import Leads

__all__ = ["Leads", "lead"]
