"""statsforecast on the series of `baselines.py`, in its own environment: CPU-seconds by model.

Usage (by baselines.py): python peers_baselines.py FILE HORIZON FEW
"""

import sys
import time

import pandas as pd
from statsforecast import StatsForecast
from statsforecast.models import (
    TSB,
    AutoETS,
    CrostonSBA,
    SeasonalNaive,
    SimpleExponentialSmoothingOptimized,
    WindowAverage,
)


def main():
    """Time each model once after a warm-up, which compiles it; the slow one on few series."""
    frame, horizon = pd.read_parquet(sys.argv[1]), int(sys.argv[2])
    names = frame["unique_id"].unique()
    few = names[:: max(len(names) // int(sys.argv[3]), 1)][: int(sys.argv[3])]
    models = {
        "SeasonalNaive": SeasonalNaive(7),
        "MovingAverage": WindowAverage(28),
        "SES": SimpleExponentialSmoothingOptimized(),
        "Croston": CrostonSBA(),
        "TSB": TSB(0.2, 0.2),
        "ETS": AutoETS(7),
    }
    warm = frame[frame["unique_id"].isin(names[:2])]
    for name, model in models.items():
        part = frame if name != "ETS" else frame[frame["unique_id"].isin(few)]
        StatsForecast([model], freq="D").forecast(df=warm, h=horizon)
        begun = time.process_time()
        StatsForecast([model], freq="D").forecast(df=part, h=horizon)
        print(name, part["unique_id"].nunique() / (time.process_time() - begun), flush=True)


if __name__ == "__main__":
    main()
