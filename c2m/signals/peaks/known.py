"""What is known of peaks ahead, as channels of a panel."""

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.errors import ArgumentError, DataError
from c2m.panel import Panel

CHANNELS: Final = ("peak", "peak_presale", "peak_after")
"""Shares of a period's days in an event, in its presale, and how near the last event is."""


def with_peaks(
    panel: Panel, peaks: pd.DataFrame, *, ahead: int = 0, half_life: float = 7.0
) -> Panel:
    """Add the calendar of peaks to a panel, for a model that knows it ahead.

    Parameters
    ----------
    panel : Panel
        What was observed.
    peaks : DataFrame
        From `peak_days`, over the days of the panel and of the forecast.
    ahead : int
        Periods after the cutoff to know; at least those that the panel already knows.
    half_life : float
        Days after an event in which the demand that it pulled forward half returns.

    Returns
    -------
    Panel
        With the channels, known ahead and the same for every series: ``peak`` and
        ``peak_presale``, the shares of the period's days in an event and in a presale that comes
        before it; ``peak_after``, 1 on the day after an event and halving from there, 0 on days
        of an event, mean over the period's days.

    Raises
    ------
    ArgumentError
        If `ahead` is negative or `half_life` is not above 0.
    DataError
        If `peaks` is not a table of `peak_days`.
    """
    if ahead < 0 or not half_life > 0:
        raise ArgumentError(
            f"Expected ahead from 0 and half_life above 0, got {ahead!r} and {half_life!r}."
        )
    absent = [name for name in ("presale", "start", "end") if name not in peaks.columns]
    if absent:
        problems = [f"there is no column {name!r}" for name in absent]
        raise DataError("peaks", problems, "make the table with c2m.signals.peak_days(...)")
    count = panel.n_periods + max(ahead, panel.n_ahead)
    shares = _shares(panel, peaks, count, half_life)
    whole = {
        name: np.broadcast_to(values.astype(np.float32), (panel.n_series, count))
        for name, values in shares.items()
    }
    more = count - panel.n_periods - panel.n_ahead
    padded = {
        name: np.pad(panel[name], ((0, 0), (0, more)), constant_values=np.nan)
        for name in panel.known
        if name not in shares and more
    }
    return panel.with_channels({**padded, **whole}, known=[*padded, *whole])


def _shares(
    panel: Panel, peaks: pd.DataFrame, count: int, half_life: float
) -> dict[str, NDArray[np.float64]]:
    """Return the channels' values, a number a period."""
    bounds = panel.calendar.label(panel.first + np.arange(count + 1)).astype("datetime64[D]")
    days = np.arange(bounds[0], bounds[-1])
    inside, presale = np.zeros(len(days), dtype=bool), np.zeros(len(days), dtype=bool)
    since = np.full(len(days), np.inf)
    for row in peaks[["presale", "start", "end"]].to_dict("records"):
        start, end = (np.datetime64(row[name], "D") for name in ("start", "end"))
        inside |= (days >= start) & (days <= end)
        if not pd.isna(row["presale"]):
            presale |= (days >= np.datetime64(row["presale"], "D")) & (days < start)
        past = (days - end).astype(np.int64)
        since = np.where(past > 0, np.minimum(since, past), since)
    after = np.where(inside, 0.0, 0.5 ** ((since - 1) / half_life))
    lengths = np.diff(bounds).astype(np.int64)
    starts = np.cumsum(lengths) - lengths
    values = {"peak": inside, "peak_presale": presale & ~inside, "peak_after": after}
    return {
        name: np.add.reduceat(np.asarray(value, dtype=np.float64), starts) / lengths
        for name, value in values.items()
    }
