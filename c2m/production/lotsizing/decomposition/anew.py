"""Plan a few SKUs anew together, again and again: those that block one another."""

import numpy as np

from c2m.production.lotsizing.decomposition.known import Known
from c2m.production.lotsizing.decomposition.plans import Plans
from c2m.production.lotsizing.decomposition.respond import Replies, Responder
from c2m.production.problem import FloatArray, IntArray

_ROUNDS = 6
"""How often a few SKUs are planned anew in each of many places."""

_AT_ONCE = 48
"""How many parties of SKUs are asked at once, whatever the others do."""

_TOGETHER = 6
"""How many SKUs a party has."""

_CHARGES = (0.5, 1.2)
"""Shares of the prices that are charged while they make room for one another."""


def plan_few_anew(known: Known, plans: Plans, prices: FloatArray, seed: int) -> Plans:
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
    rng = np.random.default_rng(seed)
    for _ in range(_ROUNDS):
        state.again(_parties(known.n_skus, rng), rng)
    return Plans(state.source, state.way)


def _parties(n_skus: int, rng: np.random.Generator) -> IntArray:
    """Draw parties of SKUs, (n_parties, n_together); no SKU is twice in one."""
    size = min(_TOGETHER, n_skus)
    each = n_skus // size
    shuffles = -(-_AT_ONCE // each)
    drawn = [rng.permutation(n_skus)[: each * size].reshape(each, size) for _ in range(shuffles)]
    return np.concatenate(drawn)[:_AT_ONCE]


class _State:
    """Plans of all SKUs and their load."""

    def __init__(self, known: Known, plans: Plans, prices: FloatArray) -> None:
        self.responder, self.prices = Responder(known, prices), prices.ravel()
        self.source, self.way = plans.source.copy(), plans.way.copy()
        self.value, self.usage = self.responder.current(plans)
        self.used = self.usage.sum(axis=0)

    def again(self, parties: IntArray, rng: np.random.Generator) -> None:
        """Plan parties anew, each for itself; keep what is better, one after the other."""
        count, size = parties.shape
        charge = self.prices * rng.uniform(*_CHARGES, (count, 1))
        used = self.used - self.usage[parties].sum(axis=1)
        replies: list[Replies] = []
        for place in range(size):
            replies.append(self.responder.reply(parties[:, place], used, charge))
            used += replies[place].usage
        for place in range(size):
            used -= replies[place].usage
            replies[place] = self.responder.reply(parties[:, place], used)
            used += replies[place].usage
        value = sum(reply.value for reply in replies) - self.responder.overtime(used)
        before = self.value[parties].sum(axis=1) - self.responder.overtime(self.used)
        gain = value - before
        for row in np.argsort(-gain, kind="stable").tolist():
            if gain[row] < 0.0:
                break
            self._take(parties[row], replies, row)

    def _take(self, skus: IntArray, replies: list[Replies], row: int) -> None:
        """Give a party its new plans if that still is no loss."""
        usage = np.stack([reply.usage[row] for reply in replies])
        value = np.array([reply.value[row] for reply in replies])
        used = self.used - self.usage[skus].sum(axis=0) + usage.sum(axis=0)
        overtime = self.responder.overtime(np.stack([used, self.used]))
        if value.sum() - overtime[0] < self.value[skus].sum() - overtime[1]:
            return
        until, way = (
            np.stack([getattr(reply, name)[row] for reply in replies]) for name in ("until", "way")
        )
        new = self.responder.plans(skus, until, way)
        self.source[:, skus], self.way[:, skus] = new.source, new.way
        self.usage[skus], self.value[skus], self.used = usage, value, used
