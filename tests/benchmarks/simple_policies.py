"""What each setting of the moving average costs on the journey sample, beside the one it chooses.

  python tests/benchmarks/simple_policies.py
  python tests/benchmarks/simple_policies.py --line bakery --start 2017-06-19 --every 4

Settings are tried on the weeks that are played, which no policy may do: the table says how far the
choice that is made on the history alone is from the best one.
"""

import argparse
import warnings

import numpy as np
import pandas as pd

import c2m
from c2m.datasets import load_journey
from c2m.rehearse import MovingAverageStock, OrderWhatSold, ReorderPoint, rehearse

WINDOWS = (4, 8, 13)
FACTORS = (0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 2.5)


def parse() -> argparse.Namespace:
    """Read the arguments."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--line", default="dairy", help="dairy, bakery or frozen")
    parser.add_argument("--start", type=pd.Timestamp, default=pd.Timestamp("2017-04-03"))
    parser.add_argument("--every", type=int, default=2, help="weeks a decision")
    return parser.parse_args()


class Chooser(MovingAverageStock):
    """The moving average that says what it chose."""

    def tune(self, known):
        """Choose, and say it."""
        chosen = super().tune(known)
        print(f"chosen: window {chosen.window}, z {chosen.z:.2f}")
        return chosen


def main() -> None:
    """Play all settings in one call."""
    options, journey = parse(), load_journey()
    events = c2m.read_events(journey.events_path)
    named = journey.products[["sku", "category"]]
    panel = c2m.build_panel(events, freq="W", tz=journey.tz, attributes=named, complete=True)
    own = journey.products.loc[journey.products["line"] == options.line, "sku"]
    panel = panel.select(sorted(own))
    known = panel.upto(options.start - pd.Timedelta(weeks=1))
    rate = pd.Series(np.nan_to_num(known["sales"][:, -8:]).mean(axis=1), known.skus)
    stock = np.ceil(2 * rate).reindex(panel.skus, fill_value=0)
    stock = stock.rename_axis("sku").reset_index(name="on_hand")
    settings = [
        MovingAverageStock(window, z, f"{window} weeks, z {z:g}")
        for window in WINDOWS
        for z in FACTORS
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", c2m.C2MWarning)
        played = rehearse(
            panel,
            c2m.Factory.from_toml(journey.factory_path),
            horizon=8,
            start=options.start,
            every=options.every,
            stock=stock,
            policies=[*settings, Chooser(name="as chosen"), ReorderPoint(), OrderWhatSold()],
        )
    shown = played.scores[["mismatch_cost", "fill_rate", "units_left"]]
    forms = {"mismatch_cost": "{:,.0f}", "fill_rate": "{:.1%}", "units_left": "{:,.0f}"}
    print(played)
    print(shown.to_string(formatters={name: form.format for name, form in forms.items()}))


if __name__ == "__main__":
    main()
