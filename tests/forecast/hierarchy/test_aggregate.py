import numpy as np
import pytest

from c2m.forecast.hierarchy.aggregate import fit_aggregates

DAYS = np.arange(28 * 8)
WEEK = 100 * np.exp(0.3 * np.sin(2 * np.pi * DAYS / 7))


def test_a_total_that_repeats_every_week_goes_on_repeating():
    noisy = WEEK * np.exp(np.random.default_rng(0).normal(0, 0.01, len(DAYS)))
    models = fit_aggregates(noisy[None], season_length=7, kind="ets")
    assert models.names == ["multiplicative"]
    found = models.forecast(noisy[None], 14)[0]
    assert np.allclose(found, WEEK[:14], rtol=0.03)


@pytest.mark.parametrize(
    "total",
    [
        np.full(100, np.nan),
        np.zeros(100),
        np.r_[np.full(95, np.nan), np.ones(5)],
        np.where(DAYS % 10 == 0, 1.0, 0.0),
    ],
    ids=["unknown", "nothing sold", "too short", "mostly zeros"],
)
def test_a_total_that_says_too_little_gets_no_model_and_no_forecast(total):
    models = fit_aggregates(total[None], season_length=7, kind="ets")
    assert models.n_without == 1
    assert np.isnan(models.forecast(total[None], 5)).all()


def test_an_unknown_total_in_between_is_skipped_and_not_taken_for_zero():
    holed = WEEK * np.exp(np.random.default_rng(0).normal(0, 0.01, len(DAYS)))
    holed[[30, 31, 90, 150]] = np.nan
    models = fit_aggregates(holed[None], season_length=7, kind="ets")
    assert models.names == ["components"]
    assert np.allclose(models.forecast(holed[None], 7)[0], WEEK[:7], rtol=0.05)


def test_a_forecast_that_falls_below_zero_is_none():
    falling = np.r_[np.full(60, 100.0), np.linspace(100, 1, 40)]
    falling += np.random.default_rng(0).normal(0, 0.1, 100)
    models = fit_aggregates(falling[None], season_length=1, kind="ets")
    found = models.forecast(falling[None], 60)
    assert np.isnan(found).all() or (found > 0).all()


def test_components_learn_what_an_event_adds():
    event = (DAYS % 40 == 5).astype(float)
    ahead = np.zeros(10)
    ahead[3] = 1.0
    chance = np.random.default_rng(0)
    total = WEEK * np.exp(0.5 * event) * np.exp(chance.normal(0, 0.01, len(DAYS)))
    plans = np.r_[event, ahead][None, :, None]
    models = fit_aggregates(total[None], season_length=7, kind="uc", regressors=plans)
    found = models.forecast(total[None], 10, plans)[0]
    assert np.isclose(found[3] / WEEK[3], np.exp(0.5), rtol=0.05)
    assert np.allclose(np.delete(found / WEEK[:10], 3), 1.0, rtol=0.05)
