import numpy as np
import pytest
from statsmodels.tsa.exponential_smoothing.ets import ETSModel

from c2m.errors import ArgumentError, C2MWarning
from c2m.forecast.baselines.ets import ETS, aicc, choose, start_states
from c2m.forecast.baselines.history import by_period
from c2m.forecast.baselines.recursion import Smoothing, Start, forecasts, squared_errors

pytestmark = pytest.mark.filterwarnings("ignore:Only:c2m.errors.C2MWarning")

WEIGHTS = {
    "ANN": (0.3, 0.0, 0.0, 0.0),
    "AAdN": (0.3, 0.06, 0.0, 0.9),
    "ANA": (0.3, 0.0, 0.2, 0.0),
    "AAdA": (0.3, 0.06, 0.2, 0.9),
}


def of_statsmodels(values, form, season):
    """Return forecasts and squared errors of statsmodels with fixed parameters and states."""
    alpha, beta, gamma, phi = WEIGHTS[form]
    trended, seasonal = "Ad" in form, form.endswith("A")
    given = {"initial_level": 9.0}
    given |= {"initial_trend": 0.0} if trended else {}
    given |= {"initial_seasonal": season} if seasonal else {}
    model = ETSModel(
        values,
        trend="add" if trended else None,
        damped_trend=trended,
        seasonal="add" if seasonal else None,
        seasonal_periods=len(season) if seasonal else None,
        initialization_method="known",
        **given,
    )
    params = {"smoothing_level": alpha}
    params |= {"smoothing_trend": beta, "damping_trend": phi} if trended else {}
    params |= {"smoothing_seasonal": gamma} if seasonal else {}
    result = model.smooth(np.array([params[name] for name in model.param_names]))
    return result.forecast(10), float((result.resid**2).sum())


@pytest.mark.parametrize("form", list(WEIGHTS))
def test_states_and_forecasts_are_those_of_statsmodels(form):
    sales = np.random.default_rng(3).poisson(9.0, (3, 40)).astype(float)
    season = np.array([2.0, -1.0, 0.5, -1.5]) if form.endswith("A") else np.zeros(4)
    start = Start(np.full(3, 9.0), np.repeat(season[:, None], 3, axis=1))
    value, known = by_period(sales)
    weight = Smoothing(*(np.full(3, each) for each in WEIGHTS[form]))
    ours = forecasts(value, known, start, weight, ([39], 10))[0]
    squares = squared_errors(value, known, start, Smoothing(*(a[None] for a in weight.arrays())))
    for row, values in enumerate(sales):
        theirs, total = of_statsmodels(values, form, season)
        assert ours[row] == pytest.approx(theirs)
        assert squares[0, row] == pytest.approx(total)


def test_forecasts_at_an_origin_do_not_know_what_came_after_it():
    sales = np.random.default_rng(4).poisson(5.0, (4, 60)).astype(float)
    start = Start(np.full(4, 5.0), np.zeros((7, 4)))
    weight = Smoothing(*(np.full(4, each) for each in WEIGHTS["AAdA"]))
    every = forecasts(*by_period(sales), start, weight, ([20, 33, 59], 5))
    for place, origin in enumerate([20, 33, 59]):
        alone = forecasts(*by_period(sales[:, : origin + 1]), start, weight, ([origin], 5))
        assert np.array_equal(every[place], alone[0])


def test_the_form_is_found_that_made_the_series(panel_of):
    chance = np.random.default_rng(6)
    week = 5 * np.array([3.0, 1.0, 0.0, -1.0, -2.0, -3.0, 2.0])
    noise = chance.normal(0, 1.0, (20, 140))
    seasonal, plain = 40 + np.tile(week, 20) + noise, 40 + noise
    start, weight = choose(*by_period(seasonal), ("ANN", "AAdN", "ANA", "AAdA"), (7, 7))
    assert (weight.gamma > 0).all()
    assert start.season[:, 0] == pytest.approx(week * 2 / 3, abs=2)
    start, weight = choose(*by_period(plain), ("ANN", "AAdN", "ANA", "AAdA"), (7, 7))
    assert (weight.gamma == 0).mean() > 0.9
    assert not start.season[:, weight.gamma == 0].any()


def test_a_long_season_is_found_though_it_has_many_states(panel_of):
    chance = np.random.default_rng(8)
    year = 60 + 30 * np.sin(np.arange(52) / 52 * 2 * np.pi)
    sales = chance.poisson(np.tile(year, (6, 4)))
    mean = ETS().fit(panel_of(sales, freq="W")).predict(52).mean
    assert np.abs(mean - year).mean() < 9
    assert np.abs(ETS("ANN").fit(panel_of(sales, freq="W")).predict(52).mean - year).mean() > 12


def test_finer_steps_never_lose_against_the_grid():
    sales = np.random.default_rng(7).poisson(4.0, (30, 80)).astype(float)
    value, known = by_period(sales)
    start, weight = choose(value, known, ("ANN",), (1, 1))
    found = squared_errors(value, known, start, Smoothing(*(a[None] for a in weight.arrays())))
    for alpha in (0.02, 0.05, 0.1, 0.2, 0.4, 0.7):
        zero = np.zeros((1, 30))
        grid = squared_errors(value, known, start, Smoothing(zero + alpha, zero, zero, zero))
        assert (found <= grid + 1e-9).all()


def test_a_season_and_a_trend_go_on(panel_of):
    week = np.tile([10.0, 12.0, 15.0, 11.0, 9.0, 30.0, 25.0], 20)
    forecast = ETS().fit(panel_of([week])).predict(7).mean
    assert forecast[0] == pytest.approx(week[:7], abs=0.5)
    rising = np.arange(60.0)
    forecast = ETS("AAdN").fit(panel_of([rising])).predict(3).mean
    assert forecast[0] == pytest.approx([60, 61, 62], abs=1.0)


def test_no_forecast_is_below_zero_and_unknown_periods_are_skipped(panel_of):
    falling = np.maximum(30.0 - np.arange(40), 0)
    holed = falling.copy()
    holed[[5, 17]] = np.nan
    mean = ETS().fit(panel_of([falling, holed])).predict(14).mean
    assert mean.min() >= 0
    assert mean[1] == pytest.approx(mean[0], abs=1.0)


def test_start_states_are_means_of_the_first_two_seasons():
    value, known = by_period(np.array([[1.0, 3.0] * 6 + [50.0] * 4]))
    start = start_states(value, known, 2)
    assert start.level == pytest.approx([2.0])
    assert start.season[:, 0] == pytest.approx([-5 / 6, 5 / 6])


def test_the_criterion_is_that_of_the_book():
    n, k, squares = 30.0, 4, 12.0
    book = n * np.log(squares / n) + 2 * k + 2 * k * (k + 1) / (n - k - 1)
    assert aicc(np.array([squares]), np.array([n]), k) == pytest.approx([book])
    assert aicc(np.array([squares]), np.array([4.0]), 4)[0] == np.inf


def test_a_season_that_the_history_does_not_hold_twice_is_left_out(panel_of):
    panel = panel_of([np.arange(20.0)], freq="W")
    assert ETS().fit(panel).season_length_ == 1
    with pytest.warns(C2MWarning, match="Two seasons of 12 periods are longer than the history"):
        assert ETS(season_length=12).fit(panel).season_length_ == 1
    assert ETS("AAdA", season_length=1).fit(panel).predict(1).mean[0, 0] > 15


def test_an_unknown_form_is_refused(panel_of):
    with pytest.raises(ArgumentError, match="Expected form 'ANN', 'AAdN', 'ANA' or 'AAdA'"):
        ETS("AAA").fit(panel_of([[1.0]]))
