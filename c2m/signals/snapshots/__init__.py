"""Dated pictures of the stock, one file a day: what was there on the days that are known."""

from c2m.signals.snapshots.folder import read_stock_snapshots

__all__ = ["read_stock_snapshots"]
