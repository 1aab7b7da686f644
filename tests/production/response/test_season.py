import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from c2m.errors import ArgumentError
from c2m.production.response import Season


@pytest.fixture(scope="module")
def samples():
    rng = np.random.default_rng(1)
    common = rng.standard_normal((4000, 1))
    return np.exp(4 + 0.5 * (common + rng.standard_normal((4000, 3))) / np.sqrt(2))


def test_a_signal_that_tells_nothing_leaves_the_same_demand_possible(samples):
    season = Season.from_samples(samples, residual=1.0, n_signals=5)
    assert_allclose(season.after, np.broadcast_to(season.after[:1], season.after.shape))


def test_a_signal_that_tells_all_leaves_one_demand_possible(samples):
    season = Season.from_samples(samples, residual=0.0, n_signals=5)
    assert_allclose(np.ptp(season.after, axis=2), 0.0)


@pytest.mark.parametrize("residual", [0.0, 0.3, 0.7, 1.0])
def test_over_all_signals_demand_has_the_law_of_the_samples(samples, residual):
    season = Season.from_samples(samples, residual, n_signals=1000, n_draws=50)
    levels = [0.1, 0.5, 0.9]
    mine = np.quantile(season.after.transpose(1, 0, 2).reshape(3, -1), levels, axis=1)
    assert_allclose(mine, np.quantile(samples, levels, axis=0), rtol=0.08)


def test_skus_whose_demand_goes_together_have_signals_that_go_together(samples):
    alone = np.random.default_rng(2).permuted(samples, axis=0)
    together, apart = (
        np.corrcoef(Season.from_samples(each, 0.3, n_signals=800).after.mean(axis=2).T)[0, 1]
        for each in (samples, alone)
    )
    assert together > 0.3
    assert abs(apart) < 0.15


def test_the_residual_of_normal_demand_is_the_ratio_of_the_errors():
    normal = np.random.default_rng(3).normal(1000, 100, size=(5000, 1))
    season = Season.from_samples(normal, residual=0.4, n_signals=300, n_draws=200)
    assert season.after.std(axis=2).mean() == pytest.approx(40.0, rel=0.05)


def test_the_share_sold_before_is_taken_from_each_draw(samples):
    season = Season.from_samples(samples, 0.5, sold_before=0.25)
    assert_allclose(3 * season.before, season.after)


def test_a_season_of_a_forecast_expects_what_the_forecast_expects(demand):
    season = Season.from_demand(demand, observed=2, available=3, n_signals=200)
    assert season.skus == ("A", "B", "C")
    assert_allclose(season.before.mean(axis=(0, 2)), demand.mean[:, :3].sum(axis=1), rtol=0.1)
    assert_allclose(season.after.mean(axis=(0, 2)), demand.mean[:, 3:].sum(axis=1), rtol=0.1)


def test_what_follows_a_signal_is_drawn_from_the_forecast_given_it_and_nothing_else(demand):
    season = Season.from_demand(demand, observed=2, available=2, n_signals=3, n_draws=2000)
    early = demand.sample(3, 0)[:, :, :2]
    for signal in range(3):
        assert_array_equal(season.observed[signal], early[signal].sum(axis=1))
        told = demand.given(early[signal].astype(float)).mean.sum(axis=1)
        assert_allclose(season.after[signal].mean(axis=1), told, rtol=0.06)


def test_high_early_sales_raise_what_is_expected_later(demand):
    season = Season.from_demand(demand, observed=2, available=2, n_signals=200)
    for sku in range(3):
        assert np.corrcoef(season.observed[:, sku], season.after[:, sku].mean(axis=1))[0, 1] > 0.95


def test_the_same_seed_gives_the_same_season_whatever_other_skus_there_are(demand):
    both = [
        Season.from_demand(part, observed=1, available=2, n_signals=8, seed=5)
        for part in (demand, demand.select(["B"]))
    ]
    assert_array_equal(both[0].before[:, 1], both[1].before[:, 0])
    assert_array_equal(both[0].after[:, 1], both[1].after[:, 0])


def test_without_observed_periods_there_is_one_signal(demand):
    season = Season.from_demand(demand, observed=0, available=2)
    assert season.n_signals == 1
    assert not season.observed.any()
    assert repr(season) == "Season(3 SKUs, 1 signals, 40 draws each)"


@pytest.mark.parametrize(("observed", "available"), [(-1, 2), (3, 2), (2, 6)])
def test_periods_outside_the_horizon_are_refused(demand, observed, available):
    with pytest.raises(ArgumentError, match="0 <= observed <= available < 6"):
        Season.from_demand(demand, observed=observed, available=available)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"samples": [1.0]}, "Expected samples of shape"),
        ({"samples": [[-1.0]]}, "Expected every sample"),
        ({"residual": 1.5}, "0 <= residual <= 1"),
        ({"residual": [0.1, 0.2]}, r"one residual or one per SKU \(1\)"),
        ({"sold_before": 1.0}, "0 <= sold_before < 1"),
        ({"n_signals": 0}, "n_signals >= 1"),
        ({"n_draws": 2.0}, "n_draws >= 1"),
        ({"skus": ["A", "B"]}, "1 different SKUs, got 2"),
    ],
)
def test_arguments_out_of_range_are_refused(change, message):
    with pytest.raises(ArgumentError, match=message):
        Season.from_samples(**{"samples": [[1.0], [2.0]], "residual": 0.5, **change})


def test_periods_are_whole_numbers(demand):
    with pytest.raises(ArgumentError, match=r"got observed=1\.0, available=2"):
        Season.from_demand(demand, observed=1.0, available=2)


def test_arrays_that_do_not_fit_are_refused():
    one = np.ones((2, 1, 3))
    with pytest.raises(ArgumentError, match="of one shape"):
        Season(("A",), np.zeros((2, 1)), one, np.ones((2, 1, 4)))
    with pytest.raises(ArgumentError, match="within before"):
        Season(("A",), np.full((2, 1), 2.0), one, one)
    with pytest.raises(ArgumentError, match="finite and >= 0"):
        Season(("A",), np.zeros((2, 1)), one, -one)
