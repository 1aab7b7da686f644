"""The moment as of which a log is read: what was known by then."""

import numpy as np
import pandas as pd

from c2m.errors import ArgumentError, DataError
from c2m.signals.events import Events


def read_as_of(events: Events, as_of: str | pd.Timestamp | None, zone: str) -> int | None:
    """Check the argument ``as_of`` of a function that reads a log.

    Parameters
    ----------
    events : Events
        The log.
    as_of : time, optional
        What the caller passed.
    zone : str
        Of a time without one.

    Returns
    -------
    int or None
        Microseconds since 1970 in UTC.

    Raises
    ------
    DataError
        If the log does not say when it learned of an event.
    ArgumentError
        If it is no time, or one that the clock of the zone shows twice or never.
    """
    if as_of is None:
        return None
    if "ingest_time" not in events.columns:
        raise DataError(
            "events",
            ["there is no column 'ingest_time', which as_of= needs"],
            "say which column tells when the log learned of an event: "
            "columns={'ingest_time': '...'}",
        )
    return moment_of(as_of, zone)


def moment_of(as_of: str | pd.Timestamp, zone: str) -> int:
    """Return a time as a moment.

    Parameters
    ----------
    as_of : time
        What the caller passed.
    zone : str
        Of a time without one.

    Returns
    -------
    int
        Microseconds since 1970 in UTC.

    Raises
    ------
    ArgumentError
        If it is no time, or one that the clock of the zone shows twice or never.
    """
    try:
        moment = pd.Timestamp(as_of)
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"Expected as_of to be a time, got {as_of!r}.") from error
    local = (
        moment.tz_localize(zone, ambiguous="NaT", nonexistent="NaT")
        if moment.tz is None
        else moment
    )
    if pd.isna(local):
        raise ArgumentError(f"Expected as_of to be a time that occurs once, got {as_of!r}.")
    day = local.tz_convert("UTC").tz_localize(None).to_datetime64().astype("datetime64[us]")
    return int(day.astype(np.int64))
