"""Scores over a hierarchy: WRMSSE and WSPL, each level's series weighted by what they are worth.

For WRMSSE an aggregated series counts in every period the series of which both sides are known, the
same ones in what came and in what was forecast. For WSPL it has to be asked for, since quantiles do
not tell what they were made of: see ``known`` of `group_quantiles`.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from c2m.errors import ArgumentError
from c2m.forecast.scores.groupings import Groupings
from c2m.forecast.scores.pairs import check_levels, pair, pinball_cells, row_mean
from c2m.forecast.scores.scaled import naive_error
from c2m.frames import name_list

if TYPE_CHECKING:
    from c2m.demand import Demand
    from c2m.forecast.target import FloatArray

M5_QUANTILES: Final = (0.005, 0.025, 0.165, 0.25, 0.5, 0.75, 0.835, 0.975, 0.995)
"""The nine levels of the M5 uncertainty competition."""


def wrmsse(
    actual: ArrayLike,
    forecast: ArrayLike,
    history: ArrayLike,
    *,
    groups: Groupings,
    weights: ArrayLike | None = None,
) -> float:
    """Return the weighted root mean squared scaled error of all levels of a hierarchy.

    Parameters
    ----------
    actual, forecast : array_like, shape (n_series, horizon)
        Units of the series that nothing is below.
    history : array_like, shape (n_series, n_periods)
        What was known at the cutoff; unknown periods add nothing to a sum.
    groups : Groupings
        The levels; `M5_LEVELS` are those of M5.
    weights : array_like, shape (n_series,), optional
        What each series is worth, at least 0: in M5 the revenue of the last 28 days (see
        `revenue`). A group has the sum of its series. All groups of a level alike unless given.

    Returns
    -------
    float
        The mean over levels of `level_rmsse`; NaN where a level has nothing to score.

    Raises
    ------
    ArgumentError
        If the shapes do not fit, or a weight is below 0 or unknown.

    References
    ----------
    Makridakis, Spiliotis & Assimakopoulos (2022), "M5 accuracy competition", *IJF* 38, eq. 2.

    Examples
    --------
    >>> from c2m.forecast.scores import Groupings
    >>> groups = Groupings.of(pd.DataFrame({"sku": ["A", "B"]}), [(), ("sku",)])
    >>> past = [[0.0, 2.0, 0.0], [1.0, 1.0, 2.0]]
    >>> round(wrmsse([[2.0], [1.0]], [[3.0], [2.0]], past, groups=groups, weights=[3.0, 1.0]), 4)
    0.9967
    """
    table = level_rmsse(actual, forecast, history, groups=groups, weights=weights)
    return float(table["rmsse"].mean(skipna=False))


def level_rmsse(
    actual: ArrayLike,
    forecast: ArrayLike,
    history: ArrayLike,
    *,
    groups: Groupings,
    weights: ArrayLike | None = None,
) -> pd.DataFrame:
    """Return the weighted root mean squared scaled error of each level.

    Parameters
    ----------
    actual, forecast, history, groups, weights
        See `wrmsse`.

    Returns
    -------
    DataFrame, a row a level
        ``n_series`` and ``rmsse``: the mean of the groups' `rmsse`, scale from the first sale on,
        with their weights. Groups whose scale is 0 or unknown are left out, and the others' weights
        made to sum to 1; ``n_scored`` counts those that stay.
    """
    came, said, known = pair(actual, forecast)
    error = np.where(known, said - came, 0.0)
    past, worth = _sizes(history, groups, weights, came.shape[:1])
    rows = []
    for name in groups.names:
        seen = groups.sums(name, known) > 0
        size = np.sqrt(row_mean(groups.sums(name, error) ** 2, seen))
        scale = np.sqrt(naive_error(_past(groups, name, past), power=2, from_first_sale=True))
        rows.append(_level(name, size, scale, groups, worth))
    return pd.DataFrame(rows, columns=["level", "n_series", "n_scored", "rmsse"]).set_index("level")


def wspl(
    actual: ArrayLike,
    quantiles: Mapping[str, ArrayLike],
    levels: ArrayLike,
    history: ArrayLike,
    *,
    groups: Groupings,
    weights: ArrayLike | None = None,
) -> float:
    """Return the weighted scaled pinball loss of all levels of a hierarchy.

    Parameters
    ----------
    actual : array_like, shape (n_series, horizon)
        Units of the series that nothing is below. What is unknown in a series is so in its groups;
        pass it as 0 beside quantiles that were made with ``known``.
    quantiles : mapping of str to array_like, shape (n_groups, horizon, n_levels)
        Name of the level -> quantiles of its groups, from `group_quantiles` or anywhere else.
        Quantiles do not add up: those of a sum come from joint paths.
    levels : array_like, shape (n_levels,)
        Their probabilities; `M5_QUANTILES` are those of M5.
    history, groups, weights
        See `wrmsse`.

    Returns
    -------
    float
        The mean over levels of `level_spl`; NaN where a level has nothing to score.

    Raises
    ------
    ArgumentError
        If the shapes do not fit, a level has no quantiles, or a weight is below 0 or unknown.

    References
    ----------
    Makridakis et al. (2022), "The M5 uncertainty competition", *IJF* 38, eq. 2.
    """
    table = level_spl(actual, quantiles, levels, history, groups=groups, weights=weights)
    return float(table["spl"].mean(skipna=False))


def level_spl(
    actual: ArrayLike,
    quantiles: Mapping[str, ArrayLike],
    levels: ArrayLike,
    history: ArrayLike,
    *,
    groups: Groupings,
    weights: ArrayLike | None = None,
) -> pd.DataFrame:
    """Return the weighted scaled pinball loss of each level.

    Parameters
    ----------
    actual, quantiles, levels, history, groups, weights
        See `wspl`.

    Returns
    -------
    DataFrame, a row a level
        ``n_series``, ``n_scored`` and ``spl``: the mean of the groups' `scaled_quantile_loss`, with
        their weights, as in `level_rmsse`. A group's period counts where all its series are known.
    """
    absent = [name for name in groups.names if name not in quantiles]
    if absent:
        raise ArgumentError(f"Expected quantiles of every level, got none of {name_list(absent)}.")
    came = np.asarray(actual, dtype=np.float64)
    past, worth = _sizes(history, groups, weights, came.shape[:1])
    rows = []
    for name in groups.names:
        loss, known = pinball_cells(groups.sums(name, came), quantiles[name], levels)
        size = row_mean(loss.mean(axis=-1), known)
        scale = naive_error(_past(groups, name, past), from_first_sale=True)
        rows.append(_level(name, size, scale, groups, worth))
    return pd.DataFrame(rows, columns=["level", "n_series", "n_scored", "spl"]).set_index("level")


def group_quantiles(
    demand: "Demand",
    groups: Groupings,
    levels: ArrayLike = M5_QUANTILES,
    *,
    n_paths: int = 200,
    seed: int = 0,
    known: ArrayLike | None = None,
) -> dict[str, "FloatArray"]:
    """Return quantiles of every group's demand, from joint paths that are summed.

    Parameters
    ----------
    demand : Demand
        The forecast of the series that nothing is below.
    groups : Groupings
        The levels.
    levels : array_like, shape (n_levels,)
        Probabilities.
    n_paths : int
        How many paths; a level at which every series stands alone takes the law's own quantiles.
    seed : int
        Seed of the paths.
    known : array_like of bool, shape (n_series, horizon), optional
        Which series and periods count, such as those whose sales no stock-out hid; all unless
        given. A group's demand is that of its series that count, NaN where none does.

    Returns
    -------
    dict of str to ndarray, shape (n_groups, horizon, n_levels)
        Units; for `wspl`.

    Raises
    ------
    ArgumentError
        If the groups or `known` are of other series, or a level is not between 0 and 1.

    Examples
    --------
    >>> from c2m import Calendar, Demand
    >>> from c2m.distribution import GammaPoisson
    >>> from c2m.forecast.scores import Groupings
    >>> keys, law = pd.DataFrame({"sku": ["A", "B"]}), GammaPoisson(np.full((2, 3), 9.0), 0, 0)
    >>> demand = Demand(keys, Calendar.of("W"), 3000, law)
    >>> groups = Groupings.of(keys, [(), ("sku",)])
    >>> found = group_quantiles(demand, groups, [0.5], n_paths=2000, seed=1)
    >>> found["all"].shape, found["sku"].ravel().tolist()
    ((1, 3, 1), [9.0, 9.0, 9.0, 9.0, 9.0, 9.0])
    """
    level = check_levels(levels)
    if any(len(codes) != demand.n_series for codes in groups.codes.values()):
        raise ArgumentError(f"Expected groups of the {demand.n_series:,} series forecast.")
    shape = (demand.n_series, demand.horizon)
    counts = np.ones(shape, dtype=bool) if known is None else np.asarray(known, dtype=bool)
    if counts.shape != shape:
        raise ArgumentError(f"Expected known of shape {shape}, got {counts.shape}.")
    alone = [name for name in groups.names if groups.size(name) == demand.n_series]
    others = [name for name in groups.names if name not in alone]
    sums = {
        name: np.zeros((groups.size(name), n_paths, demand.horizon), dtype=np.float32)
        for name in others
    }
    for where, paths in demand.iter_samples(n_paths, seed) if others else ():
        rows = np.moveaxis(paths, 1, 0)  # [S, n, H]
        rows = rows if known is None else rows * counts[where][:, None, :]
        for name in others:
            _add(sums[name], groups.codes[name][where], rows)
    own = demand.quantiles(level) if alone else np.empty(0)
    found = {
        name: own[np.argsort(groups.codes[name])] if name in alone else _read(sums[name], level)
        for name in groups.names
    }
    for name, quantiles in found.items():
        quantiles[groups.sums(name, counts) == 0] = np.nan
    return found


def _add(sums: NDArray[np.float32], codes: NDArray[np.intp], rows: NDArray[np.float32]) -> None:
    """Add rows to the sums of their groups."""
    order = np.argsort(codes, kind="stable")
    groups, start = np.unique(codes[order], return_index=True)
    sums[groups] += np.add.reduceat(rows[order], start, axis=0)


def _read(sums: NDArray[np.float32], levels: "FloatArray") -> "FloatArray":
    """Return quantiles over the paths, shape (n_groups, horizon, n_levels)."""
    found = np.quantile(sums, levels, axis=1, method="inverted_cdf")
    return np.moveaxis(np.asarray(found, dtype=np.float64), 0, -1)


def _sizes(
    history: ArrayLike, groups: Groupings, weights: ArrayLike | None, shape: tuple[int, ...]
) -> tuple[NDArray[Any], "FloatArray | None"]:
    """Return history and weights that fit the series."""
    past = np.asarray(history)
    worth = None if weights is None else np.asarray(weights, dtype=np.float64)
    wrong = [
        f"{name} of shape {found}"
        for name, found in (
            ("history", past.shape[:1]),
            ("weights", shape if worth is None else worth.shape),
            *((f"groups[{name!r}]", codes.shape) for name, codes in groups.codes.items()),
        )
        if found != shape
    ]
    if past.ndim != 2 or wrong:
        raise ArgumentError(f"Expected {shape} series, got {', '.join(wrong) or past.shape}.")
    if worth is not None and not np.all(worth >= 0):
        raise ArgumentError(f"{np.sum(~(worth >= 0)):,} weights are below 0 or unknown.")
    return past, worth


def _past(groups: Groupings, name: str, past: NDArray[Any]) -> "FloatArray":
    """Return the groups' own past: what is known of it, NaN where nothing is."""
    unknown = np.isnan(past)
    if not unknown.any():
        return groups.sums(name, past)
    total = groups.sums(name, np.where(unknown, 0.0, past))
    total[groups.sums(name, ~unknown) == 0] = np.nan
    return total


def _level(
    name: str,
    size: "FloatArray",
    scale: "FloatArray",
    groups: Groupings,
    worth: "FloatArray | None",
) -> tuple[str, int, int, float]:
    """Return name, groups, groups that are scored and their weighted mean score."""
    n_groups = len(size)
    share = np.ones(n_groups) if worth is None else groups.sums(name, worth[:, None])[:, 0]
    usable = (scale > 0) & ~np.isnan(size) & (share > 0)
    score = np.nan
    if usable.any():
        score = float(np.average(size[usable] / scale[usable], weights=share[usable]))
    return name, n_groups, int(usable.sum()), score
