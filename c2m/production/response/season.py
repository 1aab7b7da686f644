"""A season in two parts: what the early signal may say, and what demand may be once it is known."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from c2m.distribution.law import read_count
from c2m.errors import ArgumentError
from c2m.production.newsvendor.arguments import by_sku, sku_names
from c2m.production.newsvendor.samples import OrderedSamples

if TYPE_CHECKING:
    from c2m.demand import Demand

FloatArray: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True)
class Season:
    """What can be learnt early, and the demand that is still possible then.

    A signal is one outcome of what will be known when the second run is decided. All draws of a
    signal look the same at that moment, so a second run may depend on the signal and never on the
    draw.

    Parameters
    ----------
    skus : tuple of str
        Codes.
    observed : ndarray, shape (n_signals, n_skus)
        Demand that is seen when the second run is decided, in units; 0 where the signal is no
        demand (an early order book, a fair).
    before : ndarray, shape (n_signals, n_skus, n_draws)
        Demand until the second run can be sold, in units; what is observed is part of it.
    after : ndarray, shape (n_signals, n_skus, n_draws)
        Demand from then on, in units.

    Examples
    --------
    >>> season = Season.from_samples([[40.0], [60.0], [80.0], [100.0]], 0.5, n_signals=4)
    >>> season
    Season(1 SKUs, 4 signals, 40 draws each)
    """

    skus: tuple[str, ...]
    observed: FloatArray
    before: FloatArray
    after: FloatArray

    def __post_init__(self) -> None:
        """Check the arrays."""
        shape = self.after.shape
        if self.before.shape != shape or len(shape) != 3 or 0 in shape:
            raise ArgumentError(
                "Expected before and after of one shape (n_signals, n_skus, n_draws), got "
                f"{self.before.shape} and {shape}."
            )
        if self.observed.shape != shape[:2] or np.any(self.observed[:, :, None] > self.before):
            raise ArgumentError("Expected observed of shape (n_signals, n_skus), within before.")
        if len(self.skus) != shape[1] or len(set(self.skus)) != len(self.skus):
            raise ArgumentError(f"Expected {shape[1]} different SKUs, got {len(self.skus)}.")
        parts = (self.observed, self.before, self.after)
        if not all(np.all(np.isfinite(part) & (part >= 0)) for part in parts):
            raise ArgumentError("Expected every demand to be finite and >= 0.")

    @classmethod
    def from_samples(
        cls,
        samples: ArrayLike,
        residual: ArrayLike,
        *,
        skus: Sequence[str] | None = None,
        sold_before: float = 0.0,
        n_signals: int = 100,
        n_draws: int = 40,
        seed: int = 0,
    ) -> "Season":
        """Build a season from draws of demand and the error that an early signal leaves.

        Each SKU's demand is given a normal score z by its rank. The signal is the expected score
        ``m = (1 - r^2) z + r sqrt(1 - r^2) e`` with e standard normal; given it, the score is
        normal with mean m and standard deviation r. For normal demand, r is the ratio of the
        error's standard deviation after and before the signal.

        Parameters
        ----------
        samples : array_like, shape (n_samples, n_skus)
            Joint draws of the season's demand, in units.
        residual : array_like, shape () or (n_skus,)
            The r above, from 0 (the signal tells all) to 1 (it tells nothing).
        skus : sequence of str, optional
            Codes; unless given the columns of `samples`, or ``"0"``, ``"1"``, ... of an array.
        sold_before : float
            Share of demand that comes before the second run can be sold, from 0 to below 1.
        n_signals, n_draws : int
            How many signals, and how many equally likely demands for each.
        seed : int
            Of the signals.

        Returns
        -------
        Season
            Draws are ordered quantiles, the same for all SKUs: the cost of a season is a sum over
            SKUs, so that their dependence counts in the signals alone. Nothing is observed: what
            is learnt does not depend on what there is to sell.

        Raises
        ------
        ArgumentError
            If an argument is out of its range.
        """
        ordered = OrderedSamples.of(samples).values.astype(np.float64, copy=False)
        named = sku_names(samples) if skus is None else [str(sku) for sku in skus]
        error = _residual(by_sku("residual", residual, named), ordered.shape[0])
        _check_counts(n_signals, n_draws)
        if not 0 <= sold_before < 1:
            raise ArgumentError(f"Expected 0 <= sold_before < 1, got {sold_before}.")
        score = _signal_scores(np.asarray(samples, np.float64), error, n_signals, seed)
        total = _demand_given(ordered, score, error, n_draws)
        codes = tuple(map(str, range(len(ordered))) if named is None else named)
        unseen = np.zeros_like(score)
        return cls(codes, unseen, sold_before * total, (1 - sold_before) * total)

    @classmethod
    def from_demand(
        cls,
        demand: "Demand",
        *,
        observed: int,
        available: int,
        n_signals: int = 100,
        n_draws: int = 40,
        seed: int = 0,
    ) -> "Season":
        """Build a season from a forecast whose first periods will be seen before the second run.

        Each signal is a path of the first `observed` periods; what follows is drawn from
        ``demand.given(path)``, which knows that path and nothing later.

        Parameters
        ----------
        demand : Demand
            The forecast of the whole season, by SKU.
        observed : int
            How many periods are over when the second run is decided. 0: nothing is learnt, and
            there is one signal; so for ``demand.given(sales)`` once sales are known.
        available : int
            First period, from 0, in which the second run can be sold: from `observed` to below
            the horizon.
        n_signals, n_draws : int
            How many signals, and how many paths after each.
        seed : int
            Of the paths.

        Returns
        -------
        Season
            The observed periods count as demand before the second run.

        Raises
        ------
        ArgumentError
            If the periods do not fit the horizon, or a SKU has several series.
        """
        _check_counts(n_signals, n_draws)
        whole = all(isinstance(each, int | np.integer) for each in (observed, available))
        if not (whole and 0 <= observed <= available < demand.horizon):
            raise ArgumentError(
                f"Expected 0 <= observed <= available < {demand.horizon} periods, got "
                f"observed={observed}, available={available}."
            )
        if len(set(demand.skus)) < demand.n_series:
            raise ArgumentError('Expected one series per SKU; type demand.rollup(by="sku") first.')
        count = n_signals if observed else 1
        early = demand.sample(count, seed)[:, :, :observed].astype(np.float64)  # [K, S, k]
        seeds = np.random.SeedSequence(seed).generate_state(count)
        seen = early.sum(axis=2)
        before = np.empty((count, demand.n_series, n_draws))
        after = np.empty_like(before)
        for signal, sold in enumerate(early):
            law = demand.given(sold) if observed else demand
            rest = law.sample(n_draws, int(seeds[signal]))  # [M, S, H - k]
            between, later = np.split(rest.astype(np.float64), [available - observed], axis=2)
            before[signal] = seen[signal][:, None] + between.sum(axis=2).T
            after[signal] = later.sum(axis=2).T
        return cls(tuple(demand.skus), seen, before, after)

    @property
    def n_signals(self) -> int:
        """How many signals there are."""
        return int(self.after.shape[0])

    @property
    def n_draws(self) -> int:
        """How many demands each signal leaves possible."""
        return int(self.after.shape[2])

    @property
    def mean(self) -> FloatArray:
        """Expected demand of the season, shape (n_skus,), in units."""
        return np.asarray((self.before + self.after).mean(axis=(0, 2)))

    def __repr__(self) -> str:
        """Say what it is in one line."""
        sizes = f"{len(self.skus)} SKUs, {self.n_signals} signals, {self.n_draws} draws each"
        return f"Season({sizes})"


def _residual(residual: ArrayLike, n_skus: int) -> FloatArray:
    error = np.asarray(residual, dtype=np.float64)
    if error.shape not in {(), (n_skus,)}:
        raise ArgumentError(f"Expected one residual or one per SKU ({n_skus}), got {error.shape}.")
    if not np.all((error >= 0) & (error <= 1)):
        raise ArgumentError("Expected 0 <= residual <= 1 for every SKU.")
    return np.broadcast_to(error, n_skus)


def _check_counts(n_signals: int, n_draws: int) -> None:
    read_count(n_signals, "n_signals >= 1")
    read_count(n_draws, "n_draws >= 1")


def _signal_scores(samples: FloatArray, error: FloatArray, n_signals: int, seed: int) -> FloatArray:
    """Return the expected normal score of each SKU given each signal, (n_signals, n_skus)."""
    from scipy.special import ndtri

    count, n_skus = samples.shape
    rng = np.random.default_rng(seed)
    shuffled = rng.permuted(np.tile(np.arange(count), (n_skus, 1)), axis=1).T  # breaks ties
    rank = np.empty_like(shuffled)
    place = np.broadcast_to(np.arange(count)[:, None], samples.shape)
    np.put_along_axis(rank, np.lexsort((shuffled, samples), axis=0), place, axis=0)
    times = -(-n_signals // count)
    rows = np.concatenate([rng.permutation(count) for _ in range(times)])[:n_signals]
    score = ndtri((rank[rows] + rng.random((n_signals, n_skus))) / count)
    known = 1 - error**2
    noise = rng.standard_normal((n_signals, n_skus))
    return np.asarray(known * score + error * np.sqrt(known) * noise)


def _demand_given(
    ordered: FloatArray, score: FloatArray, error: FloatArray, n_draws: int
) -> FloatArray:
    """Return equally likely demands given each signal, ascending, (n_signals, n_skus, n_draws)."""
    from scipy.special import ndtr, ndtri

    spread = ndtri((np.arange(n_draws) + 0.5) / n_draws)
    level = (np.arange(ordered.shape[1]) + 0.5) / ordered.shape[1]
    total = np.empty((*score.shape, n_draws))
    for sku, draws in enumerate(ordered):
        chance = ndtr(score[:, sku, None] + error[sku] * spread)
        total[:, sku] = np.interp(chance, level, draws)
    return total
