"""Run sizes for one selling period: by samples or a law, alone or sharing a line.

``sizes`` holds the functions that people call, ``laws`` the closed forms. ``samples`` puts
scenarios in order, ``blocks`` keeps only what is near the price where there are many SKUs,
``price`` finds the price of capacity. ``lots`` are limits of runs, ``moves`` shares out what they
leave. ``arguments`` checks what callers give.
"""

from c2m.production.newsvendor.laws import (
    discrete_run_sizes,
    lognormal_run_sizes,
    normal_run_sizes,
    poisson_run_sizes,
)
from c2m.production.newsvendor.sizes import (
    RunSizes,
    SharedRunSizes,
    capacitated_run_sizes,
    critical_ratio,
    run_sizes,
)

__all__ = [
    "RunSizes",
    "SharedRunSizes",
    "capacitated_run_sizes",
    "critical_ratio",
    "discrete_run_sizes",
    "lognormal_run_sizes",
    "normal_run_sizes",
    "poisson_run_sizes",
    "run_sizes",
]
