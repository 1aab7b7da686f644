import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c2m.demand import Demand
from c2m.distribution import GammaPoisson, LevelSets, PathSet, Shared
from c2m.errors import ArgumentError, C2MWarning
from c2m.forecast import DirectBoosting, MovingAverage, SeasonalNaive
from c2m.forecast.fallback.evidence import pick, shrunk_savings
from c2m.forecast.fallback.fallback import Fallback
from c2m.forecast.fallback.mixture import mix_laws
from c2m.forecast.fallback.trials import trial_losses
from c2m.forecast.saving import load_model
from c2m.panel import Panel
from c2m.periods import Calendar

pytestmark = pytest.mark.filterwarnings("ignore:Only:c2m.errors.C2MWarning")


def panel_of(sales, kinds=None, freq="D"):
    calendar = Calendar.of(freq)
    return Panel(
        keys=pd.DataFrame({"sku": [f"S{number:03d}" for number in range(len(sales))]}),
        calendar=calendar,
        first=int(calendar.ordinal("2024-01-01")),
        n_periods=np.shape(sales)[1],
        channels={"sales": np.array(sales, dtype=float)},
        attributes=pd.DataFrame({} if kinds is None else {"kind": kinds}),
    )


def two_kinds(n_each=15, n_periods=140, seed=0):
    """Half of the series have a week that a moving average misses; half have a level alone."""
    chance = np.random.default_rng(seed)
    week = np.tile([2.0, 2.0, 2.0, 2.0, 2.0, 40.0, 40.0], n_periods // 7)
    weekly = chance.poisson(week, (n_each, n_periods))
    level = chance.poisson(150.0, (n_each, n_periods))
    kinds = ["weekly"] * n_each + ["level"] * n_each
    return panel_of(np.concatenate([weekly, level]), kinds)


def test_series_go_by_the_model_that_wins_on_each_of_them():
    model = Fallback(MovingAverage(), 7, baselines=[SeasonalNaive()], by="kind").fit(two_kinds())
    assert model.choice_.tolist() == [1] * 15 + [0] * 15
    assert model.predict(7).notes == (
        "15 of 30 series go by MovingAverage()",
        "15 of 30 series go by SeasonalNaive()",
    )


def test_without_groups_most_series_find_their_model_too():
    model = Fallback(MovingAverage(), 7, baselines=[SeasonalNaive()]).fit(two_kinds())
    assert (model.choice_[:15] == 1).all()
    assert (model.choice_[15:] == 0).mean() > 0.8


def test_each_row_is_the_forecast_of_the_model_chosen_for_it():
    panel = two_kinds()
    model = Fallback(MovingAverage(), 7, baselines=[SeasonalNaive()], by="kind").fit(panel)
    mixed = model.predict(7)
    models = [MovingAverage().fit(panel).predict(7), SeasonalNaive().fit(panel).predict(7)]
    assert np.array_equal(mixed.mean[:15], models[1].mean[:15])
    assert np.array_equal(mixed.mean[15:], models[0].mean[15:])
    levels = [0.1, 0.9]
    assert np.array_equal(mixed.quantiles(levels)[:15], models[1].quantiles(levels)[:15])


def test_on_new_cutoffs_it_loses_no_more_than_the_model():
    panel = two_kinds(n_periods=210, seed=1)
    seen = [168, 182]
    candidates = [MovingAverage(), Fallback(MovingAverage(), 7, baselines=[SeasonalNaive()])]
    model, fallback = np.nanmean(trial_losses(candidates, panel, 7, seen), axis=(0, 2))
    assert fallback < 0.8 * model


def test_a_baseline_as_good_as_the_model_gets_no_series():
    noise = np.random.default_rng(3).poisson(8.0, (40, 140))
    model = Fallback(MovingAverage(28), 7, baselines=[MovingAverage(27)]).fit(panel_of(noise))
    assert not model.choice_.any()


def test_a_series_that_was_never_compared_follows_its_group():
    losses = np.ones((4, 2, 9))
    losses[:, 1, :4] = 0.5 + 0.01 * np.arange(4)[:, None]
    losses[:, :, 4] = np.nan
    losses = np.concatenate([losses[:, :, :4]] * 10 + [losses[:, :, 4:]], axis=2)
    groups = np.array([0] * 41 + [1] * 4)
    assert pick(losses, groups)[[0, 40, 44]].tolist() == [1, 1, 0]


def test_noisy_savings_are_drawn_to_the_group_and_sure_ones_are_not():
    chance = np.random.default_rng(4)
    groups = np.zeros(200, dtype=np.intp)
    same = 0.1 + chance.normal(0, 0.5, (4, 200))
    expected, _ = shrunk_savings(same, groups)
    assert np.ptp(expected) < 0.3 * np.ptp(same.mean(axis=0))
    apart = np.linspace(-1, 1, 200) + chance.normal(0, 0.05, (4, 200))
    expected, _ = shrunk_savings(apart, groups)
    assert expected == pytest.approx(apart.mean(axis=0), abs=0.02)


def test_shrinking_lowers_the_error_on_savings_of_the_normal_model():
    chance = np.random.default_rng(5)
    true = 0.05 + chance.normal(0, 0.1, 2000)
    seen = true + chance.normal(0, 0.4, (4, 2000))
    expected, error = shrunk_savings(seen, np.zeros(2000, dtype=np.intp))
    own = np.sqrt(((expected - true) ** 2).mean())
    assert own < 0.7 * np.sqrt(((seen.mean(axis=0) - true) ** 2).mean())
    assert own == pytest.approx(error.mean(), rel=0.1)


@settings(max_examples=3, deadline=None)
@given(st.integers(0, 30), st.integers(1, 9))
def test_what_comes_after_the_cutoff_changes_nothing(day, factor):
    panel = two_kinds(n_each=3, n_periods=126)
    changed = np.array(panel["sales"], dtype=float)
    changed[:, 95 + day :] *= factor
    models = [Fallback(MovingAverage(), 7, baselines=[SeasonalNaive()]) for _ in range(2)]
    cutoff = panel.periods[94]
    one = models[0].fit(panel.upto(cutoff)).predict(7)
    two = models[1].fit(panel_of(changed, panel.attributes["kind"]).upto(cutoff)).predict(7)
    assert np.array_equal(one.mean, two.mean)
    assert one.notes == two.notes


def test_losses_are_the_pinball_of_periods_and_of_their_total():
    panel = panel_of([[4.0] * 20 + [6.0, 2.0]])
    loss = trial_losses([Certain(3.0)], panel, 2, [20])[0, 0, 0]
    levels = np.array([0.1, 0.25, 0.5, 0.75, 0.9])
    by_period = (levels * 3 + (1 - levels) * 1).mean() / 2
    assert loss == pytest.approx(by_period + (levels * 2).mean() / 2)


class Certain:
    """A model that says one number for sure."""

    def __init__(self, units):
        self.units = units

    def fit(self, panel):
        self.panel = panel
        return self

    def predict(self, horizon):
        panel = self.panel
        paths = np.full((1, panel.n_series, horizon), self.units)
        return Demand(panel.keys, panel.calendar, panel.first + panel.n_periods, PathSet(paths))


def test_a_model_of_ones_own_with_another_law_can_be_mixed():
    panel = two_kinds(n_each=6)
    demand = Fallback(Certain(2000.0), 7, baselines=[MovingAverage()]).fit(panel).predict(7)
    assert np.array_equal(demand.mean, MovingAverage().fit(panel).predict(7).mean)


def test_level_sets_keep_the_levels_that_they_share_in_a_mixture():
    shared = Shared(np.array([["a"], ["a"]]), ("style",), np.array([0.06]))
    counts = GammaPoisson(np.full((2, 3), 4.0), 0.3, 0.1, shared, whole=False)
    curves, levels = np.arange(1.0, 10.0)[None], np.arange(1, 10) / 10
    sets = LevelSets(counts, np.zeros((2, 3)), np.ones((2, 3)), levels, curves)
    mixed = mix_laws([sets, sets], np.array([0, 1]))
    assert mixed.shared is shared
    assert not mixed.whole


def test_shared_levels_of_the_model_hold_for_all_series():
    shared = Shared(np.array([["x"], ["x"]]), ["line"], np.array([0.2]))
    wide = GammaPoisson(np.ones((2, 3)), 0.5, 0.3, shared)
    narrow = GammaPoisson(np.full((2, 3), 2.0), 0.1, 0.0)
    mixed = mix_laws([wide, narrow], np.array([0, 1]))
    assert mixed.mean[:, 0].tolist() == [1, 2]
    assert mixed.level_variance == pytest.approx([0.3, 0.2])
    assert mixed.dispersion[1] == pytest.approx([0.2] * 3)
    assert mixed.shared is not None


def test_too_short_a_history_leaves_all_to_the_model_and_says_so():
    with pytest.warns(C2MWarning, match="6 periods are too short to compare models over 4"):
        model = Fallback(MovingAverage(), 4).fit(panel_of(np.full((2, 6), 3.0)))
    assert model.predict(4).notes == ("2 of 2 series go by MovingAverage()",)


def test_arguments_out_of_range_are_refused():
    panel = two_kinds(n_each=2, n_periods=42)
    with pytest.raises(ArgumentError, match="Expected by, an attribute of the panel, got 'kin'"):
        Fallback(MovingAverage(), 7, by="kin").fit(panel)
    with pytest.raises(ArgumentError, match="Expected windows, a whole number >= 2, got 1"):
        Fallback(MovingAverage(), 7, windows=1).fit(panel)
    with pytest.raises(ArgumentError, match="at least one baseline"):
        Fallback(MovingAverage(), 7, baselines=()).fit(panel)
    with pytest.raises(ArgumentError, match=r"predict\(horizon\), got .*Moving"):
        Fallback("MovingAverage", 7).fit(panel)


def test_a_saved_model_forecasts_the_same_bits(tmp_path):
    model = Fallback(MovingAverage(), 7, baselines=[SeasonalNaive()], by="kind").fit(two_kinds())
    model.save(tmp_path / "model")
    again = load_model(tmp_path / "model")
    assert np.array_equal(again.choice_, model.choice_)
    assert np.array_equal(again.losses_, model.losses_)
    one, other = again.predict(7), model.predict(7)
    assert one.notes == other.notes
    assert np.array_equal(one.mean, other.mean)
    assert np.array_equal(one.quantiles(), other.quantiles())


def test_a_baseline_that_was_tried_without_a_season_is_used_without_it(tmp_path):
    sales = np.tile(np.arange(53.0), (8, 1)) + 10 * np.arange(8)[:, None]
    panel = panel_of(sales, freq="W")
    model = Fallback(MovingAverage(), 12, baselines=[SeasonalNaive()], windows=2)
    model.fit(panel)
    said = model.predict(12)
    assert said.notes == ("8 of 8 series go by SeasonalNaive(season_length=1)",)
    assert np.array_equal(said.mean, np.repeat(sales[:, -1:], 12, axis=1))
    model.save(tmp_path / "model")
    assert load_model(tmp_path / "model").predict(12).notes == said.notes
    kept = Fallback(MovingAverage(), 12, baselines=[SeasonalNaive(52)], windows=2)
    assert kept.fit(panel).predict(12).notes == (
        "8 of 8 series go by SeasonalNaive(season_length=52)",
    )


class Silent:
    """A model of one's own whose fit returns nothing."""

    def fit(self, panel):
        self.model_ = MovingAverage().fit(panel)

    def predict(self, horizon):
        return self.model_.predict(horizon)


def test_a_model_of_ones_own_may_return_nothing_from_fit_but_is_not_saved(tmp_path):
    model = Fallback(Silent(), 7, baselines=[SeasonalNaive()], by="kind").fit(two_kinds())
    assert model.predict(7).mean.shape == (30, 7)
    with pytest.raises(ArgumentError, match="got Silent, which cannot be saved"):
        model.save(tmp_path / "model")


def test_models_of_another_target_are_not_compared():
    panel = two_kinds()
    panel = panel.with_channels({"demand": 2 * panel["sales"]})
    with pytest.raises(ArgumentError, match="Expected models of the panel's target 'sales'"):
        Fallback(DirectBoosting(7, target="demand"), 7).fit(panel)


@pytest.mark.parametrize("wrong", [{"baselines": MovingAverage()}, {"baselines": [MovingAverage]}])
def test_baselines_that_are_no_models_are_told(wrong):
    with pytest.raises(ArgumentError, match="Expected"):
        Fallback(MovingAverage(), 7, **wrong).fit(two_kinds())
