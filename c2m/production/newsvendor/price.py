"""The price at which SKUs that share one capacity just use it up: bisection, then an exact fill.

At a price of capacity each SKU is a newsvendor of its own. A SKU that chooses the same at both
ends of the price's window is settled, so that each split of the window asks fewer SKUs. Where
there are many SKUs, a sample of them tells first where the price is; the window is then checked
with all of them, so that the sample moves no result.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from c2m.production.problem import FloatArray, IntArray

Choices: TypeAlias = NDArray[Any]

_FEW_STEPS: Final = 8192
"""So many steps of demand are sorted at once instead of splitting the window further."""

_SAMPLED_SKUS: Final = 2000
_AIMS: Final = (1.0, 1.005, 0.995)
"""Shares of the capacity at which the sampled SKUs are asked for a price."""

_MOST_SPLITS: Final = 200
_CLOSED: Final = 1e-13
"""Width of the window, as a share of the highest price, at which splitting ends."""

_NOISE: Final = 5e-10
"""Part of a step that is taken for rounding noise of the ratio."""


class _Steps(Protocol):
    """Sampled demand of SKUs, step by step."""

    @property
    def n_samples(self) -> int:
        """Number of samples of each SKU."""

    def at(self, steps: IntArray, rows: IntArray) -> FloatArray:
        """Return the sampled demand of some SKUs at a step."""

    def off(
        self, size: FloatArray, steps: IntArray, rows: IntArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return the mean units short and left over of sizes that cover so many samples."""

    def known(self, steps: IntArray, rows: IntArray) -> IntArray:
        """Return the nearest steps at which demand is known."""


class _PricedLine(Protocol):
    """SKUs that share a capacity and choose by its price."""

    @property
    def top(self) -> float:
        """Price from which on no SKU makes anything."""

    def __len__(self) -> int:
        """Return the number of SKUs."""

    def choices(self, price: float) -> Choices:
        """Return what each SKU chooses at a price; a higher price never takes more capacity."""

    def use(self, choices: Choices) -> FloatArray:
        """Return the capacity that each SKU's choice takes."""

    def width(self, lower: Choices, upper: Choices) -> int:
        """Return how much two choices differ; the window is split until this is small."""

    def part(self, rows: NDArray[Any]) -> Self:
        """Return some of the SKUs."""


@dataclass(frozen=True)
class SampledLine:
    """SKUs that share a capacity without limits of their own; a choice is a step of demand.

    Parameters
    ----------
    samples : OrderedSamples or NearSamples
        Their demand.
    underage, overage, time : ndarray, shape (n_skus,)
        Money per unit short and left over; capacity that a unit takes.
    rows : ndarray of int, shape (n_skus,)
        Positions of the SKUs in the samples.
    """

    samples: _Steps
    underage: FloatArray
    overage: FloatArray
    time: FloatArray
    rows: IntArray

    def __len__(self) -> int:
        """Return the number of SKUs."""
        return len(self.rows)

    @property
    def top(self) -> float:
        """Price from which on no SKU makes anything."""
        return float(np.max(self.underage / self.time))

    def choices(self, price: float) -> IntArray:
        """Return how many of its samples each SKU covers at a price of capacity.

        Parameters
        ----------
        price : float
            Money per unit of capacity.

        Returns
        -------
        ndarray of int, shape (n_skus,)
            Steps.
        """
        ratio = (self.underage - price * self.time) / (self.underage + self.overage)
        return steps_at(ratio, self.samples.n_samples)

    def use(self, choices: IntArray) -> FloatArray:
        """Return the capacity that covering so many samples takes.

        Parameters
        ----------
        choices : ndarray of int, shape (n_skus,)
            Steps.

        Returns
        -------
        ndarray, shape (n_skus,)
            Capacity.
        """
        return self.time * self.samples.at(choices, self.rows)

    def costs(self, size: FloatArray, steps: IntArray) -> FloatArray:
        """Return the expected cost of units short and units left over.

        Parameters
        ----------
        size : ndarray, shape (n_skus,)
            Units made.
        steps : ndarray of int, shape (n_skus,)
            How many samples each size covers.

        Returns
        -------
        ndarray, shape (n_skus,)
            Money.
        """
        short, left = self.samples.off(size, steps, self.rows)
        return self.underage * short + self.overage * left

    def width(self, lower: IntArray, upper: IntArray) -> int:
        """Return the number of steps between two choices beyond those that a sort can take.

        Parameters
        ----------
        lower, upper : ndarray of int, shape (n_skus,)
            Steps.

        Returns
        -------
        int
            0 where few are left.
        """
        return max(int(np.sum(upper - lower)) - _FEW_STEPS, 0)

    def part(self, rows: NDArray[Any]) -> "SampledLine":
        """Return some of the SKUs.

        Parameters
        ----------
        rows : ndarray
            Positions or a mask.

        Returns
        -------
        SampledLine
            With the same samples.
        """
        return replace(
            self,
            underage=self.underage[rows],
            overage=self.overage[rows],
            time=self.time[rows],
            rows=self.rows[rows],
        )


def steps_at(ratio: FloatArray, n_samples: int) -> IntArray:
    """Return how many of the ordered samples cover a ratio.

    Parameters
    ----------
    ratio : ndarray
        Critical ratios; outside 0 to 1 the nearer end holds.
    n_samples : int
        Samples of each SKU.

    Returns
    -------
    ndarray of int
        Steps from 0 to `n_samples`; rounding noise does not add one.
    """
    return np.clip(np.ceil(ratio * n_samples - _NOISE), 0, n_samples).astype(np.int64)


class Window:
    """Two prices between which capacity runs out, and what each SKU chooses at both.

    Parameters
    ----------
    line : _PricedLine
        The SKUs.
    capacity : float
        Capacity there is.
    prices : tuple of float
        The lower and the higher price.
    choices : tuple of ndarray, shape (n_skus,)
        What each SKU chooses at the higher price, and at the lower.
    """

    def __init__(
        self,
        line: _PricedLine,
        capacity: float,
        prices: tuple[float, float],
        choices: tuple[Choices, Choices],
    ) -> None:
        self.capacity = capacity
        self.low, self.high = prices
        self.lower, self.upper = choices[0].copy(), choices[1].copy()  # these move
        self.used = float(np.sum(line.use(self.upper)))  # capacity taken at the last price
        least = line.use(self.lower) if np.any(self.lower) else np.zeros(len(line))
        differs = self.lower != self.upper
        self.holds = self.used > capacity >= float(np.sum(least))
        self._active = np.flatnonzero(differs)
        self._line = line.part(self._active)
        self._settled = float(np.sum(least[~differs]))  # by SKUs that choose the same at both
        self._closed = _CLOSED * line.top

    @classmethod
    def wide(cls, line: _PricedLine, capacity: float) -> Self:
        """Return the window from free capacity to the price at which nothing is made.

        Parameters
        ----------
        line : _PricedLine
            The SKUs.
        capacity : float
            Capacity there is.

        Returns
        -------
        Window
            It holds where free capacity would be used beyond what there is.
        """
        free = line.choices(0.0)
        return cls(line, capacity, (0.0, line.top), (np.zeros_like(free), free))

    def close(self, line: _PricedLine) -> None:
        """Split the window until its ends differ little.

        Parameters
        ----------
        line : _PricedLine
            The SKUs.
        """
        for price in self._prices(line):
            if self.low < price < self.high:
                self._split(price)

    def _prices(self, line: _PricedLine) -> Iterator[float]:
        """Yield where to split: at the price of a sample of SKUs, then in the middle."""
        if (self.low, self.high) == (0.0, line.top) and len(line) > 4 * _SAMPLED_SKUS:
            yield from self._sampled_prices(line)
        for _ in range(_MOST_SPLITS):
            if self.high - self.low <= self._closed or not self._width():
                return
            yield (self.low + self.high) / 2

    def _width(self) -> int:
        """Return how much the choices at both ends differ."""
        return self._line.width(self.lower[self._active], self.upper[self._active])

    def _sampled_prices(self, line: _PricedLine) -> Iterator[float]:
        """Yield prices at which a sample of SKUs takes its share of the capacity."""
        rows = np.random.default_rng(0).choice(len(line), _SAMPLED_SKUS, replace=False)
        part = line.part(np.sort(rows))
        own = float(np.sum(part.use(self.upper[np.sort(rows)])))
        for aim in _AIMS:
            target = aim * self.capacity * own / self.used if self.used > 0 else 0.0
            few = Window.wide(part, target)
            if not (few.holds and target > 0):
                return
            few.close(part)
            price = (few.low + few.high) / 2
            if not self.low < price < self.high:
                return
            yield price
            own = float(np.sum(part.use(part.choices(price))))

    def _split(self, price: float) -> None:
        """Move one end of the window to a price."""
        choice = self._line.choices(price)
        self.used = self._settled + float(np.sum(self._line.use(choice)))
        if self.used > self.capacity:
            self.low, self.upper[self._active] = price, choice
        else:
            self.high, self.lower[self._active] = price, choice
        lower = self.lower[self._active]
        differs = lower != self.upper[self._active]
        if not np.all(differs):
            self._settled += float(np.sum(self._line.use(lower)[~differs]))
            self._active, self._line = self._active[differs], self._line.part(differs)


def shared_steps(line: SampledLine, window: Window) -> tuple[FloatArray, IntArray, float]:
    """Size the runs of SKUs that have no limits of their own.

    Parameters
    ----------
    line : SampledLine
        The SKUs.
    window : Window
        A window that holds, or one that starts at free capacity of which some is left.

    Returns
    -------
    size : ndarray, shape (n_skus,)
        Units; no other sizes within the capacity cost less over the samples.
    steps : ndarray of int, shape (n_skus,)
        How many of its samples each SKU covers in full.
    price : float
        Value of one more unit of capacity, in money.
    """
    if not window.holds:
        return line.samples.at(window.upper, line.rows), window.upper, 0.0
    window.close(line)
    if np.array_equal(window.lower, window.upper):  # rounding decides: all of it is used
        return line.samples.at(window.lower, line.rows), window.lower, window.high
    return _fill(line, window.capacity, window.lower, window.upper)


def _fill(
    line: SampledLine, capacity: float, lower: IntArray, upper: IntArray
) -> tuple[FloatArray, IntArray, float]:
    """Fill the steps from lower to upper in the order of their value until capacity ends.

    Step k of a SKU leads from its k-th to its next sampled demand. One more unit there is short
    in all but k of n draws, so it is worth ``underage - (underage + overage) k / n``.
    """
    count = upper - lower
    some = np.flatnonzero(count)
    sku = np.repeat(some, count[some])
    first = np.repeat(np.cumsum(count[some]) - count[some], count[some])
    step = lower[sku] + np.arange(len(sku)) - first
    weight = (line.underage + line.overage)[sku]
    worth = (line.underage[sku] - weight * step / line.samples.n_samples) / line.time[sku]
    order = np.argsort(-worth, kind="stable")  # steps of one worth stay in the order of SKUs
    sku, step, worth = sku[order], step[order], worth[order]
    at, rows = line.samples.at, line.rows
    length = at(step + 1, rows[sku]) - at(step, rows[sku])
    filled = np.cumsum(line.time[sku] * length)
    size = at(lower, rows)
    room = max(capacity - float(np.sum(line.time * size)), 0.0)
    whole = min(int(np.searchsorted(filled, room, side="right")), len(sku) - 1)
    steps = lower + np.bincount(sku[:whole], minlength=len(lower))
    size[some] = at(steps[some], rows[some])
    rest = room - (filled[whole - 1] if whole else 0.0)
    size[sku[whole]] += min(rest / line.time[sku[whole]], length[whole])
    return size, steps, float(worth[whole])
