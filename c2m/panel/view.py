"""How a panel shows itself: a line, a table, a notebook's HTML."""

from html import escape
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from c2m.panel.panel import Panel


def line(panel: "Panel") -> str:
    """Return the panel in one line."""
    ahead = f", known {panel.n_ahead} ahead" if panel.n_ahead else ""
    return (
        f"Panel({panel.n_series:,} series x {panel.n_periods} {panel.freq} "
        f"period{'s' * (panel.n_periods != 1)}, "
        f"{panel.periods[0].date()} to {panel.cutoff.date()}, target {panel.target!r}{ahead})"
    )


def summary(panel: "Panel") -> pd.DataFrame:
    """Return a table with a row a channel; see `Panel.summary`."""
    rows = []
    for name, array in panel.channels.items():
        seen = array[~np.isnan(array)].astype(np.float64)
        rows.append(
            {
                "channel": name,
                "known_ahead": name in panel.known,
                "known_share": seen.size / array.size,
                "total": seen.sum(),
                "mean": seen.mean() if seen.size else np.nan,
                "least": seen.min() if seen.size else np.nan,
                "most": seen.max() if seen.size else np.nan,
            }
        )
    return pd.DataFrame(rows).set_index("channel")


def html(panel: "Panel") -> str:
    """Return the panel as HTML for a notebook."""
    return f"<div><p><code>{escape(line(panel))}</code></p>{summary(panel).to_html()}</div>"
