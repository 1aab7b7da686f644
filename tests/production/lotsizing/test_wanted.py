import numpy as np
import pytest

from c2m.production.align import align
from c2m.production.lotsizing.wanted import wanted_without_limits


def problem_of(demand, factory):
    count, n_periods = demand.paths.shape[1:]
    return align(
        demand, factory, np.zeros(count), np.zeros((count, n_periods)), n_scenarios=1, seed=0
    )


@pytest.mark.parametrize(("price", "expected"), [(10.0, 60), (4.5, 40)])
def test_what_is_wanted_is_rounded_to_the_lot_that_earns_more(
    price, expected, fixed_demand, simple_factory
):
    factory = simple_factory(1, product={"price": price}, routing={"lot_multiple": 20})
    problem = problem_of(fixed_demand(np.full((1, 1, 1), 50.0)), factory)
    assert wanted_without_limits(problem).tolist() == [[expected]]


def test_what_is_wanted_without_lots_is_the_demand(fixed_demand, simple_factory):
    problem = problem_of(fixed_demand(np.full((1, 2, 3), 50.0)), simple_factory(2))
    assert wanted_without_limits(problem).sum() == 300
