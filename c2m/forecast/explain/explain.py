"""From a model's trees to multipliers by group of features."""

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from c2m.errors import ArgumentError
from c2m.forecast.boosting.serving import Question
from c2m.forecast.explain.explanation import Explanation
from c2m.forecast.explain.groups import ON_SALE, RECENT, grouped
from c2m.forecast.features.rows import path_rows
from c2m.forecast.target import sold_ahead

if TYPE_CHECKING:
    from collections.abc import Sequence

    from c2m.forecast.boosting.boosting import DirectBoosting
    from c2m.forecast.features.rows import Rows
    from c2m.forecast.features.running import Positions
    from c2m.forecast.features.table import FeatureTable
    from c2m.forecast.target import FloatArray

_ROWS_AT_ONCE: Final = 4096


def explain(
    model: "DirectBoosting",
    horizon: int,
    *,
    skus: "Sequence[str] | None" = None,
    future: object | None = None,
) -> Explanation:
    """Return the mean of each series and period as a level times multipliers.

    The trees' score is a sum over features (their SHAP values), so the factor that they put on
    the level is a product over groups of features. Work grows with trees x leaves x depth ** 2 a
    row, memory with 4,096 rows x features.

    Parameters
    ----------
    model : DirectBoosting
        A fitted model.
    horizon : int
        How many periods.
    skus : sequence of str, optional
        Which SKUs; all unless given.
    future : DataFrame, optional
        What is planned.

    Returns
    -------
    Explanation
        Whose `mean` is that of `predict`.

    Raises
    ------
    ArgumentError
        As `DirectBoosting.predict`; and if the model learnt with another learner than LightGBM.

    References
    ----------
    Lundberg et al. (2020), "From local explanations to global understanding with explainable AI
    for trees", *Nature Machine Intelligence* 2 (path-dependent TreeSHAP, as LightGBM has it).
    """
    asked = Question.of(model, horizon, future, skus)
    if getattr(model, "learner", None) is not None:
        raise ArgumentError(
            f"Expected a model that learnt with LightGBM, whose trees can be taken apart, got "
            f"learner={model.learner!r}. Fit DirectBoosting without learner=, or see "
            "sklearn.inspection.permutation_importance on the matrix of model.features(...)."
        )
    panel, table, series = asked.panel, asked.table, asked.series
    rows = path_rows(series, table.n_periods - 1, horizon)
    groups, logs = _logs(model, table, rows)
    # a series without history is forecast at its level: the trees are not asked
    logs[np.repeat(table.without_history(series), horizon)] = 0.0
    multipliers = np.exp(logs).reshape(len(series), horizon, len(groups))
    if "on_sale" in panel.known:
        sold = sold_ahead(panel, horizon, series).astype(np.float64)
        groups, multipliers = (*groups, ON_SALE), np.append(multipliers, sold[:, :, None], axis=2)
    level = np.exp(table.log_level(rows)).reshape(len(series), horizon)
    return Explanation(
        keys=panel.keys.iloc[series].reset_index(drop=True),
        calendar=panel.calendar,
        first=panel.first + panel.n_periods,
        groups=groups,
        base=level,
        multipliers=multipliers,
    )


def _logs(
    model: "DirectBoosting", table: "FeatureTable", rows: "Rows"
) -> tuple[tuple[str, ...], "FloatArray"]:
    """Return the groups and the logarithms of their multipliers, shape (n_rows, n_groups)."""
    groups, place = grouped(table.names, model.recipe_)
    logs = np.zeros((len(rows), len(groups)))
    booster = model.trees_.booster
    if booster is None:
        return groups, logs
    for begin in range(0, len(rows), _ROWS_AT_ONCE):
        part = rows.part(begin, begin + _ROWS_AT_ONCE)
        parts = _contributions(booster, table, part, model.num_threads)
        logs[begin : begin + len(part)] = _summed(parts, place, len(groups))
        # what the trees say of everything belongs to no feature: it is the level's
        logs[begin : begin + len(part), groups.index(RECENT)] += parts[:, -1]
    return groups, logs


def _contributions(
    booster: Any, table: "FeatureTable", rows: "Rows", num_threads: int | None
) -> "FloatArray":
    """Return the SHAP values of the features and, last, the expected score."""
    found = booster.predict(table.matrix(rows), pred_contrib=True, num_threads=num_threads or 0)
    return np.asarray(found, dtype=np.float64)  # [R, F + 1]


def _summed(parts: "FloatArray", place: "Positions", n_groups: int) -> "FloatArray":
    return parts[:, :-1] @ np.eye(n_groups)[place]  # [R, G]
