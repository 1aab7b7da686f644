import numpy as np

from c2m.production.lotsizing.heuristic import choose
from c2m.production.lotsizing.prices import empty_pool
from c2m.production.lotsizing.stochastic.candidates import Candidate
from c2m.production.plan_production import read_problem


def test_another_plan_is_taken_only_where_it_earns_clearly_more(fixed_demand, simple_factory):
    """A unit sold earns 6: 1,000 against 1,001 units is chance, against 1,100 it is not."""
    factory = simple_factory(1, lines={"capacity": [5_000.0]})
    demand = fixed_demand(np.full((2, 1, 1), 2_000.0))
    problem, _ = read_problem(demand, factory, None, None, n_scenarios=2, seed=0)
    pool, prices = empty_pool(problem), np.zeros(problem.regular.shape)

    def _plan(units):
        return Candidate(str(units), np.array([[units]]), prices, pool)

    assert choose([_plan(1_000), _plan(1_001)], problem).name == "1000"
    assert choose([_plan(1_000), _plan(1_001), _plan(1_100)], problem).name == "1100"
