"""Explanations in plain sentences, for a planner.

What a series has sold so far is told in one sentence: the smoothed level, the trees' correction of
it, its age and gaps hang together, and each alone only says how the series differs from the average
one of the panel.
"""

import math
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from c2m.periods import Calendar

_LEAST: Final = 0.02
"""Share of the total below which a group is left out."""

_MOST: Final = 5
"""So many groups are told one by one."""

_OWN: Final = frozenset({"recent level", "age and gaps", "distance"})
"""Groups that come from what the series itself sold."""

_SALES: Final = "recent sales"
_KIND: Final = "attributes"

_SAID: Final = {
    "season": "the season",
    "calendar": "the calendar",
    _KIND: "the kind of article",
    "on sale": "periods off sale",
}


def explained(
    totals: "pd.DataFrame",
    *,
    calendar: "Calendar",
    periods: "pd.DatetimeIndex",
    level: float,
    units: float,
) -> str:
    """Say what makes a total.

    Parameters
    ----------
    totals : DataFrame
        ``group`` and ``multiplier``, the largest first.
    calendar : Calendar
        How days make periods.
    periods : DatetimeIndex
        The periods explained.
    level : float
        Units a period.
    units : float
        The total.

    Returns
    -------
    str
        Sentences.
    """
    start = f"{_span(calendar, periods)}, {_number(units)} units are expected"
    if not units:
        return f"{start}. It is not on sale."
    logs = {
        str(group): math.log(multiplier)
        for group, multiplier in zip(totals["group"], totals["multiplier"], strict=True)
    }
    own = level * math.exp(sum(log for group, log in logs.items() if group in _OWN))
    others = {group: log for group, log in logs.items() if group not in _OWN}
    if _too_few(units):
        return f"{start}. Recent sales average {_number(level)} a {calendar.word}."
    each = "" if len(periods) == 1 else f", {_number(units / len(periods))} a {calendar.word}"
    sentences = [f"{start}{each}.", _of_sales(level, own, calendar.word)]
    told, rest = _largest(others, math.log1p(_LEAST))
    sentences += [f"Because of {_name(group)} it is {_percent(log)}." for group, log in told]
    if not told:
        sentences.append("Nothing else moves it by 2 % or more.")
    elif abs(math.expm1(rest)) >= _LEAST:
        sentences.append(f"All else makes it {_percent(rest)}.")
    return " ".join(sentences)


def moved(
    parts: "Mapping[str, float]",
    *,
    calendar: "Calendar",
    periods: "pd.DatetimeIndex",
    before: float,
    after: float,
) -> str:
    """Say what moved a total.

    Parameters
    ----------
    parts : mapping of str to float
        Group -> units.
    calendar : Calendar
        How days make periods.
    periods : DatetimeIndex
        The periods compared.
    before, after : float
        The totals.

    Returns
    -------
    str
        Sentences.
    """
    start = f"{_span(calendar, periods)}, {_number(after)} units are expected"
    same = f"{start}, about as many as before ({_number(before)})."
    if _too_few(max(before, after)):
        return same
    own = sum(part for group, part in parts.items() if group in _OWN)
    # the kind of article is what it was: it moves a forecast by how others count for it
    others = {group: part for group, part in parts.items() if group not in {*_OWN, _KIND}}
    least = _LEAST * max(before, after)
    told, rest = _largest({_SALES: own} | others, least)
    rest += parts.get(_KIND, 0.0)
    by = f"{start}, {_number(abs(after - before))} {'more' if after > before else 'fewer'}"
    changed = _number(after) != _number(before)
    sentences = [f"{by} than before ({_number(before)})." if changed else same]
    for group, part in told:
        first = len(sentences) == 1 and abs(part) >= abs(rest)
        subject = _name(group)
        most = "moved it most and " if first else ""
        sentences.append(f"{subject[0].upper()}{subject[1:]} {most}{_added(part)}.")
    if abs(rest) >= least:
        sentences.append(f"All else {_added(rest)}.")
    return " ".join(sentences)


def _of_sales(level: float, own: float, word: str) -> str:
    """Say what the series' own sales alone would make one expect."""
    average = f"Recent sales average {_number(level)} a {word}"
    if abs(own / level - 1) < _LEAST or _number(own) == _number(level):
        return f"{average}."
    return f"{average}; with their trend, age and gaps they point to {_number(own)}."


def _largest(sizes: "Mapping[str, float]", least: float) -> tuple[list[tuple[str, float]], float]:
    """Return the groups to tell one by one, the largest first, and the sum of the others."""
    order = sorted(sizes.items(), key=lambda item: -abs(item[1]))
    told = [(group, size) for group, size in order[:_MOST] if abs(size) >= least]
    return told, sum(size for _, size in order[len(told) :])


def _name(group: str) -> str:
    return _SAID.get(group, group.replace("_", " "))


def _percent(log: float) -> str:
    change = math.expm1(log)
    if change >= 1:
        return f"{1 + change:,.1f} times as high"
    return f"{abs(change) * 100:,.0f} % {'higher' if change > 0 else 'lower'}"


def _added(part: float) -> str:
    return f"{'added' if part > 0 else 'took away'} {_number(abs(part))}"


def _span(calendar: "Calendar", periods: "pd.DatetimeIndex") -> str:
    first, word = periods[0].date(), calendar.word
    if len(periods) > 1:
        return f"In the {len(periods)} {word}s from {first} on"
    return f"On {first}" if word == "day" else f"In the {word} from {first} on"


def _too_few(value: float) -> bool:
    return 0 < value < 0.05


def _number(value: float) -> str:
    if _too_few(value):
        return "less than 0.1"
    return f"{value:,.0f}" if value >= 20 else f"{value:.1f}".removesuffix(".0")
