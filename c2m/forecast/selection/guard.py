"""The signal guard: consumer signals are used where held-out periods say that they pay."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
import pandas as pd

from c2m.demand import Demand
from c2m.errors import ArgumentError, warn
from c2m.forecast.boosting.boosting import DirectBoosting
from c2m.forecast.features.recipe import Choice
from c2m.forecast.params import Parameters, check_fitted
from c2m.forecast.scores.trials import trial_cutoffs
from c2m.forecast.selection.blend import blend_explanations, blend_laws
from c2m.forecast.selection.heldout import PARTS, check_boosting, held_out_losses
from c2m.forecast.selection.weights import choose_weights, group_names, settle_by
from c2m.forecast.target import check_horizon, need_panel
from c2m.storage import Folder

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from c2m.forecast.explain.explanation import Explanation
    from c2m.forecast.target import FloatArray
    from c2m.panel import Panel

_MOST_SERIES: Final = 8_000
"""Series that losses are measured on; more say little more."""

_LEAST_CUTOFFS: Final = 2
_OTHERS: Final = "every other"


class SignalGuard(Parameters):
    """A boosting model that uses consumer signals where they pay, group by group.

    Two models are fitted, one with signals and one without. What each would have lost at up to
    `windows` cutoffs held out within the history is compared group by group (pinball loss of the
    periods and of their total). What a group gained is drawn to what all gained by how noisy it is.
    Where the gain left is well beyond its noise the model with signals forecasts, where it may be
    noise the mean is half way between both (their geometric mean), elsewhere the model without
    forecasts (see `c2m.forecast.selection.weights.choose_weights`).

    A fit costs about four of `DirectBoosting`; three where all groups agree on one of the two.

    Parameters
    ----------
    max_horizon : int
        Largest number of periods that `predict` can be asked for.
    signals : "auto" or sequence of str
        Channels on trial, as in `DirectBoosting`.
    by : str, optional
        Key column or attribute that groups the series. ``"auto"``: the attribute with the most
        values that has 30 series a value on average. None: one decision for all.
    windows : int
        Most held-out cutoffs, at least 2. Trees are grown before the first and read the newer data
        at the others.
    boosting : mapping, optional
        More arguments of `DirectBoosting`, for both models: ``known``, ``n_estimators``, ``seed``.

    Attributes
    ----------
    models_ : dict of str to DirectBoosting
        ``"with"`` and ``"without"`` signals; only those that are used.
    groups_ : DataFrame, a row a group
        ``weight`` of the model with signals, ``gain`` (by which share it lost less than the one
        without, drawn to that of all), its standard error ``error``, ``n_series`` measured. The
        row ``"every other"`` holds for groups that were not there.
    by_ : str or None
        What groups the series; it stays when an update brings other series.

    References
    ----------
    Timmermann (2006), "Forecast combinations", *Handbook of Economic Forecasting* 1, ch. 4: shrunk
    weights; Genre et al. (2013), "Combining expert forecasts: can anything beat the simple
    average?", *IJF* 29: why noise makes chosen weights lose.

    Examples
    --------
    >>> import pandas as pd
    >>> from c2m.panel import Panel
    >>> weeks = pd.date_range("2026-01-05", periods=60, freq="7D")
    >>> frame = pd.DataFrame({"sku": "A", "period": weeks, "sales": [4, 6] * 30, "views": 50})
    >>> panel = Panel.from_frame(frame, freq="W", signals=["views"])
    >>> guard = SignalGuard(4, boosting={"n_estimators": 20}).fit(panel)
    >>> guard.groups_.loc["all", "weight"]
    np.float64(0.0)
    >>> guard.predict(2).notes
    ('signals are used for 0 of 1 series',)
    """

    def __init__(
        self,
        max_horizon: int,
        *,
        signals: Choice = "auto",
        by: str | None = "auto",
        windows: int = 4,
        boosting: Mapping[str, Any] | None = None,
    ) -> None:
        self.max_horizon = max_horizon
        self.signals = signals
        self.by = by
        self.windows = windows
        self.boosting = boosting

    @property
    def target(self) -> str | None:
        """The channel to forecast; the panel's target where it is None."""
        target = (self.boosting or {}).get("target")
        return None if target is None else str(target)

    @property
    def known(self) -> Choice:
        """The channels whose plan both models use."""
        chosen: Choice = (self.boosting or {}).get("known", "auto")
        return chosen

    def fit(self, panel: "Panel") -> Self:
        """Learn with and without signals, and decide where they are used.

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
            If `panel` is none or an argument is out of range.
        DataError
            If no value of the target is known, or one is below 0.

        Warns
        -----
        C2MWarning
            If the history is too short for two held-out cutoffs: then signals are not used.
        """
        need_panel(panel)
        self._check()
        self.by_ = settle_by(panel, self.by)
        names = group_names(panel, self.by_)
        entrants = self._entrants()
        step = max(1, self.max_horizon // 2)
        counts = trial_cutoffs(panel, self.max_horizon, self.windows, step=step)
        if len(counts) < _LEAST_CUTOFFS:
            warn(
                f"{panel.n_periods} periods are too short to try signals over {self.max_horizon} "
                "periods at two cutoffs: they are not used. Pass a longer history."
            )
            self.groups_ = _table([], [(0.0, np.nan, np.nan, 0)])
        else:
            rows = _spread(panel.n_series)
            losses = held_out_losses(entrants, panel, self.max_horizon, counts, rows)
            codes, values = pd.factorize(names.iloc[rows], sort=True)
            found = choose_weights(losses, np.asarray(codes, dtype=np.intp))
            decided = [(one.weight, one.gain, one.error, one.n_series) for one in found]
            self.groups_ = _table([str(value) for value in values], decided)
        self.panel_ = panel
        weight = self._weights(panel)
        used = {"without": (weight < 1).any(), "with": (weight > 0).any()}
        self.models_ = {name: model.fit(panel) for name, model in entrants.items() if used[name]}
        return self

    def predict(
        self,
        horizon: int,
        future: object | None = None,
        skus: Sequence[str] | None = None,
    ) -> Demand:
        """Forecast the periods after the panel's cutoff.

        Parameters
        ----------
        horizon, future, skus
            As in `DirectBoosting.predict`.

        Returns
        -------
        Demand
            The forecast; its note says for how many series signals are used.

        Raises
        ------
        ArgumentError
            If the model is not fitted or the horizon is longer than it can forecast.

        Warns
        -----
        C2MWarning
            As `DirectBoosting`.
        """
        check_fitted(self, "models_")
        said = [model.predict(horizon, future, skus) for model in self.models_.values()]
        weight = self._asked(skus)
        used = int((weight > 0).sum())
        note = f"signals are used for {used:,} of {len(weight):,} series"
        first = said[0]
        notes = (*first.notes, note)
        if len(said) == 1:
            return replace(first, notes=notes)
        law = blend_laws(first.law, said[1].law, weight, first.codes)
        return replace(first, law=law, notes=notes)

    def explain(
        self,
        horizon: int,
        skus: Sequence[str] | None = None,
        future: object | None = None,
    ) -> "Explanation":
        """Say what makes the mean of each series and period.

        Parameters
        ----------
        horizon, skus, future
            As in `DirectBoosting.explain`.

        Returns
        -------
        Explanation
            Of the mixture that forecasts each series: a signal's multiplier counts by its weight.

        Raises
        ------
        ArgumentError
            As in `DirectBoosting.explain`.
        """
        check_fitted(self, "models_")
        said = [model.explain(horizon, skus, future) for model in self.models_.values()]
        return (
            said[0] if len(said) == 1 else blend_explanations(said[0], said[1], self._asked(skus))
        )

    def update(self, panel: "Panel") -> "SignalGuard":
        """Return a guard with new data under the same trees and decisions.

        Parameters
        ----------
        panel : Panel
            What is known now; see `DirectBoosting.update`.

        Returns
        -------
        SignalGuard
            The new model. A group that was not there goes by the decision for all.

        Raises
        ------
        ArgumentError
            If the model is not fitted or `panel` is none.
            Or if the panel lacks what groups the series.
        DataError
            If the panel lacks what the models read.
        """
        check_fitted(self, "models_")
        models = {name: model.update(panel) for name, model in self.models_.items()}
        weight = self._weights(panel)
        needed = {"without": (weight < 1).any(), "with": (weight > 0).any()}
        absent = [name for name in PARTS if needed[name] and name not in self.models_]
        if absent:
            warn(
                f"New groups would go by the model {absent[0]} signals, which was not kept: the "
                "other one forecasts them. Fit anew to decide for them."
            )
        new = type(self)(**self.get_params())
        new.panel_, new.groups_, new.by_ = panel, self.groups_, self.by_
        new.models_ = models
        return new

    def to_folder(self) -> Folder:
        """Return what was learnt, for `save`.

        Returns
        -------
        Folder
            The decisions, and the models as parts.

        Raises
        ------
        ArgumentError
            If the model is not fitted.
        """
        from c2m.forecast.saving import model_folder

        check_fitted(self, "models_")
        facts = {"models": list(self.models_), "by": self.by_}
        folder = Folder(facts, tables={"groups": self.groups_.reset_index()})
        for name, model in self.models_.items():
            folder = folder.with_part(name, model_folder(model))
        return folder

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
        SignalGuard
            The fitted model.
        """
        from c2m.forecast.saving import model_of

        guard = cls(**arguments)
        names = [name for name in PARTS if name in folder.facts["models"]]
        models: dict[str, Any] = {
            name: model_of(folder.part(name), DirectBoosting) for name in names
        }
        guard.models_ = models
        guard.groups_ = folder.tables["groups"].set_index("group")
        guard.panel_ = models[names[0]].panel_
        guard.by_ = folder.facts["by"]
        guard._weights(guard.panel_)  # what does not fit together fails now
        return guard

    def _entrants(self) -> dict[str, DirectBoosting]:
        more = dict(self.boosting or {})
        return {
            "without": DirectBoosting(self.max_horizon, signals=(), **more),
            "with": DirectBoosting(self.max_horizon, signals=self.signals, **more),
        }

    def _weights(self, panel: "Panel") -> "FloatArray":
        """Return the weight of the model with signals for each series."""
        decided = self.groups_["weight"]
        known = group_names(panel, self.by_).map(decided)
        return known.fillna(decided[_OTHERS]).to_numpy(dtype=np.float64)

    def _asked(self, skus: Sequence[str] | None) -> "FloatArray":
        """Return the weights of the models that are there, for the series that are asked for."""
        weight = self._weights(self.panel_)
        if len(self.models_) == 1:
            weight = np.full_like(weight, float("with" in self.models_))
        if skus is None:
            return weight
        return weight[self.panel_.sku_index.rows(skus)]

    def _check(self) -> None:
        check_horizon(self.max_horizon)
        if not isinstance(self.windows, int | np.integer) or self.windows < _LEAST_CUTOFFS:
            raise ArgumentError(f"Expected windows, a whole number >= 2, got {self.windows!r}.")
        check_boosting(self.boosting, ("max_horizon", "signals"))


def _spread(n_series: int) -> "NDArray[np.intp]":
    """Return evenly spread series within the budget."""
    count = min(n_series, _MOST_SERIES)
    return np.unique(np.linspace(0, n_series - 1, count).astype(np.intp))


def _table(names: list[str], decided: list[tuple[float, float, float, int]]) -> pd.DataFrame:
    index = pd.Index([*names, _OTHERS], name="group")
    columns = ["weight", "gain", "error", "n_series"]
    return pd.DataFrame(decided, index=index, columns=columns)
