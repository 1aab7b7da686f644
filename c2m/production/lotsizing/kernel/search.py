"""Fix and optimise: free the set-ups of a part, keep the others, let HiGHS plan the part anew.

Fix-and-optimise is Helber & Sahling (2010), *International Journal of Production Economics*
123(2), 247-256. The parts are periods that lie together, whole SKUs, and the set-ups in which the
plan differs from the relaxation; each kind grows while its parts are solved to the end.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from c2m.production.lotsizing.kernel.cuts import Relaxation
from c2m.production.lotsizing.mip import Answer, Stop, maximise
from c2m.production.problem import FloatArray, IntArray, Problem

_KINDS: Final = ("periods", "skus", "doubtful")

_FIRST: Final = 60.0
"""Set-ups that are free in a part at the start."""

_LEAST: Final = 12.0
"""The fewest that are."""

_GROWS, _SHRINKS = 1.4, 0.85

_SLICE: Final = 0.5
"""Seconds for a part at the start."""

_PATIENCE: Final = 9
"""Parts in a row that bring nothing, after which parts get twice the time."""

_NODES: Final = 15
"""Nodes for a part where there is no clock."""

_ROUNDING: Final = 1e-6
"""Units that count as none."""

_NOISE: Final = 1.0
"""Weight of chance beside the doubt in a set-up."""


@dataclass(frozen=True)
class Budget:
    """How long to search.

    Parameters
    ----------
    seconds : float or None
        Seconds; where they strike, the plan may depend on the machine. None: `rounds`.
    rounds : int
        Parts that are tried.
    clock : callable
        Tells the seconds so far, from any point in time.
    """

    seconds: float | None
    rounds: int
    clock: Callable[[], float]


@dataclass
class Search:
    """The best plan so far and what is known about it.

    Parameters
    ----------
    problem : Problem
        The problem.
    relaxation : Relaxation
        Its programme and relaxed answer.
    budget : Budget
        How long to search.
    seed : int
        Of the parts.
    serve_all : bool
        Whether demand may be lost only on the way to a plan that loses none.
    """

    problem: Problem
    relaxation: Relaxation
    budget: Budget
    seed: int = 0
    serve_all: bool = False
    values: FloatArray | None = None
    profit: float = -np.inf
    bound: float = np.inf
    sizes: dict[str, float] = field(default_factory=lambda: dict.fromkeys(_KINDS, _FIRST))

    def __post_init__(self) -> None:
        """Start the clock."""
        self.started = self.budget.clock()
        self.bound = self.relaxation.bound
        self.programme = self.relaxation.programme
        self.rng = np.random.default_rng(self.seed)

    def start_from(self, made: IntArray) -> None:
        """Begin with a plan.

        Parameters
        ----------
        made : ndarray of int, shape (n_items, n_periods)
            Units or packs made.
        """
        start = self.programme.values_of(self.problem, made)
        setup = self.programme.runs.setup
        self._keep(self._solve(start[setup], start[setup], Stop(nodes=1), start=start))

    @property
    def loses(self) -> bool:
        """Whether the best plan loses demand."""
        return self.values is None or bool(np.any(self.values[self.programme.lost] > _ROUNDING))

    def whole(self, seconds: float, nodes: int) -> bool:
        """Let HiGHS try all set-ups at once, for a while.

        Parameters
        ----------
        seconds : float
            How long, if there is a clock.
        nodes : int
            How long, if there is none.

        Returns
        -------
        bool
            Whether the best plan is proved.
        """
        count = len(self.programme.runs.setup)
        calm = self.serve_all and not self.loses
        answer = self._solve(np.zeros(count), np.ones(count), self._stop(seconds, nodes), calm=calm)
        self._keep(answer)
        self.bound = min(self.bound, answer.bound)
        return answer.proved

    def improve(self) -> None:
        """Plan parts anew until the time is up."""
        number, idle, longer = 0, 0, 1
        while self.values is not None and not self._late() and number < self._rounds():
            kind = _KINDS[number % len(_KINDS)]
            number += 1
            setup = np.rint(self.values[self.programme.runs.setup])
            free = self._part(kind, setup)
            low, high = np.where(free, 0.0, setup), np.where(free, 1.0, setup)
            calm = not self.loses if self.serve_all else number % 2 == 0
            answer = self._solve(low, high, self._stop(_SLICE * longer, _NODES), calm=calm)
            idle = 0 if self._keep(answer) else idle + 1
            if idle >= _PATIENCE:
                idle, longer = 0, 2 * longer
            size = self.sizes[kind] * (_GROWS if answer.proved else _SHRINKS)
            self.sizes[kind] = min(max(size, _LEAST), float(len(setup)))

    def _part(self, kind: str, setup: FloatArray) -> FloatArray:
        """Return which set-ups are free."""
        runs, rng = self.programme.runs, self.rng
        chance = rng.random(len(setup))
        if kind == "periods":
            centre = rng.uniform(0, self.problem.n_periods)
            rank = chance - 1000.0 * np.abs(runs.when + 0.5 - centre)
        elif kind == "skus":
            block = self.problem.items.block[runs.item]
            rank = chance + 1000.0 * rng.permutation(self.problem.n_blocks)[block]
        else:
            relaxed = self.relaxation.values[runs.setup]
            rank = np.abs(relaxed - setup) + _NOISE * chance
        count = min(int(self.sizes[kind]), len(setup))
        return np.asarray(rank >= np.partition(rank, len(rank) - count)[len(rank) - count])

    def _rounds(self) -> float:
        return self.budget.rounds if self.budget.seconds is None else np.inf

    def _late(self) -> bool:
        limit = self.budget.seconds
        return limit is not None and self.budget.clock() - self.started >= limit

    def _stop(self, seconds: float, nodes: int) -> Stop:
        """Stop a part by the clock, or by nodes where there is none."""
        if self.budget.seconds is None:
            return Stop(nodes=nodes, gap=1e-7)
        clock, until = self.budget.clock, self.started + self.budget.seconds
        until = min(until, clock() + seconds)
        return Stop(late=lambda: clock() >= until, gap=1e-7)

    def _solve(
        self,
        low: FloatArray,
        high: FloatArray,
        stop: Stop,
        *,
        start: FloatArray | None = None,
        calm: bool = False,
    ) -> Answer:
        """Maximise with limits on the set-ups; `calm`: never lose more than the best plan."""
        setup = self.programme.runs.setup
        lows, highs = self.programme.low.copy(), self.programme.high.copy()
        lows[setup], highs[setup] = low, high
        if calm and self.values is not None:
            lost = self.programme.lost
            highs[lost] = np.maximum(self.values[lost], 0.0)
        part = replace(self.programme, low=lows, high=highs)
        return maximise(part, stop, self.values if start is None else start)

    def _keep(self, answer: Answer) -> bool:
        """Take a better plan; say whether it is one."""
        better = answer.profit > self.profit + 1e-9 * abs(answer.profit)
        if answer.values is not None and (better or self.values is None):
            self.values, self.profit = answer.values, answer.profit
            return True
        return False
