"""One direct gradient-boosting model for all series and all steps ahead."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
import pandas as pd

from c2m.demand import Demand
from c2m.errors import warn
from c2m.forecast.boosting import saving
from c2m.forecast.boosting.export import feature_frame
from c2m.forecast.boosting.learning import check_arguments, learn, learning_rows
from c2m.forecast.boosting.serving import Question
from c2m.forecast.boosting.updating import updated
from c2m.forecast.explain.explain import explain
from c2m.forecast.features.recipe import Choice
from c2m.forecast.features.rows import path_rows
from c2m.forecast.features.running import Positions
from c2m.forecast.features.table import FeatureTable
from c2m.forecast.params import Parameters, check_fitted
from c2m.forecast.target import need_panel, sold_ahead
from c2m.panel import Panel
from c2m.series import rows_of
from c2m.storage import Folder

if TYPE_CHECKING:
    from c2m.forecast.explain.explanation import Explanation
    from c2m.forecast.features.recipe import Recipe
    from c2m.forecast.heads import Head
    from c2m.forecast.heads.labels import Labels
    from c2m.forecast.target import FloatArray
    from c2m.forecast.trees.trees import Trees


class DirectBoosting(Parameters):
    """Trees over all series that forecast every step directly, from a series' own level.

    The model learns from rows (series, cutoff, step). What a row may know is what was known at
    its cutoff: recent levels over several windows, the same part of past seasons, zeros and the
    age of the last sale, the moves of consumer signals; and of the target's period only what is
    known ahead: planned price, promotion, calendar. The trees learn by which factor the target
    differs from the series' smoothed level (log link, Tweedie loss), so that a series of 2 and one
    of 2,000 a week teach each other and no forecast is negative. The spread around the mean comes
    from held-out cutoffs within the history (see `CountHead` and `LevelSetHead`, of which the one
    with the smaller loss is taken), as do levels that series share, and the number of trees.

    Periods in which a stock-out hid the demand are unknown: no lesson, and not in any mean, unless
    the target is ``demand``. A series without any known period is forecast at the mean of series
    like it. A history too short for a single learning row gives the smoothed level.

    Parameters
    ----------
    max_horizon : int
        Largest number of periods that `predict` can be asked for.
    target : str, optional
        Channel to forecast; the panel's target unless given.
    signals : "auto" or sequence of str
        Observed channels to use, up to the cutoff only. ``"auto"``: all but the target, those that
        repeat it (sales, demand, kept, revenue and the like) and those that censor it (in_stock,
        on_sale). ``()``: none.
    known : "auto" or sequence of str
        Channels whose value in the forecast period will be planned when `predict` is called.
        ``"auto"``: the panel's `known`.
    seasonality : "auto", int or None
        Season length in periods. ``"auto"``: 7 and 364 days, 52 weeks or 12 months, each where
        the history holds more than one season.
    n_estimators : int
        Most trees; a quarter, half or all of them are used, whichever the held-out cutoffs prefer.
        From 120,000 learning rows on all are used.
    num_leaves : int, optional
        Leaves of a tree; 15, 31 or 63 by the number of learning rows unless given.
    learning_rate : float
        Weight of one tree.
    max_rows : int
        Budget of learning rows, spread evenly over series, cutoffs and steps; beyond 100,000
        rows no more than 60 a series are used. Where it is below 4 a series, some series teach.
    seed : int
        Seed of row and feature sampling.
    num_threads : int, optional
        Threads of LightGBM; unless given, all cores from 200,000 rows on, else one. The result
        does not depend on it.
    lgb_params : mapping, optional
        Parameters of LightGBM, under any of their names, that win over the ones chosen here. The
        objective is tweedie or poisson, and the number of trees is `n_estimators`.
    learner : regressor of scikit-learn, optional
        Learns in place of LightGBM; `n_estimators` and what follows is then its own affair. A clone
        learns by which factor the target differs from the level, with the level as weight: under a
        Poisson loss, ``HistGradientBoostingRegressor(loss="poisson")``, that is an offset. Medians
        stand in for unknown values where it takes none, codes of attributes are numbers to it,
        and `seed` is its ``random_state`` if that is None. Held-out cutoffs choose between it and
        the level alone. It cannot be saved.

    Attributes
    ----------
    max_horizon_ : int
        `max_horizon` at the fit.
    recipe_ : Recipe
        The features used.
    groups_ : dict of str to ndarray of str, shape (n_series,)
        Label of each series in the groupings that share a level.
    n_trees_ : int
        The number of trees that the held-out cutoffs preferred, or `n_estimators` where all are
        used; fewer grow where nothing is left to split.
    head_ : CountHead or LevelSetHead
        The distribution around the mean; its notes, which forecasts repeat, say why it was chosen.

    References
    ----------
    Ke et al. (2017), "LightGBM: a highly efficient gradient boosting decision tree", NeurIPS.
    Makridakis, Spiliotis & Assimakopoulos (2022), "M5 accuracy competition", *IJF* 38: what the
    direct pooled models among the winners have in common.

    Examples
    --------
    >>> import pandas as pd
    >>> weeks = pd.date_range("2026-01-05", periods=30, freq="7D")
    >>> frame = pd.DataFrame({"sku": "A", "period": weeks, "sales": [4, 6] * 15})
    >>> panel = Panel.from_frame(frame, freq="W")
    >>> model = DirectBoosting(max_horizon=4, n_estimators=20).fit(panel)
    >>> model.predict(4).mean.round().tolist()
    [[5.0, 5.0, 5.0, 5.0]]
    """

    max_horizon_: int
    recipe_: "Recipe"
    panel_: Panel
    table_: FeatureTable
    head_: "Head"
    groups_: "Labels"
    n_trees_: int
    trees_: "Trees"

    def __init__(
        self,
        max_horizon: int,
        *,
        target: str | None = None,
        signals: Choice = "auto",
        known: Choice = "auto",
        seasonality: Literal["auto"] | int | None = "auto",
        n_estimators: int = 100,
        num_leaves: int | None = None,
        learning_rate: float = 0.1,
        max_rows: int = 1_500_000,
        seed: int = 0,
        num_threads: int | None = None,
        lgb_params: Mapping[str, Any] | None = None,
        learner: Any | None = None,
    ) -> None:
        self.max_horizon = max_horizon
        self.target = target
        self.signals = signals
        self.known = known
        self.seasonality = seasonality
        self.n_estimators = n_estimators
        self.num_leaves = num_leaves
        self.learning_rate = learning_rate
        self.max_rows = max_rows
        self.seed = seed
        self.num_threads = num_threads
        self.lgb_params = lgb_params
        self.learner = learner

    def fit(self, panel: Panel) -> Self:
        """Learn from a panel.

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
            If `panel` is none, or an argument of the constructor is out of range or names no
            channel.
        DataError
            If no value of the target is known, or one is below 0.
        MissingEngineError
            If LightGBM cannot be imported.

        Warns
        -----
        C2MWarning
            If the history is shorter than the horizon, or too short to learn from at all.
        """
        need_panel(panel)
        learn(self, panel)
        return self

    def predict(
        self,
        horizon: int,
        future: object | None = None,
        skus: Sequence[str] | None = None,
    ) -> Demand:
        """Forecast the periods after the cutoff of the panel that was learnt from.

        A fitted model may be shared between threads.

        Parameters
        ----------
        horizon : int
            How many periods, at most `max_horizon`.
        future : DataFrame, optional
            What is planned for these periods, as in `Panel.with_future`; only channels that the
            model was fitted to know ahead are used.
        skus : sequence of str, optional
            Which SKUs; all unless given.

        Returns
        -------
        Demand
            The forecast. It does not depend on which other SKUs are asked for.

        Raises
        ------
        ArgumentError
            If the model is not fitted or the horizon is longer than it can forecast.

        Warns
        -----
        C2MWarning
            If planned values are missing or not used, or series have no history.
        """
        asked = Question.of(self, horizon, future, skus)
        panel, series = asked.panel, asked.series
        mean = self._means(asked.table, series, horizon)
        groups = {name: labels[series] for name, labels in self.groups_.items()}
        return Demand(
            keys=rows_of(panel.keys, series),
            calendar=panel.calendar,
            first=panel.first + panel.n_periods,
            law=self.head_.law(mean * sold_ahead(panel, horizon, series), groups),
            attributes=rows_of(panel.attributes, series),
            notes=self.head_.notes,
        )

    def update(self, panel: Panel) -> "DirectBoosting":
        """Return a model with new data under the same trees; this one stays as it is.

        It costs the making of the features' sums, not a fit. So a service builds the new model
        beside the one that answers, and then swaps one name. Trees age: fit anew from time to time.

        Parameters
        ----------
        panel : Panel
            What is known now: the channels and attributes that the model reads, in its freq. There
            may be new series.

        Returns
        -------
        DirectBoosting
            The new model, with the recipe, trees and head of this one.

        Raises
        ------
        ArgumentError
            If the model is not fitted or `panel` is none.
        DataError
            If the panel lacks what the model reads, or ends before the one learnt from; all of it
            is listed.

        Warns
        -----
        C2MWarning
            If attributes have values that the trees have not met, or the history is shorter than
            what the model looks back on.
        """
        check_fitted(self, "trees_")
        return updated(self, panel)

    def explain(
        self,
        horizon: int,
        skus: Sequence[str] | None = None,
        future: object | None = None,
    ) -> "Explanation":
        """Say what makes the mean of each series and period (see `Explanation`).

        Every tree is asked for the part of every feature, which costs some hundred times what
        `predict` does: name the SKUs.

        Parameters
        ----------
        horizon, skus, future
            As in `predict`.

        Returns
        -------
        Explanation
            The mean as a level times the multipliers of groups of features.

        Raises
        ------
        ArgumentError
            As in `predict`; and if the model learnt with another learner than LightGBM.
        """
        return explain(self, horizon, skus=skus, future=future)

    def features(
        self,
        horizon: int | None = None,
        skus: Sequence[str] | None = None,
        future: object | None = None,
    ) -> pd.DataFrame:
        """Return the feature matrix: of the rows that were learnt from, or of a forecast.

        Parameters
        ----------
        horizon : int, optional
            Periods of a forecast; the learning rows unless given.
        skus, future
            As in `predict`; of the learning rows, `skus` alone counts.

        Returns
        -------
        DataFrame
            Key columns, ``cutoff``, ``period``, ``target`` (NaN in a forecast), and a column of
            float32 a feature: ``step`` and ``level``, the log of what the trees correct, first.

        Raises
        ------
        ArgumentError
            As in `predict`.
        """
        check_fitted(self, "trees_")
        asked = Question.of(self, self.max_horizon_ if horizon is None else horizon, future, skus)
        if horizon is None:
            rows = learning_rows(self)
            rows = rows.where(np.isin(rows.series, asked.series))
        else:
            rows = path_rows(asked.series, asked.table.n_periods - 1, horizon)
        return feature_frame(asked.panel, asked.table, rows)

    def to_folder(self) -> Folder:
        """Return what was learnt, for `save`.

        Returns
        -------
        Folder
            Recipe, head, trees and panel.

        Raises
        ------
        ArgumentError
            If the model is not fitted.
        """
        check_fitted(self, "trees_")
        return saving.to_folder(self)

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
        DirectBoosting
            The fitted model.

        Raises
        ------
        DataError
            If panel or trees are not sound.
        """
        model = cls(**arguments)
        check_arguments(model)
        saving.restore(model, folder)
        return model

    def _means(self, table: FeatureTable, series: Positions, horizon: int) -> "FloatArray":
        """Return the expected units of some series; the level alone where there is no history."""
        rows = path_rows(series, table.n_periods - 1, horizon)
        mean = self.trees_.means(table, rows, num_threads=self.num_threads)
        without = table.without_history(series)
        if without.any():
            warn(
                f"{without.sum():,} of {len(series):,} series have no known "
                f"{self.recipe_.target!r}: the mean of series like them stands in. Give series "
                "attributes, or leave these out."
            )
            mean = np.where(np.repeat(without, horizon), np.exp(table.log_level(rows)), mean)
        return mean.reshape(len(series), horizon)
