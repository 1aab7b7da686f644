from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest

from c2m import ArgumentError, C2MWarning, Calendar, DataError, Demand
from c2m.distribution import GammaPoisson, LevelSets, PathSet, QuantileCurves, Shared

DAY = Calendar("D")
FIRST = int(DAY.ordinal("2026-11-23"))


def forecast(n_series=4, horizon=14, law=None):
    chance = np.random.default_rng(0)
    mean = chance.gamma(2, 3, (n_series, horizon))
    return Demand(
        keys=pd.DataFrame({"sku": [f"{row:03d}" for row in range(n_series)]}),
        calendar=DAY,
        first=FIRST,
        law=law or GammaPoisson(mean, np.full(mean.shape, 0.3), np.full(n_series, 0.1)),
        attributes=pd.DataFrame({"style": ["a", "b"] * (n_series // 2)}),
        notes=("picked by hand",),
    )


def test_a_forecast_knows_its_periods_and_cutoff():
    demand = forecast()
    assert str(demand.cutoff.date()) == "2026-11-22"
    assert str(demand.periods[-1].date()) == "2026-12-06"
    assert (demand.n_series, demand.horizon) == (4, 14)


def test_paths_do_not_depend_on_blocks_subsets_order_or_threads():
    demand = forecast(n_series=6)
    whole = demand.sample(30, seed=5)
    for block in (1, 4, 100):
        parts = [part for _, part in demand.iter_samples(30, 5, block=block)]
        assert np.array_equal(np.concatenate(parts, axis=1), whole)
    assert np.array_equal(demand.sample(30, 5, skus=["004", "001"]), whole[:, [1, 4]])
    with ThreadPoolExecutor(4) as pool:
        drawn = list(pool.map(lambda _: demand.sample(30, 5), range(8)))
    assert all(np.array_equal(paths, whole) for paths in drawn)


@pytest.mark.parametrize(
    "law",
    [
        None,
        PathSet(np.random.default_rng(1).poisson(3, (40, 4, 14))),
        QuantileCurves(np.array([0.1, 0.9]), np.tile([1.0, 5.0], (4, 14, 1)), 0.2),
    ],
    ids=["gamma-poisson", "paths", "curves"],
)
def test_a_forecast_is_saved_and_loaded_bit_for_bit(tmp_path, law):
    demand = forecast(law=law)
    demand.save(tmp_path / "demand")
    back = Demand.load(tmp_path / "demand")
    assert back == demand
    assert np.array_equal(back.sample(5, 1), demand.sample(5, 1))


def shared_law(*, whole=True):
    shared = Shared(np.array([["a"], ["b"], ["a"], ["b"]]), ("style",), np.array([0.06]))
    mean = np.random.default_rng(0).gamma(2, 3, (4, 14))
    return GammaPoisson(mean, 0.3, 0.1, shared, whole)


def level_sets():
    counts, levels = shared_law(), np.arange(1, 20) / 20
    return LevelSets(counts, np.zeros((4, 14)), np.ones((4, 14)), levels, 10 * levels[None])


@pytest.mark.parametrize(
    "law", [shared_law(), shared_law(whole=False), level_sets()], ids=["counts", "amounts", "sets"]
)
def test_series_that_share_levels_keep_every_promise_of_a_forecast(tmp_path, law):
    demand = forecast(law=law)
    demand.save(tmp_path / "demand")
    assert Demand.load(tmp_path / "demand") == demand
    whole = demand.sample(30, seed=5)
    parts = [part for _, part in demand.iter_samples(30, 5, block=1)]
    assert np.array_equal(np.concatenate(parts, axis=1), whole)
    assert np.array_equal(demand.sample(30, 5, skus=["002"]), whole[:, [2]])
    styles = demand.rollup("style", n=30, seed=5)
    sums = whole.reshape(30, 2, 2, 14).sum(axis=1, dtype=np.float64)
    assert styles.sample(30, 0) == pytest.approx(sums, rel=1e-6)
    weeks = demand.resample("W")
    assert weeks.quantiles([0.9])[:, 0] == pytest.approx(demand.total(0, 7, [0.9]))
    assert (demand.given(np.zeros((4, 7))).mean < demand.mean[:, 7:]).all()


@pytest.mark.parametrize("whole", [True, False])
def test_early_sales_move_level_sets_like_the_counts_that_they_are_tied_by(whole):
    counts, levels = shared_law(whole=whole), np.arange(1, 20) / 20
    sets = LevelSets(counts, np.zeros((4, 14)), np.ones((4, 14)), levels, 10 * levels[None])
    sold = np.round(2 * counts.mean[:, :3])
    one, other = (forecast(law=law).given(sold) for law in (sets, counts))
    assert other.law.shared is not None
    assert one == other


def test_fractional_demand_is_fractional_in_every_reading():
    demand = forecast(law=shared_law(whole=False))
    after = demand.given(demand.mean[:, :7])
    for one in (demand, after, demand.resample("W")):
        assert np.mean(one.quantiles([0.5, 0.9]) % 1 != 0) == 1
        assert np.mean(one.total(levels=[0.5, 0.9]) % 1 != 0) == 1
        assert np.mean(one.sample(5, 1) % 1 != 0) > 0.99


def test_weeks_are_made_of_days_by_the_joint_law():
    demand = forecast()
    weeks = demand.resample("W")
    assert weeks.periods.strftime("%F").tolist() == ["2026-11-23", "2026-11-30"]
    assert weeks.mean == pytest.approx(demand.mean.reshape(4, 2, 7).sum(axis=2))
    assert np.array_equal(weeks.quantiles([0.9])[:, 0], demand.total(0, 7, [0.9]))


def test_a_horizon_of_broken_weeks_is_refused():
    with pytest.raises(ArgumentError, match="whole 'W' periods"):
        forecast(horizon=10).resample("W")
    weeks = forecast().resample("W")
    with pytest.raises(ArgumentError, match="cut in two"):
        weeks.resample("MS")


def test_a_rollup_is_the_sum_of_the_paths():
    demand = forecast()
    styles = demand.rollup("style", n=50, seed=2)
    paths = demand.sample(50, 2)
    assert styles.skus == ["a", "b"]
    assert np.array_equal(styles.sample(50, 0), paths.reshape(50, 2, 2, 14).sum(axis=1))


def test_early_sales_move_the_rest_towards_them():
    demand = forecast()
    low = demand.given(np.zeros((4, 7)))
    high = demand.given(3 * demand.mean[:, :7])
    assert (low.horizon, str(low.cutoff.date())) == (7, "2026-11-29")
    assert (low.mean < demand.mean[:, 7:]).all()
    assert (high.mean > demand.mean[:, 7:]).all()
    assert (high.mean < 3 * demand.mean[:, 7:]).all()


def test_early_sales_at_the_mean_leave_the_mean_and_narrow_the_level():
    demand = forecast()
    updated = demand.given(demand.mean[:, :7])
    assert updated.mean == pytest.approx(demand.mean[:, 7:])
    assert (updated.law.level_variance < demand.law.level_variance).all()


def test_early_sales_come_as_a_table_too_and_must_be_complete():
    demand = forecast(n_series=2)
    sold = pd.DataFrame({"sku": ["000", "001"], "period": "2026-11-23", "sales": [3, 4]})
    assert demand.given(sold) == demand.given(np.array([[3], [4]]))
    with pytest.raises(DataError, match="1 of 2 series-periods have no row"):
        demand.given(sold[:1])
    with pytest.raises(DataError, match="does not have"):
        demand.given(sold.assign(sku=["000", "9"]))


@pytest.mark.parametrize("sold", [np.zeros((4, 14)), np.zeros((3, 2)), np.full((4, 2), -1.0)])
def test_early_sales_that_do_not_fit_are_refused(sold):
    with pytest.raises(ArgumentError, match="Expected sales"):
        forecast().given(sold)


def paths_table():
    rows = [
        {"sku": sku, "period": period, "run": run, "demand": unit}
        for unit, (sku, period, run) in enumerate(
            (sku, period, run)
            for sku in ("A", "B")
            for period in ("2026-11-23", "2026-11-30")
            for run in ("x", "y", "z")
        )
    ]
    return pd.DataFrame(rows)


def test_anyones_paths_are_a_forecast():
    demand = Demand.from_frame(paths_table().sample(frac=1, random_state=1), freq="W", path="run")
    assert demand.sample(3, 0)[:, 1].tolist() == [[6, 9], [7, 10], [8, 11]]
    assert demand.total(levels=[0.5]).tolist() == [[5], [17]]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda frame: frame[1:], "1 of 12 series-periods of the paths have no row"),
        (lambda frame: frame.assign(demand=-1), "below 0"),
        (lambda frame: pd.concat([frame, frame[:1]]), "repeats the key"),
        (lambda frame: frame[:0], "no rows"),
        (lambda frame: frame.assign(period="2026-11-24"), "no first day"),
    ],
)
def test_paths_that_break_the_rules_are_refused(change, problem):
    with pytest.raises(DataError, match=problem):
        Demand.from_frame(change(paths_table()), freq="W", path="run")


def quantile_table(**changes):
    frame = pd.DataFrame(
        {
            "sku": ["A", "A"],
            "period": ["2026-11-23", "2026-11-30"],
            "lo": [1.0, 2.0],
            "hi": [5.0, 6.0],
        }
    )
    return frame.assign(**changes)


def test_anyones_quantiles_are_a_forecast_once_their_dependence_is_said():
    columns = {0.9: "hi", 0.1: "lo"}
    with pytest.raises(ArgumentError, match="dependence="):
        Demand.from_frame(quantile_table(), freq="W", quantiles=columns)
    demand = Demand.from_frame(quantile_table(), freq="W", quantiles=columns, dependence=0.2)
    assert demand.quantiles([0.1, 0.9])[0].tolist() == [[1, 5], [2, 6]]
    with pytest.raises(ArgumentError, match="got neither"):
        Demand.from_frame(quantile_table(), freq="W")
    with pytest.raises(DataError, match="cross"):
        Demand.from_frame(quantile_table(lo=9.0), freq="W", quantiles=columns, dependence=0)


def test_what_is_told_to_type_for_a_mean_and_its_spread_makes_a_forecast():
    frame = quantile_table(mean=[3.0, 40.0], sd=[4.0, 5.0]).drop(columns=["lo", "hi"])
    with pytest.raises(ArgumentError, match="A mean alone does not say how far") as told:
        Demand.from_frame(frame, freq="W", value="mean")
    typed = str(told.value).partition("type\n")[2].replace("freq=...", "freq='W'")
    scope = {"frame": frame, "Demand": Demand}
    exec(typed, scope)
    assert scope["demand"].quantiles([0.1, 0.5, 0.9])[0] == pytest.approx(
        np.array([[0.0, 3.0, 8.12], [33.6, 40.0, 46.4]])
    )


def test_a_forecast_goes_out_as_a_long_table():
    table = forecast().to_frame([0.5, 0.95])
    assert list(table.columns) == ["sku", "period", "mean", "q0.5", "q0.95", "style"]
    assert len(table) == 4 * 14
    assert table["mean"].sum() == pytest.approx(forecast().mean.sum())


@pytest.mark.parametrize(("start", "stop"), [(3, 3), (-1, 2), (0, 15)])
def test_a_total_over_no_period_of_the_horizon_is_refused(start, stop):
    with pytest.raises(ArgumentError, match="within 0 to 14"):
        forecast().total(start, stop)


@pytest.mark.parametrize("levels", [[], [0.0], [1.0], [50]])
def test_levels_are_probabilities(levels):
    with pytest.raises(ArgumentError, match="levels between 0 and 1"):
        forecast().quantiles(levels)


def test_keys_and_law_must_fit():
    with pytest.raises(DataError, match="for 3 keys"):
        Demand(pd.DataFrame({"sku": ["A", "B", "C"]}), DAY, FIRST, forecast().law)
    with pytest.raises(DataError, match="order of their keys"):
        Demand(pd.DataFrame({"sku": list("BACD")}), DAY, FIRST, forecast().law)


def test_a_forecast_shows_itself():
    demand = forecast()
    assert "4 series x 14 D periods" in repr(demand)
    assert "picked by hand" in demand._repr_html_()
    assert demand.summary()["mean"].sum() == pytest.approx(demand.mean.sum())


def test_keys_that_hold_the_joining_character_have_their_own_paths():
    keys = pd.DataFrame({"sku": ["A", "A\x1fB"], "channel": ["B\x1fC", "C"]})
    paths = Demand(keys, DAY, FIRST, GammaPoisson(np.full((2, 9), 9.0), 0.1, 0.1)).sample(3, 1)
    assert not np.array_equal(paths[:, 0], paths[:, 1])


def test_a_forecast_does_not_follow_changes_of_the_callers_arrays():
    mean, dispersion, level = np.ones((1, 2)), np.full((1, 2), 0.3), np.full(1, 0.1)
    law = GammaPoisson(mean, dispersion, level)
    for array in (mean, dispersion, level):
        array[:] = 9
    assert [part.max() for part in law.moments()] == [1, 0.3, 0.1]


def test_notes_are_texts_and_one_note_is_one(tmp_path):
    law = forecast().law
    demand = Demand(forecast().keys, DAY, FIRST, law, notes=(np.int64(3), "b"))
    demand.save(tmp_path / "demand")
    assert Demand.load(tmp_path / "demand") == demand
    assert Demand(forecast().keys, DAY, FIRST, law, notes="abc").notes == ("abc",)


def test_levels_that_lie_close_have_columns_of_their_own():
    table = forecast().to_frame([0.9999999, 0.99999999])
    assert list(table.columns[3:5]) == ["q0.9999999", "q0.99999999"]


def test_an_attribute_may_not_hide_a_column_of_the_forecast():
    with pytest.raises(DataError, match="share the names 'mean'"):
        Demand(forecast().keys, DAY, FIRST, forecast().law, pd.DataFrame({"mean": list("abcd")}))


@pytest.mark.parametrize(("n", "block"), [(2, -1), (2, 0), (0, 1)])
def test_no_paths_and_no_blocks_are_refused(n, block):
    with pytest.raises(ArgumentError, match=r"Expected (n|block) >= 1"):
        list(forecast().iter_samples(n, 1, block=block))


@pytest.mark.parametrize(
    "ask",
    [
        lambda demand: demand.sample(2.5, 1),
        lambda demand: demand.sample("2", 1),
        lambda demand: list(demand.iter_samples(2, 1, block=1.5)),
        lambda demand: demand.rollup("sku", n=1.5),
        lambda demand: demand.rollup(5),
        lambda demand: demand.total(0.5, 3),
        lambda demand: demand.total("0"),
        lambda demand: demand.quantiles("high"),
        lambda demand: demand.given("all"),
        lambda demand: demand.given([[1], [2, 3], [4], [5]]),
        lambda demand: demand.select(5),
    ],
)
def test_arguments_of_another_type_are_refused_in_words(ask):
    with pytest.raises(ArgumentError, match=r"^Expected"):
        ask(forecast())


@pytest.mark.parametrize("seed", [None, 1.0, "1"])
def test_a_seed_is_a_whole_number(seed):
    with pytest.raises(ArgumentError, match="whole number as seed"):
        forecast().sample(2, seed)
    assert np.array_equal(forecast().sample(2, np.int64(1)), forecast().sample(2, 1))


def test_a_horizon_beyond_its_period_table_is_refused():
    weeks = Calendar("table", ("2026-11-02", "2026-11-09", "2026-11-16"))
    with pytest.raises(DataError, match="period 3 is not in it"):
        Demand(pd.DataFrame({"sku": ["A"]}), weeks, 0, GammaPoisson(np.ones((1, 3)), 0.1, 0.1))


def test_two_spellings_of_a_day_or_code_do_not_overwrite_each_other():
    columns = {0.1: "lo", 0.9: "hi"}
    for again in ({"period": ["20261123", "2026-11-30"]}, {}):
        frame = pd.concat([quantile_table()[:1], quantile_table(**again)])
        with pytest.raises(DataError, match="1 of 3 rows repeats the key"):
            Demand.from_frame(frame, freq="W", quantiles=columns, dependence=0)
    sold = pd.DataFrame({"sku": "000", "period": ["2026-11-23", "20261123"], "sales": [3, 4]})
    with pytest.raises(DataError, match="1 of 2 rows repeats the key"):
        forecast().given(sold)


def test_a_forecasts_other_columns_and_zones_are_not_dropped_in_silence():
    columns = {0.1: "lo", 0.9: "hi"}
    with pytest.warns(C2MWarning, match="1 column of `demand` is left out: 'style'"):
        Demand.from_frame(quantile_table(style="a"), freq="W", quantiles=columns, dependence=0)
    period = pd.to_datetime(quantile_table()["period"]).dt.tz_localize("Asia/Tokyo")
    frame = quantile_table(period=period.dt.tz_convert("UTC"))
    demand = Demand.from_frame(frame, freq="W", quantiles=columns, dependence=0, tz="Asia/Tokyo")
    assert str(demand.periods[0].date()) == "2026-11-23"
    with pytest.raises(ArgumentError, match="got neither"):
        Demand.from_frame(quantile_table(), freq="W", quantiles={}, dependence=0)
    with pytest.raises(ArgumentError, match="got both"):
        Demand.from_frame(quantile_table(), freq="W", path="run", quantiles=columns, dependence=0)


def test_whole_units_that_a_path_cannot_hold_are_refused():
    with pytest.raises(DataError, match="float32 would round"):
        Demand.from_frame(paths_table().assign(demand=2**24 + 1), freq="W", path="run")


@pytest.mark.parametrize("dependence", [-0.1, 1.5, np.nan, "much"])
def test_a_dependence_outside_its_range_is_an_argument_that_is_wrong(dependence):
    columns = {0.1: "lo", 0.9: "hi"}
    with pytest.raises(ArgumentError, match="Expected dependence= between 0"):
        Demand.from_frame(quantile_table(), freq="W", quantiles=columns, dependence=dependence)


def test_one_quantile_is_no_forecast():
    with pytest.raises(ArgumentError, match="at least 2 levels"):
        Demand.from_frame(quantile_table(), freq="W", quantiles={0.1: "lo"}, dependence=0)
