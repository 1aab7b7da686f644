"""Data to try c2m on: a sample of purchases that ships with it, and a market with known truth."""

from c2m.datasets.journey import Journey, load_journey
from c2m.datasets.market import Market, MarketTruth, simulate_market
from c2m.datasets.waves import simulate_waves

__all__ = [
    "Journey",
    "Market",
    "MarketTruth",
    "load_journey",
    "simulate_market",
    "simulate_waves",
]
