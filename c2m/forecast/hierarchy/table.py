"""Forecasts of every node of a hierarchy, from the same paths: a table whose sums are right."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from c2m.demand import Demand
from c2m.distribution.law import read_levels
from c2m.errors import ArgumentError
from c2m.forecast.scores.groupings import Groupings
from c2m.frames import text_codes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from c2m.distribution.law import Paths
    from c2m.forecast.target import FloatArray
    from c2m.series import Positions

LEVELS = (0.05, 0.5, 0.95)
"""Quantile levels that are shown unless told."""

_ALL = "(all)"

_MOST_NODES = 1000
"""Paths of at most so many nodes or series are held at a time."""


def hierarchy_table(
    demand: Demand,
    by: Sequence[Sequence[str]],
    *,
    levels: ArrayLike = LEVELS,
    n: int = 500,
    seed: int = 0,
) -> pd.DataFrame:
    """Return means and quantiles of every node of a hierarchy, from one set of joint paths.

    The mean of a node is the sum of the means of its series, so that means add up exactly from
    level to level. Quantiles do not add up, and are not meant to: those of a node are the
    quantiles of its summed paths. All nodes see the same paths, so a node is never inconsistent
    with its parts.

    Parameters
    ----------
    demand : Demand
        The forecast of the series at the bottom.
    by : sequence of sequence of str
        A tuple of key columns and attributes for each level; the empty one is the total. For
        example ``[(), ("state",), ("state", "location")]``.
    levels : array_like
        Quantile levels.
    n : int
        How many paths. A thousand series are drawn, and a thousand nodes of a level summed, at a
        time.
    seed : int
        Their seed.

    Returns
    -------
    DataFrame, a row a node and period
        ``level``, the columns named in `by` (``"(all)"`` where a node is summed over one),
        ``n_series``, ``period``, ``mean``, and a column a quantile level (``q0.5``); units.

    Raises
    ------
    ArgumentError
        If `demand` is none, a column is unknown, a level is there twice or takes a name of this
        table, or a number is out of range.

    Examples
    --------
    >>> from c2m import Calendar, Demand
    >>> from c2m.distribution import GammaPoisson
    >>> keys = pd.DataFrame({"sku": ["A", "A", "B"], "location": ["N", "S", "N"]})
    >>> law = GammaPoisson(np.array([[4.0], [6.0], [2.0]]), 0.1, 0.0)
    >>> demand = Demand(keys, Calendar.of("W"), 3000, law)
    >>> table = hierarchy_table(demand, [(), ("location",)], levels=[0.9])
    >>> table[["level", "location", "n_series", "mean"]]
          level location  n_series  mean
    0       all    (all)         3  12.0
    1  location        N         2   6.0
    2  location        S         1   6.0
    """
    if not isinstance(demand, Demand):
        raise ArgumentError(f"Expected a forecast, a c2m.Demand, got {type(demand).__name__}.")
    groups = Groupings.of(demand.keys, by, demand.attributes)
    columns = list(dict.fromkeys(name for names in by for name in names))
    taken = sorted({"level", "n_series", "period", "mean"} & set(columns))
    if taken:
        raise ArgumentError(f"Expected levels by other columns than {taken}: rename them.")
    wanted = read_levels(levels)
    quantiles = _quantiles(demand, groups, wanted, n, seed)
    parts = []
    for name, names in zip(groups.names, by, strict=True):
        long = _nodes(demand, groups, name, [column in names for column in columns], columns)
        for place, level in enumerate(wanted):
            long[f"q{level:.15g}"] = quantiles[name][place].reshape(-1)
        parts.append(long)
    return pd.concat(parts, ignore_index=True)


def _nodes(
    demand: Demand,
    groups: Groupings,
    name: str,
    inside: Sequence[bool],
    columns: Sequence[str],
) -> pd.DataFrame:
    """Return the rows of one level: what each node is called, its series, periods and means."""
    both = pd.concat([demand.keys, demand.attributes], axis=1)
    codes = groups.codes[name]
    first = np.unique(codes, return_index=True)[1]
    nodes = pd.DataFrame({"level": [name] * len(first)})
    for column, own in zip(columns, inside, strict=True):
        nodes[column] = text_codes(both[column]).iloc[first].to_numpy() if own else _ALL
    nodes["n_series"] = np.bincount(codes)
    long = nodes.loc[nodes.index.repeat(demand.horizon)].reset_index(drop=True)
    long["period"] = np.tile(demand.periods.to_numpy(), len(first))
    long["mean"] = groups.sums(name, demand.mean).reshape(-1)
    return long


def _quantiles(
    demand: Demand, groups: Groupings, levels: "FloatArray", n: int, seed: int
) -> "dict[str, FloatArray]":
    """Return quantiles of every node, (n_levels, n_groups, horizon)."""
    small = [name for name in groups.names if groups.size(name) <= _MOST_NODES]
    sums = {name: np.zeros((n, groups.size(name), demand.horizon)) for name in small}
    if small:
        for where, paths in demand.iter_samples(n, seed, block=_MOST_NODES):
            for name, total in sums.items():
                present, added = _sum_paths(paths, groups.codes[name][where])
                total[:, present] += added
    found = {name: _inverted(total, levels) for name, total in sums.items()}
    for name in groups.names:
        if name not in found:
            found[name] = _quantiles_of_many(demand, groups.codes[name], levels, n, seed)
    return found


def _quantiles_of_many(
    demand: Demand, codes: "Positions", levels: "FloatArray", n: int, seed: int
) -> "FloatArray":
    """Return quantiles of many nodes, of which only some are in memory at a time.

    Series draw the same numbers whatever others are drawn, so these are the paths of `_quantiles`.
    """
    names = demand.codes
    order = np.argsort(codes, kind="stable")
    parts = []
    for start in range(0, int(codes.max()) + 1, _MOST_NODES):
        low, high = np.searchsorted(codes[order], [start, start + _MOST_NODES])
        rows = order[low:high]
        total = np.zeros((n, len(np.unique(codes[rows])), demand.horizon))
        for begin in range(0, len(rows), _MOST_NODES):
            some = rows[begin : begin + _MOST_NODES]
            paths = demand.law.rows(some).draw(n, seed, [names[row] for row in some])
            present, added = _sum_paths(paths, codes[some])
            total[:, present - start] += added
        parts.append(_inverted(total, levels))
    return np.concatenate(parts, axis=1)  # [L, G, H]


def _sum_paths(paths: "Paths", codes: "Positions") -> "tuple[NDArray[np.int64], FloatArray]":
    """Return the groups that are there and the sums of their paths, exact in float64."""
    order = np.argsort(codes, kind="stable")
    present, begins = np.unique(codes[order], return_index=True)
    return present, np.add.reduceat(paths[:, order], begins, axis=1, dtype=np.float64)


def _inverted(total: "FloatArray", levels: "FloatArray") -> "FloatArray":
    found = np.quantile(total, levels, axis=0, method="inverted_cdf")
    return np.asarray(found, dtype=np.float64)
