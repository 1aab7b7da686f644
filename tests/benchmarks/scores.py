"""Our scores beside those of utilsforecast and scoringrules on random data; prints a table.

Run ``python tests/benchmarks/scores.py --peers PYTHON``, PYTHON being one that has both packages.
Differences are relative to the score.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from c2m.forecast import scores

N_SERIES, HORIZON, N_PERIODS = 200, 14, 90
LEVELS = np.array([0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95])
SEASON = 7
N_PATHS = 50

PEER = """
import json, sys
import numpy as np, pandas as pd
import scoringrules as sr
import utilsforecast.losses as ul

folder = sys.argv[1]
frame, past = (pd.read_parquet(f"{folder}/{name}.parquet") for name in ("frame", "past"))
paths = pd.read_parquet(f"{folder}/paths.parquet").to_numpy()
levels = np.array(json.load(open(f"{folder}/levels.json")))
season = 7
names = [f"q{level:g}" for level in levels]
mean = lambda table: float(table["m"].mean())
y, m, d = (frame[name].to_numpy() for name in ("y", "m", "d"))
low, high = frame["q0.1"].to_numpy(), frame["q0.9"].to_numpy()
frame["m-lo-80"], frame["m-hi-80"] = low, high
one = frame.assign(unique_id="all")
r, p = 1 / d, 1 / (1 + d * m)
models = {"m": names}
found = {
    "mase": mean(ul.mase(frame, ["m"], season, past)),
    "rmsse": mean(ul.rmsse(frame, ["m"], season, past)),
    "wape": mean(ul.nd(one, ["m"])),
    "bias, units": mean(ul.bias(one, ["m"])),
    "pinball": mean(ul.mqloss(one, models, levels)),
    "weighted quantile loss": mean(ul.scaled_crps(one, models, levels)),
    "scaled quantile loss": mean(ul.scaled_mqloss(frame, models, levels, season, past)),
    "coverage 80": mean(ul.coverage(one, ["m"], 80)),
    "calibration at 0.9": float(ul.calibration(one, {"m": "q0.9"})["m"].iloc[0]),
    "interval score 80": mean(ul.winkler_score(one, ["m"], 80)),
    "tweedie deviance 1.3": mean(ul.tweedie_deviance(one, ["m"], power=1.3)),
    "poisson deviance": mean(ul.tweedie_deviance(one, ["m"], power=1)),
    "quantile score (scoringrules)": float(
        np.mean([sr.quantile_score(y, frame[f"q{level:g}"], level) for level in levels])
    ),
    "interval score (scoringrules)": float(np.mean(sr.interval_score(y, low, high, 0.2))),
    "crps of paths, fair": float(np.mean(sr.crps_ensemble(y, paths.T, estimator="fair"))),
    "crps of negative binomial": float(np.mean(sr.crps_negbinom(y, r, p))),
    "log score of negative binomial": float(np.mean(sr.logs_negbinom(y, r, p))),
}
print(json.dumps(found))
"""


def make() -> dict[str, np.ndarray]:
    """Return random counts, forecasts and paths."""
    rng = np.random.default_rng(0)
    level = rng.gamma(2.0, 2.0, (N_SERIES, 1)) + 0.3
    mean = level * rng.uniform(0.7, 1.4, (N_SERIES, HORIZON))
    dispersion = rng.uniform(0.05, 0.8, mean.shape)
    quantiles = np.sort(rng.gamma(2.0, mean[..., None] / 2, (*mean.shape, len(LEVELS))), axis=-1)
    size = 1 / dispersion
    return {
        "history": 1.0 + rng.poisson(level, (N_SERIES, N_PERIODS)),
        "actual": rng.poisson(level, mean.shape).astype(float),
        "mean": mean,
        "dispersion": dispersion,
        "quantiles": quantiles,
        "paths": rng.negative_binomial(size, size / (size + mean), (N_PATHS, *mean.shape)),
    }


def ours(data: dict[str, np.ndarray]) -> dict[str, float]:
    """Return our scores."""
    y, m, d, q, past = (
        data[name] for name in ("actual", "mean", "dispersion", "quantiles", "history")
    )
    low, high = q[..., 1], q[..., 5]
    upto = scores.count_probability(y, m, d)
    below = scores.count_probability(y - 1, m, d)
    return {
        "mase": scores.mase(y, m, past, SEASON),
        "rmsse": scores.rmsse(y, m, past, SEASON),
        "wape": scores.wape(y, m),
        "bias, units": scores.bias(y, m) * y.mean(),
        "pinball": scores.pinball(y, q, LEVELS),
        "weighted quantile loss": scores.weighted_quantile_loss(y, q, LEVELS),
        "scaled quantile loss": scores.scaled_quantile_loss(y, q, LEVELS, past, SEASON),
        "coverage 80": scores.coverage(y, low, high),
        "calibration at 0.9": scores.coverage(y, np.zeros_like(y), high),
        "interval score 80": scores.interval_score(y, low, high, 0.8),
        "tweedie deviance 1.3": scores.tweedie_deviance(y, m, 1.3),
        "poisson deviance": scores.poisson_deviance(y, m),
        "quantile score (scoringrules)": scores.pinball(y, q, LEVELS),
        "interval score (scoringrules)": scores.interval_score(y, low, high, 0.8),
        "crps of paths, fair": scores.crps_paths(y, data["paths"]),
        "crps of negative binomial": scores.crps_negative_binomial(y, m, d),
        "log score of negative binomial": float(-np.log(upto - below).mean()),
    }


def theirs(data: dict[str, np.ndarray], python: str) -> dict[str, float]:
    """Return the peers' scores of the same data, from a process of their own."""
    import json

    ids = np.repeat([f"S{number:04d}" for number in range(N_SERIES)], HORIZON)
    frame = pd.DataFrame({"unique_id": ids, "ds": np.tile(np.arange(HORIZON), N_SERIES)})
    frame["ds"] += N_PERIODS
    for name, key in (("y", "actual"), ("m", "mean"), ("d", "dispersion")):
        frame[name] = data[key].reshape(-1)
    for place, level in enumerate(LEVELS):
        frame[f"q{level:g}"] = data["quantiles"][..., place].reshape(-1)
    past = pd.DataFrame(
        {
            "unique_id": np.repeat(frame["unique_id"].unique(), N_PERIODS),
            "ds": np.tile(np.arange(N_PERIODS), N_SERIES),
            "y": data["history"].reshape(-1),
        }
    )
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        frame.to_parquet(folder / "frame.parquet")
        past.to_parquet(folder / "past.parquet")
        paths = pd.DataFrame(data["paths"].reshape(N_PATHS, -1).astype(float))
        paths.rename(columns=str).to_parquet(folder / "paths.parquet")
        (folder / "levels.json").write_text(json.dumps(LEVELS.tolist()))
        (folder / "peer.py").write_text(PEER)
        done = subprocess.run(
            [python, "-W", "ignore", str(folder / "peer.py"), place],
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        sys.exit(done.stderr)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", required=True, help="python with utilsforecast, scoringrules")
    data = make()
    table = pd.DataFrame({"ours": ours(data), "peer": theirs(data, parser.parse_args().peers)})
    table["difference"] = (table["ours"] - table["peer"]).abs() / table["peer"].abs()
    print(table.to_string(formatters={"difference": "{:.1e}".format}))
    print(f"largest relative difference {table['difference'].max():.1e}")


if __name__ == "__main__":
    main()
