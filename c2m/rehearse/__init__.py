"""The whole loop, rehearsed on history, to see what it would have cost."""

from c2m.rehearse.policies import (
    GivenDemand,
    GivenPlan,
    MovingAverageStock,
    OrderWhatSold,
    Ours,
    PerfectInformation,
    Planning,
    ReorderPoint,
    release,
)
from c2m.rehearse.policy import Known, Policy
from c2m.rehearse.rehearsal import Rehearsal
from c2m.rehearse.rehearse import rehearse
from c2m.rehearse.saving import Saving

__all__ = [
    "GivenDemand",
    "GivenPlan",
    "Known",
    "MovingAverageStock",
    "OrderWhatSold",
    "Ours",
    "PerfectInformation",
    "Planning",
    "Policy",
    "Rehearsal",
    "ReorderPoint",
    "Saving",
    "rehearse",
    "release",
]


def __dir__() -> list[str]:
    return sorted(__all__)
