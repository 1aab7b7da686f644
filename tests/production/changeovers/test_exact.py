import numpy as np
import pytest

from c2m.errors import InfeasiblePlanError
from c2m.production.changeovers.case import NEVER, SlotCase, check_feasible, greedy
from c2m.production.changeovers.relaxation import Prices, raise_bound, values_at, visits_of
from c2m.production.changeovers.search import Search
from c2m.production.changeovers.solve import Solved, improve_windows, solve
from c2m.production.changeovers.window import window_of
from tests.production.changeovers.drawn_lines import cheapest, draw_line


def never():
    return False


def fits(case):
    try:
        check_feasible(case)
    except InfeasiblePlanError:
        return False
    return True


def meets_all(case, made):
    done = np.array([(made == sku).cumsum() for sku in range(len(case.skus))])
    in_time = np.all(done >= case.wanted.cumsum(axis=1))
    return in_time and np.array_equal(done[:, -1], case.count)


FEASIBLE = [draw_line(seed) for seed in range(110) if fits(draw_line(seed))]
FRACTIONS = [draw_line(seed, fractions=True) for seed in range(40) if fits(draw_line(seed))]


def test_the_schedule_is_the_cheapest_of_all():
    assert len(FEASIBLE) > 60
    for case in [*FEASIBLE, *FRACTIONS]:
        solved = solve(case, 1000, never)
        assert meets_all(case, solved.made)
        assert solved.cost == pytest.approx(cheapest(case))
        assert solved.proved


def test_a_case_is_refused_exactly_where_no_schedule_fits():
    for seed in range(110):
        case = draw_line(seed)
        assert fits(case) == np.isfinite(cheapest(case))


def test_a_narrow_search_still_gives_a_bound_below_the_least_cost():
    unproved = 0
    for seed in range(60):
        case = draw_line(seed, n_skus=3)
        if fits(case):
            least = cheapest(case)
            found = Search(case, np.zeros(case.due.shape), never).best(10_000.0, 2)
            assert found.bound <= least or case.cost(found.made).sum() == pytest.approx(least)
            unproved += found.bound <= least
            solved = solve(case, 1, never)
            assert solved.bound <= least + 1e-6 <= solved.cost + 2e-6
    assert unproved > 10


def test_prices_of_any_kind_give_a_bound():
    rng = np.random.default_rng(0)
    for case in FEASIBLE:
        price = np.where(case.due == NEVER, 0.0, rng.normal(0, 60, case.due.shape))
        relaxed, visits = visits_of(case, values_at(case, price))
        assert relaxed + price.sum() <= cheapest(case) + 1e-9
        assert visits[case.due == NEVER].sum() == 0


def test_a_search_at_any_prices_finds_the_cheapest():
    rng = np.random.default_rng(1)
    for case in FEASIBLE[:40]:
        price = np.where(case.due == NEVER, 0.0, rng.normal(0, 60, case.due.shape))
        found = Search(case, price, never).best(10_000.0, 10_000)
        assert np.isinf(found.bound)
        assert case.cost(found.made).sum() == pytest.approx(cheapest(case))


def test_moving_prices_raises_the_bound_and_keeps_it_below_the_least_cost():
    gained = []
    for case in FEASIBLE[:40]:
        least = cheapest(case)
        start = Prices(np.zeros(case.due.shape), 0.0)
        few, many = (
            raise_bound(case, start, least, steps=steps, length=1.0, late=never)
            for steps in (5, 60)
        )
        assert few.bound <= many.bound <= least + 1e-6
        gained.append(many.bound >= 0.95 * least)
    assert np.mean(gained) > 0.8


def test_a_greedy_schedule_is_in_time():
    for case in FEASIBLE:
        assert meets_all(case, greedy(case))


def test_a_window_costs_what_the_whole_does_but_for_a_constant():
    rng = np.random.default_rng(5)
    for case in FEASIBLE[:40]:
        made = solve(case, 1000, never).made
        start = int(rng.integers(case.n_slots - 2))
        stop = start + 3
        part, skus = window_of(case, made, start, stop)
        if not len(skus):
            continue
        place = {int(sku): row for row, sku in enumerate(skus)}
        now = np.array([place.get(int(sku), NEVER) for sku in made[start:stop]])
        assert meets_all(part, now)
        assert part.cost(now).sum() == pytest.approx(cheapest(part))  # else the whole had one


def test_windows_make_a_long_schedule_cheaper():
    rng = np.random.default_rng(4)
    wanted = np.zeros((20, 90), dtype=np.int64)
    for slot in range(4, 90):
        wanted[rng.integers(20), slot] += 1
    changeover = rng.integers(100, 200, (20, 20)).astype(float)
    np.fill_diagonal(changeover, 0.0)
    zero = np.zeros(20)
    case = SlotCase(tuple(map(str, range(20))), wanted, changeover, zero, np.full(20, 9.0), zero)
    begin = greedy(case)
    cost = float(case.cost(begin).sum())
    better = improve_windows(case, Solved(begin, cost, 0.0), never)
    assert meets_all(case, better.made)
    assert better.cost == case.cost(better.made).sum() < 0.95 * cost


def test_counts_too_many_for_one_word_are_told_apart():
    rng = np.random.default_rng(3)
    wanted = np.zeros((40, 120), dtype=np.int64)
    for slot in range(3, 120):
        wanted[rng.integers(40), slot] += 1
    changeover = rng.integers(50, 99, (40, 40)).astype(float)
    np.fill_diagonal(changeover, 0.0)
    case = SlotCase(
        tuple(map(str, range(40))), wanted, changeover, np.zeros(40), np.full(40, 7.0), np.zeros(40)
    )
    assert np.prod(case.count + 1.0) > 2**62
    solved = solve(case, 50, never)
    assert meets_all(case, solved.made)
    assert 0 < solved.bound <= solved.cost == case.cost(solved.made).sum()
