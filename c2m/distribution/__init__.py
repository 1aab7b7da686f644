"""Laws of demand over a horizon: marginals, totals and joint paths."""

from c2m.distribution.curves import QuantileCurves
from c2m.distribution.gamma_poisson import GammaPoisson
from c2m.distribution.law import Law
from c2m.distribution.paths import PathSet

__all__ = ["GammaPoisson", "Law", "PathSet", "QuantileCurves"]
