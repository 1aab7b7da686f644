"""First runs in lots: any that hold the limits, and better ones beside one, at their true cost."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from c2m.production.newsvendor.lots import Lots
from c2m.production.response.first_run import FirstLimits, total_cost
from c2m.production.response.season import FloatArray
from c2m.production.response.second_run import SecondRun

_MOST_TRIES: Final = 2_000
"""First runs that are costed, at most."""

_MOST_WORK: Final = 40_000_000
"""Draws that are costed, at most: large seasons are tried less, and one SKU counts less there."""

_FEW_SKUS: Final = 30
"""SKUs up to which two are changed at once."""

_STEPS: Final = (1.0, 0.25, 0.05)
"""Steps of sizes that need no whole lots, as shares of a SKU's mean demand."""

_HAIR: Final = 1e-9


@dataclass(frozen=True)
class LotSearch:
    """Where first runs in lots are looked for.

    Parameters
    ----------
    run : SecondRun
        What follows.
    limits : FirstLimits
        Of the first run.
    lots : Lots
        Of each SKU.
    """

    run: SecondRun
    limits: FirstLimits
    lots: Lots

    def nearest(self, wish: FloatArray) -> FloatArray | None:
        """Return the sizes in lots that hold the limits and are nearest to others, if any do.

        Parameters
        ----------
        wish : ndarray, shape (n_skus,)
            Units.

        Returns
        -------
        ndarray, shape (n_skus,), or None
            Nearest in capacity: a mixed-integer programme in the sizes, whether there is a run,
            lots, and the distance.
        """
        from scipy.optimize import Bounds, LinearConstraint, milp

        count, time, lots = len(wish), self.limits.time, self.lots
        lot = np.where(lots.multiple > 0, lots.multiple, 1.0)
        high = np.maximum(self._useful(), np.maximum(wish, lots.first)) + lot
        high = np.maximum(high, self.limits.least / time + lot)
        one, none = np.eye(count), np.zeros((count, count))
        stepped = one * (lots.multiple > 0)
        free = np.full(count, np.inf)
        parts: list[
            tuple[list[FloatArray], FloatArray | float, FloatArray | float]
        ] = [  # columns: sizes, runs, lots, distances
            ([one, -one * lots.first, none, none], 0.0, free),
            ([one, -one * high, none, none], -free, 0.0),
            ([stepped, none, -stepped * lot, none], 0.0, 0.0),
            ([one, none, none, -one], -free, wish),
            ([one, none, none, one], wish, free),
        ]
        rows = [LinearConstraint(np.hstack(blocks), low, top) for blocks, low, top in parts]
        capacity = np.concatenate([time, np.zeros(3 * count)])
        rows.append(LinearConstraint(capacity, self.limits.least, self.limits.most))
        whole = np.concatenate([np.zeros(count), np.ones(2 * count), np.zeros(count)])
        bounds = Bounds(0.0, np.concatenate([high, np.ones(count), np.full(2 * count, np.inf)]))
        cost = np.concatenate([np.zeros(3 * count), time])
        found = milp(cost, constraints=rows, integrality=whole, bounds=bounds)
        if found.x is None:
            return None
        size = np.where(found.x[count : 2 * count] > 0.5, found.x[:count], 0.0)
        return np.where(lots.multiple > 0, np.rint(size / lot) * lot, size)

    def better(self, start: FloatArray, enough: float) -> FloatArray:
        """Change one SKU, or two, while that costs less.

        Parameters
        ----------
        start : ndarray, shape (n_skus,)
            Sizes that hold every limit.
        enough : float
            Cost at which nothing more is tried.

        Returns
        -------
        ndarray, shape (n_skus,)
            Sizes that hold every limit and cost no more.
        """
        best, cost = start, self.cost(start)
        left = min(_MOST_TRIES, _MOST_WORK // self.run.season.after.size)
        better = True
        while better and left > 0 and cost > enough:
            better = False
            for point in self._beside(best):
                left -= 1
                other = self.cost(point)
                if other < cost * (1 - _HAIR):
                    best, cost, better = point, other, True
                    break
                if left <= 0:
                    break
        return best

    def cost(self, first: FloatArray) -> float:
        """Return the expected cost of a first run and the best second ones after it.

        Parameters
        ----------
        first : ndarray, shape (n_skus,)
            Units.

        Returns
        -------
        float
            Money.
        """
        return total_cost(self.run, self.run.answer(first))

    def holds(self, first: FloatArray) -> bool:
        """Say whether a first run holds the limits of its capacity.

        Parameters
        ----------
        first : ndarray, shape (n_skus,)
            Units.

        Returns
        -------
        bool
            Within rounding.
        """
        used, slack = float(self.limits.time @ first), _HAIR * max(self.limits.least, 1.0)
        return self.limits.least - slack <= used <= self.limits.most + slack

    def _useful(self) -> FloatArray:
        """Return the most that a SKU can sell."""
        season = self.run.season
        return np.asarray((season.before + season.after).max(axis=(0, 2)))

    def _beside(self, first: FloatArray) -> Iterator[FloatArray]:
        """Yield the first runs that hold the limits and differ in one SKU, then in two."""
        skus = range(len(first))
        changed = [(sku, point) for sku in skus for point in self._changed(first, sku)]
        yield from (point for _, point in changed if self.holds(point))
        if len(first) > _FEW_SKUS:
            return
        for sku, point in changed:
            for other in skus:
                if other != sku:
                    yield from filter(self.holds, self._changed(point, other))

    def _changed(self, first: FloatArray, sku: int) -> list[FloatArray]:
        """Return the run with other sizes of a SKU that its lots allow."""
        size, time = float(first[sku]), float(self.limits.time[sku])
        least, step = float(self.lots.first[sku]), float(self.lots.multiple[sku])
        edges = np.array([edge for edge in (self.limits.least, self.limits.most) if edge < np.inf])
        fill = size + (edges - float(self.limits.time @ first)) / time
        if step > 0:
            near = size + step * np.array([-1.0, 1.0, -2.0, 2.0])
            fill = np.concatenate([np.floor(fill / step), np.ceil(fill / step)]) * step
        else:
            shares = np.array(_STEPS) * self.run.season.mean[sku]
            near = size + np.concatenate([-shares, shares])
        sizes = np.concatenate([[0.0, least], near, fill])
        sizes = sizes[(sizes == 0) | (sizes >= max(least, _HAIR))]
        points = []
        for other in dict.fromkeys(sizes[np.abs(sizes - size) > _HAIR].tolist()):
            point = first.copy()
            point[sku] = other
            points.append(point)
        return points
