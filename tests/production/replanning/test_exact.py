"""Small cases against every plan there is."""

import itertools

import numpy as np
import pandas as pd
import pytest

from c2m.production.evaluate import block_values
from c2m.production.plan_production import plan_production, read_problem
from c2m.production.replanning import replan
from c2m.production.replanning.calm import Calm, differ
from c2m.production.replanning.continued import places_of

FIRST = pd.Timestamp("2026-11-23")
STEP = 2


def shop(seed, make_factory):
    """Return paths over four weeks and a factory of one line, two SKUs and lots of two."""
    rng = np.random.default_rng(seed)
    paths = rng.integers(0, 8, (4, 2, 4)).astype(float)
    factory = make_factory(
        2,
        lines={
            "capacity": [float(rng.integers(4, 12))],
            "overtime_limit": [2.0],
            "overtime_cost": [1.0],
        },
        product={"holding_cost": 0.3, "end_value": 1.0},
        routing={
            "setup_cost": rng.uniform(0, 6, 2).round(1),
            "setup_time": rng.choice([0.0, 1.0], 2),
            "lot_multiple": STEP,
            "moq": STEP,
        },
    )
    new = np.maximum(paths + rng.integers(-3, 4, paths.shape), 0)[:, :, 1:]
    stock = pd.DataFrame({"sku": ["S000", "S001"], "on_hand": rng.integers(0, 4, 2) * 1.0})
    return paths[:, :, :3], new, factory, stock


def sizes(problem, plan):
    made = np.zeros((problem.n_items, problem.n_periods), dtype=np.int64)
    for run in plan.runs.itertuples():
        step = (run.period - problem.calendar.labels(problem.first, 1)[0]).days // 7
        if step >= 0:
            made[int(run.sku[1:]), step] = run.quantity
    return made


def best_of_all(problem, calm):
    """Return the most that any plan brings less the cost of its changes."""
    values, loads = [], []
    for item in range(2):
        cells = [range(0, int(most) + 1, STEP) for most in problem.items.most[item]]
        made = np.array(list(itertools.product(*cells)))
        value = np.empty(len(made))
        for row, runs in enumerate(made):
            plan = np.zeros((2, problem.n_periods), dtype=np.int64)
            plan[item] = runs
            value[row] = block_values(problem, plan)[item]
        off = differ(made, calm.old[item]) & calm.counts[item]
        values.append(value - calm.cost * off.sum(axis=1))
        items = problem.items
        loads.append(items.unit_time[item] * made + items.setup_time[item] * (made > 0))
    load = loads[0][:, None] + loads[1][None]
    over = np.maximum(load - problem.regular[0], 0.0).sum(axis=2)
    total = values[0][:, None] + values[1][None] - problem.overtime_cost[0] * over
    return total[(load <= problem.limit[0] + 1e-9).all(axis=2)].max()


@pytest.mark.parametrize(("seed", "cost"), [(12, 8.0), (15, 2.0)])
def test_no_plan_earns_more_after_paying_for_its_changes(seed, cost, fixed_demand, simple_factory):
    before, after, factory, stock = shop(seed, simple_factory)
    plan = plan_production(fixed_demand(before), factory, n_scenarios=4)
    demand = fixed_demand(after, cutoff=FIRST)
    problem, _ = read_problem(demand, factory, stock, None, n_scenarios=4, seed=0)
    counts = np.broadcast_to(np.arange(3) < 2, (2, 3)).copy()
    none = pd.DataFrame({"sku": ["S000"], "ordered": 0.0, "received": 0.0, "due": [FIRST]})
    calm = Calm(sizes(problem, plan), counts, cost, places_of(problem))
    again = replan(
        plan, demand, factory, stock=stock, on_order=none, change_cost=cost, n_scenarios=4
    )
    net = again.expected_profit - again.costs["change_cost"]
    assert net == pytest.approx(best_of_all(problem, calm), abs=1e-6)
    assert net == pytest.approx(calm.net(problem, sizes(problem, again)), abs=1e-6)
