"""Time and memory of the simulated market, day by day; prints a line a stage.

Run ``python tests/benchmarks/market.py [events_per_day] [n_days]``; the docs show 274000 365.
"""

import resource
import sys
import time

from c2m.datasets import simulate_market


def main() -> None:
    """Generate every day of a market, keep none, and print what it took."""
    per_day = int(sys.argv[1]) if len(sys.argv) > 1 else 274_000
    n_days = int(sys.argv[2]) if len(sys.argv) > 2 else 365
    start = time.process_time()
    market = simulate_market(
        seed=1, n_styles=100, n_stores=40, n_days=n_days, events_per_day=per_day
    )
    ready = time.process_time()
    n_events = sum(day.num_rows for day in market.iter_days())
    spent = time.process_time() - ready
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"set-up {ready - start:.1f} CPU-s")
    print(
        f"{n_events:,} events in {n_days} days: {spent:.0f} CPU-s, "
        f"{n_events / spent / 1e6:.1f} M events a CPU-s, peak {peak:.2f} GB"
    )


if __name__ == "__main__":
    main()
