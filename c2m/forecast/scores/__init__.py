"""Scores of forecasts. error = forecast - actual: positive is too much.

Every function takes arrays of units and skips what is unknown (NaN) in `actual` or `forecast`.
A score over nothing known is NaN.
"""

from c2m.forecast.scores.counts import (
    calibration_error,
    count_probability,
    pit_coverage,
    pit_reach,
    probabilities,
    randomised_pit,
    stretch_coverage,
)
from c2m.forecast.scores.distribution import (
    crps_negative_binomial,
    crps_paths,
    crps_quantiles,
)
from c2m.forecast.scores.groupings import M5_LEVELS, Groupings, revenue
from c2m.forecast.scores.hierarchical import (
    M5_QUANTILES,
    group_quantiles,
    level_rmsse,
    level_spl,
    wrmsse,
    wspl,
)
from c2m.forecast.scores.point import (
    bias,
    poisson_deviance,
    total_error,
    tweedie_deviance,
    wape,
)
from c2m.forecast.scores.quantile import (
    coverage,
    interval_score,
    lead_time_pinball,
    pinball,
    weighted_quantile_loss,
)
from c2m.forecast.scores.scaled import mase, naive_error, rmsse, scaled_quantile_loss
from c2m.forecast.scores.stability import forecast_change

__all__ = [
    "M5_LEVELS",
    "M5_QUANTILES",
    "Groupings",
    "bias",
    "calibration_error",
    "count_probability",
    "coverage",
    "crps_negative_binomial",
    "crps_paths",
    "crps_quantiles",
    "forecast_change",
    "group_quantiles",
    "interval_score",
    "lead_time_pinball",
    "level_rmsse",
    "level_spl",
    "mase",
    "naive_error",
    "pinball",
    "pit_coverage",
    "pit_reach",
    "poisson_deviance",
    "probabilities",
    "randomised_pit",
    "revenue",
    "rmsse",
    "scaled_quantile_loss",
    "stretch_coverage",
    "total_error",
    "tweedie_deviance",
    "wape",
    "weighted_quantile_loss",
    "wrmsse",
    "wspl",
]
