"""From demand and a factory to what is made, on which line and when."""

from c2m.production.allocation import Allocation, allocate, compare_reserves, push_list
from c2m.production.changeovers import SlotSchedule, schedule_slots
from c2m.production.factory import (
    Budget,
    Factory,
    Group,
    GroupCapacity,
    Lane,
    Limit,
    Line,
    Markdown,
    Material,
    MaterialOrder,
    MaterialUse,
    Policy,
    Prepack,
    PriceBreak,
    Product,
    Rate,
    Routing,
    SetupFamily,
    Shutdown,
)
from c2m.production.lotsizing import LotSizes, wagner_whitin
from c2m.production.newsvendor import (
    RunSizes,
    SharedRunSizes,
    capacitated_run_sizes,
    run_sizes,
)
from c2m.production.plan_production import plan_production
from c2m.production.replanning import replan
from c2m.production.response import (
    BatchTerms,
    Season,
    SecondSizes,
    TwoRuns,
    cost_of_first_run,
    judge_test_batch,
    size_second_run,
    size_test_batch,
    size_two_runs,
)
from c2m.production.what_if import Comparison, WhatIf, compare, recost, what_if

__all__ = [
    "Allocation",
    "BatchTerms",
    "Budget",
    "Comparison",
    "Factory",
    "Group",
    "GroupCapacity",
    "Lane",
    "Limit",
    "Line",
    "LotSizes",
    "Markdown",
    "Material",
    "MaterialOrder",
    "MaterialUse",
    "Policy",
    "Prepack",
    "PriceBreak",
    "Product",
    "Rate",
    "Routing",
    "RunSizes",
    "Season",
    "SecondSizes",
    "SetupFamily",
    "SharedRunSizes",
    "Shutdown",
    "SlotSchedule",
    "TwoRuns",
    "WhatIf",
    "allocate",
    "capacitated_run_sizes",
    "compare",
    "compare_reserves",
    "cost_of_first_run",
    "judge_test_batch",
    "plan_production",
    "push_list",
    "recost",
    "replan",
    "run_sizes",
    "schedule_slots",
    "size_second_run",
    "size_test_batch",
    "size_two_runs",
    "wagner_whitin",
    "what_if",
]


def __dir__() -> list[str]:
    return sorted(__all__)
