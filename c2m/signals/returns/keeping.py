"""Kept units: sales without those that came back, and those that still will."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from c2m.errors import ArgumentError, warn
from c2m.frames import name_list
from c2m.panel import Panel
from c2m.signals.pooling import Groups
from c2m.signals.returns.cohorts import Floats

if TYPE_CHECKING:
    from c2m.signals.returns.result import Returns


def add_kept(returns: "Returns", panel: Panel) -> Panel:
    """Add ``kept`` and ``kept_sd``; see `Returns.kept`.

    Parameters
    ----------
    returns : Returns
        Rates, delays and cohorts.
    panel : Panel
        With sales.

    Returns
    -------
    Panel
        With the two channels.
    """
    _check(returns, panel)
    row = _rows_of(returns, panel)
    column = _columns_of(returns, panel)
    parts = _kept_units(returns)
    used_rows, used_columns = np.flatnonzero(row >= 0), np.flatnonzero(column >= 0)
    shape = (panel.n_series, panel.n_periods)
    sold, kept, variance = (np.zeros(shape) for _ in range(3))
    for total, part in zip((sold, kept, variance), parts, strict=True):
        by_period = np.zeros((len(used_rows), panel.n_periods))
        np.add.at(by_period.T, column[used_columns], part[used_rows][:, used_columns].T)
        np.add.at(total, row[used_rows], by_period)
    rate, rate_sd = _rates_of(returns, panel, row)
    share = np.where(sold > 0, kept / np.maximum(sold, 1e-12), 1 - rate[:, None])
    sales = panel["sales"].astype(np.float64)
    unseen = sales * rate[:, None] * (1 - rate[:, None]) + (sales * rate_sd[:, None]) ** 2
    scale = sales / np.maximum(sold, 1e-12)
    spread = np.where(sold > 0, variance * scale**2, unseen)
    return panel.with_channels({"kept": sales * share, "kept_sd": np.sqrt(spread)})


def _check(returns: "Returns", panel: Panel) -> None:
    if "sales" not in panel:
        raise ArgumentError("Expected a panel with a channel 'sales'.")
    absent = [name for name in panel.keys.columns if name not in returns.keys.columns]
    if absent:
        raise ArgumentError(
            f"The panel's series have {name_list(absent)} in their keys, these returns have not; "
            f"fit them with key={tuple(panel.keys.columns)}."
        )
    after = panel.calendar.label(panel.first + panel.n_periods + 1)
    if returns.cutoff >= pd.Timestamp(str(after)) - pd.Timedelta(days=1):
        raise ArgumentError(
            f"These returns know what happened up to {returns.cutoff:%Y-%m-%d}, after the panel's "
            f"cutoff {panel.cutoff:%Y-%m-%d}. Fit them with as_of= that time."
        )
    daily = returns.cohorts.calendar.freq == "D"
    if not daily and panel.calendar != returns.cohorts.calendar:
        raise ArgumentError(
            f"These returns were fitted to periods of freq {returns.cohorts.calendar.freq!r}, the "
            f"panel has {panel.freq!r}; fit them to a panel of that freq, or to the events."
        )


def _rows_of(returns: "Returns", panel: Panel) -> Groups:
    """Return for each series of the returns its series in the panel, -1 where there is none."""
    names = list(panel.keys.columns)
    place = pd.Series(range(panel.n_series), index=pd.MultiIndex.from_frame(panel.keys))
    wanted = pd.MultiIndex.from_frame(returns.keys[names])
    return place.reindex(wanted).fillna(-1).to_numpy().astype(np.intp)


def _columns_of(returns: "Returns", panel: Panel) -> Groups:
    """Return for each step of the returns its period in the panel, -1 where there is none."""
    cohorts = returns.cohorts
    steps = cohorts.calendar.label(np.arange(cohorts.first, cohorts.first + cohorts.n_steps))
    bounds = panel.calendar.label([panel.first, panel.first + panel.n_periods])
    inside = (steps >= bounds[0]) & (steps < bounds[1])
    column = np.full(cohorts.n_steps, -1, dtype=np.intp)
    column[inside] = panel.calendar.ordinal(steps[inside]) - panel.first
    return column


def _kept_units(returns: "Returns") -> tuple[Floats, Floats, Floats]:
    """Return units sold, kept, and the variance of those kept, (n_series, n_steps) each.

    The variance is that of a binomial count, and of its chance, which hangs on the rate and on
    the share G of the returns that come by an age; a series' steps share both errors.
    """
    cohorts = returns.cohorts
    waiting = cohorts.sold - cohorts.back
    chance = returns.chance_to_come()
    kept = waiting * (1 - chance)
    seen = np.minimum(np.cumsum(returns.curves.delay, axis=1), 1.0)[:, cohorts.ages]
    rate = np.minimum(returns.rate, 1 - 1e-9)[:, None]
    by_rate = (1 - seen) / (1 - rate * seen) ** 2 * returns.rate_sd[:, None]
    curve_sd = np.sqrt(seen * (1 - seen) / (returns.curves.weight[:, None] + 1))
    by_curve = rate * (1 - rate) / (1 - rate * seen) ** 2 * curve_sd
    variance = waiting * chance * (1 - chance) + waiting**2 * (by_rate**2 + by_curve**2)
    return cohorts.sold, kept, variance


def _rates_of(returns: "Returns", panel: Panel, row: Groups) -> tuple[Floats, Floats]:
    """Return the rate of every series of the panel: its own, that of its group, or that of all."""
    sold = returns.cohorts.sold.sum(axis=1)
    weight = np.maximum(sold, 1e-9)
    used = np.flatnonzero(row >= 0)
    total = np.bincount(row[used], weights=weight[used], minlength=panel.n_series)
    parts = np.bincount(row[used], weights=(weight * returns.rate)[used], minlength=panel.n_series)
    spread = np.bincount(
        row[used], weights=(weight * returns.rate_sd)[used], minlength=panel.n_series
    )
    new = total <= 0
    rate, sd = parts / np.maximum(total, 1e-12), spread / np.maximum(total, 1e-12)
    if new.any():
        first = panel.keys.loc[new].iloc[0].to_list()
        warn(
            f"{int(new.sum()):,} of {panel.n_series:,} series of the panel have no sales in these "
            f"returns (first {name_list(first)}): their group's rate is taken."
        )
        rate[new], sd[new] = _group_rates(returns, panel, weight)[0][new], 0.0
        sd[new] = _group_rates(returns, panel, weight)[1][new]
    return rate, sd


def _group_rates(returns: "Returns", panel: Panel, weight: Floats) -> tuple[Floats, Floats]:
    table = pd.concat([panel.keys, panel.attributes], axis=1)
    names = [name for name in returns.pooled_by if name in table.columns]
    frame = returns.groups.assign(rate_=returns.rate, weight_=weight)
    overall = float(np.average(returns.rate, weights=weight))
    scatter = float(np.sqrt(np.average((returns.rate - overall) ** 2, weights=weight)))
    if not names:
        return np.full(panel.n_series, overall), np.full(panel.n_series, scatter)
    frame["part_"] = frame["rate_"] * frame["weight_"]
    sums = frame.groupby(names, observed=True)[["part_", "weight_"]].sum()
    known = (sums["part_"] / sums["weight_"]).rename("rate_").reset_index()
    found = table[names].astype("str").merge(known, on=names, how="left")["rate_"]
    return found.fillna(overall).to_numpy(np.float64), np.full(panel.n_series, scatter)
