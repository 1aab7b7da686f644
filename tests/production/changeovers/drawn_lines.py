"""Small lines drawn at random, and their cheapest schedules by trying all."""

import numpy as np

from c2m.production.changeovers.case import SlotCase


def draw_line(seed, n_skus=None, fractions=False):
    """Return a line of 4 to 9 slots whose orders may or may not fit."""
    rng = np.random.default_rng(seed)
    n_skus = n_skus or int(rng.integers(1, 4))
    n_slots = int(rng.integers(4, 10))
    wanted = np.zeros((n_skus, n_slots), dtype=np.int64)
    for _ in range(int(rng.integers(1, n_slots + 1))):
        wanted[rng.integers(n_skus), rng.integers(1, n_slots)] += 1
    changeover = rng.integers(0, 60, (n_skus, n_skus)) + 0.25 * fractions
    np.fill_diagonal(changeover, 0.0)
    first, onward, holding = (rng.integers(0, most, n_skus).astype(float) for most in (40, 40, 12))
    skus = tuple("ABC"[:n_skus])
    return SlotCase(skus, wanted, changeover.astype(float), first, holding, onward)


def cheapest(case):
    """Return the least cost of all schedules, slot by slot; inf if there is none."""
    total, needed = case.wanted.sum(axis=1), case.wanted.cumsum(axis=1)
    states = {((0,) * len(case.skus), None): 0.0}
    for slot in range(case.n_slots):
        new = {}
        for (made, last), cost in states.items():
            for sku in (None, *range(len(case.skus))):
                now, paid = list(made), cost
                if sku is not None:
                    now[sku] += 1
                    paid += case.first[sku] if last is None else case.changeover[last, sku]
                stock = np.array(now) - needed[:, slot]
                if np.any(stock < 0) or np.any(np.array(now) > total):
                    continue
                key = tuple(now), last if sku is None else sku
                paid += float(case.holding @ stock)
                new[key] = min(paid, new.get(key, np.inf))
        states = new
    ends = [
        cost + (0.0 if last is None else case.onward[last]) for (_, last), cost in states.items()
    ]
    return min(ends, default=np.inf)
