"""What held-out cutoffs say: how many trees pay, and how far forecasts fall from what comes."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from c2m.forecast.features.rows import path_rows, sample_rows
from c2m.forecast.heads.counts import CountHead, negative_binomial_loss
from c2m.forecast.trees.trees import Trees

if TYPE_CHECKING:
    from c2m.forecast.features.running import Positions
    from c2m.forecast.features.table import FeatureTable
    from c2m.forecast.target import FloatArray
    from c2m.forecast.trees.trees import TreeSettings

_STAGES: Final = (0.25, 0.5, 1.0)
"""Shares of the trees that are tried."""

_MOST_CUTOFFS: Final = 5
_MOST_PATHS: Final = 20_000


@dataclass(frozen=True)
class Calibration:
    """What was learnt from held-out cutoffs.

    Parameters
    ----------
    head : CountHead
        The distribution around the means.
    n_trees : int
        How many trees predicted best.
    loss : float
        Mean negative log-likelihood of what came, under both.
    """

    head: CountHead
    n_trees: int
    loss: float


def calibrate(
    table: "FeatureTable", *, horizon: int, most_rows: int, settings: "TreeSettings"
) -> Calibration:
    """Fit trees without the last periods, and compare what they say of them with what came.

    The trees see no target of the last ``held`` + up to 4 periods, ``held`` being the horizon or a
    third of the history; up to five cutoffs follow each other there. The number of trees and the
    head are those under which what came is likeliest.

    Parameters
    ----------
    table : FeatureTable
        All features.
    horizon : int
        Largest step.
    most_rows : int
        Budget of learning rows.
    settings : TreeSettings
        How to grow the trees.

    Returns
    -------
    Calibration
        Head and number of trees.
    """
    n_periods = table.n_periods
    held = min(horizon, max(n_periods // 3, 1))
    until = max(n_periods - held - min(_MOST_CUTOFFS - 1, n_periods // 8), 1)
    rows = sample_rows(
        table.target, horizon=horizon, until=until, most_rows=most_rows, seed=settings.seed
    )
    trees = Trees.grow(table, rows, settings)
    origins = range(until - 1, n_periods - held)
    stages = {round(share * settings.n_estimators) for share in _STAGES} if origins else {0}
    numbers = sorted(stages)[: None if trees.booster is not None else 1]
    series = _series(table, len(origins))
    staged, actuals = [np.empty((len(numbers), 0, held))], [np.empty((0, held))]
    for origin in origins:
        rows = path_rows(series, origin, held)
        means = trees.staged_means(table, rows, numbers, num_threads=settings.num_threads)
        staged.append(np.reshape(means, (len(numbers), -1, held)))
        actuals.append(table.target[series, origin + 1 : origin + 1 + held])
    mean, actual = np.concatenate(staged, axis=1), np.concatenate(actuals)  # [K, N, H], [N, H]
    tried = [_try(n_trees, mean[place], actual) for place, n_trees in enumerate(numbers)]
    return min(tried, key=lambda one: one.loss)


def _try(n_trees: int, mean: "FloatArray", actual: "FloatArray") -> Calibration:
    """Return what held-out paths say of so many trees."""
    head = CountHead.fit(mean, actual)
    return Calibration(head, n_trees, _loss(head, mean, actual))


def _series(table: "FeatureTable", n_cutoffs: int) -> "Positions":
    """Return evenly spread series, so that the held-out paths stay within a budget."""
    n_series = len(table.target)
    count = min(n_series, _MOST_PATHS // max(n_cutoffs, 1))
    return np.linspace(0, n_series - 1, count).astype(np.intp)


def _loss(head: CountHead, mean: "FloatArray", actual: "FloatArray") -> float:
    """Return the mean negative log-likelihood of what came, periods and totals."""
    law = head.law(mean)
    known = ~np.isnan(actual)
    if not known.any():
        return 0.0
    cells = negative_binomial_loss(actual[known], mean[known], law.dispersion[known])
    whole = known.all(axis=1)
    total = law.rows(np.flatnonzero(whole)).merge(np.zeros(mean.shape[1], dtype=np.intp))
    sums = negative_binomial_loss(
        actual[whole].sum(axis=1), total.mean[:, 0], total.dispersion[:, 0]
    )
    return float(cells.mean() + (sums.mean() if len(sums) else 0.0))
