from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from c2m.demand import Demand
from c2m.distribution import GammaPoisson
from c2m.errors import ArgumentError, DataError
from c2m.forecast.launch import learners
from c2m.forecast.launch.births import ALWAYS, find_births
from c2m.forecast.launch.launch import LaunchModel
from c2m.forecast.launch.learners import LOG_LINEAR, TREES, Lessons, learn, tweedie_deviance
from c2m.forecast.launch.lifecurve import LifeCurves
from c2m.forecast.launch.seasons import season_factors
from c2m.forecast.launch.spread import Outcomes, Spread
from c2m.forecast.saving import load_model
from c2m.forecast.scores import count_probability, stretch_coverage
from c2m.panel import Panel
from c2m.periods import Calendar


def test_a_birth_is_the_first_known_period_unless_the_history_begins_with_it(simulate):
    truth = simulate()
    found = find_births(truth.panel)
    assert (found[truth.born == 0] == ALWAYS).all()
    assert np.array_equal(found[truth.born > 0], truth.born[truth.born > 0])


def test_signals_before_the_launch_foretell_its_level(simulate):
    truth = simulate(120, spread=1.0)
    new = truth.born == truth.panel.n_periods
    actual = truth.mean[new, 90:98].sum(axis=1)
    errors = []
    for signals in ("auto", ()):
        model = LaunchModel(8, signals=signals).fit(truth.panel)
        errors.append(np.abs(np.log(model.predict(8).mean[new].sum(axis=1) / actual)).mean())
    assert errors[0] < 0.7 * errors[1]


def test_early_sales_bring_the_forecast_nearer_to_the_truth(simulate):
    truth = simulate(120, spread=1.2, seed=3)
    model = LaunchModel(8, signals=()).fit(truth.panel.upto(truth.panel.periods[49]))
    errors = []
    for weeks in (0, 2, 6):
        off = []
        for born in range(55, 75, 2):
            panel = truth.panel.upto(truth.panel.periods[born - 1 + weeks])
            rows = truth.born == born
            own = panel.keys["sku"].isin(truth.panel.keys["sku"][rows]).to_numpy()
            actual = truth.mean[rows, born + weeks : born + weeks + 8].sum(axis=1)
            mean = model.update(panel).predict(8).mean[own].sum(axis=1)
            off += np.abs(np.log(mean / actual)).tolist()
        errors.append(np.mean(off))
    assert errors[2] < errors[1] < errors[0]


def test_the_posterior_is_the_update_of_the_demand_type(simulate, monkeypatch):
    truth = simulate(20, 40)
    seen = []
    original = Demand.given

    def _given(self, sales):
        seen.append((self, np.asarray(sales)))
        return original(self, sales)

    monkeypatch.setattr(Demand, "given", _given)
    demand = LaunchModel(4).fit(truth.panel).predict(4)
    prior, sold = seen[0]
    assert prior.horizon == sold.shape[1] + 4
    assert np.array_equal(original(prior, sold).mean, demand.mean)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_nothing_after_the_cutoff_changes_a_forecast(simulate, seed):
    truth = simulate(16, 80)
    cutoff = truth.panel.periods[59]
    chance = np.random.default_rng(seed)
    changed = {}
    for name in ("sales", "views"):
        values = truth.panel[name].copy()
        noise = chance.poisson(50, values[:, 60:].shape)
        values[:, 60:] = np.where(np.isnan(values[:, 60:]), np.nan, noise)
        changed[name] = values
    other = Panel(
        keys=truth.panel.keys,
        calendar=truth.panel.calendar,
        first=truth.panel.first,
        n_periods=truth.panel.n_periods,
        channels=changed,
        attributes=truth.panel.attributes,
    )
    one, two = (LaunchModel(6).fit(panel.upto(cutoff)).predict(6) for panel in (truth.panel, other))
    assert np.array_equal(one.mean, two.mean)


def test_the_lessons_of_a_launch_know_nothing_that_came_after_their_age(simulate):
    truth = simulate(30, 60)
    model = LaunchModel(6).fit(truth.panel)
    cutoff, series = 40, np.flatnonzero(truth.born == np.sort(truth.born[truth.born > 41])[0])
    later = {name: truth.panel[name].copy() for name in ("sales", "views")}
    for values in later.values():
        values[:, cutoff + 1 :] = np.where(np.isnan(values[:, cutoff + 1 :]), np.nan, 7.0)
    changed = Panel(
        keys=truth.panel.keys,
        calendar=truth.panel.calendar,
        first=truth.panel.first,
        n_periods=60,
        channels=later,
        attributes=truth.panel.attributes,
    )
    other = LaunchModel(6).fit(changed)
    at = np.full(len(series), cutoff)
    one, two = (each.evidence_.rows(series, at, truth.born[series]) for each in (model, other))
    assert np.array_equal(one, two, equal_nan=True)


def test_a_forecast_does_not_depend_on_which_other_skus_are_asked_for(simulate):
    truth = simulate(30, 60)
    model = LaunchModel(6).fit(truth.panel)
    whole = model.predict(6)
    part = model.predict(6, skus=["S029", "S003"])
    rows = whole.keys["sku"].isin(["S003", "S029"]).to_numpy()
    assert np.allclose(part.mean, whole.mean[rows], rtol=1e-12)


def test_the_same_seed_gives_the_same_trees_whatever_the_threads(monkeypatch):
    monkeypatch.setattr(learners, "_TREES", 12)  # threads wait for each other at every tree
    chance = np.random.default_rng(1)
    features = chance.normal(size=(200, 2))
    expected = np.full(200, 50.0)
    far = np.abs(features[:, 0]) > 0.7  # what no ridge can see
    sold = chance.poisson(expected * np.where(far, 4.0, 0.5)).astype(float)
    lessons = Lessons(features, expected, sold, np.arange(200))
    learnt = learn(lessons, seed=4, num_threads=1)
    assert learnt.name == TREES
    two, other = (
        learners._trees_with(seed, threads)(lessons)(features) for seed, threads in ((4, 2), (5, 1))
    )
    assert np.array_equal(learnt.factor(features), two)
    assert not np.array_equal(other, two)


@pytest.mark.parametrize("freq", ["D", "W", "MS"])
@pytest.mark.parametrize("n_periods", [1, 2, 5])
def test_a_short_history_is_never_an_error_and_its_forecast_is_wide(freq, n_periods):
    calendar = Calendar.of(freq)
    sales = np.full((3, n_periods), 4.0)
    sales[2] = np.nan
    panel = Panel(
        keys=pd.DataFrame({"sku": ["A", "B", "C"]}),
        calendar=calendar,
        first=int(calendar.ordinal("2025-01-01")),
        n_periods=n_periods,
        channels={"sales": sales},
    )
    demand = LaunchModel(26).fit(panel).predict(26)
    assert np.allclose(demand.mean[2], 4.0)
    low, high = demand.total(levels=[0.05, 0.95])[2]
    assert low < 40 < 150 < high


def test_a_panel_without_any_sale_is_refused_in_words():
    panel = Panel(
        keys=pd.DataFrame({"sku": ["A"]}),
        calendar=Calendar.of("W"),
        first=2900,
        n_periods=3,
        channels={"sales": np.full((1, 3), np.nan)},
    )
    with pytest.raises(DataError, match="no value of 'sales' is known"):
        LaunchModel(4).fit(panel)


def test_arguments_out_of_range_are_refused(simulate):
    panel = simulate(10, 20).panel
    with pytest.raises(ArgumentError, match="Expected window, a whole number >= 1, got 0"):
        LaunchModel(4, window=0).fit(panel)
    with pytest.raises(ArgumentError, match="did you mean 'views'"):
        LaunchModel(4, signals=["view"]).fit(panel)
    with pytest.raises(ArgumentError, match="Fit LaunchModel\\(max_horizon=5\\)"):
        LaunchModel(4).fit(panel).predict(5)
    with pytest.raises(ArgumentError, match="call fit"):
        LaunchModel(4).predict(2)


def test_an_updated_model_knows_new_data_and_new_skus_by_the_same_factor(simulate):
    truth = simulate(40, 80)
    early = truth.panel.upto(truth.panel.periods[59])
    model = LaunchModel(6).fit(early)
    before = model.predict(6).mean
    later = model.update(truth.panel)
    assert later.predict(6).cutoff == truth.panel.cutoff
    assert later.n_launches_ == model.n_launches_
    assert np.array_equal(model.predict(6).mean, before)


def test_a_life_curve_comes_back_from_launches_seen_only_in_part():
    chance = np.random.default_rng(1)
    curve = 0.2 + np.exp(-np.arange(30) / 6)
    born = chance.integers(1, 38, 200)
    age = np.arange(40) - born[:, None]
    level = chance.gamma(3.0, 20.0, (200, 1))
    mean = level * np.where(age < 0, 0.0, curve[np.clip(age, 0, 29)])
    target = np.where(age < 0, np.nan, chance.poisson(mean))
    found = LifeCurves.fit(target, born, np.ones(40), np.zeros(200, dtype=int), 8)
    ages = np.arange(20)[None]
    got = found.at(np.zeros(1, dtype=int), ages)[0]
    assert got[:8].mean() == pytest.approx(1.0, abs=0.01)
    assert np.abs(got / (curve[:20] / curve[:8].mean()) - 1).max() < 0.2
    assert (found.at(np.zeros(1, dtype=int), np.array([[-1]])) == 0).all()


def test_a_week_has_the_factors_that_its_days_sell_by():
    week = np.array([1.0, 1.0, 1.0, 1.0, 2.0, 3.0, 1.0])
    target = np.tile(week, 40)[None] * 5
    found = season_factors(target, Calendar.of("D"), 0, 287)
    assert np.allclose(found[280:] / found[280], week, rtol=0.1)


def test_a_ridge_on_the_log_scale_finds_what_foretells():
    chance = np.random.default_rng(2)
    features = chance.normal(size=(40, 3))
    expected = np.full(40, 200.0)
    sold = chance.poisson(expected * np.exp(0.8 * features[:, 0])).astype(float)
    learnt = learn(Lessons(features, expected, sold, np.arange(40)), seed=0, num_threads=1)
    assert learnt.name == LOG_LINEAR
    low, high = learnt.factor(np.array([[-1.0, 0, 0], [1.0, 0, 0]]))
    assert np.log(high / low) == pytest.approx(1.6, abs=0.2)


def test_where_nothing_foretells_no_learner_strays_far_from_the_mean():
    chance = np.random.default_rng(3)
    features = chance.normal(size=(30, 6))
    expected = np.full(30, 50.0)
    sold = chance.poisson(expected * 2.0).astype(float)
    learnt = learn(Lessons(features, expected, sold, np.arange(30)), seed=0, num_threads=1)
    assert np.allclose(learnt.factor(features), 2.0, rtol=0.2)


def test_the_deviance_is_zero_at_the_truth_and_positive_elsewhere():
    actual = np.array([0.0, 3.0, 10.0])
    assert tweedie_deviance(actual[1:], actual[1:]) == pytest.approx(0.0, abs=1e-12)
    assert tweedie_deviance(actual, actual + 1.0) > 0


def test_the_spread_of_launches_is_found_again():
    chance = np.random.default_rng(4)
    level = chance.gamma(2.0, 0.5, 3000)
    mean = np.full(3000, 40.0)
    zeros = np.zeros(3000)
    late = chance.poisson(mean * level).astype(float)
    outcomes = Outcomes(zeros, zeros, zeros, mean, mean**2 / 8, late)
    assert Spread.fit([0], [outcomes], 0.0).variance[0] == pytest.approx(0.5, rel=0.15)


def _launches(seed, *, n=800, noise=0.0, tail=0.0):
    """Return early and late sales of launches of one level each, the late ones of a month."""
    chance = np.random.default_rng(seed)
    level = chance.gamma(2.0, 0.5, n)
    early, late = np.full(n, 10.0), np.full(n, 40.0)
    first = np.exp(tail * chance.normal(size=n) - tail**2 / 2)
    wave = chance.gamma(1 / noise, noise, n) if noise else 1.0
    sold = chance.poisson(early * level * first).astype(float)
    rest = chance.poisson(late * level * wave).astype(float)
    return Outcomes(early, early**2 / 3, sold, late, late**2 / 28, rest)


def _covered(spread, seen):
    rows = spread.at(np.full(len(seen.late), 3))
    early = np.repeat(seen.early_mean[:, None] / 3, 3, axis=1)
    late = np.repeat(seen.late_mean[:, None] / 28, 28, axis=1)
    variance = rows.variance[:, None]
    noise = np.concatenate([early * 0 + rows.noise[:, None], late * 0 + spread.of_period], axis=1)
    prior = GammaPoisson(
        np.concatenate([early, late], axis=1), variance + noise * (1 + variance), rows.variance
    )
    demand = Demand(
        pd.DataFrame({"sku": [f"S{n:04d}" for n in range(len(early))]}),
        Calendar.of("D"),
        0,
        prior,
    )
    sold = rows.believed(np.repeat(seen.early[:, None] / 3, 3, axis=1), early)
    total = rows.ahead(demand.given(sold).law).merge(np.zeros(28, dtype=int))
    ends = [
        count_probability(seen.late - less, total.mean[:, 0], total.dispersion[:, 0])
        for less in (1, 0)
    ]
    return stretch_coverage(*ends, 0.8)


@pytest.mark.parametrize("noise", [0.0, 0.4])
@pytest.mark.parametrize("tail", [0.0, 1.0])
def test_ranges_of_other_launches_cover_what_they_say(noise, tail):
    spread = Spread.fit([3], [_launches(1, noise=noise, tail=tail)], 0.0)
    assert _covered(spread, _launches(2, noise=noise, tail=tail)) == pytest.approx(0.8, abs=0.06)


def test_large_first_orders_are_believed_less_where_they_say_little():
    plain, heavy = (Spread.fit([3], [_launches(3, tail=tail)], 0.0) for tail in (0.0, 1.5))
    assert plain.power[0] == 1.0
    assert heavy.power[0] < 1.0
    sold, expected = np.array([[30.0], [5.0]]), np.full((2, 1), 10.0)
    believed = heavy.at(np.full(2, 3)).believed(sold, expected)
    assert 10.0 < believed[0, 0] < 30.0
    assert believed[1, 0] == 5.0


def test_a_learner_that_only_one_season_bears_out_is_drawn_to_the_group():
    chance = np.random.default_rng(5)
    features = chance.normal(size=(120, 1))
    expected = np.full(120, 100.0)
    season = np.repeat([1.0, -1.0, 1.0, -1.0], 30)  # what sells more in one sells less in the next
    sold = chance.poisson(expected * np.exp(0.8 * season * features[:, 0])).astype(float)
    learnt = learn(Lessons(features, expected, sold, np.arange(120)), seed=0, num_threads=1)
    low, high = learnt.factor(np.array([[-1.0], [1.0]]))
    assert abs(np.log(high / low)) < 0.2


def test_fractional_demand_is_forecast_in_fractions(simulate):
    panel = simulate(30, 60).panel
    panel = panel.with_channels({"demand": panel["sales"] * np.float32(0.3)})
    counted, measured = (
        LaunchModel(4, target=name).fit(panel).predict(4).quantiles([0.5])
        for name in ("sales", "demand")
    )
    assert (counted % 1 == 0).all()
    assert (measured % 1 > 0).any()


def test_few_launches_leave_the_spread_wide():
    five = np.full(5, 10.0)
    outcomes = Outcomes(0 * five, 0 * five, 0 * five, five, five**2 / 8, five)
    assert Spread.fit([0], [outcomes], 0.0).variance[0] == 1.0


def test_season_totals_26_weeks_ahead_cover_what_came(simulate):
    inside = {8: [], 26: []}
    width = []
    for seed in range(4):
        truth = simulate(100, 100, seed=10 + seed)
        demand = LaunchModel(26).fit(truth.panel).predict(26)
        rows = truth.born > 90
        for weeks, hits in inside.items():
            actual = truth.future[rows, :weeks].sum(axis=1)
            low, high = demand.total(0, weeks, levels=[0.1, 0.9])[rows].T
            hits.extend(((actual >= low) & (actual <= high)).tolist())
        width += (high / np.maximum(low, 1)).tolist()
    assert len(inside[26]) > 40
    assert all(0.65 < np.mean(found) < 0.97 for found in inside.values())
    assert np.median(width) > 1.5


def test_a_season_total_widens_less_than_the_sum_of_its_weeks_quantiles(simulate):
    truth = simulate(60, 80)
    demand = LaunchModel(26).fit(truth.panel).predict(26)
    weeks = demand.quantiles([0.95])[:, :, 0].sum(axis=1)
    total = demand.total(levels=[0.95])[:, 0]
    assert (total < weeks).all()
    assert all(one <= two for one, two in pairwise(demand.total(levels=[0.1, 0.5, 0.9])[0]))


def _same(one, other):
    return np.array_equal(one.mean, other.mean) and np.array_equal(
        one.quantiles(), other.quantiles()
    )


@pytest.mark.parametrize("periods", [None, 70])
def test_a_saved_model_forecasts_the_same_bits_updated_or_not(simulate, tmp_path, periods):
    panel = simulate(40, 80).panel
    model = LaunchModel(6)
    if periods is None:
        model.fit(panel)
    else:
        model = model.fit(panel.upto(panel.periods[periods - 1])).update(panel)
    model.save(tmp_path / "model")
    again = load_model(tmp_path / "model")
    assert repr(again) == repr(model)
    assert _same(again.predict(6), model.predict(6))
    later = simulate(40, 84).panel
    assert _same(again.update(later).predict(6), model.update(later).predict(6))


@pytest.mark.parametrize("styles", [(4, 1), (1, 4), (4, 2)])
def test_new_data_with_other_siblings_have_the_features_that_were_learnt(simulate, styles):
    panel = simulate(40, 80).panel
    number = np.arange(40)
    one, two = (
        replace(panel, attributes=panel.attributes.assign(style=[f"T{n // each}" for n in number]))
        for each in styles
    )
    model = LaunchModel(6).fit(one)
    assert list(model.update(two).evidence_.kin) == list(model.evidence_.kin)
    assert np.isfinite(model.update(two).predict(6).mean).all()


def test_new_data_without_the_price_are_told(simulate):
    panel = simulate(20, 60).panel
    priced = panel.with_channels({"price": np.full((20, 60), 9.0)})
    with pytest.raises(ArgumentError, match="Expected a panel with 'price'"):
        LaunchModel(6).fit(priced).update(panel)


def test_signals_that_are_no_names_are_told(simulate):
    with pytest.raises(ArgumentError, match="Expected signals, 'auto' or names"):
        LaunchModel(6, signals=5).fit(simulate(10, 40).panel)


def test_launches_of_which_none_sold_teach_that_little_is_to_be_expected():
    features = np.random.default_rng(5).normal(size=(60, 2))
    lessons = Lessons(features, np.full(60, 50.0), np.zeros(60), np.arange(60))
    factor = learn(lessons, seed=0, num_threads=1).factor(features)
    assert (factor > 0).all()
    assert (factor < 0.1).all()


def test_an_update_does_not_change_what_the_groups_are(simulate):
    panel = simulate(40, 60, seed=1).panel
    kinds = pd.DataFrame({"kind": [f"k{number % 5}" for number in range(40)]})
    panel = replace(panel, attributes=kinds)
    few = panel.select(panel.skus[:20])  # too few with history for five groups
    coarse, fine = LaunchModel(4).fit(few), LaunchModel(4).fit(panel)
    assert (coarse.groups_.attribute, fine.groups_.attribute) == (None, "kind")
    assert coarse.update(panel).groups_.attribute is None
    assert fine.update(few).groups_.attribute == "kind"
    with pytest.raises(ArgumentError, match="a panel with the attribute 'kind', by which"):
        fine.update(replace(few, attributes=pd.DataFrame(index=range(20))))


def test_an_update_of_other_periods_is_refused(simulate):
    model = LaunchModel(4).fit(simulate(20, 40).panel)
    with pytest.raises(ArgumentError, match="Expected a panel of 'W' periods, got 'D'"):
        model.update(simulate(20, 40, freq="D").panel)


def test_signals_that_nobody_sends_are_unknown_and_no_numpy_warning(simulate):
    panel = simulate(30, 60).panel.with_channels({"carts": np.zeros((30, 60))})
    model = LaunchModel(4).fit(panel)
    assert model.signals_ == ("views", "carts")
    assert (model.predict(4).mean >= 0).all()
