"""What all baselines share: one rule for all series, and a distribution from its own past."""

from typing import TYPE_CHECKING, Self, cast

import numpy as np

from c2m.demand import Demand
from c2m.errors import ArgumentError, warn
from c2m.forecast.baselines.history import History, Rule
from c2m.forecast.heads.counts import CountHead
from c2m.forecast.params import check_fitted
from c2m.forecast.target import check_horizon, need_panel, sold_ahead
from c2m.series import find_skus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from c2m.forecast.params import Parameters
    from c2m.panel import Panel


class Baseline:
    """``fit`` and ``predict`` of a model that is one rule for all series.

    A model adds `Parameters` and a method ``_settle(panel) -> (rule, periods that it needs)``.
    Periods that are unknown, or in which a stock-out hid the demand, are skipped: they are never
    counted as 0. Only the recent past is read (see `History`). Where nothing is known of it, a
    series is forecast at the mean of all its known periods; one without any at the mean of series
    like it (the finest attribute with at least five known series a value), with a warning that
    counts them. How far the same rule, with the same parameters, fell from what came at up to 26
    earlier cutoffs gives the distribution (see `CountHead`).
    """

    def fit(self, panel: "Panel") -> Self:
        """Read the recent history.

        Parameters
        ----------
        panel : Panel
            What was known at its cutoff.

        Returns
        -------
        self
            The fitted model.

        Raises
        ------
        ArgumentError
            If `panel` is none, or an argument of the constructor is out of range.
        DataError
            If no value of the target is known, or one is below 0.
        """
        need_panel(panel)
        self.rule_, least = self._settle(panel)
        self.panel_ = panel
        self.history_ = History.of(panel, least)
        return self

    def predict(
        self,
        horizon: int,
        future: object | None = None,
        skus: "Sequence[str] | None" = None,
    ) -> Demand:
        """Forecast the periods after the panel's cutoff.

        Parameters
        ----------
        horizon : int
            How many periods.
        future : DataFrame, optional
            What is planned for these periods, as in `Panel.with_future`; all that this model
            uses of it is ``on_sale``.
        skus : sequence of str, optional
            Which SKUs; all unless given.

        Returns
        -------
        Demand
            The forecast.

        Raises
        ------
        ArgumentError
            If the model is not fitted.

        Warns
        -----
        C2MWarning
            If series have no history.
        """
        check_fitted(cast("Parameters", self), "history_")
        horizon, history = check_horizon(horizon), self.history_
        panel = history.panel if future is None else history.panel.with_future(future)
        if history.n_without:
            warn(
                f"{history.n_without:,} of {panel.n_series:,} series have no known "
                f"{panel.target!r}: the mean of series like them stands in. Give series "
                "attributes, or leave these out."
            )
        chosen = panel if skus is None else panel.select(skus)
        rows = None if skus is None else find_skus(panel.keys, skus)
        mean = history.ahead(self.rule_, horizon, rows) * sold_ahead(chosen, horizon)
        return Demand(
            keys=chosen.keys,
            calendar=panel.calendar,
            first=panel.first + panel.n_periods,
            law=CountHead.fit(*history.past(self.rule_, horizon)).law(mean),
            attributes=chosen.attributes,
        )

    def _settle(self, panel: "Panel") -> tuple[Rule, int]:
        """Check the arguments; return the rule and how many periods it must see."""
        raise NotImplementedError


def whole_number(name: str, value: int | None, default: int) -> int:
    """Return an argument that counts periods.

    Parameters
    ----------
    name : str
        The argument.
    value : int, optional
        What was passed.
    default : int
        What it is where nothing was.

    Returns
    -------
    int
        At least 1.

    Raises
    ------
    ArgumentError
        If it is no whole number of at least 1.
    """
    number = default if value is None else value
    if isinstance(number, bool) or not isinstance(number, int | np.integer) or number < 1:
        raise ArgumentError(f"Expected {name}, a whole number >= 1, got {value!r}.")
    return int(number)


def weights(name: str, value: float | None, grid: tuple[float, ...]) -> "tuple[float, ...]":
    """Return the smoothing weights to try.

    Parameters
    ----------
    name : str
        The argument.
    value : float, optional
        What was passed.
    grid : tuple of float
        What is tried where nothing was.

    Returns
    -------
    tuple of float
        Each above 0 and at most 1.

    Raises
    ------
    ArgumentError
        If it is no such number.
    """
    if value is None:
        return grid
    if not isinstance(value, int | float | np.number) or not 0 < value <= 1:
        raise ArgumentError(f"Expected {name} above 0 and at most 1, got {value!r}.")
    return (float(value),)
