"""The door of the wing: a log of events is opened, and what is wrong with it is said."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import Literal

import pyarrow as pa

from c2m.errors import ArgumentError, DataError, warn
from c2m.frames import did_you_mean, name_list
from c2m.signals.events import Events
from c2m.signals.logs.given import open_source
from c2m.signals.logs.sources import Source
from c2m.signals.reading.columns import match_columns, type_problems
from c2m.signals.reading.consent import need_consent, needed_bits
from c2m.signals.reading.layouts import check_needs, layout_reading, looks_like
from c2m.signals.reading.pseudonyms import Pseudonyms
from c2m.signals.reading.reading import Reading
from c2m.signals.reading.setaside import BadRows
from c2m.signals.reading.times import check_format, check_zone, no_zone
from c2m.signals.schema import COLUMNS, EVENT_TYPES, REQUIRED
from c2m.signals.schemas import find_layout
from c2m.signals.schemas.layout import Layout


def read_events(
    source: object,
    schema: str = "canonical",
    *,
    columns: Mapping[str, str | None] | None = None,
    event_types: Mapping[str, str | None] | str | None = None,
    time_zone: str | None = None,
    time_format: str | None = None,
    key: bytes | None = None,
    consent: Literal["all"] | Sequence[str] | None = None,
    on_bad: Literal["error", "set_aside"] = "set_aside",
    bad_rows: str | os.PathLike[str] | None = None,
    bad_rows_days: int = 30,
    delimiter: str | None = None,
    encoding: str = "utf8",
) -> Events:
    """Open a log of consumer events. Nothing but its schema is read yet.

    A JSON file has no schema: it is searched for the names of columns, so that one which only its
    last record has is read too.

    Parameters
    ----------
    source : DataFrame or other Arrow table, path, list of paths, list of dicts
        A frame in memory (pandas, polars, pyarrow), a parquet, CSV or JSON file, a folder of them,
        a pattern such as ``"events/*.parquet"``, or a list of paths; or JSON that is parsed
        already. Files and folders whose names start with ``.`` or ``_`` are no part of a folder. A
        file is read once, however many paths lead to it. JSON is an array of objects, one object,
        or one object a line.
    schema : str
        The layout of the log. ``"canonical"``: the columns of `c2m.signals.COLUMNS`;
        ``event_time``, ``event_type`` and ``sku`` (or ``product_id``, ``variant_id``, which a
        `Catalogue` knows) are required. Other columns are not read.
        `c2m.signals.describe_schema` lists the exports of shop systems that are read as they are.
    columns : mapping of str to (str or None), optional
        Canonical column -> column of the log, where the names differ. None: the log has no such
        column, whatever a column of that name holds. With a layout whose records are converted,
        the columns of the log are the canonical ones that it gives.
    event_types : mapping of str to (str or None), or str, optional
        Type in the log -> type of `c2m.EVENT_TYPES`; None leaves events of a type out. One type
        for every row of a log that has no such column: ``event_types="purchase"``. With a layout
        whose records are converted, the types of the log are the canonical ones that it gives.
    time_zone : str, optional
        Where times that carry no zone were written down: ``"UTC"``, or the zone of the shop's
        clock. The shop's own dates are times at midnight there. Also the zone whose days are
        counted, unless `build_panel` is told another.
    time_format : str, optional
        Format of times that are text but not ISO, such as ``"%d/%m/%Y %H:%M"``; ``"s"``,
        ``"ms"``, ``"us"`` or ``"ns"`` for numbers since 1970 in UTC.
    key : bytes, optional
        16 to 64 random bytes, from which the pseudonyms of users, sessions, orders and events are
        made. Needed for every layout but the canonical one, where ids stay as they are without
        it; ids that are e-mail addresses or phone numbers are refused then. Make it with
        ``secrets.token_bytes(32)``, keep it outside the data, and pass the same one for all logs
        of a tenant and year. It is not kept by the result, and never shown.
    consent : "all" or sequence of str, optional
        ``"all"`` reads every event, whatever people agreed to. Purposes (``"analytics_storage"``,
        ``"ad_storage"``, ``"ad_user_data"``, ``"ad_personalization"``) read only the events whose
        person granted each of them; unset is no, and those left out are counted
        (`Events.excluded`). Needed where a layout, or a column ``consent``, says what people
        agreed to.
    on_bad : {"set_aside", "error"}
        What to do with rows that cannot be used: go on without them, with a warning that counts
        them by reason (`Events.rejected` lists them), or stop when the log has been read, listing
        every reason.
    bad_rows : path, optional
        Folder for files of bad rows: the first 100 of each reason, redacted, with the day on which
        the file is to be deleted in its name. Those whose day has come are deleted by this call.
    bad_rows_days : int
        After how many days such a file is to be deleted.
    delimiter : str, optional
        Between the fields of a CSV file; a comma, or a tab for ``.tsv``, unless given.
    encoding : str
        Of CSV files; JSON is UTF-8.

    Returns
    -------
    Events
        The log.

    Raises
    ------
    DataError
        If there is no such file, it cannot be read, columns are missing or of the wrong type, or
        the log is of another layout.
    ArgumentError
        If an argument is out of its range, or the log needs ``key=`` or ``consent=``.

    Warns
    -----
    C2MWarning
        If files of the log differ in their columns, a column has almost a canonical name, a folder
        holds files that are no logs, or is named like a column (``channel=web``) that is not read.

    Notes
    -----
    Codes (SKUs, users, orders) are text, with their leading zeros; whole numbers become their
    digits. A number that is no number is a bad row where it counts: the quantity of a purchase
    or return, the price of a purchase, any ``in_stock``. Of events with the same ``event_id`` on
    the same day the one with the latest ``ingest_time`` counts.

    Examples
    --------
    >>> import pandas as pd
    >>> log = pd.DataFrame({
    ...     "at": ["2026-11-21 09:00", "2026-11-21 23:30", "2026-11-22 08:00"],
    ...     "what": ["view", "fav", "buy"],
    ...     "article": ["0007", "0007", "0007"],
    ... })
    >>> events = read_events(
    ...     log,
    ...     columns={"event_time": "at", "event_type": "what", "sku": "article"},
    ...     event_types={"fav": "wishlist_add", "buy": "purchase"},
    ...     time_zone="Europe/Paris",
    ... )
    >>> events.to_frame()["event_time"].tolist()[1]
    Timestamp('2026-11-21 22:30:00+0000', tz='UTC')
    >>> [str(day.date()) for day in events.days()]
    ['2026-11-21', '2026-11-22']
    """
    layout = find_layout(schema)
    if on_bad not in {"error", "set_aside"}:
        raise ArgumentError(f"Expected on_bad 'error' or 'set_aside', got {on_bad!r}.")
    if time_zone is not None:
        check_zone(time_zone, "time_zone")
    check_format(time_format)
    _check_delimiter(delimiter)
    if not isinstance(columns, Mapping | None):
        raise ArgumentError(f"Expected columns={{canonical name: own name}}, got {columns!r}.")
    mapping = _check_event_types({} if event_types is None else event_types)
    pseudonyms = None if key is None else Pseudonyms(key)
    needed = needed_bits(consent)
    if layout is not None:
        check_needs(layout, key_given=key is not None, consent_given=needed is not None)
    keep = None if bad_rows is None else BadRows.of(bad_rows, schema, bad_rows_days)
    log = open_source(
        source,
        layout,
        delimiter=delimiter,
        encoding=encoding,
        remember=keep is not None,
        wanted=_wanted(layout, columns or {}),
    )
    if layout is None:
        reading = _make_reading(log, columns or {}, mapping, time_zone, time_format)
    else:
        reading = layout_reading(log, layout, columns or {}, mapping, time_zone, time_format)
    reading = replace(reading, pseudonyms=pseudonyms, consent=needed, keep_bad=keep is not None)
    _check_consent(needed, consent, schema, says="consent" in reading.columns)
    events = Events(log, reading, schema, on_bad, keep)
    if layout is None:
        _warn_of_columns(events, columns or {})
    return events


def _wanted(layout: Layout | None, columns: Mapping[str, str | None]) -> list[str]:
    """Return the columns of the log that would be read where there are such."""
    usual = dict(zip(COLUMNS, COLUMNS, strict=True)) if layout is None else layout.columns
    return [own for own in {**usual, **columns}.values() if own is not None]


def _check_consent(needed: int | None, consent: object, schema: str, *, says: bool) -> None:
    """Make sure that consent is asked of logs that say what people agreed to, and of no others."""
    if needed and not says:
        raise ArgumentError(
            f"Expected consent=None or 'all', got {consent!r}: this log does not say what people "
            "agreed to (it has no column 'consent')."
        )
    if needed is None and says:
        raise need_consent(schema)


def _check_delimiter(delimiter: str | None) -> None:
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n'):
        raise ArgumentError(f"Expected delimiter to be one character, got {delimiter!r}.")


def _check_event_types(
    mapping: Mapping[str, str | None] | str,
) -> Mapping[str, str | None] | str:
    if not isinstance(mapping, Mapping | str):
        raise ArgumentError(f"Expected event_types={{own type: type}}, got {mapping!r}.")
    kinds = [mapping] if isinstance(mapping, str) else list(mapping.values())
    unknown = [kind for kind in kinds if kind is not None and kind not in EVENT_TYPES]
    if unknown:
        raise ArgumentError(
            f"Expected event_types of c2m.EVENT_TYPES, got {name_list(unknown)}"
            f"{did_you_mean(unknown[0], EVENT_TYPES)}; there are {', '.join(EVENT_TYPES)}."
        )
    return mapping if isinstance(mapping, str) else {str(k): v for k, v in mapping.items()}


def _make_reading(
    log: Source,
    columns: Mapping[str, str | None],
    event_types: Mapping[str, str | None] | str,
    time_zone: str | None,
    time_format: str | None,
) -> Reading:
    matched, found = match_columns(columns, log.types, one_type=isinstance(event_types, str))
    found += type_problems(matched, log.types)
    needed = [matched[name] for name in REQUIRED if name in matched]
    found += [
        (f"required column {own!r} {log.absent[own]}", "pass files that have it")
        for own in needed
        if own in log.absent
    ]
    if found:
        fixes = "; ".join(dict.fromkeys(fix for _, fix in found))
        if alike := looks_like(list(log.types)):
            fixes += f"; or pass schema={alike[0]!r}, as which it looks"
        raise DataError("events", [problem for problem, _ in found], fixes)
    own = matched["event_time"]
    kind = log.types[own]
    local = pa.types.is_timestamp(kind) and kind.tz is None
    if time_zone is None and (local or pa.types.is_date(kind)):
        raise no_zone(own)
    types = {name: log.types[own] for name, own in matched.items()}
    if "sku" not in matched:
        matched["sku"], types["sku"] = "sku", pa.null()
    return Reading(matched, types, event_types, time_zone, time_format)


def _warn_of_columns(events: Events, named: Mapping[str, str | None]) -> None:
    """Tell of optional columns that some files lack, and of names that are almost canonical."""
    absent = [
        f"{own!r} {events.source.absent[own]}"
        for own in events.columns.values()
        if own in events.source.absent
    ]
    if absent:
        warn(f"Columns of `events` are unknown in some files: {'; '.join(absent)}.")
    open_names = [name for name in COLUMNS if name not in {*events.columns, *named}]
    close = {name: get_close_matches(name, open_names, n=1, cutoff=0.85) for name in events.unread}
    meant = [f"{name!r} (did you mean {match[0]!r}?)" for name, match in close.items() if match]
    if meant:
        warn(f"Columns of `events` are not read: {', '.join(meant)}. Name them in columns=.")
