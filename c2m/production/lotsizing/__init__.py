"""Lot sizing: which periods to run in and how much, under capacity, over demand scenarios."""

from c2m.production.lotsizing.wagner_whitin import LotSizes, wagner_whitin

__all__ = ["LotSizes", "wagner_whitin"]
