"""Which signals run ahead of sales."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.errors import ArgumentError, DataError, warn
from c2m.frames import did_you_mean, name_list
from c2m.panel import Panel
from c2m.signals.leads.deviations import choose_groups, cross_products, deviations, sellable
from c2m.signals.leads.gain import explained_gain
from c2m.signals.leads.kernel import FINE_TO, STEPS, Fitted, fit_kernel, humps
from c2m.signals.leads.result import Leads
from c2m.signals.pooling import Floats, Groups

_SIGNALS: Final = (
    *("impressions", "views", "search_clicks", "wishlists", "carts", "checkouts"),
    *("notify_requests", "preorders", "shares", "social_mentions", "try_ons", "stream_views"),
)
_MAX_LAG: Final = {"D": 35, "MS": 6}
_LEAST: Final = 3
"""Times the farthest lag that a panel must be long."""

_DRAWS: Final = 400
_CHANCE: Final = 0.01
_TAILS: Final = (0.05, 0.95)


def lead(
    panel: Panel,
    signals: str | Sequence[str] = "auto",
    *,
    target: str = "sales",
    max_lag: int | None = None,
    seed: int = 0,
) -> Leads:
    """Find which signals run ahead of sales, and by how long.

    Parameters
    ----------
    panel : Panel
        With the target and the signals.
    signals : "auto", str or sequence of str
        Channels; ``"auto"`` takes those of `views`, `wishlists`, `carts` and the like that the
        panel has.
    target : str
        The channel that may be led.
    max_lag : int, optional
        Farthest lag, in periods: 35 days, 8 weeks or 6 months unless given.
    seed : int
        Of the bootstrap.

    Returns
    -------
    Leads
        A verdict on each signal, and its kernel.

    Raises
    ------
    DataError
        If the panel lacks a channel or is too short.
    ArgumentError
        If an argument is out of its range.

    Warns
    -----
    C2MWarning
        If signals are left out (``"auto"``), because they vary in too few series.

    Notes
    -----
    Both channels are taken as deviations from the series' usual part of its group in that
    period, so that season, weekday, trend and promotions, which both share, drop out. Their
    products by lag are a level, a spike at lag 0 and a hump (a negative binomial law of the lag);
    the mean of the hump is the lead. Its interval comes from a bootstrap over series; the chance
    that a signal without a lead shows as much, from turning the signs of whole series (a wild
    bootstrap: Davidson & Flachaire 2008, *Journal of Econometrics* 146(1), 162-169). A signal
    leads where that chance is below 1 % and the interval lies above half a period. A true spread
    of another form than the hump's moves the mean a little (uniform over 3 to 9 days: 6.2 for
    6.0). Where the panel has ``in_stock``, periods in which a series could not be bought all the
    time are left out: a shelf that demand emptied makes every lead look shorter.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> views = rng.poisson(5, (30, 160))
    >>> sales = rng.poisson(1 + np.roll(views, 4, axis=1) / 5)
    >>> frame = pd.DataFrame({"sku": np.repeat([f"S{n:02d}" for n in range(30)], 160),
    ...                       "period": np.tile(pd.date_range("2026-01-01", periods=160), 30),
    ...                       "sales": sales.reshape(-1), "views": views.reshape(-1)})
    >>> lead(Panel.from_frame(frame, freq="D", signals=["views"]), max_lag=14)
    Leads(of 1 signal on sales, in days: views 4.2)
    """
    names = _signals_of(panel, signals, target)
    farthest = _MAX_LAG.get(panel.freq, 8) if max_lag is None else max_lag
    if farthest < 2:
        raise ArgumentError(f"Expected max_lag of 2 or more periods, got {farthest}.")
    if panel.n_periods < _LEAST * farthest:
        raise DataError(
            "panel",
            [f"it has {panel.n_periods} periods, {_LEAST * farthest} are needed"],
            f"pass a longer panel, or max_lag={max(2, panel.n_periods // _LEAST)} or less",
        )
    column, groups = choose_groups(panel)
    found: list[tuple[dict[str, object], pd.DataFrame]] = []
    left: list[str] = []
    for name in names:
        try:
            found.append(_study(panel, name, target, groups, farthest, seed))
        except DataError:
            if signals != "auto" or len(left) + 1 == len(names):
                raise
            left.append(name)
    if left:
        warn(f"{name_list(left)}: fewer than {_LEAST} series vary, so nothing is said of them.")
    table = pd.DataFrame([row for row, _ in found])
    kernels = pd.concat([kernel for _, kernel in found], ignore_index=True)
    return Leads(table, kernels, target, panel.calendar.word, column)


def _signals_of(panel: Panel, signals: str | Sequence[str], target: str) -> list[str]:
    if signals == "auto":
        names = [name for name in _SIGNALS if name in panel and name != target]
    else:
        names = [signals] if isinstance(signals, str) else list(signals)
    absent = [name for name in [*names, target] if name not in panel]
    if absent or not names:
        hint = did_you_mean(absent[0], panel.channels) if absent else ""
        problem = f"there is no channel {name_list(absent)}{hint}" if absent else "it has no signal"
        raise DataError("panel", [problem], f"name channels among {name_list(panel.channels)}")
    return names


def _study(
    panel: Panel, name: str, target: str, groups: Groups, max_lag: int, seed: int
) -> tuple[dict[str, object], pd.DataFrame]:
    """Return the verdict on one signal, and its kernel."""
    stop = panel.n_periods
    sales = deviations(sellable(panel, target), groups)
    signal = deviations(sellable(panel, name), groups)
    used = sales.used & signal.used
    if np.count_nonzero(used) < _LEAST:
        raise DataError(
            "panel",
            [f"fewer than {_LEAST} series vary in {target!r} and {name!r} while in stock"],
            "add series, or a panel of days if 'in_stock' is below 1 in most periods",
        )
    products, lags = cross_products(sales.cells[used], signal.cells[used], max_lag)
    products /= stop
    mean = products.mean(axis=0)
    error = products.std(axis=0, ddof=1) / np.sqrt(len(products))
    error = np.full(len(error), np.sqrt(np.mean(error**2)))
    rng = np.random.default_rng(seed)
    best = fit_kernel(mean[None], error, lags)
    again = fit_kernel(_resampled(products, rng), error, lags)
    null = fit_kernel(_turned(products, rng), error, lags)
    chance, together = (
        (1 + np.count_nonzero(drawn >= seen)) / (1 + _DRAWS)
        for drawn, seen in ((null.gain, best.gain[0]), (null.spike_gain, best.spike_gain[0]))
    )
    sure = best.hump[0] > 0 and (again.hump > 0).any()
    low, high = _interval(again) if sure else (0.0, 0.0)
    verdict = _verdict(chance, low, together)
    led = verdict == "leads"
    fitted = _curve(best, lags)
    gain = explained_gain(panel, name, target, groups, _shares(best, max_lag)) if led else 0.0
    row: dict[str, object] = {
        "signal": name,
        "verdict": verdict,
        "lead": float(best.mean[0]) if led else np.nan,
        "low": low if led else np.nan,
        "high": high if led else np.nan,
        "chance": chance,
        "gain": gain,
        "together": float(best.spike[0] / max(best.spike[0] + best.hump[0], 1e-12)),
        "series": int(np.count_nonzero(used)),
        "clipped": sales.clipped + signal.clipped,
    }
    kernel = {"signal": name, "lag": lags, "correlation": mean, "error": error, "fitted": fitted}
    return row, pd.DataFrame(kernel)


def _interval(again: Fitted) -> tuple[float, float]:
    """Return the interval of the mean; what lies between two means that are tried is in doubt."""
    low, high = (float(end) for end in np.quantile(again.mean[again.hump > 0], _TAILS))
    below, above = (STEPS[int(end >= FINE_TO)] / 2 for end in (low, high))
    return low - below, high + above


def _verdict(chance: float, low: float, together: float) -> str:
    if chance <= _CHANCE and low >= 0.5:
        return "leads"
    return "moves together" if min(chance, together) <= _CHANCE else "nothing found"


def _resampled(products: Floats, rng: np.random.Generator) -> Floats:
    """Return means over series drawn with replacement, (n_draws, n_lags)."""
    counts = rng.multinomial(len(products), np.full(len(products), 1 / len(products)), _DRAWS)
    return np.asarray(counts @ products / len(products))


def _turned(products: Floats, rng: np.random.Generator) -> Floats:
    """Return means over series of which some have their signs turned, (n_draws, n_lags)."""
    signs = rng.choice([-1.0, 1.0], (_DRAWS, len(products)))
    return np.asarray(signs @ (products - products.mean(axis=0)) / len(products))


def _shares(best: Fitted, max_lag: int) -> Floats:
    """Return the hump as shares of the lags 0, 1, 2, ..."""
    shares, means, shapes = humps(max_lag)
    place = np.flatnonzero((means == best.mean[0]) & (shapes == best.shape[0]))[0]
    return np.asarray(shares[place])


def _curve(best: Fitted, lags: NDArray[np.int64]) -> Floats:
    curve = np.full(len(lags), best.level[0])
    curve[lags >= 0] += best.hump[0] * _shares(best, int(lags[-1]))
    curve[lags == 0] += best.spike[0]
    return curve
