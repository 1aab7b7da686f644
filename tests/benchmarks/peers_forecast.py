"""The peers of forecast.py, one in a process; runs in an environment that has them, without c2m.

    python peers_forecast.py FOLDER CUTOFF SYSTEM OUT SETTINGS

It reads the long frame that forecast.py wrote, forecasts 28 days, writes the forecast as parquet
and prints one line of JSON: CPU-seconds and wall seconds from the frame in memory to the forecast
in memory, and the peak of the resident memory. Imports and files are not timed.
"""

import json
import os
import resource
import sys
import time
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
from forecast_frames import read_columns

HORIZON = 28
LEVELS = (0.005, 0.025, 0.165, 0.25, 0.5, 0.75, 0.835, 0.975, 0.995)
STATICS = ["department", "category", "state", "store"]
KNOWN = ["price", "event"]
SIGNALS = ["views", "wishlists", "carts"]


def read(folder, cutoff, columns, limit):
    """Return history and future as data frames, of some series only where there is a limit."""
    both = []
    for part, names in (("history", columns), ("future", ["unique_id", "ds", *KNOWN])):
        frame = read_columns(folder / f"{part}-{cutoff}.parquet", names)
        if limit is not None:
            frame = frame[frame["unique_id"].isin(limit)].reset_index(drop=True)
            frame["unique_id"] = frame["unique_id"].astype(str)
        both.append(frame)
    history, future = both
    return history, future[future["unique_id"].isin(history["unique_id"].unique())]


def tail(frame, days):
    """Return the last days of every series."""
    return frame[frame["ds"] > frame["ds"].max() - pd.Timedelta(days=days)].reset_index(drop=True)


def gbm(settings, **changed):
    import lightgbm

    return lightgbm.LGBMRegressor(
        **{**settings["lightgbm"], "num_threads": settings["threads"], **changed}
    )


def mlforecast_of(models, settings):
    """Return mlforecast with three lags, four rolling means and three date features."""
    from mlforecast import MLForecast
    from mlforecast.lag_transforms import RollingMean

    means = [RollingMean(width, min_samples=1) for width in (7, 28, 56, 182)]
    return MLForecast(
        models=models,
        freq="D",
        lags=[7, 14, 28],
        lag_transforms={1: means},
        date_features=["dayofweek", "day", "month"],
        num_threads=settings["threads"],
    )


def mlforecast_point(history, future, settings):
    forecaster = mlforecast_of({"mean": gbm(settings)}, settings)
    forecaster.fit(tail(history, 730), static_features=STATICS, dropna=False)
    return forecaster.predict(HORIZON, X_df=future)


def mlforecast_signals(history, future, settings):
    """Signals as the maintainers advise: only what is at least a horizon old."""
    from mlforecast.feature_engineering import transform_exog
    from mlforecast.lag_transforms import RollingMean

    history = tail(history, 730 + 56)
    whole = pd.concat([history[["unique_id", "ds", *SIGNALS]], future[["unique_id", "ds"]]])
    lagged = transform_exog(
        whole.sort_values(["unique_id", "ds"]),
        lags=[HORIZON],
        lag_transforms={HORIZON: [RollingMean(7), RollingMean(28)]},
        num_threads=settings["threads"],
    ).drop(columns=SIGNALS)
    merged = history.drop(columns=SIGNALS).merge(lagged, on=["unique_id", "ds"])
    forecaster = mlforecast_of({"mean": gbm(settings)}, settings)
    forecaster.fit(tail(merged, 730), static_features=STATICS, dropna=False)
    return forecaster.predict(HORIZON, X_df=future.merge(lagged, on=["unique_id", "ds"]))


def mlforecast_conformal(history, future, settings):
    from mlforecast.utils import PredictionIntervals

    settings = {**settings, "lightgbm": {**settings["lightgbm"], "n_estimators": 100}}
    history, future = long_enough(history, future)
    forecaster = mlforecast_of({"mean": gbm(settings)}, settings)
    forecaster.fit(
        tail(history, 400),
        static_features=STATICS,
        dropna=False,
        prediction_intervals=PredictionIntervals(n_windows=4, h=HORIZON),
    )
    found = forecaster.predict(HORIZON, X_df=future, level=[50, 67, 95, 99])
    sides = {0.5: "mean"}
    for level in (50, 67, 95, 99):
        low = round(0.5 - level / 200, 3)
        sides[low], sides[round(1 - low, 3)] = f"mean-lo-{level}", f"mean-hi-{level}"
    return found.assign(**{f"q{level}": found[sides[level]] for level in LEVELS})


def mlforecast_quantile(history, future, settings):
    settings = {**settings, "lightgbm": {**settings["lightgbm"], "n_estimators": 100}}
    models = {f"q{level}": gbm(settings, objective="quantile", alpha=level) for level in LEVELS}
    forecaster = mlforecast_of(models, settings)
    forecaster.fit(tail(history, 400), static_features=STATICS, dropna=False)
    found = forecaster.predict(HORIZON, X_df=future)
    return found.assign(mean=found["q0.5"])


def long_enough(history, future):
    """Leave out series too young for four held-out windows; forecast.py does not score them."""
    days = history.groupby("unique_id", observed=True)["ds"].transform("size")
    history = history[days >= 200]
    history = history.assign(unique_id=history["unique_id"].astype(str))
    kept = set(history["unique_id"].unique())
    future = future.assign(unique_id=future["unique_id"].astype(str))
    return history, future[future["unique_id"].isin(kept)]


def statsforecast_of(name):
    def _forecast(history, future, settings):
        from statsforecast import StatsForecast, models

        model = {
            "seasonal_naive": lambda: models.SeasonalNaive(7, alias="mean"),
            "croston_sba": lambda: models.CrostonSBA(alias="mean"),
            "tsb": lambda: models.TSB(0.2, 0.2, alias="mean"),
            "auto_ets": lambda: models.AutoETS(7, alias="mean"),
        }[name]()
        forecaster = StatsForecast(models=[model], freq="D", n_jobs=1)
        frame = history[["unique_id", "ds", "y"]].astype({"unique_id": str})
        if name == "auto_ets":
            frame = tail(frame, 730)
        return forecaster.forecast(df=frame, h=HORIZON)

    return _forecast


def series_of_darts(history, future):
    """Return names, targets, past covariates and planned ones, a series each."""
    from darts import TimeSeries

    rest = dict(list(future.groupby("unique_id")))
    names, target, past, planned = [], [], [], []
    for name, rows in history.groupby("unique_id"):
        codes = rows[STATICS].iloc[[0]].apply(lambda column: column.cat.codes)
        part = rows.set_index("ds")
        both = pd.concat([part[KNOWN], rest[name].set_index("ds")[KNOWN]])
        both = both.assign(weekday=both.index.dayofweek, month=both.index.month)
        units = TimeSeries.from_series(part["y"].astype("float32"))
        names.append(name)
        target.append(units.with_static_covariates(codes))
        past.append(TimeSeries.from_dataframe(part[SIGNALS].astype("float32")))
        planned.append(TimeSeries.from_dataframe(both.astype("float32")))
    return names, target, past, planned


def darts_lightgbm(history, future, settings):
    """Train darts' LightGBM with past covariates: 28 models, one for each step ahead."""
    from darts.models import LightGBMModel

    names, target, past, planned = series_of_darts(*long_enough(tail(history, 400), future))
    lags = [-1, -2, -3, -4, -5, -6, -7, -14, -21, -28, -56]
    changed = {k: v for k, v in settings["lightgbm"].items() if k != "n_estimators"}
    model = LightGBMModel(
        lags=lags,
        lags_past_covariates=lags,
        lags_future_covariates=[0],
        output_chunk_length=HORIZON,
        n_estimators=settings["lightgbm"]["n_estimators"],
        num_threads=settings["threads"],
        **changed,
    )
    model.fit(target, past_covariates=past, future_covariates=planned)
    found = model.predict(HORIZON, series=target, past_covariates=past, future_covariates=planned)
    days = future["ds"].drop_duplicates().sort_values().to_numpy()
    return pd.DataFrame(
        {
            "unique_id": np.repeat(names, HORIZON),
            "ds": np.tile(days, len(names)),
            "mean": np.concatenate([one.values()[:, 0] for one in found]),
        }
    )


def autogluon(history, future, settings):
    """Fit AutoGluon's two tabular models, which use LightGBM, and weigh them; no download."""
    import tempfile

    from autogluon.timeseries import TimeSeriesDataFrame, TimeSeriesPredictor

    names = {"unique_id": "item_id", "ds": "timestamp"}
    history, future = tail(history, 730).rename(columns=names), future.rename(columns=names)
    train = TimeSeriesDataFrame(
        history.drop(columns=STATICS).astype({"y": "float64"}),
        static_features=history.groupby("item_id")[STATICS].first().reset_index(),
    )
    with tempfile.TemporaryDirectory() as place:
        predictor = TimeSeriesPredictor(
            prediction_length=HORIZON,
            target="y",
            known_covariates_names=KNOWN,
            quantile_levels=list(LEVELS),
            freq="D",
            eval_metric="WQL",
            path=place,
            verbosity=0,
        )
        predictor.fit(
            train,
            hyperparameters={"DirectTabular": {}, "RecursiveTabular": {}, "SeasonalNaive": {}},
        )
        known = TimeSeriesDataFrame(future)
        found = predictor.predict(train, known_covariates=known).reset_index()
    back = {name: column for column, name in names.items()}
    return found.rename(columns={**back, **{str(level): f"q{level}" for level in LEVELS}})


SYSTEMS = {
    "mlforecast": mlforecast_point,
    "mlforecast_signals": mlforecast_signals,
    "mlforecast_conformal": mlforecast_conformal,
    "mlforecast_quantile": mlforecast_quantile,
    "seasonal_naive": statsforecast_of("seasonal_naive"),
    "croston_sba": statsforecast_of("croston_sba"),
    "tsb": statsforecast_of("tsb"),
    "auto_ets": statsforecast_of("auto_ets"),
    "darts": darts_lightgbm,
    "autogluon": autogluon,
}
WITH_SIGNALS = {"mlforecast_signals", "darts", "autogluon"}


def main():
    folder, cutoff, system, out, settings = sys.argv[1:]
    settings = json.loads(settings)
    columns = ["unique_id", "ds", "y", *KNOWN, *STATICS]
    columns += SIGNALS if system in WITH_SIGNALS else []
    history, future = read(Path(folder), cutoff, columns, settings["limit"])
    warm(system)
    before, start = os.times(), time.perf_counter()
    found = SYSTEMS[system](history, future, settings)
    spent = [after - earlier for after, earlier in zip(os.times()[:4], before[:4], strict=True)]
    cost = {"cpu": sum(spent), "wall": time.perf_counter() - start}
    cost["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    wanted = ["unique_id", "ds", "mean", *(f"q{q}" for q in LEVELS if f"q{q}" in found)]
    pd.DataFrame(found)[wanted].astype({"unique_id": str}).to_parquet(out)
    sys.stdout.write("\n" + json.dumps(cost) + "\n")


def warm(system):
    """Import what will be used, so that imports are not timed."""
    heavy = {"mlforecast": ("lightgbm", "mlforecast"), "darts": ("darts.models",)}
    heavy["autogluon"] = ("autogluon.timeseries",)
    for module in heavy.get(system.partition("_")[0], ("statsforecast",)):
        import_module(module)


if __name__ == "__main__":
    main()
