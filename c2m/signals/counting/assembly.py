"""The last step of counting: from a ledger of periods to the arrays of a panel."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.checks import Check
from c2m.errors import DataError, warn
from c2m.frames import did_you_mean, name_list, read_frame, text_codes
from c2m.panel import Panel
from c2m.periods import Calendar, Ordinals
from c2m.signals.counting.coarse import Counts, Household, Links, coarse_name
from c2m.signals.counting.ledger import (
    ACTIVE,
    RAW,
    SOLD_PRICED,
    STOCK_DAYS,
    UNPRICED,
    Layout,
    Ledger,
)
from c2m.signals.identity.levels import word
from c2m.signals.schema import EVENT_TYPES

_STOCK: Final = ("in_stock", "in_stock_demand")
_FIX_NAMELESS: Final = "count events with a SKU, or pass catalogue=, if they name products"
_MOST_EMPTY: Final = 400
"""Periods from which on a log with nine of ten of them empty is taken to have wrong dates."""


@dataclass(frozen=True)
class Span:
    """The days and periods that a log covers.

    Parameters
    ----------
    first_day, last_day : int
        Days since 1970-01-01.
    first, n_periods : int
        The periods that are kept.
    partial : tuple of int
        Numbers of the periods that the days cover only in part.
    """

    first_day: int
    last_day: int
    first: int
    n_periods: int
    partial: tuple[int, ...]


def find_span(
    calendar: Calendar,
    days: Mapping[int, int],
    limits: tuple[int, int] | None,
    partial_period: Literal["drop", "keep"],
    today: int | None = None,
) -> Span:
    """Return the periods that the log covers.

    Parameters
    ----------
    calendar : Calendar
        The periods.
    days : mapping of int to int
        Days with events.
    limits : (int, int), optional
        First and last day, as the caller knows them.
    partial_period : {"drop", "keep"}
        Whether periods that are covered in part are kept.
    today : int, optional
        The day of the moment as of which the events were known; it was not over yet.

    Returns
    -------
    Span
        The span.

    Raises
    ------
    DataError
        If there is no event, or no whole period.
    """
    if not days:
        raise DataError("events", ["no event is left to count"], "check kinds=, span= and as_of=")
    first_day, last_day = limits or (min(days), max(days))
    over = last_day if today is None else min(last_day, today - 1)
    last_day = min(last_day, max(over, *days))
    low, high = (int(calendar.ordinal(np.datetime64(day, "D"))) for day in (first_day, last_day))
    partial = []
    if _day(calendar, low) < first_day:
        partial.append(low)
    if _day(calendar, high + 1) > over + 1 and high not in partial:
        partial.append(high)
    first, last = low, high
    if partial_period == "drop":
        first, last = low + (low in partial), high - (high in partial and high > low)
    if first > last:
        covered = f"{np.datetime64(first_day, 'D')} to {np.datetime64(last_day, 'D')}"
        raise DataError(
            "events",
            [f"it covers {covered}, which is no whole period of freq {calendar.freq!r}"],
            "pass a longer log, span= with the days it covers, or partial_period='keep'",
        )
    _refuse_stray_dates(calendar, days, first, last)
    return Span(first_day, last_day, first, last - first + 1, tuple(partial))


def _day(calendar: Calendar, period: int) -> int:
    return int(calendar.label(period).astype(np.int64))


def _refuse_stray_dates(calendar: Calendar, days: Mapping[int, int], first: int, last: int) -> None:
    """Stop where a few wrong dates would make a panel of empty periods."""
    n_periods = last - first + 1
    busy = len(np.unique(calendar.ordinal(np.array(sorted(days)).astype("datetime64[D]"))))
    if n_periods > _MOST_EMPTY and busy < n_periods / 10:
        ordered = sorted(days)
        raise DataError(
            "events",
            [
                f"only {busy:,} of the {n_periods:,} periods from "
                f"{np.datetime64(ordered[0], 'D')} to {np.datetime64(ordered[-1], 'D')} have "
                "events: some dates are probably wrong"
            ],
            "pass span=(first, last) with the days that the log covers",
        )


def read_attributes(attributes: object) -> pd.DataFrame | None:
    """Check a table of attributes and return it by SKU.

    Parameters
    ----------
    attributes : DataFrame or other Arrow table, optional
        ``sku`` and other columns, a row a SKU.

    Returns
    -------
    DataFrame, optional
        The other columns; its index are the SKUs.

    Raises
    ------
    DataError
        If a SKU is missing or repeated.
    """
    if attributes is None:
        return None
    frame = read_frame(attributes, "attributes")
    check = Check("attributes", frame)
    if check.columns(["sku"]) and check.not_empty():
        check.codes("sku")
        check.unique(["sku"])
    check.done()
    return frame.drop(columns="sku").set_index(pd.Index(text_codes(frame["sku"]), name="sku"))


def assemble(
    household: Household,
    n_counted: int,
    ledger: Ledger,
    span: Span,
    calendar: Calendar,
    catalogue: pd.DataFrame | None,
    target: str,
    *,
    complete: bool,
    currency: str | None,
    zone: str,
) -> Panel:
    """Make the panel.

    Parameters
    ----------
    household : Household
        The series, and what they belong to.
    n_counted : int
        How many of them, the first ones, `ledger` holds.
    ledger : Ledger
        What was counted.
    span : Span
        The periods.
    calendar : Calendar
        The periods.
    catalogue : DataFrame, optional
        Attributes by SKU.
    target : str
        The channel to forecast.
    complete : bool
        Whether a period without events counts 0.
    currency : str, optional
        Of prices and revenue.
    zone : str
        The zone of the days.

    Returns
    -------
    Panel
        The panel; series that begin after its last period are left out.

    Raises
    ------
    DataError
        If the target was not counted.
    """
    names = channel_names(ledger)
    above = {level: channel_names(counts.ledger) for level, (counts, _) in household.levels.items()}
    _check_target(target, names, above)
    earliest = None if complete else span.first
    begun = _begin(household, n_counted, ledger, earliest)
    order = household.keys.sort_values(list(household.keys.columns), kind="stable").index.to_numpy()
    order = order[begun[order] < span.first + span.n_periods]
    if not len(order):
        raise DataError("events", ["no event is left in a whole period"], "pass a longer log")
    rows = np.full(len(household.keys), -1, dtype=np.intp)
    rows[order] = np.arange(len(order))
    layout = Layout(span.first, span.n_periods, rows[:n_counted], len(order))
    zeros = _known_zeros(layout, ledger, begun[order], complete=complete)
    channels = {name: _channel(name, layout, ledger, zeros) for name in names}
    for level, (counts, links) in household.levels.items():
        for name in above[level]:
            channels[coarse_name(level, name, RAW)] = _beside(
                name, counts, links[order], span, complete=complete
            )
    keys = household.keys.iloc[order].reset_index(drop=True)
    return Panel(
        keys=keys,
        calendar=calendar,
        first=span.first,
        n_periods=span.n_periods,
        channels=channels,
        target=target,
        attributes=attributes_of(catalogue, keys),
        currency=currency,
        tz=zone,
    )


def _check_target(target: str, names: Sequence[str], above: Mapping[str, Sequence[str]]) -> None:
    """Refuse a target that nothing fills."""
    coarse = {coarse_name(level, name, RAW): level for level in above for name in above[level]}
    if target in names or target in coarse:
        return
    known = [*names, *coarse]
    level = next((level for level in above if target in above[level]), None)
    if level is not None:
        fix = f"pass level={level!r}: {target!r} is known for each {word(level)} only"
    else:
        fix = f"pass target= with one of {name_list(known)}" if known else _FIX_NAMELESS
        fix += "; 'sales' are the units of purchase events" if target == "sales" else ""
    raise DataError(
        "events", [f"nothing fills the target {target!r}{did_you_mean(target, known)}"], fix
    )


def channel_names(ledger: Ledger) -> list[str]:
    """Return the channels that a ledger fills, those of units and money first.

    Parameters
    ----------
    ledger : Ledger
        What was counted.

    Returns
    -------
    list of str
        Names of channels; those without weights of trust come last.
    """
    units = [what.units for what in EVENT_TYPES.values() if what.units is not None]
    counts = [name for what in EVENT_TYPES.values() for name in (what.count, what.users) if name]
    order = dict.fromkeys(["sales", "returns", *units, "revenue", "price", *counts, *_STOCK])
    names = []
    for before in ("", RAW):
        sold = max(ledger.total(own + SOLD_PRICED) for own in (before, RAW))
        has_price = sold > 0  # a price that nobody trusted is a price
        names += [
            before + name
            for name in order
            if (has_price if name in {"revenue", "price"} else before + name in ledger.entries)
        ]
    return names


def _begin(household: Household, n_counted: int, ledger: Ledger, earliest: int | None) -> Ordinals:
    """Return the period in which each series begins: with an event of its own or of its product."""
    never = np.iinfo(np.int64).max
    begun = np.full(len(household.keys), never)
    begun[:n_counted] = _first_periods(ledger, n_counted, earliest)
    own = begun.copy()
    for counts, links in household.levels.values():
        first = np.append(_first_periods(counts.ledger, len(counts.series), earliest), never)
        begun = np.minimum(begun, first[links])
    early, only = int(np.count_nonzero(begun < own)), int(np.count_nonzero(own == never))
    if early and earliest is None:
        warn(
            f"{early:,} series begin with an event of what they belong to, before any of their own "
            f"({only:,} have none): from then on they count 0, as what is on sale and not bought."
        )
    return begun


def _first_periods(ledger: Ledger, n_series: int, earliest: int | None) -> Ordinals:
    """Return the period of each series' first event, of those from the earliest one on."""
    first = np.full(n_series, np.iinfo(np.int64).max)
    for entry in ledger.entries.get(ACTIVE, []):
        if earliest is None or entry.period >= earliest:
            first[entry.series] = np.minimum(first[entry.series], entry.period)
    return first


def _beside(
    name: str, counts: Counts, links: Links, span: Span, *, complete: bool
) -> NDArray[np.float32]:
    """Return a channel of what the series belong to, its number on each of them."""
    n_coarse = len(counts.series)
    layout = Layout(span.first, span.n_periods, np.arange(n_coarse), n_coarse)
    begun = _first_periods(counts.ledger, n_coarse, None if complete else span.first)
    zeros = _known_zeros(layout, counts.ledger, begun, complete=complete)
    unknown = np.full((1, span.n_periods), np.nan, dtype=np.float32)
    known = np.vstack([_channel(name, layout, counts.ledger, zeros), unknown])
    return np.asarray(known[links])  # [S, T]


def _known_zeros(
    layout: Layout, ledger: Ledger, begun: Ordinals, *, complete: bool
) -> NDArray[np.float32]:
    """Return 0 where no event means none, NaN where it means that nothing is known."""
    if complete:
        known = np.arange(layout.first, layout.first + layout.n_periods) >= begun[:, None]
    else:
        known = layout.dense(ledger, ACTIVE) > 0
    return np.where(known, np.float32(0), np.float32(np.nan))  # [S, T]


def _channel(
    name: str, layout: Layout, ledger: Ledger, zeros: NDArray[np.float32]
) -> NDArray[np.float32]:
    before, plain = (RAW, name.removeprefix(RAW)) if name.startswith(RAW) else ("", name)
    if plain == "price":
        array = layout.ratio(ledger, before + "revenue", before + SOLD_PRICED)
    elif plain in _STOCK:
        array = layout.ratio(ledger, plain, STOCK_DAYS)
    else:
        array = zeros.copy()
        layout.fill(array, ledger, name)
    if plain == "revenue":
        layout.unknow(array, ledger, UNPRICED)
    array.flags.writeable = False
    return array  # [S, T]


def attributes_of(catalogue: pd.DataFrame | None, keys: pd.DataFrame) -> pd.DataFrame:
    """Look up the attributes of every series.

    Parameters
    ----------
    catalogue : DataFrame, optional
        From `read_attributes`.
    keys : DataFrame, shape (n_series, n_keys)
        The series; a column ``sku``.

    Returns
    -------
    DataFrame, n_series rows
        Attributes; unknown where the catalogue lacks the SKU, which is told.
    """
    if catalogue is None:
        return pd.DataFrame(index=range(len(keys)))
    absent = ~keys["sku"].isin(catalogue.index)
    if absent.any():
        warn(
            f"{int(absent.sum()):,} of {len(keys):,} series have no row in attributes (first "
            f"{keys['sku'][absent].iloc[0]!r}): theirs are unknown."
        )
    return catalogue.reindex(keys["sku"]).reset_index(drop=True)
