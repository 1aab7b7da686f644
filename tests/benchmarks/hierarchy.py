"""What aligning to aggregate models changes: WRMSSE by level, the 28-day total, CPU-seconds.

``python tests/benchmarks/hierarchy.py [--peers PYTHON] [--items 300] [--seeds 1 2] [--cutoffs 3]``
compares `DirectBoosting` before and after `Aligned`, on simulated panels of stores and departments.
With ``--peers``, the Python of an environment with hierarchicalforecast, MinTrace reconciles the
same means at the bottom with exponential smoothing of every node above: the total, stores,
departments, and departments in stores. Its variants that need errors of past forecasts of every
series are left out, and the time of the nodes' models is not counted.
"""

import argparse
import json
import subprocess
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from c2m.datasets import simulate_panel
from c2m.errors import C2MWarning
from c2m.forecast import DirectBoosting
from c2m.forecast.hierarchy.aligned import Aligned
from c2m.forecast.hierarchy.groups import settle_groups
from c2m.forecast.hierarchy.strength import Totals
from c2m.forecast.scores import M5_LEVELS, Groupings, level_rmsse, revenue
from c2m.forecast.target import observed_target
from c2m.panel import Panel

HORIZON = 28
BY = ("location", "department")
ABOVE = ((), ("location",), ("department",), BY)


class Clock:
    """CPU-seconds since the last look."""

    def __init__(self) -> None:
        self.last = time.process_time()

    def look(self) -> float:
        now, last = time.process_time(), self.last
        self.last = now
        return now - last


def score(panel: Panel, count: int, mean: np.ndarray, seconds: float) -> dict[str, float]:
    """Return the scores of means made at a cutoff."""
    actual = observed_target(panel)[:, count : count + HORIZON]
    history = np.nan_to_num(observed_target(panel)[:, :count])
    groups = Groupings.of(panel.keys, M5_LEVELS, panel.attributes)
    weights = revenue(history, panel["price"][:, :count])
    levels = level_rmsse(actual, mean, history, groups=groups, weights=weights)["rmsse"]
    known = ~np.isnan(actual)
    came, said = (np.where(known, values, 0.0).sum(axis=1) for values in (actual, mean))
    return {
        "WRMSSE": float(levels.mean()),
        "all": float(levels["all"]),
        "store x dept": float(levels["location x department"]),
        "series": float(levels.iloc[-1]),
        "WAPE28": float(np.abs(said - came).sum() / came.sum()),
        "negatives": float(np.count_nonzero(mean < 0)),
        "least": float(mean.min()),
        "CPU-s": seconds,
    }


def run(panel: Panel, count: int, signals: object, peers: str | None) -> dict[str, dict]:
    """Fit, align and score at one cutoff."""
    known = panel.upto(panel.periods[count - 1])
    if known.n_series != panel.n_series:
        raise SystemExit("a series begins after the cutoff: pass more days")
    rows = {}
    clock = Clock()
    plain = DirectBoosting(HORIZON, signals=signals).fit(known)
    mean = plain.predict(HORIZON).mean
    rows["DirectBoosting"] = score(panel, count, mean, clock.look())
    clock.look()
    model = Aligned(DirectBoosting(HORIZON, signals=signals), by=BY).fit(known)
    aligned = model.predict(HORIZON)
    rows["Aligned"] = score(panel, count, aligned.mean, clock.look())
    rows["Aligned"]["strength"] = model.strength_
    chosen, model.strength_ = model.strength_, 0.5
    rows["Aligned, strength 0.5"] = score(panel, count, model.predict(HORIZON).mean, np.nan)
    model.strength_ = chosen
    if peers is not None:
        rows |= reconcile(panel, known, count, mean, peers)
    return rows


def reconcile(
    panel: Panel, known: Panel, count: int, mean: np.ndarray, peers: str
) -> dict[str, dict]:
    """Let hierarchicalforecast reconcile the means with smoothed nodes above them."""
    nodes, edges, offset = [], [], 0
    for by in ABOVE:
        groups = settle_groups(known, by)
        totals = Totals.of(known, groups, None, "ets", HORIZON)
        ahead = totals.fit(count, HORIZON, "ets").forecast(totals.upto(count, HORIZON)[0], HORIZON)
        sums = np.zeros(ahead.shape)
        np.add.at(sums, groups.codes, mean)
        nodes.append(np.where(np.isnan(ahead), sums, ahead))
        edges.append(np.stack([groups.codes + offset, np.arange(len(mean))], axis=1))
        offset += groups.n_groups
    nodes.append(mean)
    edges.append(np.stack([np.arange(len(mean)) + offset, np.arange(len(mean))], axis=1))
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        base = pd.DataFrame(np.concatenate(nodes)).rename(columns=str)
        base.to_parquet(folder / "nodes.parquet")
        pd.DataFrame(np.concatenate(edges), columns=["node", "series"]).to_parquet(
            folder / "edges.parquet"
        )
        script = Path(__file__).with_name("peers_hierarchy.py")
        subprocess.run([peers, str(script), place], check=True)
        seconds = json.loads((folder / "seconds.json").read_text("utf-8"))
        return {
            name: score(panel, count, pd.read_parquet(folder / f"{name}.parquet").to_numpy(), took)
            for name, took in seconds.items()
        }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", help="a Python with hierarchicalforecast")
    parser.add_argument("--items", type=int, default=300)
    parser.add_argument("--days", type=int, default=898)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--cutoffs", type=int, default=3)
    parser.add_argument("--signals", action="store_true", help="use views, wishlists and carts")
    asked = parser.parse_args()
    warnings.simplefilter("ignore", C2MWarning)
    found = []
    for seed in asked.seeds:
        panel = simulate_panel(seed=seed, n_items=asked.items, n_days=asked.days).panel
        for number in range(asked.cutoffs):
            count = panel.n_periods - HORIZON * (number + 1)
            signals = "auto" if asked.signals else ()
            rows = run(panel, count, signals, asked.peers)
            table = pd.DataFrame(rows).T
            print(f"seed {seed}, cutoff {panel.periods[count - 1].date()}", flush=True)
            print(table.round(4).to_string(), flush=True)
            found.append(table.rename_axis("model").reset_index())
    every = pd.concat(found)
    print(f"\nmean of {len(found)} cutoffs, {panel.n_series:,} series")
    print(every.groupby("model", sort=False).mean().round(4).to_string())
    wide = every.assign(cutoff=every.groupby("model").cumcount()).pivot(
        index="cutoff", columns="model", values="WRMSSE"
    )
    change = 100 * (wide.div(wide["DirectBoosting"], axis=0) - 1)
    print("\nWRMSSE beside DirectBoosting, %, by cutoff")
    print(change[list(dict.fromkeys(every["model"]))].T.round(1).to_string())


if __name__ == "__main__":
    main()
