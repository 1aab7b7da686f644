"""Known demand at any scale: capacity prices, a plan for every SKU, one pick, fine sizes."""

from c2m.production.lotsizing.decomposition.known import is_known
from c2m.production.lotsizing.decomposition.solve import has_lots, runs_at_no_price, solve_known

__all__ = ["has_lots", "is_known", "runs_at_no_price", "solve_known"]
