import importlib
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from c2m.errors import ArgumentError, DataError, InfeasiblePlanError
from c2m.production.changeovers import schedule_slots

COLOURS = ("BLACK", "RED", "WHITE")
COSTS = np.array([[0.0, 20.0, 50.0], [10.0, 0.0, 30.0], [5.0, 6.0, 0.0]])
CHANGES = pd.DataFrame(
    [
        {"from_sku": one, "to_sku": other, "cost": COSTS[row, column]}
        for row, one in enumerate(COLOURS)
        for column, other in enumerate(COLOURS)
        if row != column
    ]
)
WANTED = pd.DataFrame(
    {
        "sku": ["WHITE", "BLACK", "RED", "WHITE", "BLACK"],
        "due": [2, 4, 4, 8, 8],
        "slots": [1, 2, 1, 2, 1],
    }
)


def plan(**changed):
    given = {"wanted": WANTED, "changeovers": CHANGES, "holding_cost": 1.0, **changed}
    return schedule_slots(given.pop("wanted"), given.pop("changeovers"), **given)


def test_cost_is_that_of_the_schedule_counted_by_hand():
    result = plan()
    due = {
        sku: rows.loc[rows.index.repeat(rows["slots"]), "due"].tolist()
        for sku, rows in WANTED.groupby("sku")
    }
    money, before = 0.0, None
    for slot, sku in enumerate(result.schedule, start=1):
        if sku is None:
            continue
        money += due[sku].pop(0) - slot
        if before is not None:
            money += COSTS[COLOURS.index(before), COLOURS.index(sku)]
        before = sku
    assert not any(due.values())
    assert result.cost == money == result.bound
    assert result.method == "exact"
    table = result.to_frame()
    assert table[["changeover_cost", "holding_cost"]].to_numpy().sum() == result.cost
    assert (table["slot"] <= table["due"]).dropna().all()


def test_runs_are_slots_on_end_and_add_up():
    result = plan()
    runs = result.runs
    assert runs["slots"].sum() == WANTED["slots"].sum()
    assert (runs["last_slot"] - runs["first_slot"] + 1 == runs["slots"]).all()
    assert runs[["changeover_cost", "holding_cost"]].to_numpy().sum() == result.cost
    assert runs["from_sku"].iloc[1:].tolist() == runs["sku"].iloc[:-1].tolist()
    summary = result.summary().iloc[0]
    assert summary["cost"] == summary["changeover_cost"] + summary["holding_cost"] == result.cost
    assert "exact" in repr(result)
    assert repr(result.cost)[:2] in result._repr_html_()


def test_tables_and_arrays_say_the_same():
    slots = np.zeros((3, 8), dtype=int)
    for row in WANTED.itertuples():
        slots[COLOURS.index(row.sku), row.due - 1] += row.slots
    arrays = schedule_slots(slots, COSTS, holding_cost=[1.0, 1.0, 1.0])
    assert arrays.cost == plan().cost
    assert (
        tuple(None if sku is None else COLOURS[int(sku)] for sku in arrays.schedule)
        == plan().schedule
    )


def test_what_the_line_is_set_up_for_costs_its_first_change():
    free = plan().cost
    assert plan(first="WHITE").cost == free
    assert plan(first="BLACK").cost > free
    more = pd.DataFrame({"from_sku": "BLUE", "to_sku": list(COLOURS), "cost": 7.0})
    assert plan(first="BLUE", changeovers=pd.concat([CHANGES, more])).cost == free + 7.0


def test_holding_cost_may_be_named_by_sku():
    costs = pd.Series({"WHITE": 0.0, "BLACK": 3.0, "RED": 0.0, "OTHER": 9.0})
    result = plan(holding_cost=costs)
    held = result.slots.groupby("sku")["holding_cost"].sum()
    assert held["WHITE"] == held["RED"] == 0
    early = (result.slots["due"] - result.slots["slot"])[result.slots["sku"] == "BLACK"]
    assert held["BLACK"] == 3 * early.sum()


def test_dearer_changes_never_make_a_schedule_cheaper():
    costs = [
        plan(changeovers=CHANGES.assign(cost=CHANGES["cost"] * factor)).cost
        for factor in (0, 1, 2, 9)
    ]
    assert costs == sorted(costs)
    assert costs[0] == plan(holding_cost=1.0, changeovers=CHANGES.assign(cost=0.0)).cost


def test_orders_of_one_sku_and_slot_are_added_up():
    split = pd.DataFrame(
        {
            "sku": ["WHITE", "BLACK", "BLACK", "RED", "WHITE", "WHITE", "BLACK"],
            "due": [2, 4, 4, 4, 8, 8, 8],
        }
    )
    assert plan(wanted=split).schedule == plan().schedule


def test_nothing_wanted_costs_nothing():
    empty = plan(wanted=WANTED.iloc[:0])
    assert empty.cost == empty.bound == 0
    assert empty.schedule == ()
    assert len(empty.runs) == 0
    idle = plan(wanted=WANTED.assign(slots=0))
    assert idle.schedule == (None,) * 8


def test_more_due_than_there_are_slots_is_told_with_slots_and_a_way_out():
    crowded = pd.concat([WANTED, pd.DataFrame({"sku": ["RED"], "due": [2], "slots": [3]})])
    with pytest.raises(InfeasiblePlanError) as caught:
        plan(wanted=crowded)
    assert caught.value.reasons == [
        "By slot 2, 4 slots of work are due, 2 too many (due in it: 'RED' 3, 'WHITE' 1).",
        "By slot 4, 7 slots of work are due, 3 too many (due in it: 'BLACK' 2, 'RED' 1).",
        "By slot 8, 10 slots of work are due, 2 too many (due in it: 'BLACK' 1, 'WHITE' 2).",
    ]
    assert "begin 3 slots earlier" in caught.value.relief


def test_every_problem_of_a_table_is_told_at_once():
    with pytest.raises(DataError) as caught:
        plan(wanted=WANTED.assign(due=[0, 4, 4.5, 8, 8], slots=[1, -2, 1, 2, 1]))
    assert len(caught.value.problems) == 3
    own = pd.DataFrame({"from_sku": ["RED"], "to_sku": ["RED"], "cost": [4.0]})
    with pytest.raises(DataError, match="BLACK -> RED") as caught:
        plan(changeovers=pd.concat([CHANGES.iloc[1:], own]))
    assert len(caught.value.problems) == 2


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"first": "BLAK"}, "did you mean 'BLACK'"),
        ({"wanted": [[1]], "changeovers": [[0.0]], "first": 3}, "Expected first as one of"),
        ({"states": 0}, "states"),
        ({"states": True}, "states"),
        ({"time_limit_s": -1}, "time_limit_s"),
        ({"holding_cost": -1.0}, "holding_cost"),
        ({"changeovers": COSTS}, "two tables or as two arrays"),
        ({"wanted": [[1.5]], "changeovers": [[0.0]]}, "whole numbers"),
        ({"wanted": [[1]], "changeovers": [[2.0]]}, "diagonal"),
        ({"wanted": [[1], [1]], "changeovers": [[0.0]]}, "shape"),
        ({"wanted": [["x"]], "changeovers": [[0.0]]}, "numbers"),
    ],
)
def test_an_argument_out_of_range_is_refused(changed, said):
    with pytest.raises(ArgumentError, match=said):
        plan(**changed)


def test_a_due_slot_that_is_a_date_or_a_typing_error_is_refused_before_memory_is_full():
    with pytest.raises(DataError, match="count due slots from 1"):
        plan(wanted=WANTED.assign(due=[2, 4, 4, 8, 20_261_123 // 2]))


def test_without_time_there_is_still_a_schedule_in_time_and_a_bound():
    result = plan(time_limit_s=0)
    assert 0 <= result.bound <= plan().cost <= result.cost
    assert result.method == "heuristic"
    assert sum(sku is not None for sku in result.schedule) == WANTED["slots"].sum()


PUBLISHED = {
    "pigment15a": 1195,
    "pigment15b": 1123,
    "pigment15d": 1486,
    "pigment15e": 1583,
    "pigment20a": 1147,
    "pigment20b": 2101,
    "pigment20c": 2182,
    "pigment30a": 1119,
    "pigment30b": 1320,
    "pigment30c": 1707,
    "PSP_100_1": 10088,
}


@pytest.fixture(scope="module")
def read_cases():
    """Return the reader of the benchmark's files."""
    folder = str(Path(__file__).parents[2] / "benchmarks")
    sys.path.insert(0, folder)
    try:
        module = importlib.import_module("discrete")
    finally:
        sys.path.remove(folder)
    return module.read_cases


def test_published_optima_are_hit_and_proved(shared_data, read_cases):
    cases = read_cases(shared_data / "lot_sizing")
    for name, optimum in PUBLISHED.items():
        case = cases[name]
        result = schedule_slots(case.wanted, case.changeovers, holding_cost=case.holding)
        assert (result.cost, result.method) == (optimum, "exact")
