"""The stream of units that come back, and of those that can be sold again."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from c2m.demand import Demand
from c2m.errors import ArgumentError
from c2m.frames import name_list
from c2m.signals.returns.cohorts import Floats

if TYPE_CHECKING:
    from c2m.signals.returns.result import Returns


def stream_back(
    returns: "Returns",
    horizon: int,
    resellable: float | Mapping[str, float],
    handling_days: float,
    future: Demand | None,
) -> pd.DataFrame:
    """Expect the units that come back; see `Returns.back_to_stock`.

    Parameters
    ----------
    returns : Returns
        Rates, delays and cohorts.
    horizon, resellable, handling_days, future
        As there.

    Returns
    -------
    DataFrame
        A row a series and step.
    """
    if horizon < 1 or handling_days < 0:
        raise ArgumentError(
            f"Expected a horizon of 1 or more steps and handling_days of 0 or more, got {horizon} "
            f"and {handling_days}."
        )
    share = _shares(returns, resellable)
    cohorts = returns.cohorts
    expected, variance = _from_the_past(returns, horizon)
    if future is not None:
        more = _from_the_future(returns, future, horizon)
        expected, variance = expected + more, variance + more
    flow = _delayed(np.concatenate([cohorts.returned, expected], axis=1), returns, handling_days)
    labels = cohorts.calendar.labels(cohorts.first + cohorts.n_steps, horizon)
    frame = cohorts.keys.loc[cohorts.keys.index.repeat(horizon)].reset_index(drop=True)
    frame["period"] = np.tile(labels.to_numpy(), len(cohorts.keys))
    frame["returns"] = expected.reshape(-1)
    frame["returns_sd"] = np.sqrt(variance).reshape(-1)
    frame["to_stock"] = (flow[:, cohorts.n_steps :] * share[:, None]).reshape(-1)
    return frame


def _shares(returns: "Returns", resellable: float | Mapping[str, float]) -> Floats:
    skus = returns.keys["sku"]
    if isinstance(resellable, Mapping):
        absent = sorted(set(skus) - set(resellable))
        if absent:
            raise ArgumentError(
                f"Expected a resellable share for every SKU, got none for {name_list(absent)}."
            )
        share = skus.map(dict(resellable)).to_numpy(np.float64)
    else:
        share = np.full(len(skus), float(resellable))
    if not ((share >= 0) & (share <= 1)).all():
        raise ArgumentError(f"Expected resellable shares from 0 to 1, got {resellable!r}.")
    return np.asarray(share, dtype=np.float64)


def _from_the_past(returns: "Returns", horizon: int) -> tuple[Floats, Floats]:
    """Return mean and variance of the returns of what was sold by the cutoff, (n_series, H)."""
    cohorts, delay = returns.cohorts, returns.curves.delay
    waiting = cohorts.sold - cohorts.back
    rate = np.minimum(returns.rate, 1 - 1e-9)[:, None]
    seen = np.minimum(np.cumsum(delay, axis=1), 1.0)
    mean, own, by_rate = (np.zeros((len(delay), horizon)) for _ in range(3))
    for age in range(min(cohorts.n_lags - 1, cohorts.n_steps)):
        units = waiting[:, cohorts.n_steps - 1 - age, None]
        left = 1 - rate * seen[:, age, None]
        reach = min(horizon, cohorts.n_lags - 1 - age)
        chance = rate * delay[:, age + 1 : age + 1 + reach] / left
        mean[:, :reach] += units * chance
        own[:, :reach] += units * chance * (1 - chance)
        by_rate[:, :reach] += units * chance / (rate.clip(1e-9) * left)
    return mean, own + (by_rate * returns.rate_sd[:, None]) ** 2


def _from_the_future(returns: "Returns", future: Demand, horizon: int) -> Floats:
    """Return the expected returns of expected sales, (n_series, H)."""
    cohorts = returns.cohorts
    if not future.keys.equals(cohorts.keys):
        raise ArgumentError("Expected future= with the series of these returns, in their order.")
    after = cohorts.calendar.label(cohorts.first + cohorts.n_steps)
    if future.calendar.label(future.first) != after:
        raise ArgumentError(
            f"Expected future= to begin on {after}, the day after the cutoff of these returns, "
            f"got {future.calendar.label(future.first)}."
        )
    sold = _by_step(returns, future, horizon)
    result = np.zeros((len(sold), horizon))
    for lag in range(min(horizon, cohorts.n_lags)):
        share = returns.rate[:, None] * returns.curves.delay[:, lag : lag + 1]
        result[:, lag:] += sold[:, : horizon - lag] * share
    return result


def _by_step(returns: "Returns", future: Demand, horizon: int) -> Floats:
    """Spread expected sales over the steps; the days of a longer period get equal parts."""
    if future.calendar == returns.cohorts.calendar:
        mean = future.mean
    elif returns.cohorts.calendar.freq == "D":
        numbers = np.arange(future.first, future.first + future.mean.shape[1])
        days = future.calendar.days_in(numbers)
        mean = np.repeat(future.mean / days, days, axis=1)
    else:
        raise ArgumentError(
            f"Expected future= of freq {returns.cohorts.calendar.freq!r}, got {future.freq!r}."
        )
    reach = min(horizon, mean.shape[1])
    padded = np.zeros((len(mean), horizon))
    padded[:, :reach] = mean[:, :reach]
    return padded


def _delayed(flow: Floats, returns: "Returns", handling_days: float) -> Floats:
    """Shift a flow by the days of handling; a part of a step is shared out between two."""
    whole, part = divmod(handling_days / returns.cohorts.step_days, 1.0)
    shifted = np.zeros((2, *flow.shape))
    for place, steps in enumerate((int(whole), int(whole) + 1)):
        if steps < flow.shape[1]:
            shifted[place, :, steps:] = flow[:, : flow.shape[1] - steps]
    return np.asarray((1 - part) * shifted[0] + part * shifted[1])
