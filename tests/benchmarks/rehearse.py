"""What the whole loop saves on real cases: ours beside the best of four tuned simple policies.

Usage: python tests/benchmarks/rehearse.py [--data DATA] [--case journey retail simulator]
                                           [--cells 4x8 ...] [--save FOLDER]

DATA is the folder with ``uci_online_retail``; the journey sample ships with the package, and the
simulator makes its own. Costs are in no data: a unit short costs its margin, half of the price; a
unit too many costs margin / ratio until the next decision. The grid is ratio (underage over
overage) by lead time in weeks; ``--cells 4x8`` is ratio 4 at 8 weeks. A case takes 5 to 10
CPU-minutes.

All policies begin with the same stock and the same orders on the way, meet the same demand, and
are told what was known then. The simple policies are tuned on what was known before the start;
ours takes the model that `c2m.select_model` picks there, fits it anew every fourth decision and
updates it between. Forecasts are made once a cutoff and lead time and serve all ratios. Nothing is
tuned on the weeks that are played.

Costs before the first order can arrive are the same for all and left out. Columns:

- best simple: the one with the least cost on the weeks played, which no one knew before
- saved: its cost less ours; then as a share of its cost, each with a 90 % interval (the wider of
  SKUs drawn anew and blocks of weeks drawn anew)
- fill: share of wanted units that were sold, ours and the best simple policy
- ours ... perfect: cost of each policy. Perfect information is the planner's plan on the truth.
- signals: cost without signals less cost with them, as a share of the former, with its interval
"""

import argparse
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from rehearse_cases import CASES, Case

import c2m
from c2m.distribution import PathSet
from c2m.forecast.params import fitted_copy
from c2m.rehearse import (
    GivenDemand,
    MovingAverageStock,
    OrderWhatSold,
    PerfectInformation,
    Planning,
    Rehearsal,
    ReorderPoint,
    rehearse,
)
from c2m.rehearse.ledger import COSTS
from c2m.rehearse.saving import Saving, find_saving

RATIOS = (2.0, 4.0, 9.0)
LEADS = (2, 8, 16)
PATHS = 50
BEYOND = 4
"""Weeks that are planned from the first arrival on; two decisions where that is longer."""

REFIT = 4
"""Decisions between fits of the model."""

LONG = "moving average 26"
SIMPLE = ("moving average", LONG, "reorder point", "order what sold")
PERFECT = "perfect information"
OURS, BLIND = "ours", "ours without signals"
SIGNALS = ("views", "wishlists", "carts")


@dataclass(frozen=True)
class Cell:
    """One cell of the grid, played."""

    ratio: float
    lead: int
    played: Rehearsal

    def cost(self, name: str) -> np.ndarray:
        """Return the cost that decisions can change, (n_skus, n_periods)."""
        place = self.played.policies.index(name)
        arrays = self.played.arrays
        whole = sum(arrays[kind][place] for kind in COSTS)
        for kind in ("lost_margin", "lost_sale_penalty", "holding"):
            whole[:, : self.lead] -= arrays[kind][place][:, : self.lead]
        return np.asarray(whole)

    def saving(self, name: str, against: str) -> Saving:
        """Return what a policy saves against another."""
        costs = self.cost(name), self.cost(against)
        return find_saving(*costs, (name, against), seed=0, currency=self.played.currency)

    @property
    def best(self) -> str:
        """The simple policy with the least cost."""
        return min(SIMPLE, key=lambda name: float(self.cost(name).sum()))


def reach(case: Case, lead: int) -> int:
    """Return the weeks that are planned."""
    return lead + max(BEYOND, 2 * case.every)


def without(panel: c2m.Panel) -> c2m.Panel:
    """Return a panel without signals."""
    kept = {name: array for name, array in panel.channels.items() if name not in SIGNALS}
    return replace(panel, channels=kept)


def forecasts(
    case: Case, lead: int, *, blind: bool = False
) -> tuple[dict[pd.Timestamp, c2m.Demand], str]:
    """Return forecasts, as paths, at the cutoffs whose orders arrive, and why of that model."""
    horizon, last = reach(case, lead), case.stop - lead * pd.Timedelta(weeks=1)
    seen = without if blind else (lambda panel: panel)
    selection = c2m.select_model(seen(case.before), horizon)
    found, fitted = {}, None
    for number, cutoff in enumerate(one for one in case.cutoffs if one < last):
        panel = seen(case.panel_at(cutoff))
        if fitted is not None and number % REFIT and hasattr(fitted, "update"):
            fitted = fitted.update(panel)
        else:
            fitted = fitted_copy(selection.model, panel)
        demand = fitted.predict(horizon)
        found[cutoff] = replace(demand, law=PathSet(demand.sample(PATHS, seed=0)))
    return found, selection.reason


def play(case: Case, ratio: float, lead: int, demands: dict[str, dict]) -> Cell:
    """Play one cell."""
    ours = [
        GivenDemand(name, found, Planning(n_scenarios=PATHS)) for name, found in demands.items()
    ]
    played = rehearse(
        case.panel_at,
        case.factory(ratio, lead),
        horizon=reach(case, lead),
        start=case.start,
        stop=case.stop,
        every=case.every,
        policies=[
            *ours,
            MovingAverageStock(),
            MovingAverageStock(window=26, name=LONG),
            ReorderPoint(),
            OrderWhatSold(),
            PerfectInformation(),
        ],
        stock=case.stock(),
        on_order=case.on_order(lead),
        truth=case.truth,
    )
    return Cell(ratio, lead, played)


def line(cell: Cell) -> str:
    """Return the line of a cell."""
    best, fill = cell.best, cell.played.scores["fill_rate"]
    saving = cell.saving(OURS, best)
    costs = [float(cell.cost(name).sum()) for name in (OURS, *SIMPLE, PERFECT)]
    text = (
        f"{cell.ratio:5g} {cell.lead:4d}  {best:17s} {saving.money:8,.0f} ({saving.low:8,.0f} to "
        f"{saving.high:8,.0f}) {saving.share:6.1%} ({saving.share_low:6.1%} to "
        f"{saving.share_high:6.1%})  {fill[OURS]:5.1%} {fill[best]:5.1%} "
        + " ".join(f"{cost:9,.0f}" for cost in costs)
    )
    if BLIND in cell.played.policies:
        worth = cell.saving(OURS, BLIND)
        text += f"  {worth.share:6.1%} ({worth.share_low:6.1%} to {worth.share_high:6.1%})"
    return text


HEAD = (
    "ratio lead  best simple          saved       (90 % interval)   share (90 % interval)    "
    "fill  fill       ours  mov.aver.  mov.av.26  reorder  what sold   perfect"
)


def run(case: Case, cells: list[tuple[float, int]]) -> Iterator[Cell]:
    """Play the cells of a case, and print its table."""
    begin = time.process_time()
    print(f"\n{case.name}: {case.words}.")
    print(f"Played from {case.start.date()} to {case.stop.date()}, decided every {case.every} w.")
    shares, demands = [], {}
    for lead in dict.fromkeys(lead for _, lead in cells):
        for name in (OURS, BLIND) if case.signals else (OURS,):
            demands[lead, name], reason = forecasts(case, lead, blind=name == BLIND)
            print(f"{lead} weeks, {name}: {reason}")
    print(f"Forecasts: {time.process_time() - begin:.0f} CPU-s.")
    print(HEAD + ("  signals (90 % interval)" if case.signals else ""))
    for ratio, lead in cells:
        own = {name: found for (of, name), found in demands.items() if of == lead}
        cell = play(case, ratio, lead, own)
        shares.append(cell.saving(OURS, cell.best).share)
        print(line(cell), flush=True)
        yield cell
    print(cell.played.truth)
    print(
        f"Median of {len(shares)} cells: {np.median(shares):.1%} saved; least {min(shares):.1%}. "
        f"{time.process_time() - begin:.0f} CPU-s."
    )


def parse() -> argparse.Namespace:
    """Read the arguments."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="the folder with uci_online_retail")
    parser.add_argument("--case", nargs="+", choices=list(CASES), default=list(CASES))
    parser.add_argument("--cells", nargs="+", metavar="RATIOxLEAD", type=_cell)
    parser.add_argument("--save", type=Path, help="a folder for the rehearsals")
    return parser.parse_args()


def _cell(text: str) -> tuple[float, int]:
    ratio, lead = text.split("x")
    return float(ratio), int(lead)


def main() -> None:
    """Print the tables."""
    options = parse()
    cells = options.cells or [(ratio, lead) for lead in LEADS for ratio in RATIOS]
    warnings.simplefilter("ignore", c2m.C2MWarning)
    for name in options.case:
        for cell in run(CASES[name](options.data), cells):
            if options.save is not None:
                cell.played.save(options.save / f"{name}-{cell.ratio:g}x{cell.lead}")


if __name__ == "__main__":
    main()
