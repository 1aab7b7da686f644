"""The peers of `real.py`, in their own environment: read parquet, forecast, write parquet.

Usage (by real.py): python peers_real.py FOLDER
"""

import json
import sys
import time
import warnings
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pandas as pd
from mlforecast import MLForecast
from mlforecast.lag_transforms import RollingMean
from statsforecast import StatsForecast
from statsforecast.models import MSTL, TSB, AutoETS, CrostonSBA, SeasonalNaive

TREES = {"n_estimators": 100, "learning_rate": 0.1, "num_leaves": 31, "verbosity": -1}
LAGS = {"D": [1, 7, 14, 28], "W": [1, 2, 4, 8]}
WINDOWS = {"D": (7, 28), "W": (4, 13)}
INTERVALS = (50, 80, 95)
LONGEST_SEASON = 24
"""AutoETS knows none that is longer: there it has no season, and MSTL is asked too."""


def machine_learning(history, known, job):
    """Forecast recursively with LightGBM on lags, rolling means, dates and what is planned."""
    kind, plans = job["freq"][0], job["known"]
    half = history["ds"].nunique() // 2
    lags = [lag for lag in LAGS[kind] + [52] * (job["season"] == 52) if lag <= half]
    model = MLForecast(
        models={
            "mlforecast LightGBM": lgb.LGBMRegressor(objective="tweedie", **TREES),
            "mlforecast, trees as ours": lgb.LGBMRegressor(**job["trees"]),
        },
        freq=job["freq"],
        lags=lags,
        lag_transforms={1: [RollingMean(window, min_samples=1) for window in WINDOWS[kind]]},
        date_features=["dayofweek", "month"] if kind == "D" else ["week"],
        num_threads=2,
    )
    both = history.merge(known, on=["unique_id", "ds"]) if plans else history
    model.fit(both, static_features=[])
    return model.predict(job["horizon"], X_df=known if plans else None)


def statistical(history, job):
    """Forecast each series by itself."""
    season = job["season"]
    models = [
        SeasonalNaive(season, alias="statsforecast SeasonalNaive"),
        CrostonSBA(alias="statsforecast CrostonSBA"),
        TSB(0.2, 0.2, alias="statsforecast TSB"),
    ]
    if season > LONGEST_SEASON:
        trend = AutoETS(model="ZZN")
        models.append(MSTL(season, trend_forecaster=trend, alias="statsforecast MSTL"))
    found = StatsForecast(models, freq=job["freq"]).forecast(df=history, h=job["horizon"])
    naive = StatsForecast([SeasonalNaive(season, alias="fallback")], freq=job["freq"])
    smooth = StatsForecast(
        [AutoETS(season if season <= LONGEST_SEASON else 1, alias="statsforecast AutoETS")],
        freq=job["freq"],
        fallback_model=naive.models[0],
    ).forecast(df=history, h=job["horizon"], level=list(INTERVALS))
    return found.merge(smooth, on=["unique_id", "ds"])


def main():
    """Forecast every cutoff of every job in a folder."""
    warnings.simplefilter("ignore")
    for file in sorted(Path(sys.argv[1]).glob("*.json")):
        if file.with_suffix(".peers.parquet").exists():
            continue
        job = json.loads(file.read_text())
        every = pd.read_parquet(file.with_suffix(".history.parquet"))
        plans = pd.read_parquet(file.with_suffix(".known.parquet")) if job["known"] else None
        frames = []
        for text in job["cutoffs"]:
            cutoff, begun = pd.Timestamp(text), time.process_time()
            history = every[every["ds"] <= cutoff]
            ahead = plans
            if plans is not None:
                ahead = plans[plans["unique_id"].isin(history["unique_id"])]
            learnt = machine_learning(history, ahead, job)
            found = learnt.merge(statistical(history, job), on=["unique_id", "ds"])
            values = found.columns.difference(["unique_id", "ds"])
            found[values] = found[values].astype(np.float64).clip(lower=0)
            frames.append(found.assign(cutoff=cutoff))
            print(file.stem, text, f"{time.process_time() - begun:.0f} CPU-s", flush=True)
        pd.concat(frames).to_parquet(file.with_suffix(".peers.parquet"))


if __name__ == "__main__":
    main()
