"""Several systems that saw the same customers, seen as one log."""

from collections.abc import Mapping, Sequence

import pyarrow as pa

from c2m.errors import ArgumentError
from c2m.signals.events import Events
from c2m.signals.identity.authority import Authority
from c2m.signals.identity.merged import MergedSource, merged_types
from c2m.signals.reading.reading import Reading


def combine(
    sources: Mapping[str, Events], *, authority: Mapping[str, str | Sequence[str]] | None = None
) -> Events:
    """See the logs of several systems as one, in which what two of them saw counts once.

    Nothing is read yet. Every pass reads the logs side by side, a day at a time.

    Parameters
    ----------
    sources : mapping of str to Events
        Name of the system -> its log. The name becomes the ``source_system`` of its events,
        whatever they say themselves, and is what ``ids=`` of a `Catalogue` speaks of.
    authority : mapping of str to (str or sequence of str), optional
        Kind of event -> the system whose events count: ``{"purchase": "shopify", "view": "ga4"}``.
        Kinds that only one system has need none. A pair ``("shopify", "ga4")`` adds the orders
        of the second that the first does not have, by ``order_id``; both logs must write order
        ids alike, and be read with the same ``key``.

    Returns
    -------
    Events
        The log of all. It has every column that one of them has; where another lacks it, it is
        unknown. An ``event_id`` is preceded by the name of its system.

    Raises
    ------
    ArgumentError
        If an argument is out of its range; or, when the log has been read, if several systems
        have a kind for which `authority` names none. The message lists all of them.

    Warns
    -----
    C2MWarning
        When the log is read: the events that are left out or added, by system and kind.

    Examples
    --------
    >>> import pandas as pd
    >>> from c2m.signals import read_events
    >>> sale = pd.DataFrame({"event_time": "2026-11-22T09:00:00Z", "event_type": ["purchase"],
    ...                      "sku": "PARKA"})
    >>> web = pd.DataFrame({"event_time": "2026-11-22T09:00:01Z", "sku": "PARKA",
    ...                     "event_type": ["view", "purchase"]})
    >>> log = combine(
    ...     {"shopify": read_events(sale), "ga4": read_events(web)},
    ...     authority={"purchase": "shopify"},
    ... )
    >>> log
    Events(shopify + ga4: 3 rows, 4 columns read)
    """
    _check_sources(sources)
    members = dict(sources)
    rule = Authority.of(authority or {}, list(members))
    _check_orders(members, rule)
    types = merged_types(members)
    zones = {events.time_zone for events in members.values()} - {None}
    reading = Reading(
        columns={name: name for name in types},
        types=types,
        event_types={},
        time_zone=zones.pop() if len(zones) == 1 else None,
        time_format=None,
    )
    strict = all(events.on_bad == "error" for events in members.values())
    source = MergedSource(members, rule, types)
    return Events(source, reading, "combined", "error" if strict else "set_aside")


def _check_sources(sources: object) -> None:
    if not isinstance(sources, Mapping) or not sources:
        raise ArgumentError(
            "Expected sources={'shopify': events, 'ga4': events}, got "
            f"{'an empty mapping' if sources == {} else f'a {type(sources).__name__}'}."
        )
    for name, events in sources.items():
        if not isinstance(events, Events) or not isinstance(name, str) or not name:
            raise ArgumentError(
                f"Expected names of systems with events from c2m.read_events, got {name!r} with a "
                f"{type(events).__name__}."
            )


def _check_orders(members: Mapping[str, Events], rule: Authority) -> None:
    """Refuse to compare order ids that cannot be compared."""
    compared = rule.by_orders()
    without = [name for name in compared if "order_id" not in members[name].columns]
    if without:
        raise ArgumentError(
            f"Expected an order_id in the logs whose orders authority= compares, got none in "
            f"{', '.join(map(repr, without))}. Name one system for these kinds, or the column in "
            "read_events."
        )
    probes = {name: _probe(members[name]) for name in compared}
    if len(set(probes.values())) > 1:
        raise ArgumentError(
            "Expected order ids that can be compared, got logs that were read with different keys "
            f"or without one: {', '.join(map(repr, probes))}. Pass the same key= to read_events."
        )


def _probe(events: Events) -> object:
    """Return what an order id becomes under the key of a log."""
    pseudonyms = events.reading.pseudonyms
    if pseudonyms is None:
        return None
    return pseudonyms.of("order_id", pa.array(["1"]))[0].as_py()
