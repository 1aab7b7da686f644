"""What the signal guard loses beside always and never using signals; prints tables.

On simulated panels the signals of some departments are exchanged between series (their sizes stay,
what they foretell is gone), so that they pay in the others only: in none, the first three or all of
an order of departments drawn for the seed. Each model is fitted once and forecasts from `--windows`
cutoffs, a horizon apart, with the data known then. Run ``python tests/benchmarks/guard.py
[--first-seed 0] [--seeds 3] [--noisy 0 3 7] [--items 80] [--stores 10] [--days 506]``.

The loss is the guard's over the better of the two. "On average" the better is the one that lost
less in the department over all seeds; "as made" it is the one that the signals were made for (never
where they are noise); "in hindsight" that of the same department and panel: the guard would have to
know the noise of the test. Intervals are 95 %, Student's t over seeds.
"""

import argparse
import time
import warnings
from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from c2m.datasets import simulate_panel
from c2m.errors import C2MWarning
from c2m.forecast.boosting.boosting import DirectBoosting
from c2m.forecast.scores.trials import series_losses
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


def losses(
    models: Mapping[str, object], panel: Panel, windows: int
) -> tuple[pd.DataFrame, dict[str, float]]:
    """Fit each model before the last horizons; return each series' loss and the CPU-seconds."""
    target = observed_target(panel)
    place = pd.MultiIndex.from_frame(panel.keys)
    parts, cost = [], {}
    for name, fresh in models.items():
        model = fresh
        for number in range(windows, 0, -1):
            count = panel.n_periods - HORIZON * number
            known = panel.upto(panel.periods[count - 1])
            begun = time.process_time()
            model = fresh.fit(known) if number == windows else model.update(known)
            if number == windows:
                cost[name] = time.process_time() - begun
            demand = model.predict(HORIZON)
            rows = place.get_indexer(pd.MultiIndex.from_frame(known.keys))
            came = target[rows, count : count + HORIZON]
            loss = series_losses(demand.law, came, demand.codes)
            own = known.attributes[["department"]].assign(model=name, loss=loss)
            parts.append(own)
    return pd.concat(parts), cost


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
    found, cost = losses(models, panel, args.windows)
    table = found.pivot_table(index="department", columns="model", values="loss", aggfunc="sum")
    table = table[list(models)]
    table["made"] = table["always"].where(~table.index.isin(chosen), table["never"])
    table.loc["all"] = table.sum()
    ratio = table.div(table["never"], axis=0)
    ratio["hindsight"] = over(ratio)
    ratio["signals"] = ["noise" if name in chosen else "" for name in ratio.index]
    ratio = ratio.join(guard.groups_[["weight", "gain", "error"]])
    print(f"\nseed {seed}, {noisy} of {len(departments)} departments with noise; CPU-s", end=" ")
    print({name: round(seconds, 1) for name, seconds in cost.items()})
    print(ratio.round(4).to_string(), flush=True)
    return ratio.assign(seed=seed, noisy=noisy).rename_axis("department").reset_index()


def over(losses: pd.DataFrame, name: str = "guard") -> pd.Series:
    """Return by how many per cent a model lost more than the better of the two."""
    return 100 * (losses[name] / losses[["never", "always"]].min(axis=1) - 1)


def interval(values: pd.Series) -> str:
    """Return a mean and half of its interval."""
    if len(values) < 2:
        return f"{values.mean():+.2f}"
    half = stdtrit(len(values) - 1, 0.975) * values.std(ddof=1) / np.sqrt(len(values))
    return f"{values.mean():+.2f} ± {half:.2f}"


def by_department(every: pd.DataFrame, title: str) -> None:
    """Print the losses of each department over all seeds."""
    rows = {}
    for department, cells in every.groupby("department", sort=False):
        mean = cells[["never", "always", "guard"]].mean()
        better = "never" if mean["never"] <= mean["always"] else "always"
        by_seed = cells.groupby("seed")[["never", "always", "guard"]].mean()
        paired = 100 * (by_seed["guard"] - by_seed[better]) / mean[better]
        hindsight = cells.groupby("seed")["hindsight"].mean()
        made = cells.groupby("seed")[["guard", "made"]].mean()
        rows[department] = {
            "always": mean["always"],
            "guard": mean["guard"],
            "better": better,
            "on average, %": interval(paired),
            "as made, %": interval(100 * (made["guard"] / made["made"] - 1)),
            "in hindsight, %": interval(hindsight),
        }
    print(f"\n{title}: loss relative to never; the guard over the better of the two")
    print(pd.DataFrame(rows).T.to_string())


def main() -> None:
    """Print the tables and what is worst."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=80)
    parser.add_argument("--stores", type=int, default=10)
    parser.add_argument("--days", type=int, default=506)
    parser.add_argument("--windows", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--noisy", type=int, nargs="+", default=[0, 3, 7])
    args = parser.parse_args()
    warnings.simplefilter("ignore", C2MWarning)
    seeds = range(args.first_seed, args.first_seed + args.seeds)
    every = pd.concat([run(args, seed, noisy) for seed in seeds for noisy in args.noisy])
    for noisy, some in every.groupby("noisy"):
        by_department(some, f"{noisy} departments with noise, {len(seeds)} seeds")
    by_department(every, f"all {len(every) // every['department'].nunique()} panels")
    cells = every[every["department"] != "all"]
    print("\nworst single department and panel, in hindsight, %:", end=" ")
    worst = {name: over(cells, name).max() for name in ("never", "always", "guard")}
    print({name: round(float(value), 2) for name, value in worst.items()})


if __name__ == "__main__":
    main()
