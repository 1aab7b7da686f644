"""What a panel says of stock-outs, as arrays to reckon with."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from c2m.checks import BoolArray
from c2m.errors import ArgumentError, DataError, warn
from c2m.frames import did_you_mean, name_list
from c2m.panel import Panel
from c2m.signals.stockouts.rates import FloatArray, Setting
from c2m.signals.stockouts.stream import IN_STOCK, IN_STOCK_DEMAND

Unknown = Literal["observed", "unknown"]
"""What a cell without an in-stock share is taken for."""

ON_SALE: Final = "on_sale"

_CATEGORIES: Final = ("category", "department")
_HALF_LIVES: Final = {"D": (28.0, 3.0), "W": (8.0, 2.0)}
_MOST_LEVELS: Final = 12


@dataclass(frozen=True)
class Cells:
    """Sales and stock of every series and period; arrays have the shape (n_series, n_periods).

    Parameters
    ----------
    sales : ndarray
        Units; 0 where unknown.
    known : ndarray of bool
        Where sales and stock are known, and the series was not closed (``on_sale`` of 0).
    share : ndarray
        Share of the period's demand that could be served, 0 to 1; 1 where unknown.
    views : ndarray, optional
        Views; NaN where unknown.
    """

    sales: FloatArray
    known: BoolArray
    share: FloatArray
    views: FloatArray | None

    @property
    def censored(self) -> BoolArray:
        """Where some of the demand could not be served."""
        return self.known & (self.share < 1)

    @property
    def exposure(self) -> FloatArray:
        """Share that could be served, 0 where nothing is known or sales deny the share.

        A share of 0 beside sales says no more than that the SKU ran out on that day.
        """
        return np.where(self.known & ~self.denied, self.share, 0.0)

    @property
    def denied(self) -> BoolArray:
        """Where something was sold of what is said to have been out the whole time."""
        return np.asarray(self.known & (self.share == 0) & (self.sales > 0))


def read_cells(panel: Panel, views: str | None, unknown: Unknown | None) -> Cells:
    """Read sales, shares and views of a panel.

    Parameters
    ----------
    panel : Panel
        With ``sales`` and ``in_stock`` or ``in_stock_demand``.
    views : str, optional
        The channel of views, used where the panel has it.
    unknown : {"observed", "unknown"}, optional
        What a cell with sales and without a share is taken for.

    Returns
    -------
    Cells
        The arrays.

    Raises
    ------
    DataError
        If the panel has no sales or no shares.

    Warns
    -----
    C2MWarning
        If `unknown` is not given and matters, or the share of time stands for that of demand.
    """
    absent = [name for name in ("sales",) if name not in panel]
    if absent or not {IN_STOCK, IN_STOCK_DEMAND} & set(panel.channels):
        problem = "there is no channel 'sales'" if absent else "there is no channel 'in_stock'"
        raise DataError(
            "panel",
            [problem],
            "build it with build_panel(events, stock='changes') from a log that tells of stock, or "
            "add shares with stock_share(...).add_to(panel)",
        )
    sales = _observed(panel, "sales")
    share = _observed(panel, IN_STOCK) if IN_STOCK in panel else np.full(sales.shape, np.nan)
    if IN_STOCK_DEMAND in panel:
        weighted = _observed(panel, IN_STOCK_DEMAND)
        share = np.where(np.isnan(weighted), share, weighted)
    elif np.any((share > 0) & (share < 1)):
        warn(
            "There is no channel 'in_stock_demand': the share of time in stock stands for the "
            "share of demand, which is wrong where people buy at some hours more than at others. "
            "build_panel(stock='changes') and stock_share(profile=...) make it."
        )
    known = ~np.isnan(sales)
    if ON_SALE in panel:
        known &= ~(_observed(panel, ON_SALE) == 0)
    if _leave_unknown(known & np.isnan(share), unknown):
        known &= ~np.isnan(share)
    return Cells(
        sales=np.where(known, sales, 0.0),
        known=known,
        share=np.where(np.isnan(share), 1.0, share),
        views=_observed(panel, views) if views is not None and views in panel else None,
    )


def _leave_unknown(doubtful: BoolArray, unknown: Unknown | None) -> bool:
    """Say whether demand is unknown where nobody says whether a series was in stock."""
    if unknown not in {None, "observed", "unknown"}:
        raise ArgumentError(f"Expected unknown 'observed' or 'unknown', got {unknown!r}.")
    if unknown is None and doubtful.any():
        warn(
            f"{np.count_nonzero(doubtful):,} of {doubtful.size:,} cells have sales but no in_stock "
            "and count as in stock: their demand is their sales. Pass unknown='observed' if that "
            "is meant, or unknown='unknown' to leave their demand unknown."
        )
    return unknown == "unknown"


def _observed(panel: Panel, name: str) -> FloatArray:
    return np.asarray(panel[name][:, : panel.n_periods], dtype=np.float64)


def read_setting(
    panel: Panel,
    style: str | None,
    category: str | None,
    drivers: Sequence[str] | None,
    half_life: float | None,
) -> Setting:
    """Return what the rates of a panel are made of.

    Parameters
    ----------
    panel : Panel
        The panel.
    style, category : str, optional
        Attributes; ``category`` or ``department`` unless given. Those that it has not are not
        used.
    drivers : sequence of str, optional
        Channels whose levels move demand; ``("promotion",)`` where there is one unless given.
    half_life : float, optional
        In periods; 28 days or 8 weeks unless given.

    Returns
    -------
    Setting
        The setting.

    Raises
    ------
    ArgumentError
        If the panel has no such channel.
    """
    if drivers is None:
        drivers = [name for name in ("promotion",) if name in panel]
    absent = [name for name in drivers if name not in panel]
    if absent or isinstance(drivers, str):
        raise ArgumentError(
            f"Expected drivers to be channels, got {drivers!r}"
            f"{did_you_mean(absent[0], panel.channels) if absent else ''}; there are "
            f"{name_list(panel.channels)}."
        )
    if half_life is not None and not half_life > 0:
        raise ArgumentError(f"Expected half_life above 0, got {half_life!r}.")
    if category is None:
        category = next((name for name in _CATEGORIES if name in panel.attributes), None)
    named = [name for name in (category, style) if name is not None and name in panel.attributes]
    groups = tuple(numbers(panel, [name]) for name in named)
    own, season = _HALF_LIVES.get(panel.freq.partition("-")[0], (6.0, 2.0))
    daily = panel.freq == "D"
    weekday = (panel.first + np.arange(panel.n_periods)) % 7 if daily else np.zeros(panel.n_periods)
    return Setting(
        groups=tuple(group for group in groups if group.max() > 0),
        drivers=_levels(panel, drivers),
        weekday=weekday.astype(np.intp),
        half_life=own if half_life is None else half_life,
        season_half_life=season,
    )


def numbers(panel: Panel, names: Sequence[str]) -> NDArray[np.intp]:
    """Return numbers for the groups of series that share some attributes or keys.

    Parameters
    ----------
    panel : Panel
        The panel.
    names : sequence of str
        Attributes or key columns.

    Returns
    -------
    ndarray of int, shape (n_series,)
        0, 1, ...; series without an attribute are a group of their own.
    """
    found = {
        name: (panel.attributes if name in panel.attributes else panel.keys)[name].to_numpy()
        for name in names
    }
    grouped = panel.keys.assign(**{f"by {name}": values for name, values in found.items()})
    by = [f"by {name}" for name in names]
    return np.asarray(grouped.groupby(by, dropna=False, sort=True).ngroup(), dtype=np.intp)


def _levels(panel: Panel, drivers: Sequence[str]) -> NDArray[np.intp]:
    """Return the level of the drivers in each cell, the commonest being 0."""
    level = np.zeros((panel.n_series, panel.n_periods), dtype=np.intp)
    for name in drivers:
        values = _observed(panel, name)
        known = np.unique(values[~np.isnan(values)])
        if len(known) > _MOST_LEVELS:
            known = np.unique(np.quantile(known, np.linspace(0, 1, _MOST_LEVELS + 1)[:-1]))
        place = np.searchsorted(known, np.nan_to_num(values), side="right")
        level = level * (_MOST_LEVELS + 2) + np.where(np.isnan(values), 0, place)
    _, codes, counts = np.unique(level, return_inverse=True, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    rank = np.empty(len(order), dtype=np.intp)
    rank[order] = np.arange(len(order))
    return rank[codes.reshape(level.shape)]
