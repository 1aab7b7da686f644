"""Intervals of savings: paired, and the wider of SKUs and periods."""

import numpy as np
import pytest

from c2m.rehearse.saving import find_saving


def save(mine, other, seed=0):
    return find_saving(mine, other, ("a", "b"), seed=seed, currency=None)


def test_what_one_saves_is_what_the_other_costs_more():
    rng = np.random.default_rng(1)
    mine, other = rng.gamma(2, 5, (30, 20)), rng.gamma(2, 6, (30, 20))
    there, back = save(mine, other), save(other, mine)
    assert there.money == pytest.approx(-back.money)
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low))
    assert "saves" in str(there)
    assert "costs" in str(back)


def test_skus_that_differ_from_each_other_make_the_interval_of_skus():
    other = np.ones((40, 12)) * np.arange(40)[:, None]
    saving = save(0.5 * other, other)
    assert saving.over == "SKUs"
    by_sku = 0.5 * 12 * np.arange(40)
    assert saving.high - saving.low == pytest.approx(
        2 * 1.645 * by_sku.std() * np.sqrt(40), rel=0.1
    )
    assert saving.share == pytest.approx(0.5)
    assert saving.share_low == pytest.approx(0.5)


def test_periods_that_hang_together_make_a_wider_interval_than_periods_that_do_not():
    calm = np.tile([1.0, 3.0], 32)[None, :]
    waves = np.sort(calm, axis=1)
    assert save(np.zeros((1, 64)), waves).over == "periods"
    widths = [each.high - each.low for each in (save(np.zeros((1, 64)), w) for w in (calm, waves))]
    assert widths[1] > 3 * widths[0]


def test_an_interval_holds_the_truth_about_as_often_as_it_says():
    rng, held = np.random.default_rng(3), 0
    for _ in range(60):
        less = rng.normal(1.0, 2.0, (50, 16))
        saving = save(np.zeros((50, 16)), less)
        held += saving.low <= 800 <= saving.high
    assert held >= 50


def test_the_share_of_a_cost_of_nothing_is_unknown():
    assert np.isnan(save(np.zeros((2, 3)), np.zeros((2, 3))).share)
