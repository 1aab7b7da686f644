"""What small changes of size have to earn, and what is said of each run that changes."""

import numpy as np
import pandas as pd
import pytest

from c2m.production.plan_production import plan_production
from c2m.production.replanning import replan

FIRST = pd.Timestamp("2026-11-23")


@pytest.fixture(name="again")
def again_fixture(fixed_demand, simple_factory):
    """Return a function that plans one SKU, and plans it again a week later without stock."""

    def plan_again(before, after, change_cost=0.0):
        factory = simple_factory(1, product={"holding_cost": 0.1})
        plan = plan_production(fixed_demand(paths_of(before)), factory, n_scenarios=1)
        later = fixed_demand(paths_of(after), cutoff=FIRST)
        return replan(plan, later, factory, change_cost=change_cost, **nothing_there(["S000"], 0))

    return plan_again


def paths_of(wanted):
    return np.array(wanted, dtype=float).reshape(1, 1, -1)


def nothing_there(skus, on_hand):
    """Return stock, and an order book without lines."""
    book = pd.DataFrame({"sku": ["S000"], "ordered": 0.0, "received": 0.0, "due": [FIRST]})
    return {"stock": pd.DataFrame({"sku": skus, "on_hand": on_hand}), "on_order": book.iloc[:0]}


def test_a_smaller_change_of_size_is_not_charged_and_has_to_earn_as_much(again):
    free = again([30, 30, 30, 30], [40, 32, 30], change_cost=0.15)
    assert free.runs["quantity"].tolist() == [40, 32, 30]
    assert free.changes["charged"].tolist() == [True, False]
    assert free.costs["change_cost"] == 0.15
    for cost, made in ((43.0, [42, 30, 30]), (73.0, [30, 30, 30])):
        plan = again([30, 30, 30, 30], [40, 32, 30], change_cost=cost)
        assert plan.runs["quantity"].tolist() == made, cost


def test_at_a_high_price_no_run_that_still_fits_changes_by_a_unit(random_case, fixed_demand):
    demand, factory = random_case(7, n_skus=5, n_periods=6, n_scenarios=8)
    plan = plan_production(demand, factory, n_scenarios=8, method="heuristic")
    later = fixed_demand(demand.paths[:, :, 1:] * 1.05, cutoff=FIRST)
    told = nothing_there(plan.skus, plan.outlook["stock"][:, 0]) | {"method": "heuristic"}
    assert len(replan(plan, later, factory, **told).changes)
    assert replan(plan, later, factory, change_cost=1e6, **told).changes.empty


def test_a_reason_explains_why_a_run_is_larger_or_smaller(again):
    changes = again([0, 60, 60, 60], [80, 20, 40]).changes
    assert changes[["before", "after"]].to_numpy().tolist() == [[60, 80], [60, 20], [60, 40]]
    larger, *smaller = changes["why"]
    assert larger.startswith("it takes over from another run of the same SKU; its changes alone")
    less = "customers are expected to want 140 instead of 180 till the old plan's end; its changes"
    assert all(why.startswith(less) for why in smaller)
