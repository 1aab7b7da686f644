import numpy as np
import pandas as pd
import pytest

from c2m.errors import C2MWarning, DataError
from c2m.production import plan_production
from c2m.production.align import align
from c2m.production.aligning.lead_times import planned_periods
from c2m.production.factory import Lane, Limit, Policy, PriceBreak, Rate

WEEKS = 6


@pytest.fixture
def aligned(fixed_demand, simple_factory):
    def _aligned(n_skus=1, n_periods=WEEKS, **tables):
        factory = simple_factory(n_skus, **tables)
        demand = fixed_demand(np.full((2, n_skus, n_periods), 10.0))
        nothing = np.zeros((n_skus, n_periods))
        return align(demand, factory, nothing[:, 0], nothing, n_scenarios=2, seed=0)

    return _aligned


def test_a_line_in_dozens_counts_twelve_pieces_as_one(aligned):
    problem = aligned(lines={"unit": ["dozens"]}, routing={"unit_time": 3.0})
    assert problem.items.unit_time.tolist() == [0.25]
    assert problem.items.most.tolist() == [[400] * WEEKS]
    assert problem.units == ("dozens",)


def test_scrap_is_paid_for_and_brings_nothing(aligned):
    problem = aligned(routing={"yield_share": 0.8})
    assert problem.members.units.tolist() == [0.8]
    assert problem.members.pieces.tolist() == [1]
    unit_cost, paid = 4.0, problem.items.extra
    np.testing.assert_allclose(paid + 0.8 * unit_cost, unit_cost)


def test_each_tier_of_a_price_is_a_way_with_its_own_quantities(aligned):
    problem = aligned(
        routing={"moq": 10, "lot_multiple": 4, "max_lot": 90.0},
        price_breaks=[
            PriceBreak("S000", "*", 30, 3.5),
            PriceBreak("S000", "*", 61, 3.0),
        ],
    )
    items = problem.items
    assert items.moq.tolist() == [12, 32, 64]
    assert items.most[:, 0].tolist() == [28, 60, 88]
    np.testing.assert_allclose(items.extra[:, 0], [0.0, -0.5, -1.0])
    assert [problem.ways[way].tier for way in items.way] == [0, 30, 61]
    (together,) = problem.groups
    assert (together.max_lot, together.moq, together.multiple) == (90.0, 4, 4)


def test_a_line_s_own_price_breaks_stand_before_those_of_all_lines(aligned):
    problem = aligned(
        lines={"line": ["L1", "L2"], "capacity": [100.0] * 2, "unit": ["pieces"] * 2},
        routing={"sku": ["S000"] * 2, "line": ["L1", "L2"]},
        price_breaks=[PriceBreak("S000", "*", 0, 3.0), PriceBreak("S000", "L2", 1, 5.0)],
    )
    np.testing.assert_allclose(problem.items.extra[:, 0], [-1.0, 1.0])


def test_price_breaks_of_a_pack_start_at_the_pack_that_reaches_them(aligned):
    prepacks = pd.DataFrame({"prepack": "BOX", "sku": ["S000", "S001"], "units": [3, 2]})
    breaks = [PriceBreak("S000", "L1", 10, 3.0), PriceBreak("S001", "L1", 10, 2.0)]
    problem = aligned(2, prepacks=prepacks, price_breaks=breaks)
    assert problem.items.moq.tolist() == [1, 4, 5]
    np.testing.assert_allclose(problem.items.extra[:, 0], [0.0, -3.0, -3.0 - 4.0])


def test_lanes_are_ways_that_share_one_run(aligned):
    lanes = [
        Lane("*", "sea", 0.5, lead_time_periods=4, co2e_per_unit=0.1),
        Lane("*", "air", 3.0, lead_time_periods=1, co2e_per_unit=5.0),
    ]
    routing = {"moq": 30, "lot_multiple": 5, "setup_cost": 7.0, "setup_time": 20.0, "max_lot": 60.0,
               "lead_time_periods": 1}  # fmt: skip
    problem = aligned(n_periods=8, routing=routing, lanes=lanes)
    items, (run,) = problem.items, problem.groups
    assert items.lead.tolist() == [5, 2]
    assert items.moq.tolist() == items.multiple.tolist() == [5, 5]
    assert items.setup_cost.tolist() == items.setup_time.tolist() == [0.0, 0.0]
    assert items.most[0].tolist() == [60, 60, 60, 0, 0, 0, 0, 0]
    assert (run.line, run.moq, run.multiple, run.max_lot) == (0, 30, 5, 60.0)
    assert (run.setup_time, run.setup_cost, run.weights.tolist()) == (20.0, 7.0, [1, 1])
    np.testing.assert_allclose(problem.extra_parts["transport"][:, 0], [0.5, 3.0])
    assert [(way.mode, way.lead, way.co2e) for way in problem.ways] == [
        ("sea", 4, 0.1),
        ("air", 1, 5.0),
    ]


def test_a_plant_has_its_own_lanes_or_those_of_every_plant(aligned):
    lanes = [Lane("HUE", "sea", 1.0), Lane("*", "road", 2.0)]
    lines = {"line": ["L1", "L2"], "capacity": [100.0] * 2, "unit": ["pieces"] * 2,
             "plant": ["HUE", None]}  # fmt: skip
    routing = {"sku": ["S000"] * 2, "line": ["L1", "L2"]}
    problem = aligned(lines=lines, routing=routing, lanes=lanes)
    assert [problem.ways[way].mode for way in problem.items.way] == ["sea", "road"]


def test_transport_is_paid_for_good_units_alone(aligned):
    problem = aligned(routing={"yield_share": 0.5}, lanes=[Lane("*", "sea", 3.0)])
    np.testing.assert_allclose(problem.extra_parts["transport"], 1.5)
    np.testing.assert_allclose(problem.items.extra, 1.5 + 2.0)


def test_a_lead_time_that_is_not_certain_is_planned_at_the_policy_s_level(aligned):
    routing = {"lead_time_periods": 1, "lead_time_high": 3}
    leads = [
        aligned(routing=routing, policy=Policy(lead_time_level=level)).items.lead.tolist()
        for level in (0.5, 0.9, 0.97)
    ]
    assert leads == [[1], [3], [4]]
    assert aligned(routing=routing).items.lead.tolist() == [3]


def test_the_planned_lead_time_is_the_quantile_of_many_draws():
    rng = np.random.default_rng(5)
    parts, z = [(3, 6), (2, 6)], 1.2815515655446004
    draws = sum(low + (high - low) / z * rng.standard_normal(200_000) for low, high in parts)
    for level in (0.5, 0.8, 0.95):
        periods = planned_periods(parts, level)
        assert (draws <= periods + 0.02).mean() >= level
        assert (draws <= periods - 1).mean() < level


def test_money_of_another_currency_has_the_rate_of_the_period_s_first_day(aligned):
    routing = {"currency": "USD", "setup_cost": 10.0}
    rates = [Rate("USD", "2026-01-01", 0.5), Rate("USD", "2026-12-08", 0.25)]
    lanes = [Lane("*", "sea", 2.0, currency="USD")]
    breaks = [PriceBreak("S000", "L1", 0, 10.0)]
    problem = aligned(routing=routing, rates=rates, lanes=lanes, price_breaks=breaks,
                      currency="EUR")  # fmt: skip
    rate = np.array([0.5, 0.5, 0.5, 0.25, 0.25, 0.25])  # weeks from 2026-11-23 on
    np.testing.assert_allclose(problem.items.extra[0], 10 * rate - 4.0 + 2 * rate)
    assert problem.items.setup_cost.tolist() == [5.0]
    late = [Rate("USD", "2026-11-24", 0.5)]
    with pytest.raises(DataError, match="no rate before 2026-11-24; the plan starts on 2026-11-23"):
        aligned(routing=routing, rates=late, currency="EUR")


def test_a_limit_on_all_lines_together_holds_for_a_sku_a_group_and_a_pack(aligned):
    both = {"line": ["L1", "L2"], "capacity": [100.0] * 2, "unit": ["pieces"] * 2}
    routing = {"sku": ["S000", "S000", "S001", "S001"], "line": ["L1", "L2"] * 2}
    groups = pd.DataFrame({"sku": ["S000", "S001"], "group": "G"})
    limits = [Limit("sku", "S000", "+", moq=7), Limit("group", "G", "+", moq=50, lot_multiple=20)]
    problem = aligned(2, lines=both, routing=routing, groups=groups, limits=limits)
    group, sku = problem.groups
    assert (group.line, group.moq, group.items.tolist()) == (-1, 60, [0, 1, 2, 3])
    assert (sku.line, sku.moq, sku.items.tolist(), sku.weights.tolist()) == (-1, 7, [0, 1], [1, 1])
    prepacks = pd.DataFrame({"prepack": "BOX", "sku": ["S000", "S001"], "units": [3, 2]})
    packed = aligned(2, lines=both, routing=routing, prepacks=prepacks,
                     limits=[Limit("prepack", "BOX", "+", moq=4)])  # fmt: skip
    (pack,) = packed.groups
    assert (pack.line, pack.items.tolist(), pack.weights.tolist()) == (-1, [0, 1], [1, 1])


def test_a_split_run_is_planned_by_sea_and_air_and_keeps_its_moq(fixed_demand, simple_factory):
    factory = simple_factory(
        1,
        lines={"capacity": [1000.0]},
        product={"price": 30.0, "holding_cost": 0.1},
        routing={"moq": 50, "setup_cost": 200.0},
        lanes=[Lane("*", "sea", 1.0, 3, 0.1), Lane("*", "air", 5.0, 1, 6.0)],
    )
    plan = plan_production(fixed_demand(np.full((1, 1, 7), 10.0)), factory, n_scenarios=1)
    runs = plan.runs
    assert runs.groupby("mode")["quantity"].sum().to_dict() == {"air": 20, "sea": 40}
    assert len(set(runs["period"])) == 1  # one set-up for both lanes
    assert plan.costs["setup"] == 200.0
    assert plan.costs["transport"] == 20 * 5.0 + 40 * 1.0
    assert runs["co2e"].sum() == pytest.approx(20 * 6.0 + 40 * 0.1)
    assert plan.expected_profit == pytest.approx(plan.bound)


def test_a_run_is_raised_to_the_quantity_that_makes_it_cheaper(fixed_demand, simple_factory):
    demand = fixed_demand(np.full((1, 1, 2), 45.0))
    breaks = [PriceBreak("S000", "L1", 100, 3.0)]
    lines, product = {"capacity": [500.0]}, {"end_value": 2.5}
    factory = simple_factory(1, lines=lines, product=product, price_breaks=breaks)
    plan = plan_production(demand, factory, n_scenarios=1)
    assert plan.runs["quantity"].tolist() == [100]
    assert plan.expected_profit == pytest.approx(90 * 10 + 10 * 2.5 - 100 * 3.0)
    dear = simple_factory(1, lines=lines, product={"end_value": 0.0},
                          price_breaks=[PriceBreak("S000", "L1", 100, 3.9)])  # fmt: skip
    assert plan_production(demand, dear, n_scenarios=1).runs["quantity"].sum() == 90


def test_a_run_by_two_modes_has_the_one_price_of_its_whole_quantity(fixed_demand, simple_factory):
    demand = fixed_demand(np.full((1, 1, 1), 29.0))
    lanes = [Lane("*", "sea", 0.1), Lane("*", "air", 0.1)]
    with pytest.warns(C2MWarning, match="1 of 1 price break costs more .* from 15"):
        factory = simple_factory(1, product={"price": 20.0}, lanes=lanes,
                                 price_breaks=[PriceBreak("S000", "*", 15, 8.0)])  # fmt: skip
    for method in ("auto", "heuristic"):
        plan = plan_production(demand, factory, n_scenarios=1, method=method)
        made = plan.runs["quantity"].sum()
        assert plan.costs["production"] == made * (8.0 if made >= 15 else 4.0)
    best = plan_production(demand, factory, n_scenarios=1)
    assert best.expected_profit == pytest.approx(29 * (20 - 8 - 0.1))


def test_two_modes_share_a_tier_and_a_period_holds_one_tier(aligned):
    lanes = [Lane("*", "sea", 0.5), Lane("*", "air", 3.0)]
    problem = aligned(lanes=lanes, price_breaks=[PriceBreak("S000", "*", 30, 3.5)])
    (prices,) = problem.price_lists
    together = [(0, 1), (2, 3)]  # both modes of a tier
    clash = {(a, b) for a in range(4) for b in range(4) if prices.clash[a, b]}
    assert clash == {(a, b) for a in range(4) for b in range(4) if a != b} - {
        *together,
        *((b, a) for a, b in together),
    }
    assert sorted(map(sorted, prices.sets())) == [[0, 2], [0, 3], [1, 2], [1, 3]]


def test_each_mode_of_a_split_run_takes_whole_lots(fixed_demand, simple_factory):
    lanes = [Lane("*", "sea", 0.1, 1), Lane("*", "air", 5.0, 0)]
    factory = simple_factory(1, routing={"lot_multiple": 10}, lanes=lanes)
    plan = plan_production(fixed_demand(np.array([[[5.0, 5.0]]])), factory, n_scenarios=1)
    assert (plan.runs["quantity"] % 10 == 0).all()
