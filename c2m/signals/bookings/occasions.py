"""Occasions: a series and the period for which it is ordered ahead, and how its orders came in."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from c2m.checks import Check
from c2m.errors import ArgumentError, warn
from c2m.frames import name_list, read_frame, text_codes
from c2m.panel import Panel
from c2m.periods import Ordinals
from c2m.signals.pooling import Floats, Groups


@dataclass(frozen=True, eq=False)
class Occasions:
    """Advance orders by occasion.

    Parameters
    ----------
    series : ndarray of int, shape (n,)
        Row of the panel.
    target : ndarray of int, shape (n,)
        The calendar's number of the period that is ordered for.
    ahead : ndarray of int, shape (n,)
        Periods from the cutoff to the target; 0 or less: it is over.
    known : ndarray, shape (n, longest + 1)
        Orders that were in so many periods before the target; NaN where that is to come.
    final : ndarray, shape (n,)
        What came of it; NaN where that is to come.
    """

    series: Groups
    target: Ordinals
    ahead: Ordinals
    known: Floats
    final: Floats


def read_targets(panel: Panel, targets: object) -> tuple[Groups, Ordinals]:
    """Return series and period of every occasion.

    Parameters
    ----------
    panel : Panel
        The series.
    targets : date, str, mapping or DataFrame
        See `maturation`.

    Returns
    -------
    ndarray of int, shape (n,)
        Rows of the panel.
    ndarray of int, shape (n,)
        The calendar's numbers of the periods.

    Raises
    ------
    DataError, ArgumentError
        If they are no dates, or name no series.
    """
    frame = _target_frame(panel, targets)
    check = Check("targets", frame)
    if not (check.columns(["sku", "date"]) and check.not_empty()):
        check.done()
    day = pd.to_datetime(frame["date"], errors="coerce")
    check.rows(day.isna().to_numpy(), "has no date", "pass dates such as '2026-11-11'")
    check.done()
    sku = text_codes(frame["sku"])
    absent = sorted(set(sku) - set(panel.skus))
    if absent:
        warn(f"{len(absent):,} SKUs of targets are not in the panel: {name_list(absent)}.")
    period = panel.calendar.ordinal(day.to_numpy().astype("datetime64[D]"))
    wanted = pd.DataFrame({"sku": sku.to_numpy(), "period": period}).drop_duplicates()
    rows = pd.DataFrame({"sku": panel.skus, "row": range(panel.n_series)})
    both = wanted.merge(rows, on="sku").sort_values(["row", "period"])
    if both.empty:
        raise ArgumentError("Expected targets of SKUs that are in the panel, got none.")
    return both["row"].to_numpy(np.intp), both["period"].to_numpy(np.int64)


def _target_frame(panel: Panel, targets: object) -> pd.DataFrame:
    if isinstance(targets, str) and targets in panel.attributes.columns:
        frame = pd.DataFrame({"sku": panel.skus, "date": panel.attributes[targets]})
        return frame.dropna().drop_duplicates().reset_index(drop=True)
    if isinstance(targets, Mapping):
        return pd.DataFrame({"sku": list(targets), "date": list(targets.values())})
    if isinstance(targets, str | pd.Timestamp | list | tuple | pd.DatetimeIndex):
        dates = [targets] if isinstance(targets, str | pd.Timestamp) else list(targets)
        skus = sorted(set(panel.skus))
        return pd.DataFrame({"sku": np.repeat(skus, len(dates)), "date": dates * len(skus)})
    return read_frame(targets, "targets")


def collect(
    panel: Panel,
    advance: str,
    final: str | None,
    where: tuple[Groups, Ordinals],
    longest: int,
) -> Occasions:
    """Add advance orders up towards each target.

    Parameters
    ----------
    panel : Panel
        The counts.
    advance : str
        Channel of the advance orders.
    final : str, optional
        Channel whose value in the target period is the final total; the advance orders' own
        total unless given.
    where : (ndarray, ndarray)
        Series and period of each occasion.
    longest : int
        Periods before the target from which on orders count.

    Returns
    -------
    Occasions
        Those that lie within the panel, and those to come.

    Warns
    -----
    C2MWarning
        If occasions are left out.
    """
    series, target = where
    ahead = target - (panel.first + panel.n_periods - 1)
    known = np.full((len(series), longest + 1), np.nan)
    orders = _filled(panel[advance][:, : panel.n_periods].astype(np.float64))
    running = np.cumsum(orders, axis=1)
    before = np.concatenate([np.zeros((len(running), 1)), running], axis=1)
    at = target - panel.first  # position of the target period
    start = at - longest  # position of the first period that counts
    for lead in range(longest + 1):
        stop = at - lead
        seen = (stop >= 0) & (stop < panel.n_periods) & (start >= 0)
        rows = np.flatnonzero(seen)
        known[rows, lead] = before[series[rows], stop[rows] + 1] - before[series[rows], start[rows]]
    total = _final(panel, known, series, at, final)
    early = start < 0
    partly = early | (ahead <= 0) & (np.isnan(total) | np.isnan(known).any(axis=1))
    if partly.any():
        warn(
            f"{int(partly.sum()):,} of {len(partly):,} occasions are left out: the panel does not "
            f"know the {longest} periods before them, or what came of them."
        )
    keep = ~partly
    return Occasions(series[keep], target[keep], ahead[keep], known[keep], total[keep])


def _filled(orders: Floats) -> Floats:
    """Take what is unknown before a series' first value as none; other gaps stay unknown."""
    begun = np.cumsum(~np.isnan(orders), axis=1) > 0
    return np.where(begun, orders, 0.0)


def _final(panel: Panel, known: Floats, series: Groups, at: Ordinals, final: str | None) -> Floats:
    over = at < panel.n_periods
    if final is None:
        return np.where(over, known[:, 0], np.nan)
    total = np.full(len(at), np.nan)
    rows = np.flatnonzero(over & (at >= 0))
    total[rows] = panel[final][series[rows], at[rows]]
    return total
