"""Times: whatever a log writes becomes microseconds in UTC, and UTC becomes the shop's days."""

import sys
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from c2m.errors import ArgumentError, DataError
from c2m.frames import did_you_mean
from c2m.signals.reading.columns import is_text

Micros = NDArray[np.int64]
"""Microseconds since 1970 in UTC."""

DAY: Final = 86_400_000_000
"""Microseconds of a day."""

UNKNOWN: Final = np.iinfo(np.int64).min
"""What stands for no time, as in numpy's NaT."""

_EPOCH_UNITS: Final = {"s": 1_000_000.0, "ms": 1_000.0, "us": 1.0, "ns": 0.001}
_OFFSET: Final = r"[Tt ]\d{2}(:?\d{2}){0,2}(\.\d+)?\s*(Z|z|[+-]\d{2}(:?\d{2})?)$"
_SHORTEST_DAY: Final = len("20261122")
_LIMIT: Final = 2.0**62
_FAR: Final = 500 * 365 * DAY
"""Further from 1970 no clock is asked: such times are refused anyway."""


def check_zone(name: str, argument: str) -> str:
    """Return the name of a time zone that exists.

    Parameters
    ----------
    name : str
        Such as ``"Europe/Paris"`` or ``"UTC"``.
    argument : str
        The argument it was passed as.

    Returns
    -------
    str
        The name.

    Raises
    ------
    ArgumentError
        If there is no such zone.

    Examples
    --------
    >>> check_zone("Europe/Pariss", "tz")
    Traceback (most recent call last):
        ...
    c2m.errors.ArgumentError: Expected tz to be a time zone such as 'Europe/Paris' or 'UTC', \
got 'Europe/Pariss' (did you mean 'Europe/Paris'?).
    """
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError, TypeError) as error:
        raise ArgumentError(
            f"Expected {argument} to be a time zone such as 'Europe/Paris' or 'UTC', got "
            f"{name!r}{did_you_mean(str(name), available_timezones())}."
        ) from error
    return name


def check_format(time_format: str | None) -> None:
    """Check the argument ``time_format``.

    Raises
    ------
    ArgumentError
        If it is neither a unit of epoch time nor a format.
    """
    if time_format is not None and time_format not in _EPOCH_UNITS and "%" not in time_format:
        raise ArgumentError(
            "Expected time_format like '%d/%m/%Y %H:%M', or 's', 'ms', 'us', 'ns' for numbers "
            f"since 1970, got {time_format!r}."
        )


def no_zone(column: str) -> DataError:
    """Return the error for times that do not say where they are."""
    return DataError(
        "events",
        [f"times in {column!r} have no time zone"],
        "pass time_zone='UTC' if they are UTC, or the zone of the shop's clock, such as "
        "time_zone='Europe/Paris', if they are local times or the shop's dates",
    )


def to_utc(
    values: Any, column: str, zone: str | None, time_format: str | None
) -> tuple[Micros, int]:
    """Read a column of times.

    Parameters
    ----------
    values : pyarrow.Array
        Timestamps, dates, text, or numbers since 1970.
    column : str
        The column's name in messages.
    zone : str, optional
        Where times that carry no zone were written down.
    time_format : str, optional
        See `c2m.read_events`.

    Returns
    -------
    ndarray of int64, shape (n_rows,)
        Microseconds since 1970 in UTC; `UNKNOWN` where there is no time.
    int
        How many local times occur twice or never, at a change of the clock.

    Raises
    ------
    DataError
        If times have no zone and none was given, or numbers no unit.
    """
    kind = values.type
    if pa.types.is_dictionary(kind):
        values = values.cast(kind.value_type)
        kind = values.type
    if pa.types.is_null(kind):
        return np.full(len(values), UNKNOWN), 0
    if pa.types.is_timestamp(kind):
        return _from_timestamps(values, column, zone)
    if pa.types.is_date(kind):
        return _local_to_utc(_micros(values.cast(pa.timestamp("us"))), column, zone)
    if _is_number(kind):
        return _from_numbers(values, column, time_format), 0
    if is_text(kind):
        values = values.cast(pa.string())
        if time_format in _EPOCH_UNITS:
            return _from_numbers(_text_numbers(values), column, time_format), 0
        return _from_text(values, column, zone, time_format)
    raise DataError(
        "events",
        [f"column {column!r} holds {kind}, which is no time"],
        "pass timestamps, dates, ISO text or numbers since 1970 with time_format=",
    )


def _is_number(kind: Any) -> bool:
    return bool(
        pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    )


def _micros(times: Any) -> Micros:
    """Return the integers of a timestamp[us] array, `UNKNOWN` for nulls."""
    numbers = times.cast(pa.int64())
    if numbers.null_count:
        numbers = numbers.fill_null(UNKNOWN)
    return np.asarray(numbers.to_numpy(zero_copy_only=False), dtype=np.int64)


def _from_timestamps(values: Any, column: str, zone: str | None) -> tuple[Micros, int]:
    try:
        micros = _micros(pc.cast(values, options=_to_micros(values.type.tz)))
    except pa.ArrowInvalid as error:  # a year beyond the range of microseconds
        raise DataError("events", [f"{column!r}: {error}"], "correct the times") from error
    if values.type.tz is not None:
        return micros, 0
    return _local_to_utc(micros, column, zone)


def _to_micros(zone: str | None) -> Any:
    """Return how to cast times: nanoseconds may be cut off, but a year must not run over."""
    return pc.CastOptions(pa.timestamp("us", tz=zone), allow_time_truncate=True)


def _from_numbers(values: Any, column: str, time_format: str | None) -> Micros:
    if time_format not in _EPOCH_UNITS:
        raise DataError(
            "events",
            [f"column {column!r} holds numbers, not times"],
            "pass time_format='s', 'ms', 'us' or 'ns' if they count from 1970",
        )
    unit = _EPOCH_UNITS[time_format]
    if pa.types.is_integer(values.type) and unit >= 1:
        whole = _micros(values)
        unknown = (whole == UNKNOWN) | (np.abs(whole) > _LIMIT / unit)
        return np.where(unknown, UNKNOWN, np.where(unknown, 0, whole) * np.int64(unit))
    floats = values.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    with np.errstate(over="ignore"):  # no time is that far
        floats = floats * unit
    fits = np.isfinite(floats) & (np.abs(floats) < _LIMIT)
    return np.where(fits, np.floor(np.where(fits, floats, 0.0)).astype(np.int64), UNKNOWN)


def _text_numbers(values: Any) -> Any:
    """Read whole numbers written as text."""
    try:
        return values.cast(pa.int64())
    except pa.ArrowInvalid:
        return pa.array(pd.to_numeric(values.to_pandas(), errors="coerce"), pa.float64())


def _from_text(
    values: Any, column: str, zone: str | None, time_format: str | None
) -> tuple[Micros, int]:
    """Read text, ISO or of one format; rows with an offset keep it, others are of `zone`."""
    if time_format is None:
        values = _utc_as_z(values)
        kinds = [pa.timestamp("us"), pa.timestamp("us", tz="UTC")]
        for kind in kinds[::-1] if _has_offset(values) else kinds:  # a vain cast costs most
            try:
                return _from_timestamps(values.cast(kind), column, zone)
            except pa.ArrowInvalid:
                continue
    text = pc.utf8_trim_whitespace(values)
    if time_format is None:  # pandas would read the first day into a year or a month
        text = pc.if_else(pc.less(pc.utf8_length(text), _SHORTEST_DAY), None, text)
    aware = pc.match_substring_regex(text, _OFFSET).fill_null(False)
    if time_format is not None:
        offset = any(code in time_format for code in ("%z", "%Z", "UTC"))
        aware = pa.array(np.full(len(values), offset))
    return _parse(text.to_pandas(), aware.to_numpy(zero_copy_only=False), column, zone, time_format)


def _has_offset(values: Any) -> bool:
    """Say whether the first time that is written carries an offset: others will do so too."""
    first = values.drop_null()[:1]
    return len(first) > 0 and pc.match_substring_regex(first, _OFFSET)[0].as_py()


def _utc_as_z(values: Any) -> Any:
    """Write the word UTC behind a time as ISO does."""
    named = pc.ends_with(values, " UTC")
    if not pc.any(named).as_py():
        return values
    return pc.if_else(named, pc.binary_replace_slice(values, -4, sys.maxsize, "Z"), values)


def _parse(
    text: "pd.Series[str]",
    aware: NDArray[np.bool_],
    column: str,
    zone: str | None,
    time_format: str | None,
) -> tuple[Micros, int]:
    micros = np.full(len(text), UNKNOWN)
    shape = time_format or "ISO8601"
    if aware.any():
        instants = pd.to_datetime(text[aware], errors="coerce", format=shape, utc=True)
        micros[aware] = _series_micros(instants.dt.tz_localize(None))
    local = ~aware
    if not local.any():
        return micros, 0
    wall = _series_micros(_clock_times(text[local], shape))
    micros[local], shifted = _local_to_utc(wall, column, zone)
    return micros, shifted


def _clock_times(text: "pd.Series[str]", shape: str) -> pd.Series:
    """Read times without an offset; those whose zone is written in some other way are unread."""
    try:
        times = pd.to_datetime(text, errors="coerce", format=shape)
    except ValueError:  # several zones
        singly = [pd.to_datetime(one, errors="coerce", format=shape) for one in text]
        plain = [pd.NaT if getattr(time, "tzinfo", None) else time for time in singly]
        return pd.Series(plain, text.index, dtype="datetime64[us]")
    nothing = pd.Series(pd.NaT, text.index, dtype="datetime64[us]")
    return times if times.dt.tz is None else nothing


def _series_micros(times: pd.Series) -> Micros:
    return times.to_numpy(dtype="datetime64[us]").astype(np.int64)


def _local_to_utc(wall: Micros, column: str, zone: str | None) -> tuple[Micros, int]:
    """Turn clock times of a zone into UTC.

    An hour that occurs twice is read as its first occurrence; an hour that the clock skips as
    the first moment after it. Both are counted.
    """
    known = wall != UNKNOWN
    if zone is None:
        if known.any():
            raise no_zone(column)
        return wall, 0
    near = known & (np.abs(wall) < _FAR)
    if zone == "UTC" or not near.any():
        return wall, 0
    if not near.all():
        micros = wall.copy()
        micros[near], count = _local_to_utc(wall[near], column, zone)
        return micros, count
    clock = pd.DatetimeIndex(wall.view("datetime64[us]"))
    strict = clock.tz_localize(zone, ambiguous="NaT", nonexistent="NaT")
    micros = _index_micros(strict)
    doubtful = micros == UNKNOWN
    count = int(np.count_nonzero(doubtful))
    if count:
        settled = clock[doubtful].tz_localize(
            zone, ambiguous=np.ones(count, dtype=bool), nonexistent="shift_forward"
        )
        micros[doubtful] = _index_micros(settled)
    return micros, count


def _index_micros(times: pd.DatetimeIndex) -> Micros:
    utc = times.tz_convert("UTC").tz_localize(None)
    return np.array(utc.to_numpy(dtype="datetime64[us]").astype(np.int64))


def local_days(micros: Micros, zone: str) -> NDArray[np.int64]:
    """Return the day of each moment on the shop's clock.

    Parameters
    ----------
    micros : ndarray of int64, shape (n_rows,)
        Microseconds since 1970 in UTC, all known.
    zone : str
        The shop's zone.

    Returns
    -------
    ndarray of int64, shape (n_rows,)
        Days since 1970-01-01. A day starts at its first local midnight, so the days of a zone
        follow each other without overlap also where the clock goes back over midnight.

    Examples
    --------
    >>> noon = np.array([1_772_366_400_000_000])  # 2026-03-01 12:00 UTC
    >>> local_days(noon, "UTC")[0] - local_days(noon, "Pacific/Kiritimati")[0]
    np.int64(-1)
    """
    if zone == "UTC" or not len(micros):
        return np.floor_divide(micros, DAY)
    first, last = int(micros.min()) // DAY - 1, int(micros.max()) // DAY + 2
    starts = _day_starts(first, last, zone)
    return np.searchsorted(starts, micros, side="right") - 1 + first


def _day_starts(first: int, last: int, zone: str) -> Micros:
    """Return the moment at which each day from `first` to `last` starts, in UTC."""
    midnights = pd.DatetimeIndex(np.arange(first, last + 1).astype("datetime64[D]"))
    starts = midnights.tz_localize(
        zone, ambiguous=np.ones(len(midnights), dtype=bool), nonexistent="shift_forward"
    )
    return np.maximum.accumulate(_index_micros(starts))
