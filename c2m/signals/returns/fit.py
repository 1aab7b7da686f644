"""Return rates and delays from a log, or from a panel of sales and returns."""

from typing import Final

import numpy as np
import pandas as pd

from c2m.errors import ArgumentError, DataError, warn
from c2m.frames import text_codes
from c2m.panel import Panel
from c2m.signals.events import Events, choose_zone
from c2m.signals.pooling import Groups, category_of
from c2m.signals.reading.asof import moment_of
from c2m.signals.returns.cohorts import Cohorts
from c2m.signals.returns.curves import fit_curves
from c2m.signals.returns.deconvolution import allot, fit_loose
from c2m.signals.returns.linking import read_cohorts
from c2m.signals.returns.result import Returns

_KEYS: Final = ("sku", "channel", "location")
_FAR: Final = 0.05
"""Share of the returns beyond what was seen from which on a word is due."""


def fit_returns(
    source: Events | Panel,
    *,
    key: tuple[str, ...] = ("sku",),
    category: str | None = None,
    attributes: pd.DataFrame | None = None,
    longest: int = 60,
    as_of: str | pd.Timestamp | None = None,
    tz: str | None = None,
) -> Returns:
    """Estimate how many units come back, and when.

    Parameters
    ----------
    source : Events or Panel
        A log, whose returns name the order and SKU that they belong to: the delay of each unit
        is known. Or a panel with ``sales`` and ``returns`` alone: the delay is deconvolved.
    key : tuple of str
        Of a log: what makes a series, ``("sku", "channel")`` for one curve by SKU and channel.
    category : str, optional
        Key or attribute within which SKUs are pooled; ``category``, ``department`` or ``type``
        where there is one and none is named. Channels are always pooled apart.
    attributes : DataFrame, optional
        Of a log: ``sku`` and other columns, a row a SKU.
    longest : int
        Days after which no unit comes back.
    as_of : time, optional
        Of a log: only what had happened, and where there is an ``ingest_time`` come in, by then.
        A time without a zone is one of `tz`.
    tz : str, optional
        Of a log: the shop's zone. The ``time_zone`` of the events unless given, else UTC.

    Returns
    -------
    fitted : Returns
        Rates and delays by series, with `Returns.kept` and `Returns.back_to_stock`.

    Raises
    ------
    DataError
        If the log has no ``order_id``, or there is no purchase or no return.
    ArgumentError
        If an argument is out of its range.

    Warns
    -----
    C2MWarning
        If returns name no purchase, or much of the curve lies beyond what was seen.

    Notes
    -----
    ``returned[s, k] = rate[s] * delay[s, k] * (units of s sold k or more days ago)``. Rates are
    drawn from SKU to category to channel by gamma-Poisson pooling, delays likewise, and beyond
    the oldest purchase a gamma law carries them on. Purchases of the last days count only for
    the delays that they have seen.

    Examples
    --------
    >>> from c2m.datasets import simulate_market
    >>> from c2m.signals import read_events
    >>> market = simulate_market(7, n_styles=3, n_days=90, return_rate=0.5, late_share=0.0)
    >>> fit_returns(read_events(market.events), tz="UTC", longest=45)
    Returns(60 series, 28.1% come back, 14.0 days on average, known to 2025-04-05)
    """
    if longest < 1:
        raise ArgumentError(f"Expected longest of 1 or more days, got {longest}.")
    if isinstance(source, Panel):
        _refuse(key=key != ("sku",), attributes=attributes is not None, as_of=as_of is not None)
        cohorts, table = _panel_cohorts(source, longest), source.attributes
    elif isinstance(source, Events):
        key = _check_key(key)
        zone = choose_zone(source, tz)
        moment = None if as_of is None else moment_of(as_of, zone)
        cohorts = read_cohorts(source, key, longest, zone, moment)
        table = _attributes_of(cohorts.keys, attributes)
    else:
        raise ArgumentError(f"Expected Events or a Panel, got a {type(source).__name__}.")
    return _fit(cohorts, table, category)


def _fit(cohorts: Cohorts, attributes: pd.DataFrame, category: str | None) -> Returns:
    levels, pooled_by, groups = _levels(cohorts.keys, attributes, category)
    if not cohorts.by_lag.any():
        curves = fit_loose(cohorts, levels)
        found = allot(cohorts, curves.delay)
        return Returns(cohorts.allotted(found.by_lag, found.back), curves, pooled_by, groups)
    if cohorts.loose.any():
        found = allot(cohorts, fit_curves(cohorts.by_lag, cohorts.exposure, levels).delay)
        cohorts = cohorts.allotted(found.by_lag, found.back)
    curves = fit_curves(cohorts.by_lag, cohorts.exposure, levels)
    if curves.beyond > _FAR:
        warn(
            f"{curves.beyond:.0%} of the returns are expected later than any purchase is old: "
            "a gamma law carries the delays on. Pass a longer history, or a smaller longest=."
        )
    return Returns(cohorts, curves, pooled_by, groups)


def _levels(
    keys: pd.DataFrame, attributes: pd.DataFrame, category: str | None
) -> tuple[list[Groups], tuple[str, ...], pd.DataFrame]:
    """Return groups from coarse to fine: channel, category within it, series."""
    name, values = category_of(keys, attributes, category)
    groups = keys[["channel"]] if "channel" in keys.columns else pd.DataFrame(index=keys.index)
    levels = [_numbers(groups)]
    if name is not None and name not in groups.columns:
        groups = groups.assign(**{name: values.to_numpy()})
        levels.append(_numbers(groups))
    levels.append(np.arange(len(keys), dtype=np.intp))
    return levels, tuple(map(str, groups.columns)), groups


def _numbers(groups: pd.DataFrame) -> Groups:
    if not len(groups.columns):
        return np.zeros(len(groups), dtype=np.intp)
    return np.asarray(groups.groupby(list(groups.columns)).ngroup(), dtype=np.intp)


def _panel_cohorts(panel: Panel, longest: int) -> Cohorts:
    absent = [name for name in ("sales", "returns") if name not in panel]
    if absent:
        raise DataError("panel", [f"there is no channel {name!r}" for name in absent], "add it")
    sold, back = (panel[name].astype(np.float64) for name in ("sales", "returns"))
    gaps = int(np.count_nonzero(np.isnan(sold) != np.isnan(back)))
    if gaps:
        warn(f"{gaps:,} cells of the panel know sales or returns but not both; both count as none.")
    unknown = np.isnan(sold) | np.isnan(back)
    sold, back = np.where(unknown, 0.0, sold), np.where(unknown, 0.0, back)
    if not (sold.any() and back.any()):
        raise DataError("panel", ["it has no sales or no returns"], "pass a panel with both")
    empty = Cohorts(panel.keys, panel.calendar, panel.first, *[np.zeros((0, 1))] * 5)
    n_lags = int(np.ceil(longest / empty.step_days)) + 1
    if panel.n_periods < n_lags:
        raise ArgumentError(
            f"Expected a panel of {n_lags} or more periods for longest={longest} days, got "
            f"{panel.n_periods}; delays that are not linked need that history."
        )
    by_lag = np.zeros((len(sold), n_lags))
    return Cohorts(
        panel.keys, panel.calendar, panel.first, sold, back, np.zeros_like(sold), by_lag, back
    )


def _attributes_of(keys: pd.DataFrame, attributes: pd.DataFrame | None) -> pd.DataFrame:
    if attributes is None:
        return pd.DataFrame(index=keys.index)
    named = attributes.assign(sku=text_codes(attributes["sku"]))
    if named["sku"].duplicated().any():
        raise DataError("attributes", ["SKUs occur more than once"], "pass one row a SKU")
    found = keys[["sku"]].merge(named, on="sku", how="left")
    return found.drop(columns="sku")


def _refuse(**given: bool) -> None:
    named = [name for name, is_given in given.items() if is_given]
    if named:
        raise ArgumentError(f"{', '.join(named)} go with a log, not with a panel; leave them out.")


def _check_key(key: tuple[str, ...]) -> tuple[str, ...]:
    if "sku" not in key or list(key) != [name for name in _KEYS if name in key]:
        raise ArgumentError(
            "Expected key=('sku',), with 'channel' and 'location' after it where wanted, got "
            f"{key!r}."
        )
    return tuple(key)
