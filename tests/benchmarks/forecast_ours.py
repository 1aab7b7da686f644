"""c2m in a process of its own, for forecast.py; the counterpart of peers_forecast.py.

    python forecast_ours.py FOLDER CUTOFF SYSTEM OUT SETTINGS

It reads the same long frame, and its clock runs from the frame in memory to the mean, nine
quantiles a day and nine quantiles of the total of 28 days.
"""

import json
import os
import resource
import sys
import time
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from forecast_frames import read_columns

import c2m
from c2m.distribution import GammaPoisson
from c2m.forecast.scores import M5_QUANTILES
from c2m.forecast.trees.engine import load_lightgbm

HORIZON = 28
KEYS = ["item", "store", "ds"]
KNOWN = ["price", "event"]
SIGNALS = ["views", "wishlists", "carts"]
ATTRIBUTES = ["department", "category", "state"]


def read(folder, part, cutoff, columns, limit):
    path = folder / f"{part}-{cutoff}.parquet"
    if limit is None:
        return read_columns(path, columns)
    frame = read_columns(path, ["unique_id", *columns])
    return frame[frame.pop("unique_id").isin(limit)].reset_index(drop=True)


def model_of(system, settings):
    """Return the model; the trees as the peer has them."""
    given = settings["lightgbm"]
    model = c2m.DirectBoosting(
        HORIZON,
        n_estimators=given["n_estimators"],
        num_leaves=given["num_leaves"],
        learning_rate=given["learning_rate"],
        num_threads=settings["threads"],
    )
    if not system.endswith("aligned"):
        return model
    from c2m.forecast.hierarchy.aligned import Aligned

    return Aligned(model, by=("location", "department"))


def forecast(frames, system, settings):
    """Return the forecast, and how long each step took; the history is let go once it is read."""
    clock = [cpu_seconds()]
    history, future = frames.pop("history"), frames.pop("future")
    signals = [name for name in SIGNALS if name in history]
    panel = c2m.Panel.from_frame(
        history,
        freq="D",
        sku="item",
        location="store",
        period="ds",
        target="y",
        signals=["in_stock", *signals],
        known=KNOWN,
        attributes=ATTRIBUTES,
    )
    del history
    clock.append(cpu_seconds())
    model = model_of(system, settings).fit(panel)
    clock.append(cpu_seconds())
    plan = future.rename(columns={"item": "sku", "store": "location", "ds": "period"})
    demand = model.predict(HORIZON, future=plan)
    clock.append(cpu_seconds())
    quantiles = demand.quantiles(M5_QUANTILES)
    totals = demand.total(levels=M5_QUANTILES)
    clock.append(cpu_seconds())
    steps = dict(zip(("panel", "fit", "predict", "quantiles"), np.diff(clock), strict=True))
    return demand, quantiles, totals, steps


def cpu_seconds():
    return sum(os.times()[:4])


def write(demand, quantiles, totals, out):
    """Hand the forecast back: a row a series and day, and a row a series for the totals."""
    identity = (demand.keys["sku"] + "/" + demand.keys["location"]).to_numpy()
    frame = {
        "unique_id": np.repeat(identity, HORIZON),
        "ds": np.tile(demand.periods, len(identity)),
        "mean": demand.mean.reshape(-1),
    }
    for place, level in enumerate(M5_QUANTILES):
        frame[f"q{level}"] = quantiles[:, :, place].reshape(-1)
    whole = {"unique_id": identity}
    whole |= {f"q{level}": totals[:, place] for place, level in enumerate(M5_QUANTILES)}
    if isinstance(demand.law, GammaPoisson):
        frame["dispersion"] = np.broadcast_to(demand.law.dispersion, demand.mean.shape).reshape(-1)
        level = np.zeros_like(demand.law.level_variance)
        alone = replace(demand.law, level_variance=level, shared=None)
        days = replace(demand, law=alone).total(levels=M5_QUANTILES)
        whole |= {f"i{level}": days[:, place] for place, level in enumerate(M5_QUANTILES)}
    pd.DataFrame(frame).to_parquet(out)
    pd.DataFrame(whole).to_parquet(str(out) + ".total")


def extras(demand):
    """Time the paths, and count what must not be."""
    before = cpu_seconds()
    below = sum(int((paths < 0).sum()) for _, paths in demand.iter_samples(200, seed=1))
    spent = cpu_seconds() - before
    part = demand.select(sorted(set(demand.keys["sku"]))[:20])
    paths = part.sample(50, seed=1)
    summed = part.rollup("department", n=50, seed=1).law.paths
    order = part.attributes.groupby("department", sort=True).indices
    mine = np.stack([paths[:, rows].sum(axis=1) for rows in order.values()], axis=1)
    return {
        "paths_cpu": spent,
        "negative_paths": below,
        "incoherent": int((np.abs(mine - summed) > 1e-3 * np.maximum(mine, 1)).sum()),
    }


def main():
    folder, cutoff, system, out, settings = sys.argv[1:]
    settings = json.loads(settings)
    columns = [*KEYS, "y", *KNOWN, "in_stock", *ATTRIBUTES]
    columns += SIGNALS if "signals" in system else []
    frames = {
        "history": read(Path(folder), "history", cutoff, columns, settings["limit"]),
        "future": read(Path(folder), "future", cutoff, [*KEYS, *KNOWN], settings["limit"]),
    }
    load_lightgbm()
    warnings.simplefilter("ignore")
    before, start = cpu_seconds(), time.perf_counter()
    demand, quantiles, totals, steps = forecast(frames, system, settings)
    cost = {"cpu": cpu_seconds() - before, "wall": time.perf_counter() - start, "steps": steps}
    cost["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    write(demand, quantiles, totals, out)
    if settings["extras"]:
        cost |= extras(demand)
    sys.stdout.write("\n" + json.dumps(cost) + "\n")


if __name__ == "__main__":
    main()
