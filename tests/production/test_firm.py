import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from c2m.production.evaluate import profit
from c2m.production.firm import settle, taken
from c2m.production.limits import broken_limits, line_usage
from c2m.production.lotsizing.heuristic import solve_heuristic
from c2m.production.plan_production import read_problem
from c2m.production.replanning.calm import Calm, keep_calm
from c2m.production.replanning.continued import places_of
from c2m.production.replanning.habit import with_habit


def drawn(random_case, seed, **more):
    """Return a problem of two lines with a group that shares a set-up and a smallest run."""
    demand, factory = random_case(seed, n_skus=5, n_periods=5, n_scenarios=6, n_lines=2, **more)
    tables = {name: getattr(factory, name) for name in ("lines", "products", "routings")}
    groups = pd.DataFrame({"sku": ["S000", "S001", "S002"], "group": "style"})
    limits = pd.DataFrame(
        {"scope": ["group"], "name": "style", "line": "*", "moq": 24, "setup_cost": 30.0,
         "setup_time": 5.0}
    )  # fmt: skip
    whole = type(factory).from_frames(**tables, groups=groups, limits=limits, freq="W")
    return read_problem(demand, whole, None, None, n_scenarios=6, seed=0)[0]


def any_runs(problem, rng, share):
    """Return runs that obey their own limits, in a share of the places that allow any."""
    items = problem.items
    lots = (items.most - items.moq[:, None]) // items.multiple[:, None]
    size = (
        items.moq[:, None]
        + rng.integers(0, np.maximum(lots // 3, 0) + 1) * (items.multiple[:, None])
    )
    runs = (rng.random(size.shape) < share) & (items.most > 0)
    return np.where(runs, size, 0)


@settings(
    max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 10_000))
def test_settled_runs_and_the_rest_add_up_to_the_whole(random_case, seed):
    problem, rng = drawn(random_case, seed), np.random.default_rng(seed)
    firm = any_runs(problem, rng, 0.15)
    closed = np.zeros(firm.shape, dtype=bool)
    closed[:, 0] = True
    settled = settle(problem, firm, closed)
    shift = []
    for share in (0.0, 0.1, 0.2):
        rest = any_runs(settled.free, rng, share)
        assert not (rest[:, 0]).any()
        assert not (rest * taken(problem, firm)).any()
        together = line_usage(problem, firm + rest)
        assert np.allclose(together, line_usage(problem, firm) + line_usage(settled.free, rest))
        shift.append(profit(settled.whole, firm + rest) - profit(settled.free, rest))
    assert np.allclose(shift, shift[0], rtol=1e-9, atol=1e-6)


def test_what_fits_beside_settled_runs_fits_the_factory(random_case):
    problem = drawn(random_case, 1)
    firm = np.zeros_like(problem.items.most)
    firm[0, 1] = problem.items.moq[0]
    settled = settle(problem, firm, np.zeros(firm.shape, dtype=bool))
    rest = solve_heuristic(settled.free, lambda _stage: None)
    assert broken_limits(settled.free, rest.made) == []
    joined = settled.joined(rest)
    assert (joined.made >= firm).all()
    assert (line_usage(problem, joined.made) <= problem.limit * (1 + 1e-6)).all()
    assert joined.profit == pytest.approx(profit(problem, joined.made))
    assert joined.bound >= joined.profit


@pytest.mark.parametrize("seed", [1])
def test_a_problem_with_habit_earns_what_plans_earn_less_the_cost_of_their_changes(
    random_case, seed
):
    problem, rng = drawn(random_case, seed), np.random.default_rng(seed)
    old = any_runs(problem, rng, 0.3)
    counts = np.broadcast_to(np.arange(problem.n_periods) < 4, old.shape).copy()
    calm = Calm(old, counts, 25.0, places_of(problem))
    habit = with_habit(problem, calm)
    items = habit.problem.items
    assert (np.diff(items.block) >= 0).all()
    had = np.count_nonzero((old > 0) & counts)
    anew = items.setup_cost == problem.items.setup_cost[habit.origin]
    for share in (0.1, 0.3):
        made = any_runs(habit.problem, rng, share)
        made[_later_copies(habit, made)] = 0
        for exactly in (False, True):
            if exactly:
                made[anew[:, None] & (counts & (old > 0))[habit.origin]] = 0
            plain = habit.plain(made)
            assert np.allclose(line_usage(habit.problem, made), line_usage(problem, plain))
            told = profit(habit.problem, made)
            paid = profit(problem, plain) - calm.cost * calm.changed(plain).sum()
            assert told <= paid + calm.cost * had + 1e-6
        assert told == pytest.approx(paid + calm.cost * had)
        laid = habit.laid(plain)  # each run where it costs what the change to it costs
        assert (habit.plain(laid) == plain).all()
        assert profit(habit.problem, laid) == pytest.approx(
            calm.net(problem, plain) + calm.cost * had
        )
    ran = solve_heuristic(habit.problem, lambda _stage: None)
    plain = habit.plain(ran.made)
    assert broken_limits(problem, plain) == []
    best = keep_calm(problem, plain, plain, calm)
    assert calm.net(problem, best) >= calm.net(problem, plain) - 1e-6


def _later_copies(habit, made):
    """Say which runs are another copy of an item that runs in the same period already."""
    later = np.zeros(made.shape, dtype=bool)
    for origin in np.unique(habit.origin):
        rows = np.flatnonzero(habit.origin == origin)
        runs = made[rows] > 0
        later[rows] = runs & (np.cumsum(runs, axis=0) > 1)
    return later
