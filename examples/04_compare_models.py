"""Which model, and are the signals worth it?

Models are compared at earlier cutoffs of your own history: baselines, the direct boosting without
and with signals, and a model of your own. Then: do the ranges hold, what is each signal worth,
and what makes the forecast of one SKU.

  python examples/04_compare_models.py                     310 grocery products, by week
  python examples/04_compare_models.py --simulated         a simulated shop with early signals
  python examples/04_compare_models.py sales.csv --signal views --freq W
                                                           a table: sku, period, sales, views

It leaves figures, tables and a page in c2m-output/example-04.
"""

# %% What the command line offers.
import argparse
import sys
from collections.abc import Callable
from html import escape
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

import c2m
from c2m import plot
from c2m.cli.shown import warnings_as_notes
from c2m.datasets import load_journey, simulate_panel
from c2m.distribution import PathSet

STYLE = """<style>
body { font: 16px/1.5 system-ui, sans-serif; color: #1f2933; max-width: 60rem; margin: auto; }
h2 { border-top: 1px solid #d4dae0; padding-top: 1rem; }
table { border-collapse: collapse; border: 0; font-size: 0.88rem; }
th, td { border: 0; border-bottom: 1px solid #d4dae0; padding: 0.3rem 0.75rem 0.3rem 0; }
img { max-width: 100%; }
</style>"""


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Read the arguments."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("table", nargs="?", type=Path, help="CSV with columns sku, period, sales")
    parser.add_argument("--freq", default="W", help="of the table's periods (%(default)s)")
    parser.add_argument(
        "--signal", action="append", default=[], help="a column of it that is one; repeatable"
    )
    parser.add_argument("--simulated", action="store_true", help="use a simulated shop")
    parser.add_argument("--horizon", type=int, default=4, help="periods ahead (%(default)s)")
    parser.add_argument("--windows", type=int, default=4, help="cutoffs to try (%(default)s)")
    parser.add_argument(
        "--out", type=Path, default=Path("c2m-output/example-04"), help="where (%(default)s)"
    )
    return parser.parse_args(argv)


# %% The history: the grocery sample, a simulated shop, or a table of your own.
def open_panel(options: argparse.Namespace) -> c2m.Panel:
    """Return the panel to compare models on."""
    if options.table is not None:
        try:
            frame = pd.read_csv(options.table, dtype={"sku": str})
        except ValueError as error:
            raise ValueError(f"{options.table} is no table: {error}") from error
        return c2m.Panel.from_frame(frame, freq=options.freq, signals=options.signal)
    if options.simulated:
        return simulate_panel(seed=4, n_items=60, n_stores=4, n_days=500).panel
    journey = load_journey()
    products = journey.products[["sku", "category", "product_type"]]
    panel = c2m.build_panel(
        c2m.read_events(journey.events_path),
        freq="W",
        tz=journey.tz,
        attributes=products,
        complete=True,
    )
    planned = {
        name: journey.exposure.pivot(index="sku", columns="period", values=name).loc[panel.skus]
        for name in ("display", "mailer")
    }
    return panel.with_channels(planned, known=list(planned))


# %% A model of your own: any class with fit(panel) and predict(horizon) enters the table.
class LastPeriodsAgain:
    """What was sold lately comes again, period by period: a bootstrap of the last `window`."""

    def __init__(self, window: int = 12, n_paths: int = 200, seed: int = 0) -> None:
        self.window = window
        self.n_paths = n_paths
        self.seed = seed

    def fit(self, panel: c2m.Panel) -> "LastPeriodsAgain":
        """Keep the last periods; one that is unknown counts as the mean of the others."""
        recent = panel[panel.target][:, : panel.n_periods][:, -self.window :].astype(float)
        known = ~np.isnan(recent)
        mean = np.where(known, recent, 0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
        self.panel_ = panel
        self.recent_ = np.where(known, recent, mean[:, None])
        return self

    def predict(self, horizon: int) -> c2m.Demand:
        """Draw a past period for every path and period ahead, the same one for all series."""
        chance = np.random.default_rng(self.seed)
        drawn = chance.integers(self.recent_.shape[1], size=(self.n_paths, horizon))
        paths = np.moveaxis(self.recent_[:, drawn], 0, 1)  # (n_paths, n_series, horizon)
        panel = self.panel_
        return c2m.Demand(
            keys=panel.keys,
            calendar=panel.calendar,
            first=panel.first + panel.n_periods,
            law=PathSet(paths.astype(np.float32)),
        )


# %% The comparison: every model learns at each cutoff from what was known then.
def compare(panel: c2m.Panel, horizon: int, windows: int) -> c2m.Backtest:
    """Backtest the models."""
    models = {
        "boosting with signals": c2m.DirectBoosting(horizon),
        "boosting without": c2m.DirectBoosting(horizon, signals=()),
        "exponential smoothing": c2m.SES(),
        "Teunter-Syntetos-Babai": c2m.TSB(),
        "my own": LastPeriodsAgain(),
    }
    step = max(1, horizon // 2)  # windows that overlap show how steady a forecast is
    return c2m.backtest(models, panel, horizon=horizon, windows=windows, step=step)


# %% What the page shows, one part after another.
def picture(height: float, columns: int, *draw: Callable[..., object]) -> Figure:
    """Return a figure with one drawing beside the other."""
    figure = Figure(figsize=(9.5, height), layout="constrained")
    for ax, one in zip(np.ravel(figure.subplots(1, columns)), draw, strict=True):
        one(ax)
    return figure


def study(options: argparse.Namespace) -> None:
    """Compare, measure, explain, and write the page."""
    panel = open_panel(options)
    horizon, out = options.horizon, options.out
    print(panel)
    out.mkdir(parents=True, exist_ok=True)
    page = [f'<!doctype html><meta charset="utf-8"><title>Which model?</title>{STYLE}']

    def _show(title: str, table: pd.DataFrame, text: str, figure: Figure | None = None) -> None:
        name = title.lower().replace(" ", "-")
        table.to_csv(out / f"{name}.csv")
        print(f"\n{title}\n{text}\n{table.to_string()}")
        page.append(f"<h2>{escape(title)}</h2><p>{escape(text)}</p>{table.to_html()}")
        if figure is not None:
            figure.savefig(out / f"{name}.png", dpi=110)
            page.append(f'<img src="{name}.png" alt="{escape(title)}" width="900">')

    found = compare(panel, horizon, options.windows)
    board = picture(
        3.6,
        2,
        lambda ax: plot.plot_leaderboard(found, ax),
        lambda ax: plot.plot_calibration(found, ax),
    )
    _show("Leaderboard", found.summary(), found.note, board)
    steady = "How much the forecast of the same periods changes from one cutoff to the next."
    _show("Stability", found.stability(), steady)

    known = panel.upto(panel.periods[-1 - horizon])  # with what was planned for the periods after
    model = c2m.DirectBoosting(horizon).fit(known)
    if model.recipe_.signals:
        value = c2m.signal_value(panel, horizon)
        worth = picture(3.6, 1, lambda ax: plot.plot_signal_value(value, ax))
        _show("Signals", value.summary(), repr(value), worth)
    else:
        print("\nSignals\nThe table has none: name their columns with --signal.")
    demand = model.predict(horizon)
    sku = demand.skus[int(np.argmax(demand.mean.sum(axis=1)))]
    explanation = model.explain(horizon, skus=[sku])
    fan = picture(
        3.6,
        2,
        lambda ax: plot.plot_demand(demand, ax, sku=sku, panel=known),
        lambda ax: plot.plot_explanation(explanation, ax, sku=sku),
    )
    _show(f"Forecast of {sku}", explanation.total(sku), explanation.words(sku), fan)
    (out / "index.html").write_text("\n".join(page), encoding="utf-8")
    print(f"\nWrote {out / 'index.html'}")


def main(argv: list[str] | None = None) -> int:
    """Run the script; 0 done, 2 bad input."""
    options = parse(argv)
    try:
        with warnings_as_notes():
            study(options)
    except (c2m.C2MError, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
