"""Conversion from step to step, by series, drawn to the rate of the category."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.errors import ArgumentError, DataError, warn
from c2m.frames import did_you_mean, name_list
from c2m.panel import Panel
from c2m.signals.pooling import Floats, Groups, category_of, pool_rates

STEPS: Final = ("views", "wishlists", "carts", "sales")
"""Channels of the usual funnel, from the first look to the purchase."""

_LEVEL: Final = 0.9
_MOST_PASSED: Final = 5.0
"""So many times as many as enter may pass a step; many buy without a wish."""

_STRAY: Final = 0.05
"""Share of series in which more may pass than entered, where a step is still one of shares."""


@dataclass(frozen=True, eq=False, repr=False)
class Funnel:
    """Conversion rates by series and step. Make one with `funnel`.

    Parameters
    ----------
    rates : DataFrame, a row a series and step
        Keys, ``category``, ``step`` (``"views to carts"``), ``entered`` and ``passed`` (events),
        ``raw`` (passed for one entered; unknown where none entered), ``rate`` (shrunk), ``low``
        and ``high`` (90 % interval), ``category_rate``, and ``verdict``: ``"below"`` or
        ``"above"`` where the interval leaves out the category's rate, else ``"like others"``;
        ``lost`` (events of the last step that a series below its category would have had at the
        category's rates).
    categories : DataFrame, a row a category and step
        ``category``, ``step``, ``entered``, ``passed``, ``rate``, ``low``, ``high``, ``strength``
        (entered events that the category weighs beside those of a series).
    steps : tuple of str
        The channels, in order.
    pooled_by : str, optional
        The column of the categories; None where all series are one.
    """

    rates: pd.DataFrame = field(repr=False)
    categories: pd.DataFrame = field(repr=False)
    steps: tuple[str, ...]
    pooled_by: str | None

    def to_frame(self) -> pd.DataFrame:
        """Return the rates, a row a series and step."""
        return self.rates.copy()

    def summary(self) -> pd.DataFrame:
        """Return each step over all series: entered, passed, rate, lost, series below and above."""
        grouped = self.rates.groupby("step", sort=False)
        total = grouped[["entered", "passed", "lost"]].sum()
        total.insert(2, "rate", total["passed"] / total["entered"])
        for word in ("below", "above"):
            total[word] = self.rates["verdict"].eq(word).groupby(self.rates["step"]).sum()
        return total.reset_index()

    def reading(self) -> str:
        """Say in words what the funnel shows, and where most is lost."""
        table = self.summary()
        first = self.steps[0]
        entered = float(table["entered"].iloc[0])
        if entered <= 0:
            return f"There are no {first}: the funnel says nothing."
        passed = zip(table["passed"], self.steps[1:], strict=True)
        per = [f"{1000 * float(count) / entered:,.0f} {name}" for count, name in passed]
        low = table.iloc[int(np.nanargmin(table["rate"].to_numpy()))]
        text = (
            f"Of 1,000 {first} come {', '.join(per)}. The narrowest step is {low['step']}: "
            f"{low['rate']:.1%} go on."
        )
        most = table.iloc[int(table["lost"].to_numpy().argmax())]
        if most["lost"] > 0:
            n_series = len(self.rates) // len(table)
            text += (
                f" The biggest leak is {most['step']}: {most['below']:,} of {n_series:,} series "
                f"are clearly below their category, which costs about {most['lost']:,.0f} "
                f"{self.steps[-1]}."
            )
        return text

    def __repr__(self) -> str:
        """Say what it is in one line."""
        n_series = len(self.rates) // (len(self.steps) - 1)
        return (
            f"Funnel({' > '.join(self.steps)}, {n_series:,} series, by {self.pooled_by or 'all'})"
        )

    def _repr_html_(self) -> str:
        return f"<p>{self.reading()}</p>{self.summary().to_html(index=False)}"


def funnel(
    panel: Panel,
    *,
    steps: Sequence[str] = STEPS,
    category: str | None = None,
    periods: int | None = None,
) -> Funnel:
    """Measure how many go on from each step to the next, by series.

    Parameters
    ----------
    panel : Panel
        Counts of events or of distinct users (``view_users``), and ``sales``.
    steps : sequence of str
        Channels from the first step to the last; those that the panel lacks are skipped and said.
    category : str, optional
        Key or attribute to pool by; ``category``, ``department`` or ``type`` where there is one
        and none is named, else all series together.
    periods : int, optional
        How many of the last periods to add up; all unless given. Take a time that is long beside
        the lead of the signals (see `lead`), because those who look today buy later.

    Returns
    -------
    Funnel
        Raw and shrunk rates with intervals, and the categories'.

    Raises
    ------
    DataError
        If fewer than two steps are in the panel.
    ArgumentError
        If an argument is out of its range.

    Warns
    -----
    C2MWarning
        If channels are missing, periods are left out because a step is unknown in them, or far
        more pass a step than enter it.

    Notes
    -----
    ``rate = (c * category rate + passed) / (c + entered)``, c by maximum likelihood; the
    category's own rate is drawn to that of all in the same way. The law is beta-binomial where
    no more pass than entered, in 95 % of the series at least; else gamma-Poisson, with rates
    that may be above 1: many buy without a wish.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"sku": ["A", "B", "C"], "period": "2026-11-16",
    ...                       "views": [900, 1000, 2], "sales": [90, 50, 2]})
    >>> panel = Panel.from_frame(frame, freq="W", signals=["views"])
    >>> found = funnel(panel, steps=["views", "sales"])
    >>> found.rates[["sku", "raw", "rate", "verdict"]].round(3)
      sku   raw   rate      verdict
    0   A  0.10  0.097        above
    1   B  0.05  0.052        below
    2   C  1.00  0.093  like others
    """
    used = _steps_of(panel, steps)
    if periods is not None and not 1 <= periods <= panel.n_periods:
        raise ArgumentError(f"Expected periods from 1 to {panel.n_periods}, got {periods}.")
    name, categories = category_of(panel.keys, panel.attributes, category)
    counts = _totals(panel, used, periods or panel.n_periods)
    codes, names = pd.factorize(categories, sort=True)
    groups = np.asarray(codes, dtype=np.intp)
    rates, tables = [], []
    for place, (before, after) in enumerate(pairwise(used)):
        entered, passed = counts[place], counts[place + 1]
        step = f"{before} to {after}"
        if passed.sum() > _MOST_PASSED * entered.sum() > 0:
            warn(
                f"{passed.sum():,.0f} {after} stand against {entered.sum():,.0f} {before}: that "
                f"step is hardly recorded, and says little. Leave {before!r} out of steps=."
            )
        row, table = _step(entered, passed, groups)
        rates.append(panel.keys.assign(category=categories.to_numpy(), step=step, **row))
        tables.append(pd.DataFrame({"category": names, "step": step, **table}))
    _add_lost(rates)
    frame = pd.concat(rates, ignore_index=True)
    return Funnel(frame, pd.concat(tables, ignore_index=True), tuple(used), name)


def _steps_of(panel: Panel, steps: Sequence[str]) -> list[str]:
    if isinstance(steps, str):
        raise ArgumentError(f"Expected steps=[...], a list of channels, got {steps!r}.")
    used = [name for name in steps if name in panel]
    absent = [name for name in steps if name not in panel]
    if len(used) < 2:
        hint = did_you_mean(absent[0], panel.channels) if absent else ""
        raise DataError(
            "panel",
            [f"fewer than two steps of the funnel are in it: no {name_list(absent)}{hint}"],
            f"pass steps= with channels among {name_list(panel.channels)}",
        )
    if absent:
        warn(f"The panel has no {name_list(absent)}: the funnel is {' > '.join(used)}.")
    return used


def _totals(panel: Panel, names: Sequence[str], periods: int) -> list[Floats]:
    """Add every step up over the periods in which all are known, (n_series,) each."""
    stop = panel.n_periods
    arrays = [panel[name][:, stop - periods : stop].astype(np.float64) for name in names]
    unknown = np.isnan(arrays)
    some, every = unknown.any(axis=0), unknown.all(axis=0)
    partly = int(np.count_nonzero(some & ~every))
    if partly:
        warn(f"{partly:,} cells know some steps of the funnel but not all, and are left out.")
    return [np.where(some, 0.0, array).sum(axis=1) for array in arrays]


def _step(
    entered: Floats, passed: Floats, groups: Groups
) -> tuple[dict[str, NDArray[np.generic]], dict[str, Floats]]:
    """Return the columns of one step, by series and by category."""
    series = np.arange(len(entered), dtype=np.intp)
    shares = bool(np.mean(passed > entered) <= _STRAY)
    pooled = pool_rates(passed, entered, [groups, series], shares=shares)
    low, high = _interval(pooled.shape, pooled.weight, shares=shares)
    raw = np.divide(passed, entered, out=np.full(len(passed), np.nan), where=entered > 0)
    verdict = np.where(high < pooled.parent, "below", "like others").astype(object)
    verdict[low > pooled.parent] = "above"
    rows = {"entered": entered, "passed": passed, "raw": raw, "rate": pooled.rate}
    rows |= {"low": low, "high": high, "category_rate": pooled.parent, "verdict": verdict}
    above = pool_rates(passed, entered, [groups], shares=shares)
    first = np.unique(groups, return_index=True)[1]
    bounds = _interval(above.shape[first], above.weight[first], shares=shares)
    table = {
        "entered": np.bincount(groups, weights=entered),
        "passed": np.bincount(groups, weights=passed),
        "rate": above.rate[first],
        "low": bounds[0],
        "high": bounds[1],
        "strength": np.full(len(first), pooled.strength),
    }
    return rows, table


def _add_lost(rates: list[pd.DataFrame]) -> None:
    """Add what the series below their category lose, in events of the last step."""
    onward = np.ones(len(rates[0]))
    for frame in reversed(rates):
        short = np.maximum(frame["category_rate"] - frame["rate"], 0.0) * frame["entered"]
        frame["lost"] = np.where(frame["verdict"] == "below", short * onward, 0.0)
        onward = onward * frame["category_rate"].to_numpy(np.float64)


def _interval(shape: Floats, weight: Floats, *, shares: bool) -> tuple[Floats, Floats]:
    from scipy.special import betaincinv, gammaincinv

    tail = (1 - _LEVEL) / 2
    a = np.maximum(shape, 1e-9)
    if shares:
        b = np.maximum(weight - shape, 1e-9)
        return np.asarray(betaincinv(a, b, tail)), np.asarray(betaincinv(a, b, 1 - tail))
    low, high = gammaincinv(a, tail), gammaincinv(a, 1 - tail)
    return np.asarray(low / weight), np.asarray(high / weight)
