"""What is left of a channel once the SKU, its style and the time are taken out.

A season, a weekday or a promotion moves views and sales alike and makes every signal look like a
leader. Each cell is therefore compared with what its group had in that period, times the series'
usual part of its group. A common movement is in both and drops out.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.checks import BoolArray
from c2m.frames import text_codes
from c2m.panel import Panel
from c2m.signals.pooling import Floats, Groups

_LEAST_MEMBERS: Final = 3
_FARTHEST: Final = 5.0
"""Deviations beyond so many standard deviations are taken as so many: one bought burst of views
must not outweigh a year."""


def choose_groups(panel: Panel) -> tuple[str | None, Groups]:
    """Group series with those that move with them: the finest attribute with three members each.

    Parameters
    ----------
    panel : Panel
        Its attributes, and its keys besides the SKU.

    Returns
    -------
    str, optional
        The column; None where all series are one group.
    ndarray of int, shape (n_series,)
        Group of each series.
    """
    table = pd.concat([panel.keys.drop(columns="sku"), panel.attributes], axis=1)
    best, most, name = np.zeros(panel.n_series, dtype=np.intp), 1, None
    for column in table.columns:
        values = table[column]
        if pd.api.types.is_float_dtype(values.dtype) or values.isna().any():
            continue
        if pd.api.types.is_datetime64_any_dtype(values.dtype):
            continue
        codes, levels = pd.factorize(text_codes(values), sort=True)
        if most < len(levels) <= panel.n_series / _LEAST_MEMBERS:
            best, most, name = np.asarray(codes, dtype=np.intp), len(levels), str(column)
    return name, best


def sellable(panel: Panel, name: str, least: float = 1.0) -> Floats:
    """Return a channel, unknown where the series could not be bought all the time.

    A burst of demand empties the shelf, and nothing is sold after it: without this, a lead looks
    shorter than it is, and a stock-out like a fall of demand.

    Parameters
    ----------
    panel : Panel
        With ``in_stock`` and ``on_sale`` where they are known.
    name : str
        The channel.
    least : float
        Share of the period from which on it counts as all the time.

    Returns
    -------
    ndarray, shape (n_series, n_periods)
        Its observed values.
    """
    values = panel[name][:, : panel.n_periods].astype(np.float64)
    for share in ("in_stock", "on_sale"):
        if share in panel:
            values = np.where(panel[share][:, : panel.n_periods] < least, np.nan, values)
    return values


@dataclass(frozen=True)
class Deviations:
    """Standardised deviations of one channel.

    Parameters
    ----------
    cells : ndarray, shape (n_series, n_periods)
        0 where unknown or without meaning.
    used : ndarray of bool, shape (n_series,)
        Series that have any.
    clipped : int
        Cells that were farther out than is counted.
    """

    cells: Floats
    used: BoolArray
    clipped: int


def deviations(channel: Floats, groups: Groups, fit_on: int | None = None) -> Deviations:
    """Take series, group and period out of a channel of counts.

    ``(count - expected) / sqrt(expected)``, with ``expected = part of the series in its group *
    total of the group in the period``.

    Parameters
    ----------
    channel : ndarray, shape (n_series, n_periods)
        Counts; NaN where unknown.
    groups : ndarray of int, shape (n_series,)
        Group of each series.
    fit_on : int, optional
        Periods from which the parts are found; all unless given.

    Returns
    -------
    Deviations
        What is left, scaled to a variance of about 1 within each series.
    """
    known = ~np.isnan(channel)
    count = np.where(known, channel, 0.0).astype(np.float64)
    n_groups = int(groups.max()) + 1
    total = np.zeros((n_groups, count.shape[1]))
    np.add.at(total, groups, count)
    stop = fit_on or count.shape[1]
    base = np.where(known, total[groups], 0.0)[:, :stop].sum(axis=1)
    part = np.divide(count[:, :stop].sum(axis=1), base, out=np.zeros(len(count)), where=base > 0)
    expected = part[:, None] * total[groups]
    # parts of a group need not add up to 1 where series come and go: scale them period by period
    claimed = np.zeros_like(total)
    np.add.at(claimed, groups, np.where(known, expected, 0.0))
    ratio = np.divide(total, claimed, out=np.ones_like(total), where=claimed > 0)
    expected *= ratio[groups]
    left = known & (expected > 0)
    rest = np.zeros_like(count)
    rest[left] = (count[left] - expected[left]) / np.sqrt(expected[left])
    cells = np.maximum(left.sum(axis=1, keepdims=True), 1)
    rest = np.where(left, rest - rest.sum(axis=1, keepdims=True) / cells, 0.0)
    spread = np.sqrt((rest**2).sum(axis=1, keepdims=True) / cells)
    far = np.abs(rest) > _FARTHEST * spread
    rest = np.clip(rest, -_FARTHEST * spread, _FARTHEST * spread)
    scaled = np.divide(rest, spread, out=np.zeros_like(rest), where=spread > 0)
    return Deviations(scaled, spread[:, 0] > 0, int(np.count_nonzero(far)))


def cross_products(sales: Floats, signal: Floats, max_lag: int) -> tuple[Floats, NDArray[np.int64]]:
    """Return each series' products of sales with the signal of other periods.

    Parameters
    ----------
    sales, signal : ndarray, shape (n_series, n_periods)
        Deviations.
    max_lag : int
        Farthest lag.

    Returns
    -------
    ndarray, shape (n_series, 2 * max_lag + 1)
        ``sum over t of sales[t] * signal[t - lag]``, lags from ``-max_lag`` to ``max_lag``.
    ndarray, shape (2 * max_lag + 1,)
        The lags.
    """
    lags = np.arange(-max_lag, max_lag + 1, dtype=np.int64)
    n_periods = sales.shape[1]
    products = np.zeros((len(sales), len(lags)))
    for place, lag in enumerate(range(-max_lag, max_lag + 1)):
        low, high = max(0, lag), n_periods + min(0, lag)
        now, then = sales[:, low:high], signal[:, low - lag : high - lag]
        products[:, place] = np.einsum("st,st->s", now, then) * n_periods / (high - low)
    return products, lags
