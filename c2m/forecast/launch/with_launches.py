"""One model for what has a history, another for what has none yet."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from c2m.demand import Demand
from c2m.distribution import GammaPoisson, Shared
from c2m.distribution.level_sets import counts_of
from c2m.errors import ArgumentError
from c2m.forecast.baselines.baseline import whole_number
from c2m.forecast.launch.births import ALWAYS, find_births, young_periods
from c2m.forecast.launch.launch import LaunchModel
from c2m.forecast.params import Parameters, check_fitted, check_model, fitted_copy, unfitted
from c2m.forecast.target import check_horizon, need_panel, observed_target, target_of
from c2m.frames import read_frame, text_codes
from c2m.panel.checks import stored
from c2m.storage import Folder

if TYPE_CHECKING:
    from c2m.forecast.launch.births import Positions
    from c2m.forecast.target import FloatArray
    from c2m.panel import Panel


class WithLaunches(Parameters):
    """Forecast established series with a model, and new ones with a `LaunchModel`.

    A series is new until it has been on sale for `young` periods. The model learns from, and is
    asked for, established series only.

    Parameters
    ----------
    model : object
        Any model with ``fit(panel)`` and ``predict(horizon, future, skus)``.
    launch : LaunchModel, optional
        For new series; ``LaunchModel(max_horizon)`` with the model's own ``max_horizon`` unless
        given.
    young : int, optional
        Periods on sale for which a series is new; 28 days, 8 weeks or 3 months unless given.

    Attributes
    ----------
    new_ : ndarray of bool, shape (n_series,)
        Which series of the panel are new.

    Examples
    --------
    >>> import pandas as pd
    >>> from c2m.forecast import MovingAverage
    >>> from c2m.panel import Panel
    >>> days = pd.date_range("2026-11-01", periods=60)
    >>> old = pd.DataFrame({"sku": "OLD", "period": days, "sales": [4, 6] * 30})
    >>> new = pd.DataFrame({"sku": "NEW", "period": days[-2:], "sales": [9, 9]})
    >>> panel = Panel.from_frame(pd.concat([old, new]), freq="D")
    >>> model = WithLaunches(MovingAverage(28), LaunchModel(max_horizon=7)).fit(panel)
    >>> model.predict(7).mean[1].round().tolist()
    [5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0]
    """

    def __init__(
        self, model: Any, launch: LaunchModel | None = None, young: int | None = None
    ) -> None:
        self.model = model
        self.launch = launch
        self.young = young

    def fit(self, panel: "Panel") -> Self:
        """Fit both models.

        Parameters
        ----------
        panel : Panel
            The panel, new series included.

        Returns
        -------
        self
            The fitted model.

        Raises
        ------
        ArgumentError
            If `model` or `launch` is none, no `launch` is given and the model has no
            ``max_horizon``, or both forecast different channels.
        """
        need_panel(panel)
        launch = self._launch(panel)
        young = whole_number("young", self.young, young_periods(panel.calendar))
        born = find_births(panel, launch.target)
        unknown = np.isnan(observed_target(panel, launch.target)).all(axis=1)
        self.new_ = unknown | ((born != ALWAYS) & (panel.n_periods - born < young))
        self.panel_ = panel
        self.launch_: LaunchModel = unfitted(launch).fit(panel)
        fitted = None if self.new_.all() else fitted_copy(self.model, _rows(panel, ~self.new_))
        self.model_: Any = fitted
        return self

    def predict(
        self,
        horizon: int,
        future: object | None = None,
        skus: Sequence[str] | None = None,
    ) -> Demand:
        """Forecast the periods after the cutoff.

        Parameters
        ----------
        horizon : int
            How many periods.
        future : DataFrame, optional
            What is planned for these periods, as in `Panel.with_future`.
        skus : sequence of str, optional
            Which SKUs; all unless given.

        Returns
        -------
        Demand
            One forecast. Where the model's law is no `GammaPoisson`, it is summarised by its
            moments, which the notes say.

        Raises
        ------
        ArgumentError
            If the model is not fitted.
        """
        check_fitted(self, "launch_")
        chosen = self.panel_ if skus is None else self.panel_.select(skus)
        wanted = set(chosen.skus)
        rows = self.panel_.keys["sku"].isin(wanted).to_numpy(dtype=bool)
        new = self.new_[rows]
        established = sorted(set(chosen.keys["sku"][~new]))
        young = sorted(set(chosen.keys["sku"][new]))
        if not young:
            return self._established(horizon, future, established)
        launches = self.launch_.predict(horizon, future, young)
        if not established:
            return launches
        return _join(chosen, new, self._established(horizon, future, established), launches)

    def to_folder(self) -> Folder:
        """Return what was learnt: both models, and which series are new.

        Returns
        -------
        Folder
            What `from_folder` reads; the panel is that of the launch model.
        """
        from c2m.forecast.saving import model_folder

        check_fitted(self, "launch_")
        facts = {"has_model": self.model_ is not None}
        folder = Folder(facts, {"new": self.new_}).with_part("launch", model_folder(self.launch_))
        return (
            folder.with_part("model", model_folder(self.model_)) if facts["has_model"] else folder
        )

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
        WithLaunches
            The fitted model.
        """
        from c2m.forecast.saving import model_of

        model = cls(**arguments)
        model.launch_ = model_of(folder.part("launch"))
        model.panel_ = model.launch_.panel_
        model.new_ = folder.arrays["new"].astype(bool)
        model.model_ = model_of(folder.part("model")) if folder.facts["has_model"] else None
        return model

    def _launch(self, panel: "Panel") -> LaunchModel:
        """Check both models; return that of launches."""
        check_model(self.model)
        own = target_of(self.model)
        if self.launch is None:
            horizon = getattr(self.model, "max_horizon", None)
            if horizon is None:
                raise ArgumentError(
                    f"Expected launch= beside {self.model!r}, which has no max_horizon: pass "
                    "launch=LaunchModel(max_horizon=...)."
                )
            return LaunchModel(check_horizon(horizon), target=own)
        if not isinstance(self.launch, LaunchModel):
            raise ArgumentError(f"Expected launch, a LaunchModel, got {self.launch!r}.")
        targets = own or panel.target, self.launch.target or panel.target
        if targets[0] != targets[1]:
            raise ArgumentError(
                f"Expected two models of one target, got {targets[0]!r} and {targets[1]!r}. Pass "
                f"LaunchModel(..., target={own!r})."
            )
        return self.launch

    def _established(self, horizon: int, future: object | None, skus: list[str]) -> Demand:
        """Return the model's forecast; of the plans, those that are not for new series only."""
        if future is not None:
            plan = read_frame(future, "future")
            names = [name for name in self.panel_.keys.columns if name in plan]
            if names:
                old, new = (
                    pd.MultiIndex.from_frame(self.panel_.keys.loc[which, names])
                    for which in (~self.new_, self.new_)
                )
                rows = pd.MultiIndex.from_arrays([text_codes(plan[name]) for name in names])
                plan = plan[~rows.isin(new) | rows.isin(old)]
            future = plan if len(plan) else None
        result: Demand = self.model_.predict(horizon, future=future, skus=skus)
        return result


def _rows(panel: "Panel", rows: "np.ndarray[Any, Any]") -> "Panel":
    """Return some series of a panel, not all of a SKU."""
    return replace(
        panel,
        keys=panel.keys[rows],
        attributes=panel.attributes[rows],
        channels={
            name: own if (own := stored(array)).ndim == 1 else array[rows]
            for name, array in panel.channels.items()
        },
    )


def _join(chosen: "Panel", new: "np.ndarray[Any, Any]", old: Demand, young: Demand) -> Demand:
    """Put the series of two forecasts in the order of the panel."""
    notes = [*old.notes, *young.notes]
    if not isinstance(old.law, GammaPoisson):
        notes.append("the law of established series is summarised by its moments")
    place = np.where(new, _places(chosen, young), _places(chosen, old))
    counts, fresh = (counts_of(part.law, part.codes) for part in (old, young))
    mean, dispersion, level = (
        _interleave(new, place, one, two)
        for one, two in zip(counts.moments(), fresh.moments(), strict=True)
    )
    shared = _shared(chosen, new, place, counts.shared)
    if shared is not None:  # a new series has the levels of its store and category too
        level = np.maximum(level, shared.variance * (1 + 1e-9))
    whole = counts.whole and fresh.whole
    law = GammaPoisson(mean, np.maximum(dispersion, level[:, None]), level, shared, whole)
    return replace(
        young, keys=chosen.keys, attributes=chosen.attributes, law=law, notes=tuple(notes)
    )


def _interleave(
    new: "np.ndarray[Any, Any]", place: "Positions", old: "FloatArray", young: "FloatArray"
) -> "FloatArray":
    result = np.empty((len(new), *old.shape[1:]))
    result[~new], result[new] = old[place[~new]], young[place[new]]
    return result


def _shared(
    chosen: "Panel", new: "np.ndarray[Any, Any]", place: "Positions", known: Shared | None
) -> Shared | None:
    """Return the shared levels of all series; new ones have the label of their key or attribute."""
    if known is None:
        return None
    table = pd.concat([chosen.keys, chosen.attributes], axis=1)
    columns = []
    for factor, name in enumerate(known.names):
        label = (
            text_codes(table[name if name in table else "sku"]).fillna("").to_numpy(dtype=object)
        )
        label[~new] = known.codes[place[~new], factor]
        columns.append(label.astype(str))
    return replace(known, codes=np.column_stack(columns))


def _places(chosen: "Panel", part: Demand) -> "Positions":
    """Return the row of each series in a forecast; -1 where it is not in it."""
    found = pd.MultiIndex.from_frame(part.keys).get_indexer(pd.MultiIndex.from_frame(chosen.keys))
    return np.asarray(found, dtype=np.intp)
