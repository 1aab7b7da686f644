"""Columns of dates and times, read as the days of one zone."""

import re
import warnings
from contextlib import suppress

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.checks import Check

Days = NDArray[np.datetime64]
"""Days, dtype ``datetime64[D]``."""


def read_days(check: Check, column: str, *, tz: str | None, whole: bool = False) -> Days:
    """Read a column of dates or times as the days of one zone.

    Parameters
    ----------
    check : Check
        The table's check; problems are noted there.
    column : str
        Column of dates, times or ISO text.
    tz : str, optional
        Zone of the shop's days, for times that carry one.
    whole : bool
        Whether a time of day other than midnight is a problem.

    Returns
    -------
    ndarray of datetime64[D], shape (n_rows,)
        Days; NaT where the value is no date.
    """
    values = check.frame[column]
    if isinstance(values.dtype, pd.PeriodDtype):
        values = values.dt.to_timestamp()
    if pd.api.types.is_numeric_dtype(values.dtype) and len(values):
        check.add(f"{column!r} holds numbers, not dates", f"convert {column!r} with pd.to_datetime")
        return np.full(len(values), "NaT", dtype="datetime64[D]")
    told = _times(check, column, values)
    times = _shop_times(check, column, told, tz)
    if times is None:
        return np.full(len(values), "NaT", dtype="datetime64[D]")
    check.rows(
        times.isna().to_numpy(dtype=bool),
        f"has no date in {column!r}",
        f"correct {column!r}; dates are read as 2026-11-22",
        lambda row: str(values.iloc[row]),
    )
    if whole:
        zone = told.dt.tz
        check.rows(
            (times.notna() & (times != times.dt.normalize())).to_numpy(dtype=bool),
            f"has a time of day in {column!r}{'' if zone is None else f' in the zone {tz}'}",
            _midnight_fix(told)
            if zone is not None and _are_midnights(told)
            else "sum to whole periods first, or use c2m.build_panel on events",
            lambda row: str(values.iloc[row] if zone is None else times.iloc[row]),
        )
    return times.to_numpy(dtype="datetime64[D]")


def _shop_times(check: Check, column: str, told: pd.Series, tz: str | None) -> pd.Series | None:
    """Return times on the shop's clock; None, with the problem noted, where it is not known."""
    zone = told.dt.tz
    if zone is None:
        return told
    if tz is None:
        fix = (
            "pass tz= with the shop's zone, such as tz='Europe/Paris', or convert the column with "
            ".dt.tz_convert('Europe/Paris').dt.tz_localize(None)"
        )
        check.add(
            f"{column!r} holds times of the zone {zone}, which may be another day in the shop",
            _midnight_fix(told) if _are_midnights(told) else fix,
        )
        return None
    try:
        shop: pd.Series = told.dt.tz_convert(tz).dt.tz_localize(None)
    except (KeyError, ValueError):
        check.add(f"{tz!r} is no time zone", "pass a name such as tz='Europe/Paris'")
        return None
    return shop


def _are_midnights(told: pd.Series) -> bool:
    known = told.dropna()
    return bool(len(known)) and bool((known == known.dt.normalize()).all())


def _midnight_fix(told: pd.Series) -> str:
    zone = told.dt.tz
    return (
        f"these are midnights of {zone}: pass tz='{zone}', or drop the zone with "
        ".dt.tz_localize(None), if they name the shop's days"
    )


def _times(check: Check, column: str, values: pd.Series) -> pd.Series:
    """Read dates where there are any; NaT elsewhere. Text may carry several offsets from UTC."""
    days = str(values.dtype).startswith("date32")  # Arrow's, which pandas reads as objects
    if pd.api.types.is_datetime64_any_dtype(values.dtype) and not days:
        return values
    if days or pd.api.types.infer_dtype(values, skipna=True) != "string":
        values = values.astype("object").map(lambda value: None if _is_number(value) else value)
    with warnings.catch_warnings(), suppress(ValueError):
        warnings.simplefilter("ignore", FutureWarning)  # pandas 2 warns where pandas 3 raises
        times = pd.to_datetime(values, errors="coerce", format="ISO8601")
        if pd.api.types.is_datetime64_any_dtype(times.dtype):
            return times
    zoned = np.array([_has_zone(value) for value in values])
    check.rows(
        ~zoned & values.notna().to_numpy(dtype=bool),
        f"has a {column!r} without a zone beside others that have one",
        "give every time its zone, or none",
        lambda row: str(values.iloc[row]),
    )
    return pd.to_datetime(values.where(zoned), errors="coerce", format="ISO8601", utc=True)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.number)


def _has_zone(value: object) -> bool:
    if isinstance(value, str):
        return re.search(r"\d[T ]\d.*(Z|[+-]\d\d(:?\d\d)?)$", value) is not None
    return getattr(value, "tzinfo", None) is not None
