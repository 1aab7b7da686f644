import itertools

import numpy as np
import pytest

from c2m.production.plan_production import plan_production


def expected(factory, paths, sizes):
    product = factory.products.iloc[0]
    sold = np.minimum(paths[:, :, 0], sizes).mean(axis=0)
    left = sizes - sold
    worth = product["end_value"] - product["holding_cost"]
    lost = paths[:, :, 0].mean(axis=0) - sold
    value = product["price"] * sold + worth * left - product["unit_cost"] * sizes
    return float((value - product["lost_sale_penalty"] * lost).sum())


@pytest.mark.parametrize(
    ("capacity", "overtime"), [(100.0, 0.0), (12.0, 0.0), (8.0, 4.0), (9.0, 50.0)]
)
def test_one_run_a_sku_is_exact(capacity, overtime, fixed_demand, simple_factory):
    paths = np.random.default_rng(1).integers(0, 9, (7, 3, 1)).astype(float)
    factory = simple_factory(
        3,
        lines={"capacity": [capacity], "overtime_limit": [overtime], "overtime_cost": [2.5]},
        product={"holding_cost": 0.5, "lost_sale_penalty": 1.0},
    )
    plan = plan_production(fixed_demand(paths), factory, n_scenarios=7)
    best = -np.inf
    for sizes in itertools.product(range(9), repeat=3):
        extra = max(sum(sizes) - capacity, 0.0)
        if extra <= overtime:
            best = max(best, expected(factory, paths, np.array(sizes)) - 2.5 * extra)
    assert plan.expected_profit == pytest.approx(best)
    assert plan.method == "newsvendor"
    assert plan.bound_kind == "proved"
    assert plan.gap == pytest.approx(0.0, abs=1e-9)


def test_without_scarcity_each_run_is_its_critical_quantile(fixed_demand, simple_factory):
    paths = np.random.default_rng(2).poisson(30, (99, 4, 1)).astype(float)
    plan = plan_production(
        fixed_demand(paths), simple_factory(4, lines={"capacity": [1e6]}), n_scenarios=99
    )
    quantile = np.quantile(paths[:, :, 0], 0.75, axis=0, method="inverted_cdf")
    assert plan.runs["quantity"].tolist() == quantile.tolist()


@pytest.mark.parametrize("seed", range(4))
def test_with_moqs_and_set_ups_the_bound_holds_the_exact_plan(seed, fixed_demand, simple_factory):
    rng = np.random.default_rng(seed)
    paths = rng.poisson(12, (15, 8, 1)).astype(float)
    factory = simple_factory(
        8,
        lines={"capacity": [60.0], "overtime_limit": [10.0], "overtime_cost": [1.0]},
        routing={
            "moq": rng.integers(0, 20, 8),
            "lot_multiple": rng.choice([1, 4], 8),
            "setup_cost": rng.uniform(0, 30, 8),
            "setup_time": rng.uniform(0, 3, 8),
        },
    )
    quick = plan_production(fixed_demand(paths), factory, n_scenarios=15, method="heuristic")
    exact = plan_production(fixed_demand(paths), factory, n_scenarios=15, method="exact")
    assert exact.gap == pytest.approx(0.0, abs=1e-6)
    assert quick.expected_profit <= exact.expected_profit + 1e-6
    assert quick.bound >= exact.expected_profit - 1e-6
    assert quick.expected_profit >= 0.95 * exact.expected_profit
