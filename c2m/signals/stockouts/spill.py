"""What was bought of a SKU because another one of its style was out.

Who finds a SKU out may look at one of its neighbours, the SKUs of the style that differ from it in
one attribute (another size of that colour, another colour in that size), and buys it when it is
there. With ``lost`` the demand that could not be served and ``n_j`` the neighbours of j, SKU s is
offered ``z_s = there_s * sum over its neighbours j of lost_j / n_j`` and sells

``sales_s ~ Poisson(share_s * rate_s + look * z_s)``.

``there_s`` is 1 where s was in stock the whole period. On a day it is 0 elsewhere: stock runs out
towards the evening, so that SKUs that run out on one day are mostly out together. Of a longer
period it is the share.

``look``, the share of those who look and do not wait, and the units bought instead are found by
expectation-maximisation with steps in closed form, in the manner of [1]_: expected units bought
instead, given all parameters; then rates and `look`, given these units.

References
----------
.. [1] Vulcano, van Ryzin and Ratliff (2012), Estimating primary demand for substitutable products
   from sales transaction data, Operations Research 60(2), 313-334.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.panel import Panel
from c2m.signals.stockouts.cells import Cells, numbers
from c2m.signals.stockouts.rates import FloatArray, Rates, Setting, fit_rates, group_sum

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_ROUNDS: Final = 15
_INNER: Final = 8
_FIRST_LOOK: Final = 0.3
_POOL_WEIGHT: Final = 200.0
"""Units offered that all styles weigh in the `look` of one."""

_MOST_LOOK: Final = 0.95


@dataclass(frozen=True)
class Spill:
    """Units bought in place of others; arrays have the shape (n_series, n_periods).

    Parameters
    ----------
    units : ndarray
        Expected units of the series bought in place of a neighbour.
    variance : ndarray
        Their variance.
    left : ndarray
        Expected units bought of a neighbour in place of the series.
    style : ndarray of int, shape (n_series,)
        Number of the style of each series.
    look : ndarray, shape (n_styles,)
        Share of those who found nothing and looked at one neighbour.
    """

    units: FloatArray
    variance: FloatArray
    left: FloatArray
    style: NDArray[np.intp]
    look: FloatArray


def fit_spill(
    cells: Cells, setting: Setting, neighbours: "csr_array", style: NDArray[np.intp]
) -> tuple[Spill, Rates]:
    """Estimate the units bought in place of others.

    Parameters
    ----------
    cells : Cells
        Sales and stock.
    setting : Setting
        What rates are made of.
    neighbours : sparse array, shape (n_series, n_series)
        Rows add up to 1, or 0 where a series has no neighbour.
    style : ndarray of int, shape (n_series,)
        Number of the style of each series.

    Returns
    -------
    Spill
        The units.
    Rates
        Of what people wanted first.
    """
    exposure = cells.exposure
    served = np.where(exposure > 0, cells.sales, 0.0)
    units = np.zeros_like(served)
    look = np.full(int(style.max()) + 1, _FIRST_LOOK)
    rates = fit_rates(served, exposure, setting, rounds=2)
    there = np.where(exposure < 1, 0.0, exposure) if setting.daily else exposure
    for _ in range(_ROUNDS):
        wanted = served - units
        lost = missing(wanted, exposure, rates) * cells.censored
        offered = there * (neighbours.T @ lost)
        look, part = _look(served, exposure * rates.mean, offered, style, look)
        units = served * part
        rates = fit_rates(served - units, exposure, setting, start=rates, rounds=1)
    left = _left(units, lost, neighbours)
    return Spill(units, served * part * (1 - part), left, style, look), rates


def missing(wanted: FloatArray, exposure: FloatArray, rates: Rates) -> FloatArray:
    """Return the units that were wanted while a series was out, given what was sold of it.

    Parameters
    ----------
    wanted, exposure : ndarray, shape (n_series, n_periods)
        Units sold as they were wanted, and the share that could be served.
    rates : Rates
        What is known of the rate without this cell.

    Returns
    -------
    ndarray, shape (n_series, n_periods)
        ``(1 - exposure) * (shape + wanted) / (shape / mean + exposure)``.
    """
    with np.errstate(divide="ignore"):
        rate = (rates.shape + wanted) / (rates.shape / rates.mean + exposure)
    return np.asarray((1 - exposure) * rate, dtype=np.float64)


def find_neighbours(
    panel: Panel, style: str, substitutes: Sequence[str]
) -> tuple["csr_array", NDArray[np.intp]] | None:
    """Return who stands in for whom.

    Parameters
    ----------
    panel : Panel
        With the attribute `style`.
    style : str
        Attribute whose SKUs replace each other, within a channel and location.
    substitutes : sequence of str
        Attributes of which a neighbour differs in one. With none of them all SKUs of a style are
        neighbours.

    Returns
    -------
    (sparse array, ndarray), optional
        Rows that add up to 1, and the number of each series' style; None without neighbours.
    """
    from scipy.sparse import csr_array

    if style not in panel.attributes:
        return None
    held = [name for name in ("channel", "location") if name in panel.keys]
    named = [name for name in substitutes if name in panel.attributes]
    group = numbers(panel, [style, *held])
    has_style = np.flatnonzero(panel.attributes[style].notna().to_numpy())
    rows, columns = [], []
    for free in named or [""]:
        fixed = [name for name in named if name != free]
        one, other = _pairs(numbers(panel, [style, *held, *fixed])[has_style])
        rows.append(has_style[one])
        columns.append(has_style[other])
    one, other = np.concatenate(rows), np.concatenate(columns)
    if not len(one):
        return None
    count = np.bincount(one, minlength=panel.n_series)
    shape = (panel.n_series, panel.n_series)
    return csr_array((1 / count[one], (one, other)), shape=shape), group


def spill_table(panel: Panel, cells: Cells, spill: Spill, lost: FloatArray) -> pd.DataFrame:
    """Return a row a series: what it lost, sold instead of others, and others instead of it.

    Parameters
    ----------
    panel : Panel
        The panel.
    cells : Cells
        Sales and stock.
    spill : Spill
        The units.
    lost : ndarray, shape (n_series, n_periods)
        Demand that could not be served.

    Returns
    -------
    DataFrame, n_series rows
        Key columns, ``style``, ``sales``, ``lost``, ``spill_in``, ``spill_out`` (units) and
        ``look`` of the style.
    """
    frame = panel.keys.copy()
    frame["style"] = spill.style
    columns = {
        "sales": cells.sales,
        "lost": lost,
        "spill_in": spill.units,
        "spill_out": spill.left,
    }
    for name, array in columns.items():
        frame[name] = np.nansum(array, axis=1)
    frame["look"] = spill.look[spill.style]
    return frame


def _look(
    served: FloatArray,
    own: FloatArray,
    offered: FloatArray,
    style: NDArray[np.intp],
    look: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Return the share who look, by style, and the part of each cell's sales that are theirs."""
    due = group_sum(offered, style).sum(axis=1)
    where = offered > 0
    of_style = np.broadcast_to(style[:, None], served.shape)[where]
    sold, wanted, chance = served[where], own[where], offered[where]
    part = np.zeros_like(served)
    for _ in range(_INNER):
        came = look[of_style] * chance
        among = came / np.maximum(wanted + came, 1e-12)
        units = np.bincount(of_style, weights=sold * among, minlength=len(look))
        pooled = units.sum() / max(due.sum(), 1e-12)
        look = np.minimum((_POOL_WEIGHT * pooled + units) / (_POOL_WEIGHT + due), _MOST_LOOK)
    part[where] = among
    return look, part


def _left(units: FloatArray, lost: FloatArray, neighbours: "csr_array") -> FloatArray:
    """Give the units bought instead back to the series that were wanted."""
    came = neighbours.T @ lost
    share = np.divide(units, came, out=np.zeros_like(units), where=came > 0)
    return np.asarray(lost * (neighbours @ share), dtype=np.float64)


def _pairs(group: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return all ordered pairs of different series of a group."""
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    size = np.diff(np.append(starts, len(order)))
    of = np.repeat(np.arange(len(size)), size)
    repeat = size[of]
    one = np.repeat(np.arange(len(order)), repeat)
    offset = np.arange(len(one)) - np.repeat(np.cumsum(repeat) - repeat, repeat)
    other = np.repeat(starts[of], repeat) + offset
    kept = one != other
    return order[one[kept]], order[other[kept]]
