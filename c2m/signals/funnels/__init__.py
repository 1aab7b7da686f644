"""The funnel: from view to wish to cart to purchase, by SKU."""

from c2m.signals.funnels.funnel import Funnel, funnel

__all__ = ["Funnel", "funnel"]
