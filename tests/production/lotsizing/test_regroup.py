"""Whole periods of a group open and close where single runs cannot."""

from dataclasses import replace

import numpy as np
import pytest

from c2m.periods import Calendar
from c2m.production import evaluate
from c2m.production.evaluate import lost_so_far, profit
from c2m.production.limits import broken_limits
from c2m.production.lotsizing.draft import Draft
from c2m.production.lotsizing.improve import improve
from c2m.production.lotsizing.regroup import regroup
from c2m.production.lotsizing.repair import repair
from c2m.production.problem import GroupLimit, Items, Members, Problem
from tests.production.drawn_problems import drawn_problem

UNITS = 30
"""Of each SKU wanted in the first period."""


def _style(price: float, setup_cost: float) -> Problem:
    """Return two sizes of a style that runs from 50 pieces on, wanted 60 times in all."""
    net = np.full((2, 2, 1), float(UNITS))
    each, one, nothing = np.arange(2), np.ones(2, dtype=int), np.zeros(2)
    items = Items(
        each, 0 * each, one.astype(float), nothing, nothing, one, one, np.full((2, 2), 100), 0 * one
    )
    group = GroupLimit("STYLE", 0, each, one, 50, 1, np.inf, 0.0, setup_cost)
    return Problem(
        skus=("M", "L"),
        lines=("A",),
        units=("minutes",),
        calendar=Calendar("W"),
        first=0,
        price=np.full(2, price),
        unit_cost=np.full(2, 4.0),
        end_value=nothing,
        holding_cost=nothing,
        penalty=nothing,
        net=net,
        mean_net=net.mean(axis=2).T.copy(),
        supply=np.zeros((2, 2)),
        items=items,
        members=Members(each, each, one.astype(float), 0 * one),
        groups=(group,),
        block_of=each,
        n_blocks=2,
        regular=np.full((1, 2), 60.0),
        overtime=np.zeros((1, 2)),
        overtime_cost=np.zeros(1),
    )


def test_a_style_starts_with_all_its_sizes_where_no_size_alone_reaches_its_moq() -> None:
    problem, nothing = _style(10.0, 20.0), np.zeros((2, 2), dtype=int)
    free = np.zeros((1, 2))
    assert not improve(Draft(problem, nothing), free).any()
    made = regroup(problem, nothing, free)
    assert broken_limits(problem, made) == []
    assert profit(problem, made) == pytest.approx(2 * UNITS * (10.0 - 4.0) - 20.0)


def test_a_style_ends_where_its_set_up_costs_more_than_all_its_runs_bring() -> None:
    problem = _style(5.0, 100.0)
    running = np.array([[UNITS, 0], [UNITS, 0]])
    assert profit(problem, running) < 0
    assert not regroup(problem, running, np.zeros((1, 2))).any()


@pytest.mark.parametrize("seed", range(4))
def test_no_limit_breaks_and_no_money_is_lost_where_blocks_come_by_several_ways(seed: int) -> None:
    problem = drawn_problem(seed)
    draft = Draft(problem, np.minimum(problem.items.most, problem.items.moq[:, None]))
    repair(draft)
    made = regroup(problem, draft.made, np.zeros(problem.regular.shape))
    assert broken_limits(problem, made) == []
    assert profit(problem, made) >= profit(problem, draft.made)


def test_few_paths_at_once_lose_what_they_lose_period_by_period(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    problem, rows = drawn_problem(1, n_scenarios=11), np.array([1, 0])
    brought = np.arange(2.0 * problem.n_periods).reshape(2, -1).cumsum(axis=1)
    at_once = lost_so_far(problem, brought, rows)
    monkeypatch.setattr(evaluate, "_AT_ONCE", 0)
    assert np.array_equal(at_once, lost_so_far(problem, brought, rows))
    assert at_once.any()


def test_some_of_many_paths_are_enough_to_find_the_change(monkeypatch: pytest.MonkeyPatch) -> None:
    one = _style(10.0, 20.0)
    drawn = np.random.default_rng(5).poisson(UNITS, (2, 2, 90)).astype(float)
    problem = replace(one, net=drawn.cumsum(axis=0), mean_net=drawn.cumsum(axis=0).mean(axis=2).T)
    monkeypatch.setattr("c2m.production.lotsizing.regroup._WORK", 2 * 2 * 2 * 30)
    nothing = np.zeros((2, 2), dtype=int)
    made = regroup(problem, nothing, np.zeros((1, 2)))
    assert broken_limits(problem, made) == []
    assert profit(problem, made) > profit(problem, nothing) + 300.0
