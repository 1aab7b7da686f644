"""A simulated market: an event log with known truth.

Read in this order: `settings`, `assortment` (the brand and its plan), `rates` (expected demand),
`stock` (what is sold and lost), `units` (buyers and their traces), `fakes`, `log` (the events of a
day), `table` (as a canonical table), `market`.
"""

from c2m.datasets.market.market import Market, MarketTruth, simulate_market

__all__ = ["Market", "MarketTruth", "simulate_market"]
