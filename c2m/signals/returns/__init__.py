"""Returns: how many units come back, when, and what is kept."""

from c2m.signals.returns.fit import fit_returns
from c2m.signals.returns.result import Returns

__all__ = ["Returns", "fit_returns"]
