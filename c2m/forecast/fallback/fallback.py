"""A model, and a simple one for the series where that wins."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from c2m.demand import Demand
from c2m.errors import ArgumentError, warn
from c2m.forecast.baselines.ets import ETS
from c2m.forecast.baselines.intermittent import TSB
from c2m.forecast.baselines.naive import MovingAverage
from c2m.forecast.fallback.evidence import pick
from c2m.forecast.fallback.mixture import mix_laws
from c2m.forecast.fallback.trials import trial_cutoffs, trial_losses
from c2m.forecast.params import Parameters, check_fitted, unfitted
from c2m.forecast.target import check_horizon, need_panel
from c2m.frames import did_you_mean, name_list, text_codes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from c2m.panel import Panel


class Fallback(Parameters):
    """A model that leaves a series to a baseline where the baseline did better.

    At up to `windows` cutoffs held out within the history, copies of the model and the baselines
    are fitted and compared series by series (pinball loss of the periods and of their total). The
    saving of a series is drawn to that of its group by how noisy it is, so a series with few
    cutoffs follows its group; a baseline is used only where the saving exceeds twice its standard
    error and 1 % of the loss. So a fit costs `windows` more fits of the model. A history too short
    for two cutoffs leaves all series to the model, with a warning.

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
        baselines: "Sequence[Any] | None" = None,
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
            If `panel` is none, an argument is out of range, or a model lacks ``fit`` or
            ``predict``.

        Warns
        -----
        C2MWarning
            If the history is too short to compare at two cutoffs.
        """
        need_panel(panel)
        models, horizon = self._check(), check_horizon(self.horizon)
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
            self.losses_ = trial_losses(models, panel, horizon, seen)
            self.choice_ = pick(self.losses_, groups)
        used = np.unique(self.choice_)
        self.panel_ = panel
        self.fitted_ = {int(place): unfitted(models[place]).fit(panel) for place in used}
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

    def _shares(self) -> list[str]:
        """Say how many series go by which model."""
        models = self._check()
        return [
            f"{int((self.choice_ == place).sum()):,} of {len(self.choice_):,} series go by "
            f"{models[place]!r}"
            for place in self.fitted_
        ]

    def _groups(self, panel: "Panel") -> "NDArray[np.intp]":
        if self.by is None:
            return np.zeros(panel.n_series, dtype=np.intp)
        if self.by not in panel.attributes.columns:
            names = list(map(str, panel.attributes.columns))
            raise ArgumentError(
                f"Expected by, an attribute of the panel, got {self.by!r}"
                f"{did_you_mean(self.by, names)}; there are {name_list(names) or 'none'}."
            )
        codes = text_codes(panel.attributes[self.by])
        return np.asarray(pd.factorize(codes, use_na_sentinel=False)[0], dtype=np.intp)

    def _check(self) -> list[Any]:
        """Return the model and the baselines."""
        others = (MovingAverage(), TSB(), ETS()) if self.baselines is None else self.baselines
        models = [self.model, *others]
        unfit = [
            repr(model)
            for model in models
            if not (hasattr(model, "fit") and hasattr(model, "predict"))
        ]
        if unfit or len(models) < 2:
            raise ArgumentError(
                "Expected a model and baselines with fit(panel) and predict(horizon), got "
                f"{name_list(unfit) or 'no baseline'}."
            )
        if not isinstance(self.windows, int | np.integer) or self.windows < 2:
            raise ArgumentError(f"Expected windows, a whole number >= 2, got {self.windows!r}.")
        return models
