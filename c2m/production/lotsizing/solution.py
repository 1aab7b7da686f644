"""What every way of planning returns."""

from collections.abc import Callable
from dataclasses import dataclass

from c2m.production.problem import FloatArray, IntArray

Progress = Callable[[str], None]
"""Told, in a phrase, what is being done."""


@dataclass(frozen=True)
class Solution:
    """A plan that holds every limit, and what is known about it.

    Parameters
    ----------
    made : ndarray of int, shape (n_items, n_periods)
        Units or packs.
    profit : float
        Expected profit over the scenarios.
    prices : ndarray, shape (n_lines, n_periods)
        Money that one more unit of capacity would earn.
    bound : float
        No plan brings more, if it is proved.
    proved : bool
        Whether it is.
    bound_from : str
        What the bound comes from.
    method : str
        How the plan was found.
    """

    made: IntArray
    profit: float
    prices: FloatArray
    bound: float
    proved: bool
    bound_from: str
    method: str
