"""Values of untyped records: read strictly, whatever a source holds in their place."""

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

EARLIEST: Final = datetime(1900, 1, 1, tzinfo=UTC)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST: Final = -2_208_988_800_000_000
_LATEST: Final = 7_258_118_400_000_000
"""1900 and 2200, in microseconds since 1970."""

_LONGEST: Final = 400
"""Characters of a code or number beyond which it is none."""


def text(value: Any) -> str | None:
    """Return a code as text without blanks around it; None for nothing, or what is no code.

    Examples
    --------
    >>> text(" 0042 "), text(42), text(42.0), text(""), text(["a"]), text(True)
    ('0042', '42', '42', None, None, None)
    """
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, float):
        if not value.is_integer() or abs(value) >= 2**53:
            return None
        value = int(value)
    if isinstance(value, int):
        return str(value) if abs(value) < 10**30 else None
    if not isinstance(value, str) or len(value) > _LONGEST:
        return None
    return value.strip() or None


def number(value: Any) -> float | None:
    """Return a finite number, also one written as text; None for anything else.

    Examples
    --------
    >>> number("12.50"), number(3), number("1,200"), number("nan"), number({})
    (12.5, 3.0, None, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str) and (len(value) > _LONGEST or "_" in value):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def micros(value: Any) -> int | None:
    """Return an ISO time with a zone as microseconds since 1970 in UTC; None for anything else.

    Examples
    --------
    >>> micros("2026-11-22T10:00:00+01:00") == micros("2026-11-22T09:00:00Z")
    True
    >>> micros("2026-11-22 09:00:00 UTC") == micros("2026-11-22T09:00:00Z")
    True
    >>> micros("2026-11-22T09:00:00") is None
    True
    """
    if isinstance(value, str) and len(value) <= _LONGEST:
        plain = value.strip()
        plain = plain[:-4] + "+00:00" if plain.endswith(" UTC") else plain
        try:
            value = datetime.fromisoformat(plain)
        except ValueError:
            return None
    if not isinstance(value, datetime) or value.tzinfo is None:
        return None
    try:
        found = value.astimezone(UTC)
    except (OverflowError, ValueError):
        return None
    if found < EARLIEST:
        return None
    past = found - _EPOCH
    return (past.days * 86_400 + past.seconds) * 1_000_000 + past.microseconds


def local_micros(value: Any, zone: str) -> int | None:
    """Return a time as microseconds since 1970 in UTC; one without a zone is one of a shop's clock.

    Parameters
    ----------
    value : object
        A time, or text of one: ISO, or month, day, year and a clock of 24 hours.
    zone : str
        Zone of the shop's clock. Of a time that occurs twice, the first is meant.

    Returns
    -------
    int or None
        None for what is no time.

    Examples
    --------
    >>> local_micros("12/1/2010 8:26", "Europe/London") == micros("2010-12-01T08:26:00Z")
    True
    >>> local_micros("2011-07-01 08:26:00", "Europe/London") == micros("2011-07-01T07:26:00Z")
    True
    """
    found = value
    if isinstance(value, str) and len(value) <= _LONGEST:
        found = _iso_or_american(value.strip())
    if not isinstance(found, datetime):
        return None
    return micros(found if found.tzinfo is not None else found.replace(tzinfo=ZoneInfo(zone)))


def _iso_or_american(value: str) -> datetime | None:
    for read in (datetime.fromisoformat, _american):
        try:
            return read(value)
        except ValueError:
            continue
    return None


def _american(value: str) -> datetime:
    return datetime.strptime(value, "%m/%d/%Y %H:%M")


def since_1970(value: Any, unit: int) -> int | None:
    """Return a number of seconds, milliseconds or microseconds as microseconds.

    Parameters
    ----------
    value : object
        Number, or text of one.
    unit : int
        Microseconds in one: 1_000_000 for seconds.

    Returns
    -------
    int or None
        None for what is no number, or lies before 1900 or after 2200.
    """
    found = number(value)
    if found is None or abs(found) > _LATEST:  # in whatever unit
        return None
    if isinstance(value, int | str) and not isinstance(value, bool):
        try:
            exact = int(value) * unit
        except ValueError:
            exact = round(found * unit)
    else:
        exact = round(found * unit)
    return exact if _EARLIEST <= exact <= _LATEST else None


def child(values: Any, *path: str) -> Any:
    """Return what lies at a path of keys below a record; None where any step is missing.

    Examples
    --------
    >>> child({"customer": {"id": 7}}, "customer", "id"), child({"customer": []}, "customer", "id")
    (7, None)
    """
    for key in path:
        if not isinstance(values, Mapping):
            return None
        values = values.get(key)
    return values


def children(values: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of a list; whatever else it holds yields an empty one, so that it counts.

    Examples
    --------
    >>> list(children([{"sku": "A"}, None])), list(children("no list"))
    ([{'sku': 'A'}, {}], [])
    """
    if isinstance(values, list | tuple):
        for value in values:
            yield value if isinstance(value, Mapping) else {}
