"""How a forecast shows itself: a line, a table, a notebook's HTML."""

from html import escape
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from c2m.demand.demand import Demand

_MOST_ROWS: Final = 10


def line(demand: "Demand") -> str:
    """Return the forecast in one line."""
    return (
        f"Demand({demand.n_series:,} series x {demand.horizon} {demand.freq} "
        f"period{'s' * (demand.horizon != 1)}, "
        f"{demand.periods[0].date()} to {demand.periods[-1].date()}, "
        f"{demand.mean.sum():,.0f} units expected)"
    )


def summary(demand: "Demand") -> pd.DataFrame:
    """Return a table with a row a series; see `Demand.summary`."""
    levels = np.array([0.05, 0.5, 0.95])
    totals = demand.total(levels=levels)
    table = demand.keys.copy()
    table["mean"] = demand.mean.sum(axis=1)
    for place, level in enumerate(levels):
        table[f"q{level:g}"] = totals[:, place]
    return table


def html(demand: "Demand") -> str:
    """Return the forecast as HTML for a notebook: its largest series."""
    largest = np.argsort(-demand.mean.sum(axis=1), kind="stable")[:_MOST_ROWS]
    skus = [demand.skus[row] for row in largest]
    shown = summary(demand.select(skus)).sort_values("mean", ascending=False).head(_MOST_ROWS)
    notes = "".join(f"<li>{escape(note)}</li>" for note in demand.notes)
    return (
        f"<div><p><code>{escape(line(demand))}</code></p><ul>{notes}</ul>"
        f"{shown.to_html(index=False, float_format='{:,.1f}'.format)}</div>"
    )
