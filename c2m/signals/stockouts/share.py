"""The share of each period in which a series was in stock."""

from dataclasses import dataclass, field
from html import escape
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.errors import ArgumentError, warn
from c2m.panel import Panel
from c2m.periods import Calendar
from c2m.signals.stockouts.stream import IN_STOCK, IN_STOCK_DEMAND

FloatArray = NDArray[np.float64]

_PERCENT: Final = 100


@dataclass(frozen=True, eq=False, repr=False)
class StockShare:
    """In-stock shares of series and periods. Make one with `c2m.signals.stock_share`.

    Parameters
    ----------
    keys : DataFrame, n_series rows
        ``sku``, and where series are per location, ``location``; sorted.
    calendar : Calendar
        The periods.
    first : int
        The calendar's number of the first period.
    share : ndarray, shape (n_series, n_periods)
        Share of the period's time in stock: the mean over its days of which anything is known,
        each from 0 to 1. NaN where nothing is.
    demand_share : ndarray, shape (n_series, n_periods)
        The same with each hour weighted by its part in a day's demand; NaN throughout where the
        times of day are not known (snapshots).
    tz : str
        The zone whose days are meant.
    """

    keys: pd.DataFrame = field(repr=False)
    calendar: Calendar
    first: int
    share: FloatArray
    demand_share: FloatArray
    tz: str

    def __repr__(self) -> str:
        """Say what it is in one line."""
        known = ~np.isnan(self.share)
        out = known & (self.share < 1)
        part = float(out.sum()) / max(1, int(known.sum()))
        return (
            f"StockShare({len(self.keys):,} series x {self.share.shape[1]:,} "
            f"{self.calendar.freq} periods, {_PERCENT * part:.1f} % of the known ones with a "
            "stock-out)"
        )

    def _repr_html_(self) -> str:
        """Return the first and the last series by period as HTML for a notebook."""
        names = pd.MultiIndex.from_frame(self.keys)
        table = pd.DataFrame(self.share, index=names, columns=self.periods.date)
        shown = table.to_html(max_rows=10, max_cols=10, float_format="{:.2f}".format)
        return f"<div><p><code>{escape(repr(self))}</code></p>{shown}</div>"

    @property
    def periods(self) -> pd.DatetimeIndex:
        """Labels of the periods."""
        return self.calendar.labels(self.first, self.share.shape[1])

    def to_frame(self) -> pd.DataFrame:
        """Return a long table.

        Returns
        -------
        DataFrame, a row a series and period
            Key columns, ``period``, ``in_stock``, ``in_stock_demand``.
        """
        n_periods = self.share.shape[1]
        frame = self.keys.loc[self.keys.index.repeat(n_periods)].reset_index(drop=True)
        frame["period"] = np.tile(self.periods.to_numpy(), len(self.keys))
        frame[IN_STOCK] = self.share.reshape(-1)
        frame[IN_STOCK_DEMAND] = self.demand_share.reshape(-1)
        return frame

    def summary(self) -> pd.Series:
        """Count the cells that are known, in stock throughout, in part and not at all.

        Returns
        -------
        Series
            ``series``, ``periods``, ``unknown``, ``in_stock``, ``part``, ``out`` (cells), and
            ``mean_share``.
        """
        known = ~np.isnan(self.share)
        cells = {
            "series": len(self.keys),
            "periods": self.share.shape[1],
            "unknown": np.count_nonzero(~known),
            "in_stock": np.count_nonzero(self.share == 1),
            "part": np.count_nonzero((self.share > 0) & (self.share < 1)),
            "out": np.count_nonzero(self.share == 0),
            "mean_share": float(self.share[known].mean()) if known.any() else np.nan,
        }
        return pd.Series(cells)

    def add_to(self, panel: Panel) -> Panel:
        """Return a panel with these shares as its ``in_stock`` and ``in_stock_demand``.

        Parameters
        ----------
        panel : Panel
            Of the same calendar. Series are matched by the key columns that both have, so shares
            per SKU go to every channel of a panel.

        Returns
        -------
        Panel
            Its series without shares, and its periods outside theirs, are unknown.

        Raises
        ------
        ArgumentError
            If the calendars differ, or the shares are finer than the series of the panel.

        Warns
        -----
        C2MWarning
            If series of the panel have no shares.
        """
        names = list(self.keys.columns)
        if panel.calendar != self.calendar or not set(names) <= set(panel.keys.columns):
            raise ArgumentError(
                f"Expected a panel of freq {self.calendar.freq!r} with the keys {names}, got "
                f"{panel.freq!r} and {list(panel.keys.columns)}. Pass freq= and key= to "
                "stock_share."
            )
        rows = pd.MultiIndex.from_frame(self.keys).get_indexer(
            pd.MultiIndex.from_frame(panel.keys[names])
        )
        if (rows < 0).any():
            warn(
                f"{np.count_nonzero(rows < 0):,} of {panel.n_series:,} series have no shares in "
                f"stock (first {panel.skus[int(np.argmax(rows < 0))]!r}): theirs are unknown."
            )
        channels = {IN_STOCK: self._on(panel, rows, self.share)}
        if not np.isnan(self.demand_share).all():
            channels[IN_STOCK_DEMAND] = self._on(panel, rows, self.demand_share)
        return panel.with_channels(channels)

    def _on(self, panel: Panel, rows: NDArray[np.intp], share: FloatArray) -> FloatArray:
        """Return shares in the shape of a panel."""
        columns = np.arange(panel.n_periods) + panel.first - self.first
        inside = (columns >= 0) & (columns < share.shape[1])
        found = np.full((panel.n_series, panel.n_periods), np.nan)
        placed = share[np.ix_(rows, np.where(inside, columns, 0))]
        found[:, inside] = placed[:, inside]
        found[rows < 0] = np.nan
        return found
