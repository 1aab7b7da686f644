from datetime import date

import numpy as np
import pandas as pd
import pytest

from c2m.errors import C2MWarning
from c2m.production import evaluate, plan_production
from c2m.production.align import align
from c2m.production.factory import (
    Budget,
    GroupCapacity,
    Lane,
    Markdown,
    Material,
    MaterialOrder,
    MaterialUse,
    Prepack,
    SetupFamily,
    Shutdown,
)
from c2m.production.limits import allowance_usage
from c2m.production.supply import late_orders, read_on_order

WEEKS = 6  # from Monday 2026-11-23 on
GROUP = pd.DataFrame({"sku": ["S000", "S001"], "group": "G"})


@pytest.fixture
def aligned(fixed_demand, simple_factory):
    def _aligned(n_skus=2, **tables):
        factory = simple_factory(n_skus, **tables)
        demand = fixed_demand(np.full((2, n_skus, WEEKS), 10.0))
        nothing = np.zeros((n_skus, WEEKS))
        return align(demand, factory, nothing[:, 0], nothing, n_scenarios=2, seed=0)

    return _aligned


def fabric(**more):
    return {
        "materials": [Material("FABRIC", "m", **more)],
        "bill_of_materials": [
            MaterialUse("S000", "FABRIC", 2.0),
            MaterialUse("S001", "FABRIC", 3.0),
        ],
    }


def test_runs_before_bought_material_is_there_take_what_is_on_hand(aligned):
    problem = aligned(**fabric(on_hand=40.0, unit_cost=1.5, lead_time_periods=3))
    (limit,) = problem.allowances
    assert (limit.kind, limit.name, limit.unit, limit.amount) == ("material", "FABRIC", "m", 40.0)
    assert (limit.first, limit.last) == (0, 2)
    made = np.zeros((2, WEEKS), dtype=np.int64)
    made[0, 0], made[1, 2], made[1, 3] = 5, 4, 100
    assert allowance_usage(problem, made).tolist() == [5 * 2 + 4 * 3]
    np.testing.assert_allclose(problem.items.extra, [[3.0] * WEEKS, [4.5] * WEEKS])
    np.testing.assert_allclose(problem.extra_parts["material"], problem.items.extra)


def test_material_that_is_bought_at_once_limits_nothing(aligned):
    problem = aligned(**fabric(unit_cost=1.0))
    assert problem.allowances == ()
    assert problem.bought[0].last_order == WEEKS - 1


def test_after_its_day_of_commitment_there_is_only_what_comes_anyway(aligned):
    orders = [
        MaterialOrder("FABRIC", date(2026, 11, 30), 20.0),  # a Monday: that week can use it
        MaterialOrder("FABRIC", date(2026, 12, 8), 7.0),  # a Tuesday: the week after
        MaterialOrder("FABRIC", date(2027, 6, 1), 99.0),
    ]
    tables = fabric(on_hand=10.0, commit_by=date(2026, 11, 22))
    problem = aligned(**tables, material_orders=orders)
    assert [(limit.last, limit.amount) for limit in problem.allowances] == [
        (0, 10.0),
        (2, 30.0),
        (5, 37.0),
    ]
    assert problem.bought[0].last_order == -1
    later = aligned(**fabric(on_hand=10.0, lead_time_periods=2, commit_by=date(2026, 12, 3)))
    assert later.bought[0].last_order == 1
    assert [(limit.last, limit.amount) for limit in later.allowances] == [(1, 10.0)]


def test_units_that_turn_out_bad_take_material_as_well(aligned):
    problem = aligned(routing={"yield_share": 0.5}, **fabric(on_hand=9.0, lead_time_periods=9))
    assert problem.allowances[-1].weights.tolist() == [2.0, 3.0]


def test_a_budget_pays_for_the_periods_that_start_in_its_days(aligned):
    problem = aligned(
        product={"department": ["COATS", None]},
        routing={"yield_share": 0.8},
        lanes=[Lane("*", "sea", 0.5)],
        budgets=[
            Budget("COATS", date(2026, 11, 24), date(2026, 12, 14), 100.0),
            Budget("*", date(2026, 11, 1), date(2026, 11, 23), 70.0),
            Budget("COATS", date(2027, 11, 1), date(2027, 11, 30), 9.0),
        ],
        currency="EUR",
    )
    coats, everything = problem.allowances
    assert (coats.name, coats.kind, coats.unit) == ("COATS from 2026-11-24", "budget", "EUR")
    assert (coats.items.tolist(), coats.first, coats.last) == ([0], 1, 3)
    np.testing.assert_allclose(coats.weights, 4.0 + 0.8 * 0.5)
    assert everything.name == "all products from 2026-11-01"
    assert (everything.items.tolist(), everything.first, everything.last) == ([0, 1], 0, 0)


def test_what_a_budget_counts_is_what_the_plan_pays(aligned):
    problem = aligned(
        routing={"yield_share": 0.9, "setup_cost": 5.0},
        budgets=[Budget("*", date(2026, 1, 1), date(2027, 12, 31), 1e9)],
        lanes=[Lane("*", "sea", 0.5)],
        **fabric(unit_cost=1.5),
    )
    made = np.random.default_rng(0).integers(0, 9, (2, WEEKS))
    cumulative = evaluate.arrivals(problem, made).cumsum(axis=1)
    lost = evaluate.lost_so_far(problem, cumulative)
    paid = evaluate.money(problem, cumulative, lost).production.sum()
    paid += evaluate.extra_paid(problem, made).sum() + 5.0 * np.count_nonzero(made)
    assert allowance_usage(problem, made)[0] == pytest.approx(paid)


def test_departments_share_the_set_up_of_a_pre_pack_by_its_pieces(aligned):
    problem = aligned(
        product={"department": ["COATS", "SOCKS"]},
        routing={"setup_cost": 4.0},
        prepacks=[Prepack("BOX", "S000", 3), Prepack("BOX", "S001", 1)],
        budgets=[Budget("COATS", date(2026, 11, 23), date(2026, 11, 29), 100.0)],
    )
    (coats,) = problem.allowances
    assert coats.setups.tolist() == [8.0 * 3 / 4]


def test_set_ups_that_runs_share_and_budgets_do_not_count_are_named(aligned):
    budget = [Budget("*", date(2026, 11, 23), date(2026, 11, 29), 100.0)]
    families = [SetupFamily("G", "L1", setup_cost=7.0)]
    with pytest.warns(C2MWarning, match="set-ups .* of 1 group share .*G.*: up to 7, if"):
        aligned(groups=GROUP, families=families, budgets=budget)
    aligned(groups=GROUP, families=families)


def test_the_set_up_of_a_run_that_may_go_by_two_modes_counts_in_the_budget(aligned):
    problem = aligned(
        routing={"setup_cost": 5.0},
        lanes=[Lane("*", "sea", 0.5), Lane("*", "air", 2.0)],
        budgets=[Budget("*", date(2026, 11, 23), date(2026, 11, 29), 100.0)],
    )
    (budget,) = problem.allowances
    assert budget.setups.tolist() == [5.0] * problem.n_items
    made = np.zeros((problem.n_items, WEEKS), dtype=np.int64)
    made[0, 0] = 10  # one mode alone: the budget counts what is paid
    paid = (
        10 * 4.0 + evaluate.extra_paid(problem, made).sum() + evaluate.group_setups(problem, made)
    )
    assert allowance_usage(problem, made)[0] == pytest.approx(paid)


def test_a_group_s_capacity_loses_the_days_on_which_all_its_lines_stand_still(aligned):
    both = {"line": ["L1", "L2"], "capacity": [100.0] * 2, "unit": ["minutes"] * 2}
    routing = {"sku": ["S000", "S001", "S001"], "line": ["L1", "L1", "L2"],
               "unit_time": [2.0, 3.0, 5.0]}  # fmt: skip
    stops = [Shutdown("L1", date(2026, 11, 23), date(2026, 11, 29)),
             Shutdown("L2", date(2026, 11, 29), date(2026, 11, 30))]  # fmt: skip
    rows = [
        GroupCapacity("G", 24.0, "dozens", "+"),
        GroupCapacity("G", 70.0, "minutes", "*"),
    ]
    problem = aligned(
        lines=both, routing=routing, groups=GROUP, shutdowns=stops, group_capacities=rows
    )
    together, first, second = (problem.allowances[WEEKS * k :][:2] for k in range(3))
    assert [limit.amount for limit in together] == pytest.approx([24 * 6 / 7, 24.0])
    np.testing.assert_allclose(together[0].weights, [1 / 12] * 3)
    assert (first[0].items.tolist(), first[0].weights.tolist()) == ([0, 1], [2.0, 3.0])
    assert [limit.amount for limit in first] == pytest.approx([0.0, 70.0])
    assert (second[1].items.tolist(), second[1].weights.tolist()) == ([2], [5.0])
    assert [limit.amount for limit in second] == pytest.approx([60.0, 60.0])
    assert all(limit.first == limit.last for limit in problem.allowances)


def test_a_set_up_family_is_paid_once_for_its_skus(aligned, fixed_demand, simple_factory):
    families = [SetupFamily("G", setup_time=30.0, setup_cost=50.0)]
    (family,) = aligned(groups=GROUP, families=families).groups
    assert (family.setup_time, family.setup_cost, family.moq, family.multiple) == (30.0, 50.0, 1, 1)
    assert family.max_lot == np.inf
    factory = simple_factory(2, groups=GROUP, families=families)
    plan = plan_production(fixed_demand(np.full((1, 2, 1), 20.0)), factory, n_scenarios=1)
    assert plan.runs["quantity"].tolist() == [20, 20]
    assert plan.costs["setup"] == 50.0
    assert plan.tables["load"]["used"].tolist() == [70.0]


def test_a_ladder_of_markdowns_is_worth_its_mean(aligned):
    steps = [Markdown("S001", 6.0, 0.25), Markdown("S001", 4.0, 0.5)]
    assert aligned(markdowns=steps).end_value.tolist() == [2.0, 0.25 * 6 + 0.5 * 4 + 0.25 * 2]


def test_plans_keep_to_committed_fabric_and_to_the_budget(fixed_demand, simple_factory):
    tables = fabric(on_hand=60.0, commit_by=date(2026, 11, 1))
    budgets = [Budget("*", date(2026, 11, 1), date(2026, 11, 30), 50.0)]
    paths = np.random.default_rng(1).poisson(6.0, (5, 2, WEEKS))
    factory = simple_factory(2, **tables, budgets=budgets)
    runs = plan_production(fixed_demand(paths), factory, n_scenarios=5).runs
    metres = runs["sku"].map({"S000": 2.0, "S001": 3.0}) * runs["quantity"]
    assert 50.0 < metres.sum() <= 60.0
    early = runs["period"] <= "2026-11-30"
    assert 4.0 * runs.loc[early, "quantity"].sum() <= 50.0


@pytest.fixture
def read_orders(fixed_demand):
    demand = fixed_demand(np.full((1, 1, WEEKS), 10.0), ["S000"])
    first = int(demand.calendar.ordinal([np.datetime64(demand.periods[0], "D")])[0])

    def _read(n_scenarios, **columns):
        table = pd.DataFrame({"sku": ["S000"], "ordered": [30], "received": [10], **columns})
        arriving, plain = read_on_order(table, ["S000"], demand.calendar, first, WEEKS)
        late = late_orders(plain, ["S000"], demand.calendar, (first, WEEKS), (n_scenarios, 3))
        return arriving, late

    return _read


def test_half_of_uncertain_orders_are_in_time_and_nine_of_ten_by_their_high_day(read_orders):
    arriving, late = read_orders(4000, due=["2026-11-29"], due_high=["2026-12-13"])
    assert arriving.tolist() == [[20.0, 0, 0, 0, 0, 0]]
    assert (late.comes == 0).mean() == pytest.approx(0.5, abs=0.03)
    assert (late.comes <= 2).mean() == pytest.approx(0.9, abs=0.02)
    assert read_orders(9, due=["2026-11-29"])[1] is None
    assert read_orders(9, due=["2026-11-29"], due_high=[None])[1] is None


def test_an_order_that_is_late_is_missing_in_its_scenarios_until_it_comes(
    read_orders, fixed_demand, simple_factory
):
    arriving, late = read_orders(50, due=["2026-12-02"], due_high=["2026-12-16"])
    demand = fixed_demand(np.full((50, 1, WEEKS), 10.0))
    problem = align(
        demand, simple_factory(1), np.zeros(1), arriving, n_scenarios=50, seed=0, late=late
    )
    for path, comes in enumerate(late.comes[0]):
        there = np.where(np.arange(WEEKS) >= comes, 20.0, 0.0)
        wanted = 10.0 * np.arange(1, WEEKS + 1)
        np.testing.assert_allclose(problem.net[:, 0, path], wanted - there)
    wanted = problem.mean_net + problem.supply
    np.testing.assert_allclose(wanted, [10.0 * np.arange(1, WEEKS + 1)])
    assert (np.diff(problem.supply) >= 0).all()


def test_days_of_orders_must_be_in_order_and_are_reported_with_the_rest(read_orders):
    with pytest.raises(Exception, match="has a 'due_high' before 'due'"):
        read_orders(2, due=["2026-12-02"], due_high=["2026-12-01"])
    with pytest.raises(Exception, match=r"has no date in 'due' .*\n.*has no date in 'due_high'"):
        read_orders(2, due=["soon"], due_high=["later"])


def test_overdue_partial_and_over_shipped_orders_mean_what_is_said(fixed_demand):
    demand = fixed_demand(np.full((1, 3, 2), 10.0))
    first = int(demand.calendar.ordinal([np.datetime64(demand.periods[0], "D")])[0])
    table = pd.DataFrame({"sku": demand.skus, "ordered": [30, 30, 30], "received": [0, 12, 33],
                          "due": ["2026-10-01", "2026-11-30", "2026-11-23"]})  # fmt: skip
    with pytest.warns(C2MWarning, match="received more than ordered.*; 1 of 3 lines is overdue"):
        arriving, plain = read_on_order(table, list(demand.skus), demand.calendar, first, 2)
    assert plain["open"].tolist() == [30, 18, 0]
    assert arriving.tolist() == [[30, 0], [0, 18], [0, 0]]


def test_a_budget_between_the_first_days_of_periods_is_told(aligned):
    tight = Budget("*", date(2026, 11, 25), date(2026, 11, 27), 10.0)
    with pytest.warns(C2MWarning, match="1 of 1 budget holds the first day of no period"):
        problem = aligned(budgets=[tight])
    assert problem.allowances == ()
