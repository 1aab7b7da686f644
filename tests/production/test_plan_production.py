import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from c2m.demand import Demand
from c2m.errors import ArgumentError, C2MWarning, DataError
from c2m.periods import Calendar
from c2m.plan import OUTLOOK
from c2m.production.plan_production import plan_production


def played_profit(plan, factory, paths, on_hand=0.0):
    """Play every path through a plan's runs, sale by sale, and return the mean profit."""
    products = factory.products.set_index("sku").loc[list(plan.skus)]
    arriving = np.zeros((len(plan.skus), plan.n_periods))
    for run in plan.runs.itertuples():
        arriving[plan.skus.index(run.sku), plan.periods.get_loc(run.available)] += run.quantity
    fixed = (plan.runs.groupby("sku")["quantity"].sum() * products["unit_cost"]).sum()
    routings = factory.routings.set_index(["sku", "line"])["setup_cost"]
    fixed += sum(routings[(run.sku, run.line)] for run in plan.runs.itertuples())
    cost = factory.lines.set_index("line")["overtime_cost"]
    fixed += sum(row.overtime * cost[row.line] for row in plan.line_load.itertuples())
    money = {name: products[name].to_numpy() for name in products}
    total = 0.0
    for path in paths:
        stock = np.full(len(plan.skus), on_hand)
        for period in range(plan.n_periods):
            stock = stock + arriving[:, period]
            sold = np.minimum(stock, path[:, period])
            stock = stock - sold
            lost = path[:, period] - sold
            total += (money["price"] * sold - money["holding_cost"] * stock).sum()
            total -= (money["lost_sale_penalty"] * lost).sum()
        total += (money["end_value"] * stock).sum()
    return total / len(paths) - fixed


@pytest.mark.parametrize("n_lines", [1, 2])
def test_stated_profit_is_what_playing_the_paths_brings(n_lines, random_case):
    demand, factory = random_case(1, n_lines=n_lines)
    plan = plan_production(demand, factory, n_scenarios=30)
    assert len(plan) > 20
    assert plan.expected_profit == pytest.approx(played_profit(plan, factory, demand.paths))
    parts = plan.costs
    spent = sum(parts[k] for k in ("production", "setup", "overtime", "holding"))
    spent += parts["lost_sale_penalty"]
    income = parts["revenue"] + parts["end_value"]
    assert parts["expected_profit"] == pytest.approx(income - spent)


def test_outlook_conserves_units(random_case):
    demand, factory = random_case(2)
    stock = pd.DataFrame({"sku": demand.skus, "on_hand": 25})
    plan = plan_production(demand, factory, stock, n_scenarios=30)
    flow = {name: plan.outlook[name].sum(axis=1) for name in OUTLOOK}
    sold = flow["demand"] - flow["lost"]
    np.testing.assert_allclose(flow["arrivals"] - sold, plan.outlook["stock"][:, -1], atol=1e-6)
    made = plan.runs.groupby("sku")["quantity"].sum().reindex(plan.skus, fill_value=0)
    np.testing.assert_array_equal(flow["production"], made)
    np.testing.assert_allclose(flow["demand"], demand.paths.mean(axis=0).sum(axis=1))


def test_load_is_the_runs_and_never_more_than_there_is(random_case):
    demand, factory = random_case(3, n_lines=2, load=1.2)
    plan = plan_production(demand, factory, n_scenarios=30)
    load = plan.line_load
    taken = plan.runs.groupby(["line", "period"])["capacity_used"].sum()
    stated = load.set_index(["line", "period"])[["used", "overtime"]].sum(axis=1)
    np.testing.assert_allclose(stated[taken.index], taken)
    assert (load["used"] <= load["capacity"] + 1e-6).all()
    assert (load["overtime"] <= load["overtime_limit"] * (1 + 1e-6)).all()


def test_runs_carry_the_set_up_of_their_groups_so_that_they_add_up_to_the_load(
    fixed_demand, simple_factory
):
    factory = simple_factory(
        3,
        lines={"unit": ["minutes"], "overtime_limit": [30.0], "overtime_cost": [0.1]},
        routing={"setup_time": [5.0, 0.0, 2.0]},
        groups=pd.DataFrame(
            {"sku": ["S000", "S001", "S001", "S002"], "group": ["red", "red", "tee", "tee"]}
        ),
        limits=pd.DataFrame(
            {"scope": "group", "name": ["red", "tee"], "line": "*", "setup_time": [12.0, 7.0]}
        ),
    )
    plan = plan_production(fixed_demand(np.full((2, 3, 2), 30.0)), factory, n_scenarios=2)
    load = plan.line_load.set_index(["line", "period"])[["used", "overtime"]].sum(axis=1)
    taken = plan.runs.groupby(["line", "period"])["capacity_used"].sum()
    np.testing.assert_allclose(taken.reindex(load.index, fill_value=0.0), load)
    own = plan.runs["quantity"] + plan.runs["sku"].map({"S000": 5.0, "S001": 0.0, "S002": 2.0})
    assert (plan.runs["capacity_used"] > own + 1.0).all()


def test_the_same_seed_gives_the_same_plan(random_case):
    demand, factory = random_case(4)
    plans = [plan_production(demand, factory, n_scenarios=10, seed=seed) for seed in (5, 5, 6)]
    assert plans[0] == plans[1]
    assert plans[0] != plans[2]


def test_stock_and_orders_on_the_way_are_used_before_anything_is_made(fixed_demand, simple_factory):
    demand = fixed_demand(np.full((2, 1, 3), 10.0))
    stock = pd.DataFrame({"sku": ["S000"], "on_hand": [10]})
    on_order = pd.DataFrame(
        {"sku": "S000", "ordered": [12, 30], "received": [2, 30], "due": ["2026-12-02"] * 2}
    )
    plan = plan_production(demand, simple_factory(1), stock, on_order, n_scenarios=2)
    assert plan.runs["quantity"].sum() == 10
    assert plan.outlook["arrivals"].sum() == 30
    assert plan.outlook["lost"].sum() == 0


def test_stock_that_is_not_stated_is_counted(fixed_demand, simple_factory):
    demand = fixed_demand(np.full((1, 2, 1), 5.0))
    stock = pd.DataFrame({"sku": ["S001", "X"], "on_hand": [1, 2]})
    with pytest.warns(C2MWarning) as caught:
        plan_production(demand, simple_factory(2), stock, n_scenarios=1)
    texts = [str(warning.message) for warning in caught]
    assert any("1 of 2 SKUs is not in `stock`" in text and "'S000'" in text for text in texts)
    assert any("1 of 2 SKUs is in `stock` but not in the demand" in text for text in texts)


def test_stock_of_which_no_sku_is_planned_is_refused(fixed_demand, simple_factory):
    demand = fixed_demand(np.full((1, 2, 1), 5.0), skus=["00123", "00124"])
    factory = simple_factory(2, product={"sku": demand.skus}, routing={"sku": demand.skus})
    stock = pd.DataFrame({"sku": ["123", "124", "9"], "on_hand": [1, 2, 3]})
    with pytest.raises(DataError) as caught:
        plan_production(demand, factory, stock, n_scenarios=1)
    text = str(caught.value)
    assert "none of its 3 SKUs is in the demand" in text
    assert "'123' (did you mean '00123'?)" in text
    assert "leading zeros" in text


def test_a_code_that_lost_its_zeros_is_recognised(fixed_demand, simple_factory):
    demand = fixed_demand(np.full((1, 2, 1), 5.0), skus=["00123", "S1"])
    factory = simple_factory(2, product={"sku": demand.skus}, routing={"sku": demand.skus})
    stock = pd.DataFrame({"sku": ["123", "S1", "9"], "on_hand": [1, 2, 3]})
    with pytest.warns(C2MWarning) as caught:
        plan_production(demand, factory, stock, n_scenarios=1)
    texts = [str(warning.message) for warning in caught]
    assert any("left out: '123' (did you mean '00123'?), '9'" in text for text in texts)


def test_an_empty_stock_is_only_counted(fixed_demand, simple_factory):
    stock = pd.DataFrame({"sku": pd.Series([], dtype="str"), "on_hand": []})
    with pytest.warns(C2MWarning, match="1 of 1 SKU is not in `stock`"):
        plan_production(fixed_demand(np.ones((1, 1, 1))), simple_factory(1), stock, n_scenarios=1)


def test_odd_order_lines_are_counted(fixed_demand, simple_factory):
    demand = fixed_demand(np.full((1, 1, 2), 5.0))
    on_order = pd.DataFrame(
        {
            "sku": "S000",
            "ordered": [3, 5, 7],
            "received": [0, 6, 0],
            "due": ["2026-11-01", "2026-11-25", "2027-05-01"],
        }
    )
    with pytest.warns(C2MWarning, match="1 of 3 lines") as caught:
        plan = plan_production(demand, simple_factory(1), on_order=on_order, n_scenarios=1)
    text = str(caught[0].message)
    for part in (
        "1 of 3 lines received more than ordered, nothing of it is open: 'S000' 6 (of 5)",
        "1 of 3 lines is overdue and taken to be here on 2026-1",
        "'S000' 3 (due 2026-11-01)",
        "1 of 3 lines is due after the horizon, what is open of it is left out: 'S000' 7",
    ):
        assert part in text
    assert plan.outlook["arrivals"][0, 0] >= 3


def test_every_wrong_row_of_the_stock_is_reported(fixed_demand, simple_factory):
    stock = pd.DataFrame({"sku": ["S000", "S000"], "on_hand": [-1.0, np.nan]})
    with pytest.raises(DataError) as caught:
        plan_production(fixed_demand(np.ones((1, 1, 1))), simple_factory(1), stock, n_scenarios=1)
    assert len(caught.value.problems) == 3


def test_skus_that_cannot_be_made_are_named(fixed_demand, simple_factory):
    demand = fixed_demand(np.ones((1, 3, 1)), skus=["S000", "X", "Y"])
    with pytest.raises(DataError, match="2 of 3 SKUs of the demand without a product: 'X', 'Y'"):
        plan_production(demand, simple_factory(1), n_scenarios=1)


def test_other_periods_and_other_rows_are_refused(fixed_demand, simple_factory):
    daily = fixed_demand(np.ones((1, 1, 1)), calendar=Calendar("D"))
    with pytest.raises(ArgumentError, match=r"demand.resample\(factory.calendar\)"):
        plan_production(daily, simple_factory(1), n_scenarios=1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"n_scenarios": 0},
        {"n_scenarios": 3.0},
        {"n_scenarios": True},
        {"seed": "x"},
        {"seed": -1},
        {"method": "fast"},
        {"time_limit_s": 0.0},
        {"time_limit_s": "3"},
    ],
)
def test_arguments_out_of_range_are_refused(wrong, fixed_demand, simple_factory):
    with pytest.raises(ArgumentError, match=f"Expected.* {next(iter(wrong))}"):
        plan_production(fixed_demand(np.ones((1, 1, 1))), simple_factory(1), **wrong)


@pytest.mark.parametrize("value", [np.nan, np.inf, -5.0])
def test_paths_that_are_no_demand_are_refused_with_their_skus(value, fixed_demand, simple_factory):
    paths = np.ones((2, 2, 3))
    paths[1, 1, 2] = value
    with pytest.raises(DataError, match=f"1 of 2 SKUs has paths .*'S001' .first: {value:g}"):
        plan_production(fixed_demand(paths), simple_factory(2), n_scenarios=2)


def test_what_is_no_forecast_or_no_factory_is_refused(fixed_demand, simple_factory):
    demand = fixed_demand(np.ones((1, 1, 1)))
    with pytest.raises(ArgumentError, match="got DataFrame and Factory"):
        plan_production(pd.DataFrame({"sku": ["S000"]}), simple_factory(1))
    with pytest.raises(ArgumentError, match="and str"):
        plan_production(demand, "factory.xlsx")


def test_other_columns_of_the_stock_are_told(fixed_demand, simple_factory):
    stock = pd.DataFrame({"sku": ["S000"], "on_hand": [1], "warehouse": ["North"]})
    with pytest.warns(C2MWarning, match="1 column of `stock` is left out: 'warehouse'"):
        plan_production(fixed_demand(np.ones((1, 1, 1))), simple_factory(1), stock, n_scenarios=1)


def test_a_run_that_would_arrive_after_the_horizon_is_not_planned(fixed_demand, simple_factory):
    factory = simple_factory(1, routing={"lead_time_periods": 2})
    plan = plan_production(fixed_demand(np.full((2, 1, 3), 5.0)), factory, n_scenarios=2)
    assert plan.runs["period"].tolist() == [plan.periods[0]]
    assert plan.runs["available"].tolist() == [plan.periods[2]]
    late = simple_factory(1, routing={"lead_time_periods": 3})
    plan = plan_production(fixed_demand(np.full((2, 1, 3), 5.0)), late, n_scenarios=2)
    assert plan.runs.empty
    assert "lead time of 3 periods" in plan.shortfalls["what"].iloc[0]
    assert "arrive too late" in plan.explain("S000")


def test_the_forecast_is_left_as_it_was(fixed_demand, simple_factory):
    demand = fixed_demand([[[7.0, 8.0, 9.0]]])
    stock = pd.DataFrame({"sku": ["S000"], "on_hand": [3]})
    plan_production(demand, simple_factory(1), stock, n_scenarios=1)
    assert demand.paths.tolist() == [[[7.0, 8.0, 9.0]]]


@pytest.mark.parametrize("method", ["heuristic", "exact"])
def test_lead_times_far_beyond_the_horizon_leave_nothing_to_make(
    method, fixed_demand, simple_factory
):
    late = simple_factory(1, routing={"lead_time_periods": 7})
    demand = fixed_demand(np.full((2, 1, 2), 5.0))
    plan = plan_production(demand, late, n_scenarios=2, method=method)
    assert plan.runs.empty
    assert plan.method == method
    assert plan.bound == plan.expected_profit == 0.0
    assert plan.explain("S000").endswith("The cause: every run would arrive too late.")


def test_what_nobody_wants_is_said_to_be_unwanted(fixed_demand, simple_factory):
    plan = plan_production(fixed_demand(np.zeros((2, 1, 2))), simple_factory(1), n_scenarios=2)
    assert "no scenario has any demand" in plan.explain("S000")


def test_many_runs_are_summed_up_in_a_few_sentences(random_case):
    demand, factory = random_case(5, n_skus=8, load=1.1)
    plan = plan_production(demand, factory, n_scenarios=30)
    busy = plan.runs["sku"].value_counts()
    sku = busy.index[0]
    assert busy.iloc[0] > 2
    text = plan.explain(sku)
    made = plan.runs.loc[plan.runs["sku"] == sku, "quantity"]
    assert f"make {made.sum():,} on L1 in {len(made)} runs" in text
    assert 3 <= len(re.findall(r"\.(?: |$)", text)) <= 6
    assert "\n" not in text
    assert len(plan.explain(sku, each_run=True).split("\n\n")) == len(made)


def test_a_bound_that_knows_the_future_says_so(random_case):
    demand, factory = random_case(5, n_skus=8)
    plan = plan_production(demand, factory, n_scenarios=10, method="heuristic")
    assert f"proved to be at most {plan.gap:.2%} below the best plan)" in repr(plan)
    plan = replace(plan, bound_from="perfect foresight")
    assert f"would earn at most {plan.bound:,.0f}, knowing all demand)" in repr(plan)
    assert "below the best" not in repr(plan)
    knowing = plan.summary().loc["value of knowing demand, at most"]
    assert knowing["value"] == pytest.approx(plan.bound - plan.expected_profit)
    assert knowing["unit"] == "money"
    assert "gap to bound" not in plan.summary().index


def test_a_moq_that_fits_no_period_is_named(fixed_demand, simple_factory):
    shut = pd.DataFrame({"line": ["L1"], "first_day": ["2026-11-23"], "last_day": ["2026-12-01"]})
    factory = simple_factory(1, routing={"moq": 90}, shutdowns=shut)
    plan = plan_production(fixed_demand(np.full((2, 1, 2), 95.0)), factory, n_scenarios=2)
    assert plan.runs.empty
    assert "smallest run of 90" in plan.shortfalls["what"].iloc[0]
    assert "smaller MOQ" in plan.shortfalls["relief"].iloc[0]


def test_making_at_a_loss_is_left(fixed_demand, simple_factory):
    with pytest.warns(C2MWarning, match="'unit_cost' above 'price'"):
        factory = simple_factory(1, product={"unit_cost": 12.0})
    plan = plan_production(fixed_demand(np.full((2, 1, 2), 9.0)), factory, n_scenarios=2)
    assert plan.runs.empty
    assert "costs more than it brings" in plan.explain("S000")


def test_every_run_has_a_reason_that_can_be_read(random_case):
    demand, factory = random_case(5, load=1.1)
    plan = plan_production(demand, factory, n_scenarios=30)
    reasons = plan.reasons
    assert set(reasons["run"]) - {""} == set(plan.runs["run"])
    assert set(reasons["sku"]) == set(plan.skus)
    for sku in plan.skus:
        assert sku in plan.explain(sku)
    share = reasons[["critical_ratio", "p_stockout", "p_left_over", "covered_level"]]
    assert share.min(axis=None) >= 0
    assert share.max(axis=None) <= 1


def test_one_more_unit_earns_what_the_reason_says(fixed_demand, simple_factory):
    paths = np.array([[[4.0]], [[6.0]], [[9.0]], [[9.0]]])
    factory = simple_factory(1, lines={"capacity": [5.0]})
    plan = plan_production(fixed_demand(paths), factory, n_scenarios=4)
    assert plan.runs["quantity"].tolist() == [5]
    reason = plan.reasons.iloc[0]
    assert reason["one_more"] == pytest.approx(0.75 * 10 + 0.25 * 2 - 4)
    assert reason["critical_ratio"] == pytest.approx((10 - 4) / (10 - 2))
    assert reason["p_stockout"] == 0.75
    assert "capacity of L1 is used up" in reason["limit"]


def test_the_plan_of_many_scenarios_holds_on_new_ones_against_the_mean_plan(random_case):
    demand, factory = random_case(6, n_skus=40, n_scenarios=400)
    seen, new = demand.paths[:100], demand.paths[100:]
    mean = seen.mean(axis=0, keepdims=True)
    plans = [
        plan_production(type(demand)(paths, demand.skus), factory, n_scenarios=len(paths))
        for paths in (seen, mean)
    ]
    profits = [played_profit(plan, factory, new) for plan in plans]
    assert profits[0] >= profits[1] * (1 - 0.001)


def test_a_real_forecast_is_planned_and_the_plan_saved(simple_factory, tmp_path):
    rng = np.random.default_rng(0)
    periods = pd.date_range("2026-11-23", periods=4, freq="W-MON")
    index = pd.MultiIndex.from_product(
        [range(50), ["S000", "S001"], periods], names=["path", "sku", "period"]
    )
    frame = pd.DataFrame({"demand": rng.poisson(8, len(index))}, index=index).reset_index()
    demand = Demand.from_frame(frame, freq="W", path="path")
    plan = plan_production(demand, simple_factory(2), n_scenarios=40, seed=1)
    plan.save(tmp_path / "plan")
    assert type(plan).load(tmp_path / "plan") == plan
    assert plan.outlook["demand"].mean() == pytest.approx(8, abs=1)
