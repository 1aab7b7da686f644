"""A forecast for what is not yet sold, or only just."""

from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Literal, Self

import numpy as np

from c2m.demand import Demand
from c2m.distribution import GammaPoisson
from c2m.distribution.level_sets import counts_of
from c2m.errors import ArgumentError
from c2m.forecast.baselines.baseline import whole_number
from c2m.forecast.launch.births import ALWAYS, find_births, stages, young_periods
from c2m.forecast.launch.evidence import Evidence
from c2m.forecast.launch.learners import GROUP_MEAN, learn
from c2m.forecast.launch.levels import Groups
from c2m.forecast.launch.lifecurve import LifeCurves
from c2m.forecast.launch.likes import like_levels
from c2m.forecast.launch.past import Past, units_at
from c2m.forecast.launch.seasons import season_factors
from c2m.forecast.launch.spread import Spread, period_noise
from c2m.forecast.params import Parameters, check_fitted
from c2m.forecast.rhythm import rhythm
from c2m.forecast.target import (
    check_horizon,
    check_target,
    need_panel,
    observed_target,
    sold_ahead,
)
from c2m.frames import did_you_mean, name_list
from c2m.panel import Panel
from c2m.panel import folder as panel_folder
from c2m.storage import Folder

if TYPE_CHECKING:
    from c2m.forecast.launch.births import Positions
    from c2m.forecast.target import FloatArray

_WINDOWS: Final = {"D": (7, 28), "W": (1, 4), "MS": (1, 3)}
_NO_SIGNAL: Final = frozenset(
    {"sales", "demand", "demand_sd", "kept", "kept_sd", "returns", "revenue", "price"}
    | {"in_stock", "in_stock_demand", "on_sale", "spill_in", "promotion"}
)
"""Channels that repeat the target, censor it, or are no interest shown before a launch."""


class LaunchModel(Parameters):
    """Prior from past launches, then Bayes' rule as sales arrive.

    The level of a series is its group's recent mean per period (by the finest attribute and the
    place, each drawn to the coarser group) times a factor learnt from the past launches of the
    panel: from the price beside the group's, what siblings sell, attributes, and signals such as
    views and wishlists beside those of the group's products on sale. Trees, a ridge regression on
    the log scale and the launches' mean compete on launches that the fit has not seen. Sales
    follow the level by a life curve by age and by the season of the week and year.

    The spread of past launches around their priors is the variance of the level, so that early
    sales correct it by ``Demand.given``: level ~ Gamma(1/v, mean 1), and a period's sales count
    for less than a Poisson count would, by as much as made the rest of past launches likeliest.

    Series on sale from the first period on, or for longer than `window`, are forecast from their
    last `window` periods in the same way.

    Parameters
    ----------
    max_horizon : int
        Largest number of periods that `predict` can be asked for.
    target : str, optional
        Channel to forecast; the panel's target unless given.
    signals : "auto" or sequence of str
        Observed channels to use up to the cutoff. ``"auto"``: all but the target, those that
        repeat or censor it, prices and channels known ahead. ``()``: none.
    window : int, optional
        Periods from the launch, or from the cutoff, that a lesson sums, and the most recent
        periods whose sales correct the level; 28 days, 8 weeks or 3 months unless given. For the
        totals of a season pass its length: levels move over it by more than over 28 days.
    seed : int
        Seed of the trees.
    num_threads : int
        Threads of LightGBM; the result does not depend on it.

    Attributes
    ----------
    learner_ : str
        ``"trees"``, ``"log-linear"`` or ``"group mean"``: what foretold held-out launches best.
    n_launches_ : int
        Past launches that it was learnt from.
    learnt_from_ : Panel
        The panel whose launches it was learnt from; `update` does not change it.
    signals_ : tuple of str
        The signals used.
    spread_ : Spread
        Variance of the level by age.

    References
    ----------
    Gelman et al. (2013), *Bayesian Data Analysis*, 3rd ed., sec. 2.6: the gamma-Poisson update.
    Fisher & Raman (1996), "Reducing the cost of demand uncertainty through accurate response to
    early sales", *Operations Research* 44: why it pays.

    Examples
    --------
    >>> import pandas as pd
    >>> from c2m.panel import Panel
    >>> days = pd.date_range("2026-11-01", periods=20)
    >>> old = pd.DataFrame({"sku": "OLD", "period": days, "sales": [4, 6] * 10, "views": 50})
    >>> new = pd.DataFrame({"sku": "NEW", "period": days, "sales": None, "views": 50})
    >>> panel = Panel.from_frame(pd.concat([old, new.astype({"sales": float})]), freq="D",
    ...                          signals=["views"], gaps="unknown")
    >>> LaunchModel(max_horizon=3).fit(panel).predict(3, skus=["NEW"]).mean.round(1).tolist()
    [[5.0, 5.0, 5.0]]
    """

    def __init__(
        self,
        max_horizon: int,
        *,
        target: str | None = None,
        signals: Literal["auto"] | Sequence[str] = "auto",
        window: int | None = None,
        seed: int = 0,
        num_threads: int = 1,
    ) -> None:
        self.max_horizon = max_horizon
        self.target = target
        self.signals = signals
        self.window = window
        self.seed = seed
        self.num_threads = num_threads

    def fit(self, panel: "Panel") -> Self:
        """Learn from the past launches of a panel.

        Parameters
        ----------
        panel : Panel
            What was known at its cutoff, series without history included.

        Returns
        -------
        self
            The fitted model.

        Raises
        ------
        ArgumentError
            If `panel` is none, or an argument is out of range or names no channel.
        DataError
            If no value of the target is known, or one is below 0.

        Warns
        -----
        C2MWarning
            If values of the target are not whole numbers.
        """
        need_panel(panel)
        self.max_horizon_ = check_horizon(self.max_horizon)
        self.window_ = whole_number("window", self.window, young_periods(panel.calendar))
        born = self._prepare(panel, None)
        self._learn(born)
        self.learnt_from_ = panel
        return self

    def update(self, panel: "Panel") -> Self:
        """Return a model of a later panel: new data, the same factor and spread of launches.

        Parameters
        ----------
        panel : Panel
            What is known now; new SKUs are welcome.

        Returns
        -------
        LaunchModel
            A fitted model; this one stays as it is.

        Raises
        ------
        ArgumentError
            If the model is not fitted, or the panel has other periods or lacks a signal, the price
            or the attribute that it uses.
        """
        check_fitted(self, "spread_")
        need_panel(panel)
        if panel.calendar != self.panel_.calendar:
            raise ArgumentError(
                f"Expected a panel of {self.panel_.freq!r} periods, got {panel.freq!r}."
            )
        model = copy(self)
        model.signals = self.signals_
        model._prepare(panel, self.evidence_)
        model.signals = self.signals
        return model

    def to_folder(self) -> Folder:
        """Return what `from_folder` learns from again: the panel, and that of the last `update`.

        Returns
        -------
        Folder
            One panel or two.
        """
        check_fitted(self, "spread_")
        folder = Folder({}).with_part("learnt_from", panel_folder.to_folder(self.learnt_from_))
        if self.panel_ is self.learnt_from_:
            return folder
        return folder.with_part("updated_to", panel_folder.to_folder(self.panel_))

    @classmethod
    def from_folder(cls, arguments: dict[str, Any], folder: Folder) -> Self:
        """Return the model of which `to_folder` wrote what was learnt.

        Parameters
        ----------
        arguments : dict
            The constructor's.
        folder : Folder
            What was learnt.

        Returns
        -------
        LaunchModel
            The fitted model.
        """
        learnt_from, *later = (
            Panel(**panel_folder.from_folder(folder.part(name)))
            for name in ("learnt_from", "updated_to")
            if name == "learnt_from" or name in folder.facts
        )
        model = cls(**arguments).fit(learnt_from)
        return model.update(later[0]) if later else model

    def _prepare(self, panel: "Panel", like: Evidence | None) -> "Positions":
        """Bring a panel into the form that lessons and forecasts are read from."""
        name = panel.target if self.target is None else self.target
        target = observed_target(panel, name)
        check_target(panel, target, name)
        self.panel_, self.target_ = panel, name
        self.whole_ = not np.any(target[~np.isnan(target)] % 1)
        self.signals_ = _signals(panel, name, self.signals)
        season = season_factors(
            target, panel.calendar, panel.first, panel.n_periods + self.max_horizon_
        )
        known = np.asarray(~np.isnan(target).all(axis=1))
        self.groups_ = Groups.of(panel, known, None if like is None else like.levels.groups)
        windows = _WINDOWS[rhythm(panel.calendar)]
        self.evidence_ = Evidence.of(
            panel, target, season, self.groups_, self.signals_, windows, like
        )
        born = find_births(panel, name)
        self.curves_ = LifeCurves.fit(target, born, season, self.groups_.kind, self.window_)
        return born

    def _learn(self, born: "Positions") -> None:
        """Learn the factor of a launch, and how far to trust it."""
        panel, evidence = self.panel_, self.evidence_
        ages = stages(panel.calendar)
        past = Past.of(evidence, born, self.curves_, self.groups_.kind, ages, self.window_)
        lessons = past.lessons(panel, evidence, born)
        self.n_launches_ = len(np.unique(past.series))
        held_out = np.ones(len(past.series))
        self.learner_, self._factor = GROUP_MEAN, None
        if self.n_launches_:
            learnt = learn(lessons, seed=self.seed, num_threads=self.num_threads)
            self.learner_, self._factor = learnt.name, learnt.factor
            held_out = learnt.held_out
        noise = period_noise(past.late_sold, past.late)
        outcomes = [past.outcomes(held_out, stage) for stage in ages]
        self.spread_ = Spread.fit(ages, outcomes, noise)

    def predict(
        self,
        horizon: int,
        future: object | None = None,
        skus: Sequence[str] | None = None,
    ) -> Demand:
        """Forecast the periods after the cutoff of the panel that was learnt from.

        Parameters
        ----------
        horizon : int
            How many periods, at most `max_horizon`.
        future : DataFrame, optional
            What is planned for these periods, as in `Panel.with_future`: ``on_sale`` and
            ``price`` are used.
        skus : sequence of str, optional
            Which SKUs; all unless given.

        Returns
        -------
        Demand
            The forecast; 0 before the planned launch and after the exit. What it was learnt from
            stands in its notes.

        Raises
        ------
        ArgumentError
            If the model is not fitted or the horizon is longer than it can forecast.

        Warns
        -----
        C2MWarning
            If planned values are missing.
        """
        check_fitted(self, "spread_")
        if check_horizon(horizon) > self.max_horizon_:
            raise ArgumentError(
                f"Expected a horizon up to max_horizon={self.max_horizon_}, got {horizon}. Fit "
                f"LaunchModel(max_horizon={horizon})."
            )
        panel = self.panel_ if future is None else self.panel_.with_future(future)
        evidence = self.evidence_.planned(panel)
        chosen = panel if skus is None else panel.select(skus)
        series = np.flatnonzero(panel.keys["sku"].isin(set(chosen.skus)))
        return self._demand(panel, evidence, chosen, series, horizon)

    def _demand(
        self,
        panel: "Panel",
        evidence: Evidence,
        chosen: "Panel",
        series: "Positions",
        horizon: int,
    ) -> Demand:
        """Return the prior over the periods since launch and ahead, given those since launch."""
        born = find_births(panel, self.target_)
        level, spread = self._prior(evidence, born, series)
        n_seen = min(self.window_, panel.n_periods)
        begin = panel.n_periods - n_seen
        kind = self.groups_.kind
        where = np.broadcast_to(begin + np.arange(n_seen), (len(series), n_seen))
        sold, early = units_at(evidence, born, self.curves_, kind, series, where)
        ahead = panel.n_periods + np.arange(horizon)
        ages = ahead - np.maximum(born[series], ALWAYS)[:, None]
        late = self.curves_.at(kind[series], ages) * evidence.season[ahead]
        late = late * sold_ahead(chosen, horizon)
        mean = np.concatenate([early, late], axis=1) * level[:, None]
        seen = np.arange(mean.shape[1]) < n_seen
        noise = np.where(seen, spread.noise[:, None], spread.of_period)
        variance = spread.variance
        dispersion = variance[:, None] + noise * (1 + variance[:, None])
        prior = Demand(
            keys=chosen.keys,
            calendar=panel.calendar,
            first=panel.first + begin,
            law=GammaPoisson(mean, dispersion, variance, whole=self.whole_),
            attributes=chosen.attributes,
            notes=self._notes(born[series], panel.n_periods),
        )
        rest = prior.given(spread.believed(sold, mean[:, :n_seen]))
        return replace(rest, law=spread.ahead(counts_of(rest.law, rest.codes)))

    def _prior(
        self, evidence: Evidence, born: "Positions", series: "Positions"
    ) -> tuple["FloatArray", Spread]:
        """Return the level of each series at the cutoff and the spread around it."""
        cutoff = np.full(len(series), evidence.target.shape[1] - 1, dtype=np.intp)
        group = evidence.levels.at(series, cutoff)
        factor = np.ones(len(series))
        if self._factor is not None:
            factor = self._factor(evidence.rows(series, cutoff, born[series]))
        spread = self.spread_.at(cutoff + 1 - born[series])
        attributes = self.panel_.attributes
        factor, variance = like_levels(
            evidence, born, self.curves_, self.groups_.kind, attributes, self.panel_.keys["sku"]
        ).blend(series, group, factor, spread.variance)
        return group * factor, replace(spread, variance=variance)

    def _notes(self, born: "Positions", n_periods: int) -> tuple[str, ...]:
        new = int(np.count_nonzero(born >= n_periods))
        return (
            f"launches: {new:,} of {len(born):,} series are not on sale yet; prior by "
            f"{self.learner_} from {self.n_launches_:,} past launches"
            + (f", with {name_list(self.signals_)}" if self.signals_ else ""),
        )


def _signals(
    panel: "Panel", target: str, asked: Literal["auto"] | Sequence[str]
) -> tuple[str, ...]:
    """Return the channels that foretell a launch."""
    if isinstance(asked, str) and asked == "auto":
        taken = {target, *panel.known} | _NO_SIGNAL
        return tuple(name for name in panel.channels if name not in taken)
    if not isinstance(asked, Iterable):
        raise ArgumentError(f"Expected signals, 'auto' or names of channels, got {asked!r}.")
    names = [asked] if isinstance(asked, str) else list(asked)
    absent = [name for name in names if name not in panel]
    if absent:
        hint = did_you_mean(absent[0], panel.channels)
        raise ArgumentError(
            f"Expected signals to name channels of the panel, got {name_list(absent)}{hint}; "
            f"there are {name_list(panel.channels)}."
        )
    return tuple(name for name in names if name != target)
