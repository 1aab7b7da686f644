"""Stock-outs: how long a SKU was there, and what would have been sold."""

from c2m.signals.stockouts.result import Unconstrained
from c2m.signals.stockouts.share import StockShare
from c2m.signals.stockouts.stocked import stock_share
from c2m.signals.stockouts.unconstrain import unconstrain

__all__ = ["StockShare", "Unconstrained", "stock_share", "unconstrain"]
