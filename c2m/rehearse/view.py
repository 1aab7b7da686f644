"""How a rehearsal shows itself: a line, a table, a notebook's HTML."""

from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from c2m.frames import plural

if TYPE_CHECKING:
    from c2m.rehearse.rehearsal import Rehearsal


def line(played: "Rehearsal") -> str:
    """Return the rehearsal in one line."""
    count, periods = len(played.policies), played.periods
    names = f"{count} {'policy' if count == 1 else 'policies'}"
    return (
        f"Rehearsal({names}, {plural(len(played.skus), 'SKU')} x {len(periods)} "
        f"{played.calendar.freq} periods from {periods[0].date()})"
    )


def summary(played: "Rehearsal") -> pd.DataFrame:
    """Return the scores and the main costs; see `Rehearsal.summary`."""
    scores, costs = played.scores, played.costs
    kinds = [name for name in costs.columns if name != "mismatch_cost" and costs[name].any()]
    table = scores.join(costs[kinds]).sort_values("mismatch_cost", kind="stable")
    empty = [name for name in ("co2e", "regret") if not table[name].fillna(0).any()]
    return table.drop(columns=empty)


def html(played: "Rehearsal") -> str:
    """Return the summary as HTML, and what was taken for true demand."""
    money = f" Money in {escape(played.currency)}." if played.currency else ""
    shares = dict.fromkeys(("fill_rate", "sell_through"), "{:.1%}".format)
    table = summary(played)
    formats = {name: shares.get(str(name), "{:,.0f}".format) for name in table.columns}
    plain = {str(name).replace("_", " "): form for name, form in formats.items()}
    table = table.rename(columns=lambda name: str(name).replace("_", " "))
    body = table.to_html(formatters=plain, border=0)
    return f"<p>{escape(line(played))}</p>{body}<p>{escape(played.truth)}{money}</p>"
