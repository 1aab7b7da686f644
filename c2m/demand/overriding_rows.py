"""Read which cells of a forecast each override means."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.checks import Check
from c2m.frames import attribute_texts, did_you_mean, name_list
from c2m.series import Positions

if TYPE_CHECKING:
    from c2m.demand.demand import Demand

SPAN: Final = ("first", "last")
"""Columns of the periods that an override touches."""

_PERIODS: Final = ("month", "from", "to")
_SET: Final = ("units", "change")
REMARK: Final = "remark"
_MONTH: Final = re.compile(r"\d{4}-\d{1,2}(-\d{1,2})?")


@dataclass(frozen=True)
class OverrideRow:
    """What one override means.

    Parameters
    ----------
    series, steps : ndarray of int
        Positions of the series and of the periods.
    units : float, optional
        What is expected of them together.
    change : float
        The share by which it is more, where no units are given.
    past : bool
        Whether its month, or its days, reach past the forecast.
    """

    series: Positions
    steps: NDArray[np.intp]
    units: float | None
    change: float
    past: bool

    def cells(self, demand: "Demand") -> NDArray[np.bool_]:
        """Return where the forecast is set, shape (n_series, horizon).

        Parameters
        ----------
        demand : Demand
            The forecast.

        Returns
        -------
        ndarray of bool
            True there.
        """
        chosen = np.zeros(demand.mean.shape, dtype=bool)
        chosen[np.ix_(self.series, self.steps)] = True
        return chosen

    def span(self, demand: "Demand") -> tuple[Any, Any]:
        """Return the labels of the first and the last period.

        Parameters
        ----------
        demand : Demand
            The forecast.

        Returns
        -------
        Timestamp, Timestamp
            First days.
        """
        return demand.periods[self.steps[0]], demand.periods[self.steps[-1]]


def read_rows(demand: "Demand", check: Check) -> list[OverrideRow]:
    """Read a table of overrides.

    Parameters
    ----------
    demand : Demand
        The forecast.
    check : Check
        Of the table; see `c2m.demand.overriding.override_demand`.

    Returns
    -------
    list of OverrideRow
        One a row.

    Raises
    ------
    DataError
        If the table is wrong; everything is listed.
    """
    frame = check.frame
    if not check.not_empty():
        check.done()
    choosing = {
        str(name): table[name]
        for table in (demand.keys, demand.attributes)
        for name in table.columns
        if name in frame.columns
    }
    _refuse_unknown(check, demand, [*choosing, *_PERIODS, *_SET, REMARK])
    series = _read_series(check, choosing, demand.n_series)
    steps, past = _read_steps(check, demand)
    units, change = _read_amounts(check)
    _nothing_chosen(check, series, "series")
    _nothing_chosen(check, steps, "periods of the forecast")
    check.done()
    return [
        OverrideRow(
            np.flatnonzero(series[row]),
            np.flatnonzero(steps[row]),
            None if np.isnan(units[row]) else float(units[row]),
            0.0 if np.isnan(change[row]) else float(change[row]),
            bool(past[row]),
        )
        for row in range(len(frame))
    ]


def _refuse_unknown(check: Check, demand: "Demand", named: list[str]) -> None:
    """Note columns that mean nothing: left out, they would make a row stand for all SKUs."""
    chooses = [*map(str, demand.keys), *map(str, demand.attributes)]
    for name in check.frame.columns:
        if name not in named and not _blank(check.frame[name]).all():
            hint = did_you_mean(str(name), [*chooses, *_PERIODS, *_SET, REMARK])
            check.add(
                f"column {str(name)!r} is no key and no attribute of the forecast{hint}",
                f"pass a forecast with that attribute (it has {name_list(chooses)}), or drop it",
            )


def _nothing_chosen(check: Check, chosen: NDArray[np.bool_], what: str) -> None:
    check.rows(
        np.asarray(~chosen.any(axis=1)),
        f"means no {what}",
        "correct what chooses them, or drop the row",
    )


def _read_series(check: Check, choosing: dict[str, pd.Series], n_series: int) -> NDArray[np.bool_]:
    """Return which series each row means, shape (n_rows, n_series)."""
    frame = check.frame
    chosen = np.ones((len(frame), n_series), dtype=bool)
    for name, own in choosing.items():
        asked = attribute_texts(frame[name].astype("object").mask(_blank(frame[name])))
        known = attribute_texts(own)
        empty = asked.isna().to_numpy(dtype=bool)
        absent = ~(asked.isin(set(known.dropna())).to_numpy(dtype=bool) | empty)
        if absent.any():
            first = str(asked[absent].iloc[0])
            check.rows(
                absent,
                f"has a {name!r} that the forecast does not have"
                f"{did_you_mean(first, set(known.dropna()))}",
                f"correct {name!r}",
                lambda row, asked=asked: asked.iloc[row],  # type: ignore[misc]
            )
        chosen &= empty[:, None] | absent[:, None] | (asked.to_numpy()[:, None] == known.to_numpy())
    return chosen


def _read_steps(check: Check, demand: "Demand") -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the periods of each row, shape (n_rows, horizon), and which rows mean more of them."""
    frame, labels = check.frame, demand.periods
    chosen = np.ones((len(frame), demand.horizon), dtype=bool)
    past, around = np.zeros(len(frame), dtype=bool), _around(demand)
    spoken = {name for name in _PERIODS if name in frame and not _blank(frame[name]).all()}
    if "month" in spoken:
        month = _read_months(check)
        own = labels.to_period("M")
        asked = month.notna().to_numpy()
        chosen &= ~asked[:, None] | (month.to_numpy()[:, None] == own.astype("object").to_numpy())
        past |= month.isin(around.to_period("M").astype("object").dropna()).to_numpy(dtype=bool)
        for name in {"from", "to"} & spoken:
            check.rows(
                asked & ~_blank(frame[name]).to_numpy(),
                f"has both a 'month' and a {name!r}",
                "keep one of them",
            )
    for name in ("from", "to"):
        if name in spoken:
            days = _read_days(check, name, demand)
            asked = days.notna().to_numpy()[:, None]
            label, day = labels.to_numpy()[None], days.to_numpy()[:, None]
            chosen &= ~asked | (label >= day if name == "from" else label <= day)
            past |= (days <= around[0] if name == "from" else days >= around[1]).to_numpy()
    return chosen, past


def _around(demand: "Demand") -> pd.DatetimeIndex:
    """Return the first days of the periods before and after a forecast, NaT for none."""
    calendar, first = demand.calendar, demand.first
    before = calendar.labels(first - 1, 1) if first > 0 or calendar.freq != "table" else [pd.NaT]
    return pd.DatetimeIndex([*before, *calendar.labels(first + demand.horizon, 1)])


def _read_months(check: Check) -> pd.Series:
    column = check.frame["month"].astype("object")
    found = pd.Series([_month(value) for value in column], dtype="object")
    wrong = found.isna().to_numpy() & ~_blank(column).to_numpy()
    check.rows(wrong, "has no month", "write it as 2026-12", lambda row: str(column.iloc[row]))
    return found


def _month(value: Any) -> Any:
    """Return a month that was written as 2026-12, or as any day of it."""
    try:
        if isinstance(value, str):
            return pd.Period(value.strip(), "M") if _MONTH.fullmatch(value.strip()) else None
        return None if value is None or pd.isna(value) else pd.Period(value, "M")
    except (ValueError, TypeError):
        return None


def _read_days(check: Check, name: str, demand: "Demand") -> pd.Series:
    """Return the first days of periods, unknown where the cell is empty."""
    column = check.frame[name]
    column = column.astype("object").mask(_blank(column), None)
    days = pd.to_datetime(column, errors="coerce", format="ISO8601")
    known = column.notna().to_numpy()
    fix = f"write {name!r} as a period's first day, such as {demand.periods[0]:%Y-%m-%d}"
    check.rows(
        known & days.isna().to_numpy(), f"has no day in {name!r}", fix, lambda row: column.iloc[row]
    )
    read = days.to_numpy().astype("datetime64[D]")
    filled = np.where(days.isna(), demand.periods.to_numpy().astype("datetime64[D]")[0], read)
    off = demand.calendar.label(demand.calendar.ordinal(filled)) != filled
    check.rows(
        known & off,
        f"has a {name!r} that is no first day of a {demand.freq!r} period",
        fix,
        lambda row: str(read[row]),
    )
    return pd.Series(days)


def _read_amounts(check: Check) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return units and change of each row, unknown where the cell is empty."""
    frame, read = check.frame, []
    given = np.zeros((len(frame), len(_SET)), dtype=bool)
    for place, (name, least) in enumerate(zip(_SET, (0.0, -1.0), strict=True)):
        values = np.full(len(frame), np.nan)
        if name in frame:
            column = frame[name].astype("object")
            given[:, place] = ~_blank(column).to_numpy()
            yes_no = column.map(lambda value: isinstance(value, bool | np.bool_)).astype(bool)
            numbers = pd.to_numeric(column.mask(_blank(column) | yes_no), errors="coerce")
            values = numbers.to_numpy(dtype=np.float64)
            check.rows(
                given[:, place] & np.isnan(values),
                f"has no number in {name!r}",
                f"write {name!r} as a number",
                lambda row, column=column: str(column.iloc[row]),  # type: ignore[misc]
            )
            check.number_values(name, values, at_least=least, unknown=True)
        read.append(values)
    both = given.sum(axis=1)
    check.rows(both == 0, "sets nothing: 'units' and 'change' are empty", "fill one of them")
    check.rows(both > 1, "has both 'units' and 'change'", "keep one of them")
    return read[0], read[1]


def _blank(column: pd.Series) -> "pd.Series[bool]":
    """Say which cells are empty, or hold blanks only."""
    text = column.astype("object").map(lambda value: isinstance(value, str) and not value.strip())
    return text.astype(bool) | column.isna()
