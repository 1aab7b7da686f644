"""What is known about returns: rates, delays, kept units and the stream back to stock."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from c2m.demand import Demand
from c2m.panel import Panel
from c2m.signals.returns.cohorts import Cohorts, Floats
from c2m.signals.returns.curves import Curves
from c2m.signals.returns.keeping import add_kept
from c2m.signals.returns.restock import stream_back


@dataclass(frozen=True, eq=False, repr=False)
class Returns:
    """Return rates and delays by series, as known at one day. Make one with `fit_returns`.

    Parameters
    ----------
    cohorts : Cohorts
        Units by the step of their purchase; a step is a day, or a period of the panel.
    curves : Curves
        Rates and delays.
    pooled_by : tuple of str
        Columns of the groups that a series without history of its own is taken to follow.
    groups : DataFrame, n_series rows
        These columns.
    """

    cohorts: Cohorts = field(repr=False)
    curves: Curves = field(repr=False)
    pooled_by: tuple[str, ...]
    groups: pd.DataFrame = field(repr=False)

    @property
    def keys(self) -> pd.DataFrame:
        """The series: ``sku``, and where there are such, ``channel`` and ``location``."""
        return self.cohorts.keys

    @property
    def cutoff(self) -> pd.Timestamp:
        """The last day that was known."""
        return self.cohorts.end

    @property
    def rate(self) -> Floats:
        """Share of the units that come back sooner or later, (n_series,)."""
        return np.minimum(self.curves.rates.rate, 1.0)

    @property
    def rate_sd(self) -> Floats:
        """Standard deviation of `rate`, (n_series,); not 0 where none or all came back."""
        weight = self.curves.rates.weight
        rate = (self.rate * weight + 0.5) / (weight + 1)
        return np.asarray(np.sqrt(rate * (1 - rate) / (weight + 1)))

    @property
    def mean_delay(self) -> Floats:
        """Mean days from purchase to return, (n_series,)."""
        lags = np.arange(self.cohorts.n_lags)
        return np.asarray(self.curves.delay @ lags * self.cohorts.step_days)

    def kept(self, panel: Panel) -> Panel:
        """Add the units of each period's sales that will be kept.

        ``kept = sold - came back by the cutoff - expected still to come``, as a share of the
        units that were sold in the period, times the panel's ``sales``.

        Parameters
        ----------
        panel : Panel
            A panel with ``sales``, in days, weeks or any other periods. Its key columns must be
            among those of these returns, of which the missing ones are added up.

        Returns
        -------
        Panel
            With the channels ``kept`` and ``kept_sd``. ``sales`` stay gross, and cancelled orders
            in them. Where nothing is known of a series, its group's rate is taken. To forecast
            them, take ``panel.with_channels({}, target="kept")``; to score such a model, fit the
            returns again at each cutoff, as ``panel_at`` of `c2m.backtest`.

        Raises
        ------
        ArgumentError
            If the returns know more than the panel's cutoff and the unfinished period after it,
            or the keys do not fit.

        Warns
        -----
        C2MWarning
            If series of the panel are not among these returns.
        """
        return add_kept(self, panel)

    def back_to_stock(
        self,
        horizon: int,
        *,
        resellable: float | Mapping[str, float] = 1.0,
        handling_days: float = 0.0,
        future: Demand | None = None,
    ) -> pd.DataFrame:
        """Expect the units that come back after the cutoff.

        Parameters
        ----------
        horizon : int
            How many steps (days, or periods of the panel) after the cutoff.
        resellable : float or mapping of str to float
            Share of the units that can be sold again, 0 to 1; or by SKU.
        handling_days : float
            Days from the return until a unit is in stock.
        future : Demand, optional
            Sales that are expected after the cutoff and bring returns of their own. Its series
            and its cutoff must be those of these returns.

        Returns
        -------
        DataFrame, n_series * horizon rows
            Keys, ``period``, ``returns`` (units that arrive), ``returns_sd``, ``to_stock``
            (units that can be sold again, in the period in which they are in stock; those that
            were on their way at the cutoff included).

        Raises
        ------
        ArgumentError
            If an argument is out of its range, or SKUs have no share.
        """
        return stream_back(self, horizon, resellable, handling_days, future)

    def to_frame(self) -> pd.DataFrame:
        """Return the delay curves.

        Returns
        -------
        DataFrame, n_series * n_lags rows
            Keys, ``delay`` (steps), ``share`` (of the returns), ``returned`` (share of the units
            sold that have come back by then) and ``returned_sd``.
        """
        n_series, n_lags = self.curves.delay.shape
        cumulative = np.cumsum(self.curves.delay, axis=1)
        frame = self.keys.loc[self.keys.index.repeat(n_lags)].reset_index(drop=True)
        frame["delay"] = np.tile(np.arange(n_lags), n_series)
        frame["share"] = self.curves.delay.reshape(-1)
        frame["returned"] = (cumulative * self.rate[:, None]).reshape(-1)
        frame["returned_sd"] = (cumulative * self.rate_sd[:, None]).reshape(-1)
        return frame

    def summary(self) -> pd.DataFrame:
        """Return what is known of each series.

        Returns
        -------
        DataFrame, n_series rows
            Keys, ``sold``, ``returned``, ``still_to_come`` (expected units), ``rate``,
            ``rate_sd`` and ``mean_delay_days``.
        """
        waiting = self.cohorts.sold - self.cohorts.back
        return self.keys.assign(
            sold=self.cohorts.sold.sum(axis=1),
            returned=self.cohorts.back.sum(axis=1),
            still_to_come=(waiting * self.chance_to_come()).sum(axis=1),
            rate=self.rate,
            rate_sd=self.rate_sd,
            mean_delay_days=self.mean_delay,
        )

    def chance_to_come(self) -> Floats:
        """Return the chance that a unit which has not come back by the cutoff still will.

        ``rate * (1 - G) / (1 - rate * G)``, G the share of the returns that come by its age. It
        bends with the rate, which is not known exactly: half the second derivative times the
        variance of the rate is added, ``G * (1 - G) / (1 - rate * G)**3 * rate_sd**2``.

        Returns
        -------
        ndarray, shape (n_series, n_steps)
            By the step of its purchase.
        """
        seen = np.minimum(np.cumsum(self.curves.delay, axis=1), 1.0)[:, self.cohorts.ages]
        rate = np.minimum(self.rate, 1 - 1e-9)[:, None]
        left = 1 - rate * seen
        bend = seen * (1 - seen) / left**3 * self.rate_sd[:, None] ** 2
        return np.asarray(np.clip(rate * (1 - seen) / left + bend, 0.0, 1.0))

    def __repr__(self) -> str:
        """Say what it is in one line."""
        sold = self.cohorts.sold.sum(axis=1)
        rate = float(np.average(self.rate, weights=sold))
        back = sold * self.rate
        delay = float(np.average(self.mean_delay, weights=back)) if back.any() else np.nan
        return (
            f"Returns({len(self.keys):,} series, {rate:.1%} come back, {delay:.1f} days on "
            f"average, known to {self.cutoff:%Y-%m-%d})"
        )

    def _repr_html_(self) -> str:
        return f"<p>{self!r}</p>{self.summary().head(20).to_html(index=False)}"
