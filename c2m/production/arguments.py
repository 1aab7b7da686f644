"""The checks of how a plan is to be made."""

import numpy as np

from c2m.distribution.law import read_count
from c2m.errors import ArgumentError


def check_draw(n_scenarios: object, seed: object) -> None:
    """Check how scenarios are drawn.

    Parameters
    ----------
    n_scenarios, seed : object
        As a caller passed them.

    Raises
    ------
    ArgumentError
        If one is no whole number, or too small.

    Examples
    --------
    >>> check_draw(True, 0)
    Traceback (most recent call last):
        ...
    c2m.errors.ArgumentError: Expected a whole number n_scenarios >= 1, got True.
    """
    read_count(n_scenarios, "a whole number n_scenarios >= 1")
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise ArgumentError(f"Expected a whole number seed >= 0, got {seed!r}.")


def check_way(method: object, time_limit_s: object) -> None:
    """Check the way to plan, and how long it may take.

    Parameters
    ----------
    method, time_limit_s : object
        As a caller passed them.

    Raises
    ------
    ArgumentError
        If there is no such method, or the limit is no number above 0.
    """
    if method not in ("auto", "exact", "heuristic"):
        raise ArgumentError(f"Expected method 'auto', 'exact' or 'heuristic', got {method!r}.")
    if time_limit_s is None:
        return
    number = isinstance(time_limit_s, int | float | np.number) and not isinstance(
        time_limit_s, bool
    )
    if not (number and time_limit_s > 0):  # type: ignore[operator]
        raise ArgumentError(f"Expected time_limit_s > 0, in seconds, got {time_limit_s!r}.")
