"""What a call of `predict` or `explain` asks a fitted model for, checked and warned of."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from c2m.errors import ArgumentError, warn
from c2m.forecast.params import check_fitted
from c2m.forecast.target import check_horizon
from c2m.frames import name_list

if TYPE_CHECKING:
    from collections.abc import Sequence

    from c2m.forecast.boosting.boosting import DirectBoosting
    from c2m.forecast.features.recipe import Recipe
    from c2m.forecast.features.running import Positions
    from c2m.forecast.features.table import FeatureTable
    from c2m.panel import Panel


@dataclass(frozen=True, eq=False)
class Question:
    """Series and periods that are asked for, and what is known of them.

    Parameters
    ----------
    panel : Panel
        The model's panel, with what is planned beside it.
    table : FeatureTable
        The same, made ready.
    series : ndarray of int, shape (n,)
        Which series.
    horizon : int
        How many periods.
    """

    panel: "Panel"
    table: "FeatureTable"
    series: "Positions"
    horizon: int

    @classmethod
    def of(
        cls,
        model: "DirectBoosting",
        horizon: int,
        future: object | None,
        skus: "Sequence[str] | None",
    ) -> "Question":
        """Check what is asked for.

        Nothing is computed for series that are not asked for, unless a plan is passed.

        Parameters
        ----------
        model : DirectBoosting
            The fitted model.
        horizon : int
            How many periods.
        future : DataFrame, optional
            What is planned.
        skus : sequence of str, optional
            Which SKUs; all unless given.

        Returns
        -------
        Question
            The question.

        Raises
        ------
        ArgumentError
            If the model is not fitted, cannot forecast so far or has no such SKU.

        Warns
        -----
        C2MWarning
            If planned values are missing or not used.
        """
        check_fitted(model, "trees_")
        if check_horizon(horizon) > model.max_horizon_:
            raise ArgumentError(
                f"Expected a horizon up to max_horizon={model.max_horizon_}, got {horizon}. Fit "
                f"DirectBoosting(max_horizon={horizon})."
            )
        panel, table = model.panel_, model.table_
        series = np.arange(panel.n_series) if skus is None else panel.sku_index.rows(skus)
        if future is not None:
            panel = panel.with_future(future)
            _warn_of_unused(panel, model.panel_, model.recipe_)
            table = table.with_ahead(panel)
        _warn_of_unplanned(table, series, horizon)
        return cls(panel, table, series, horizon)


def _warn_of_unused(planned: "Panel", fitted: "Panel", recipe: "Recipe") -> None:
    unused = sorted(set(planned.known) - set(fitted.known) - {*recipe.known, "on_sale"})
    if unused:
        nouns = "channel is" if len(unused) == 1 else "channels are"
        warn(
            f"{len(unused)} planned {nouns} not used, because the model was fitted without "
            f"knowing so ahead: {name_list(unused)}. Name this in known= before the fit."
        )


def _warn_of_unplanned(table: "FeatureTable", series: "Positions", horizon: int) -> None:
    for name, planned in table.ahead.items():
        ahead = planned[series, table.n_periods : table.n_periods + horizon]
        unknown = len(series) * horizon - int(np.count_nonzero(~np.isnan(ahead)))
        if unknown:
            warn(
                f"{unknown:,} of {len(series) * horizon:,} series-periods have no planned "
                f"{name!r}, which the model was fitted to know: they are forecast as unknown. Pass "
                f"them in future=, or fit with known=() if they will not be planned."
            )
