"""What is taken for true demand, and in words why."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd

from c2m.checks import Check
from c2m.errors import ArgumentError, DataError
from c2m.frames import name_list, read_frame, share_of, text_codes
from c2m.panel import Panel
from c2m.periods import read_periods
from c2m.production.problem import FloatArray

if TYPE_CHECKING:
    from c2m.periods import Calendar

PanelAt: TypeAlias = Callable[[pd.Timestamp], Panel]
"""From a cutoff to the panel as it was known then."""

_SOLD_OUT = 0.999
"""Share of a period in stock below which a cell counts as sold out."""


@dataclass(frozen=True)
class Span:
    """The periods that are played.

    Parameters
    ----------
    calendar : Calendar
        How days make periods.
    first, count : int
        The calendar's number of the first one, and how many there are.
    """

    calendar: "Calendar"
    first: int
    count: int

    @property
    def labels(self) -> pd.DatetimeIndex:
        """Their first days."""
        return self.calendar.labels(self.first, self.count)


@dataclass(frozen=True)
class Story:
    """What the panel tells.

    Parameters
    ----------
    at : callable
        From a cutoff to what was known then.
    span : Span
        What is played.
    last : Panel
        What was known at the end.
    skus : list of str
        What is played, sorted.
    """

    at: PanelAt
    span: Span
    last: Panel
    skus: list[str] = field(default_factory=list)


def read_story(panel: Panel | PanelAt, start: object, stop: object | None) -> Story:
    """Find the periods that are played.

    Parameters
    ----------
    panel : Panel or callable
        See `c2m.rehearse.rehearse`.
    start, stop : date
        First and last period.

    Returns
    -------
    Story
        Checked.

    Raises
    ------
    ArgumentError
        If the periods are not those of the panel, or its rows are not by SKU alone.
    """
    if isinstance(panel, Panel):
        at: PanelAt = panel.upto
        last = panel if stop is None else panel.upto(_day(stop, "stop"))
    elif callable(panel) and stop is not None:
        at, last = panel, panel(_day(stop, "stop"))
    else:
        raise ArgumentError(
            "Expected a panel (c2m.Panel), or a function from a cutoff to the panel known then "
            f"with stop= as well, got {type(panel).__name__} and stop={stop!r}."
        )
    if not isinstance(last, Panel) or list(last.keys.columns) != ["sku"]:
        rows = f"rows by {name_list(last.keys.columns)}" if isinstance(last, Panel) else repr(last)
        raise ArgumentError(
            f"Expected a panel by 'sku' alone, got {rows}; use panel.rollup('sku')."
        )
    begin, end = _day(start, "start"), last.first + last.n_periods - 1
    first = int(last.calendar.ordinal([np.datetime64(begin, "D")])[0])
    if begin != pd.Timestamp(last.calendar.label([first])[0]) or not last.first < first <= end:
        inside = last.calendar.label([last.first + 1, end])
        raise ArgumentError(
            f"Expected start= as the first day of a period from {inside[0]} to {inside[1]}, with "
            f"history before it, got {begin.date()}."
        )
    span = Span(last.calendar, first, end - first + 1)
    return Story(at, span, last, last.skus)


def _day(value: object, name: str) -> pd.Timestamp:
    try:
        return pd.Timestamp(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise ArgumentError(f"Expected {name}= as a date, got {value!r}.") from None


def read_truth(story: Story, truth: object | None) -> tuple[FloatArray, str]:
    """Return true demand, and in words what it is.

    Parameters
    ----------
    story : Story
        What the panel tells.
    truth : DataFrame or ndarray, optional
        Given from outside.

    Returns
    -------
    units : ndarray, shape (n_skus, n_periods)
        What was wanted.
    words : str
        A sentence or two.
    """
    if truth is not None:
        units = read_units(truth, "truth", story)
        return units, f"True demand was given: {units.sum():,.0f} units."
    span, last = story.span, story.last
    name = "demand" if "demand" in last else last.target
    begin = span.first - last.first
    held = np.asarray(last[name][:, begin : begin + span.count], dtype=np.float64)
    below = held < 0
    if below.any():
        problem = f"{below.sum():,} of {below.size:,} values of {name!r} are below 0"
        raise DataError("panel", [problem], "pass gross demand: returns are a channel of their own")
    unknown = np.isnan(held)
    units = np.where(unknown, 0.0, held)
    words = [_source(story, name, units, begin)]
    if unknown.any():
        words.append(
            f"{share_of(int(unknown.sum()), unknown.size, 'cell', 'is')} unknown and taken as no "
            "demand."
        )
    return units, " ".join(words)


def _source(story: Story, name: str, units: FloatArray, begin: int) -> str:
    """Say which channel is taken, and how much of it was sold out."""
    last, count = story.last, story.span.count
    sold_out = np.zeros(units.shape, dtype=bool)
    if "in_stock" in last:
        sold_out = last["in_stock"][:, begin : begin + count] < _SOLD_OUT
    said = f"{share_of(int(sold_out.sum()), sold_out.size, 'cell', 'is')} sold out for a time"
    if "in_stock" not in last:
        said = "nothing says where a product was sold out, so nothing is added"
    if name == "demand":
        sales = last["sales"][:, begin : begin + count] if "sales" in last else units
        more = float(np.nansum(np.maximum(units - sales, 0.0)))
        return (
            f"True demand is the panel's channel 'demand', {units.sum():,.0f} units, of which "
            f"{more:,.0f} were estimated and not sold; {said}."
        )
    low = ", and there true demand was higher" if sold_out.any() else ""
    return (
        f"True demand is taken to be what was sold ({name!r}), {units.sum():,.0f} units; "
        f"{said}{low}."
    )


def read_units(given: object, name: str, story: Story) -> FloatArray:
    """Read units by SKU and period.

    Parameters
    ----------
    given : DataFrame, other Arrow table, or ndarray
        Columns ``sku``, ``period``, ``units`` for every SKU and period of the span; or an array
        with a row for each SKU, sorted.
    name : str
        Of the argument.
    story : Story
        SKUs and periods.

    Returns
    -------
    ndarray, shape (n_skus, n_periods)
        Units.

    Raises
    ------
    DataError
        If the table is wrong or has holes.
    ArgumentError
        If the array has another shape or unknown values.
    """
    shape = len(story.skus), story.span.count
    if isinstance(given, np.ndarray):
        units = np.asarray(given, dtype=np.float64)
        if units.shape != shape or not np.isfinite(units).all() or (units < 0).any():
            raise ArgumentError(
                f"Expected {name}= as finite units >= 0 of shape {shape} (SKUs x periods), got "
                f"shape {units.shape}."
            )
        return units
    table = read_frame(given, name)
    check = Check(name, table)
    if not (check.columns(["sku", "period", "units"]) and check.not_empty()):
        check.done()
    check.codes("sku")
    check.numbers("units", at_least=0)
    number = read_periods(check, "period", story.span.calendar, tz=None)
    check.done()
    check.unique(["sku", "period"], {"period": number})
    check.done()
    step = number - story.span.first
    row = pd.Index(story.skus).get_indexer(pd.Index(text_codes(table["sku"])))
    used = (row >= 0) & (step >= 0) & (step < shape[1])
    units = np.full(shape, np.nan if name == "truth" else 0.0)
    units[row[used], step[used]] = table["units"].to_numpy(dtype=np.float64)[used]
    holes = int(np.isnan(units).sum())
    if holes:
        problem = f"{share_of(holes, units.size, 'SKU and period', 'has')} no row"
        raise DataError(name, [problem], "pass every SKU in every period played, 0 where it is 0")
    return units
