"""How a log of events shows itself: a line, a table, a notebook's HTML."""

from contextlib import closing
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from c2m.signals.counting.coding import used_values

if TYPE_CHECKING:
    from c2m.signals.events import Events


def line(events: "Events") -> str:
    """Return the log in one line."""
    rows = "" if events.n_events is None else f"{events.n_events:,} rows, "
    return f"Events({events.source.name}: {rows}{len(events.columns)} columns read)"


def summary(events: "Events", tz: str | None) -> pd.DataFrame:
    """Return a table with a row a kind; see `Events.summary`."""
    wanted = [name for name in ("event_type", "user_key") if name in events.columns]
    rows = []
    with closing(events.by_day(tz, list(dict.fromkeys(["event_type", *wanted])))) as days:
        for day, table in days:
            rows += [{"day": day, **row} for row in _count_kinds(table)]
    counted = pd.DataFrame(rows, columns=["day", "event_type", "events", "known"])
    grouped = counted.groupby("event_type", sort=False)
    table = grouped.agg(events=("events", "sum"), first_day=("day", "min"), last_day=("day", "max"))
    if "user_key" in events.columns:
        table["user_share"] = grouped["known"].sum() / table["events"]
    return table.sort_values("events", ascending=False)


def _count_kinds(table: Any) -> list[dict[str, Any]]:
    """Count the events of a day by kind, and those with a known user."""
    known = np.ones(table.num_rows, dtype=bool)
    if "user_key" in table.column_names:
        known = table.column("user_key").is_valid().to_numpy()
    rows: list[dict[str, Any]] = []
    start = 0
    for chunk in table.column("event_type").chunks:
        kinds, places = used_values(chunk)
        users = np.bincount(places, weights=known[start : start + len(chunk)])
        counts = np.bincount(places)
        start += len(chunk)
        rows += [
            {"event_type": kind, "events": int(count), "known": float(user)}
            for kind, count, user in zip(kinds.to_pylist(), counts, users, strict=True)
        ]
    return rows


def html(events: "Events") -> str:
    """Return the log as HTML for a notebook; reads nothing but the schema."""
    columns = pd.DataFrame(
        {"column": list(events.columns.values())},
        index=pd.Index(list(events.columns), name="canonical"),
    )
    unread = f"<p>Not read: {escape(', '.join(events.unread))}</p>" if events.unread else ""
    return f"<div><p><code>{escape(line(events))}</code></p>{columns.to_html()}{unread}</div>"
