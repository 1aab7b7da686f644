"""What the signal guard loses beside always and never using signals; prints tables.

On simulated panels the signals of some departments are exchanged between series of the same store
(their sizes stay, what they foretell is gone), so that they pay in the others only. Run ``python
tests/benchmarks/guard.py [--items 80] [--stores 10] [--days 450] [--seeds 3]``.
"""

import argparse
import time
import warnings
from collections.abc import Mapping

import numpy as np
import pandas as pd

from c2m.datasets import simulate_panel
from c2m.errors import C2MWarning
from c2m.forecast.boosting.boosting import DirectBoosting
from c2m.forecast.selection.blend import series_losses
from c2m.forecast.selection.guard import SignalGuard
from c2m.forecast.target import observed_target
from c2m.panel import Panel

HORIZON = 28
SIGNALS = ("views", "wishlists", "carts")


def scramble(panel: Panel, departments: list[str], seed: int) -> Panel:
    """Give the series of some departments the signals of others, rescaled to their own size."""
    rng = np.random.default_rng(seed)
    rows = np.flatnonzero(panel.attributes["department"].isin(departments))
    donors = rng.permutation(rows)
    changed = {}
    for name in SIGNALS:
        own = panel[name].copy()
        level = np.nanmean(own, axis=1, keepdims=True) + 0.01
        own[rows] = np.round(own[donors] * level[rows] / level[donors])
        changed[name] = own
    return panel.with_channels(changed)


def losses(models: Mapping[str, object], panel: Panel) -> tuple[pd.DataFrame, dict[str, float]]:
    """Fit each model before the last horizon, and return each series' loss and the CPU-seconds."""
    known = panel.upto(panel.periods[-HORIZON - 1])
    place = pd.MultiIndex.from_frame(panel.keys)
    rows = place.get_indexer(pd.MultiIndex.from_frame(known.keys))
    actual = observed_target(panel)[rows, -HORIZON:]
    found = known.attributes[["department"]].copy()
    cost = {}
    for name, model in models.items():
        begun = time.process_time()
        demand = model.fit(known).predict(HORIZON)
        cost[name] = time.process_time() - begun
        found[name] = series_losses(demand.law, actual, demand.codes)
    return found, cost


def run(args: argparse.Namespace, seed: int, noisy: int) -> pd.DataFrame:
    """Print one panel's table; return the losses relative to never using signals."""
    panel = simulate_panel(
        seed=seed, n_items=args.items, n_stores=args.stores, n_days=args.days
    ).panel
    departments = sorted(panel.attributes["department"].unique())
    rng = np.random.default_rng(seed)
    chosen = sorted(rng.choice(departments, size=noisy, replace=False))
    panel = scramble(panel, chosen, seed)
    guard = SignalGuard(HORIZON, by="department", boosting={"seed": seed})
    models = {
        "never": DirectBoosting(HORIZON, signals=(), seed=seed),
        "always": DirectBoosting(HORIZON, seed=seed),
        "guard": guard,
    }
    found, cost = losses(models, panel)
    table = found.groupby("department")[list(models)].sum()
    table.loc["all"] = table.sum()
    ratio = table.div(table["never"], axis=0)
    best = ratio[["never", "always"]].min(axis=1)
    ratio["guard - best, %"] = 100 * (ratio["guard"] / best - 1)
    ratio["signals"] = ["noise" if name in chosen else "" for name in ratio.index]
    ratio = ratio.join(guard.groups_[["weight", "gain", "error"]])
    print(f"\nseed {seed}, {noisy} of {len(departments)} departments with noise; CPU-s", end=" ")
    print({name: round(seconds, 1) for name, seconds in cost.items()})
    print(ratio.round(4).to_string())
    return ratio.assign(seed=seed, noisy=noisy)


def main() -> None:
    """Print the tables and what is worst."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=80)
    parser.add_argument("--stores", type=int, default=10)
    parser.add_argument("--days", type=int, default=450)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--noisy", type=int, nargs="+", default=[0, 3, 7])
    args = parser.parse_args()
    warnings.simplefilter("ignore", C2MWarning)
    runs = [run(args, seed, noisy) for seed in range(args.seeds) for noisy in args.noisy]
    every = pd.concat(runs)
    cells = every.drop(index="all")
    print(f"\nguard over the better of the two, % of its loss, {len(runs)} panels")
    print(f"worst department {cells['guard - best, %'].max():+.2f}", end="; ")
    print(f"mean department {cells['guard - best, %'].mean():+.2f}", end="; ")
    print(f"worst panel {every.loc['all', 'guard - best, %'].max():+.2f}")
    made = cells["never"].where(cells["signals"] == "noise", cells["always"])
    over = 100 * (cells["guard"] / made - 1)
    print("over the one that the signals were made for (never where they are noise), %:", end=" ")
    print(f"worst department {over.max():+.2f}, mean {over.mean():+.2f}")
    for name in ("never", "always"):
        over = 100 * (every[name] / every[["never", "always"]].min(axis=1) - 1)
        print(f"{name}: worst department {over.drop(index='all').max():+.2f}", end="; ")
        print(f"worst panel {over['all'].max():+.2f}")


if __name__ == "__main__":
    main()
