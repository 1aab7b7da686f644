"""How much to hold back: seasons replayed with a second sending after the first sales."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from c2m.distribution.law import read_count
from c2m.errors import ArgumentError
from c2m.production.allocation.case import Case, read_case
from c2m.production.allocation.greedy import FloatArray, share_stock

if TYPE_CHECKING:
    from c2m.demand import Demand

_LEVELS: Final = (np.arange(20) + 0.5) / 20
"""Of what was wanted where a door sold out."""


def compare_reserves(
    demand: "Demand",
    stock: object,
    products: object,
    *,
    shares: Sequence[float] = (0.0, 0.1, 0.2, 0.3, 0.4),
    after: int = 1,
    lanes: object | None = None,
    held: object | None = None,
    n_paths: int = 30,
    n_points: int = 100,
    seed: int = 0,
) -> pd.DataFrame:
    """Compare how much of the stock to hold back for a second sending.

    For each share, units are sent as `allocate` would. Each path of demand is then lived through:
    after some periods the forecast is updated by the sales so far (`Demand.given`), and all that
    is in the pool is shared again. The second sending knows the sales, never the demand to come.
    Where a door sold out, what it wanted is taken as the mean of the forecast from its sales on.

    Parameters
    ----------
    demand, stock, products
        See `allocate`.
    shares : sequence of float
        Reserves to compare, each a share of every SKU's stock, between 0 and 1.
    after : int
        Periods until the second sending leaves; fewer than are forecast.
    lanes, held
        See `allocate`.
    n_paths : int
        Paths that are lived through, at least 2; the same for each share.
    n_points : int
        See `allocate`.
    seed : int
        Of the paths.

    Returns
    -------
    DataFrame
        One row a share: ``reserve``; means over the paths of ``sent_first``, ``sent_later``,
        ``sold`` (units held at the doors before included) and ``gain`` (money beyond keeping all
        units); and ``over_first``, how much more is gained than by the first share, with
        ``over_first_se``, its standard error over the paths.

    Raises
    ------
    ArgumentError
        If an argument is out of its range.
    DataError
        If a table is wrong; every problem is listed.

    Notes
    -----
    The forecast is believed: paths come from it. A reserve earns more where doors err apart, and
    less where lanes are slow or most is sold early.

    Examples
    --------
    >>> from c2m.demand import Demand
    >>> from c2m.distribution import GammaPoisson
    >>> from c2m.periods import Calendar
    >>> doors = pd.DataFrame({"sku": "TEE", "location": ["Oslo", "Riga", "Rome"]})
    >>> law = GammaPoisson(np.full((3, 4), 9.0), np.full((3, 4), 0.6), np.full(3, 0.5))
    >>> demand = Demand(doors, Calendar.of("W"), 2900, law)
    >>> stock = pd.DataFrame({"sku": ["TEE"], "on_hand": [90]})
    >>> products = pd.DataFrame({"sku": ["TEE"], "price": [20.0], "end_value": [5.0]})
    >>> table = compare_reserves(demand, stock, products, shares=[0.0, 0.3])
    >>> table[["reserve", "sent_first", "sold", "gain"]].round(1)
       reserve  sent_first  sold    gain
    0      0.0        90.0  71.5  1072.5
    1      0.3        63.0  78.6  1178.5
    """
    tried = np.asarray(shares)
    tried = tried.astype(np.float64) if tried.dtype.kind in "iuf" else np.empty(0)
    if tried.ndim != 1 or not tried.size or not np.all((tried >= 0) & (tried <= 1)):
        raise ArgumentError(f"Expected shares between 0 and 1, got {shares!r}.")
    if read_count(after, "after >= 1 period") >= demand.horizon:
        raise ArgumentError(f"Expected after < {demand.horizon}, the horizon, got {after}.")
    if read_count(n_paths, "n_paths >= 2") < 2:
        raise ArgumentError(f"Expected n_paths >= 2, got {n_paths}.")
    case = read_case(
        demand,
        stock,
        products,
        lanes=lanes,
        reserve=0.0,
        held=held,
        n_points=n_points,
        seed=seed,
    )
    found = _replay(case, tried, after, n_paths)  # [shares, paths, 4]
    ahead = found[:, :, 3] - found[0, :, 3]
    means = dict(
        zip(("sent_first", "sent_later", "sold", "gain"), found.mean(axis=1).T, strict=True)
    )
    error = ahead.std(axis=1, ddof=1) / np.sqrt(n_paths)
    more = {"over_first": ahead.mean(axis=1), "over_first_se": error}
    return pd.DataFrame({"reserve": tried} | means | more)


def _replay(case: Case, shares: FloatArray, after: int, n_paths: int) -> FloatArray:
    """Live through each path with each reserve: sent first, later, sold, gain, (R, n, 4)."""
    options = case.options(case.demand, case.held)
    on_hand = case.pool.on_hand
    first = [
        share_stock(options, on_hand - np.ceil(np.round(share * on_hand, 9)))[0] for share in shares
    ]
    likely = case.demand.law.quantiles(_LEVELS)[:, :after]  # [S, after, levels]
    found = np.empty((len(shares), n_paths, 4))
    for number, path in enumerate(case.demand.sample(n_paths, case.seed).astype(np.float64)):
        alone = _sold(case, path, [])[0].sum(axis=1)
        for row, units in enumerate(first):
            later = _second_units(case, path[:, :after], units, likely)
            sold = _sold(case, path, [(0, units), (after, later)])[0].sum(axis=1)
            gain = case.margin @ (sold - alone) - case.lanes.cost @ (units + later)
            found[row, number] = units.sum(), later.sum(), sold.sum(), gain
    return found


def _second_units(
    case: Case, path: FloatArray, units: FloatArray, likely: FloatArray
) -> FloatArray:
    """Return what is sent once the first periods are known, (S,); path is (S, after)."""
    sold, there = _sold(case, path, [(0, units)])
    above = (likely >= sold[:, :, None]) & (sold >= there)[:, :, None]
    count = above.sum(axis=2)
    total = np.where(above, likely, 0.0).sum(axis=2)
    wanted = np.divide(total, count, out=sold.copy(), where=count > 0)
    left = case.held + units - sold.sum(axis=1)  # at the door, or on the way to it
    options = case.options(case.demand.given(wanted), left)
    pool = case.pool.on_hand - np.bincount(case.sku, units, len(case.pool.skus))
    return share_stock(options, pool)[0]


def _sold(
    case: Case, path: FloatArray, sent: Sequence[tuple[int, FloatArray]]
) -> tuple[FloatArray, FloatArray]:
    """Return what the doors sell in each period, and what they could have sold, (S, H)."""
    n_periods = path.shape[1]
    arrivals = np.zeros_like(path)
    for start, units in sent:
        due = start + case.lanes.lead_time
        rows = np.flatnonzero(due < n_periods)
        arrivals[rows, due[rows]] += units[rows]
    sold, there, stock = np.zeros_like(path), np.zeros_like(path), case.held.copy()
    for step in range(n_periods):
        stock += arrivals[:, step]
        there[:, step] = stock
        sold[:, step] = np.minimum(stock, path[:, step])
        stock -= sold[:, step]
    return sold, there
