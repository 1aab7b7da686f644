"""Rehearse half a year: what each way to plan would have cost.

A grocery chain's private label. The first half of a year is history, 24 weeks of the second are
played: at each cutoff a way to plan is told what was known then and decides what is made, then the
weeks that really came meet what is there. All of them meet the same weeks, factory and stock:
c2m; c2m without the signals, on the mean, and with one plan for all weeks; three rules of thumb,
set on the history; a rule that is written here; and one that knew all.

  python examples/07_rehearse_a_year.py
  python examples/07_rehearse_a_year.py --line frozen      another part of the range (or dairy)
  python examples/07_rehearse_a_year.py --every 2          decide more often; takes longer

It leaves a figure, the scores and the savings as CSV, and what was played in
c2m-output/example-07.
"""

# %% What the command line offers.
import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

import c2m
from c2m.cli.shown import warnings_as_notes
from c2m.datasets import load_journey
from c2m.plot import plot_rehearsal
from c2m.rehearse import (
    Known,
    MovingAverageStock,
    OrderWhatSold,
    Ours,
    PerfectInformation,
    Rehearsal,
    ReorderPoint,
    rehearse,
    release,
)

START = pd.Timestamp("2017-07-17")  # the first week that is played
HORIZON = 6  # weeks that a forecast looks ahead
COVER = 2  # weeks of sales in stock at the start, and what the rule written here aims at
SIMPLE = ("moving average", "reorder point", "order what sold", "two weeks more")
WORTH = {
    "c2m without signals": "What baskets, buyers and coupons are worth beside sales and prices",
    "c2m on the mean": "What the range of demand is worth beside its mean",
    "c2m once": "What it is worth to decide again",
}


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Read the arguments."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    lines, out = ["bakery", "dairy", "frozen"], Path("c2m-output/example-07")
    parser.add_argument("--line", choices=lines, default="bakery", help="(%(default)s)")
    parser.add_argument("--weeks", type=int, default=24, help="to play (%(default)s)")
    parser.add_argument("--every", type=int, default=4, help="weeks a decision (%(default)s)")
    parser.add_argument("--scenarios", type=int, default=30, help="of demand (%(default)s)")
    parser.add_argument("--out", type=Path, default=out, help="where (%(default)s)")
    return parser.parse_args(argv)


# %% What was known: sales and signals by week, and what was planned for the shelves.
def read_history(line: str) -> tuple[c2m.Panel, c2m.Factory]:
    """Return the weeks of one line's products, and the factory that makes them."""
    journey = load_journey()
    products = journey.products[["sku", "category", "product_type"]]
    events = c2m.read_events(journey.events_path)
    panel = c2m.build_panel(events, freq="W", tz=journey.tz, attributes=products, complete=True)
    planned = {
        name: journey.exposure.pivot(index="sku", columns="period", values=name).loc[panel.skus]
        for name in ("display", "mailer")
    }
    panel = panel.with_channels(planned, known=["display", "mailer"])
    own = journey.products.loc[journey.products["line"] == line, "sku"]
    return panel.select(sorted(own)), c2m.Factory.from_toml(journey.factory_path)


def opening_stock(panel: c2m.Panel) -> pd.DataFrame:
    """Return some weeks of the sales before the start, nothing of what was not sold yet."""
    known = panel.upto(START - pd.Timedelta(weeks=1))
    rate = pd.Series(np.nan_to_num(known["sales"][:, -8:]).mean(axis=1), known.skus)
    there = np.ceil(COVER * rate).reindex(panel.skus, fill_value=0)
    return there.rename_axis("sku").reset_index(name="on_hand")


# %% A rule of one's own is a class with a name and `decide`.
@dataclass(frozen=True)
class WeeksMore:
    """Make what lasts until the next decision, and two weeks more, at the pace of four weeks."""

    name: str = "two weeks more"

    def decide(self, known: Known) -> pd.DataFrame:
        """Return runs that the factory allows."""
        pace = pd.Series(np.nan_to_num(known.panel["sales"][:, -4:]).mean(axis=1), known.panel.skus)
        there = known.stock.set_index("sku")["on_hand"]
        coming = known.on_order.groupby("sku")["ordered"].sum()
        wish = (known.review + COVER) * pace - there.sub(-coming, fill_value=0)
        return release(known, wish.clip(lower=0).fillna(0))


# %% All of them are played in one call.
def play(panel: c2m.Panel, factory: c2m.Factory, options: argparse.Namespace) -> Rehearsal:
    """Play the weeks with every way to plan."""
    ours = Ours(c2m.DirectBoosting(HORIZON), n_scenarios=options.scenarios)
    rules = [MovingAverageStock(), ReorderPoint(), OrderWhatSold(), WeeksMore()]
    return rehearse(
        panel,
        factory,
        horizon=HORIZON,
        start=START,
        stop=START + pd.Timedelta(weeks=options.weeks - 1),
        every=options.every,
        policies=[*ours.variants(), *rules, PerfectInformation()],
        stock=opening_stock(panel),
    )


# %% What it says, in money.
def tell_scores(played: Rehearsal) -> None:
    """Say what each way to plan did, the cheapest first."""
    unit = played.currency
    for name, row in played.summary().iterrows():
        print(
            f"  {name}: {row['mismatch_cost']:,.0f} {unit}, {row['fill_rate']:.1%} of demand "
            f"served, {row['units_left']:,.0f} units left, {row['runs']:,.0f} runs."
        )


def tell_savings(played: Rehearsal) -> None:
    """Say what c2m saves against the best rule, and what each of its parts is worth."""
    best = played.best(SIMPLE)
    print(f"The best rule of thumb is {best}. {verdict(played, best)}")
    for name, question in WORTH.items():
        print(f"{question}: {verdict(played, name)}")
    regret = played.scores.loc["c2m", "regret"]
    print(f"To know all would have saved another {regret:,.0f} {played.currency}.")


def verdict(played: Rehearsal, against: str) -> str:
    """Return a saving as a sentence, and whether these weeks prove it."""
    saving = played.saving("c2m", against)
    proved = saving.low > 0 or saving.high < 0
    return f"{saving}{'.' if proved else ': these weeks do not prove it.'}"


# %% The half year, from what was known to what it cost.
def study(options: argparse.Namespace) -> None:
    """Read, play, tell, and write it down."""
    out = options.out
    out.mkdir(parents=True, exist_ok=True)
    panel, factory = read_history(options.line)
    print(f"{len(panel.skus)} products of {options.line}: {panel.n_periods} weeks.")
    played = play(panel, factory, options)
    print(f"{played!r}.\n{played.truth}\n\nWhat demand and supply that do not meet cost:")
    tell_scores(played)
    print()
    tell_savings(played)
    figure = Figure(figsize=(9.5, 5.2), layout="constrained")
    plot_rehearsal(played, figure.subplots())
    figure.savefig(out / "policies.png", dpi=110)
    played.scores.join(played.costs.drop(columns="mismatch_cost")).to_csv(out / "scores.csv")
    played.savings("c2m").to_csv(out / "savings.csv")
    played.save(out / "rehearsal")
    print(f"\nWrote {out}")


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
