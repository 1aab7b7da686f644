"""Which features a panel allows: settled once, at the fit, and saved with the model."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, Self

import numpy as np
import pandas as pd

from c2m.errors import ArgumentError
from c2m.forecast.features.running import one_row
from c2m.forecast.pooling import finest_attribute
from c2m.forecast.rhythm import rhythm
from c2m.forecast.target import observed_single
from c2m.frames import did_you_mean, name_list, text_codes

if TYPE_CHECKING:
    from c2m.panel import Panel
    from c2m.periods import Calendar

_WINDOWS: Final = {
    "D": (1, 3, 7, 14, 28, 56, 91, 182, 364),
    "W": (1, 2, 4, 8, 13, 26, 52),
    "MS": (1, 2, 3, 6, 12, 24),
}
_MEMORY: Final = {"D": 28, "W": 8, "MS": 6}
_MOVES: Final = {"D": (3, 7, 28, 91), "W": (1, 4, 13), "MS": (1, 3, 12)}
_BEAT: Final = {"D": 7, "W": 1, "MS": 1}
_SPAN: Final = {"D": 392, "W": 260, "MS": 240}
"""Periods over which learning cutoffs are spread: 56 weeks of days, all of most other histories."""

_HELD: Final = 8
"""Periods beyond the horizon that held-out cutoffs may take from the span."""

TURNS: Final = 8
"""Past seasons whose same phase is averaged."""
_NO_SIGNAL: Final = frozenset(
    {"sales", "demand", "demand_sd", "spill_in", "kept", "kept_sd", "revenue"}
    | {"in_stock", "on_sale"}
)
"""Channels that say what the target says, or that are used to censor it."""

Choice = Sequence[str] | Literal["auto"]


@dataclass(frozen=True)
class Recipe:
    """The features of a model.

    Parameters
    ----------
    target : str
        Channel to forecast.
    windows : tuple of int
        Recent windows, in periods, rising.
    memory : int
        Periods that the level remembers: the newest value weighs ``2 / (memory + 1)``.
    seasons : tuple of int
        Season lengths of which the history holds enough.
    signals : tuple of str
        Observed channels, used up to the cutoff.
    signed : tuple of str
        Those of them that were below 0 somewhere, of which no logarithm is taken.
    shared : tuple of str
        Channels of which one row holds for all series.
    moves : tuple of int
        Windows of the signals, rising; the last is what the others are compared with.
    beat : int
        Width of the windows that end some periods before the cutoff.
    known : tuple of str
        Channels used in the period that is forecast.
    calendar : tuple of str
        ``"weekday"``, ``"day"``, ``"week"``, ``"month"``, ``"days"`` of that period.
    attributes : mapping of str to tuple of str, or None
        Values of each attribute of text; None for one of numbers.
    group : str or None
        Attribute by which series are alike; None where all are.
    lookback : int
        Periods before a cutoff that its features may read one by one.
    kept : int
        Periods of history that learning and forecasting read one by one; older ones count in
        sums only.
    """

    target: str
    windows: tuple[int, ...]
    memory: int
    seasons: tuple[int, ...]
    signals: tuple[str, ...]
    signed: tuple[str, ...]
    shared: tuple[str, ...]
    moves: tuple[int, ...]
    beat: int
    known: tuple[str, ...]
    calendar: tuple[str, ...]
    attributes: Mapping[str, tuple[str, ...] | None]
    group: str | None
    lookback: int
    kept: int

    def to_facts(self) -> dict[str, Any]:
        """Return the recipe as JSON can hold it."""
        return asdict(self)

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> Self:
        """Return the recipe that `to_facts` wrote.

        Parameters
        ----------
        facts : mapping
            Lists where tuples were.

        Returns
        -------
        Recipe
            The same recipe.
        """
        plain = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in facts.items()
        }
        attributes = {
            name: None if values is None else tuple(values)
            for name, values in facts["attributes"].items()
        }
        arguments: dict[str, Any] = {**plain, "attributes": attributes}
        return cls(**arguments)


def settle_recipe(
    panel: "Panel",
    *,
    horizon: int,
    target: str | None,
    signals: Choice,
    known: Choice,
    seasonality: Literal["auto"] | int | None,
) -> Recipe:
    """Choose the features that a panel allows.

    Parameters
    ----------
    panel : Panel
        What is known at the fit.
    horizon : int
        Periods ahead.
    target, signals, known, seasonality
        See `DirectBoosting`.

    Returns
    -------
    Recipe
        The features.

    Raises
    ------
    ArgumentError
        If a channel that was named is not there, or the target is named as known ahead.
    """
    kind = rhythm(panel.calendar)
    name = panel.target if target is None else target
    ahead = panel.known if known == "auto" else _named(panel, known, "known")
    if name in ahead:
        raise ArgumentError(f"Expected known to leave out the target, got {name!r} in it.")
    ahead = tuple(channel for channel in ahead if channel != "on_sale")
    taken = {name, *ahead}
    if signals == "auto":
        chosen = tuple(c for c in panel.channels if c not in taken | _NO_SIGNAL)
    else:
        chosen = tuple(c for c in _named(panel, signals, "signals") if c not in taken)
    length = panel.n_periods
    windows = tuple(width for width in _WINDOWS[kind] if width < length) or (1,)
    moves = tuple(width for width in _MOVES[kind] if width < length) or (1,)
    seasons = tuple(
        season
        for season in _seasons(panel.calendar, seasonality)
        if length > season + min(season, horizon) + 2
    )
    lookback = _lookback(horizon, seasons, _MEMORY[kind], max(*windows, moves[-1] + horizon))
    return Recipe(
        target=_named(panel, [name], "target")[0],
        windows=windows,
        memory=_MEMORY[kind],
        seasons=seasons,
        signals=chosen,
        signed=tuple(channel for channel in chosen if np.nanmin(panel[channel], initial=0.0) < 0),
        shared=tuple(c for c in (*chosen, *ahead) if len(one_row(panel[c])) < panel.n_series),
        moves=moves,
        beat=_BEAT[kind],
        known=ahead,
        calendar=_calendar(panel.calendar, length),
        attributes=_attributes(panel),
        group=_group(panel, name),
        lookback=lookback,
        kept=lookback + _SPAN[kind] + horizon + _HELD,
    )


def _lookback(horizon: int, seasons: Iterable[int], memory: int, longest: int) -> int:
    """Return how far back from a cutoff its features look."""
    for season in seasons:
        turns = TURNS * season if half_width(season) == 0 else 0
        back = season * -(-horizon // season)
        longest = max(longest, back + turns, back + memory + half_width(season))
    return longest + 1


def half_width(season: int) -> int:
    """Return how many periods on either side belong to the same part of a season.

    Parameters
    ----------
    season : int
        Its length.

    Returns
    -------
    int
        Periods.
    """
    return 0 if season < 24 else 1 if season < 100 else 3


def _named(panel: "Panel", names: Sequence[str], argument: str) -> tuple[str, ...]:
    if not isinstance(names, Iterable):
        raise ArgumentError(f"Expected {argument} 'auto' or names, () for none, got {names!r}.")
    names = [names] if isinstance(names, str) else list(names)
    absent = [name for name in names if name not in panel]
    if absent:
        hint = did_you_mean(absent[0], panel.channels)
        raise ArgumentError(
            f"Expected {argument} to name channels of the panel, got {name_list(absent)}{hint}; "
            f"there are {name_list(panel.channels)}."
        )
    return tuple(names)


def _seasons(calendar: "Calendar", seasonality: Literal["auto"] | int | None) -> tuple[int, ...]:
    if seasonality is None:
        return ()
    if seasonality == "auto":
        return tuple(sorted({calendar.season_length, _year(calendar)}))
    if not isinstance(seasonality, int | np.integer) or seasonality < 2:
        raise ArgumentError(
            f"Expected seasonality 'auto', None or a whole number >= 2, got {seasonality!r}."
        )
    return (int(seasonality),)


def _year(calendar: "Calendar") -> int:
    """Return the periods in a year; of days, in 52 weeks."""
    return 364 if calendar.freq == "D" else calendar.season_length


def _calendar(calendar: "Calendar", length: int) -> tuple[str, ...]:
    """Name the calendar features of which every value was seen more than once."""
    freq, most_of_two_years = calendar.freq, length >= 1.5 * _year(calendar)
    features = {
        "weekday": freq == "D" and length >= 21,
        "day": freq == "D" and length >= 91,
        "week": freq != "MS" and most_of_two_years,
        "month": freq == "MS" and most_of_two_years,
        "days": freq in {"MS", "table"} and length >= 6,
    }
    return tuple(name for name, wanted in features.items() if wanted)


def described(panel: "Panel") -> pd.DataFrame:
    """Return what describes series: their attributes, and where they are sold.

    Parameters
    ----------
    panel : Panel
        The panel.

    Returns
    -------
    DataFrame, n_series rows
        Attributes, then the keys ``channel`` and ``location`` where there are such.
    """
    places = [name for name in panel.keys.columns if name != "sku"]
    return pd.concat([panel.attributes, panel.keys[places]], axis=1)


def _group(panel: "Panel", target: str) -> str | None:
    """Return the attribute by which series are alike."""
    if not len(panel.attributes.columns):
        return None
    known = ~np.isnan(observed_single(panel, target)).all(axis=1)
    return finest_attribute(panel.attributes, np.asarray(known))


def _attributes(panel: "Panel") -> dict[str, tuple[str, ...] | None]:
    """Return the attributes that can teach: neither constant nor a name of almost every series."""
    useful: dict[str, tuple[str, ...] | None] = {}
    table = described(panel)
    for name in table.columns:
        values = table[name]
        if pd.api.types.is_numeric_dtype(values.dtype):
            if len(values.dropna().unique()) > 1:
                useful[str(name)] = None
            continue
        levels = text_codes(values).dropna().unique()
        if 1 < len(levels) <= panel.n_series / 2:
            useful[str(name)] = tuple(sorted(map(str, levels)))
    return useful
