"""Plans and forecasts from outside, policies of one's own, and what is refused."""

import pandas as pd
import pytest

from c2m.errors import ArgumentError, C2MWarning, DataError, InfeasiblePlanError
from c2m.forecast import MovingAverage
from c2m.plan import Plan
from c2m.rehearse import GivenDemand, GivenPlan, OrderWhatSold, Ours, Planning, release
from tests.rehearse.small_shop import (
    START,
    WEEKS,
    Spy,
    by_one_way,
    draw_sales,
    make_factory,
    make_panel,
    play,
)


def runs(*rows):
    frame = pd.DataFrame(rows, columns=["sku", "line", "period", "quantity"])
    return Plan.from_frame(frame, freq="W", lead_time_periods=0)


def test_a_given_plan_that_breaks_limits_is_an_error_that_lists_them_all():
    factory = make_factory().with_tables(lanes=[])
    plan = runs(
        ("TEE", "B", WEEKS[29], 400), ("CAP", "A", WEEKS[30], 5), ("CAP", "A", WEEKS[31], 6)
    )
    with pytest.raises(InfeasiblePlanError) as error:
        play(make_panel(draw_sales()), factory, [GivenPlan("mine", plan)])
    text = str(error.value)
    assert "'mine'" in text
    assert "B, 2026-07-27" in text
    assert "a run of 5 is below the smallest, 6" in text
    assert "group 'SOFT' makes 6" in text


def test_a_given_plan_is_carried_out():
    factory = make_factory().with_tables(lanes=[])
    plan = runs(("TEE", "B", WEEKS[29], 20), ("TEE", "B", WEEKS[35], 30), ("TEE", "B", WEEKS[5], 9))
    found = play(make_panel(draw_sales()), factory, [GivenPlan("mine", plan)])
    assert found.decisions["quantity"].tolist() == [20, 30]
    assert found.arrays["arrived"][0, 2, [2, 8]].tolist() == [20, 30]


def test_a_run_before_the_first_open_period_is_an_error():
    class Late(Spy):
        def decide(self, known):
            return super().decide(known).assign(period=WEEKS[0])

    with pytest.raises(DataError, match="1 run before 2026-07-20"):
        play(make_panel(draw_sales()), policies=[Late()])


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"start": WEEKS[0]}, "history before it"),
        ({"start": "2026-07-21"}, "first day of a period"),
        ({"horizon": 0}, "horizon >= 1"),
        ({"every": 0}, "every >= 1"),
        ({"policies": [OrderWhatSold(), OrderWhatSold()]}, "more than once"),
        ({"policies": [OrderWhatSold]}, "decide"),
        ({"policies": []}, "at least one"),
    ],
)
def test_wrong_arguments_are_refused_with_what_to_type(more, said):
    with pytest.raises(ArgumentError, match=said):
        play(make_panel(draw_sales()), **more)


def test_budgets_and_materials_are_refused_since_each_decision_would_count_them_anew():
    budget = {"department": "*", "first_day": START, "last_day": WEEKS[39], "amount": 900.0}
    factory = make_factory().with_tables(budgets=pd.DataFrame([budget]))
    with pytest.raises(ArgumentError, match="budgets"):
        play(make_panel(draw_sales()), factory)


def test_what_a_policy_is_warned_of_is_said_once_with_its_count():
    class Warns(Spy):
        def decide(self, known):
            from c2m.errors import warn

            warn(f"{known.step} things are odd.")
            return super().decide(known)

    with pytest.warns(C2MWarning) as caught:
        play(make_panel(draw_sales()), policies=[Warns()])
    assert [str(each.message) for each in caught] == [
        "While 'spy' decided (12 times, first): 0 things are odd."
    ]


def test_what_several_policies_are_warned_of_is_said_once_with_their_names():
    class Warns(Spy):
        def decide(self, known):
            from c2m.errors import warn

            warn(f"{known.step} things are odd.")
            return super().decide(known)

    with pytest.warns(C2MWarning) as caught:
        play(make_panel(draw_sales()), policies=[Warns("a"), Warns("b")], stop=WEEKS[29])
    assert [str(each.message) for each in caught] == [
        "While 'a', 'b' decided (4 times, first): 0 things are odd."
    ]


def test_forecasts_from_outside_are_planned_on_as_ours_are():
    panel = make_panel(draw_sales())
    demands = {
        str(day.date()): MovingAverage(4).fit(panel.upto(day)).predict(4) for day in WEEKS[27:29]
    }
    way = Planning(n_scenarios=2, method="heuristic")
    same = Ours(MovingAverage(4), n_scenarios=2, method="heuristic")
    both = [same, GivenDemand("theirs", demands, way)]
    found = play(panel, by_one_way(), both, stop=WEEKS[29], horizon=4)
    assert found.costs.loc["c2m"].equals(found.costs.loc["theirs"])


def test_a_forecast_that_is_missing_or_begins_elsewhere_is_an_error():
    panel = make_panel(draw_sales())
    later = MovingAverage(4).fit(panel.upto(WEEKS[29])).predict(6)
    with pytest.raises(ArgumentError, match="no forecast for the cutoff 2026-07-13; it has 1 "):
        play(panel, policies=[GivenDemand("theirs", {WEEKS[29]: later})])
    with pytest.raises(ArgumentError, match="begins after 2026-07-27"):
        play(panel, policies=[GivenDemand("theirs", {WEEKS[27]: later})])


def test_release_is_public_for_policies_of_ones_own():
    class Flat(Spy):
        def decide(self, known):
            return release(known, pd.Series({"TEE": 15.0, "CAP": 6.0}))

    found = play(make_panel(draw_sales()), policies=[Flat(name="flat")])
    made = found.decisions.groupby("sku")["quantity"].max()
    assert made["TEE"] == 15
    assert made["CAP"] == 8  # the group's MOQ
