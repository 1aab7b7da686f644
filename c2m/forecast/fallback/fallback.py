"""A model, and a simple one for the series where that wins."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from c2m.demand import Demand
from c2m.errors import ArgumentError, warn
from c2m.forecast.baselines.ets import ETS
from c2m.forecast.baselines.intermittent import TSB
from c2m.forecast.baselines.naive import MovingAverage
from c2m.forecast.baselines.season import fix_season
from c2m.forecast.fallback.evidence import pick
from c2m.forecast.fallback.mixture import mix_laws
from c2m.forecast.fallback.trials import trial_losses
from c2m.forecast.params import Parameters, check_fitted, check_model, fitted_copy
from c2m.forecast.scores.trials import trial_cutoffs
from c2m.forecast.target import check_horizon, first_known, need_panel, target_of
from c2m.frames import did_you_mean, name_list, text_codes
from c2m.panel import Panel
from c2m.panel import folder as panel_folder
from c2m.storage import Folder

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Fallback(Parameters):
    """A model that leaves a series to a baseline where the baseline did better.

    At up to `windows` cutoffs held out within the history, copies of the model and the baselines
    are fitted and compared series by series (pinball loss of the periods and of their total). The
    saving of a series is drawn to that of its group by how noisy it is, so a series with few
    cutoffs follows its group; a baseline is used only where the saving exceeds twice its standard
    error and 1 % of the loss. So a fit costs `windows` more fits of the model. A history too short
    for two cutoffs leaves all series to the model, with a warning. `SeasonalNaive` and `ETS`
    without a ``season_length`` have no season where the first cutoff knows too little for one.

    Parameters
    ----------
    model : object
        The model, with ``fit(panel)`` and ``predict(horizon)``. It is copied, never fitted itself.
    horizon : int
        Periods ahead that are compared; `predict` may be asked for another number.
    baselines : sequence of models, optional
        `MovingAverage`, `TSB` and `ETS` unless given.
    by : str, optional
        Attribute that groups the series; all are one group unless given.
    windows : int
        Most cutoffs, at least 2.

    Attributes
    ----------
    choice_ : ndarray of int, shape (n_series,)
        By which model each series goes: 0 is the model, 1 the first baseline.
    losses_ : ndarray, shape (n_cutoffs, 1 + n_baselines, n_series)
        What each lost at the held-out cutoffs.

    References
    ----------
    Fildes & Petropoulos (2015), "Simple versus complex selection rules for forecasting many time
    series", *Journal of Business Research* 68: selection by series pays where it is stable.

    Examples
    --------
    >>> from c2m.forecast.baselines.naive import SeasonalNaive
    >>> from c2m.panel import Panel
    >>> days = pd.date_range("2026-01-05", periods=42)
    >>> rows = [
    ...     pd.DataFrame({"sku": sku, "period": days, "sales": [2 * base, 0] * 21})
    ...     for sku, base in zip("ABCDEF", [1, 2, 3, 4, 5, 6])
    ... ]
    >>> panel = Panel.from_frame(pd.concat(rows), freq="D")
    >>> model = Fallback(SeasonalNaive(1), 4, baselines=[SeasonalNaive(2)]).fit(panel)
    >>> model.predict(4).notes
    ('6 of 6 series go by SeasonalNaive(season_length=2)',)
    """

    def __init__(
        self,
        model: Any,
        horizon: int,
        *,
        baselines: Sequence[Any] | None = None,
        by: str | None = None,
        windows: int = 4,
    ) -> None:
        self.model = model
        self.horizon = horizon
        self.baselines = baselines
        self.by = by
        self.windows = windows

    def fit(self, panel: "Panel") -> Self:
        """Compare the models on the panel's own past, and fit those that are used.

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
            If `panel` is none, an argument is out of range, a model lacks ``fit`` or
            ``predict``, or they do not all forecast the panel's target.

        Warns
        -----
        C2MWarning
            If the history is too short to compare at two cutoffs.
        """
        need_panel(panel)
        models, horizon = self._check(), check_horizon(self.horizon)
        targets = {target_of(model) or panel.target for model in models}
        if targets != {panel.target}:
            raise ArgumentError(
                f"Expected models of the panel's target {panel.target!r}, which are compared on "
                f"it, got models of {name_list(sorted(targets))}."
            )
        groups = self._groups(panel)
        seen = trial_cutoffs(panel, horizon, self.windows)
        self.choice_ = np.zeros(panel.n_series, dtype=np.intp)
        self.losses_ = np.empty((0, len(models), panel.n_series))
        if len(seen) < 2:
            warn(
                f"{panel.n_periods} periods are too short to compare models over {horizon} periods "
                "at two cutoffs: all series go by the model. Pass a longer history."
            )
        else:
            known = seen[0] - first_known(panel)
            models = [fix_season(model, panel.calendar, known) for model in models]
            self.losses_ = trial_losses(models, panel, horizon, seen)
            self.choice_ = pick(self.losses_, groups)
        used = np.unique(self.choice_)
        self.panel_ = panel
        self.fitted_ = {int(place): fitted_copy(models[place], panel) for place in used}
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
        horizon : int
            How many periods.
        future : DataFrame, optional
            What is planned for these periods; models get it if it is given.
        skus : sequence of str, optional
            Which SKUs; all unless given.

        Returns
        -------
        Demand
            The forecast; its notes say how many series go by which model.

        Raises
        ------
        ArgumentError
            If the model is not fitted.
        """
        check_fitted(self, "fitted_")
        given = {} if future is None else {"future": future}
        said = {place: model.predict(horizon, **given) for place, model in self.fitted_.items()}
        places = np.array(list(said))
        law = mix_laws(
            [demand.law for demand in said.values()],
            np.searchsorted(places, self.choice_),
            next(iter(said.values())).codes,
        )
        first = next(iter(said.values()))
        notes = [note for demand in said.values() for note in demand.notes]
        demand: Demand = replace(first, law=law, notes=(*self._shares(), *notes))
        return demand if skus is None else demand.select(skus)

    def to_folder(self) -> Folder:
        """Return what was learnt: who goes by which model, and the fitted models.

        Returns
        -------
        Folder
            What `from_folder` reads.
        """
        from c2m.forecast.saving import model_folder

        check_fitted(self, "fitted_")
        arrays = {"choice": self.choice_, "losses": self.losses_}
        folder = Folder({"used": list(self.fitted_)}, arrays)
        folder = folder.with_part("panel", panel_folder.to_folder(self.panel_))
        for place, model in self.fitted_.items():
            folder = folder.with_part(f"model-{place}", model_folder(model))
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
        Fallback
            The fitted model.
        """
        from c2m.forecast.saving import model_of

        model = cls(**arguments)
        model.panel_ = Panel(**panel_folder.from_folder(folder.part("panel")))
        model.choice_ = folder.arrays["choice"].astype(np.intp)
        model.losses_ = folder.arrays["losses"]
        model.fitted_ = {
            int(place): model_of(folder.part(f"model-{place}")) for place in folder.facts["used"]
        }
        return model

    def _shares(self) -> list[str]:
        """Say how many series go by which model."""
        count = np.bincount(self.choice_)
        return [
            f"{count[place]:,} of {len(self.choice_):,} series go by {model!r}"
            for place, model in self.fitted_.items()
        ]

    def _groups(self, panel: "Panel") -> "NDArray[np.intp]":
        if self.by is None:
            return np.zeros(panel.n_series, dtype=np.intp)
        if self.by not in panel.attributes.columns:
            names = list(map(str, panel.attributes.columns))
            raise ArgumentError(
                f"Expected by, an attribute of the panel, got {self.by!r}"
                f"{did_you_mean(str(self.by), names)}; there are {name_list(names) or 'none'}."
            )
        codes = text_codes(panel.attributes[self.by])
        return np.asarray(pd.factorize(codes, use_na_sentinel=False)[0], dtype=np.intp)

    def _check(self) -> list[Any]:
        """Return the model and the baselines."""
        if not isinstance(self.baselines, Sequence | None):
            raise ArgumentError(f"Expected baselines, a list of models, got {self.baselines!r}.")
        others = (MovingAverage(), TSB(), ETS()) if self.baselines is None else self.baselines
        models = [self.model, *others]
        for model in models:
            check_model(model)
        if len(models) < 2:
            raise ArgumentError("Expected at least one baseline beside the model, got none.")
        if not isinstance(self.windows, int | np.integer) or self.windows < 2:
            raise ArgumentError(f"Expected windows, a whole number >= 2, got {self.windows!r}.")
        return models
