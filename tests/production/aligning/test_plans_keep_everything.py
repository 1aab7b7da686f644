"""Plans of drawn factories, checked with nothing but the tables that went in."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from c2m.production import plan_production
from c2m.production.factory import (
    Budget,
    Factory,
    GroupCapacity,
    Lane,
    Limit,
    Line,
    Material,
    MaterialOrder,
    MaterialUse,
    Policy,
    PriceBreak,
    Product,
    Rate,
    Routing,
)

MONDAY = date(2026, 11, 23)
WEEKS = 4
SKUS = ["S000", "S001", "S002"]


def drawn(seed):
    rng = np.random.default_rng(seed)
    lanes = [Lane("P", "sea", 0.3, 2, 0.1, currency="USD"), Lane("P", "air", 1.5, 1, 4.0)]
    lanes.append(Lane("*", "road"))
    setup = {"L1": 5.0, "L2": 0.5}
    return Factory.from_frames(
        lines=[Line("L1", 90.0, "minutes", 20.0, 1.0, plant="P"), Line("L2", 6.0, "dozens")],
        products=[Product(sku, 20.0, 6.0, 3.0, 0.05, department="D") for sku in SKUS],
        routings=[
            Routing(sku, line, float(rng.uniform(0.5, 2)), setup[line], 4.0,
                    int(rng.integers(0, 12)), int(rng.integers(1, 4)),
                    float(rng.choice([40, np.inf])), currency="USD",
                    yield_share=float(rng.choice([0.9, 1.0])))
            for sku in SKUS for line in ("L1", "L2")
        ],
        groups=pd.DataFrame({"sku": SKUS[:2], "group": "G"}),
        limits=[Limit("group", "G", "+", max_lot=float(rng.integers(30, 60)))],
        group_capacities=[GroupCapacity("G", float(rng.integers(20, 40)), "pieces", "L1")],
        price_breaks=[PriceBreak("S000", "*", 0, 8.0), PriceBreak("S000", "*", 25, 7.0)],
        materials=[Material("F", "m", float(rng.integers(20, 60)), 0.5, lead_time_periods=3)],
        material_orders=[MaterialOrder("F", MONDAY + timedelta(7), 30.0)],
        bill_of_materials=[MaterialUse("S001", "F", 1.5), MaterialUse("S002", "F", 2.0)],
        lanes=lanes if rng.random() < 0.7 else None,
        budgets=[Budget("D", MONDAY, MONDAY + timedelta(13), float(rng.integers(150, 600)))],
        rates=[Rate("USD", MONDAY, 0.9), Rate("USD", MONDAY + timedelta(14), 0.8)],
        currency="EUR",
        policy=Policy(frozen_periods=int(rng.integers(0, 2))),
    )  # fmt: skip


def step_of(period):
    return (pd.Timestamp(period).date() - MONDAY).days // 7


def rows(frame):
    return list(frame.itertuples())


def spent(factory, runs):
    """Return what each run costs, by kind, from the tables."""
    quantity = runs.groupby(["sku", "line", "period"])["quantity"].transform("sum")
    kinds = {"production": [], "transport": [], "material": []}
    uses = {use.sku: use.quantity for use in rows(factory.bill_of_materials)}
    lanes = {lane.mode: lane for lane in rows(factory.lanes)}
    for run, whole in zip(rows(runs), quantity, strict=True):
        rate = 0.9 if step_of(run.period) < 2 else 0.8
        unit = (7.0 if whole >= 25 else 8.0) * rate if run.sku == "S000" else 6.0
        lane = lanes.get(run.mode)
        way = 0.0 if lane is None else lane.transport_cost * (rate if run.mode == "sea" else 1.0)
        kinds["production"].append(unit * run.quantity)
        kinds["transport"].append(way * run.good_quantity)
        kinds["material"].append(0.5 * uses.get(run.sku, 0.0) * run.quantity)
    return {kind: np.array(money) for kind, money in kinds.items()}


def budgeted(factory, runs):
    """Return what each run takes of a budget."""
    setups = 4.0 * 0.9 if factory.lanes.empty else 0.0  # those that modes share are not counted
    return sum(spent(factory, runs).values()) + setups - 1e-6


def broken(factory, runs):
    """Name the limits that the runs break."""
    found = []
    whole = runs.groupby(["sku", "line", "period"])["quantity"].sum()
    routings = factory.routings.set_index(["sku", "line"])
    for (sku, line, _), quantity in whole.items():
        routing = routings.loc[(sku, line)]
        fits = routing["moq"] <= quantity <= routing["max_lot"]
        if not fits or quantity % routing["lot_multiple"]:
            found.append(f"{sku} on {line}: {quantity}")
    step = runs["period"].map(step_of)
    group = runs[runs["sku"].isin(SKUS[:2])]
    (limit,), (capacity,) = rows(factory.limits), rows(factory.group_capacities)
    if (group.groupby("period")["quantity"].sum() > limit.max_lot).any():
        found.append("the group on all lines")
    on_l1 = group[group["line"] == "L1"].groupby("period")["quantity"].sum()
    if (on_l1 > capacity.capacity + 1e-9).any():
        found.append("the group's capacity")
    metres = runs["sku"].map({"S000": 0.0, "S001": 1.5, "S002": 2.0}) * runs["quantity"]
    there = factory.materials["on_hand"].iloc[0] + 30.0 * np.minimum(np.arange(3), 1)
    used = [metres[step <= week].sum() for week in range(3)]  # an order takes three weeks
    if (np.array(used) > there + 1e-9).any():
        found.append("material")
    if budgeted(factory, runs)[(step < 2).to_numpy()].sum() > factory.budgets["amount"].iloc[0]:
        found.append("budget")
    if (step < factory.policy.frozen_periods).any():
        found.append("frozen periods")
    return found


@pytest.mark.filterwarnings("ignore:Budgets do not count")
@pytest.mark.parametrize("seed", range(2))
def test_plans_keep_every_limit_and_state_what_they_cost(seed, fixed_demand):
    factory = drawn(seed)
    paths = np.random.default_rng(seed).poisson(14.0, (3, 3, WEEKS))
    plan = plan_production(fixed_demand(paths, SKUS), factory, n_scenarios=3, method="heuristic")
    runs = plan.runs
    assert len(runs) > 0
    assert broken(factory, runs) == []
    shares = factory.routings.set_index(["sku", "line"])["yield_share"]
    good = [shares[run.sku, run.line] * run.quantity for run in rows(runs)]
    np.testing.assert_allclose(runs["good_quantity"], good)
    for kind, money in spent(factory, runs).items():
        assert plan.costs.get(kind, 0.0) == pytest.approx(money.sum()), kind
