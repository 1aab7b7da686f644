"""What was found: a verdict for each series, with its evidence."""

from dataclasses import dataclass
from html import escape
from typing import Final

import pandas as pd

VERDICTS: Final = ("none", "shift", "wave", "unbacked", "undecided", "too short")
"""Nothing happened; demand has moved to another level; it will pass; attention that no buyer
backs (bots, a mention); something happened, but what cannot be known yet; too little known."""


@dataclass(frozen=True, repr=False)
class Waves:
    """Verdicts about the last periods of each series. Made by `detect_waves`.

    Parameters
    ----------
    table : DataFrame, a row a series
        The panel's keys; ``verdict`` (one of `VERDICTS`); ``onset`` (period), ``factor`` (of the
        mean; at the onset for a wave) and ``half_life`` (periods; of a wave), unknown without
        verdict; ``alarm`` (log evidence that anything happened) and ``shift_over_wave`` (log odds
        of a shift against a wave).
    channel : str
        The channel that was looked at.
    confirmed_by : tuple of str
        The channels that backed it up.
    window : int
        Last periods in which an onset was looked for.
    cutoff : Timestamp
        The last period.
    """

    table: pd.DataFrame
    channel: str
    confirmed_by: tuple[str, ...]
    window: int
    cutoff: pd.Timestamp

    def summary(self) -> pd.DataFrame:
        """Count the verdicts.

        Returns
        -------
        DataFrame, a row a verdict
            ``series`` and the ``median_factor``.
        """
        grouped = self.table.groupby("verdict", observed=False)
        found = pd.DataFrame(
            {"series": grouped.size(), "median_factor": grouped["factor"].median()}
        )
        return found.reindex(list(VERDICTS)).fillna({"series": 0}).astype({"series": int})

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the table."""
        return self.table.copy()

    def __repr__(self) -> str:
        """Say what was found in one line."""
        counts = self.table["verdict"].value_counts()
        found = ", ".join(f"{counts[name]:,} {name}" for name in VERDICTS if name in counts)
        return f"Waves({self.channel!r} up to {self.cutoff.date()}: {found})"

    def _repr_html_(self) -> str:
        news = self.table[~self.table["verdict"].isin(["none", "too short"])]
        first = news.sort_values("alarm", ascending=False).head(10)
        return (
            f"<div><p><code>{escape(repr(self))}</code></p>{self.summary().to_html()}"
            f"{first.to_html(index=False)}</div>"
        )
