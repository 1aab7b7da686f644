"""Policies that decide what is made: ours, simple ones, and anyone's forecast or plan."""

from c2m.rehearse.policies.given import GivenDemand, GivenPlan
from c2m.rehearse.policies.moving_average import MovingAverageStock
from c2m.rehearse.policies.ours import Ours
from c2m.rehearse.policies.perfect import PerfectInformation
from c2m.rehearse.policies.planning import Planning
from c2m.rehearse.policies.release import release
from c2m.rehearse.policies.reorder_point import ReorderPoint
from c2m.rehearse.policies.what_sold import OrderWhatSold

__all__ = [
    "GivenDemand",
    "GivenPlan",
    "MovingAverageStock",
    "OrderWhatSold",
    "Ours",
    "PerfectInformation",
    "Planning",
    "ReorderPoint",
    "release",
]
