"""Materials come in whole orders: what is left of one is used, or not bought."""

import numpy as np
import pandas as pd
import pytest

import c2m
from c2m.production.bought import orders_of
from c2m.production.evaluate import profit
from c2m.production.limits import broken_limits
from c2m.production.lotsizing.whole_orders import with_whole_orders
from c2m.production.plan_production import read_problem

WEEKS = pd.date_range("2026-11-23", periods=6, freq="7D")


def _demand(units: dict[str, list[int]], n_paths: int = 1) -> c2m.Demand:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        [
            (path, sku, week, size if n_paths == 1 else rng.poisson(size))
            for path in range(n_paths)
            for sku, sizes in units.items()
            for week, size in zip(WEEKS, sizes, strict=False)
        ],
        columns=["path", "sku", "period", "demand"],
    )
    return c2m.Demand.from_frame(frame, freq="W", path="path")


def _factory(
    skus: list[str], *, moq: float, end_value: float, capacity: float = 1e6
) -> c2m.Factory:
    return c2m.Factory.from_frames(
        lines=[c2m.Line("A", capacity=capacity, unit="pieces")],
        products=[c2m.Product(sku, price=20.0, unit_cost=6.0, end_value=end_value) for sku in skus],
        routings=[c2m.Routing(sku, "A") for sku in skus],
        materials=[c2m.Material("CLOTH", unit="m", unit_cost=4.0, moq=moq, lot_multiple=moq)],
        bill_of_materials=pd.DataFrame({"sku": skus, "material": "CLOTH", "quantity": 1.0}),
    )


def test_four_pieces_are_given_up_where_they_would_need_another_hundred_metres() -> None:
    plan = c2m.plan_production(
        _demand({"TEE": [104]}), _factory(["TEE"], moq=100.0, end_value=1.0), n_scenarios=1
    )
    assert plan.runs["quantity"].tolist() == [100]
    assert plan.costs["material_surplus"] == 0.0
    assert plan.expected_profit == pytest.approx(100 * (20 - 6 - 4))


def test_paid_cloth_is_sewn_up_where_what_is_left_is_worth_the_sewing() -> None:
    plan = c2m.plan_production(
        _demand({"TEE": [190]}), _factory(["TEE"], moq=100.0, end_value=7.0), n_scenarios=1
    )
    assert plan.runs["quantity"].sum() == 200
    assert plan.costs["material_surplus"] == 0.0


def test_a_surplus_stays_where_neither_pays() -> None:
    plan = c2m.plan_production(
        _demand({"TEE": [160]}), _factory(["TEE"], moq=100.0, end_value=1.0), n_scenarios=1
    )
    assert plan.runs["quantity"].sum() == 160
    assert plan.costs["material_surplus"] == pytest.approx(40 * 4.0)


@pytest.mark.parametrize("seed", range(6))
def test_it_earns_no_less_and_breaks_no_limit(seed: int) -> None:
    rng = np.random.default_rng(seed)
    skus = [f"S{number}" for number in range(4)]
    units = {sku: rng.integers(5, 60, 6).tolist() for sku in skus}
    factory = _factory(skus, moq=float(rng.integers(40, 400)), end_value=2.0, capacity=150.0)
    problem, _ = read_problem(_demand(units, 20), factory, None, None, n_scenarios=20, seed=0)
    made = np.zeros((problem.n_items, problem.n_periods), dtype=np.int64)
    for item in range(problem.n_items):
        made[item, ::2] = rng.integers(0, 35, 3)
    new = with_whole_orders(problem, made)

    def _worth(plan: np.ndarray) -> float:
        return profit(problem, plan) - sum(orders_of(each, plan).cost for each in problem.bought)

    assert not broken_limits(problem, new)
    assert _worth(new) >= _worth(made)
