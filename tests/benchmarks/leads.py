"""Recovered leads of views, wishes and carts against the simulator's own; prints a table.

Run ``python tests/benchmarks/leads.py [n_days]``.
"""

import sys
import time
import warnings

import numpy as np

from c2m import Panel, build_panel, read_events
from c2m.datasets import simulate_market
from c2m.errors import C2MWarning
from c2m.signals.leads import lead

TRUTH = {"views": 10.0, "wishlists": 14.0, "carts": 2.0}


def market_panel(seed: int, n_days: int) -> Panel:
    """Return the daily panel of a simulated market."""
    market = simulate_market(seed, n_styles=20, n_days=n_days, events_per_day=10_000)
    attributes = market.skus[["sku", "style", "colour", "size", "department"]]
    return build_panel(read_events(market.events), freq="D", tz="UTC", attributes=attributes)


def shuffled(panel: Panel, seed: int) -> Panel:
    """Give every series the signals of another one of its style: the season stays, no lead does."""
    rng = np.random.default_rng(seed)
    order = np.arange(panel.n_series)
    for style in panel.attributes["style"].unique():
        rows = np.flatnonzero(panel.attributes["style"] == style)
        while (order[rows] == rows).any():
            order[rows] = rng.permutation(rows)
    return panel.with_channels({name: panel[name][order] for name in TRUTH})


def main() -> None:
    """Print the table."""
    warnings.simplefilter("ignore", C2MWarning)
    n_days = int(sys.argv[1]) if len(sys.argv) > 1 else 365
    false = tried = 0
    for seed in range(1, 5):
        panel = market_panel(seed, n_days)
        start = time.process_time()
        found = lead(panel, list(TRUTH))
        spent = time.process_time() - start
        for _, row in found.summary().iterrows():
            truth = TRUTH[row["signal"]]
            print(
                f"seed {seed}  {row['signal']:10s} true {truth:5.1f}  {row['verdict']:14s} "
                f"{row['lead']:5.1f} ({row['low']:.1f} to {row['high']:.1f})  "
                f"chance {row['chance']:.3f}  together {row['together']:.0%}  "
                f"gain {row['gain']:+.2%}"
            )
        print(f"        {panel.n_series} series x {panel.n_periods} days, {spent:.1f} CPU-s")
        for turn in range(3):
            verdicts = lead(shuffled(panel, turn), list(TRUTH)).summary()["verdict"]
            false += int((verdicts != "nothing found").sum())
            tried += len(verdicts)
    print(f"placebo (signals of another SKU of the style): {false} of {tried} found something")


if __name__ == "__main__":
    main()
