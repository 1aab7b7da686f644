import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from c2m.production.allocation.greedy import Doors, share_stock


def random_doors(seed, *, n_skus=3, most_doors=4, n_points=6, ties=False):
    """Draw doors of a few SKUs, with whole money where many units are worth the same."""
    rng = np.random.default_rng(seed)
    sku = np.repeat(np.arange(n_skus), rng.integers(1, most_doors + 1, n_skus))
    n_doors = len(sku)
    money = rng.integers(0, 4, (2, n_doors)) if ties else rng.uniform(0, 9, (2, n_doors))
    doors = Doors(
        points=np.sort(rng.integers(0, rng.choice([3, 9]), (n_doors, n_points)), axis=1) * 1.0,
        row=np.arange(n_doors),
        sku=sku,
        margin=money[0] * 1.0 - rng.choice([0, 2], n_doors),
        cost=money[1] / 3,
        most=rng.choice([np.inf, 0.0, 2.0], n_doors, p=[0.7, 0.1, 0.2]),
    )
    return doors, rng.integers(0, 14, n_skus).astype(float)


def most_gain(doors, sku, stock):
    """Try every split of a SKU's stock over its doors, one door after the other."""
    best = np.zeros(int(stock) + 1)
    for door in np.flatnonzero(doors.sku == sku):
        own = [
            doors.margin[door] * np.minimum(doors.points[door], units).mean()
            - doors.cost[door] * units
            for units in range(int(min(stock, doors.most[door])) + 1)
        ]
        best = np.array(
            [
                max(best[total - units] + own[units] for units in range(min(total + 1, len(own))))
                for total in range(len(best))
            ]
        )
    return best.max()


seeds = st.integers(0, 2**32 - 1)


@settings(max_examples=150, deadline=None)
@given(seed=seeds, ties=st.booleans())
def test_no_split_of_the_stock_earns_more(seed, ties):
    doors, stock = random_doors(seed, ties=ties)
    units, _ = share_stock(doors, stock)
    gains = np.bincount(doors.sku, doors.gain(units), len(stock))
    assert_allclose(gains, [most_gain(doors, sku, stock[sku]) for sku in range(3)], atol=1e-9)
    assert np.all(np.bincount(doors.sku, units) <= stock)
    assert np.all((units >= 0) & (units <= doors.most) & (units == np.floor(units)))


@settings(max_examples=100, deadline=None)
@given(seed=seeds, ties=st.booleans())
def test_the_price_is_what_one_more_unit_of_stock_earns(seed, ties):
    doors, stock = random_doors(seed, ties=ties)
    units, price = share_stock(doors, stock)
    more, _ = share_stock(doors, stock + 1)
    earned = np.bincount(doors.sku, doors.gain(more) - doors.gain(units))
    assert_allclose(price, earned, atol=1e-9)


@settings(max_examples=100, deadline=None)
@given(seed=seeds, ties=st.booleans())
def test_the_dual_bound_at_the_price_equals_the_gain(seed, ties):
    doors, stock = random_doors(seed, ties=ties)
    units, price = share_stock(doors, stock)
    rented = price[doors.sku]
    free = np.minimum(doors.units(doors.steps(rented)), doors.most)
    bound = np.sum(doors.gain(free) - rented * free) + price @ stock
    assert_allclose(doors.gain(units).sum(), bound, atol=1e-9)


def test_a_sku_gets_the_same_units_whatever_other_skus_are_there():
    doors, stock = random_doors(5, n_skus=40, most_doors=8, n_points=20)
    units, price = share_stock(doors, stock)
    for sku in range(40):
        rows = np.flatnonzero(doors.sku == sku)
        alone = doors.take(rows)
        only = np.where(np.arange(40) == sku, stock, 0.0)
        own, own_price = share_stock(alone, only)
        assert np.array_equal(own, units[rows])
        assert own_price[sku] == price[sku]


@pytest.mark.parametrize("n_points", [3, 7, 200])
def test_a_unit_that_just_breaks_even_stays(n_points):
    points = np.repeat([[5.0]], n_points, axis=1)
    doors = Doors(
        points,
        np.zeros(1, int),
        np.zeros(1, int),
        np.array([0.1 * 3]),
        np.array([0.3]),
        np.full(1, np.inf),
    )
    units, price = share_stock(doors, np.array([4.0]))
    assert units.tolist() == [0.0]
    assert price.tolist() == [0.0]


def test_doors_at_which_units_are_worth_the_same_share_them_in_proportion():
    doors = Doors(
        points=np.array([[6.0] * 4, [12.0] * 4, [6.0] * 4, [50.0] * 4]),
        row=np.arange(4),
        sku=np.zeros(4, int),
        margin=np.array([1.0, 1.0, 1.0, 0.5]),
        cost=np.zeros(4),
        most=np.full(4, np.inf),
    )
    assert share_stock(doors, np.array([8.0]))[0].tolist() == [2.0, 4.0, 2.0, 0.0]
    assert share_stock(doors, np.array([9.0]))[0].tolist() == [2.0, 5.0, 2.0, 0.0]
    assert share_stock(doors, np.array([30.0]))[0].tolist() == [6.0, 12.0, 6.0, 6.0]


def test_large_quantities_are_shared_in_whole_units_without_a_step_each():
    rng = np.random.default_rng(0)
    doors = Doors(
        points=np.sort(rng.integers(0, 10**8, (50, 200)), axis=1) * 1.0,
        row=np.arange(50),
        sku=np.zeros(50, int),
        margin=rng.uniform(1, 2, 50),
        cost=np.zeros(50),
        most=np.full(50, np.inf),
    )
    units, _ = share_stock(doors, np.array([10.0**9 + 1]))
    assert units.sum() == 10**9 + 1
    assert np.all(units == np.floor(units))
