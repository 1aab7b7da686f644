import numpy as np
import pytest

from c2m.production.align import align
from c2m.production.evaluate import profit
from c2m.production.limits import broken_limits
from c2m.production.lotsizing.draft import Draft
from c2m.production.lotsizing.improve import improve
from c2m.production.lotsizing.trade import trade


def test_a_full_line_gives_its_room_to_what_earns_more(fixed_demand, simple_factory):
    factory = simple_factory(
        2, lines={"capacity": [10.0]}, product={"price": [10.0, 30.0]}, routing={"moq": [3, 4]}
    )
    demand = fixed_demand(np.array([[[10.0], [6.0]]]))
    problem = align(demand, factory, np.zeros(2), np.zeros((2, 1)), n_scenarios=1, seed=0)
    draft = Draft(problem, np.array([[10], [0]]))
    assert improve(draft, np.zeros((1, 1))).ravel().tolist() == [10, 0]
    assert trade(draft).ravel().tolist() == [4, 6]


@pytest.mark.parametrize("seed", range(3))
def test_trades_hold_every_limit_and_never_earn_less(random_case, seed):
    demand, factory = random_case(seed, n_skus=6, n_periods=4, n_scenarios=3, n_lines=2)
    nothing = np.zeros(6), np.zeros((6, 4))
    problem = align(demand, factory, *nothing, n_scenarios=3, seed=0)
    start = improve(Draft(problem, np.zeros_like(problem.items.most)), problem.regular * 0)
    draft = Draft(problem, start)
    made = trade(draft)
    assert not broken_limits(problem, made)
    assert profit(problem, made) >= profit(problem, start)
    assert draft.profit() == pytest.approx(profit(problem, made))
