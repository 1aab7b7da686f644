"""From the values of days to those of periods: what is unknown on a day is unknown in its sum."""

import numpy as np

from c2m.panel.channels import channel as channel_rule
from c2m.signals.reports.grid import FloatArray, Grid


def over_period(
    name: str, values: FloatArray, grid: Grid, *, zero: bool, sales: FloatArray | None
) -> FloatArray:
    """Combine the days of each period.

    Parameters
    ----------
    name : str
        The channel.
    values : ndarray, shape (n_rows,)
        Its values, NaN where unknown.
    grid : Grid
        Where the rows lie.
    zero : bool
        Whether a day without a row counts 0.
    sales : ndarray, shape (n_rows,), optional
        Units of the days, which weigh prices.

    Returns
    -------
    ndarray, shape (n_series, n_periods)
        Sums of counts, unknown where one of the days is. Prices are means over the units, other
        means over the days that are known.
    """
    rule = channel_rule(name)
    known = ~np.isnan(values)
    plain = np.where(known, values, 0.0)
    if name == "price" and sales is not None:
        weight = np.where(known & ~np.isnan(sales), sales, 0.0)
        return _ratio(grid.add(plain * weight), grid.add(weight))
    if rule.rollup == "mean":
        return _ratio(grid.add(plain), grid.add(known.astype(np.float64)))
    if rule.rollup == "max":
        return _largest(values, grid)
    rows, told = grid.add(np.ones(len(values))), grid.add(known.astype(np.float64))
    whole = told == (rows if zero else grid.expected())
    return np.where(whole & (grid.expected() > 0), grid.add(plain), np.nan)


def _ratio(above: FloatArray, below: FloatArray) -> FloatArray:
    ratio: FloatArray = np.full(above.shape, np.nan)
    np.divide(above, below, out=ratio, where=below > 0)
    return ratio


def _largest(values: FloatArray, grid: Grid) -> FloatArray:
    period = grid.period_of(grid.days)
    rows = np.flatnonzero((period >= 0) & (period < grid.n_periods) & ~np.isnan(values))
    largest = np.full(grid.shape, -np.inf)
    np.maximum.at(largest, (grid.series[rows], period[rows]), values[rows])
    return np.where(np.isneginf(largest), np.nan, largest)


def differences(values: FloatArray, grid: Grid) -> tuple[FloatArray, int]:
    """Turn a counter that only rises into counts a period.

    Parameters
    ----------
    values : ndarray, shape (n_rows,)
        The counter at the end of each day, NaN where unknown.
    grid : Grid
        Where the rows lie.

    Returns
    -------
    ndarray, shape (n_series, n_periods)
        What the counter rose by from the end of the period before to its own; unknown where one
        of the two is, and where it fell between them.
    int
        How often it fell.
    """
    order = np.lexsort((grid.days, grid.series))
    order = order[~np.isnan(values[order])]
    series, days, read = grid.series[order], grid.days[order], values[order]
    same = series[1:] == series[:-1]
    rise = read[1:] - read[:-1]
    after = np.minimum(days[:-1] + 1, grid.last_day)
    start, end = grid.period_of(after), grid.period_of(days[1:])
    fell = same & (rise < 0)
    inside = same & ~fell & (start == end) & (end >= 0) & (end < grid.n_periods)
    cell = series[1:][inside] * grid.n_periods + end[inside]
    size = grid.n_series * grid.n_periods
    counted = np.bincount(cell, rise[inside], minlength=size).reshape(grid.shape)
    told = np.bincount(cell, (days[1:] - days[:-1])[inside], minlength=size).reshape(grid.shape)
    return np.where(told == grid.lengths, counted, np.nan), int(np.count_nonzero(fell))
