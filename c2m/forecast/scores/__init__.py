"""Scores of forecasts. error = forecast - actual: positive is too much."""

from c2m.forecast.scores.scores import (
    bias,
    coverage,
    mase,
    pinball,
    pit_coverage,
    poisson_deviance,
    rmsse,
    total_error,
    wape,
    weighted_quantile_loss,
)

__all__ = [
    "bias",
    "coverage",
    "mase",
    "pinball",
    "pit_coverage",
    "poisson_deviance",
    "rmsse",
    "total_error",
    "wape",
    "weighted_quantile_loss",
]
