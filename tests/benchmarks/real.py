"""Ours beside the peers on real data: one scorer for all, t intervals over cutoffs.

Usage: python tests/benchmarks/real.py DATA --peers PATH/python [--sets journey hermes ...]

DATA is the folder with ``uci_online_retail``, ``tmall_2013_events`` and ``hermes_fashion``; the
journey sample ships with the package. Every model sees what was known at a cutoff and is scored on
the periods after it. The peers run in their own environment; their forecasts below 0 are set to 0.
Of ``uci_online_retail`` every so-many-th SKU is taken, because AutoETS is slow: on 2 busy cores a
set takes 2 to 6 minutes.

Both sides boost at most 100 LightGBM trees at a learning rate of 0.1 under a Tweedie loss. Ours
have 15 leaves up to 40,000 learning rows (31 up to 400,000), at least 100 rows a leaf, half of the
rows and 0.7 of the features a tree, and held-out cutoffs choose 25, 50 or 100 trees. ``mlforecast
LightGBM`` has LightGBM's defaults, 31 leaves of at least 20 rows; ``mlforecast, trees as ours`` has
our parameters and 100 trees. Both are recursive, on lags, rolling means, dates and what is planned.
statsforecast's AutoETS knows no season above 24: on hermes it has none, and MSTL (season 52, a
non-seasonal AutoETS for the rest) stands beside it. Nothing was tuned on these cutoffs, but our
defaults were chosen in part on cutoffs of the journey sample that overlap these.

Of two figures the first is the mean over the cutoffs, the second half the width of its 95 %
interval (Student's t); it is too narrow where windows overlap, as those of hermes do.

- wape, rmse: absolute error, root of the mean squared error, over what came. WAPE asks for
  medians: where most cells are 0 (tmall) a forecast of 0 has WAPE 1 and beats all. RMSE asks for
  means, which is what the models give.
- total_wape: absolute error of each series' total over the horizon.
- scaled: MASE on hermes, else RMSSE, the mean over series of a root: nearer to a median, it
  favours forecasts of slow sellers that are too low; see slow_bias.
- bias, slow_bias: forecast - actual over actual; of the slower half of the series.
- wql, sql: quantile loss at seven levels, over what came; scaled by series, then averaged.
- against ...: paired by cutoff with the peer that has the least.
"""

import argparse
import json
import subprocess
import tempfile
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from journey import make_panel
from real_scores import LEVELS, PEERS, score, show

import c2m
from c2m.datasets import load_journey, simulate_panel
from c2m.forecast import DirectBoosting
from c2m.forecast.baselines.ets import ETS
from c2m.forecast.baselines.intermittent import TSB, Croston
from c2m.forecast.baselines.naive import MovingAverage, SeasonalNaive
from c2m.forecast.baselines.smoothing import SES
from c2m.forecast.fallback.fallback import Fallback
from c2m.forecast.selection.guard import SignalGuard
from c2m.forecast.target import observed_target
from c2m.forecast.trees.settings import TreeSettings

TREES = TreeSettings(
    n_estimators=100, num_leaves=None, learning_rate=0.1, seed=0, num_threads=1, more={}
)


@dataclass(frozen=True)
class Case:
    """One data set: its panel, horizon, season, and how many cutoffs how far apart."""

    panel: c2m.Panel
    horizon: int
    season: int
    windows: int
    step: int
    main: str = "wape"


def journey(data):
    """Weekly purchases of a supermarket's loyal customers, displays and mailers planned."""
    return Case(make_panel(load_journey()), horizon=4, season=1, windows=6, step=4)


def retail(data, freq, skus):
    """Lines of a giftware shop's invoices; every so-many-th SKU."""
    path = data / "uci_online_retail" / "transactions.parquet"
    events = c2m.read_events(path, schema="online_retail", key=bytes(range(32)))
    panel = c2m.build_panel(events, freq=freq, tz="Europe/London", complete=True)
    step = max(panel.n_series // skus, 1)
    return panel.select(panel.skus[::step])


def uci_weekly(data):
    """Weekly units of a giftware shop."""
    return Case(retail(data, "W", 600), horizon=4, season=1, windows=6, step=4)


def uci_daily(data):
    """Daily units of a giftware shop."""
    return Case(retail(data, "D", 150), horizon=14, season=7, windows=5, step=14)


def tmall(data):
    """Weekly purchases by brand on Tmall, with views, favourites and carts."""
    events = c2m.read_events(
        data / "tmall_2013_events" / "events.parquet",
        columns={
            "sku": "brand_id",
            "event_type": "event",
            "event_time": "date",
            "user_key": "user_id",
        },
        event_types={"fav": "wishlist_add", "cart": "cart_add", "buy": "purchase"},
        time_zone="Asia/Shanghai",
    )
    panel = c2m.build_panel(events, freq="W", complete=True)
    return Case(panel, horizon=1, season=1, windows=panel.n_periods - 5, step=1)


def hermes(data):
    """Weekly mentions of fashion on social media and among influencers; windows overlap."""
    frame = pd.read_parquet(data / "hermes_fashion" / "series.parquet")
    frame["demand"] = frame.pop("main") * SHARES_TO_UNITS
    panel = c2m.Panel.from_frame(
        frame,
        freq="W",
        sku="series",
        period="week",
        target="demand",
        signals=["fashion_forward"],
    )
    return Case(panel, horizon=52, season=52, windows=4, step=13, main="scaled")


def simulated(data):
    """Daily sales of a made-up retailer, 300 series with signals: no real data, for comparison."""
    del data
    panel = simulate_panel(seed=1, n_items=60, n_stores=5, n_days=730).panel
    return Case(panel, horizon=28, season=7, windows=3, step=28)


SHARES_TO_UNITS = 10_000
"""Shares of posts become posts in ten thousand: our laws count units."""

CASES = {
    "journey": journey,
    "uci_weekly": uci_weekly,
    "uci_daily": uci_daily,
    "tmall": tmall,
    "hermes": hermes,
    "simulated": simulated,
}


def ours(case):
    """Return our models by name."""
    boosting = DirectBoosting(case.horizon, signals=())
    signals = [name for name in case.panel.channels if name not in {*case.panel.known, "sales"}]
    models = {
        "SeasonalNaive": SeasonalNaive(case.season),
        "MovingAverage": MovingAverage(),
        "SES": SES(),
        "Croston": Croston(),
        "TSB": TSB(),
        "ETS": ETS(season_length=case.season),
        "DirectBoosting": boosting,
        "Fallback": Fallback(boosting, case.horizon),
    }
    if len(signals) > 0:
        models["DirectBoosting with signals"] = DirectBoosting(case.horizon)
        models["SignalGuard"] = SignalGuard(case.horizon)
    return models


def cutoffs_of(case):
    """Return the labels of the cutoffs, the last a horizon before the end."""
    last = case.panel.n_periods - 1 - case.horizon
    return [case.panel.periods[last - back * case.step] for back in range(case.windows)][::-1]


def codes_of(panel):
    """Return one name for each series."""
    return panel.keys.agg(" / ".join, axis=1).tolist()


def hand_over(folder, name, case):
    """Write what the peers may see."""
    panel = case.panel
    target, known = observed_target(panel), panel.known
    codes = np.repeat(codes_of(panel), panel.n_periods)
    frame = pd.DataFrame(
        {
            "unique_id": codes,
            "ds": np.tile(panel.periods.to_numpy(), panel.n_series),
            "y": target.reshape(-1),
        }
    )
    begun = (~np.isnan(target)).cumsum(axis=1) > 0
    frame = frame[begun.reshape(-1)].fillna({"y": 0.0})
    frame.to_parquet(folder / f"{name}.history.parquet")
    freq = {"W": "W-MON", "D": "D"}.get(panel.freq, panel.freq)
    job = {"freq": freq, "horizon": case.horizon, "season": case.season, "known": list(known)}
    job["cutoffs"] = [str(cutoff.date()) for cutoff in cutoffs_of(case)]
    job["trees"] = {"n_estimators": 100, **TREES.to_lightgbm(len(frame))}
    (folder / f"{name}.json").write_text(json.dumps(job))
    if known:
        plans = panel.to_frame(ahead=True).rename(columns={"period": "ds"})
        plans["unique_id"] = np.repeat(codes_of(panel), panel.n_periods + panel.n_ahead)
        plans = plans[["unique_id", "ds", *known]].fillna(0.0)
        plans.to_parquet(folder / f"{name}.known.parquet")


def ask_peers(python, folder, cases):
    """Let the peers forecast each case that they have not forecast yet."""
    for name, case in cases.items():
        if not (folder / f"{name}.peers.parquet").exists():
            hand_over(folder, name, case)
    script = Path(__file__).with_name("peers_real.py")
    subprocess.run([python, str(script), str(folder)], check=True)


def rows_of(frame, keys, column, horizon):
    """Return a peer's column as series by periods; 0 for a series without any past sale."""
    table = frame.pivot(index="unique_id", columns="ds", values=column).reindex(keys)
    return np.nan_to_num(table.to_numpy()[:, :horizon])


def peer_forecasts(found, cutoff, known, horizon):
    """Yield name, mean and quantiles (None where there are none) of each peer."""
    frame = found[found["cutoff"] == cutoff]
    for name in PEERS:
        if name not in frame:
            continue
        mean = rows_of(frame, codes_of(known), name, horizon)
        quantiles = None
        if f"{name}-lo-95" in frame:
            ends = [f"{name}-lo-{width}" for width in (95, 80, 50)]
            ends += [name, *(f"{name}-hi-{width}" for width in (50, 80, 95))]
            quantiles = np.stack(
                [rows_of(frame, codes_of(known), end, horizon) for end in ends], -1
            )
        yield name, mean, quantiles, np.nan


def our_forecasts(case, known):
    """Yield name, mean, quantiles and CPU-seconds of each of our models."""
    for name, model in ours(case).items():
        begun = time.process_time()
        demand = model.fit(known).predict(case.horizon)
        quantiles = demand.quantiles(LEVELS)
        yield name, demand.mean, quantiles, time.process_time() - begun


def compare(case, found):
    """Score every model at every cutoff."""
    target = observed_target(case.panel)
    place = pd.Index(codes_of(case.panel))
    rows = []
    for cutoff in cutoffs_of(case):
        known = case.panel.upto(cutoff, ahead=case.horizon)
        chosen = place.get_indexer(codes_of(known))
        begin = known.first + known.n_periods - case.panel.first
        actual = target[chosen, begin : begin + case.horizon]
        history = target[chosen, :begin]
        said = list(our_forecasts(case, known))
        if found is not None:
            said += list(peer_forecasts(found, cutoff, known, case.horizon))
        for name, mean, quantiles, seconds in said:
            row = score(case, actual, history, mean, quantiles)
            rows.append({"model": name, "cutoff": cutoff, **row, "cpu_s": seconds})
    return pd.DataFrame(rows)


def main():
    """Print a table for each data set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--peers", help="python of an environment with the peers")
    parser.add_argument("--sets", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument(
        "--keep", type=Path, help="folder that keeps what the peers said, for the next run"
    )
    given = parser.parse_args()
    warnings.simplefilter("ignore", c2m.C2MWarning)
    cases = {name: CASES[name](given.data) for name in given.sets}
    with tempfile.TemporaryDirectory() as text:
        folder = given.keep or Path(text)
        folder.mkdir(exist_ok=True)
        if given.peers:
            ask_peers(given.peers, folder, cases)
        for name, case in cases.items():
            file = folder / f"{name}.peers.parquet"
            show(name, case, compare(case, pd.read_parquet(file) if file.exists() else None))


if __name__ == "__main__":
    main()
