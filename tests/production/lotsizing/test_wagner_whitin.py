import itertools
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from c2m.errors import ArgumentError
from c2m.production.lotsizing import wagner_whitin


@pytest.mark.parametrize(
    ("example", "cost"),
    [("example_3_9", 1380), ("problem_3_27", 424), ("problem_3_29", 423), ("scmo_ww_hw_c", 4940)],
)
def test_textbook_costs_and_lots_come_out_to_the_digit(shared_data, example, cost):
    published = json.loads((shared_data / "textbook" / "textbook.json").read_text())[example]
    data = published["data"]
    lots = wagner_whitin(
        data["demand"], data["fixed_cost"], data["holding_cost"], data.get("purchase_cost", 0.0)
    )
    assert lots.cost == pytest.approx(cost, abs=1e-9)
    assert lots.quantity.tolist() == published["Q"]


def cheapest_by_enumeration(demand, setup, holding, unit):
    """Try every set of run periods; with given periods, units are made as late as is cheapest."""
    count = len(demand)
    best = np.inf
    for runs in itertools.product([False, True], repeat=count):
        cost = sum(setup[period] for period in range(count) if runs[period])
        for period, units in enumerate(demand):
            ways = [unit[run] + sum(holding[run:period]) for run in range(period + 1) if runs[run]]
            cost += units * min(ways, default=np.inf) if units else 0.0
        best = min(best, cost)
    return best


periods = st.integers(1, 6)
amounts = st.integers(0, 30)


@given(
    data=periods.flatmap(
        lambda count: st.tuples(*[st.lists(amounts, min_size=count, max_size=count)] * 4)
    )
)
def test_no_set_of_run_periods_is_cheaper(data):
    demand, setup, holding, unit = data
    lots = wagner_whitin(demand, setup, holding, unit)
    assert lots.cost == pytest.approx(cheapest_by_enumeration(*data))
    assert lots.quantity.sum() == sum(demand)
    assert np.all(np.cumsum(lots.quantity) >= np.cumsum(demand))


def test_stated_cost_is_the_cost_of_the_stated_lots():
    demand, setup, holding = np.array([3.0, 0.0, 7.0, 2.0]), 9.0, 1.5
    lots = wagner_whitin(demand, setup, holding)
    stock = np.cumsum(lots.quantity - demand)
    assert lots.cost == setup * np.count_nonzero(lots.quantity) + holding * stock.sum()


@pytest.mark.parametrize("demand", [[-1.0], [np.nan], []])
def test_demand_that_is_no_demand_is_refused(demand):
    with pytest.raises(ArgumentError, match="Expected demand"):
        wagner_whitin(demand, 1.0, 1.0)


def test_costs_of_another_length_are_refused():
    with pytest.raises(ArgumentError, match="Expected holding_cost for 2 periods"):
        wagner_whitin([1, 2], 1.0, [1.0, 2.0, 3.0])
