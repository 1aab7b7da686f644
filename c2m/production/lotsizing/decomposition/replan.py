"""Plan a few SKUs anew together, again and again: those that block one another."""

import numpy as np

from c2m.production.lotsizing.decomposition.known import Known
from c2m.production.lotsizing.decomposition.plans import Plans, loads
from c2m.production.lotsizing.decomposition.respond import Reply, Responder
from c2m.production.problem import FloatArray

_SWEEPS = 4
"""How often every SKU is asked first, one after the other."""

_ROUNDS = 450
"""How often a few SKUs are planned anew."""

_EACH = 10
"""How often at most, for each SKU."""

_TOGETHER = 6
"""How many SKUs that are."""

_CHARGES = (0.5, 1.2)
"""Shares of the prices that are charged while they make room for one another."""


def replan_few(known: Known, plans: Plans, prices: FloatArray, seed: int) -> Plans:
    """Improve the plans of a few SKUs at a time, given what the others take.

    Parameters
    ----------
    known : Known
        The problem.
    plans : Plans
        One plan for each SKU.
    prices : ndarray, shape (n_lines, n_periods)
        Money per unit of capacity.
    seed : int
        Of which SKUs, and of the charges.

    Returns
    -------
    Plans
        Not worse.
    """
    state = _State(known, plans, prices)
    for _ in range(_SWEEPS):
        if not state.sweep():
            break
    rng = np.random.default_rng(seed)
    for _ in range(min(_ROUNDS, _EACH * known.n_skus)):
        state.again(prices.ravel(), rng)
    return state.plans()


class _State:
    """Plans of all SKUs and their load."""

    def __init__(self, known: Known, plans: Plans, prices: FloatArray) -> None:
        self.responder = Responder(known, np.arange(known.n_skus), prices)
        self.replies = self.responder.current(known, plans)
        self.used = loads(known, plans, np.zeros(known.n_skus, dtype=np.int64), 1)[0]

    def plans(self) -> Plans:
        """Return the plans of all SKUs."""
        source = np.stack([reply.source for reply in self.replies], axis=1)
        return Plans(source, np.stack([reply.way for reply in self.replies], axis=1))

    def sweep(self) -> int:
        """Ask every SKU once; return how many changed."""
        changed = 0
        for place, old in enumerate(self.replies):
            self._lift(old)
            new = self.responder.reply(place, self.used)
            if self._net(new) > self._net(old) + 1e-9 * (1.0 + abs(old.value)):
                self.replies[place] = new
                changed += 1
            self._put(self.replies[place])
        return changed

    def again(self, prices: FloatArray, rng: np.random.Generator) -> None:
        """Plan a few SKUs anew together; keep what is not worse."""
        count = min(_TOGETHER, len(self.replies))
        places = rng.choice(len(self.replies), size=count, replace=False).tolist()
        old = {place: self.replies[place] for place in places}
        before, used = self._worth(places), self.used.copy()
        charge = prices * rng.uniform(*_CHARGES)
        for place in places:
            self._lift(self.replies[place])
        for place in places:
            self._ask(place, charge)
        for place in places:
            self._lift(self.replies[place])
            self._ask(place, None)
        if self._worth(places) < before:
            self.used = used
            for place, reply in old.items():
                self.replies[place] = reply

    def _ask(self, place: int, charge: FloatArray | None) -> None:
        self.replies[place] = self.responder.reply(place, self.used, charge)
        self._put(self.replies[place])

    def _worth(self, places: list[int]) -> float:
        value = sum(self.replies[place].value for place in places)
        return value - self.responder.overtime(self.used)

    def _net(self, reply: Reply) -> float:
        """Return what a reply brings, with the overtime it needs on top of the others."""
        after = self.used.copy()
        after[reply.cells] += reply.usage
        return reply.value - self.responder.overtime(after)

    def _lift(self, reply: Reply) -> None:
        self.used[reply.cells] -= reply.usage

    def _put(self, reply: Reply) -> None:
        self.used[reply.cells] += reply.usage
