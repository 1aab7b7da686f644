"""What one policy saves against another, with an interval."""

from dataclasses import dataclass
from html import escape
from math import ceil, sqrt
from typing import Final

import numpy as np

from c2m.production.problem import FloatArray

_DRAWS: Final = 2000
"""Resamples of SKUs, and of blocks of periods."""

LEVEL: Final = 0.9
"""Of the intervals."""


@dataclass(frozen=True)
class Saving:
    """What a policy saves against another: less cost of mismatch, which is more profit.

    Both met the same demand, so that differences are taken SKU by SKU and period by period. The
    interval is the wider of two: over SKUs drawn anew, and over blocks of successive periods drawn
    anew (circular block bootstrap; Politis & Romano, 1992).

    Parameters
    ----------
    policy, against : str
        Who saves, and against whom.
    money : float
        Cost of `against` less cost of `policy`; below 0 where `policy` costs more.
    low, high : float
        90 % interval of it.
    share : float
        The same as a share of the cost of `against`.
    share_low, share_high : float
        90 % interval of it.
    over : str
        What the wider interval drew anew: ``"SKUs"`` or ``"periods"``.
    currency : str, optional
        Of the money.
    """

    policy: str
    against: str
    money: float
    low: float
    high: float
    share: float
    share_low: float
    share_high: float
    over: str
    currency: str | None = None

    def __str__(self) -> str:
        """Say it in a sentence."""
        unit = f" {self.currency}" if self.currency else ""
        verb = "saves" if self.money >= 0 else "costs"
        more = "" if self.money >= 0 else " more"
        ends = sorted((self.low, self.high) if self.money >= 0 else (-self.low, -self.high))
        return (
            f"{self.policy} {verb} {abs(self.money):,.0f}{unit}{more} ({ends[0]:,.0f} to "
            f"{ends[1]:,.0f} with 90 %), {abs(self.share):.1%} of the cost of {self.against}"
        )

    def _repr_html_(self) -> str:
        """Return the sentence as HTML for a notebook."""
        return (
            f"<p>{escape(str(self))}.</p><p>The interval is the wider of SKUs drawn anew and "
            f"stretches of time drawn anew, here that of the {escape(self.over)}.</p>"
        )


def find_saving(
    mine: FloatArray, other: FloatArray, names: tuple[str, str], *, seed: int, currency: str | None
) -> Saving:
    """Compare the costs of two policies.

    Parameters
    ----------
    mine, other : ndarray, shape (n_skus, n_periods)
        Cost of mismatch of the policy, and of the one that it is compared with.
    names : (str, str)
        Theirs.
    seed : int
        Of the resamples.
    currency : str, optional
        Of the money.

    Returns
    -------
    Saving
        With the wider of the two intervals.

    Examples
    --------
    >>> saving = find_saving(
    ...     np.full((2, 4), 3.0), np.full((2, 4), 4.0), ("a", "b"), seed=0, currency="EUR"
    ... )
    >>> print(saving)
    a saves 8 EUR (8 to 8 with 90 %), 25.0% of the cost of b
    """
    less = other - mine
    money, cost = float(less.sum()), float(other.sum())
    tails = (1 - LEVEL) / 2, (1 + LEVEL) / 2
    found = {}
    for over, axis in (("SKUs", 1), ("periods", 0)):
        by, of = less.sum(axis=axis), other.sum(axis=axis)
        drawn = _sums(np.stack([by, of]), seed, 1 if over == "SKUs" else _block(len(by)))
        ratio = np.divide(drawn[0], drawn[1], out=np.full(_DRAWS, np.nan), where=drawn[1] > 0)
        ends = np.quantile(drawn[0], tails).tolist()
        known = ratio[~np.isnan(ratio)]
        shares = np.quantile(known, tails).tolist() if len(known) else [np.nan, np.nan]
        found[over] = (ends, shares)
    over = max(found, key=lambda name: found[name][0][1] - found[name][0][0])
    (low, high), (share_low, share_high) = found[over]
    share = money / cost if cost > 0 else np.nan
    return Saving(
        *names, money, min(low, money), max(high, money), share, share_low, share_high,
        over, currency,
    )  # fmt: skip


def _block(count: int) -> int:
    """Return how many successive periods stay together."""
    return min(max(2, ceil(sqrt(count))), count)


def _sums(parts: FloatArray, seed: int, block: int) -> FloatArray:
    """Return sums over parts that are drawn anew in blocks, shape (2, _DRAWS)."""
    rng = np.random.default_rng([seed, block, parts.shape[1]])
    count = parts.shape[1]
    whole, rest = divmod(count, block)
    lengths = [block] * whole + [rest] * (rest > 0)
    total = np.zeros((2, _DRAWS))
    circle = np.concatenate([np.zeros((2, 1)), np.tile(parts, 2).cumsum(axis=1)], axis=1)
    for length in lengths:
        begin = rng.integers(0, count, _DRAWS)
        total += circle[:, begin + length] - circle[:, begin]
    return total
