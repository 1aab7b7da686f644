from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from c2m.plan import Plan
from c2m.production.allowance_worth import allowance_worth
from c2m.production.bought import Bought, orders_of
from c2m.production.evaluate import profit
from c2m.production.limits import broken_limits
from c2m.production.lotsizing.solution import Solution
from c2m.production.plan_production import solve
from c2m.production.plan_tables import make_plan
from c2m.production.problem import Allowance
from tests.production.drawn_problems import N_PERIODS, drawn_problem

NONE = np.zeros(N_PERIODS)


def silent(stage):
    """Show nothing."""


def plan_of(problem, made=None):
    """Return the plan of some runs, or of the quick way."""
    if made is None:
        solution = solve(problem, "heuristic", None, silent)
    else:
        prices = np.zeros(problem.regular.shape)
        value = profit(problem, made)
        solution = Solution(made, value, prices, value, False, "", "given")
    return make_plan(problem, solution, {}, seed=0, currency="EUR")


def cloth(**more):
    """Return a material of which every item takes 1.5 a unit."""
    items = np.arange(8)
    plain = {
        "comes": NONE,
        "unit_cost": np.full(N_PERIODS, 2.0),
        "moq": 0.0,
        "multiple": 0.0,
        "lead": 0,
        "last_order": N_PERIODS - 1,
    }
    return Bought("CLOTH", "m", items, np.full(8, 1.5), **{**plain, **more})


def runs_in(*sizes):
    """Return runs of the first item."""
    made = np.zeros((8, N_PERIODS), dtype=int)
    made[0] = sizes
    return made


def test_runs_carry_the_days_the_mode_and_the_footprint_of_their_way():
    problem = drawn_problem(0, groups=False, allowances=False)
    made = runs_in(5, 0, 0, 0)
    made[1, 1] = 4
    plan = plan_of(problem, made)
    runs = plan.runs.set_index("mode")
    weeks = problem.calendar.label(problem.first + np.arange(N_PERIODS))
    days = ["period", "order_by", "ex_factory", "available", "in_warehouse"]
    assert [pd.Timestamp(day) for day in runs.loc["sea", days]] == [
        *[pd.Timestamp(weeks[0])] * 3,  # made and shipped in the week of the order
        *[pd.Timestamp(weeks[1])] * 2,  # a week at sea
    ]
    assert all(pd.Timestamp(day) == pd.Timestamp(weeks[1]) for day in runs.loc["air", days])
    assert runs["quantity"].to_dict() == {"sea": 5, "air": 4}
    assert runs["good_quantity"].tolist() == pytest.approx([4.5, 3.6])
    assert runs["co2e"].tolist() == pytest.approx([0.45, 7.2])
    assert not runs["firm"].any()
    first, second = plan.explain_runs()["text"].iloc[:2]
    assert ", sent by sea, to be sold from " in first
    assert ", sent by air." in second


def test_production_on_a_line_with_a_lead_time_leaves_the_factory_before_it_is_at_sea():
    problem = drawn_problem(0, groups=False, allowances=False)
    made = np.zeros((8, N_PERIODS), dtype=int)
    made[2, 0] = 3  # two weeks, one of them at sea
    run = plan_of(problem, made).runs.iloc[0]
    week = pd.Timedelta(days=7)
    assert (run["ex_factory"] - run["period"], run["in_warehouse"] - run["period"]) == (
        week,
        2 * week,
    )


def test_costs_name_transport_and_materials_and_still_add_up():
    problem = drawn_problem(1)
    parts = {"transport": problem.items.extra * 0.25, "material": problem.items.extra * 0.5}
    made = runs_in(3, 4, 0, 0)
    whole = plan_of(problem, made)
    split = plan_of(replace(problem, extra_parts=parts), made)
    costs = dict(split.costs)
    income = costs.pop("revenue") + costs.pop("end_value")
    expected, _ = costs.pop("expected_profit"), costs.pop("lost_margin")
    assert income - sum(costs.values()) == pytest.approx(expected)
    assert expected == pytest.approx(whole.expected_profit)
    assert costs["transport"] == pytest.approx(costs["material"] / 2)


def test_a_material_is_ordered_for_the_runs_that_what_is_there_does_not_cover():
    material = cloth(comes=np.array([10.0, 0, 0, 4.0]), lead=1)
    orders = orders_of(material, runs_in(4, 6, 0, 4))
    assert orders.used.tolist() == [6.0, 9.0, 0.0, 6.0]
    assert orders.ordered.tolist() == [0.0, 5.0, 0.0, 2.0]
    assert orders.placed.tolist() == [-1, 0, 1, 2]
    assert (orders.left, orders.cost) == (0.0, 0.0)


def test_an_order_of_material_is_rounded_up_and_what_is_left_is_paid_for():
    material = cloth(moq=8.0, multiple=5.0)
    orders = orders_of(material, runs_in(2, 2, 0, 4))
    assert orders.ordered.tolist() == [10.0, 0.0, 0.0, 10.0]  # the 4 that are left serve week 2
    assert orders.stock.tolist() == [7.0, 4.0, 4.0, 8.0]
    assert (orders.left, orders.cost) == (8.0, 16.0)


def test_what_is_needed_after_the_last_day_to_order_comes_with_the_last_order():
    orders = orders_of(cloth(lead=1, last_order=0, comes=np.array([6.0, 0, 0, 0])),
                       runs_in(4, 2, 0, 4))  # fmt: skip
    assert orders.ordered.tolist() == [0.0, 9.0, 0.0, 0.0]
    assert orders.placed[1] == 0


def test_a_plan_lists_the_orders_of_materials_with_their_last_days_and_their_surplus():
    problem = drawn_problem(0, groups=False, allowances=False)
    material = cloth(moq=8.0, lead=1, comes=np.array([6.0, 0, 0, 0]))
    made = runs_in(4, 2, 0, 0)
    plan = plan_of(replace(problem, bought=(material,)), made)
    assert plan.materials["used"].tolist() == [6.0, 3.0]
    assert plan.materials["ordered"].tolist() == [0.0, 8.0]
    assert plan.materials["cost"].tolist() == [0.0, 16.0]
    assert plan.materials["left"].tolist() == [0.0, 5.0]
    assert plan.materials["order_by"].isna().tolist() == [True, False]
    assert plan.materials["order_by"].iloc[1] == plan.periods[0]
    assert plan.costs["material_surplus"] == pytest.approx(10.0)
    assert plan.expected_profit == pytest.approx(profit(problem, made) - 10.0)


@cache
def scarce_cloth(seed=0, share=0.5):
    """Return a problem in which cloth is the one thing that is short, and its free plan."""
    problem = drawn_problem(seed, n_skus=3, groups=False, allowances=False)
    problem = replace(problem, regular=problem.regular * 20)
    free = solve(problem, "heuristic", None, silent).made
    every, weights = np.arange(problem.n_items), np.full(problem.n_items, 1.5)
    amount = share * 1.5 * float(free.sum())
    short = Allowance("CLOTH", "material", every, weights, 0, N_PERIODS - 1, amount, "m")
    return replace(problem, allowances=(short,))


@cache
def scarce_plan(seed=0):
    """Return the quick plan of that problem."""
    return plan_of(scarce_cloth(seed))


def test_a_material_that_is_short_is_named_with_its_price_in_reasons_and_shortfalls():
    plan = scarce_plan()
    allowance = plan.allowances.iloc[0]
    assert allowance["name"] == "CLOTH"
    assert allowance["used"] <= allowance["amount"]
    assert allowance["price"] > 0
    assert allowance["sku"] in plan.skus
    runs = plan.reasons[plan.reasons["run"] != ""]
    assert (runs["binding"] == "material CLOTH").any()
    assert runs["shared"].max() == pytest.approx(1.5 * allowance["price"])
    texts = runs.loc[runs["binding"] == "material CLOTH", "limit"]
    assert texts.str.contains("the material CLOTH is used up").any()
    rows = plan.shortfalls[plan.shortfalls["way"] == "more material"]
    assert len(rows) == 1
    assert rows["gain"].isna().all()  # what all that is short would earn only a new plan tells
    assert f"would earn about {allowance['price']:,.2f} each" in rows["relief"].iloc[0]
    assert "CLOTH" in rows["what"].iloc[0]


def test_the_identity_of_the_last_unit_closes_with_materials_tiers_and_yields():
    plan = scarce_plan()
    runs = plan.reasons[plan.reasons["run"] != ""]
    assert len(runs) > 0
    parts = runs["sale"] + runs["left_over"] - runs["making"] - runs["holding"]
    np.testing.assert_allclose(runs["last_unit"], parts, atol=1e-6)
    taken = runs["capacity"] + runs["shared"] + runs["residual"]
    np.testing.assert_allclose(runs["last_unit"], taken, atol=1e-6)


def test_the_making_of_a_unit_holds_its_extra_cost():
    problem = drawn_problem(2, n_skus=1, groups=False, allowances=False)
    made = np.zeros((4, N_PERIODS), dtype=int)
    made[1, 0] = 3
    making = plan_of(problem, made).reasons.set_index("run").loc["R0001", "making"]
    expected = 0.9 * problem.unit_cost[0] + problem.items.extra[1, 0]
    assert making == pytest.approx(expected)


def made_of(problem, plan):
    """Return the runs of a plan by item: modes and tiers told apart."""
    made = np.zeros_like(problem.items.most)
    for run in plan.runs.itertuples():
        sku, line = problem.skus.index(run.sku), problem.lines.index(run.line)
        when = plan.periods.get_loc(run.period)
        way = 2 + (run.quantity >= 6) if line else ("sea", "air").index(run.mode)
        made[4 * sku + way, when] = run.quantity
    return made


def test_the_price_of_a_material_is_what_the_best_next_lot_would_earn_with_it():
    problem = scarce_cloth()
    made = made_of(problem, scarce_plan())
    worth, items = allowance_worth(problem, made), problem.items
    free, best = replace(problem, allowances=()), 0.0
    for item, when in np.argwhere(items.most > 0).tolist():
        more = made.copy()
        more[item, when] = max(more[item, when] + 1, items.moq[item])
        if not broken_limits(free, more):
            gain = profit(problem, more) - profit(problem, made)
            best = max(best, gain / (1.5 * (more - made).sum()))
    assert best > 0
    assert worth.price[0] == pytest.approx(best)


def test_a_sku_that_comes_too_late_by_sea_is_told_to_fly():
    problem = drawn_problem(0, n_skus=1, groups=False, allowances=False)
    items = problem.items
    most = np.where(np.isin(items.way, [0, 1])[:, None], items.most, 0)
    most[0] = 0
    lead = np.where(items.way == 0, N_PERIODS, items.lead)
    members = replace(problem.members, lead=lead)
    late = replace(problem, items=replace(items, most=most, lead=lead), members=members)
    made = np.zeros((4, N_PERIODS), dtype=int)
    short = plan_of(late, made).shortfalls
    row = short[short["what"].str.contains("lead time of 4")].iloc[0]
    assert row["way"] == "other mode"
    assert row["relief"].startswith("by air: ")
    assert row["gain"] > 0


def test_a_plan_with_materials_and_modes_comes_back_from_its_folder(tmp_path):
    made = np.pad(runs_in(5, 0, 4, 0), ((0, 4), (0, 0)))
    plan = plan_of(replace(scarce_cloth(), bought=(cloth(moq=50.0),)), made)
    plan.save(tmp_path / "plan")
    assert Plan.load(tmp_path / "plan") == plan
    assert plan.summary().loc["CO2e of transport", "value"] == pytest.approx(
        plan.runs["co2e"].sum()
    )
