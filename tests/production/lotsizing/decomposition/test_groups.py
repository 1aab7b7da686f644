from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from c2m.production.align import align
from c2m.production.evaluate import profit
from c2m.production.limits import broken_limits
from c2m.production.lotsizing.decomposition import is_known, solve_known
from c2m.production.lotsizing.decomposition.known import Known
from c2m.production.lotsizing.decomposition.plans import best_plans
from c2m.production.lotsizing.decomposition.shares import GroupTerms
from c2m.production.lotsizing.decomposition.together import Together
from c2m.production.lotsizing.exact import solve_exact
from c2m.production.problem import GroupLimit


def silent(stage):
    """Show nothing."""


def grouped_case(case, *, members=4, weeks=2.0, setup_cost=60.0, setup_time=10.0):
    """Return the problem of one path, with MOQs and set-ups on groups instead of on SKUs."""
    demand, factory = case
    one = type(demand)(demand.paths[:1], demand.skus)
    count, n_periods = demand.paths.shape[1:]
    problem = align(
        one, factory, np.zeros(count), np.zeros((count, n_periods)), n_scenarios=1, seed=0
    )
    items, groups = problem.items, []
    for start in range(0, count, members):
        skus = np.arange(start, min(start + members, count))
        moq = max(int(weeks * problem.mean_net[skus, -1].sum() / n_periods), 1)
        for line in range(len(problem.lines)):
            inside = np.flatnonzero(np.isin(items.block, skus) & (items.line == line))
            weights = np.ones(len(inside), dtype=np.int64)
            limit = (moq, 1, np.inf, setup_time, setup_cost)
            groups.append(GroupLimit(f"G{start}", line, inside, weights, *limit))
    ones, small = np.ones_like(items.moq), 0.1 * items.setup_cost
    items = replace(items, moq=ones, multiple=ones, setup_cost=small, setup_time=0 * small)
    return replace(problem, items=items, groups=tuple(groups))


@settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    seed=st.integers(0, 10_000),
    weeks=st.sampled_from([0.0, 1.5, 9.0]),
    setup=st.sampled_from([0.0, 30.0]),
    overlap=st.booleans(),
)
def test_no_exact_plan_is_above_the_bound_of_priced_groups(
    seed, weeks, setup, overlap, random_case
):
    case = random_case(seed, n_skus=3, n_periods=3, n_lines=2)
    problem = grouped_case(case, members=2, weeks=weeks, setup_cost=setup)
    if overlap:
        items = np.arange(problem.n_items)
        over = GroupLimit("all", -1, items, np.ones_like(items), 30, 1, np.inf, 0.0, setup)
        problem = replace(problem, groups=(*problem.groups, over))
    found = solve_known(problem, silent)
    exact = solve_exact(problem, found, None)
    assert is_known(problem)
    assert not broken_limits(problem, found.made)
    assert found.profit == pytest.approx(profit(problem, found.made))
    assert exact.profit <= found.bound + 1e-6


def test_a_set_up_on_a_group_makes_its_skus_run_together(random_case):
    problem = grouped_case(random_case(3, n_skus=40, n_periods=8), setup_cost=2000.0, weeks=0.0)
    found = solve_known(problem, silent)
    runs = found.made > 0
    openings = sum(int(runs[group.items].any(axis=0).sum()) for group in problem.groups)
    assert runs.sum() > 2 * openings
    assert found.bound - found.profit <= 0.03 * found.bound


def test_groups_with_moqs_on_two_lines_come_near_the_bound_and_hold_every_limit(random_case):
    problem = grouped_case(random_case(4, n_skus=60, n_periods=6, n_lines=2, load=0.5))
    found = solve_known(problem, silent)
    assert not broken_limits(problem, found.made)
    assert found.bound - found.profit <= 0.05 * found.bound


def test_with_one_share_each_the_price_of_a_group_is_its_set_up(random_case):
    problem = grouped_case(random_case(1, n_skus=4, n_periods=5), members=1, weeks=0.0)
    known = Known.of(problem)
    terms = GroupTerms(problem, known)
    priced = terms.terms(terms.start())
    own = known.terms.setup_cost
    assert np.asarray(priced.setup_cost) == pytest.approx(own + 60.0)
    assert np.asarray(priced.setup_time) == pytest.approx(known.terms.setup_time + 10.0)


def test_the_score_of_units_is_what_their_runs_earn_and_take(random_case):
    problem = grouped_case(random_case(2, n_skus=12, n_periods=6), weeks=0.0)
    known = Known.of(problem)
    terms = GroupTerms(problem, known)
    together = Together(terms, np.zeros(problem.items.most.shape), terms.start())
    plans, _ = best_plans(known, np.zeros(problem.regular.shape))
    earned, usage = together.score(plans)
    made = np.rint(terms.made(plans)[1]).astype(np.int64)
    nothing = profit(problem, np.zeros_like(made))
    overtime = np.maximum(usage.sum(axis=0) - problem.regular[0], 0.0).sum() * 2.0
    assert earned.sum() - overtime == pytest.approx(profit(problem, made) - nothing)


def test_runs_that_are_opened_reach_their_moq_or_pay_for_what_is_missing(random_case):
    problem = grouped_case(random_case(6, n_skus=12, n_periods=8), weeks=3.0)
    terms = GroupTerms(problem, Known.of(problem))
    together = Together(terms, np.zeros(problem.items.most.shape), terms.start())
    prices = np.zeros(problem.regular.shape)
    eager, patient = (together.open_runs(prices, urge) for urge in (0.0, 50.0))
    assert patient.sum() <= eager.sum()


@pytest.mark.parametrize("seed", range(3))
def test_extra_costs_and_yields_are_in_the_bound_and_in_the_plan(seed, random_case):
    problem = replace(grouped_case(random_case(seed, n_skus=3, n_periods=3)), groups=())
    rng = np.random.default_rng(seed)
    items = replace(problem.items, extra=rng.uniform(-1.0, 5.0, problem.items.most.shape))
    members = replace(problem.members, units=problem.members.units * 0.9)
    problem = replace(problem, items=items, members=members)
    found = solve_known(problem, silent)
    exact = solve_exact(problem, found, None)
    assert not broken_limits(problem, found.made)
    assert 0.97 * exact.profit <= found.profit <= exact.profit + 1e-6
    assert exact.profit <= found.bound + 1e-6


def test_once_the_runs_of_groups_are_set_their_set_ups_are_paid_and_other_periods_closed(
    random_case,
):
    problem = grouped_case(random_case(5, n_skus=8, n_periods=6, n_lines=2))
    group_terms = GroupTerms(problem, Known.of(problem))
    start = group_terms.start()
    shares = replace(start, bonus=np.full(start.bonus.shape, 0.5))
    together = Together(group_terms, np.ones(problem.items.most.shape), shares)
    prices = np.zeros(problem.regular.shape)
    plans = together.plans(together.open_runs(prices, 2.0), prices)
    given_runs, rewarded, paid = together.given(plans)
    _, made = group_terms.made(plans)
    run = np.stack([made[group.items].sum(axis=0) > 0 for group in problem.groups])
    asked = (shares.bonus * group_terms.useful * run).sum()
    assert asked > 0
    assert paid == pytest.approx(60.0 * run.sum() + asked)
    entries, extra = group_terms.entries, rewarded.terms.extra - given_runs.terms.extra
    assert -extra[entries.item] == pytest.approx(shares.bonus[entries.group])
    for number, group in enumerate(problem.groups):
        closed = np.isinf(given_runs.terms.setup_cost[group.items])
        assert (closed == ~run[number]).all()
    time = np.zeros(problem.regular.shape)
    np.add.at(time, [group.line for group in problem.groups], 10.0 * run)
    assert given_runs.regular == pytest.approx(np.maximum(problem.regular - time, 0.0))
