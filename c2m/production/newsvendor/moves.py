"""Run sizes with MOQs, multiples and set-ups that share one capacity, and a proved bound.

The price of capacity is bisected as in `price`. What the best runs at the price leave of
the capacity is shared out by gain per unit of capacity, and in small cases runs are changed one by
one. The bound is the Lagrangian dual at the price.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from c2m.production.newsvendor.lots import LotLine
from c2m.production.newsvendor.price import Window
from c2m.production.problem import FloatArray

_ROUNDS: Final = 50
"""Rounds in which runs grow or shrink by one lot each."""

_TRIALS: Final = 20_000
"""SKUs asked in total while single runs are opened and closed."""

_NOISE: Final = 1e-9
"""Share of the cost that is taken for rounding noise."""

_ROUNDING: Final = 1e-12
"""Share of the capacity that may be used beyond it by rounding."""


def lot_sizes(line: LotLine, capacity: float) -> tuple[FloatArray, float, float]:
    """Size the runs of SKUs that have limits of their own.

    Parameters
    ----------
    line : LotLine
        The SKUs.
    capacity : float
        Capacity there is.

    Returns
    -------
    size : ndarray, shape (n_skus,)
        Units; they obey the limits and the capacity.
    price : float
        Price of capacity of the bound, in money.
    bound : float
        Total cost that no choice of sizes can beat.
    """
    window = Window.wide(line, capacity)
    if not window.holds:
        return window.upper, 0.0, float(np.sum(line.costs(window.upper)))
    window.close(line)
    price, lower = window.high, window.lower
    rent = price * (float(np.sum(line.use(lower))) - capacity)
    bound = float(np.sum(line.costs(lower))) + rent
    opened = line.opened(window.low)
    share = _Share(line, capacity, np.where(opened > 0, opened, line.opened(0.0)))
    size, _ = share.moved(lower, window.upper)
    return share.exchanged(share.filled(size), price), price, bound


@dataclass(frozen=True)
class _Share:
    """What is left of a capacity, shared out among runs."""

    line: LotLine
    capacity: float
    opened: FloatArray

    def room(self, size: FloatArray) -> float:
        """Return the capacity that sizes leave."""
        return self.capacity - float(np.sum(self.line.use(size)))

    def filled(self, size: FloatArray, locked: int = -1) -> FloatArray:
        """Return sizes that grew, by gain per unit of capacity, until nothing more fits."""
        for _ in range(_ROUNDS):
            larger = self.line.larger(size, self.opened, self.room(size))
            if locked >= 0:
                larger[locked] = size[locked]
            size, moved = self.moved(size, larger)
            if not moved:
                break
        return size

    def moved(self, size: FloatArray, target: FloatArray) -> tuple[FloatArray, bool]:
        """Move SKUs to larger targets, by gain per unit of capacity, as far as they fit."""
        room = self.room(size)
        rows = np.flatnonzero(target != size)
        part = self.line.part(rows)
        gain = part.costs(size[rows]) - part.costs(target[rows])
        more = part.use(target[rows]) - part.use(size[rows])
        noise = _ROUNDING * self.capacity
        fits = (gain > 0) & (more <= room + noise) & (more > noise)
        rows, gain, more = rows[fits], gain[fits], more[fits]
        order = np.argsort(-gain / more, kind="stable")
        taken = rows[order[np.cumsum(more[order]) <= room + noise]]
        result = size.copy()
        result[taken] = target[taken]
        return result, bool(len(taken))

    def shrunk(self, size: FloatArray, locked: int) -> FloatArray | None:
        """Return sizes that shrank, by loss per unit of capacity, until they fit."""
        for _ in range(_ROUNDS):
            over = -self.room(size)
            if over <= _ROUNDING * self.capacity:
                return size
            rows = np.flatnonzero((size > 0) & (np.arange(len(size)) != locked))
            part, target = self.line.part(rows), self.line.smaller(size)[rows]
            loss = part.costs(target) - part.costs(size[rows])
            freed = part.use(size[rows]) - part.use(target)
            order = np.argsort(loss / freed, kind="stable")
            enough = int(np.searchsorted(np.cumsum(freed[order]), over)) + 1
            size = size.copy()
            size[rows[order[:enough]]] = target[order[:enough]]
        return None

    def exchanged(self, size: FloatArray, price: float) -> FloatArray:
        """Change single runs, those nearest to indifferent first, and keep what pays."""
        idle = self.line.reduced(np.zeros(len(size)), price)
        doubt = np.abs(self.line.reduced(self.opened, price) - idle)
        order = np.argsort(doubt, kind="stable")[: _TRIALS // len(size)]
        best, found = float(np.sum(self.line.costs(size))), True
        while found:
            found = False
            for sku in order.tolist():
                for units in self._others(size, sku):
                    trial = self._fitted(size, sku, units)
                    cost = best if trial is None else float(np.sum(self.line.costs(trial)))
                    if trial is not None and cost < best * (1 - _NOISE):
                        size, best, found = trial, cost, True
        return size

    def _others(self, size: FloatArray, sku: int) -> set[float]:
        """Return other sizes that one run may have: none, the smallest, the best, a lot less."""
        first, opened = float(self.line.lots.first[sku]), float(self.opened[sku])
        less = float(self.line.smaller(size)[sku])
        return {0.0, first, opened, less} - {float(size[sku])}

    def _fitted(self, size: FloatArray, sku: int, units: float) -> FloatArray | None:
        """Return sizes with one run changed and the others fitted to it."""
        trial = size.copy()
        trial[sku] = units
        fitted = self.shrunk(trial, sku)
        return None if fitted is None else self.filled(fitted, sku)
