"""How many series a CPU-second the baselines forecast, beside statsforecast's models.

Usage: python tests/benchmarks/baselines.py [--series 3000] [--periods 1913] [--peers PATH/python]

Sparse daily counts, a third of the series launched late. Ours is fit and predict of 28 days with
the joint distribution; theirs is the mean alone, on its own data structure, after a warm-up that
compiles it. AutoETS goes over few series, because it takes a second for some of them. Both run in
one process.
"""

import argparse
import subprocess
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

import c2m
from c2m.forecast.baselines.ets import ETS
from c2m.forecast.baselines.intermittent import TSB, Croston
from c2m.forecast.baselines.naive import MovingAverage, SeasonalNaive
from c2m.forecast.baselines.smoothing import SES
from c2m.periods import Calendar

HORIZON, FEW = 28, 40
OURS = {
    "SeasonalNaive": SeasonalNaive(),
    "MovingAverage": MovingAverage(),
    "SES": SES(),
    "Croston": Croston(),
    "TSB": TSB(),
    "TSB with given weights": TSB(0.2, 0.2),
    "ETS": ETS(),
}


def make_panel(n_series, n_periods, seed=0):
    """Return counts around a gamma level; a third begin late, and are unknown until then."""
    chance = np.random.default_rng(seed)
    level = chance.gamma(0.5, 2.0, (n_series, 1)).astype(np.float32) + 0.05
    sales = chance.poisson(level, (n_series, n_periods)).astype(np.float32)
    begin = np.where(chance.random(n_series) < 0.35, chance.integers(0, n_periods - 400), 0)
    sales[np.arange(n_periods) < begin[:, None]] = np.nan
    day = Calendar.of("D")
    return c2m.Panel(
        keys=pd.DataFrame({"sku": [f"S{number:06d}" for number in range(n_series)]}),
        calendar=day,
        first=int(day.ordinal("2020-01-01")),
        n_periods=n_periods,
        channels={"sales": sales},
    )


def our_speeds(panel):
    """Return series a CPU-second of each of ours."""
    MovingAverage().fit(panel.select(panel.skus[:100])).predict(HORIZON)  # imports scipy
    speeds = {}
    for name, model in OURS.items():
        begun = time.process_time()
        model.fit(panel).predict(HORIZON)
        speeds[name] = panel.n_series / (time.process_time() - begun)
    return speeds


def peer_speeds(panel, python):
    """Return series a CPU-second of statsforecast."""
    frame = panel.to_frame().rename(columns={"sku": "unique_id", "period": "ds", "sales": "y"})
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "sales.parquet"
        frame.dropna().to_parquet(file)
        script = Path(__file__).with_name("peers_baselines.py")
        command = [python, str(script), str(file), str(HORIZON), str(FEW)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    pairs = (line.split() for line in done.stdout.splitlines())
    return {name: float(speed) for name, speed in pairs}


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=3000)
    parser.add_argument("--periods", type=int, default=1913)
    parser.add_argument("--peers", help="python of an environment with statsforecast")
    given = parser.parse_args()
    warnings.simplefilter("ignore", c2m.C2MWarning)
    panel = make_panel(given.series, given.periods)
    ours = our_speeds(panel)
    theirs = peer_speeds(panel, given.peers) if given.peers else {}
    print(f"{panel!r}; series per CPU-second\n")
    print("| model | c2m | statsforecast | ratio |\n|---|---:|---:|---:|")
    for name, speed in ours.items():
        peer = theirs.get(name.partition(" ")[0])
        rest = f"{peer:,.1f} | {speed / peer:,.1f}" if peer else " | "
        print(f"| {name} | {speed:,.0f} | {rest} |")


if __name__ == "__main__":
    main()
