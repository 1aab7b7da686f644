"""From sales to demand: one call for all methods, chosen by what a panel knows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from c2m.checks import BoolArray
from c2m.errors import ArgumentError, DataError, warn
from c2m.frames import did_you_mean, name_list
from c2m.panel import Panel
from c2m.signals.stockouts.cells import Cells, Unknown, read_cells, read_setting
from c2m.signals.stockouts.methods import METHODS, Known, Lost, Method
from c2m.signals.stockouts.rates import FloatArray, Setting, fit_rates
from c2m.signals.stockouts.result import NAMES, Unconstrained, code_of
from c2m.signals.stockouts.spill import Spill, find_neighbours, fit_spill, spill_table

_NEED_VIEWS: Final = ("views", "views_suppressed", "views_and_history")
_FALL_BACK: Final[tuple[Method, ...]] = ("gamma_poisson",)


@dataclass(frozen=True)
class _Estimate:
    """Demand that could not be served, with the method of each cell."""

    lost: FloatArray
    variance: FloatArray
    codes: NDArray[np.int8]
    page_factor: float | None


def unconstrain(
    panel: Panel,
    method: Method | Literal["auto"] = "auto",
    *,
    views: str = "views",
    unknown: Unknown | None = None,
    spill: bool = True,
    style: str = "style",
    substitutes: Sequence[str] = ("colour", "size"),
    category: str | None = None,
    drivers: Sequence[str] | None = None,
    half_life: float | None = None,
) -> Unconstrained:
    """Estimate the demand of periods in which stock ran out.

    Sales of a cell (a series in a period) are censored where its share in stock is below 1. The
    missing share is filled by one of these methods:

    ``"observed"``
        Nothing was lost.
    ``"same_weekday"``
        The mean of the series' own same weekdays in stock, near ones first.
    ``"censored_negbin"``
        Demand was at least the sales: EM of a censored negative binomial law. Needs no share, only
        the days on which stock ran out.
    ``"profile"``
        Sales over the share of the day's demand that was served.
    ``"gamma_poisson"``
        Sales and the missing share at the posterior rate. The rate has a gamma prior, whose mean
        is made of the level of the series in near periods, the weekday, the drivers, and of how
        its style and category did in that period; the sales of the served share update it.
    ``"views"``
        Views of the missing share times units a view, these with a prior made in the same way.
    ``"views_suppressed"``
        The same where a page is seen less often while its SKU is out; by how much is estimated.
    ``"views_and_history"``
        ``views_suppressed`` and ``gamma_poisson``, each weighted by how sure it is of the cell.

    ``"auto"`` takes, cell by cell, ``views_and_history`` where views are known, else
    ``gamma_poisson``; and ``censored_negbin`` where something was sold although the share is 0, so
    that the share says no more than that stock ran out. A method that a cell has nothing for
    (no share in stock to project, no same weekday) gives way to ``gamma_poisson``.

    Parameters
    ----------
    panel : Panel
        With ``sales`` and ``in_stock_demand`` or ``in_stock``: see ``stock="changes"`` of
        `c2m.build_panel`, and `stock_share`. All periods of the panel are used for each of them:
        what was known at a cutoff is ``unconstrain(panel.upto(cutoff))``.
    method : str
        ``"auto"`` or one of the methods.
    views : str
        Channel of views.
    unknown : {"observed", "unknown"}, optional
        What a cell with sales but without a share in stock is: taken as in stock, or left
        unknown. It is taken as in stock, with a warning, unless given.
    spill : bool
        Whether to estimate what was bought of a SKU because a neighbour was out, and to take it
        from its demand, so that the totals of styles do not count it twice.
    style : str
        Attribute whose SKUs replace each other. Without it nothing is known of spill.
    substitutes : sequence of str
        Attributes of which a neighbour differs in one; those that the panel has are used.
    category : str, optional
        Attribute above the style; ``category`` or ``department`` where there is one unless given.
    drivers : sequence of str, optional
        Channels whose levels move demand, such as a discount; ``("promotion",)`` where there is
        one unless given.
    half_life : float, optional
        Periods after which what a series sold weighs half in its level; 28 days or 8 weeks unless
        given.

    Returns
    -------
    Unconstrained
        The panel with ``demand``, ``demand_sd`` and ``spill_in``, the method of each cell, the
        page factor and a table of spill. ``demand + spill_in >= sales`` everywhere; ``demand_sd``
        is 0 where demand is what was sold. Demand is unknown where sales are, and where a channel
        ``on_sale`` is 0.

    Raises
    ------
    DataError
        If the panel has no sales, no shares in stock, nothing that was ever in stock, or not what
        the method needs.
    ArgumentError
        If an argument is out of its range.

    Warns
    -----
    C2MWarning
        If cells have no share in stock, if the share of time stands for that of demand, if a
        method had to give way in some cells, or if series were never in stock: their demand is
        drawn from that of others.

    Notes
    -----
    Periods after a cell tell of it too. Score a model of demand with what was known at each
    cutoff: ``backtest(models, unconstrain(panel).panel, horizon=8, panel_at=lambda cutoff:
    unconstrain(panel.upto(cutoff)).panel)``.

    References
    ----------
    .. [1] Talluri and van Ryzin (2004), The Theory and Practice of Revenue Management, chapter 9.
    .. [2] Vulcano, van Ryzin and Ratliff (2012), Estimating primary demand for substitutable
       products from sales transaction data, Operations Research 60(2), 313-334.

    Examples
    --------
    >>> import pandas as pd
    >>> days = pd.date_range("2026-11-02", periods=14)
    >>> frame = pd.DataFrame({
    ...     "sku": "PARKA", "period": days, "sales": [10] * 12 + [5, 0],
    ...     "in_stock_demand": [1.0] * 12 + [0.5, 0.0],
    ... })
    >>> panel = Panel.from_frame(frame, freq="D", signals=["in_stock_demand"])
    >>> found = unconstrain(panel)
    >>> found
    Unconstrained(1 series x 14 D periods, 2 censored cells, demand +12.0 % of sales)
    >>> found.panel["demand"][0, 11:].round(1), found.method[0, 11:].tolist()
    (array([10., 10., 10.], dtype=float32), ['observed', 'gamma_poisson', 'gamma_poisson'])
    """
    if method != "auto" and method not in METHODS:
        raise ArgumentError(
            f"Expected method 'auto' or one of {name_list(METHODS)}, got {method!r}"
            f"{did_you_mean(str(method), METHODS)}."
        )
    _check_views(panel, method, views)
    cells = read_cells(panel, views, unknown)
    _check_stock(panel, cells, method)
    setting = read_setting(panel, style, category, drivers, half_life)
    found, known = _start(panel, cells, setting, spill, style, substitutes)
    estimate = _estimate(known, method)
    bought = np.zeros_like(cells.sales) if found is None else found.variance
    variance = np.where(cells.censored, estimate.variance, 0.0) + bought
    channels = {
        "demand": np.where(cells.known, known.wanted + estimate.lost, np.nan),
        "demand_sd": np.where(cells.known, np.sqrt(variance), np.nan),
    }
    table = None
    if found is not None:
        channels["spill_in"] = np.where(cells.known, found.units, np.nan)
        table = spill_table(panel, cells, found, estimate.lost)
    return Unconstrained(
        panel=panel.with_channels(channels, target="demand"),
        codes=np.where(cells.known, estimate.codes, NAMES.index("unknown")).astype(np.int8),
        page_factor=estimate.page_factor,
        spill=table,
    )


def _check_views(panel: Panel, method: str, views: str) -> None:
    if method in _NEED_VIEWS and views not in panel:
        raise DataError(
            "panel",
            [f"there is no channel {views!r}, which method={method!r} needs"],
            "pass views= with the channel of views, or method='auto'",
        )


def _check_stock(panel: Panel, cells: Cells, method: str) -> None:
    """Say of which series nobody has seen how they sell."""
    if method == "observed" or not cells.censored.any():
        return
    seen = cells.exposure.any(axis=1)
    if not seen.any():
        raise DataError(
            "panel",
            ["nothing in it is known to have been in stock, so there is no rate of sales"],
            "pass a longer panel, or method='observed' to take sales as demand",
        )
    never = cells.censored.any(axis=1) & ~seen
    if never.any():
        warn(
            f"{np.count_nonzero(never):,} of {panel.n_series:,} series were never in stock (first "
            f"{panel.skus[int(never.argmax())]!r}): their demand is drawn from that of others. "
            "Leave them out with panel.select, or set on_sale to 0 where they were not offered."
        )


def _start(
    panel: Panel,
    cells: Cells,
    setting: Setting,
    spill: bool,
    style: str,
    substitutes: Sequence[str],
) -> tuple[Spill | None, Known]:
    """Return the spill, where there can be any, and what every method starts from."""
    near = find_neighbours(panel, style, substitutes) if spill else None
    if near is None or not cells.censored.any():
        exposure = cells.exposure
        served = np.where(exposure > 0, cells.sales, 0.0)
        return None, Known(cells, cells.sales, setting, fit_rates(served, exposure, setting))
    found, rates = fit_spill(cells, setting, *near)
    return found, Known(cells, cells.sales - found.units, setting, rates)


def _estimate(known: Known, method: Method | Literal["auto"]) -> _Estimate:
    """Fill the censored cells, each by the first of the methods that can tell of it."""
    cells = known.cells
    lost, variance = np.zeros_like(known.wanted), np.zeros_like(known.wanted)
    codes = np.full(lost.shape, code_of("observed"), dtype=np.int8)
    left, factor = cells.censored, None
    for name, where in _order(known, method):
        if not (left & where).any():
            continue
        found: Lost = METHODS[name](known)
        told = left & where & found.applies
        if name in _FALL_BACK and method not in {"auto", name}:
            _tell_fall_back(method, name, int(np.count_nonzero(told)))
        lost[told], variance[told], codes[told] = (
            found.mean[told],
            found.variance[told],
            code_of(name),
        )
        factor = found.page_factor if factor is None else factor
        left = left & ~told
    return _Estimate(lost, variance, codes, factor)


def _order(known: Known, method: Method | Literal["auto"]) -> list[tuple[Method, BoolArray]]:
    """Return the methods in the order in which they are asked, and the cells they are asked of."""
    everywhere = np.ones(known.wanted.shape, dtype=bool)
    if method != "auto":
        return [(method, everywhere), *((name, everywhere) for name in _FALL_BACK)]
    order: list[tuple[Method, BoolArray]] = [("censored_negbin", known.cells.denied)]
    if known.cells.views is not None:
        order.append(("views_and_history", everywhere))
    return [*order, *((name, everywhere) for name in _FALL_BACK)]


def _tell_fall_back(method: str, name: str, count: int) -> None:
    if count:
        warn(
            f"{method!r} has nothing to go by in {count:,} censored cells: {name!r} fills them "
            "(see Unconstrained.method)."
        )
