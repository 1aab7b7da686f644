from dataclasses import replace

import numpy as np
import pytest

from c2m.periods import Calendar
from c2m.production.evaluate import profit
from c2m.production.limits import broken_limits
from c2m.production.lotsizing.draft import Draft
from c2m.production.lotsizing.improve import improve
from c2m.production.lotsizing.repair import repair
from c2m.production.lotsizing.stochastic.group_moves import move_groups
from c2m.production.lotsizing.stochastic.group_setups import with_group_setups
from c2m.production.problem import GroupLimit, Items, Members, Problem


def style_problem(net, *, n_lines, setup_time, setup_cost, capacity, moq=1, multiple=1):
    """Return SKUs 0, 1 of style A and the others of style B, each on every line."""
    n_periods, n_skus, _ = net.shape
    count = n_skus * n_lines
    sku, line = np.repeat(np.arange(n_skus), n_lines), np.tile(np.arange(n_lines), n_skus)
    whole = np.ones(count, dtype=int)
    most = np.full((count, n_periods), 30)
    groups = []
    for where in range(n_lines):
        for name, inside in (("A", sku < 2), ("B", sku >= 2)):
            items = np.flatnonzero(inside & (line == where))
            if len(items):
                weights = np.ones(len(items), dtype=int)
                money = (1, 1, np.inf, setup_time, setup_cost)
                groups.append(GroupLimit(name, where, items, weights, *money))
    regular = np.full((n_lines, n_periods), float(capacity))
    return Problem(
        skus=tuple(f"S{number}" for number in range(n_skus)),
        lines=tuple(f"L{number}" for number in range(n_lines)),
        units=("minutes",) * n_lines,
        calendar=Calendar("W"),
        first=0,
        price=np.full(n_skus, 10.0),
        unit_cost=np.full(n_skus, 4.0),
        end_value=np.full(n_skus, 2.0),
        holding_cost=np.full(n_skus, 0.1),
        penalty=np.zeros(n_skus),
        net=net.astype(float),
        mean_net=net.mean(axis=2).T.copy(),
        supply=np.zeros((n_skus, n_periods)),
        items=Items(
            block=sku,
            line=line,
            unit_time=np.ones(count),
            setup_time=np.full(count, 0.5),
            setup_cost=np.full(count, 0.3),
            moq=whole * moq,
            multiple=whole * multiple,
            most=most // multiple * multiple,
            lead=np.zeros(count, dtype=int),
        ),
        members=Members(np.arange(count), sku, np.ones(count), np.zeros(count, dtype=int)),
        groups=tuple(groups),
        block_of=np.arange(n_skus),
        n_blocks=n_skus,
        regular=regular,
        overtime=0.2 * regular,
        overtime_cost=np.full(n_lines, 0.5),
    )


def drawn_styles(seed):
    """Return a problem with four SKUs on two lines that are full, and a plan that fits."""
    rng = np.random.default_rng(seed)
    net = rng.poisson(3.0, (5, 4, 6)).cumsum(axis=2).transpose(2, 1, 0)
    problem = style_problem(
        net, n_lines=2, setup_time=2.0, setup_cost=4.0, capacity=9, moq=2, multiple=2
    )
    made = 2 * rng.integers(0, 3, (problem.n_items, problem.n_periods))
    draft = Draft(problem, made)
    repair(draft)
    return problem, draft


def test_a_period_of_a_style_is_joined_with_another_where_no_single_run_pays():
    """Moving one of two runs saves .3 and costs .4 of stock; both save the set-up of 5 too."""
    net = np.array([[4.0, 4.0], [8.0, 8.0]])[:, :, None]
    problem = style_problem(net, n_lines=1, setup_time=0.0, setup_cost=5.0, capacity=40)
    apart = np.full((2, 2), 4)
    draft = Draft(problem, apart)
    move_groups(draft, np.zeros((1, 2)))
    assert draft.made.tolist() == [[8, 0], [8, 0]]
    assert draft.profit() == pytest.approx(profit(problem, apart) + 5.0 - 2 * (0.4 - 0.3))


def test_two_styles_change_places_where_each_is_made_too_early_for_the_other():
    """A sells in the second period and B in the first, but the plan has them the other way."""
    net = np.array([[0.0, 0.0, 6.0], [6.0, 6.0, 6.0]])[:, :, None]
    problem = style_problem(net, n_lines=1, setup_time=1.0, setup_cost=1.0, capacity=15)
    draft = Draft(problem, np.array([[6, 0], [6, 0], [0, 12]]))
    move_groups(draft, np.zeros((1, 2)))
    assert draft.made[:2].tolist() == [[0, 6], [0, 6]]
    assert draft.made[2, 0] > 0
    assert draft.made[2, 1] == 0


@pytest.mark.parametrize("seed", range(8))
def test_moves_hold_every_limit_and_keep_the_drafts_books_right(seed):
    problem, draft = drawn_styles(seed)
    before = draft.profit()
    move_groups(draft, np.zeros((2, 6)))
    assert broken_limits(problem, draft.made) == []
    assert draft.profit() == pytest.approx(profit(problem, draft.made))
    overtime = 0.5 * 0.2 * problem.regular.sum()  # which free capacity does not charge
    assert draft.profit() >= before - overtime


def test_moves_of_styles_find_more_than_moves_of_runs_do():
    alone, together = [], []
    for seed in range(4):
        problem, draft = drawn_styles(seed)
        prices = np.full((2, 6), 0.5)
        start = improve(draft, prices, (0.0,))
        moved = Draft(problem, start)
        move_groups(moved, prices)
        alone.append(profit(problem, improve(Draft(problem, start), prices, (0.0,))))
        together.append(profit(problem, improve(moved, prices, (0.0,))))
    assert np.mean(together) > np.mean(alone) + 1.0


def test_a_sku_that_pays_the_set_ups_of_its_styles_alone_never_earns_more():
    problem, draft = drawn_styles(3)
    charged = with_group_setups(problem)
    assert charged.items.setup_time.tolist() == [2.5] * problem.n_items
    assert profit(charged, draft.made) < profit(problem, draft.made)
    free = tuple(replace(group, setup_time=0.0, setup_cost=0.0) for group in problem.groups)
    without = replace(problem, groups=free)
    assert with_group_setups(without) is without


def test_two_ways_to_make_one_style_do_not_change_places_at_a_loss():
    net = np.tile([[[0.0]]], (6, 1, 1)) + np.array([0, 0, 0, 0, 0, 9.0])[:, None, None]
    two = style_problem(net, n_lines=2, setup_time=0.0, setup_cost=1.0, capacity=5)
    extra = np.full((2, 6), 3.0)
    extra[:, 5], extra[0, 0] = 0.0, 50.0  # both are cheap late, and the first is dear early
    problem = replace(
        two,
        lines=two.lines[:1],
        units=two.units[:1],
        items=replace(two.items, line=np.zeros(2, dtype=int), extra=extra),
        groups=tuple(replace(group, line=0) for group in two.groups),
        regular=two.regular[:1],
        overtime=two.overtime[:1],
        overtime_cost=two.overtime_cost[:1],
    )
    made = np.zeros((2, 6), dtype=np.int64)
    made[1, 0], made[0, 5] = 5, 4
    draft = Draft(problem, made)
    before = draft.profit()
    move_groups(draft, np.zeros(problem.regular.shape))
    assert draft.profit() >= before
    assert draft.profit() == pytest.approx(profit(problem, draft.made))
