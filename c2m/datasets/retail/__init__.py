"""A simulated panel of items in stores: sparse counts, launches, stock-outs, leading signals.

Read in this order: `settings`, `shelf` (what is sold where), `common` (what all items share),
`item` (the days of one item), `simulate`.
"""

from c2m.datasets.retail.simulate import SimulatedPanel, simulate_panel

__all__ = ["SimulatedPanel", "simulate_panel"]
