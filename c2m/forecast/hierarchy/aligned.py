"""A model whose forecasts are moved towards small models of the totals above them."""

import copy
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Literal, Self, get_args

import numpy as np
import pandas as pd

from c2m.errors import ArgumentError, C2MWarning, warn
from c2m.forecast.hierarchy.aggregate import Aggregates, Kind
from c2m.forecast.hierarchy.assortment import Assortment
from c2m.forecast.hierarchy.groups import By, settle_groups
from c2m.forecast.hierarchy.scaling import scaled_law
from c2m.forecast.hierarchy.strength import Totals, factors_to, group_plans, try_strengths
from c2m.forecast.hierarchy.trials import ask, hold_out
from c2m.forecast.params import Parameters, check_fitted, check_model, fitted_copy
from c2m.forecast.rhythm import rhythm
from c2m.forecast.scores.trials import trial_cutoffs
from c2m.forecast.target import check_horizon, need_panel, target_of
from c2m.frames import name_list
from c2m.panel import Panel
from c2m.panel import folder as panel_folder
from c2m.series import find_skus
from c2m.storage import Folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from c2m.demand import Demand
    from c2m.forecast.target import FloatArray

_HORIZONS: Final = {"D": 28, "W": 8, "MS": 3}


class Aligned(Parameters):
    """Another model, moved towards small models of what its series add up to.

    Forecasts of sparse series miss what only their sum shows: a drift that all have in common. So
    the target is added up to a few groups, each gets a small model of its own total, and every
    series of a group is multiplied by the same factor::

        factor[g] = (aggregate forecast[g] / sum of the model's means[g]) ** strength

    both summed over the steps at one place of the season (all Mondays), or over all steps where the
    horizon holds less than two seasons, and within 1/2 to 2. A series that is planned to leave or
    to begin (``on_sale``, known ahead) is not in the sum, and what the aggregate model says is cut
    to the share of the others. A factor keeps zeros at zero and makes nothing negative; paths are
    drawn from the scaled law, so every roll-up of them is coherent. The strength is the one with
    the least error over all levels at held-out cutoffs, forecast by copies of the model that did
    not see what came after; 0, no alignment, is among those tried.

    Parameters
    ----------
    model : model
        Any with ``fit(panel)`` and ``predict(horizon)``; it is copied, never fitted itself.
    by : str or sequence of str
        Key columns and attributes that make the groups, such as ``("location", "department")``;
        ``()`` for one total; ``"auto"`` for the finest grouping whose totals are still smooth
        (see `c2m.forecast.hierarchy.groups.auto_columns`). At most 300 groups.
    aggregate : {"ets", "uc"}
        Model of a total: exponential smoothing, or unobserved components (see
        `c2m.forecast.hierarchy.aggregate.fit_aggregates`), ten times slower, which see what is
        planned. Without, a promotion that fills the whole horizon is partly taken back.
    strength : "auto" or float
        0: the model as it is; 1: the groups' totals are those of the aggregate models.
    windows : int
        Held-out cutoffs to choose the strength by, half a horizon apart.
    horizon : int, optional
        Of the trials; the model's own ``max_horizon``, else 28 days, 8 weeks or 3 months.

    Attributes
    ----------
    model_ : model
        The fitted copy.
    groups_ : Groups
        The groups.
    strength_ : float
        The strength used.
    losses_ : dict of float to float
        Strength -> error at the held-out cutoffs, as in `c2m.forecast.scores.wrmsse`; empty where
        none was tried.
    aggregates_ : Aggregates
        The groups' models.
    factors_ : ndarray, shape (n_groups, horizon)
        Factors before the strength (see `factor_table`), under what the panel has planned; a
        forecast under other plans, or over a longer horizon, has factors of its own.

    References
    ----------
    Anderer & Li (2022), "Hierarchical forecasting with a top-down alignment of independent-level
    forecasts", *IJF* 38: the second of M5 aligned its bottom level to models of the top.

    Examples
    --------
    >>> import pandas as pd
    >>> from c2m.forecast import MovingAverage
    >>> weeks = pd.date_range("2026-01-05", periods=40, freq="7D")
    >>> frame = pd.concat(
    ...     [pd.DataFrame({"sku": sku, "period": weeks, "sales": range(40)}) for sku in "AB"]
    ... )
    >>> panel = Panel.from_frame(frame, freq="W")
    >>> model = Aligned(MovingAverage(), by=(), strength=0.5).fit(panel)
    >>> plain = MovingAverage().fit(panel).predict(4).mean
    >>> bool((model.predict(4).mean > plain).all())
    True
    """

    def __init__(
        self,
        model: Any,
        by: By = "auto",
        *,
        aggregate: Kind = "ets",
        strength: float | Literal["auto"] = "auto",
        windows: int = 3,
        horizon: int | None = None,
    ) -> None:
        self.model = model
        self.by = by
        self.aggregate = aggregate
        self.strength = strength
        self.windows = windows
        self.horizon = horizon

    def fit(self, panel: "Panel") -> Self:
        """Fit the model and the aggregate models, and choose the strength.

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
            If an argument is out of range, or `by` names no column or makes too many groups.
        DataError
            As the model itself.

        Warns
        -----
        C2MWarning
            If the history is too short to choose a strength by, or groups have no model.
        """
        need_panel(panel)
        self.horizon_ = self._check(panel)
        groups = settle_groups(panel, self.by)  # refuses before the model learns for long
        self.model_ = fitted_copy(self.model, panel)
        self._take_in(panel, groups.by)
        self._aggregate()
        self.losses_: dict[float, float] = {}
        self.strength_ = self._chosen() if self.strength == "auto" else float(self.strength)
        return self

    def predict(
        self,
        horizon: int,
        future: object | None = None,
        skus: "Sequence[str] | None" = None,
    ) -> "Demand":
        """Forecast the periods after the panel's cutoff.

        Parameters
        ----------
        horizon : int
            How many periods.
        future : DataFrame, optional
            What is planned for these periods; passed on to the model, which must take it.
        skus : sequence of str, optional
            Which SKUs; all unless given. Factors come from all series either way.

        Returns
        -------
        Demand
            The forecast; its `notes` say how strongly it was aligned, and to what.

        Raises
        ------
        ArgumentError
            If the model is not fitted.
        """
        check_fitted(self, "factors_")
        check_horizon(horizon)
        if future is None and horizon <= self.horizon_:
            demand = ask(self.model_, horizon, None, skus)
            factor = self.factors_[:, :horizon]
        else:
            demand = ask(self.model_, horizon, future, None)
            factor = self._factors(demand, future)
        factor = factor[self.groups_.codes] ** self.strength_  # [S, H]
        if len(demand.keys) < len(factor):
            factor = factor[find_skus(self.panel_.keys, demand.skus)]
        notes = (*demand.notes, self._note())
        aligned = replace(demand, law=scaled_law(demand.law, factor), notes=notes)
        return aligned if skus is None else aligned.select(skus)

    def update(self, panel: "Panel") -> "Aligned":
        """Return a model with new data: same trees, same strength, new aggregate models.

        Parameters
        ----------
        panel : Panel
            What is known now.

        Returns
        -------
        Aligned
            The new model; this one stays as it is.

        Raises
        ------
        ArgumentError
            If the wrapped model has no ``update``.
        """
        check_fitted(self, "factors_")
        if not hasattr(self.model_, "update"):
            raise ArgumentError(
                f"{type(self.model_).__name__} cannot take in new data: fit a model on the panel."
            )
        new = copy.copy(self)
        new.model_ = self.model_.update(panel)
        new._take_in(panel, self.groups_.by)
        new._aggregate()
        return new

    def factor_table(self) -> pd.DataFrame:
        """Return the groups and by how much their series are scaled.

        Returns
        -------
        DataFrame, n_groups rows
            The columns of `by`, ``n_series``, ``form`` of the aggregate model, and ``factor`` with
            the strength applied, on average over the horizon: 1.05 is 5 % more than the model.
        """
        check_fitted(self, "factors_")
        table = self.groups_.names.copy()
        table["n_series"] = np.bincount(self.groups_.codes, minlength=len(table))
        table["form"] = self.aggregates_.names
        table["factor"] = (self.factors_**self.strength_).mean(axis=1)
        return table

    def to_folder(self) -> Folder:
        """Return what was learnt: the model, the strength and the aggregate models' parameters.

        Returns
        -------
        Folder
            What `from_folder` reads.
        """
        from c2m.forecast.saving import model_folder

        check_fitted(self, "factors_")
        facts = {
            "strength": self.strength_,
            "losses": [list(pair) for pair in self.losses_.items()],
            "horizon": self.horizon_,
            "by": list(self.groups_.by),
        }
        arrays = {
            "forms": self.aggregates_.forms,
            "parameters": self.aggregates_.parameters,
            "factors": self.factors_,
        }
        folder = Folder(facts, arrays).with_part("panel", panel_folder.to_folder(self.panel_))
        return folder.with_part("model", model_folder(self.model_))

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
        Aligned
            The fitted model.
        """
        from c2m.forecast.saving import model_of

        model = cls(**arguments)
        model.model_ = model_of(folder.part("model"))
        panel = Panel(**panel_folder.from_folder(folder.part("panel")))
        model.horizon_ = int(folder.facts["horizon"])
        model.strength_ = float(folder.facts["strength"])
        model.losses_ = {float(one): float(loss) for one, loss in folder.facts["losses"]}
        model._take_in(panel, tuple(folder.facts["by"]))
        forms, parameters = folder.arrays["forms"], folder.arrays["parameters"]
        model.aggregates_ = Aggregates(panel.calendar.season_length, forms, parameters)
        model.factors_ = folder.arrays["factors"]
        return model

    def _take_in(self, panel: "Panel", by: By) -> None:
        """Take in a panel: its groups and their totals."""
        self.panel_ = panel
        self.groups_ = settle_groups(panel, by)
        self.totals_ = Totals.of(
            panel, self.groups_, target_of(self.model), self.aggregate, self.horizon_
        )

    def _aggregate(self) -> None:
        """Fit the groups' models, and compare them with the sums of the model's means."""
        horizon = self.horizon_
        self.aggregates_ = self.totals_.fit(self.panel_.n_periods, horizon, self.aggregate)
        if self.aggregates_.n_without:
            warn(
                f"{self.aggregates_.n_without:,} of {self.groups_.n_groups:,} groups stay as they "
                "are: too little is known of their totals, or their model did not converge. Align "
                "by fewer columns."
            )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", C2MWarning)  # predict says the same
            self.factors_ = self._factors(self.model_.predict(horizon))

    def _factors(self, demand: "Demand", future: object | None = None) -> "FloatArray":
        """Return the factors at full strength; `demand` is of all series."""
        totals, panel, horizon = self.totals_, self.panel_, demand.horizon
        if future is not None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", C2MWarning)  # the model said the same
                panel = panel.with_future(future)
            if self.aggregate == "uc":
                totals = replace(totals, planned=group_plans(panel, self.groups_, horizon))
        seen, plans = totals.upto(panel.n_periods, horizon)
        ahead = self.aggregates_.forecast(seen, horizon, plans)
        assortment = Assortment.at(panel, target_of(self.model), panel.n_periods, horizon)
        season = totals.season_length
        return factors_to(ahead, demand.mean, self.groups_.codes, assortment, season)

    def _chosen(self) -> float:
        """Choose the strength at held-out cutoffs."""
        step = max(1, self.horizon_ // 2)
        counts = trial_cutoffs(self.panel_, self.horizon_, self.windows, step=step)
        if not counts:
            warn(
                f"{self.panel_.n_periods} periods are too few to hold back {self.horizon_} and "
                "choose a strength by: nothing is aligned. Pass a longer history or strength=."
            )
            return 0.0
        trials = hold_out(self.model, self.panel_, self.horizon_, counts)
        self.losses_ = try_strengths(
            trials,
            self.totals_,
            self.panel_,
            self.groups_,
            kind=self.aggregate,
            target=target_of(self.model),
        )
        return min(self.losses_, key=lambda strength: self.losses_[strength])

    def _note(self) -> str:
        """Say what was done, for the notes of a forecast."""
        by = " x ".join(self.groups_.by) or "the total"
        if self.strength_ == 0:
            return f"Not aligned to {by}: strength 0 had the least error, or was asked for."
        totals = f"{self.groups_.n_groups:,} total{'s' * (self.groups_.n_groups != 1)}"
        said = f"Aligned to {totals} ({by}) with strength {self.strength_:g}"
        if not self.losses_:
            return f"{said}, as asked for."
        change = self.losses_[self.strength_] / self.losses_[0.0] - 1
        return f"{said}: {change:+.1%} error over all levels at held-out cutoffs."

    def _check(self, panel: "Panel") -> int:
        """Refuse arguments out of range, all at once; return the horizon of the trials."""
        check_model(self.model)
        wrong = []
        if self.aggregate not in get_args(Kind):
            wrong.append(f"aggregate={self.aggregate!r} ({name_list(get_args(Kind))})")
        number = isinstance(self.strength, int | float) and 0 <= self.strength <= 1
        if not number and not (isinstance(self.strength, str) and self.strength == "auto"):
            wrong.append(f"strength={self.strength!r} ('auto', or 0 to 1)")
        own = getattr(self.model, "max_horizon", None)
        usual = _HORIZONS[rhythm(panel.calendar)] if own is None else own
        horizon = usual if self.horizon is None else self.horizon
        for name, value in (("windows", self.windows), ("horizon", horizon)):
            if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
                wrong.append(f"{name}={value!r} (a whole number >= 1)")
        if wrong:
            raise ArgumentError(f"Expected other arguments than {', '.join(wrong)}.")
        return int(horizon)
