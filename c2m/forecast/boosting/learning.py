"""How `DirectBoosting` learns: its arguments, its features, its rows."""

from typing import TYPE_CHECKING

import numpy as np

from c2m.errors import ArgumentError, warn
from c2m.forecast.boosting.calibration import Windows
from c2m.forecast.boosting.lesson import Lesson
from c2m.forecast.features.recipe import settle_recipe
from c2m.forecast.features.rows import Rows, sample_rows
from c2m.forecast.features.table import FeatureTable
from c2m.forecast.heads.labels import labels_of
from c2m.forecast.target import check_target, observed_single
from c2m.forecast.trees.learner import check_learner
from c2m.forecast.trees.lgb_parameters import forbidden
from c2m.forecast.trees.settings import TreeSettings

if TYPE_CHECKING:
    from c2m.forecast.boosting.boosting import DirectBoosting
    from c2m.panel import Panel


def learn(model: "DirectBoosting", panel: "Panel") -> None:
    """Set the fitted attributes of a model.

    Parameters
    ----------
    model : DirectBoosting
        The model.
    panel : Panel
        What was known at its cutoff.
    """
    horizon = check_arguments(model)
    model.max_horizon_ = horizon
    model.recipe_ = recipe = settle_recipe(
        panel,
        horizon=horizon,
        target=model.target,
        signals=model.signals,
        known=model.known,
        seasonality=model.seasonality,
    )
    model.panel_ = panel
    model.table_ = table = FeatureTable.of(panel, recipe)
    seen = table.target
    if np.isnan(seen).all():  # what is known may lie before the kept periods
        seen = observed_single(panel, recipe.target)
    check_target(panel, seen, recipe.target)
    _warn_of_short_history(panel, horizon)
    groups = labels_of(panel.keys, panel.attributes)
    lesson = Lesson(
        table,
        learning_rows(model),
        Windows.of(table.n_periods, horizon),
        horizon,
        _tree_settings(model),
        groups,
    )
    found, model.trees_ = lesson.learn()
    model.head_, model.n_trees_ = found.head, found.n_trees
    model.groups_ = {name: groups[name] for name in found.head.groupings}


def learning_rows(model: "DirectBoosting") -> Rows:
    """Return the rows that the trees of a model learn from.

    Parameters
    ----------
    model : DirectBoosting
        A model with a table.

    Returns
    -------
    Rows
        See `sample_rows`.
    """
    table = model.table_
    return sample_rows(
        table.target,
        horizon=model.max_horizon_,
        until=table.n_periods,
        most_rows=model.max_rows,
        seed=model.seed,
        earliest=table.earliest,
    )


def check_arguments(model: "DirectBoosting") -> int:
    """Refuse arguments out of range, all at once.

    Parameters
    ----------
    model : DirectBoosting
        The model.

    Returns
    -------
    int
        Its largest horizon.

    Raises
    ------
    ArgumentError
        If any argument is out of range.
    """
    least = {"n_estimators": 0, "num_leaves": 2, "max_rows": 1, "seed": 0, "num_threads": 1}
    wrong = [
        f"{name}={value!r} (a whole number >= {low})"
        for name, low in {"max_horizon": 1, **least}.items()
        if (value := getattr(model, name)) is not None
        and (not isinstance(value, int | np.integer) or value < low)
    ]
    if not isinstance(model.learning_rate, int | float) or not model.learning_rate > 0:
        wrong.append(f"learning_rate={model.learning_rate!r} (above 0)")
    wrong += forbidden(model.lgb_params or {}) + check_learner(model.learner)
    if model.learner is not None and model.lgb_params:
        wrong.append("lgb_params beside learner= (set them in the learner)")
    if wrong:
        raise ArgumentError(f"Expected other arguments than {', '.join(wrong)}.")
    return int(model.max_horizon)


def _tree_settings(model: "DirectBoosting") -> TreeSettings:
    return TreeSettings(
        n_estimators=model.n_estimators if model.learner is None else 1,
        num_leaves=model.num_leaves,
        learning_rate=model.learning_rate,
        seed=model.seed,
        num_threads=model.num_threads,
        more=model.lgb_params or {},
        learner=model.learner,
    )


def _warn_of_short_history(panel: "Panel", horizon: int) -> None:
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
