"""The calendar of retail peaks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final

import pandas as pd

from c2m.checks import Check
from c2m.dates import read_days
from c2m.errors import ArgumentError, DataError, MissingEngineError
from c2m.frames import did_you_mean, name_list, read_frame


@dataclass(frozen=True)
class Peak:
    """When a peak is, each year.

    Parameters
    ----------
    rule : callable
        Year -> its main day; None where the year has none. A lunar year may have two.
    presale : int
        Days before the main day on which presales and deposits begin; 0 for none.
    before, after : int
        Days around the main day that belong to the event.
    words : str
        What it is, and where.
    """

    rule: Callable[[int], date | None]
    presale: int
    before: int
    after: int
    words: str


def _fixed(month: int, day: int) -> Callable[[int], date | None]:
    return lambda year: date(year, month, day)


def _weekday(month: int, weekday: int, number: int, shift: int = 0) -> Callable[[int], date | None]:
    """Return the rule of the n-th weekday (Monday is 0) of a month, moved by some days."""

    def _rule(year: int) -> date | None:
        first = date(year, month, 1)
        ahead = (weekday - first.weekday()) % 7 + 7 * (number - 1)
        return first + timedelta(days=ahead + shift)

    return _rule


def _observed(country: str, words: Sequence[str]) -> Callable[[int], date | None]:
    """Return the rule of a holiday that the `holidays` package knows: the first of its days."""

    def _rule(year: int) -> date | None:
        found = _country_holidays(country, [year])
        days = [
            day
            for day, name in found.items()
            if any(word in name for word in words) and "observed" not in name
        ]
        return min(days, default=None)

    return _rule


def _country_holidays(country: str, years: Sequence[int]) -> dict[date, str]:
    try:
        import holidays
    except ImportError as error:
        raise MissingEngineError(
            "Lunar and other moving holidays need the package 'holidays': "
            "pip install 'c2m[calendar]'."
        ) from error
    return dict(holidays.country_holidays(country, years=list(years), language="en_US"))


PEAKS: Final = MappingProxyType(
    {
        "lunar_new_year": Peak(
            _observed("HK", ["Chinese New Year", "Lunar New Year"]), 0, 21, 7, "China, diaspora"
        ),
        "valentines_day": Peak(_fixed(2, 14), 0, 10, 0, "14 February"),
        "mothers_day": Peak(_weekday(5, 6, 2), 0, 10, 0, "second Sunday in May"),
        "618": Peak(_fixed(6, 18), 25, 17, 2, "China, mid-year; 18 June"),
        "back_to_school": Peak(_fixed(8, 25), 0, 21, 10, "northern autumn term"),
        "golden_week": Peak(_fixed(10, 1), 0, 0, 6, "China, 1 to 7 October"),
        "diwali": Peak(_observed("SG", ["Diwali", "Deepavali"]), 0, 14, 0, "India and elsewhere"),
        "singles_day": Peak(_fixed(11, 11), 22, 10, 0, "China and marketplaces; 11 November"),
        "black_friday": Peak(_weekday(11, 3, 4, 1), 0, 4, 2, "day after Thanksgiving (US)"),
        "cyber_monday": Peak(_weekday(11, 3, 4, 4), 0, 0, 0, "Monday after Black Friday"),
        "double_twelve": Peak(_fixed(12, 12), 0, 3, 0, "China; 12 December"),
        "christmas": Peak(_fixed(12, 25), 0, 21, 0, "gifts before 25 December"),
        "eid_al_fitr": Peak(_observed("SG", ["Eid al-Fitr"]), 0, 21, 2, "end of Ramadan"),
    }
)
"""Peaks known by name. Spans are what is usual; platforms announce their own each year."""

_COLUMNS: Final = ("peak", "presale", "start", "day", "end")


def peak_days(
    first: "str | date | pd.Timestamp",
    last: "str | date | pd.Timestamp",
    names: Sequence[str] | None = None,
    *,
    country: str | None = None,
    own: object = None,
) -> pd.DataFrame:
    """Return the peaks of a span of days.

    Parameters
    ----------
    first, last : date
        The span; a peak is in it when any of its days, presale included, is.
    names : sequence of str, optional
        Of `PEAKS`: which of them matter to the shop. None of them unless given.
    country : str, optional
        ISO code, such as ``"DE"``: its public holidays too, one day each, by the `holidays`
        package.
    own : DataFrame or other Arrow table, optional
        Peaks that the shop knows: ``peak``, ``day`` and optionally ``presale``, ``start``,
        ``end``; those of a platform's announcement, say. A name and year given here
        replaces the rule.

    Returns
    -------
    DataFrame, a row a peak and year, by day
        ``peak``; ``presale``, first day of presales, unknown for none; ``start`` and ``end`` of
        the event; ``day``, its main day.

    Raises
    ------
    ArgumentError
        If a name or country is unknown, or the span is empty.
    DataError
        If `own` has unknown dates or spans that end before they begin.
    MissingEngineError
        If a moving holiday is asked for without the package `holidays`.

    Examples
    --------
    >>> peak_days("2026-11-01", "2026-12-31", ["black_friday", "singles_day"])[["peak", "day"]]
               peak        day
    0   singles_day 2026-11-11
    1  black_friday 2026-11-27
    """
    low, high = _span(first, last)
    unknown = [name for name in names or () if name not in PEAKS]
    if unknown or isinstance(names, str):
        raise ArgumentError(
            f"Expected names=[...] of c2m.signals.PEAKS, got {names!r}"
            f"{did_you_mean(unknown[0], PEAKS) if unknown else ''}; there are {name_list(PEAKS)}."
        )
    years = range(low.year - 1, high.year + 2)
    rows = [row for name in names or () for year in years for row in _rows(name, year)]
    if country is not None:
        rows += _public_holidays(country, years)
    given = _read_own(own)
    replaced = {(name, day.year) for name, day in zip(given["peak"], given["day"], strict=True)}
    kept = [row for row in rows if (row[0], row[3].year) not in replaced]
    table = pd.concat([pd.DataFrame(kept, columns=_COLUMNS).astype(_types()), given])
    begin = table["presale"].fillna(table["start"])
    table = table[(begin <= high) & (table["end"] >= low)]
    return table.sort_values(["day", "peak"], ignore_index=True)


def _rows(name: str, year: int) -> list[tuple[str, date | None, date, date, date]]:
    peak = PEAKS[name]
    day = peak.rule(year)
    if day is None:
        return []
    presale = day - timedelta(days=peak.presale) if peak.presale else None
    start, end = day - timedelta(days=peak.before), day + timedelta(days=peak.after)
    return [(name, presale, start, day, end)]


def _public_holidays(
    country: str, years: Sequence[int]
) -> list[tuple[str, date | None, date, date, date]]:
    try:
        found = _country_holidays(country, years)
    except NotImplementedError as error:
        raise ArgumentError(
            f"Expected country as an ISO code that the package `holidays` knows, got {country!r}."
        ) from error
    return [(name, None, day, day, day) for day, name in found.items()]


def _span(first: object, last: object) -> tuple[pd.Timestamp, pd.Timestamp]:
    try:
        low, high = (pd.Timestamp(day).normalize() for day in (first, last))  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"Expected two dates, got {first!r} and {last!r}.") from error
    if pd.isna(low) or pd.isna(high) or high < low:
        raise ArgumentError(f"Expected first up to last, got {first!r} and {last!r}.")
    return low, high


def _types() -> dict[str, str]:
    return {"peak": "str"} | dict.fromkeys(_COLUMNS[1:], "datetime64[us]")


def _read_own(own: object) -> pd.DataFrame:
    """Read the shop's own peaks; what is left out of a row is its main day."""
    if own is None:
        return pd.DataFrame({name: [] for name in _COLUMNS}).astype(_types())
    frame = read_frame(own, "own")
    check = Check("own", frame)
    if not check.columns(["peak", "day"]):
        check.done()
    told = {name: frame[name] if name in frame else frame["day"] for name in _COLUMNS[1:]}
    filled = {name: values.fillna(frame["day"]) for name, values in told.items()}
    check = Check("own", pd.DataFrame(filled))
    days = {name: read_days(check, name, tz=None, whole=True) for name in filled}
    check.done()
    table = pd.DataFrame({"peak": frame["peak"].astype("str"), **days})
    table.loc[told["presale"].isna() if "presale" in frame else slice(None), "presale"] = pd.NaT
    table = table[list(_COLUMNS)].astype(_types())
    wrong = (
        (table["start"] > table["day"])
        | (table["end"] < table["day"])
        | (table["presale"] > table["start"])
    )
    if wrong.any():
        problem = (
            f"{int(wrong.sum()):,} rows are not in the order presale, start, day, end "
            f"(first: row {int(wrong.to_numpy().argmax()):,})"
        )
        raise DataError("own", [problem], "correct their dates")
    return table
