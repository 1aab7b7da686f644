"""Plans side by side, runs that a person sets, and what another factory would mean."""

from c2m.production.what_if.compare import Comparison, compare
from c2m.production.what_if.recost import recost
from c2m.production.what_if.what_if import WhatIf, what_if

__all__ = ["Comparison", "WhatIf", "compare", "recost", "what_if"]
