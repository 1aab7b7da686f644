"""How the report writes numbers, money, dates and periods."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

if TYPE_CHECKING:
    from c2m.periods import Calendar

_WHOLE_FROM: Final = 1000
"""Amounts from here on are written without cents."""


def units(value: float) -> str:
    """Write a number of units; expectations below 10 keep one decimal.

    Parameters
    ----------
    value : float
        Units.

    Returns
    -------
    str
        Text.

    Examples
    --------
    >>> units(1234.4), units(3.25), units(float("nan"))
    ('1,234', '3.2', '–')
    """
    if np.isnan(value):
        return "–"
    whole = abs(value) >= 10 or float(value).is_integer()
    return f"{value:,.0f}" if whole else f"{value:,.1f}"


def money(value: float) -> str:
    """Write an amount; small ones keep their cents.

    Parameters
    ----------
    value : float
        Money.

    Returns
    -------
    str
        Text without the currency.

    Examples
    --------
    >>> money(12345.6), money(-1.5), money(-0.001)
    ('12,346', '−1.50', '0.00')
    """
    return _amount(value, 0 if abs(value) >= _WHOLE_FROM else 2)


def money_column(values: ArrayLike) -> Callable[[float], str]:
    """Return how to write the amounts of one column, all with the same decimals.

    Parameters
    ----------
    values : array_like
        Money.

    Returns
    -------
    callable
        From an amount to its text.

    Examples
    --------
    >>> write = money_column([2345.0, 1.5])
    >>> write(1.5), money_column([1.5])(1.5)
    ('2', '1.50')
    """
    largest = np.max(np.abs(np.nan_to_num(np.asarray(values, dtype=np.float64))), initial=0.0)
    decimals = 0 if largest >= _WHOLE_FROM else 2
    return lambda value: _amount(value, decimals)


def _amount(value: float, decimals: int) -> str:
    if np.isnan(value):
        return "–"
    sign = "−" if round(value, decimals) < 0 else ""
    return f"{sign}{abs(value):,.{decimals}f}"


def share(value: float) -> str:
    """Write a share as percent.

    Parameters
    ----------
    value : float
        Share, 1 being all.

    Returns
    -------
    str
        Text.

    Examples
    --------
    >>> share(0.9234)
    '92.3%'
    """
    return "–" if np.isnan(value) else f"{value:.1%}"


def score(value: float) -> str:
    """Write a score to three figures.

    Parameters
    ----------
    value : float
        The score.

    Returns
    -------
    str
        Text.

    Examples
    --------
    >>> score(0.41234), score(123.4)
    ('0.412', '123')
    """
    return "–" if np.isnan(value) else f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def day(value: object) -> str:
    """Write a date in full, so that no reader takes the day for the month.

    Parameters
    ----------
    value : date
        The date.

    Returns
    -------
    str
        ``"6 November 2017"``.

    Examples
    --------
    >>> day("2017-11-06")
    '6 November 2017'
    """
    stamp = pd.Timestamp(str(value))
    return f"{stamp.day} {stamp:%B %Y}"


def short_day(value: object) -> str:
    """Write a date for a table.

    Parameters
    ----------
    value : date
        The date.

    Returns
    -------
    str
        ``"6 Nov 2017"``, which is not broken over lines.
    """
    stamp = pd.Timestamp(str(value))
    return f"{stamp.day}\N{NO-BREAK SPACE}{stamp:%b}\N{NO-BREAK SPACE}{stamp:%Y}"


def first_period(calendar: "Calendar") -> str:
    """Say which period is meant by the first one.

    Parameters
    ----------
    calendar : Calendar
        The plan's.

    Returns
    -------
    str
        ``"today"``, ``"this week"``, ``"this month"`` or ``"this period"``.
    """
    return "today" if calendar.freq == "D" else f"this {calendar.word}"


def of_period(calendar: "Calendar", by_day: str, other: str = "") -> str:
    """Return the title of a column of periods.

    Parameters
    ----------
    calendar : Calendar
        The plan's.
    by_day : str
        The title where periods are days.
    other : str
        What comes before ``"week of"`` where they are longer.

    Returns
    -------
    str
        As ``"Week of"`` or ``"Make in week of"``.
    """
    if calendar.freq == "D":
        return by_day
    return f"{other} {calendar.word} of".lstrip() if other else f"{calendar.word.capitalize()} of"


def joined(names: Sequence[str]) -> str:
    """Write names as a list in a sentence.

    Parameters
    ----------
    names : sequence of str
        The names.

    Returns
    -------
    str
        ``"a, b and c"``.

    Examples
    --------
    >>> joined(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join(", ".join(names).rsplit(", ", 1)) if len(names) > 1 else "".join(names)


def first_of_each(names: Sequence[str], texts: Sequence[str]) -> list[str]:
    """Keep the first of the equal sentences of each name, and leave the others empty.

    Parameters
    ----------
    names : sequence of str
        Such as the SKU of each row.
    texts : sequence of str
        The sentence of each row.

    Returns
    -------
    list of str
        The sentences.

    Examples
    --------
    >>> first_of_each(["A", "B", "A"], ["more is wanted", "more is wanted", "more is wanted"])
    ['more is wanted', 'more is wanted', '']
    """
    told: set[tuple[str, str]] = set()
    kept = []
    for pair in zip(names, texts, strict=True):
        kept.append("" if pair in told else pair[1])
        told.add(pair)
    return kept


def told_once(texts: Sequence[str]) -> tuple[list[str], str]:
    """Take out of sentences how all of them end, so that it is said once.

    Parameters
    ----------
    texts : sequence of str
        Sentences whose parts are separated by semicolons.

    Returns
    -------
    texts : list of str
        Without the last part, where all share it and have others.
    shared : str
        That part; empty where there is none.

    Examples
    --------
    >>> told_once(["more is wanted; 5 EUR in all", "the line is full; 5 EUR in all"])
    (['more is wanted', 'the line is full'], '5 EUR in all')
    >>> told_once(["a person has set it", "a person has set it"])
    (['a person has set it', 'a person has set it'], '')
    """
    parts = [text.rpartition("; ") for text in texts]
    shared = {end for _, _, end in parts}
    if len(parts) < 2 or len(shared) > 1 or not all(rest for rest, _, _ in parts):
        return list(texts), ""
    return [rest for rest, _, _ in parts], shared.pop()
