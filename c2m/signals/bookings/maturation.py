"""Advance orders and what becomes of them: multiplicative pick-up with shrinkage."""

from typing import Final

import numpy as np
import pandas as pd

from c2m.checks import BoolArray
from c2m.errors import ArgumentError, DataError
from c2m.panel import Panel
from c2m.signals.aggregate import build_panel
from c2m.signals.bookings.occasions import Occasions, collect, read_targets
from c2m.signals.bookings.result import Maturation
from c2m.signals.events import Events
from c2m.signals.pooling import Floats, Groups, category_of, pool_rates
from c2m.signals.schema import EVENT_TYPES

_LONGEST: Final = {"D": 60, "MS": 6}
_LEAST: Final = 3
_PRIOR: Final = 3.0
"""Occasions that a Poisson spread counts for."""

_Z: Final = 1.6448536269514722
_LEAST_SPREAD: Final = 1e-6


def maturation(
    source: Panel | Events,
    targets: object,
    *,
    advance: str = "preorders",
    final: str | None = None,
    category: str | None = None,
    longest: int | None = None,
    tz: str | None = None,
) -> Maturation:
    """Learn how much of the final total is known how long before the day.

    Parameters
    ----------
    source : Panel or Events
        Counts by period, or a log, which is counted by day.
    targets : date, list of dates, str, mapping or DataFrame
        The day that is ordered for (launch, delivery, peak): one or more for all SKUs, the name
        of an attribute that holds it, a mapping from SKU to date, or a table with ``sku`` and
        ``date``. Past ones teach the curve, those to come get an expectation.
    advance : str
        Channel of the advance orders: ``"preorders"``, ``"carts"``. The deposit of a presale is an
        event of the type ``preorder``, with the units that it is for as its quantity; what is paid
        in the end is a ``purchase``. So ``preorders`` hold deposits, and `sales` none of them.
    final : str, optional
        Channel whose value in the target's period is the final total, such as ``"sales"``. The
        total of the advance orders themselves unless given.
    category : str, optional
        Key or attribute to pool by; ``category``, ``department`` or ``type`` where there is one
        and none is named, else all series together.
    longest : int, optional
        Periods before the target from which on orders count: 60 days, 8 weeks or 6 months unless
        given.
    tz : str, optional
        Of a log: the shop's zone.

    Returns
    -------
    Maturation
        Curves by category, and the expected final totals.

    Raises
    ------
    DataError
        If fewer than three occasions are over, or a channel is missing.
    ArgumentError
        If an argument is out of its range.

    Warns
    -----
    C2MWarning
        If occasions are left out, because the panel does not know the time before them.

    Notes
    -----
    ``share[h] = sum of the orders in h periods before / sum of the final totals``, by category,
    drawn to that of all (gamma-Poisson). An occasion's final total F is gamma among its category;
    given F, its orders have the mean ``share * F`` and the variance ``spread * share * F``. So
    ``expected = (a + orders / spread) / (a / mean + share / spread)``: with few orders the
    category speaks, with many the pick-up ``orders / share`` does. A shrunk form of the
    multiplicative pick-up of Weatherford & Kimes (2003), *International Journal of Forecasting*
    19(3), 401-415.

    Examples
    --------
    >>> rng = np.random.default_rng(3)
    >>> weeks = pd.date_range("2026-01-05", periods=20, freq="W-MON")
    >>> orders = rng.poisson(np.tile(np.linspace(1, 5, 20), (12, 1)))
    >>> frame = pd.DataFrame({"sku": np.repeat([f"S{n:02d}" for n in range(12)], 20),
    ...                       "period": np.tile(weeks, 12), "preorders": orders.reshape(-1)})
    >>> panel = Panel.from_frame(frame, freq="W", target="preorders")
    >>> days = {f"S{n:02d}": weeks[12 + n % 8] if n < 9 else "2026-06-01" for n in range(12)}
    >>> maturation(panel, days)
    Maturation(preorders towards preorders, 9 occasions past, 3 to come)
    """
    panel = source if isinstance(source, Panel) else _counted(source, advance, final, tz)
    far = _LONGEST.get(panel.freq, 8) if longest is None else longest
    if not 1 <= far < panel.n_periods:
        raise ArgumentError(f"Expected longest from 1 to {panel.n_periods - 1}, got {far}.")
    absent = [name for name in (advance, final) if name is not None and name not in panel]
    if absent:
        raise DataError("panel", [f"there is no channel {name!r}" for name in absent], "add it")
    found = collect(panel, advance, final, read_targets(panel, targets), far)
    over = found.ahead <= 0
    if np.count_nonzero(over) < _LEAST:
        raise DataError(
            "targets",
            [f"{np.count_nonzero(over)} occasions are over, {_LEAST} are needed to learn from"],
            "pass targets of the past too, or a smaller longest=",
        )
    _, categories = category_of(panel.keys, panel.attributes, category)
    codes, names = pd.factorize(categories.to_numpy()[found.series], sort=True)
    groups = np.asarray(codes, dtype=np.intp)
    shares, spread = _curves(found, groups, over)
    curves = _curve_table(found, groups, over, shares, spread, list(names))
    expected = _expected(panel, found, groups, shares, spread, own=final is None)
    return Maturation(curves, expected, advance, final or advance)


def _counted(source: object, advance: str, final: str | None, tz: str | None) -> Panel:
    if not isinstance(source, Events):
        raise ArgumentError(f"Expected a Panel or Events, got a {type(source).__name__}.")
    wanted = {advance, final}
    kinds = [kind for kind, what in EVENT_TYPES.items() if wanted & {what.count, what.units}]
    if not kinds:
        raise ArgumentError(f"Expected advance to be a channel that events fill, got {advance!r}.")
    return build_panel(source, freq="D", tz=tz, kinds=kinds, target=advance)


def _curves(found: Occasions, groups: Groups, over: BoolArray) -> tuple[Floats, Floats]:
    """Return share (n_occasions, n_leads) by category, and spread (n_leads,)."""
    final = np.where(over, found.final, 0.0)
    known = np.where(over[:, None], found.known, 0.0)
    shares = np.zeros(known.shape)
    spread = np.ones(known.shape[1])
    for lead in range(known.shape[1]):
        shares[:, lead] = pool_rates(known[:, lead], final, [groups]).rate
        mean = (shares[:, lead] * final)[over]
        seen = mean > 0
        excess = ((known[over, lead] - mean)[seen] ** 2 / mean[seen]).sum()
        free = 1 - min(float(np.mean(shares[:, lead])), 1.0)
        usual = free if found.known is not None and free > 0 else _LEAST_SPREAD
        spread[lead] = (excess + _PRIOR * usual) / (np.count_nonzero(seen) + _PRIOR)
    return shares, np.maximum(spread, _LEAST_SPREAD)


def _curve_table(
    found: Occasions,
    groups: Groups,
    over: BoolArray,
    shares: Floats,
    spread: Floats,
    names: list[str],
) -> pd.DataFrame:
    n_groups, n_leads = len(names), shares.shape[1]
    first = np.unique(groups, return_index=True)[1]
    total = np.bincount(groups[over], weights=found.final[over], minlength=n_groups)
    share = shares[first]  # [categories, leads]
    sd = np.sqrt(spread * share / np.maximum(total, 1.0)[:, None])
    count = np.bincount(groups[over], minlength=n_groups)
    return pd.DataFrame(
        {
            "category": np.repeat(names, n_leads),
            "ahead": np.tile(np.arange(n_leads), n_groups),
            "share": share.reshape(-1),
            "low": np.maximum(share - _Z * sd, 0.0).reshape(-1),
            "high": (share + _Z * sd).reshape(-1),
            "spread": np.tile(spread, n_groups),
            "occasions": np.repeat(count, n_leads),
        }
    )


def _expected(
    panel: Panel, found: Occasions, groups: Groups, shares: Floats, spread: Floats, *, own: bool
) -> pd.DataFrame:
    """Return what the orders that are in let expect, an occasion a row."""
    over = found.ahead <= 0
    mean, shape = _prior(found.final, groups, over)
    coming = np.flatnonzero(~over)
    ahead = found.ahead[coming]
    seen = ahead < shares.shape[1]
    at = np.minimum(ahead, shares.shape[1] - 1)
    so_far = np.where(seen, np.nan_to_num(found.known[coming, at]), 0.0)
    share = np.where(seen, shares[coming, at], 0.0)
    a = shape + so_far / spread[at]
    b = shape / mean[coming] + share / spread[at]
    total = float(found.final[over].sum())
    doubt = np.where(share > 0, spread[at] / np.maximum(share * total, 1e-9), 0.0)
    value, relative = a / b, np.sqrt(1 / a + doubt)
    low, high = _interval(value, relative)
    if own:  # what is in cannot be taken back
        value, low, high = (np.maximum(part, so_far) for part in (value, low, high))
    frame = panel.keys.iloc[found.series[coming]].reset_index(drop=True)
    labels = panel.calendar.label(found.target[coming]).astype("datetime64[s]")
    numbers = {"so_far": so_far, "expected": value, "low": low, "high": high}
    return frame.assign(target=labels, ahead=ahead, **numbers)


def _prior(final: Floats, groups: Groups, over: BoolArray) -> tuple[Floats, float]:
    """Return the mean final total of each occasion's category, and the shape of its gamma law."""
    mean = pool_rates(np.where(over, final, 0.0), over.astype(np.float64), [groups]).rate
    mean = np.maximum(mean, 1e-9)
    seen = final[over] / mean[over]
    scatter = float(np.mean((seen - 1) ** 2)) - float(np.mean(1 / mean[over]))
    return mean, 1 / max(scatter, 0.01)


def _interval(mean: Floats, relative: Floats) -> tuple[Floats, Floats]:
    """Return the 90 % interval of gamma laws with a mean and a relative standard deviation."""
    from scipy.special import gammaincinv

    shape = 1 / np.maximum(relative, 1e-4) ** 2
    return tuple(mean * gammaincinv(shape, part) / shape for part in (0.05, 0.95))  # type: ignore[return-value]
