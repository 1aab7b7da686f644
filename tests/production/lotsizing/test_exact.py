import itertools
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c2m.production.align import align
from c2m.production.lotsizing.exact import nodes_worth
from c2m.production.lotsizing.solution import Solution
from c2m.production.plan_production import plan_production


def simulated_profit(factory, paths, quantity):
    """Return the mean profit of quantity[sku, period] by playing every path, one day at a time."""
    products, routings = factory.products, factory.routings
    line = factory.lines.iloc[0]
    used = (
        routings["unit_time"].to_numpy()[:, None] * quantity
        + routings["setup_time"].to_numpy()[:, None] * (quantity > 0)
    ).sum(axis=0)
    extra = np.maximum(used - line["capacity"], 0.0)
    if np.any(extra > line["overtime_limit"] + 1e-9):
        return -np.inf
    fixed = (routings["setup_cost"].to_numpy()[:, None] * (quantity > 0)).sum()
    fixed += line["overtime_cost"] * extra.sum()
    fixed += (products["unit_cost"].to_numpy() * quantity.sum(axis=1)).sum()
    total = 0.0
    for path in paths:
        for row, product in enumerate(products.itertuples()):
            stock = 0.0
            lead = routings["lead_time_periods"].iloc[row]
            for period in range(quantity.shape[1]):
                stock += quantity[row, period - lead] if period >= lead else 0
                sold = min(stock, path[row, period])
                stock -= sold
                total += product.price * sold - product.holding_cost * stock
                total -= product.lost_sale_penalty * (path[row, period] - sold)
            total += product.end_value * stock
    return total / len(paths) - fixed


def best_by_enumeration(factory, paths):
    """Try every run size of every SKU in every period."""
    n_periods = paths.shape[2]

    @cache
    def sizes(row):
        routing = factory.routings.iloc[row]
        limit = factory.lines["capacity"].iloc[0] + factory.lines["overtime_limit"].iloc[0]
        most = (limit - routing["setup_time"]) / routing["unit_time"]
        lots = range(int(routing["moq"]), int(min(most, routing["max_lot"])) + 1)
        some = [lot for lot in lots if lot > 0 and lot % routing["lot_multiple"] == 0]
        return [0, *some]

    best = -np.inf
    choices = [sizes(row) for row in range(len(factory.routings)) for _ in range(n_periods)]
    for flat in itertools.product(*choices):
        quantity = np.array(flat, dtype=float).reshape(len(factory.routings), n_periods)
        best = max(best, simulated_profit(factory, paths, quantity))
    return best


def quantities(plan):
    made = np.zeros((len(plan.skus), plan.n_periods))
    for run in plan.runs.itertuples():
        made[plan.skus.index(run.sku), plan.periods.get_loc(run.period)] += run.quantity
    return made


CASES = {
    "overtime": {
        "lines": {"capacity": [2.0], "overtime_limit": [1.0], "overtime_cost": [3.0]},
        "routing": {"setup_cost": [2.0, 5.0]},
    },
    "set-up time and minutes": {
        "lines": {"capacity": [6.0], "unit": ["minutes"]},
        "routing": {"unit_time": [1.0, 1.5], "setup_time": [1.0, 2.0]},
    },
    "moq and multiples": {
        "lines": {"capacity": [8.0]},
        "routing": {"moq": [3, 0], "lot_multiple": [1, 4], "max_lot": [5.0, 8.0]},
    },
    "lead time and holding": {
        "lines": {"capacity": [3.0]},
        "product": {"holding_cost": [0.5, 1.0], "lost_sale_penalty": [2.0, 0.0]},
        "routing": {"lead_time_periods": [1, 0], "setup_cost": [3.0, 3.0]},
    },
}


@pytest.mark.parametrize("name", CASES)
def test_tiny_cases_equal_brute_force(name, fixed_demand, simple_factory):
    rng = np.random.default_rng(len(name))
    paths = rng.integers(0, 5, (2, 2, 3)).astype(float)
    factory = simple_factory(2, **CASES[name])
    plan = plan_production(fixed_demand(paths), factory, n_scenarios=2, method="exact")
    assert plan.expected_profit == pytest.approx(best_by_enumeration(factory, paths))
    assert plan.bound_kind == "proved"
    assert plan.gap == pytest.approx(0.0, abs=1e-6)
    assert simulated_profit(factory, paths, quantities(plan)) == pytest.approx(plan.expected_profit)


def test_one_known_path_with_plenty_of_capacity_is_wagner_whitin(fixed_demand, simple_factory):
    demand = np.array([[[90.0, 120.0, 80.0, 70.0]]])
    factory = simple_factory(
        1,
        lines={"capacity": [10_000.0]},
        product={"price": [1_000.0], "unit_cost": [0.0], "end_value": [0.0], "holding_cost": [2.0]},
        routing={"setup_cost": [500.0]},
    )
    plan = plan_production(fixed_demand(demand), factory, n_scenarios=1, method="exact")
    assert plan.costs["setup"] + plan.costs["holding"] == pytest.approx(1380.0)
    assert plan.runs["quantity"].tolist() == [210, 150]


@settings(max_examples=6, deadline=None)
@given(
    demand=st.lists(st.integers(0, 9), min_size=12, max_size=12),
    capacity=st.integers(0, 12),
    more=st.integers(1, 6),
    moq=st.integers(0, 4),
)
def test_more_capacity_never_costs_more(demand, capacity, more, moq, request):
    fixed_demand = request.getfixturevalue("fixed_demand")
    simple_factory = request.getfixturevalue("simple_factory")
    paths = np.array(demand, dtype=float).reshape(2, 2, 3)
    profits = []
    for hours in (capacity, capacity + more):
        factory = simple_factory(
            2,
            lines={"capacity": [float(hours + 5)]},
            routing={"moq": [moq, 1], "setup_cost": [4.0, 1.0], "setup_time": [1.0, 0.0]},
        )
        plan = plan_production(fixed_demand(paths), factory, n_scenarios=2, method="exact")
        profits.append(plan.expected_profit)
    assert profits[1] >= profits[0] - 1e-6


def test_groups_and_prepacks_equal_brute_force(fixed_demand, simple_factory):
    paths = np.array([[[3.0, 4.0], [2.0, 5.0], [4.0, 1.0]], [[6.0, 2.0], [1.0, 2.0], [3.0, 3.0]]])
    factory = simple_factory(
        3,
        lines={"capacity": [30.0]},
        routing={"setup_cost": [1.0, 1.0, 1.0]},
        groups=pd.DataFrame({"sku": ["S000", "S001"], "group": "G"}),
        prepacks=pd.DataFrame({"prepack": "P", "sku": ["S001", "S002"], "units": [1, 2]}),
        limits=pd.DataFrame(
            {"scope": ["group"], "name": ["G"], "moq": [4], "lot_multiple": [2], "setup_cost": 3.0}
        ),
    )
    best = -np.inf
    for first, second, packs, more in itertools.product(range(12), range(12), range(7), range(7)):
        sums = [first + packs, second + more]
        if any(total and (total < 4 or total % 2) for total in sums):
            continue
        made = np.array([[first, second], [packs, more], [2 * packs, 2 * more]], dtype=float)
        if np.any(made.sum(axis=0) > 30):
            continue
        extra = 3.0 * sum(total > 0 for total in sums)
        best = max(best, simulated_profit(factory, paths, made) - extra)
    plan = plan_production(fixed_demand(paths), factory, n_scenarios=2, method="exact")
    assert plan.expected_profit == pytest.approx(best)


def test_a_medium_plan_that_is_not_proved_is_bettered_without_being_asked(random_case):
    demand, factory = random_case(3, n_skus=4, n_periods=6, n_scenarios=2, n_lines=2)
    quick, auto = (
        plan_production(demand, factory, n_scenarios=2, method=method)
        for method in ("heuristic", "auto")
    )
    assert auto.method == "exact"
    assert auto.expected_profit > 1.005 * quick.expected_profit


def test_nodes_are_spent_where_the_best_is_not_proved_and_the_case_is_not_large(random_case):
    def _nodes(n_periods, gap, *, proved=True):
        demand, factory = random_case(0, n_skus=4, n_periods=n_periods, n_scenarios=2)
        nothing = np.zeros(4), np.zeros((4, n_periods))
        problem = align(demand, factory, *nothing, n_scenarios=2, seed=0)
        made = np.zeros_like(problem.items.most)
        found = Solution(made, 100.0 - gap, problem.regular, 100.0, proved, "", "")
        return nodes_worth(problem, found)

    assert _nodes(4, 0.0) == 0 < _nodes(4, 0.0, proved=False)
    assert _nodes(20, 0.1) == 0 < _nodes(20, 1.0) < _nodes(4, 1.0)
    assert _nodes(20, 0.0, proved=False) > 0
    assert _nodes(40, 50.0) == 0
