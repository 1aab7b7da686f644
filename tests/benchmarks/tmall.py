"""What views, favourites and carts are worth on a real log of Tmall, in Poisson deviance.

Usage: python tests/benchmarks/tmall.py path/to/tmall_2013_events/events.parquet

The log goes through read_events and build_panel into weeks; purchases by brand are forecast one
week ahead at every cutoff that leaves four weeks of history, through `c2m.backtest`. The same
boosting with and without each group of signals; the drop of its deviance is paired by cutoff, with
the 90 % t interval over the cutoffs. Cutoffs are few and the windows do not overlap.
"""

import argparse
import sys
import warnings

import numpy as np
import pandas as pd
from scipy.special import stdtrit

import c2m

READ = {
    "columns": {
        "sku": "brand_id",
        "event_type": "event",
        "event_time": "date",
        "user_key": "user_id",
    },
    "event_types": {"fav": "wishlist_add", "cart": "cart_add", "buy": "purchase"},
    "time_zone": "Asia/Shanghai",
}
GROUPS = {
    "no signals": (),
    "views": ("views", "view_users"),
    "views, favourites, carts": (
        *("views", "view_users", "wishlists", "wishlist_users", "carts", "cart_users"),
    ),
}
HISTORY = 4


def make_panel(path, first_weekday):
    """Count the log in whole weeks that begin on a weekday."""
    events = c2m.read_events(path, **READ)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", c2m.C2MWarning)
        return c2m.build_panel(events, freq=f"W-{first_weekday}", complete=True)


def deviances(panel):
    """Return the deviance by cutoff and model, through the library's own backtest."""
    models = {name: c2m.DirectBoosting(1, signals=signals) for name, signals in GROUPS.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", c2m.C2MWarning)
        found = c2m.backtest(models, panel, horizon=1, windows=panel.n_periods - HISTORY - 1)
    return found.scores.pivot_table(
        index="cutoff", columns="model", values=["poisson_deviance", "pinball", "wql"]
    )


def interval(values, level=0.9):
    margin = stdtrit(len(values) - 1, (1 + level) / 2) * values.std(ddof=1) / np.sqrt(len(values))
    return values.mean(), values.mean() - margin, values.mean() + margin


def show(scores, title):
    """Print means, and the drop against the model without signals, paired by cutoff."""
    sys.stdout.write(f"\n{title}: {len(scores)} cutoffs\n")
    sys.stdout.write(f"{'model':28} {'deviance':>9} {'pinball':>9}   drop of the deviance, %\n")
    base = scores["poisson_deviance", "no signals"]
    for name in ["SeasonalNaive", "MovingAverage", *GROUPS]:
        deviance, drop = scores["poisson_deviance", name], ""
        if name in GROUPS and name != "no signals":
            mean, low, high = interval((100 * (1 - deviance / base)).to_numpy())
            better = int((deviance < base).sum())
            drop = f"{mean:6.1f} ({low:.1f} to {high:.1f}), better at {better} of {len(base)}"
        pinball = scores["pinball", name].mean()
        sys.stdout.write(f"{name:28} {deviance.mean():9.4f} {pinball:9.4f}   {drop}\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("log")
    given = parser.parse_args()
    found = {}
    for first in ("MON", "SUN", "SAT", "FRI", "THU", "WED", "TUE"):
        panel = make_panel(given.log, first)
        found[first] = deviances(panel)
        if first == "MON":
            sys.stdout.write(f"{panel!r}\n")
            show(found[first], "weeks from Monday")
    show(pd.concat(found.values()), "weeks from each of the seven weekdays (they overlap)")


if __name__ == "__main__":
    main()
