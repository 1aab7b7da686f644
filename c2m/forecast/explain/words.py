"""Explanations in plain sentences, for a planner."""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pandas as pd

    from c2m.periods import Calendar

_LEAST: Final = 0.02
"""Share of the total below which a group is left out."""

_SAID: Final = {
    "recent level": "the trend of recent sales",
    "season": "the season",
    "calendar": "the calendar",
    "age and gaps": "its age and gaps in its sales",
    "distance": "the distance ahead",
    "attributes": "the kind of article",
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
    sentences = [
        f"In the {_span(calendar, periods)}, {_number(units)} units are expected.",
        f"The recent level is {_number(level)} a {calendar.word}.",
    ]
    if not units:
        return f"{sentences[0]} It is not on sale."
    small = []
    for group, multiplier in zip(totals["group"], totals["multiplier"], strict=True):
        change = multiplier - 1
        if abs(change) < _LEAST:
            small.append(group)
            continue
        side = "higher" if change > 0 else "lower"
        percent = f"{abs(change) * 100:,.0f} %"
        sentences.append(f"Because of {_SAID.get(group, group)} it is {percent} {side}.")
    if len(small) == len(totals):
        sentences.append("Nothing else moves it by 2 % or more.")
    return " ".join(sentences)


def moved(
    parts: dict[str, float],
    *,
    calendar: "Calendar",
    periods: "pd.DatetimeIndex",
    before: float,
    after: float,
) -> str:
    """Say what moved a total.

    Parameters
    ----------
    parts : dict of str to float
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
    change = after - before
    direction = "more" if change > 0 else "fewer"
    start = f"In the {_span(calendar, periods)}, {_number(after)} units are expected,"
    largest = sorted(parts.items(), key=lambda item: -abs(item[1]))
    told = [(group, part) for group, part in largest if abs(part) >= _LEAST * max(before, after)]
    if not told:
        return f"{start} about as many as before ({_number(before)})."
    sentences = [f"{start} {_number(abs(change))} {direction} than before ({_number(before)})."]
    for place, (group, part) in enumerate(told):
        verb = "added" if part > 0 else "took away"
        most = "moved it most and " if place == 0 else ""
        subject = _SAID.get(group, group)
        sentences.append(f"{subject[0].upper()}{subject[1:]} {most}{verb} {_number(abs(part))}.")
    return " ".join(sentences)


def _span(calendar: "Calendar", periods: "pd.DatetimeIndex") -> str:
    word = calendar.word
    count = f"{len(periods)} {word}s" if len(periods) > 1 else word
    return f"{count} from {periods[0].date()} on"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 20 else f"{value:.2g}"
