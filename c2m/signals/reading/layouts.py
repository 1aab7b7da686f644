"""How a known layout becomes a reading, and what is said where a log is not of that layout."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa

from c2m.errors import DataError
from c2m.frames import name_list
from c2m.signals.logs.sources import Source
from c2m.signals.reading.columns import match_columns, type_problems
from c2m.signals.reading.consent import need_consent
from c2m.signals.reading.pseudonyms import need_key
from c2m.signals.reading.reading import Reading
from c2m.signals.reading.times import no_zone
from c2m.signals.schema import COLUMNS, KINDS, REQUIRED
from c2m.signals.schemas import LAYOUTS
from c2m.signals.schemas.layout import Layout


def check_needs(layout: Layout, *, key_given: bool, consent_given: bool) -> None:
    """Make sure that the caller said what a layout needs.

    Parameters
    ----------
    layout : Layout
        The layout.
    key_given, consent_given : bool
        Whether ``key=`` and ``consent=`` were passed.

    Raises
    ------
    ArgumentError
        If one of them is missing.
    """
    if layout.has_users and not key_given:
        raise need_key(layout.name)
    if layout.has_consent and not consent_given:
        raise need_consent(layout.name)


def check_fields(layout: Layout | None, fields: Sequence[str]) -> None:
    """Make sure that a log is of the layout that the caller named.

    Parameters
    ----------
    layout : Layout, optional
        The layout; None for the canonical one, whose columns may have any name.
    fields : sequence of str
        Columns of the log, or fields of its first records.

    Raises
    ------
    DataError
        If it lacks fields without which it is of another layout; it says which it looks like.
    """
    if layout is None:
        return
    missing = [name for name in layout.required if name not in fields]
    if layout.fields and not set(layout.fields) & set(fields):
        missing = missing or list(layout.fields)
    if not missing:
        return
    alike = looks_like(fields)
    fix = f"pass schema={alike[0]!r}" if alike else "pass the whole export of that system"
    if missing == ["date"]:
        fix = (
            "the export is a picture of one moment and does not say of which: read it with "
            f"c2m.signals.read_stock_snapshots(..., schema={layout.name!r})"
        )
    if len(alike) > 1:
        fix += f" (or {', '.join(repr(name) for name in alike[1:])})"
    problem = f"it lacks {name_list(missing)}, which a {layout.name!r} log has"
    if alike:
        problem += f"; it looks like a {alike[0]!r} log"
    raise DataError("events", [problem], fix)


def looks_like(fields: Sequence[str]) -> list[str]:
    """Return the schemas that a log with these fields may have, the likeliest first.

    Parameters
    ----------
    fields : sequence of str
        Columns of the log, or fields of its first records.

    Returns
    -------
    list of str
        Their names.
    """
    known = {layout.name: layout.required for layout in LAYOUTS.values()}
    known["canonical"] = REQUIRED
    fits = [name for name, needed in known.items() if needed and set(needed) <= set(fields)]
    return sorted(fits, key=lambda name: -len(known[name]))


def layout_reading(
    log: Source,
    layout: Layout,
    columns: Mapping[str, str | None],
    event_types: Mapping[str, str | None] | str,
    time_zone: str | None,
    time_format: str | None,
) -> Reading:
    """Return how the rows of a known layout are read.

    Parameters
    ----------
    log : Source
        The log.
    layout : Layout
        Its layout.
    columns, event_types, time_zone, time_format
        What the caller of `c2m.read_events` passed besides.

    Returns
    -------
    Reading
        The reading; what the caller said goes before what the layout says.

    Raises
    ------
    DataError
        If columns are missing, of the wrong type, or times have no zone.
    """
    if not layout.flat:
        own: dict[str, str | None] = {name: name for name in log.types}
        kinds: dict[str, str | None] = {kind: kind for kind in KINDS}
        unit = None
    else:
        own = {name: col if col in log.types else None for name, col in layout.columns.items()}
        kinds = dict(layout.event_types)
        unit = layout.time_format
    named = {**dict.fromkeys(COLUMNS), **own, **columns}
    mapping: Mapping[str, str | None] | str = (
        event_types if isinstance(event_types, str) else {**kinds, **event_types}
    )
    if named["event_type"] is None and len(layout.event_types) == 1 and not event_types:
        mapping = next(iter(layout.event_types.values()))
    matched, problems = match_columns(named, log.types, one_type=isinstance(mapping, str))
    problems += type_problems(matched, log.types)
    if problems:
        fixes = "; ".join(dict.fromkeys(fix for _, fix in problems))
        raise DataError("events", [problem for problem, _ in problems], fixes)
    types = {name: log.types[own] for name, own in matched.items()}
    for name in REQUIRED:
        if name not in matched and name != "event_type":
            matched[name], types[name] = name, pa.null()
    zone = time_zone or layout.time_zone
    _check_zone(matched["event_time"], types["event_time"], zone)
    reading = Reading(matched, types, mapping, zone, time_format or unit)
    return replace(reading, only_listed=True)


def _check_zone(column: str, kind: Any, zone: str | None) -> None:
    local = pa.types.is_timestamp(kind) and kind.tz is None
    if zone is None and (local or pa.types.is_date(kind)):
        raise no_zone(column)
