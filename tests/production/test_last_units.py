import re

import numpy as np
import pandas as pd
import pytest

from c2m.production.align import align
from c2m.production.evaluate import block_values
from c2m.production.last_units import unit_money
from c2m.production.plan_production import plan_production
from c2m.production.reasons import list_runs


def reasons_of_runs(plan):
    return plan.reasons[plan.reasons["run"] != ""].reset_index(drop=True)


def problem_of(demand, factory):
    n_skus, n_periods = demand.paths.shape[1:]
    nothing = np.zeros(n_skus), np.zeros((n_skus, n_periods))
    return align(demand, factory, *nothing, n_scenarios=len(demand.paths), seed=0)


def made_by(plan, problem):
    made = np.zeros(problem.items.most.shape, dtype=np.int64)
    line = [problem.lines[number] for number in problem.items.line[problem.members.item]]
    sku = [problem.skus[number] for number in problem.members.sku]
    member = {pair: number for number, pair in enumerate(zip(sku, line, strict=True))}
    for run in plan.runs.to_dict("records"):
        number = member[run["sku"], run["line"]]
        when = list(plan.periods).index(run["period"])
        made[problem.members.item[number], when] = run["quantity"] // problem.members.units[number]
    return made


@pytest.mark.parametrize("seed", [0, 1])
def test_the_identity_of_the_last_unit_closes_on_what_the_whole_plan_would_lose(seed, random_case):
    demand, factory = random_case(seed, n_skus=6, n_periods=4, n_scenarios=9, n_lines=1 + seed % 2)
    plan = plan_production(demand, factory, n_scenarios=9, method="heuristic")
    problem = problem_of(demand, factory)
    made = made_by(plan, problem)
    runs, reasons = list_runs(problem, made), reasons_of_runs(plan)
    item, value = problem.members.item[runs.member], block_values(problem, made).sum()
    by_name = reasons.set_index("run")
    for number, (which, when) in enumerate(zip(item, runs.when, strict=True)):
        row = by_name.loc[plan.runs["run"][number]]
        for change, column in ((-1, "last_unit"), (1, "one_more")):
            other = made.copy()
            other[which, when] += change
            setup = problem.items.setup_cost[which] * (other[which, when] == 0)
            gain = block_values(problem, other).sum() - setup - value
            assert row[column] == pytest.approx(change * gain, abs=1e-6)
        parts = row["sale"] + row["left_over"] - row["making"] - row["holding"]
        assert parts == pytest.approx(row["last_unit"], abs=1e-6)
        assert row["capacity"] + row["residual"] == pytest.approx(row["last_unit"], abs=1e-6)
        assert 0 <= row["p_sell"] <= 1


def test_a_divisible_run_in_an_exact_plan_earns_what_its_capacity_earns_elsewhere(
    fixed_demand, simple_factory
):
    rng = np.random.default_rng(5)
    paths = rng.gamma(3.0, 20.0, (40, 6, 1))
    factory = simple_factory(
        6, lines={"capacity": [200.0]}, product={"price": [9.0, 10, 12, 15, 20, 30]}
    )
    plan = plan_production(fixed_demand(paths), factory, n_scenarios=40)
    reasons = reasons_of_runs(plan)
    assert plan.gap < 1e-3
    assert (reasons["capacity"] > 0).all()
    assert (reasons["last_unit"] >= reasons["capacity"] - 1e-9).all()  # it pays
    assert (reasons["one_more"] <= reasons["capacity"] + 1e-9).all()  # and another would not
    assert set(reasons["binding"]) == {"capacity"}
    assert (reasons["residual"] < 1.5).all()


def test_where_capacity_is_free_the_last_unit_pays_and_one_more_does_not(
    fixed_demand, simple_factory
):
    paths = np.random.default_rng(6).gamma(3.0, 5.0, (30, 3, 2))
    plan = plan_production(fixed_demand(paths), simple_factory(3), n_scenarios=30)
    reasons = reasons_of_runs(plan)
    assert (reasons["capacity"] == 0).all()
    assert (reasons["last_unit"] >= -1e-9).all()
    assert (reasons["one_more"] <= 1e-9).all()
    assert set(reasons["binding"]) == {"demand"}
    assert (reasons["binding_price"] == 0).all()


def test_a_moq_above_what_is_wanted_names_itself_and_its_price(fixed_demand, simple_factory):
    demand = fixed_demand(np.full((2, 1, 1), 30.0))
    plan = plan_production(demand, simple_factory(1, routing={"moq": 40}), n_scenarios=2)
    reason = reasons_of_runs(plan).iloc[0]
    assert (reason["binding"], reason["p_sell"]) == ("moq", 0.0)
    assert reason["residual"] == reason["last_unit"] == -2.0  # made for 4, worth 2 at the end
    assert reason["binding_price"] == 2.0
    assert reason["limit"] == "the smallest run is 40"


def test_a_largest_lot_names_itself_and_what_one_more_would_bring(fixed_demand, simple_factory):
    demand = fixed_demand(np.full((2, 1, 1), 30.0))
    plan = plan_production(demand, simple_factory(1, routing={"max_lot": 20.0}), n_scenarios=2)
    reason = reasons_of_runs(plan).iloc[0]
    assert (reason["binding"], reason["binding_price"], reason["p_sell"]) == ("max_lot", 6.0, 1.0)
    assert reason["limit"] == "the largest run that the period allows is 20"


def test_what_a_run_keeps_from_being_made_is_named(fixed_demand, simple_factory):
    factory = simple_factory(2, lines={"capacity": [50.0]}, product={"price": [10.0, 8.0]})
    plan = plan_production(fixed_demand(np.full((2, 2, 1), 40.0)), factory, n_scenarios=2)
    reasons = reasons_of_runs(plan).set_index("sku")
    assert reasons["displaced"].to_dict() == {"S000": "S001", "S001": ""}
    assert reasons["capacity"].tolist() == [4.0, 4.0]
    assert reasons.loc["S000", "residual"] == 2.0


def test_a_pack_shares_its_money_among_its_pieces(fixed_demand, simple_factory):
    factory = simple_factory(
        2,
        product={"price": [10.0, 20.0]},
        prepacks=pd.DataFrame({"prepack": "P", "sku": ["S000", "S001"], "units": [1, 3]}),
    )
    problem = problem_of(fixed_demand(np.array([[[5.0], [60.0]]])), factory)
    one = unit_money(problem, np.array([[10]]), np.array([0]), np.array([0]), more=False)
    # the tenth pack: its piece of S000 is left, its three of S001 are sold
    assert one.sold.tolist() == [0.75]
    assert one.total.tolist() == [(2.0 + 3 * 20.0 - 4 * 4.0) / 4]


def test_limits_of_pre_packs_are_told_in_packs(fixed_demand, simple_factory):
    packs = pd.DataFrame({"prepack": "P", "sku": ["S000", "S001"], "units": [1, 3]})
    moq = pd.DataFrame({"scope": ["prepack"], "name": "P", "line": "L1", "moq": 20})
    demand = fixed_demand(np.array([[[5.0], [40.0]]]))
    plan = plan_production(demand, simple_factory(2, prepacks=packs, limits=moq), n_scenarios=1)
    assert set(reasons_of_runs(plan)["limit"]) == {"the smallest run is 20 packs"}


WORDS = {
    "moq": "the smallest run",
    "lot_multiple": "come in multiples",
    "max_lot": "the largest run",
    "capacity": "capacity|overtime",
    "group": "the limit of",
    "next_lot": "one lot fewer would free too little",
    "search": "the search found no",
    "demand": "stops paying",
}


@pytest.mark.parametrize("seed", range(3))
def test_the_limit_in_words_is_the_one_that_binds(seed, random_case):
    demand, factory = random_case(seed, n_skus=8, n_periods=5, n_scenarios=10)
    tables = factory.tables()
    group = pd.DataFrame({"sku": tables["products"]["sku"].head(3), "group": "G"})
    limit = pd.DataFrame({"scope": ["group"], "name": "G", "moq": 24, "lot_multiple": 12})
    plan = plan_production(
        demand, factory.with_tables(groups=group, limits=limit), n_scenarios=10, method="heuristic"
    )
    reasons = reasons_of_runs(plan)
    assert reasons["binding"].nunique() > 2
    for reason in reasons.itertuples():
        assert re.search(WORDS[reason.binding], reason.limit), (reason.binding, reason.limit)
