"""Laws of demand over a horizon: marginals, totals and joint paths."""

from c2m.distribution.curves import QuantileCurves
from c2m.distribution.gamma_poisson import GammaPoisson
from c2m.distribution.law import Law
from c2m.distribution.level_sets import LevelSets
from c2m.distribution.paths import PathSet
from c2m.distribution.shared import Shared

__all__ = ["GammaPoisson", "Law", "LevelSets", "PathSet", "QuantileCurves", "Shared"]
