"""Counts that somebody else made: the daily reports of marketplaces, without any user."""

from c2m.signals.reports.door import read_aggregate

__all__ = ["read_aggregate"]
