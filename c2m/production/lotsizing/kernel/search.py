"""Fix and optimise: free the set-ups of a part, keep the others, let HiGHS plan the part anew.

Fix-and-optimise is Helber & Sahling (2010), *International Journal of Production Economics*
123(2), 247-256. The parts are periods that lie together, whole SKUs, and the set-ups in which the
plan differs from the relaxation; each kind grows while its parts are solved to the end. The kernel
is the part of all set-ups that the relaxation leaves open: a tight one decides the others well.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from c2m.production.lotsizing.kernel.cuts import Relaxation
from c2m.production.lotsizing.mip import Answer, Stop, maximise
from c2m.production.problem import BoolArray, FloatArray, IntArray, Problem

_KINDS: Final = ("periods", "skus", "doubtful")

_FIRST: Final = 36.0
"""Set-ups that are free in a part at the start; one more for every 100 there are."""

_LEAST: Final = 12.0
"""The fewest that are."""

_GROWS, _SHRINKS = 1.4, 0.85

_SLICE: Final = 1 / 30
"""Share of the time for a part at the start."""

_PATIENCE: Final = 9
"""Parts in a row that bring nothing, after which another plan is begun with."""

_PATIENCE_ELSEWHERE: Final = 3
"""The same on the way from that plan."""

_LONGER: Final = 1.5
"""Factor on the time of a part after each plan that was begun with."""

_SHAKE: Final = 0.25
"""Share by which the cost of a set-up is changed to come to another plan."""

_LEFT: Final = 0.25
"""Share of the set-ups that may change on the way to it."""

_CROSSED: Final = 4.0
"""Time, in parts, for what two plans do not agree on."""

_KERNEL: Final = 0.45
"""Share of the time for the set-ups that the relaxation leaves open."""

_KERNEL_SETUPS: Final = 200
"""Set-ups up to which they are planned at once."""

_KERNEL_NODES: Final = 60
"""Nodes for them where there is no clock."""

_SETTINGS: Final = {"mip_pscost_minreliable": 1}
"""Strong branching once a variable: in the time of a part HiGHS comes further than with its 8."""

_NODES: Final = 15
"""Nodes for a part where there is no clock."""

_ROUNDING: Final = 1e-6
"""Units that count as none."""

_PROVED: Final = 1e-9
"""Share of the profit between a plan and its bound that counts as none."""

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
    parts: int = 0
    longer: float = 1.0
    bound: float = np.inf
    sizes: dict[str, float] = field(default_factory=dict)
    until: float = np.inf

    def __post_init__(self) -> None:
        """Start the clock."""
        self.started = self.budget.clock()
        self.bound = self.relaxation.bound
        self.programme = self.relaxation.programme
        first = _FIRST + len(self.programme.runs.setup) // 100
        self.sizes = dict.fromkeys(_KINDS, first)
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

    @property
    def gap(self) -> float:
        """What the best plan falls short of the bound, as a share of its profit."""
        return (self.bound - self.profit) / max(abs(self.profit), 1e-9)

    @property
    def n_open(self) -> int:
        """Set-ups that the relaxation does not decide."""
        relaxed = self.relaxation.values[self.programme.runs.setup]
        return int(np.count_nonzero(np.abs(relaxed - np.rint(relaxed)) > _ROUNDING))

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

    def improve(self, share: float = 1.0) -> None:
        """Plan parts anew until the time is up; from another plan too once they bring nothing.

        Parameters
        ----------
        share : float
            Share of the time that is left, if there is a clock.
        """
        if self.budget.seconds is not None:
            gone = self.budget.clock() - self.started
            self.until = gone + share * (self.budget.seconds - gone)
        self._descend(_PATIENCE_ELSEWHERE)
        self._open()
        self._descend(_PATIENCE)
        while self.values is not None and not self._over():
            best = (self.profit, self.values)
            self._leave(self.values)
            self._descend(_PATIENCE_ELSEWHERE)
            other = (self.profit, self.values)
            self.profit, self.values = max(best, other, key=lambda plan: plan[0])
            self._cross(best[1], other[1])
            self.longer *= _LONGER
            self._open()
            self._descend(_PATIENCE)

    def _open(self) -> None:
        """Plan anew all set-ups that the relaxation leaves open, or decides otherwise."""
        if self.values is None or self._over():
            return
        setup = self.programme.runs.setup
        plan = np.rint(self.values[setup])
        free = np.abs(self.relaxation.values[setup] - plan) > _ROUNDING
        if np.count_nonzero(free) <= _KERNEL_SETUPS:
            self._keep(self._replan(free, plan, _KERNEL, nodes=_KERNEL_NODES))

    def _descend(self, patience: int) -> None:
        """Plan parts anew until a number of them in a row brings nothing."""
        idle = 0
        while self.values is not None and not self._over() and idle < patience:
            kind = _KINDS[self.parts % len(_KINDS)]
            setup = np.rint(self.values[self.programme.runs.setup])
            answer = self._replan(self._part(kind, setup), setup, _SLICE)
            idle = 0 if self._keep(answer) else idle + 1
            size = self.sizes[kind] * (_GROWS if answer.proved else _SHRINKS)
            self.sizes[kind] = min(max(size, _LEAST), float(len(setup)))

    def _leave(self, values: FloatArray) -> None:
        """Go to a plan that is best for other costs of set-ups, some of which may change."""
        setup = self.programme.runs.setup
        gain = self.programme.gain.copy()
        gain[setup] *= self.rng.uniform(1.0 - _SHAKE, 1.0 + _SHAKE, len(setup))
        free = self.rng.random(len(setup)) < _LEFT
        there = self._replan(free, np.rint(values[setup]), _SLICE, gain).values
        if there is not None:
            self.values = there
            self.profit = float(self.programme.gain @ there) + self.programme.constant

    def _cross(self, one: FloatArray, other: FloatArray | None) -> None:
        """Plan anew what two plans do not agree on."""
        if other is None or self.values is None or self._over():
            return
        setup = self.programme.runs.setup
        free = np.rint(one[setup]) != np.rint(other[setup])
        if free.any():
            self._keep(self._replan(free, np.rint(self.values[setup]), _CROSSED * _SLICE))

    def _replan(
        self,
        free: BoolArray,
        setup: FloatArray,
        share: float,
        gain: FloatArray | None = None,
        nodes: int = _NODES,
    ) -> Answer:
        """Plan with some set-ups free, perhaps for other gains."""
        self.parts += 1
        low, high = np.where(free, 0.0, setup), np.where(free, 1.0, setup)
        calm = not self.loses if self.serve_all else self.parts % 2 == 0
        seconds = share * self.longer * (self.budget.seconds or 0.0)
        stop = self._stop(seconds, nodes)
        return self._solve(low, high, stop, gain=gain, calm=calm)

    def _part(self, kind: str, setup: FloatArray) -> BoolArray:
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
            rank = np.sqrt(np.abs(relaxed - setup)) + _NOISE * chance
        count = min(int(self.sizes[kind]), len(setup))
        return np.asarray(rank >= np.partition(rank, len(rank) - count)[len(rank) - count])

    def _over(self) -> bool:
        """Say whether the time is up, or where there is no clock whether enough was tried."""
        limit = self.budget.seconds
        if self.bound - self.profit <= _PROVED * abs(self.profit):
            return True
        if limit is None:
            return self.parts >= self.budget.rounds
        return self.budget.clock() - self.started >= min(limit, self.until)

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
        gain: FloatArray | None = None,
        calm: bool = False,
    ) -> Answer:
        """Maximise with limits on the set-ups; `calm`: never lose more than the best plan."""
        setup = self.programme.runs.setup
        lows, highs = self.programme.low.copy(), self.programme.high.copy()
        lows[setup], highs[setup] = low, high
        if calm and self.values is not None:
            lost = self.programme.lost
            highs[lost] = np.maximum(self.values[lost], 0.0)
        gains = self.programme.gain if gain is None else gain
        part = replace(self.programme, gain=gains, low=lows, high=highs)
        return maximise(part, stop, self.values if start is None else start, _SETTINGS)

    def _keep(self, answer: Answer) -> bool:
        """Take a better plan; say whether it is one."""
        better = answer.profit > self.profit + 1e-9 * abs(answer.profit)
        if answer.values is not None and (better or self.values is None):
            self.values, self.profit = answer.values, answer.profit
            return True
        return False
