"""What the periods of a calendar are most like, for defaults that differ from days to months."""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from c2m.periods import Calendar

_LIKE_MONTHS: Final = 26
"""Up to so many periods a year, a period table is taken for one of months."""


def rhythm(calendar: "Calendar") -> str:
    """Return ``"D"``, ``"W"`` or ``"MS"``, whichever the periods are most like.

    Parameters
    ----------
    calendar : Calendar
        The calendar; a 4-4-5 table has 12 periods a year, or 52 where it lists the weeks.

    Returns
    -------
    str
        The freq without its weekday; of a table, weeks or months by their number in a year.

    Examples
    --------
    >>> from c2m.periods import Calendar
    >>> rhythm(Calendar("W-SUN"))
    'W'
    """
    if calendar.freq == "table":
        return "MS" if calendar.season_length <= _LIKE_MONTHS else "W"
    return calendar.freq.partition("-")[0]
