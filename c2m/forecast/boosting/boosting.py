"""One direct gradient-boosting model for all series and all steps ahead."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np

from c2m.demand import Demand
from c2m.errors import ArgumentError, DataError, warn
from c2m.forecast.boosting.calibration import calibrate
from c2m.forecast.features.recipe import Choice, Recipe, settle_recipe
from c2m.forecast.features.rows import path_rows, sample_rows
from c2m.forecast.features.running import Positions
from c2m.forecast.features.table import FeatureTable
from c2m.forecast.heads.counts import CountHead
from c2m.forecast.params import Parameters, check_fitted
from c2m.forecast.target import check_horizon, check_target, need_panel, sold_ahead
from c2m.forecast.trees.lgb_parameters import forbidden
from c2m.forecast.trees.trees import Trees, TreeSettings
from c2m.frames import name_list
from c2m.panel import Panel
from c2m.panel import folder as panel_folder
from c2m.storage import Folder, read_folder, write_folder

if TYPE_CHECKING:
    from c2m.forecast.target import FloatArray


class DirectBoosting(Parameters):
    """Trees over all series that forecast every step directly, from a series' own level.

    The model learns from rows (series, cutoff, step). What a row may know is what was known at
    its cutoff: recent levels over several windows, the same part of past seasons, zeros and the
    age of the last sale, the moves of consumer signals; and of the target's period only what is
    known ahead: planned price, promotion, calendar. The trees learn by which factor the target
    differs from the series' smoothed level (log link, Tweedie loss), so that a series of 2 and one
    of 2,000 a week teach each other and no forecast is negative. The spread around the mean comes
    from held-out cutoffs within the history (see `CountHead`), as does the number of trees.

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
    num_leaves : int, optional
        Leaves of a tree; 15, 31 or 63 by the number of learning rows unless given.
    learning_rate : float
        Weight of one tree.
    max_rows : int
        Budget of learning rows, spread evenly over series, cutoffs and steps; beyond 100,000
        rows no more than 110 a series are used.
    seed : int
        Seed of row and feature sampling.
    num_threads : int, optional
        Threads of LightGBM; unless given, all cores from 200,000 rows on, else one. The result
        does not depend on it.
    lgb_params : mapping, optional
        Parameters of LightGBM, under any of their names, that win over the ones chosen here. The
        objective is tweedie or poisson, and the number of trees is `n_estimators`.

    Attributes
    ----------
    max_horizon_ : int
        `max_horizon` at the fit.
    recipe_ : Recipe
        The features used.
    n_trees_ : int
        The number of trees that the held-out cutoffs preferred.
    head_ : CountHead
        The distribution around the mean.

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
        self.max_horizon_ = horizon = self._check()
        self.recipe_ = settle_recipe(
            panel,
            horizon=horizon,
            target=self.target,
            signals=self.signals,
            known=self.known,
            seasonality=self.seasonality,
        )
        self.panel_ = panel
        self.table_ = table = FeatureTable.of(panel, self.recipe_)
        check_target(panel, table.target, self.recipe_.target)
        _warn_of_short_history(panel, horizon)
        settings = self._settings()
        found = calibrate(table, horizon=horizon, most_rows=self.max_rows, settings=settings)
        self.head_, self.n_trees_ = found.head, found.n_trees
        rows = sample_rows(
            table.target,
            horizon=horizon,
            until=panel.n_periods,
            most_rows=self.max_rows,
            seed=self.seed,
        )
        self.trees_ = Trees.grow(table, rows, replace(settings, n_estimators=self.n_trees_))
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
        check_fitted(self, "trees_")
        if check_horizon(horizon) > self.max_horizon_:
            raise ArgumentError(
                f"Expected a horizon up to max_horizon={self.max_horizon_}, got {horizon}. Fit "
                f"DirectBoosting(max_horizon={horizon})."
            )
        panel, table = self.panel_, self.table_
        if future is not None:
            panel = panel.with_future(future)
            _warn_of_unused(panel, self.panel_, self.recipe_)
            table = table.with_ahead(panel)
        chosen = panel if skus is None else panel.select(skus)
        series = np.flatnonzero(panel.keys["sku"].isin(set(chosen.skus)))
        _warn_of_unplanned(table, series, horizon)
        mean = self._means(table, series, horizon)
        return Demand(
            keys=chosen.keys,
            calendar=panel.calendar,
            first=panel.first + panel.n_periods,
            law=self.head_.law(mean * sold_ahead(chosen, horizon)),
            attributes=chosen.attributes,
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted model to a folder: LightGBM's text, JSON and arrays, no pickle.

        Parameters
        ----------
        path : path
            The folder; a saved model that is there is replaced.

        Raises
        ------
        ArgumentError
            If the model is not fitted, or `lgb_params` holds what JSON cannot.
        """
        check_fitted(self, "trees_")
        arguments = self.get_params()
        try:
            json.dumps(arguments, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise ArgumentError(f"Expected arguments that JSON can hold: {error}.") from error
        panel = panel_folder.to_folder(self.panel_)
        facts = {
            "arguments": arguments,
            "max_horizon": self.max_horizon_,
            "recipe": self.recipe_.to_facts(),
            "n_trees": self.n_trees_,
            "panel": panel.facts,
        }
        arrays = {**panel.arrays, **self.head_.to_arrays()}
        texts = {"model": self.trees_.to_text()}
        write_folder(path, "direct-boosting", Folder(facts, arrays, panel.tables, texts))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a model that `save` wrote; it forecasts the same, bit for bit.

        Parameters
        ----------
        path : path
            The folder.

        Returns
        -------
        DirectBoosting
            The fitted model.

        Raises
        ------
        DataError
            If the folder is incomplete, changed or no model.
        """
        folder = read_folder(path, "direct-boosting")
        try:
            return cls._from_folder(folder)
        except (ArgumentError, AttributeError, KeyError, TypeError) as error:
            problem = f"its facts are not those of a model: {error}"
            raise DataError(str(path), [problem], "save it again with this c2m") from error

    @classmethod
    def _from_folder(cls, folder: Folder) -> Self:
        facts = folder.facts
        arguments: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in facts["arguments"].items()
        }
        model = cls(**arguments)
        model._check()
        model.max_horizon_ = int(facts["max_horizon"])
        model.recipe_ = Recipe.from_facts(facts["recipe"])
        model.n_trees_ = int(facts["n_trees"])
        model.panel_ = Panel(**panel_folder.from_folder(replace(folder, facts=facts["panel"])))
        model.table_ = FeatureTable.of(model.panel_, model.recipe_)
        model.head_ = CountHead.from_arrays(folder.arrays)
        model.trees_ = Trees.from_text(folder.texts["model"], len(model.table_.names))
        return model

    def _means(self, table: FeatureTable, series: Positions, horizon: int) -> "FloatArray":
        """Return the expected units of some series; the level alone where there is no history."""
        rows = path_rows(series, table.n_periods - 1, horizon)
        mean = self.trees_.means(table, rows, num_threads=self.num_threads)
        without = np.isnan(table.target[series]).all(axis=1)
        if without.any():
            warn(
                f"{without.sum():,} of {len(series):,} series have no known "
                f"{self.recipe_.target!r}: the mean of series like them stands in. Give series "
                "attributes, or leave these out."
            )
            mean = np.where(np.repeat(without, horizon), np.exp(table.log_level(rows)), mean)
        return mean.reshape(len(series), horizon)

    def _settings(self) -> TreeSettings:
        return TreeSettings(
            n_estimators=self.n_estimators,
            num_leaves=self.num_leaves,
            learning_rate=self.learning_rate,
            seed=self.seed,
            num_threads=self.num_threads,
            more=self.lgb_params or {},
        )

    def _check(self) -> int:
        """Refuse arguments out of range, all at once."""
        least = {"n_estimators": 0, "num_leaves": 2, "max_rows": 1, "seed": 0, "num_threads": 1}
        wrong = [
            f"{name}={value!r} (a whole number >= {low})"
            for name, low in {"max_horizon": 1, **least}.items()
            if (value := getattr(self, name)) is not None
            and (not isinstance(value, int | np.integer) or value < low)
        ]
        if not isinstance(self.learning_rate, int | float) or not self.learning_rate > 0:
            wrong.append(f"learning_rate={self.learning_rate!r} (above 0)")
        wrong += forbidden(self.lgb_params or {})
        if wrong:
            raise ArgumentError(f"Expected other arguments than {', '.join(wrong)}.")
        return int(self.max_horizon)


def _warn_of_short_history(panel: Panel, horizon: int) -> None:
    if panel.n_periods == 1:
        warn(
            "The history is one period: there is nothing to learn from, and the smoothed level is "
            "forecast. Pass a longer history."
        )
    elif panel.n_periods <= horizon:
        warn(
            f"The history of {panel.n_periods} periods teaches {panel.n_periods - 1} steps ahead; "
            f"the {horizon - panel.n_periods + 1} steps beyond are forecast like the last of them."
        )


def _warn_of_unused(planned: Panel, fitted: Panel, recipe: Recipe) -> None:
    unused = sorted(set(planned.known) - set(fitted.known) - {*recipe.known, "on_sale"})
    if unused:
        nouns = "channel is" if len(unused) == 1 else "channels are"
        warn(
            f"{len(unused)} planned {nouns} not used, because the model was fitted without "
            f"knowing so ahead: {name_list(unused)}. Name this in known= before the fit."
        )


def _warn_of_unplanned(table: FeatureTable, series: Positions, horizon: int) -> None:
    for name, planned in table.ahead.items():
        ahead = planned[series, table.n_periods : table.n_periods + horizon]
        unknown = len(series) * horizon - int(np.count_nonzero(~np.isnan(ahead)))
        if unknown:
            warn(
                f"{unknown:,} of {len(series) * horizon:,} series-periods have no planned "
                f"{name!r}, which the model was fitted to know: they are forecast as unknown. Pass "
                f"them in future=, or fit with known=() if they will not be planned."
            )
