"""What a pass over the log left out or assumed, told once with its counts."""

from typing import TYPE_CHECKING, Final

import numpy as np

from c2m.errors import warn
from c2m.panel import Panel
from c2m.periods import Calendar
from c2m.signals.counting.assembly import Span

if TYPE_CHECKING:
    from c2m.signals.counting.onepass import Pass

_BUSY: Final = 20
"""Events a day from which on a day without any is no chance."""


def tell(
    found: "Pass",
    span: Span,
    panel: Panel,
    calendar: Calendar,
    *,
    zone_given: str | None,
    complete: bool | None,
) -> None:
    """Warn of everything that the caller did not ask for.

    Parameters
    ----------
    found : Pass
        What was counted.
    span : Span
        The periods.
    panel : Panel
        The result.
    calendar : Calendar
        Its periods.
    zone_given : str, optional
        The zone that the caller named.
    complete : bool, optional
        What the caller said of gaps.
    """
    if zone_given is None:
        warn(
            "Days are counted in UTC, because no zone was named. Pass tz= with the shop's zone, "
            "or tz='UTC' if that is meant."
        )
    _tell_counts(found)
    _tell_partial(found, span, panel, calendar)
    if complete is None:
        _tell_empty_days(found, span)


def _tell_counts(found: "Pass") -> None:
    counts = found.tally.counts
    total = sum(found.days.values())
    sentences = {
        "repeats": "{n} of {t} events repeat an event_id of their day and are left out: the one "
        "that came in last counts. Pass columns={{'event_id': None}} to read_events if they are "
        "different events.",
        "future": "{n} events came in by as_of= but happened later, and are left out.",
        "outside": "{n} events lie outside span= and are left out.",
        "no sku": "{n} of {t} events name no SKU (visits, mentions) and are left out of the panel.",
        "coarse": "{n} of {t} events name a product or a variant and no SKU. Pass catalogue= to "
        "count them.",
        "no user": "{n} of {t} events have no user: they count as events, not as distinct users.",
        "doubtful": "{n} of {t} events have a trust below 1 and count in full. Pass trust='events' "
        "to weigh them.",
        "no stock": "{n} stock_level events have neither in_stock nor quantity and tell nothing.",
        "no price": "{n} purchases have no unit_price: revenue is unknown where they are, and "
        "price is the mean over the other units.",
    }
    for what, sentence in sentences.items():
        if counts.get(what):
            warn(sentence.format(n=f"{counts[what]:,}", t=f"{total:,}"))
    for what, count in counts.items():
        if what.startswith("no quantity "):
            kind = what.removeprefix("no quantity ")
            warn(f"{count:,} {kind} events have no quantity and count as one unit each.")
    unnamed = found.currencies.get(None, 0)
    if unnamed and panel_currency(found):
        warn(f"{unnamed:,} purchases have no currency and count as {panel_currency(found)}.")


def panel_currency(found: "Pass") -> str | None:
    """Return the one currency of a pass."""
    return next((code for code in found.currencies if code), None)


def _tell_partial(found: "Pass", span: Span, panel: Panel, calendar: Calendar) -> None:
    kept = range(span.first, span.first + span.n_periods)
    for period in span.partial:
        start = calendar.label(period)
        count = found.ledger.events.get(period, 0)
        if period in kept:
            warn(f"The period of {start} is covered only in part: its counts are too low.")
        else:
            warn(
                f"The period of {start} is covered only in part and left out, with {count:,} "
                "events. Pass span= with the days that the log covers, or partial_period='keep'."
            )
    late = found.n_series - panel.n_series
    if late:
        warn(
            f"{late:,} of {found.n_series:,} series have no event in a whole period and are "
            "left out."
        )


def _tell_empty_days(found: "Pass", span: Span) -> None:
    n_days = span.last_day - span.first_day + 1
    empty = n_days - len(found.days)
    if empty and sum(found.days.values()) >= _BUSY * len(found.days):
        days = np.arange(span.first_day, span.last_day + 1)
        first = days[~np.isin(days, list(found.days))][0].astype("datetime64[D]")
        warn(
            f"{empty:,} of {n_days:,} days have no event of any kind (first {first}) and count as "
            "zero. Pass complete=True if the shop was closed; add the missing files, or pass "
            "complete=False, if nobody recorded them."
        )
