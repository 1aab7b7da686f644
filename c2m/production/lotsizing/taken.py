"""What a draft takes of allowances, and the tiers of prices that it runs, kept run by run."""

from collections.abc import Sequence

import numpy as np

from c2m.production.limits import allowance_limits, allowance_usage
from c2m.production.problem import FloatArray, IntArray, Problem


class Taken:
    """Allowances taken by a draft; free of work where there are neither allowances nor tiers.

    Parameters
    ----------
    problem : Problem
        The problem.
    made : ndarray of int, shape (n_items, n_periods)
        Units or packs to begin with.
    """

    def __init__(self, problem: Problem, made: IntArray) -> None:
        self.problem = problem
        self.limit = allowance_limits(problem)
        self.used = allowance_usage(problem, made)
        self._of: dict[int, list[tuple[int, int]]] = {}  # item -> (allowance, place in it)
        for number, allowance in enumerate(problem.allowances):
            for place, item in enumerate(allowance.items.tolist()):
                self._of.setdefault(item, []).append((number, place))
        self._rivals: dict[int, IntArray] = {}
        for prices in problem.price_lists:
            for row, item in enumerate(prices.items.tolist()):
                self._rivals[item] = prices.items[prices.clash[row]]

    def fits(self, made: IntArray, parts: Sequence[tuple[int, int, int]]) -> bool:
        """Say whether allowances and tiers let runs have new sizes.

        Parameters
        ----------
        made : ndarray of int, shape (n_items, n_periods)
            The plan.
        parts : sequence of (item, period, new size)
            The runs.

        Returns
        -------
        bool
            False where more of an allowance would be taken than there is, or two tiers would run.
        """
        if not self._of and not self._rivals:
            return True
        more: dict[int, float] = {}
        for item, when, size in parts:
            for number, change in self._changes(item, when, int(made[item, when]), size):
                more[number] = more.get(number, 0.0) + change
        if any(
            change > 0 and self.used[number] + change > self.limit[number]
            for number, change in more.items()
        ):
            return False
        return not any(self._meets_rival(made, parts, part) for part in parts)

    def apply(self, item: int, when: int, old: int, size: int) -> None:
        """Book a new size.

        Parameters
        ----------
        item, when, old, size : int
            The run, its size before and after.
        """
        for number, change in self._changes(item, when, old, size):
            self.used[number] += change

    def over(self) -> FloatArray:
        """Return how much more of each allowance is taken than there is, (n_allowances,)."""
        amount = np.array([allowance.amount for allowance in self.problem.allowances])
        return np.where(self.used > self.limit, self.used - amount, 0.0)

    def of(self, item: int) -> list[int]:
        """Return the allowances that an item takes from.

        Parameters
        ----------
        item : int
            The item.

        Returns
        -------
        list of int
            Entries of `Problem.allowances`.
        """
        return [number for number, _ in self._of.get(item, ())]

    def _changes(self, item: int, when: int, old: int, size: int) -> list[tuple[int, float]]:
        """Return how much more of each allowance a new size takes."""
        changes = []
        started = int(size > 0) - int(old > 0)
        for number, place in self._of.get(item, ()):
            allowance = self.problem.allowances[number]
            if not allowance.first <= when <= allowance.last:
                continue
            weights = allowance.weights[place]
            weight = float(weights if allowance.weights.ndim == 1 else weights[when])
            change = weight * (size - old) + float(allowance.setups[place]) * started
            changes.append((number, change))
        return changes

    def _meets_rival(
        self,
        made: IntArray,
        parts: Sequence[tuple[int, int, int]],
        part: tuple[int, int, int],
    ) -> bool:
        """Say whether another tier of the same price list would run in the same period."""
        item, when, size = part
        if size == 0 or item not in self._rivals:
            return False
        new = {other: units for other, step, units in parts if step == when}
        return any(
            new.get(other, int(made[other, when])) > 0 for other in self._rivals[item].tolist()
        )
