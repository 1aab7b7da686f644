"""How a long table becomes a panel, of tens of millions of rows without copies of them."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.checks import Check
from c2m.errors import ArgumentError, DataError, warn
from c2m.frames import did_you_mean, name_list, read_frame, warn_of_unnamed
from c2m.panel.channels import CHANNELS
from c2m.panel.channels import channel as channel_rule
from c2m.panel.checks import MOST_WHOLE, check_rounding
from c2m.panel.coding import Codes, chunks, code_column, code_periods, code_series, narrowed
from c2m.periods import Calendar
from c2m.series import KEY_COLUMNS


@dataclass(frozen=True)
class Names:
    """Which columns of a long table mean what; see `Panel.from_frame`."""

    sku: str
    period: str
    target: str
    channel: str | None
    location: str | None
    signals: tuple[str, ...]
    known: tuple[str, ...]
    attributes: tuple[str, ...]

    @property
    def keys(self) -> dict[str, str]:
        """Key column of the panel -> column of the table."""
        named = zip(KEY_COLUMNS, (self.sku, self.channel, self.location), strict=True)
        return {key: column for key, column in named if column is not None}

    @property
    def measures(self) -> tuple[str, ...]:
        """Columns that become channels."""
        return (self.target, *self.signals, *self.known)

    @property
    def needed(self) -> list[str]:
        """Every column that the arguments name."""
        return [*self.keys.values(), self.period, *self.measures, *self.attributes]


def listed(names: str | Sequence[str]) -> tuple[str, ...]:
    """Return names as a tuple; a single text is one name.

    Parameters
    ----------
    names : str or sequence of str
        Of columns.

    Returns
    -------
    tuple of str
        The same names.

    Raises
    ------
    ArgumentError
        If it is neither.
    """
    if not isinstance(names, Iterable):
        raise ArgumentError(f"Expected names of columns, () for none, got {names!r}.")
    return (names,) if isinstance(names, str) else tuple(names)


def read_long(
    frame: object,
    names: Names,
    calendar: Calendar,
    *,
    gaps: Literal["zero", "unknown"] | None,
    currency: str | None,
    tz: str | None,
) -> dict[str, Any]:
    """Turn a long table into the fields of a panel.

    Parameters
    ----------
    frame
        See `Panel.from_frame`.
    names : Names
        The columns.
    calendar : Calendar
        The periods.
    gaps, currency, tz
        See `Panel.from_frame`.

    Returns
    -------
    dict
        Arguments of `Panel`.
    """
    if gaps not in (None, "zero", "unknown"):
        raise ArgumentError(f"Expected gaps 'zero', 'unknown' or None, got {gaps!r}.")
    table = read_frame(frame, "panel")
    check = Check("panel", table)
    _check_columns(check, names)
    ordinals = code_periods(check, names.period, calendar, tz=tz)
    code = _read_currency(check, currency)
    check.done()
    keys, series = code_series(table, names.keys)
    first, width = int(ordinals.min()), int(ordinals.max()) - int(ordinals.min()) + 1
    step = narrowed(np.subtract(ordinals, first, out=ordinals), width)
    series = narrowed(series, len(keys))
    del ordinals
    at = _Places(series, step, width)
    present = at.seen(len(keys))
    if np.count_nonzero(present) < len(table):
        check.unique([*names.keys.values(), names.period], {names.period: at.step})
        check.done()
    warn_of_unnamed("panel", table.columns, {*names.needed, currency})
    attributes = _read_attributes(check, names, series, len(keys))
    n_periods = _observed(check, names, at.step)
    check.done()
    channels = {
        column: _scatter(
            check, column, at, (len(keys), at.width if column in names.known else n_periods)
        )
        for column in names.measures
    }
    check.done()
    del at, step, series  # the rows' places are no longer needed, and are large
    _settle_gaps(channels, names, present[:, :n_periods], gaps)
    if gaps != "unknown":
        _warn_of_unknown(channels[names.target], names.target)
    for array in channels.values():
        array.flags.writeable = False  # so that the panel takes it as it is
    return {
        "keys": keys,
        "calendar": calendar,
        "first": first,
        "n_periods": n_periods,
        "channels": channels,
        "known": names.known,
        "target": names.target,
        "attributes": attributes,
        "currency": code,
        "tz": tz,
    }


def _check_columns(check: Check, names: Names) -> None:
    """Note columns that are missing or hold what they must not."""
    for column, count in Counter(names.needed).items():
        if count > 1:
            check.add(f"column {column!r} is named {count} times", "name every column once")
    if not (check.columns(names.needed) and check.not_empty()):
        check.done()
    for column in names.keys.values():
        check.codes(column, each=True)
    for column in names.measures:
        rule = channel_rule(column)
        check.numbers(column, at_least=rule.at_least, at_most=rule.at_most, unknown=True)


@dataclass(frozen=True, eq=False)
class _Places:
    """Where each row of a table stands in an array of series by periods."""

    series: Codes
    step: Codes
    width: int

    def seen(self, n_series: int) -> NDArray[np.bool_]:
        """Return which cells have a row."""
        present = np.zeros((n_series, self.width), dtype=bool)
        flat = present.reshape(-1)
        for chunk in chunks(len(self.series)):
            flat[self.cells(chunk, self.width)] = True
        return present  # [S, T]

    def cells(self, chunk: slice, width: int) -> NDArray[np.int64]:
        """Return the cells of some rows in an array of so many periods."""
        cells = self.series[chunk].astype(np.int64)
        cells *= width
        cells += self.step[chunk]
        return cells


def _read_currency(check: Check, currency: str | None) -> str | None:
    if currency is None:
        return None
    if currency not in check.frame.columns:
        if re.fullmatch("[A-Z]{3}", str(currency)) is None:
            hint = did_you_mean(str(currency), map(str, check.frame.columns))
            check.add(
                f"currency {currency!r} is neither a column{hint} nor a code of three capitals",
                "pass currency='EUR' or the name of the column",
            )
        return currency
    check.codes(currency)
    found = check.frame[currency].value_counts(dropna=False)
    if len(found) > 1:
        listed = ", ".join(f"{code} in {count:,} rows" for code, count in found.items())
        check.add(f"currencies are mixed: {listed}", "convert prices to one currency first")
    return str(found.index[0])


def _read_attributes(check: Check, names: Names, series: Codes, n_series: int) -> pd.DataFrame:
    first_row = np.empty(n_series, dtype=np.int64)
    for chunk in reversed(list(chunks(len(series)))):
        rows = np.arange(chunk.start, chunk.stop)
        first_row[series[chunk][::-1]] = rows[::-1]  # of one series' rows the first is written last
    attributes = {}
    for column in names.attributes:
        values = check.frame[column]
        try:
            codes = code_column(values)[0]
        except TypeError:  # such as lists
            check.add(
                f"values of {column!r} cannot be told apart",
                f"convert {column!r} to text or numbers",
            )
            continue
        own = codes[first_row]  # [S]
        differs = np.empty(len(series), dtype=bool)
        for chunk in chunks(len(series)):
            differs[chunk] = codes[chunk] != own[series[chunk]]
        check.rows(
            differs,
            f"has another {column!r} than the first row of its series",
            f"pass {column!r} as a signal, or make it the same within a series",
        )
        attributes[column] = values.iloc[first_row].reset_index(drop=True)
    return pd.DataFrame(attributes, index=range(n_series))


def _observed(check: Check, names: Names, step: Codes) -> int:
    """Return how many periods have an observed target."""
    observed = check.frame[names.target].notna().to_numpy()
    if not observed.any():
        check.add(f"no row has a value in {names.target!r}", "pass at least one observed value")
        check.done()
    n_periods = int(np.max(step, where=observed, initial=0)) + 1
    late = step >= n_periods
    if not late.any():
        return n_periods
    for column in names.signals:
        check.rows(
            late & check.frame[column].notna().to_numpy(),
            f"has a value in {column!r} after the last known {names.target!r}",
            f"pass {column!r} in known= if it is planned, else drop it there",
        )
    if not names.known:
        check.rows(
            late,
            f"lies after the last known {names.target!r} and plans nothing",
            "drop these rows, or name the planned columns in known=",
        )
    return n_periods


def _scatter(check: Check, column: str, at: _Places, shape: tuple[int, int]) -> NDArray[np.float32]:
    """Return a column as an array of series by periods; unknown where there is no row."""
    dense = np.full(shape, np.nan, dtype=np.float32)
    flat = dense.reshape(-1)
    whole = check.frame[column]
    large = False
    for chunk in chunks(len(at.series)):
        part = whole.iloc[chunk]
        single = part.dtype == np.float32
        values = part.to_numpy() if single else part.to_numpy(dtype=np.float64, na_value=np.nan)
        large = large or (not single and bool(np.any(np.abs(values) > MOST_WHOLE)))
        cells = at.cells(chunk, shape[1])
        if shape[1] < at.width:
            inside = at.step[chunk] < shape[1]
            cells, values = cells[inside], values[inside]
        with np.errstate(over="ignore"):  # too large is noted below
            flat[cells] = values
    if large:
        check_rounding(check, column, whole.to_numpy(dtype=np.float64, na_value=np.nan))
    return dense  # [S, T]


def _settle_gaps(
    channels: dict[str, NDArray[np.float32]],
    names: Names,
    present: NDArray[np.bool_],
    gaps: Literal["zero", "unknown"] | None,
) -> None:
    """Fill, keep or refuse the missing rows between a series' first row and the cutoff."""
    if gaps == "unknown":
        return
    missing = np.logical_or.accumulate(present, axis=1)  # [S, T]
    missing &= ~present
    count = int(np.count_nonzero(missing))
    if not count:
        return
    if gaps is None:
        raise DataError(
            "panel",
            [
                f"{count:,} of {missing.size:,} series-periods {'has' if count == 1 else 'have'} "
                "no row between the first row of their series and the cutoff"
            ],
            "pass gaps='zero' if a missing row means that nothing happened, or gaps='unknown' if "
            "nobody recorded it",
        )
    counts = [name for name in names.signals if name in CHANNELS or name.endswith("_users")]
    for name in (names.target, *counts):
        if channel_rule(name).rollup in {"sum", "leave"}:
            channels[name][missing] = 0.0
    others = [name for name in names.signals if name not in counts]
    if others:
        warn(
            f"{count:,} gaps are 0 in the counts that c2m knows, but stay unknown in "
            f"{name_list(others)}, which may be no counts. Fill them in the table if 0 is meant."
        )


def _warn_of_unknown(values: NDArray[np.float32], target: str) -> None:
    """Count the rows without a target; before its first value a series was not yet on sale."""
    known = ~np.isnan(values)
    count = int(np.count_nonzero(np.logical_or.accumulate(known, axis=1) & ~known))
    if count:
        verb = "is" if count == 1 else "are"
        warn(
            f"{count:,} of {values.size:,} values of {target!r} {verb} unknown between the first "
            "value of the series and the cutoff; unknown is not 0. Write 0 where nothing happened, "
            "or pass gaps='unknown' if nobody recorded it."
        )
