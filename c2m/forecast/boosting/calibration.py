"""What held-out cutoffs say: how many trees pay, and how far forecasts fall from what comes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, Self

import numpy as np
from numpy.typing import NDArray

from c2m.forecast.features.rows import path_rows
from c2m.forecast.heads import CountHead, Head, choose_head
from c2m.forecast.heads.counts import negative_binomial_loss
from c2m.forecast.heads.shared import fit_shared
from c2m.forecast.trees.trees import Trees

if TYPE_CHECKING:
    from c2m.forecast.features.rows import Rows
    from c2m.forecast.features.running import Positions
    from c2m.forecast.features.table import FeatureTable
    from c2m.forecast.target import FloatArray

    Stages = Callable[[FeatureTable, Rows], list[FloatArray]]

_MOST_CUTOFFS: Final = 5
_MOST_PATHS: Final = 3_000


@dataclass(frozen=True)
class Calibration:
    """What was learnt from held-out cutoffs.

    Parameters
    ----------
    head : CountHead or LevelSetHead
        The distribution around the means.
    n_trees : int
        How many trees predicted best.
    loss : float
        Mean negative log-likelihood of what came, under these trees and a `CountHead`.
    """

    head: Head
    n_trees: int
    loss: float


@dataclass(frozen=True, eq=False)
class Windows:
    """Which of the last periods trees do not see, to be held against them.

    Parameters
    ----------
    held : int
        Periods of a window.
    origins : ndarray of int, shape (n_windows,)
        Positions of the cutoffs before them, rising.
    """

    held: int
    origins: "Positions"

    @classmethod
    def of(cls, n_periods: int, horizon: int) -> Self:
        """Hold out the horizon, or a third of the history, from up to five cutoffs.

        The cutoffs are spread over as many periods again, at most an eighth of the history.

        Parameters
        ----------
        n_periods : int
            Periods of the history.
        horizon : int
            Largest step.

        Returns
        -------
        Windows
            None of them where the history is too short.
        """
        held = min(horizon, max(n_periods // 3, 1))
        last = n_periods - held - 1
        first = max(last - min(held, n_periods // 8), 0)
        if last < first:
            return cls(held, np.zeros(0, dtype=np.intp))
        return cls(held, np.unique(np.linspace(first, last, _MOST_CUTOFFS).astype(np.intp)))

    @property
    def until(self) -> int:
        """The number of periods before the first window."""
        return int(self.origins[0]) + 1 if len(self.origins) else 1


@dataclass(frozen=True, eq=False)
class _HeldOut:
    """Forecasts from past cutoffs, and what came: K numbers of trees, N paths."""

    mean: "FloatArray"  # [K, N, H]
    actual: "FloatArray"  # [N, H]
    series: "Positions"  # [N]
    cutoff: "Positions"  # [N]

    @classmethod
    def of(cls, table: "FeatureTable", stages: "Stages", windows: Windows) -> Self:
        """Ask for forecasts of each window from the cutoff before it."""
        origins, held = windows.origins, windows.held
        series = _series(table, len(origins))
        nothing = np.zeros(0, dtype=np.intp)
        means = [stages(table, path_rows(nothing, 0, held))]
        actuals: list[FloatArray] = [np.empty((0, held))]
        for origin in origins:
            means.append(stages(table, path_rows(series, int(origin), held)))
            came = table.target[series, origin + 1 : origin + 1 + held]
            actuals.append(came.astype(np.float64))
        return cls(
            np.concatenate([np.reshape(one, (len(one), -1, held)) for one in means], axis=1),
            np.concatenate(actuals),
            np.tile(series, len(origins)),
            np.repeat(origins, len(series)),
        )


def calibrate(
    table: "FeatureTable",
    trees: Trees,
    windows: Windows,
    numbers: Sequence[int],
    *,
    num_threads: int | None = None,
    groups: Mapping[str, NDArray[np.str_]] | None = None,
) -> Calibration:
    """Compare what trees say of periods that they have not seen with what came.

    The number of trees is the one under which what came is likeliest; the head is chosen by its
    loss on series that it was not fitted to (see `choose_head`), and then the levels that series
    share are learnt (see `fit_shared`).

    Parameters
    ----------
    table : FeatureTable
        All features.
    trees : Trees
        What learnt from the periods before the windows.
    windows : Windows
        What they have not seen.
    numbers : sequence of int
        Numbers of trees to choose from, rising.
    num_threads : int, optional
        See `Trees.means`.
    groups : mapping of str to ndarray of str, optional
        Grouping -> label of each series, for shared levels (see `labels_of`); series are
        independent without.

    Returns
    -------
    Calibration
        Head and number of trees.
    """
    if not len(windows.origins):
        numbers = [0]
    elif trees.booster is None:
        numbers = numbers[:1]
    stages = partial(trees.staged_means, stages=numbers, num_threads=num_threads)
    past = _HeldOut.of(table, stages, windows)
    losses = [_loss(mean, past.actual) for mean in past.mean]
    best = int(np.argmin(losses))
    mean, actual = past.mean[best], past.actual
    # halves of the series that are held out: of evenly spread series all may be even
    half = np.unique(past.series, return_inverse=True)[1] % 2
    head = choose_head(mean, actual, half)
    if groups is not None and len(actual):
        counts = head if isinstance(head, CountHead) else head.counts
        own = {name: labels[past.series] for name, labels in groups.items()}
        head = head.with_shared(fit_shared(counts.law(mean), actual, own, past.cutoff))
    return Calibration(head, numbers[best], losses[best])


def _series(table: "FeatureTable", n_cutoffs: int) -> "Positions":
    """Return evenly spread series, so that the held-out paths stay within a budget."""
    n_series = len(table.target)
    count = min(n_series, _MOST_PATHS // max(n_cutoffs, 1))
    return np.linspace(0, n_series - 1, count).astype(np.intp)


def _loss(mean: "FloatArray", actual: "FloatArray") -> float:
    """Return the mean negative log-likelihood of what came, periods and totals."""
    known = ~np.isnan(actual)
    if not known.any():
        return 0.0
    law = CountHead.fit(mean, actual).law(mean)
    cells = negative_binomial_loss(actual[known], mean[known], law.dispersion[known])
    whole = known.all(axis=1)
    total = law.rows(np.flatnonzero(whole)).merge(np.zeros(mean.shape[1], dtype=np.intp))
    sums = negative_binomial_loss(
        actual[whole].sum(axis=1), total.mean[:, 0], total.dispersion[:, 0]
    )
    return float(cells.mean() + (sums.mean() if len(sums) else 0.0))
