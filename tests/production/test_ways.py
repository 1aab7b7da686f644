import itertools
from dataclasses import replace

import numpy as np
import pytest

from c2m.production.evaluate import block_values, charges, profit
from c2m.production.limits import allowance_usage, broken_limits, line_usage
from c2m.production.lotsizing.draft import Change, Draft
from c2m.production.lotsizing.unsplit import without_splits
from c2m.production.plan_production import solve
from c2m.production.problem import Items
from tests.production.drawn_problems import N_PERIODS, drawn_problem, played_profit


def any_runs(problem, seed):
    """Return runs that obey their own limits and run one tier at a time."""
    rng = np.random.default_rng(seed)
    items = problem.items
    size = rng.integers(items.moq[:, None], np.maximum(items.most, items.moq[:, None]) + 1)
    made = np.where((items.most > 0) & (rng.random(size.shape) < 0.3), size, 0)
    tier = np.flatnonzero(items.way == 3)
    made[tier] *= made[tier - 1] == 0
    return made


def silent(stage):
    """Show nothing."""


@pytest.mark.parametrize("seed", range(5))
def test_a_plan_with_yields_modes_tiers_and_dated_costs_earns_what_playing_it_earns(seed):
    problem = drawn_problem(seed)
    made = any_runs(problem, seed)
    assert profit(problem, made) == pytest.approx(played_profit(problem, made), rel=1e-12)


def test_charges_are_extra_capacity_and_allowances_at_their_prices():
    problem = drawn_problem(0)
    prices = np.arange(8.0).reshape(2, N_PERIODS)
    found = charges(problem, prices, np.array([2.0, 3.0]))
    items = problem.items
    dated = 1.0 + np.arange(N_PERIODS) * 0.5
    expected = items.extra + items.unit_time[:, None] * prices[items.line]
    expected[:, :2] += 2.0 * 1.5
    expected[:, 1:] += 3.0 * dated[1:]
    np.testing.assert_allclose(found, expected)


@pytest.mark.parametrize("seed", range(4))
def test_a_draft_knows_after_every_change_what_its_plan_earns_and_takes(seed):
    problem = drawn_problem(seed)
    rng = np.random.default_rng(seed)
    draft = Draft(problem, np.zeros_like(problem.items.most))
    tried = 0
    for _ in range(150):
        item = int(rng.integers(problem.n_items))
        when = int(rng.integers(N_PERIODS))
        size = int(rng.integers(problem.items.moq[item], problem.items.moq[item] + 4))
        size *= int(rng.random() < 0.6)
        if size > problem.items.most[item, when]:
            continue
        before = draft.profit()
        cost = draft.cost_if_fits([(item, when, size)])
        gain = float(draft.gains(Change(*(np.array([n]) for n in (item, when, size))))[0])
        after = draft.made.copy()
        after[item, when] = size
        fitting = not set(broken_limits(problem, after)) - set(broken_limits(problem, draft.made))
        assert (cost is not None) == fitting
        if cost is None:
            continue
        draft.apply([(item, when, size)])
        tried += 1
        assert draft.profit() == pytest.approx(before + gain - cost, abs=1e-9)
        assert draft.profit() == pytest.approx(profit(problem, draft.made), abs=1e-9)
        np.testing.assert_allclose(draft.used, line_usage(problem, draft.made), atol=1e-9)
        np.testing.assert_allclose(draft.taken.used, allowance_usage(problem, draft.made))
    assert tried > 20


def test_moving_a_run_to_another_mode_of_the_same_period_is_one_change_for_its_limits():
    problem = drawn_problem(1, allowances=False)
    made = np.zeros_like(problem.items.most)
    made[0, 0] = 3  # by sea, the smallest run of the group
    draft = Draft(problem, made)
    move = [(0, 0, 0), (1, 0, 3)]
    cost = draft.cost_if_fits(move)
    assert cost == pytest.approx(0.0)
    assert draft.cost_if_fits(move[:1]) is not None
    assert draft.cost_if_fits([(1, 0, 3)]) is not None
    assert draft.cost_if_fits([(0, 0, 2)]) is None


def test_two_tiers_of_one_price_list_never_run_in_one_period():
    problem = drawn_problem(2, allowances=False, groups=False)
    problem = replace(problem, overtime=problem.overtime + 20.0)
    made = np.zeros_like(problem.items.most)
    made[2, 0], made[3, 0] = 5, 6
    assert broken_limits(problem, made) == [
        "S0 on B by sea is made at two tiers of its price list in the week of 1971-11-29"
    ]
    draft = Draft(problem, np.where(np.arange(len(made))[:, None] == 2, made, 0))
    assert draft.cost_if_fits([(3, 0, 6)]) is None
    assert draft.cost_if_fits([(2, 0, 0), (3, 0, 6)]) is not None


def best_by_enumeration(problem):
    """Try every plan of a problem with few runs."""
    cells = np.argwhere(problem.items.most > 0).tolist()
    sizes = [[0, *range(int(problem.items.moq[i]), int(problem.items.most[i, t]) + 1)]
             for i, t in cells]  # fmt: skip
    best = -np.inf
    for chosen in itertools.product(*sizes):
        made = np.zeros_like(problem.items.most)
        for (item, when), size in zip(cells, chosen, strict=True):
            made[item, when] = size
        if not broken_limits(problem, made):
            best = max(best, profit(problem, made))
    return best


def test_the_exact_way_finds_the_best_of_all_plans_with_ways_groups_and_allowances():
    problem = drawn_problem(0, n_skus=1, n_scenarios=2)
    few = np.zeros_like(problem.items.most)
    few[[0, 1, 2, 3], [0, 2, 1, 1]] = np.minimum(problem.items.most.max(axis=1), [5, 5, 4, 8])
    problem = replace(problem, items=replace(problem.items, most=few))
    best = best_by_enumeration(problem)
    solution = solve(problem, "exact", None, silent)
    assert solution.profit == pytest.approx(best, abs=1e-6)
    assert solution.bound == pytest.approx(best, abs=1e-4)


def test_quick_plans_hold_every_limit_of_ways_groups_and_allowances():
    problem = drawn_problem(0, n_skus=2)
    quick = solve(problem, "heuristic", None, silent)
    assert broken_limits(problem, quick.made) == []
    assert quick.profit == pytest.approx(profit(problem, quick.made))
    assert quick.profit <= quick.bound + 1e-9


def test_quick_plans_with_ways_and_allowances_come_close_to_exact_ones():
    quick, exact = 0.0, 0.0
    for seed in range(2):
        problem = drawn_problem(seed, n_skus=1 + seed, n_scenarios=2, groups=False)
        idle = profit(problem, np.zeros_like(problem.items.most))
        quick += solve(problem, "heuristic", None, silent).profit - idle
        exact += solve(problem, "exact", None, silent).profit - idle
    assert quick >= 0.95 * exact


def test_items_without_extra_costs_or_ways_of_their_own_have_none():
    plain = drawn_problem(0).items
    items = Items(*(getattr(plain, name) for name in list(Items.__dataclass_fields__)[:9]))
    assert not items.has_extra
    assert items.extra.shape == plain.most.shape
    assert items.way.tolist() == plain.line.tolist()
    problem = replace(drawn_problem(0), items=items, ways=())
    assert [way.line for way in problem.ways] == [0, 1]
    assert problem.price_lists == ()


def test_the_value_of_blocks_counts_their_extra_costs():
    problem = drawn_problem(3, groups=False, allowances=False)
    made = any_runs(problem, 3)
    free = replace(problem, items=replace(problem.items, extra=np.zeros_like(problem.items.extra)))
    paid = block_values(free, made) - block_values(problem, made)
    spent = np.bincount(problem.items.block, (problem.items.extra * made).sum(axis=1))
    np.testing.assert_allclose(paid, spent)


def test_runs_by_one_mode_hold_the_limits_of_split_runs_and_earn_no_less_there():
    problem = drawn_problem(4, allowances=False)
    whole = without_splits(problem)
    on_a = problem.items.line == 0
    assert whole.items.moq[on_a].tolist() == [3] * 4
    assert (whole.items.setup_cost - problem.items.setup_cost).tolist() == (2.0 * on_a).tolist()
    assert [group.setup_cost for group in whole.groups] == [0.0, 0.0, 1.5]
    rng, held = np.random.default_rng(4), 0
    for _ in range(80):
        size = rng.integers(3, 7, whole.items.most.shape) * (rng.random(size=(8, N_PERIODS)) < 0.12)
        if not broken_limits(whole, size):
            held += 1
            assert broken_limits(problem, size) == []
            assert profit(problem, size) >= profit(whole, size) - 1e-9
    assert held >= 5


def test_a_problem_without_split_runs_is_left_as_it_is():
    problem = drawn_problem(0, groups=False)
    assert without_splits(problem) is problem
