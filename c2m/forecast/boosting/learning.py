"""How `DirectBoosting` learns: arguments, rows, held-out cutoffs, trees."""

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from c2m.errors import ArgumentError, warn
from c2m.forecast.boosting.calibration import calibrate
from c2m.forecast.features.recipe import settle_recipe
from c2m.forecast.features.rows import Rows, sample_rows
from c2m.forecast.features.table import FeatureTable
from c2m.forecast.heads.labels import labels_of
from c2m.forecast.target import check_target, observed_single
from c2m.forecast.trees.learner import check_learner
from c2m.forecast.trees.lgb_parameters import forbidden, main_names
from c2m.forecast.trees.trees import Trees, TreeSettings

if TYPE_CHECKING:
    from c2m.forecast.boosting.boosting import DirectBoosting
    from c2m.panel import Panel

_CALIBRATION_SHARE: Final = 0.25
_LEAST_CALIBRATION_ROWS: Final = 60_000
_FEW_ROWS: Final = 100_000
"""From so many learning rows on, the trees that are held against past cutoffs learn from a share
of them: they would cost as much as the final ones."""

_MANY_ROWS: Final = 120_000
"""From so many learning rows on all trees are used. On 3,000 simulated daily series (290,000 rows,
two cutoffs) the likelihood of held-out periods took a quarter of 200 trees: WRMSSE was 5 % larger
than with all, the error of the total a fifth, at series level the same."""


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
    settings = _tree_settings(model)
    rows = learning_rows(model)
    all_trees = model.learner is None and len(rows) >= _MANY_ROWS
    found = calibrate(
        table,
        horizon=horizon,
        most_rows=_calibration_rows(len(rows)),
        settings=_fewer_trees(settings) if all_trees else settings,
        all_trees=all_trees,
        groups=labels_of(panel.keys, panel.attributes),
    )
    model.head_ = found.head
    model.n_trees_ = settings.n_estimators if all_trees else found.n_trees
    model.trees_ = Trees.grow(table, rows, replace(settings, n_estimators=model.n_trees_))


def _fewer_trees(settings: TreeSettings) -> TreeSettings:
    """Return settings for the trees that only tell how far forecasts fall from what comes.

    Half the trees that weigh twice as much err as much, in half the time.
    """
    more = main_names(settings.more)
    rate = more.pop("learning_rate", settings.learning_rate)
    return replace(
        settings,
        n_estimators=-(-settings.n_estimators // 2),
        learning_rate=2 * rate,
        more=more,
    )


def _calibration_rows(n_rows: int) -> int:
    if n_rows <= _FEW_ROWS:
        return max(n_rows, 1)
    return max(round(_CALIBRATION_SHARE * n_rows), _LEAST_CALIBRATION_ROWS)


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
