"""The season of a baseline that finds it by itself, held fast from its trials to its use."""

from typing import TYPE_CHECKING, Any, Final

from c2m.forecast.baselines.ets import ETS
from c2m.forecast.baselines.naive import SeasonalNaive
from c2m.forecast.params import unfitted

if TYPE_CHECKING:
    from c2m.periods import Calendar

_SEASONS: Final[dict[type, int]] = {SeasonalNaive: 1, ETS: 2}
"""Model -> whole seasons of history that it needs to have one."""


def fix_season(model: Any, calendar: "Calendar", n_periods: int) -> Any:
    """Return a model that has the season at every cutoff that it has at the earliest.

    `SeasonalNaive` and `ETS` have no season where the history is too short for one. Such a model
    would be tried at an early cutoff without its season and then be used with it.

    Parameters
    ----------
    model : model, or class of models
        Any; those two without a ``season_length`` are looked at, all others are left alone.
    calendar : Calendar
        How days make periods.
    n_periods : int
        Periods known at the earliest cutoff.

    Returns
    -------
    model
        The same object, or a copy with ``season_length=1`` where the season does not fit.

    Examples
    --------
    >>> from c2m.periods import Calendar
    >>> weeks = Calendar.of("W")
    >>> fix_season(SeasonalNaive(), weeks, 40), fix_season(SeasonalNaive(), weeks, 52)
    (SeasonalNaive(season_length=1), SeasonalNaive())
    >>> fix_season(SeasonalNaive(26), weeks, 20)
    SeasonalNaive(season_length=26)
    """
    kind = model if isinstance(model, type) else type(model)
    needed = _SEASONS.get(kind, 0) * calendar.season_length
    if needed <= n_periods or getattr(model, "season_length", None) is not None:
        return model
    return (model() if isinstance(model, type) else unfitted(model)).set_params(season_length=1)


def season_note(given: Any, used: Any, calendar: "Calendar", n_periods: int) -> str:
    """Say what a history too short for the season made of a model.

    Parameters
    ----------
    given : model, or class of models
        As it was passed.
    used : model
        What `fix_season` made of it.
    calendar : Calendar
        How days make periods.
    n_periods : int
        Periods known at the earliest cutoff.

    Returns
    -------
    str
        What goes on after the model's name; empty where the history was long enough.

    Examples
    --------
    >>> from c2m.periods import Calendar
    >>> naive = SeasonalNaive(52)
    >>> season_note(naive, naive, Calendar.of("W"), 40)
    'was tried without its season of 52 periods: only 40 were known at the first cutoff.'
    """
    only = f"only {n_periods} were known at the first cutoff."
    if used is not given:
        return f"is used without a season of {calendar.season_length} periods: {only}"
    length = getattr(given, "season_length", None) or 1
    if length > 1 and _SEASONS.get(type(given), 0) * length > n_periods:
        return f"was tried without its season of {length} periods: {only}"
    return ""
