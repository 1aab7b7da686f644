"""How a panel comes in and goes out: long tables, plans for the future, folders."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.checks import Check
from c2m.errors import ArgumentError, DataError, warn
from c2m.frames import did_you_mean, name_list, read_frame, text_codes, warn_of_unnamed
from c2m.panel.channels import CHANNELS
from c2m.panel.channels import channel as channel_rule
from c2m.periods import Calendar, Ordinals, read_periods
from c2m.series import KEY_COLUMNS, Positions, read_keys

if TYPE_CHECKING:
    from c2m.panel.panel import Panel


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
    """Return names as a tuple; a single text is one name."""
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
    frame, gaps, currency, tz
        See `Panel.from_frame`.
    names : Names
        The columns.
    calendar : Calendar
        The periods.

    Returns
    -------
    dict
        Arguments of `Panel`.
    """
    if gaps not in {None, "zero", "unknown"}:
        raise ArgumentError(f"Expected gaps 'zero', 'unknown' or None, got {gaps!r}.")
    table = read_frame(frame, "panel")
    check = Check("panel", table)
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
    ordinals = read_periods(check, names.period, calendar, tz=tz)
    code = _read_currency(check, currency)
    check.done()
    check.unique([*names.keys.values(), names.period], {names.period: ordinals})
    check.done()
    warn_of_unnamed("panel", table.columns, {*names.needed, currency})
    keys, series = read_keys(table, names.keys)
    attributes = _read_attributes(check, names, series, len(keys))
    first, n_periods, width = _span(check, names, ordinals)
    check.done()
    at = (series, (ordinals - first).astype(np.intp))
    channels = {
        column: _scatter(
            table[column], at, (len(keys), width if column in names.known else n_periods)
        )
        for column in names.measures
    }
    _settle_gaps(channels, names, at, n_periods, gaps)
    if gaps != "unknown":
        _warn_of_unknown(channels[names.target], names.target)
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


def _read_currency(check: Check, currency: str | None) -> str | None:
    if currency is None:
        return None
    if currency not in check.frame.columns:
        if re.fullmatch("[A-Z]{3}", currency) is None:
            hint = did_you_mean(currency, map(str, check.frame.columns))
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


def _read_attributes(check: Check, names: Names, series: Positions, n_series: int) -> pd.DataFrame:
    first_row = np.unique(series, return_index=True)[1]
    attributes = {}
    for column in names.attributes:
        values = check.frame[column]
        own = values.iloc[first_row[series]].reset_index(drop=True)
        differs = (values != own) & ~(values.isna() & own.isna())
        check.rows(
            differs.fillna(value=True).to_numpy(dtype=bool),
            f"has another {column!r} than the first row of its series",
            f"pass {column!r} as a signal, or make it the same within a series",
        )
        attributes[column] = values.iloc[first_row].reset_index(drop=True)
    return pd.DataFrame(attributes, index=range(n_series))


def _span(check: Check, names: Names, ordinals: Ordinals) -> tuple[int, int, int]:
    """Return the first period, the number observed, and the number with those ahead."""
    observed = check.frame[names.target].notna().to_numpy()
    if not observed.any():
        check.add(f"no row has a value in {names.target!r}", "pass at least one observed value")
        check.done()
    first = int(ordinals.min())
    n_periods = int(ordinals[observed].max()) - first + 1
    late = ordinals - first >= n_periods
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
    width = int(ordinals.max()) - first + 1 if names.known else n_periods
    return first, n_periods, width


def _scatter(
    column: pd.Series, at: tuple[Positions, Positions], shape: tuple[int, int]
) -> NDArray[np.float64]:
    dense = np.full(shape, np.nan)
    inside = at[1] < shape[1]
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    dense[at[0][inside], at[1][inside]] = values[inside]
    return dense  # [S, T]


def _settle_gaps(
    channels: dict[str, NDArray[np.float64]],
    names: Names,
    at: tuple[Positions, Positions],
    n_periods: int,
    gaps: Literal["zero", "unknown"] | None,
) -> None:
    """Fill, keep or refuse the missing rows between a series' first row and the cutoff."""
    present = np.zeros((len(channels[names.target]), n_periods), dtype=bool)
    inside = at[1] < n_periods
    present[at[0][inside], at[1][inside]] = True
    missing = np.logical_or.accumulate(present, axis=1) & ~present  # [S, T]
    count = int(np.count_nonzero(missing))
    if not count or gaps == "unknown":
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


def _warn_of_unknown(values: NDArray[np.float64], target: str) -> None:
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


def to_long(panel: "Panel", *, ahead: bool) -> pd.DataFrame:
    """Return a panel as a long table; see `Panel.to_frame`."""
    width = panel.n_periods + (panel.n_ahead if ahead else 0)
    repeated = panel.keys.loc[panel.keys.index.repeat(width)].reset_index(drop=True)
    labels = panel.calendar.labels(panel.first, width)
    columns: dict[str, Any] = {"period": np.tile(labels.to_numpy(), panel.n_series)}
    for name, array in panel.channels.items():
        padded = np.full((panel.n_series, width), np.nan, dtype=np.float32)
        kept = min(width, array.shape[1])
        padded[:, :kept] = array[:, :kept]
        columns[name] = padded.reshape(-1)
    for name in panel.attributes.columns:
        columns[str(name)] = panel.attributes[name].repeat(width).to_numpy()
    return pd.concat([repeated, pd.DataFrame(columns)], axis=1)


def read_future(panel: "Panel", frame: object) -> dict[str, Any]:
    """Turn a plan for the periods ahead into changed fields; see `Panel.with_future`."""
    table = read_frame(frame, "future")
    check = Check("future", table)
    if not (check.columns(["period"]) and check.not_empty()):
        check.done()
    keys = [name for name in panel.keys.columns if name in table.columns]
    values = [str(name) for name in table.columns if name not in {"period", *KEY_COLUMNS}]
    if keys and len(keys) < len(panel.keys.columns):
        check.columns(list(panel.keys.columns))
    if not values:
        check.add("it plans nothing", "add a column: price, promotion, holiday")
    foreign = [name for name in KEY_COLUMNS if name in {*table.columns} - {*panel.keys.columns}]
    if foreign:
        check.add(
            f"it has {name_list(foreign)}, which the panel's series do not",
            "plan per series of the panel, or build the panel with these keys",
        )
    measured = [name for name in values if name in {panel.target, "sales"}]
    if measured:
        check.add(
            f"it holds {name_list(measured)}, which is not known ahead",
            "drop what is to be forecast from the plan",
        )
    for name in values:
        rule = channel_rule(name)
        check.numbers(name, at_least=rule.at_least, at_most=rule.at_most, unknown=True)
    ordinals = read_periods(check, "period", panel.calendar, tz=panel.tz)
    check.done()
    last = panel.first + panel.n_periods - 1
    check.rows(
        ordinals <= last,
        f"does not lie after the cutoff {panel.cutoff.date()}",
        "keep only the periods after the cutoff; the past is the panel's",
    )
    check.unique([*keys, "period"], {"period": ordinals})
    series = _match_series(panel, check, keys)
    check.done()
    return {
        "channels": _extend(panel, table, values, series, ordinals),
        "known": (*{*panel.known, *values},),
    }


def _match_series(panel: "Panel", check: Check, keys: list[str]) -> Positions | None:
    """Return the series of each row; None when the plan holds for every series."""
    if not keys:
        return None
    for name in keys:
        check.codes(name, each=True)
    own = pd.MultiIndex.from_frame(panel.keys)
    rows = pd.MultiIndex.from_arrays([text_codes(check.frame[name]) for name in keys])
    series = own.get_indexer(rows)
    unknown = series < 0
    hint = ""
    if unknown.any():
        hint = did_you_mean(str(check.frame["sku"].iloc[int(unknown.argmax())]), panel.skus)
    check.rows(
        unknown,
        f"names a series that the panel does not have{hint}",
        "drop these rows, or add the series to the panel",
        lambda row: str(check.frame[keys[0]].iloc[row]),
    )
    return np.asarray(series, dtype=np.intp)


def _extend(
    panel: "Panel",
    table: pd.DataFrame,
    values: list[str],
    series: Positions | None,
    ordinals: Ordinals,
) -> dict[str, NDArray[Any]]:
    n_ahead = max(panel.n_ahead, int(ordinals.max()) - panel.first - panel.n_periods + 1)
    width = panel.n_periods + n_ahead
    at = (ordinals - panel.first).astype(np.intp)
    channels: dict[str, NDArray[Any]] = dict(panel.channels)
    for name in dict.fromkeys([*panel.known, *values]):
        past = panel.channels.get(name)
        wide = np.full((panel.n_series, width), np.nan, dtype=np.float64)
        if past is None:
            warn(
                f"The planned channel {name!r} has no past in the panel: models learn nothing "
                "from it. Add its history as a channel."
            )
        else:
            wide[:, : past.shape[1]] = past
        if name in values:
            planned = table[name].to_numpy(dtype=np.float64, na_value=np.nan)
            wide[slice(None) if series is None else series, at] = planned
        open_cells = int(np.isnan(wide[:, panel.n_periods :]).sum())
        if open_cells and (name in values or n_ahead > panel.n_ahead):
            warn(
                f"{open_cells:,} of {panel.n_series * n_ahead:,} series-periods ahead have no "
                f"planned {name!r}; they stay unknown."
            )
        channels[name] = wide
    return channels
