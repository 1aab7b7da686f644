"""What a service waits for: predict one SKU and a hundred, update, save, load, explain.

Run ``python tests/benchmarks/serve.py [--items 30 300 3049] [--days 730] [--peers PATH]``. A SKU
is one item in one of ten stores, so that ``--items 3049 --days 1941`` has the size of M5. A process
of its own loads the saved model and answers, as a service would: it asks once and calls
``gc.freeze()``, so that a collection does not walk over everything imported (``--no-freeze`` shows
the difference). CPU time is that of the asking thread: what one request costs, whatever else the
machine does.
"""

import argparse
import gc
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from c2m import DirectBoosting, Panel
from c2m.datasets import simulate_panel

HORIZON = 28
LEVELS = np.array([0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975])
PEER = """
import json, sys, time
import lightgbm as lgb, numpy as np, pandas as pd
from mlforecast import MLForecast
from mlforecast.lag_transforms import RollingMean

frame = pd.read_parquet(sys.argv[1])
ids = frame["unique_id"].unique()[: int(sys.argv[2])]
trees = lgb.LGBMRegressor(n_estimators=100, objective="tweedie", verbosity=-1, num_threads=2)
model = MLForecast(models=[trees], freq="D", lags=[1, 7, 14, 28], date_features=["dayofweek"],
                   lag_transforms={1: [RollingMean(7), RollingMean(28)]}, num_threads=1)
model.fit(frame, static_features=[])
model.models_["LGBMRegressor"].set_params(num_threads=1)
wall, cpu = [], []
for name in ids:
    start, own = time.perf_counter(), time.thread_time()
    model.predict(28, ids=[name])
    wall.append(time.perf_counter() - start), cpu.append(time.thread_time() - own)
print(json.dumps([wall[5:], cpu[5:]]))
"""


def one_store_each(panel: Panel) -> Panel:
    """Return the panel with a SKU of its own for every item and store."""
    keys = panel.keys["sku"] + "@" + panel.keys["location"]
    return replace(panel, keys=pd.DataFrame({"sku": keys}))


def report(name: str, wall: list[float], cpu: list[float]) -> None:
    """Print percentiles in milliseconds."""
    spans = [
        "  ".join(f"{1e3 * value:7.2f}" for value in np.percentile(times, [50, 90, 99, 100]))
        for times in (wall, cpu)
    ]
    print(f"{name:44s} {spans[0]}   {spans[1]}", flush=True)


def hammer(model: DirectBoosting, groups: list[list[str]], threads: int) -> None:
    """Ask for each group of SKUs with quantiles and print what it took."""
    wall, cpu = [], []

    def _ask(skus: list[str]) -> None:
        start, own = time.perf_counter(), time.thread_time()
        model.predict(HORIZON, skus=skus).quantiles(LEVELS)
        wall.append(time.perf_counter() - start)
        cpu.append(time.thread_time() - own)

    _ask(groups[0])
    wall.clear(), cpu.clear()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(_ask, groups))
    count = len(groups[0])
    noun = "SKU" if count == 1 else "SKUs"
    asking = "thread" if threads == 1 else "threads"
    report(f"{count} {noun}, 7 quantiles, {threads} {asking}", wall, cpu)


def once(name: str, work: Callable[[], object]) -> object:
    """Do one piece of work and print what it took."""
    start, own = time.perf_counter(), time.process_time()
    result = work()
    wall, cpu = time.perf_counter() - start, time.process_time() - own
    print(f"{name:44s} {wall:8.2f} s wall   {cpu:8.2f} CPU-s", flush=True)
    return result


def peer(python: str, panel: Panel, count: int) -> None:
    """Let mlforecast predict one SKU after the other."""
    frame = panel.to_frame()[["sku", "period", "sales"]].dropna()
    frame.columns = ["unique_id", "ds", "y"]
    with tempfile.TemporaryDirectory() as folder:
        frame.to_parquet(f"{folder}/frame.parquet")
        done = subprocess.run(
            [python, "-W", "ignore", "-c", PEER, f"{folder}/frame.parquet", str(count)],
            check=False,
            capture_output=True,
            text=True,
        )
    if done.returncode:
        sys.exit(done.stderr)
    report("mlforecast: 1 id, mean only, 1 thread", *json.loads(done.stdout.splitlines()[-1]))


def serve(path: str, requests: int, *, freeze: bool) -> None:
    """Load a model as a service does, and let it be asked."""
    before = memory()
    model = DirectBoosting.load(path)
    model.predict(HORIZON, skus=model.panel_.skus[:1]).quantiles(LEVELS)
    if freeze:
        gc.collect()
        gc.freeze()
    draw = np.random.default_rng(0)
    skus = np.concatenate([draw.permutation(model.panel_.skus) for _ in range(2)])
    skus = np.resize(skus, max(requests, 100))
    heads = ("p50", "p90", "p99", "most", "CPU p50", "p90", "p99", "most")
    print(f"{'milliseconds':43s}{''.join(f'{head:>9s}' for head in heads)}")
    for threads in (1, 4):
        hammer(model, [[sku] for sku in skus[:requests]], threads)
        n_groups = max(requests // 10, 10)
        hammer(model, [list(draw.choice(skus, 100)) for _ in range(n_groups)], threads)
    print(
        f"memory of the process that answers: {before:.2f} GB before the model, "
        f"{memory():.2f} GB with it, {memory('VmHWM'):.2f} GB at most"
    )


def memory(name: str = "VmRSS") -> float:
    """Return what this process has in memory, or had at most (VmHWM), in GB; on Linux."""
    status = Path("/proc/self/status").read_text("utf-8")
    return int(status.partition(f"{name}:")[2].split()[0]) / 2**20


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, nargs="+", default=[300])
    parser.add_argument("--days", type=int, default=730)
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--no-freeze", action="store_true")
    parser.add_argument("--serve", metavar="FOLDER", help="only serve this saved model")
    parser.add_argument("--peers", metavar="PATH", help="a Python that has mlforecast")
    arguments = parser.parse_args()
    if arguments.serve:
        serve(arguments.serve, arguments.requests, freeze=not arguments.no_freeze)
        return
    for n_items in arguments.items:
        measure(n_items, arguments)


def measure(n_items: int, arguments: argparse.Namespace) -> None:
    """Fit, update, save, load and serve one panel."""
    panel = one_store_each(simulate_panel(seed=1, n_items=n_items, n_days=arguments.days).panel)
    print(f"\n{panel.n_series:,} series x {panel.n_periods:,} days, horizon {HORIZON}")
    model = once("fit", lambda: DirectBoosting(HORIZON).fit(panel.upto(panel.periods[-8])))
    assert isinstance(model, DirectBoosting)
    new = once("update with 7 more days", lambda: model.update(panel))
    assert isinstance(new, DirectBoosting)
    path = Path(tempfile.mkdtemp()) / "model"
    once("save", lambda: new.save(path))
    once("load", lambda: DirectBoosting.load(path))
    size = sum(file.stat().st_size for file in path.iterdir()) / 2**20
    print(f"{'size on disk':44s} {size:8.1f} MB")
    some = panel.skus[:: max(panel.n_series // 100, 1)][:100]
    once("explain 100 SKUs", lambda: new.explain(HORIZON, skus=some))
    again = [sys.executable, __file__, "--serve", str(path), "--requests", str(arguments.requests)]
    subprocess.run([*again, *["--no-freeze"] * arguments.no_freeze], check=True)
    shutil.rmtree(path.parent)
    if arguments.peers:
        peer(arguments.peers, panel, min(arguments.requests, 200))


if __name__ == "__main__":
    main()
