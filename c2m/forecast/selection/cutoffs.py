"""Where the candidates are tried: how much is held back, at which cutoffs, what was known there."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from c2m.errors import ArgumentError
from c2m.forecast.target import first_known, need_panel

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from c2m.panel import Panel

_LEAST_HELD: Final = 6
"""Periods to hold back, at least, where the history is too short for the whole horizon."""


@dataclass(frozen=True)
class Trials:
    """How many cutoffs, how far apart, and how many periods are held back after each.

    Parameters
    ----------
    held : int
        Periods held back; 0 where the history is too short.
    windows : int
        Cutoffs.
    step : int
        Periods from one to the next.
    """

    held: int
    windows: int
    step: int


def plan_trials(panel: "Panel", horizon: int, windows: int) -> Trials:
    """Return cutoffs that each leave more history than what is held back.

    Parameters
    ----------
    panel : Panel
        What is to be forecast.
    horizon : int
        Periods ahead.
    windows : int
        Most cutoffs.

    Returns
    -------
    Trials
        Less than the horizon is held back where the history is too short for all of it.

    Raises
    ------
    ArgumentError
        If `windows` is out of range.
    """
    if not isinstance(windows, int | np.integer) or windows < 1:
        raise ArgumentError(f"Expected windows, a whole number >= 1, got {windows!r}.")
    known = panel.n_periods - first_known(panel)
    held = _held_back(known, horizon)
    spare = known - 2 * held - 1
    step = max(1, min(held // 2, spare // max(windows - 1, 1)))
    return Trials(held, min(windows, spare // step + 1), step)


def known_first(
    panel: "Panel", trials: Trials, panel_at: "Callable[[pd.Timestamp], Panel] | None"
) -> int:
    """Return how many periods are known at the first cutoff.

    Parameters
    ----------
    panel : Panel
        What is to be forecast.
    trials : Trials
        The cutoffs.
    panel_at : callable, optional
        From a cutoff to the panel as it was known then; asked for the first cutoff.

    Returns
    -------
    int
        Periods from the first in which the target of any series is known.

    Raises
    ------
    ArgumentError
        If `panel_at` returns no panel.
    """
    count = panel.n_periods - trials.held - (trials.windows - 1) * trials.step
    if not callable(panel_at):
        return count - first_known(panel)
    known = panel_at(panel.periods[count - 1])
    need_panel(known)
    return known.n_periods - first_known(known)


def _held_back(known: int, horizon: int) -> int:
    """Return the periods that can be held back with more than that before them; 0 for too few."""
    spare = known - 1
    if spare >= 2 * horizon:
        return horizon
    held = spare // 2
    return held if held >= max(_LEAST_HELD, horizon / 3) else 0
