from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest

from c2m.errors import ArgumentError, C2MWarning, DataError, InfeasiblePlanError
from c2m.periods import Calendar
from c2m.plan import CHANGES, Plan
from c2m.production.plan_production import plan_production
from c2m.production.replanning import replan
from c2m.production.what_if import recost, what_if

FIRST = pd.Timestamp("2026-11-23")
WEEK = pd.Timedelta("7D")


def weeks(*numbers):
    """Return the first days of weeks, 0 for the first one of the old plan."""
    return [FIRST + number * WEEK for number in numbers]


def orders(sku="S000", ordered=0.0, week=1, received=0.0, **more):
    """Return an order book of one line, or of nothing."""
    rows = 1 if ordered else 0
    table = {"sku": sku, "ordered": float(ordered), "received": float(received), **more}
    frame = pd.DataFrame(table, index=range(rows))
    due = pd.Series(weeks(week) * rows, dtype="datetime64[s]")
    return frame.astype({"ordered": float, "received": float}).assign(due=due)


def runs(quantity, week, sku="S000", line="L1", **more):
    return pd.DataFrame(
        {"sku": [sku], "line": line, "period": weeks(week), "quantity": quantity, **more}
    )


@dataclass(frozen=True)
class Small:
    """A shop of one line, its plan over three weeks, and the demand a week later."""

    make_demand: object
    make_factory: object
    more: dict = field(default_factory=dict)
    n_skus: int = 1

    @property
    def factory(self):
        return self.make_factory(self.n_skus, **self.more)

    def plan(self, *wanted):
        return plan_production(self.demand(*wanted), self.factory, n_scenarios=1)

    def demand(self, *wanted, week=0):
        paths = np.array(wanted, dtype=float).reshape(1, self.n_skus, -1)
        return self.make_demand(paths, cutoff=FIRST + (week - 1) * WEEK)

    def stock(self, *units):
        skus = [f"S{number:03d}" for number in range(self.n_skus)]
        return pd.DataFrame({"sku": skus, "on_hand": np.array(units, dtype=float)})


@pytest.fixture(name="small")
def small_fixture(fixed_demand, simple_factory):
    def make(n_skus=1, **more):
        return Small(fixed_demand, simple_factory, more, n_skus)

    return make


NONE = orders()


def sizes(plan):
    table = plan.runs
    return dict(zip(((table["period"] - FIRST).dt.days // 7), table["quantity"], strict=True))


def test_a_plan_made_again_on_its_own_day_changes_nothing(random_case):
    demand, factory = random_case(5, n_skus=3, n_periods=3, n_scenarios=5)
    plan = plan_production(demand, factory, n_scenarios=5, method="heuristic")
    again = replan(plan, demand, factory, method="heuristic")
    assert again.expected_profit >= plan.expected_profit
    assert len(again.changes) == 0 or again.expected_profit > plan.expected_profit
    kept = replan(plan, demand, factory, method="heuristic", change_cost=1e6)
    assert kept.runs[["sku", "period", "quantity"]].equals(plan.runs[["sku", "period", "quantity"]])
    assert kept.costs["change_cost"] == 0


def test_what_begun_runs_bring_is_counted_once_however_it_is_told(small):
    shop = small(routing={"lead_time_periods": 2})
    plan = shop.plan(0, 0, 30, 20)
    assert sizes(plan) == {0: 30, 1: 20}
    later = shop.demand(0, 30, 20, 10, week=1)
    given = replan(
        plan, later, shop.factory, stock=shop.stock(0), on_order=orders(ordered=30, week=2)
    )
    with pytest.warns(C2MWarning, match=r"1 begun runs \(30 units\) and 0 order lines"):
        taken = replan(plan, later, shop.factory, stock=shop.stock(0))
    assert sizes(given) == sizes(taken) == {1: 20, 2: 10}
    assert given.outlook["lost"].sum() == taken.outlook["lost"].sum() == 0
    with pytest.warns(C2MWarning, match=r"1 of 1 begun runs \(30 units\)"):
        lost = replan(plan, later, shop.factory, stock=shop.stock(0), on_order=NONE)
    assert lost.outlook["lost"].sum() == 30


def test_a_firm_run_that_is_on_order_already_is_counted_once(small):
    shop = small(routing={"lead_time_periods": 1})
    plan = shop.plan(0, 0, 30, 20)
    assert sizes(plan) == {1: 30, 2: 20}
    later = shop.demand(0, 30, 20, week=1)
    told = {"stock": shop.stock(0), "frozen_periods": 1}
    free = replan(plan, later, shop.factory, on_order=NONE, **told)
    by_due = replan(plan, later, shop.factory, on_order=orders(ordered=30, week=2), **told)
    named = orders(ordered=30, week=3, line="L1", period=weeks(1))
    by_name = replan(plan, later, shop.factory, on_order=named, **told)
    for each in (free, by_due, by_name):
        assert sizes(each) == {1: 30, 2: 20}
        assert each.runs["firm"].tolist() == [True, False]
        assert each.outlook["stock"][0].tolist() == [0, 0, 0]
    other = orders(ordered=30, week=2, line="", period=pd.NaT)
    beside = replan(plan, later, shop.factory, on_order=other, **told)
    assert sizes(beside) == {1: 30}


def test_what_an_order_has_received_of_a_firm_run_need_not_be_made(small):
    shop = small(routing={"lead_time_periods": 1})
    plan = shop.plan(0, 0, 30, 20)
    some = orders(ordered=30, received=12, week=2)
    later = shop.demand(0, 30, 20, week=1)
    again = replan(plan, later, shop.factory, stock=shop.stock(12), on_order=some, frozen_periods=1)
    assert sizes(again) == {1: 18, 2: 20}
    assert again.outlook["lost"].sum() == 0


def test_lines_that_a_plan_was_made_with_are_none_of_its_runs(small):
    shop = small(routing={"lead_time_periods": 1})
    bought = orders(ordered=25, week=2)
    plan = plan_production(shop.demand(0, 0, 30, 20), shop.factory, None, bought, n_scenarios=1)
    assert sizes(plan) == {1: 5, 2: 20}
    later = shop.demand(0, 30, 20, week=1)
    told = {"stock": shop.stock(0), "frozen_periods": 1}
    again = replan(plan, later, shop.factory, on_order=bought, **told)
    assert sizes(again) == {1: 5, 2: 20}
    assert again.outlook["lost"].sum() == 0


def test_a_firm_run_near_orders_of_its_sku_is_doubted_aloud(small):
    shop = small(routing={"lead_time_periods": 1})
    plan = shop.plan(0, 0, 30, 20)
    late = orders(ordered=30, week=3)
    with pytest.warns(C2MWarning, match="both are counted: 'S000'. Name the run"):
        again = replan(
            plan, shop.demand(0, 30, 20, week=1), shop.factory,
            stock=shop.stock(0), on_order=late, frozen_periods=1,
        )  # fmt: skip
    assert sizes(again) == {1: 30}


def test_firm_runs_obey_no_limit_of_size_and_take_their_capacity_from_the_others(small):
    shop = small(2, routing={"moq": 20, "setup_time": 10.0}, lines={"capacity": [70.0]})
    plan = shop.plan([0, 0], [0, 0])
    firm = runs(5, 1)
    later = shop.demand([20, 0], [80, 0], week=1)
    again = replan(plan, later, shop.factory, stock=shop.stock(0, 0), on_order=NONE, firm=firm)
    assert again.runs[["sku", "quantity", "firm"]].to_numpy().tolist() == [
        ["S000", 5, True],
        ["S001", 45, False],
    ]
    load = again.line_load.iloc[0]
    assert (load["capacity"], load["used"]) == (70.0, 70.0)
    reason = again.reasons.set_index("sku").loc["S000"]
    assert (reason["limit"], reason["binding"]) == ("it is firm", "firm")


def test_firm_runs_over_capacity_are_listed_with_what_is_short_and_a_relief(small):
    shop = small()
    plan = shop.plan(60, 60, 60)
    narrow = shop.make_factory(1, lines={"capacity": [50.0]})
    with pytest.raises(InfeasiblePlanError) as caught:
        replan(
            plan, shop.demand(60, 60, week=1), narrow,
            stock=shop.stock(0), on_order=NONE, frozen_periods=2,
        )  # fmt: skip
    assert caught.value.reasons == [
        f"firm runs: L1, {day}: the runs take 60.0 pieces; with all overtime there are 50.0 "
        "(short 10.0 pieces)"
        for day in ("2026-11-30", "2026-12-07")
    ]
    assert "10.0 more pieces, or 10 fewer S000" in caught.value.relief


def test_nothing_is_added_in_frozen_periods_or_where_a_person_wants_nothing(small):
    shop = small(product={"holding_cost": 0.1})
    plan = shop.plan(0, 0, 0, 0)
    later = shop.demand(30, 30, 30, week=1)
    told = {"stock": shop.stock(0), "on_order": NONE}
    assert sizes(replan(plan, later, shop.factory, **told)) == {1: 30, 2: 30, 3: 30}
    frozen = replan(plan, later, shop.factory, frozen_periods=1, **told)
    assert sizes(frozen) == {2: 30, 3: 30}
    assert frozen.outlook["lost"].tolist() == [[30, 0, 0]]
    refused = replan(plan, later, shop.factory, firm=runs(0, 2), **told)
    assert sizes(refused) == {1: 60, 3: 30}
    every = replan(plan, later, shop.factory, frozen_periods=3, **told)
    assert len(every) == 0
    assert every.outlook["lost"].sum() == 90


def test_runs_that_a_person_has_set_are_firm_from_then_on(small):
    shop = small()
    plan = recost(shop.plan(30, 30, 30), shop.demand(30, 30, 30), shop.factory,
                  overrides=runs(50, 2))  # fmt: skip
    later = shop.demand(30, 30, 30, week=1)
    again = replan(plan, later, shop.factory, stock=shop.stock(0), on_order=NONE)
    assert sizes(again) == {1: 30, 2: 50, 3: 10}
    third = replan(
        again, shop.demand(30, 40, week=2), shop.factory, stock=shop.stock(0), on_order=NONE
    )
    assert sizes(third) == {2: 50, 3: 20}
    assert third.runs["firm"].tolist() == [True, False]


def test_a_change_is_made_only_where_it_earns_more_than_it_costs(small):
    shop = small(product={"holding_cost": 0.1})
    plan = shop.plan(30, 30, 30)
    later = shop.demand(40, 32, 30, week=1)
    told = {"stock": shop.stock(0), "on_order": NONE}
    free = replan(plan, later, shop.factory, **told)
    assert sizes(free) == {1: 40, 2: 32, 3: 30}
    changes = free.changes
    assert list(changes.columns) == list(CHANGES)
    told_sizes = changes[["before", "after", "charged"]].to_numpy().tolist()
    assert told_sizes == [[30, 40, True], [30, 32, False]]
    assert changes["why"].iloc[0] == (
        "customers are expected to want 72 instead of 60 till the old plan's end; "
        "its changes alone bring +72.00; the old plan as a whole would earn 540.00, "
        "the new one 72.00 more"
    )
    assert replan(plan, later, shop.factory, change_cost=41.0, **told).changes["charged"].sum() == 1
    calm = replan(plan, later, shop.factory, change_cost=43.0, **told)
    assert sizes(calm) == {1: 42, 2: 30, 3: 30}
    assert replan(plan, later, shop.factory, change_cost=73.0, **told).changes.empty


def test_the_old_plan_goes_on_where_it_fits_and_is_cut_where_it_does_not(small):
    shop = small()
    plan = shop.plan(60, 60, 60)
    narrow = shop.make_factory(1, lines={"capacity": [50.0]})
    later = shop.demand(60, 60, 60, week=1)
    again = replan(plan, later, narrow, stock=shop.stock(0), on_order=NONE, change_cost=1000.0)
    assert sizes(again) == {1: 50, 2: 50, 3: 50}
    assert again.changes["after"].tolist() == [50, 50]
    assert again.changes["why"].str.contains("break the limits of a run").all()
    assert again.costs["change_cost"] == 2000.0


def test_runs_that_cannot_be_made_any_more_are_named(small):
    shop = small(2)
    plan = shop.plan([30, 30], [20, 20])
    one = small(1)
    again = replan(plan, one.demand(30, 30, week=1), one.factory,
                   stock=one.stock(0), on_order=NONE)  # fmt: skip
    row = again.changes.iloc[0]
    assert (row["sku"], row["before"], row["after"]) == ("S001", 20, 0)
    assert row["why"] == "there is no demand for it any more"


def test_a_plan_from_outside_can_be_gone_on_with(small):
    shop = small()
    plan = Plan.from_frame(runs(30, 1), freq="W", lead_time_periods=0, first=FIRST, horizon=2)
    later = shop.demand(45, 30, week=1)
    again = replan(plan, later, shop.factory, stock=shop.stock(0), on_order=NONE, n_scenarios=1)
    assert again.changes["why"].tolist() == [
        "its changes alone bring +90.00; the old plan as a whole would earn 360.00, "
        "the new one 90.00 more"
    ]


def test_stated_money_is_what_the_runs_cost_over_the_scenarios(random_case, fixed_demand):
    demand, factory = random_case(7, n_skus=5, n_periods=5, n_scenarios=8)
    plan = plan_production(demand, factory, n_scenarios=8, method="heuristic")
    later = fixed_demand(demand.paths[:, :, 1:] * 1.2, cutoff=FIRST)
    stock = pd.DataFrame({"sku": plan.skus, "on_hand": plan.outlook["stock"][:, 0]})
    again = replan(
        plan, later, factory, stock=stock, on_order=NONE,
        frozen_periods=1, change_cost=5.0, method="heuristic",
    )  # fmt: skip
    assert again.runs["firm"].any()
    assert not again.runs["firm"].all()
    costed = recost(again, later, factory)
    for name, money in costed.costs.items():
        assert again.costs[name] == pytest.approx(money, rel=1e-12), name
    assert again.expected_profit <= again.bound
    assert np.allclose(costed.line_load["used"], again.line_load["used"])


def test_a_what_if_leaves_firm_runs_and_frozen_periods_as_they_are(small):
    shop = small(product={"holding_cost": 0.1})
    plan = replan(
        shop.plan(20, 20, 20), shop.demand(30, 30, 30, week=1), shop.factory,
        stock=shop.stock(0), on_order=NONE, frozen_periods=1,
    )  # fmt: skip
    assert sizes(plan) == {1: 20, 2: 30, 3: 30}
    with pytest.warns(C2MWarning, match="customers want"):
        answer = what_if(plan, shop.factory, shop.demand(50, 50, 30, week=1))
    assert sizes(answer.kept) == {1: 20, 2: 30, 3: 30}
    assert sizes(answer.best) == {1: 20, 2: 50, 3: 30}
    for each in (plan, answer.kept, answer.best):
        assert each.runs["firm"].tolist() == [True, False, False]


def test_a_replanned_plan_is_saved_and_read_bit_for_bit(small, tmp_path):
    shop = small()
    again = replan(shop.plan(30, 30, 30), shop.demand(50, 30, week=1), shop.factory,
                   stock=shop.stock(0), on_order=NONE, frozen_periods=1)  # fmt: skip
    again.save(tmp_path / "plan")
    assert Plan.load(tmp_path / "plan") == again


def test_every_wrong_argument_is_said(small, fixed_demand):
    shop = small()
    plan, later = shop.plan(30, 30, 30), shop.demand(30, 30, week=1)
    told = {"stock": shop.stock(0), "on_order": NONE}
    with pytest.raises(
        ArgumentError, match="begins on 2026-11-23 and the demand on 2026-11-30: pa"
    ):
        replan(plan, later, shop.factory)
    with pytest.raises(ArgumentError, match="before the plan"):
        replan(plan, shop.demand(30, week=-1), shop.factory, **told)
    with pytest.raises(ArgumentError, match="freq 'W' and 'D'"):
        replan(plan, fixed_demand(np.ones((1, 1, 1)), calendar=Calendar("D")), shop.factory, **told)
    with pytest.raises(ArgumentError, match="frozen_periods >= 0, got -1"):
        replan(plan, later, shop.factory, frozen_periods=-1, **told)
    with pytest.raises(ArgumentError, match="change_cost >= 0, got nan"):
        replan(plan, later, shop.factory, change_cost=float("nan"), **told)
    with pytest.raises(DataError, match="`firm` has 1 problem"):
        replan(plan, later, shop.factory, firm=runs(5, 0), **told)
    half = orders(ordered=5, line="L1", period=pd.NaT)
    with pytest.raises(DataError, match="names half a run"):
        replan(plan, later, shop.factory, stock=shop.stock(0), on_order=half)
    with pytest.raises(ArgumentError, match="Expected a plan"):
        replan(later, plan, shop.factory)


def test_a_firm_pack_must_be_whole(small):
    packs = pd.DataFrame({"prepack": "P", "sku": ["S000", "S001"], "units": [2, 3]})
    shop = small(2, prepacks=packs)
    plan = shop.plan([4, 4], [6, 6])
    torn = pd.concat([runs(4, 1), runs(5, 1, "S001")])
    told = {"stock": shop.stock(0, 0), "on_order": NONE}
    with pytest.raises(DataError, match=r"not made whole; make its SKUs in the ratio 2:3"):
        replan(plan, shop.demand([4], [6], week=1), shop.factory, firm=torn, **told)
    whole = pd.concat([runs(2, 1), runs(3, 1, "S001")])
    again = replan(plan, shop.demand([4], [6], week=1), shop.factory, firm=whole, **told)
    assert again.runs[["quantity", "firm"]].to_numpy().tolist() == [[2, True], [3, True]]


def test_a_plan_with_a_firm_run_below_its_moq_can_be_costed_and_asked_about(small):
    case = small(routing={"moq": 20, "lot_multiple": 5})
    old = case.plan(30, 30, 30)
    new = replan(old, case.demand(30, 30, 30), case.factory, firm=runs(7, 0))
    again = recost(new, case.demand(30, 30, 30), case.factory)
    assert again.runs.equals(new.runs)
    assert again.expected_profit == pytest.approx(new.expected_profit)
    answer = what_if(new, case.factory, case.demand(30, 30, 30))
    assert answer.broken.empty
    assert answer.best.runs["firm"].tolist() == new.runs["firm"].tolist()
    own = runs(8, 0)
    with pytest.raises(InfeasiblePlanError, match="a run of 8 is below the smallest, 20"):
        recost(new, case.demand(30, 30, 30), case.factory, overrides=own)


def test_a_firm_run_above_what_its_line_can_do_is_still_told(small):
    case = small()
    old = case.plan(30, 30, 30)
    new = replan(old, case.demand(30, 30, 30), case.factory, firm=runs(60, 0))
    slow = case.factory.with_tables(lines=case.factory.lines.assign(capacity=40.0))
    assert what_if(new, slow, case.demand(30, 30, 30)).broken["short"].tolist() == [20.0]


def test_arguments_of_replan_that_are_mixed_up_are_named(small):
    case = small()
    old = case.plan(30, 30, 30)
    with pytest.raises(ArgumentError, match=r"type replan\(plan, demand, factory\)"):
        replan(old, case.factory, case.demand(30, 30, 30))


def test_open_orders_that_may_be_late_stay_uncertain_when_a_plan_is_made_again(small):
    case = small()
    book = orders("S000", 50.0, week=2).assign(due_high=weeks(5)[0])
    old = plan_production(case.demand(30, 30, 30), case.factory, on_order=book, n_scenarios=9)
    stock = case.stock(0)
    with pytest.warns(C2MWarning, match="`on_order` was not given"):
        new = replan(old, case.demand(30, 30, 30, week=1), case.factory, stock=stock)
    assert new.inputs["on_order"]["due_high"].tolist() == weeks(5)
