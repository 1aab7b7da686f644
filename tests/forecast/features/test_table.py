from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from c2m.errors import ArgumentError
from c2m.forecast import MovingAverage
from c2m.forecast.features.recipe import Recipe, settle_recipe
from c2m.forecast.features.rows import Rows, path_rows, sample_rows
from c2m.forecast.features.running import Running, periods_since, smooth
from c2m.forecast.features.table import FeatureTable
from c2m.panel import Panel


def recipe_of(panel, horizon=4, **choice):
    usual = {"target": None, "signals": "auto", "known": "auto", "seasonality": "auto"}
    return settle_recipe(panel, horizon=horizon, **{**usual, **choice})


def changed_after(panel, position, seed):
    """The same panel with other observations after a position; what was planned stays."""
    chance = np.random.default_rng(seed)
    channels = dict(panel.channels)
    for name in set(panel.channels) - set(panel.known):
        values = panel[name].copy()
        values[:, position + 1 :] = chance.poisson(50, size=values[:, position + 1 :].shape)
        channels[name] = values
    return replace(panel, channels=channels)


def row_at(series, origin, step):
    return Rows(*(np.array([value]) for value in (series, origin, step)))


def feature(table, name, rows):
    return dict(table.columns(rows))[name]


@settings(max_examples=12, deadline=None)
@given(
    position=st.integers(0, 118),
    seed=st.integers(0, 99),
    freq_and_length=st.sampled_from([("W", 120), ("D", 120), ("MS", 120)]),
)
def test_no_feature_reads_what_was_observed_after_its_rows_cutoff(
    make_panel, position, seed, freq_and_length
):
    freq, length = freq_and_length
    panel = make_panel(6, length, freq=freq, late=True)
    recipe = recipe_of(panel, horizon=15)
    other = changed_after(panel, position, seed)
    series = np.arange(6)
    for origin in {position, position // 2}:
        rows = path_rows(series, origin, 15)
        one = FeatureTable.of(panel, recipe)
        two = FeatureTable.of(other, recipe)
        np.testing.assert_array_equal(one.matrix(rows), two.matrix(rows))
        np.testing.assert_array_equal(one.log_level(rows), two.log_level(rows))


def test_the_promotion_planned_for_the_target_period_is_read(make_panel):
    panel = make_panel(3, 30, ahead=4)
    table = FeatureTable.of(panel, recipe_of(panel))
    planned = feature(table, "promotion planned", path_rows(np.array([1]), 29, 4))
    assert planned.tolist() == panel["promotion"][1, 30:34].tolist()


def test_a_period_without_a_plan_is_unknown(make_panel):
    panel = make_panel(3, 30, ahead=2)
    table = FeatureTable.of(panel, recipe_of(panel))
    planned = feature(table, "promotion planned", path_rows(np.array([1]), 29, 4))
    assert np.isnan(planned).tolist() == [False, False, True, True]


def test_a_planned_price_is_compared_with_the_recent_one(make_panel):
    panel = make_panel(2, 30)
    price = np.full((2, 31), 10.0)
    price[:, 30] = 5.0
    panel = replace(panel, channels={"sales": panel["sales"], "price": price}, known=("price",))
    table = FeatureTable.of(panel, recipe_of(panel))
    assert feature(table, "price over recent", row_at(0, 29, 1)) == pytest.approx(np.log(0.5))


def test_the_same_week_of_the_last_year_is_compared_with_the_level(make_panel):
    panel = make_panel(1, 80)
    sales = np.full((1, 80), 10.0)
    sales[0, 30:33] = 40.0  # 52 weeks before weeks 82 to 84
    panel = replace(panel, channels={"sales": sales}, known=())
    table = FeatureTable.of(panel, recipe_of(panel))
    assert table.recipe.seasons == (52,)
    high = feature(table, "season 52", row_at(0, 79, 4))
    usual = feature(table, "season 52", row_at(0, 79, 8))
    assert high > 1.0
    assert usual == pytest.approx(0.0, abs=0.02)


def test_a_stock_out_does_not_lower_the_level(make_panel):
    panel = make_panel(1, 30)
    sales = np.full((1, 30), 8.0)
    sales[0, 24:] = 0.0
    stock = np.ones((1, 30))
    stock[0, 24:] = 0.0
    panel = replace(panel, channels={"sales": sales, "in_stock": stock}, known=())
    table = FeatureTable.of(panel, recipe_of(panel))
    assert np.exp(table.log_level(row_at(0, 29, 1))) == pytest.approx(8.0, rel=0.01)


def test_an_unseen_attribute_is_unknown(make_panel):
    panel = make_panel(12, 20)
    recipe = recipe_of(panel)
    lines = panel.attributes.assign(line=["new", *panel.attributes["line"][1:]])
    table = FeatureTable.of(replace(panel, attributes=lines), recipe)
    rows = Rows(np.array([0, 1]), np.array([9, 9]), np.array([1, 1]))
    assert feature(table, "attribute line", rows).tolist() == [-1.0, 0.0]


def test_an_attribute_that_names_every_series_is_no_feature(make_panel):
    panel = make_panel(12, 20)
    panel = replace(panel, attributes=panel.attributes.assign(title=panel.skus))
    assert list(recipe_of(panel).attributes) == ["line"]


def test_signals_are_all_observed_channels_that_do_not_repeat_the_target(make_panel):
    panel = make_panel(3, 30)
    more = panel.with_channels({"revenue": panel["sales"] * 10, "in_stock": np.ones((3, 30))})
    assert set(recipe_of(more).signals) == {"views", "price"}
    assert recipe_of(more, signals=()).signals == ()


def test_a_misspelt_signal_is_named(make_panel):
    with pytest.raises(ArgumentError, match=r"'veiws' \(did you mean 'views'\?\)"):
        recipe_of(make_panel(), signals=["veiws"])


def test_a_year_of_weeks_has_no_yearly_season(make_panel):
    assert recipe_of(make_panel(2, 52)).seasons == ()
    assert recipe_of(make_panel(2, 60), seasonality=13).seasons == (13,)
    with pytest.raises(ArgumentError, match="Expected seasonality"):
        recipe_of(make_panel(2, 60), seasonality=1)


def test_a_recipe_survives_json(make_panel):
    recipe = recipe_of(make_panel(12, 60))
    import json

    assert Recipe.from_facts(json.loads(json.dumps(recipe.to_facts()))) == recipe


@settings(max_examples=20, deadline=None)
@given(
    until=st.integers(0, 30),
    horizon=st.integers(1, 9),
    most=st.integers(1, 400),
    seed=st.integers(0, 9),
)
@example(until=9, horizon=1, most=8, seed=4)  # a budget of one cutoff and a bit
def test_learning_rows_have_known_targets_before_the_end_and_a_begun_series(
    until, horizon, most, seed
):
    chance = np.random.default_rng(seed)
    target = np.where(chance.random((7, 30)) < 0.3, np.nan, 1.0)
    target[3, :12] = np.nan
    rows = sample_rows(target, horizon=horizon, until=until, most_rows=most, seed=seed)
    at = rows.origin + rows.step
    assert np.all(at < max(until, 1))
    assert not np.isnan(target[rows.series, at]).any()
    assert all(
        not np.isnan(target[s, : o + 1]).all()
        for s, o in zip(rows.series, rows.origin, strict=True)
    )
    assert len({*zip(rows.series, rows.origin, rows.step, strict=True)}) == len(rows)
    assert len(rows) <= max(most, 7 * horizon)


def test_rows_within_a_budget_are_spread_evenly_over_series():
    rows = sample_rows(np.ones((50, 100)), horizon=4, until=100, most_rows=1000, seed=0)
    assert len(rows) <= 1000
    counts = np.bincount(rows.series, minlength=50)
    assert counts.max() - counts.min() <= 2


def test_running_means_are_the_means_of_the_known_values():
    values = np.array([[1.0, np.nan, 3.0, 8.0]])
    running = Running.of(values)
    rows, last = np.zeros(4, dtype=int), np.array([0, 1, 2, 3])
    assert running.mean(rows, last, 2).tolist() == [1.0, 1.0, 3.0, 5.5]
    assert running.mean(rows, last).tolist() == [1.0, 1.0, 2.0, 4.0]
    assert np.isnan(running.mean(rows[:1], np.array([-1]), 2))


def test_several_windows_at_once_are_each_of_them():
    values = np.random.default_rng(0).poisson(2.0, size=(3, 20)).astype(float)
    values[1, 4:9] = np.nan
    running = Running.of(values)
    rows, last = np.array([0, 1, 2, 1]), np.array([3, 8, 19, -1])
    at_once = running.mean(rows, last, np.array([1, 4, 30])[:, None])
    for width, found in zip([1, 4, 30], at_once, strict=True):
        assert np.array_equal(found, running.mean(rows, last, width), equal_nan=True)


@pytest.mark.parametrize(("freq", "length"), [("D", 800), ("W", 120), ("MS", 40)])
def test_calendar_features_are_those_of_the_targets_date(make_panel, freq, length):
    panel = make_panel(2, length, freq=freq)
    table = FeatureTable.of(panel, recipe_of(panel, horizon=12))
    found = dict(table.columns(path_rows(np.array([0]), table.n_periods - 1, 12)))
    days = panel.calendar.labels(panel.first + panel.n_periods, 12)
    wanted = {
        "weekday": days.day_of_week,
        "day": days.day,
        "week": (days.day_of_year - 1) // 7,
        "month": days.month,
    }
    names = wanted.keys() & found.keys()
    assert names == {"D": {"weekday", "day", "week"}, "W": {"week"}, "MS": {"month"}}[freq]
    for name in names:
        assert np.array_equal(found[name], wanted[name])


def test_smoothing_is_the_weighted_mean_of_the_known_values():
    total, weights = smooth(np.array([[4.0, np.nan, 8.0]]), 0.5)
    assert (total / weights)[0].tolist() == pytest.approx([4.0, 4.0, (0.125 * 4 + 0.5 * 8) / 0.625])


def test_periods_since_an_event_are_unknown_before_the_first():
    since = periods_since(np.array([[False, True, False, False, True]]))
    assert since.tolist() == [[-1, 0, 1, 2, 0]]


@pytest.mark.parametrize(("days", "a_year", "window"), [(28, 13, 3), (7, 52, 8)])
def test_a_period_table_has_the_season_and_the_windows_of_its_periods(days, a_year, window):
    start = pd.date_range("2020-01-01", periods=3 * a_year, freq=f"{days}D")
    table = pd.DataFrame({"start": start, "end": start + pd.Timedelta(days=days - 1)})
    frame = pd.DataFrame({"sku": "A", "period": start, "sales": 5.0})
    panel = Panel.from_frame(frame, freq=table).upto(start[-5])
    recipe = recipe_of(panel)
    assert recipe.seasons == (a_year,)
    assert {"week", "days"} <= set(recipe.calendar)
    assert MovingAverage().fit(panel).window_ == window


def test_a_target_named_as_known_ahead_and_signals_that_are_no_names_are_refused(make_panel):
    with pytest.raises(ArgumentError, match="Expected known to leave out the target"):
        recipe_of(make_panel(), known=("sales",))
    with pytest.raises(ArgumentError, match=r"Expected signals 'auto' or names, \(\) for none"):
        recipe_of(make_panel(), signals=None)


def random_history(n_series, n_periods, *, fractions=False, seed=0):
    chance = np.random.default_rng(seed)
    values = chance.poisson(0.7, (n_series, n_periods)).astype(np.float32)
    values[chance.random(values.shape) < 0.1] = np.nan
    return values / 3 if fractions else values


def days_of(make_panel, n_series, n_periods, **more):
    panel = make_panel(n_series, n_periods, freq="D", ahead=28)
    shape = (n_series, n_periods)
    views = np.random.default_rng(1).poisson(2.0, shape).astype(np.float32)
    changed = {"sales": random_history(*shape), "views": views, **more}
    return replace(panel, channels={**panel.channels, **changed})


@pytest.mark.parametrize("more", [{}, {"price": np.geomspace(1, 2, 3 * 1200).reshape(3, 1200)}])
def test_what_is_summed_of_old_periods_changes_no_feature(make_panel, more):
    panel = days_of(make_panel, 3, 1200, **more)
    recipe = recipe_of(panel, horizon=28)
    kept, whole = (
        FeatureTable.of(panel, recipe),
        FeatureTable.of(panel, replace(recipe, kept=10_000)),
    )
    start = whole.n_periods - kept.n_periods
    assert start > 0
    rows = sample_rows(
        kept.target,
        horizon=28,
        until=kept.n_periods,
        most_rows=2000,
        seed=0,
        earliest=kept.earliest,
    )
    same = Rows(rows.series, rows.origin + start, rows.step)
    assert len(rows) > 500
    assert rows.origin.min() < kept.earliest + 28
    np.testing.assert_allclose(kept.matrix(rows), whole.matrix(same), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (np.ones((2, 9)), np.uint16),
        (np.full((2, 9), 50_000.0), np.int32),
        (np.array([[-1.0, 3.0]]), np.int32),
        (np.full((2, 9), 2.0**30), np.float64),
        (np.array([[0.5, 1.0]]), np.float64),
    ],
)
def test_sums_take_the_smallest_type_that_holds_them(values, kind):
    running = Running.of(values)
    assert running.total.dtype == kind
    assert running.count is None
    last = np.array([values.shape[1] - 1])
    assert running.mean(np.zeros(1, int), last) == pytest.approx(values[0].mean())


@settings(max_examples=20, deadline=None)
@given(start=st.integers(0, 11), fractions=st.booleans(), seed=st.integers(0, 99))
def test_windows_of_a_cut_history_are_those_of_the_whole_one(start, fractions, seed):
    values = random_history(4, 12, fractions=fractions, seed=seed)
    whole, cut = Running.of(values), Running.of(values, start)
    series, last = np.arange(4), np.full(4, 11)
    for width in (None, 12 - start):
        for one, other in zip(
            whole.over(series, last, width), cut.over(series, last - start, width), strict=True
        ):
            np.testing.assert_allclose(one, other, rtol=1e-9)


def with_shared(panel, *, copies=False, seed=3):
    row = np.random.default_rng(seed).gamma(4.0, 2.0, panel.n_periods).astype(np.float32)
    warm = np.random.default_rng(seed + 1).normal(10, 8, panel.n_periods + panel.n_ahead)
    rows = {"ad_spend": row, "warmth": warm.astype(np.float32)}
    if copies:
        rows = {name: np.tile(values, (panel.n_series, 1)) for name, values in rows.items()}
    return panel.with_channels(rows, known=["warmth"])


def test_a_row_for_all_series_gives_what_a_copy_for_each_gives_and_is_summed_once(make_panel):
    panel = make_panel(5, 60, ahead=4)
    shared, copied = with_shared(panel), with_shared(panel, copies=True)
    recipe = recipe_of(shared)
    assert recipe.shared == ("ad_spend", "warmth")
    one, many = FeatureTable.of(shared, recipe), FeatureTable.of(copied, recipe)
    rows = path_rows(np.arange(5), 50, 4)
    assert np.array_equal(one.matrix(rows), many.matrix(rows), equal_nan=True)
    assert one.sums["ad_spend"].total.shape[0] == 1
    assert not any(name.startswith("ad_spend per unit") for name in one.names)
    assert feature(one, "warmth planned", rows)[:4].tolist() == shared["warmth"][0, 51:55].tolist()


@settings(max_examples=8, deadline=None)
@given(position=st.integers(5, 58), seed=st.integers(10, 99))
def test_no_feature_reads_a_shared_signal_after_its_rows_cutoff(make_panel, position, seed):
    panel = make_panel(4, 60, ahead=4)
    one = with_shared(panel)
    row = one["ad_spend"][0].copy()
    row[position + 1 :] = np.random.default_rng(seed).gamma(2.0, 90.0, len(row) - position - 1)
    other = one.with_channels({"ad_spend": row})
    recipe = recipe_of(one)
    rows = path_rows(np.arange(4), position, 4)
    same = [FeatureTable.of(panel, recipe).matrix(rows) for panel in (one, other)]
    assert np.array_equal(*same, equal_nan=True)


def test_a_signal_of_last_week_is_told_from_one_of_the_week_before(make_panel):
    panel = days_of(make_panel, 1, 200)
    views = np.full((1, 200), 10.0)
    views[0, 186:193] = 80.0  # 7 to 13 days before the last
    panel = replace(panel, channels={**panel.channels, "views": views})
    table = FeatureTable.of(panel, recipe_of(panel, horizon=28))
    row = row_at(0, 199, 1)
    moves = {lag: feature(table, f"views move 7 ago {lag}", row)[0] for lag in (7, 14)}
    assert moves[7] > 1.0 > 0.0 > moves[14]
    assert feature(table, "views move 7", row)[0] < 0.0


def test_every_weekday_is_a_cutoff():
    rows = sample_rows(np.ones((100, 400)), horizon=28, until=400, most_rows=5600, seed=0)
    assert len({*(rows.origin % 7)}) == 7


def test_a_budget_of_less_than_a_row_a_series_still_teaches_every_step():
    rows = sample_rows(np.ones((500, 400)), horizon=28, until=400, most_rows=400, seed=0)
    assert 200 < len(rows) <= 400
    assert len(np.unique(rows.step)) == 28
    assert len(np.unique(rows.series)) == 100
    assert np.ptp(rows.series) > 400
