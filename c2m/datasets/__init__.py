"""Data to try c2m on: a sample of purchases that ships with it, and markets with known truth."""

from c2m.datasets.journey import Journey, load_journey
from c2m.datasets.market import Market, MarketTruth, simulate_market
from c2m.datasets.retail import SimulatedPanel, simulate_panel
from c2m.datasets.waves import simulate_waves

__all__ = [
    "Journey",
    "Market",
    "MarketTruth",
    "SimulatedPanel",
    "load_journey",
    "simulate_market",
    "simulate_panel",
    "simulate_waves",
]
