"""Seven ways to tell what would have been sold, each a function of the same cells."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

import numpy as np

from c2m.checks import BoolArray
from c2m.signals.stockouts.cells import Cells
from c2m.signals.stockouts.negbin import fit_censored
from c2m.signals.stockouts.rates import FloatArray, Rates, Setting, fit_rates, smooth
from c2m.signals.stockouts.spill import missing

Method = Literal[
    "observed",
    "same_weekday",
    "censored_negbin",
    "profile",
    "gamma_poisson",
    "views",
    "views_suppressed",
    "views_and_history",
]

_LEAST_SHARE: Final = 0.02
_PAGE_ROUNDS: Final = 5
_PAGE_RANGE: Final = (0.02, 2.0)


@dataclass(frozen=True)
class Known:
    """What every method starts from.

    Parameters
    ----------
    cells : Cells
        Sales and stock.
    wanted : ndarray, shape (n_series, n_periods)
        Sales without what was bought in place of other SKUs.
    setting : Setting
        What rates are made of.
    rates : Rates
        Of `wanted`, for a whole period in stock.
    """

    cells: Cells
    wanted: FloatArray
    setting: Setting
    rates: Rates


@dataclass(frozen=True)
class Lost:
    """Demand that could not be served; arrays have the shape (n_series, n_periods).

    Parameters
    ----------
    mean, variance : ndarray
        Units, in the cells of `applies`.
    applies : ndarray of bool
        Censored cells that the method can tell of.
    page_factor : float, optional
        Views of a page while the SKU is out, for one while it is there.
    """

    mean: FloatArray
    variance: FloatArray
    applies: BoolArray
    page_factor: float | None = None


def observed(known: Known) -> Lost:
    """Take sales for demand: nothing was lost.

    Parameters
    ----------
    known : Known
        Cells, and what is known of their rates.

    Returns
    -------
    Lost
        Demand that could not be served.
    """
    nothing = np.zeros_like(known.wanted)
    return Lost(nothing, nothing, known.cells.censored)


def same_weekday(known: Known) -> Lost:
    """Drop the censored cell and take the mean of the series' same weekdays, near ones first.

    Parameters
    ----------
    known : Known
        Cells, and what is known of their rates.

    Returns
    -------
    Lost
        Demand that could not be served.
    """
    cells, setting = known.cells, known.setting
    whole = (cells.known & (cells.share == 1)).astype(np.float64)
    mean, variance = (np.full(whole.shape, np.nan) for _ in range(2))
    for weekday in np.unique(setting.weekday):
        at = np.flatnonzero(setting.weekday == weekday)
        apart = 7 if setting.daily else 1
        near = setting.half_life / apart
        weight, first, second = (
            smooth(array[:, at], near)
            for array in (whole, whole * known.wanted, whole * known.wanted**2)
        )
        safe = np.where(weight > 1e-9, weight, np.nan)
        mean[:, at] = first / safe
        spread = np.maximum(second / safe - (first / safe) ** 2, first / safe)
        variance[:, at] = spread * (1 + 1 / safe)
    lost = np.maximum(mean - known.wanted, 0.0)
    return Lost(lost, variance, cells.censored & ~np.isnan(mean))


def censored_negbin(known: Known) -> Lost:
    """Know only that demand was at least the sales: EM of a censored negative binomial.

    Parameters
    ----------
    known : Known
        Cells, and what is known of their rates.

    Returns
    -------
    Lost
        Demand that could not be served.
    """
    mean, variance = fit_censored(known.cells, known.wanted, known.setting)
    return Lost(np.maximum(mean - known.wanted, 0.0), variance, known.cells.censored)


def profile(known: Known) -> Lost:
    """Project the sales of the time in stock to the whole period.

    Parameters
    ----------
    known : Known
        Cells, and what is known of their rates.

    Returns
    -------
    Lost
        Demand that could not be served.
    """
    share = known.cells.exposure
    applies = known.cells.censored & (share >= _LEAST_SHARE)
    safe = np.where(applies, share, 1.0)
    lost = known.wanted * (1 - safe) / safe
    return Lost(lost, (known.wanted + 1) * (1 - safe) / safe**2, applies)


def gamma_poisson(known: Known) -> Lost:
    """Add the missing share at the rate that history, siblings and the rest of the day say.

    Parameters
    ----------
    known : Known
        Cells, and what is known of their rates.

    Returns
    -------
    Lost
        Demand that could not be served.
    """
    share = known.cells.exposure
    lost = missing(known.wanted, share, known.rates)
    variance = lost + lost**2 / (known.rates.shape + known.wanted)
    return Lost(lost, variance, known.cells.censored)


def views(known: Known) -> Lost:
    """Turn the views of the missing share into units, as the SKU's views usually are.

    Parameters
    ----------
    known : Known
        Cells, and what is known of their rates.

    Returns
    -------
    Lost
        Demand that could not be served.
    """
    return _from_views(known, 1.0)


def views_suppressed(known: Known) -> Lost:
    """Do the same where a page is seen less often while its SKU is out; how much is estimated.

    Parameters
    ----------
    known : Known
        Cells, and what is known of their rates.

    Returns
    -------
    Lost
        Demand that could not be served.
    """
    return _from_views(known, page_factor(known))


def views_and_history(known: Known) -> Lost:
    """Weigh what views and what history say by how sure each is of the cell.

    Parameters
    ----------
    known : Known
        Cells, and what is known of their rates.

    Returns
    -------
    Lost
        Demand that could not be served.
    """
    factor = page_factor(known)
    full, rates = _conversion(known, factor)
    noise = 1 / rates.shape + 1 / (1 + _views(known))
    weight = noise / (noise + 1 / known.rates.shape)  # of history
    by_views = np.log(np.maximum(full * rates.mean, 1e-12))
    mean = np.exp(weight * np.log(known.rates.mean) + (1 - weight) * by_views)
    both = Rates(mean, known.rates.shape + 1 / noise, known.rates.common)
    lost = missing(known.wanted, known.cells.exposure, both)
    variance = lost + lost**2 / (both.shape + known.wanted)
    return Lost(lost, variance, known.cells.censored & _seen(known), factor)


METHODS: Final[Mapping[str, Callable[[Known], Lost]]] = MappingProxyType(
    {
        "observed": observed,
        "same_weekday": same_weekday,
        "censored_negbin": censored_negbin,
        "profile": profile,
        "gamma_poisson": gamma_poisson,
        "views": views,
        "views_suppressed": views_suppressed,
        "views_and_history": views_and_history,
    }
)
"""Name of a method -> what it does."""


def page_factor(known: Known) -> float:
    """Estimate the views of a page while its SKU is out, for one while it is there.

    Views of a period are ``rate * (share + factor * (1 - share))``, with the rate as other
    periods and siblings have it; the factor makes the views of all censored cells come out.

    Parameters
    ----------
    known : Known
        With views.

    Returns
    -------
    float
        From 0.02 to 2; 1 where no cell tells.
    """
    factor, rates = 1.0, None
    where = known.cells.censored & _seen(known)
    share = known.cells.exposure[where]
    counts = _views(known)
    for _ in range(_PAGE_ROUNDS if where.any() else 0):
        rates = _view_rates(known, factor, rates)
        mean = rates.mean[where]
        due = np.sum(mean * (1 - share))
        if due <= 0:
            break
        found = (counts[where].sum() - np.sum(mean * share)) / due
        factor = float(np.clip(found, *_PAGE_RANGE))
    return factor


def _from_views(known: Known, factor: float) -> Lost:
    """Return views of the missing share times units a view."""
    full, rates = _conversion(known, factor)
    share = known.cells.exposure
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = (rates.shape + known.wanted) / (rates.shape / rates.mean + share * full)
    lost = np.nan_to_num((1 - share) * full * rate)
    relative = 1 / (rates.shape + known.wanted) + 1 / (1 + _views(known))
    return Lost(lost, lost + lost**2 * relative, known.cells.censored & _seen(known), factor)


def _conversion(known: Known, factor: float) -> tuple[FloatArray, Rates]:
    """Return the views of a whole period in stock, freed from chance, and units a view."""
    found = _view_rates(known, factor, None)
    over = np.where(_seen(known), _page(known, factor), 0.0)
    counts = _views(known)
    full = (found.shape + counts) / (found.shape / found.mean + over)
    share = known.cells.exposure
    served = np.where(share > 0, known.wanted, 0.0)
    usable = np.where(_seen(known), share * full, 0.0)
    return full, fit_rates(np.where(usable > 0, served, 0.0), usable, known.setting)


def _view_rates(known: Known, factor: float, start: Rates | None) -> Rates:
    exposure = np.where(_seen(known), _page(known, factor), 0.0)
    rounds = 3 if start is None else 1
    return fit_rates(_views(known), exposure, known.setting, start=start, rounds=rounds)


def _page(known: Known, factor: float) -> FloatArray:
    share = known.cells.exposure
    return share + factor * (1 - share)


def _seen(known: Known) -> BoolArray:
    if known.cells.views is None:
        return np.zeros(known.wanted.shape, dtype=bool)
    return known.cells.known & ~np.isnan(known.cells.views)


def _views(known: Known) -> FloatArray:
    if known.cells.views is None:
        return np.zeros_like(known.wanted)
    return np.where(_seen(known), known.cells.views, 0.0)
