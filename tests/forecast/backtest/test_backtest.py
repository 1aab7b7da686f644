from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from c2m.demand import Demand
from c2m.distribution import GammaPoisson, PathSet, QuantileCurves
from c2m.errors import ArgumentError, C2MWarning
from c2m.forecast import (
    DirectBoosting,
    MovingAverage,
    SeasonalNaive,
    backtest,
    forecast_demand,
    select_model,
)
from c2m.forecast.backtest.scoring import stretch
from c2m.forecast.scores import (
    Groupings,
    coverage,
    pit_reach,
    wape,
    weighted_quantile_loss,
    wrmsse,
)


class Constant:
    """A model of one's own: no base class, only fit and predict."""

    fitted = 0

    def __init__(self, value=3.0):
        self.value = value

    def fit(self, panel):
        self.fitted += 1
        assert self.fitted == 1, "a model was fitted twice"
        self.panel = panel
        return self

    def predict(self, horizon):
        mean = np.full((self.panel.n_series, horizon), self.value)
        first = self.panel.first + self.panel.n_periods
        law = GammaPoisson(mean, 0.1, 0.0)
        return Demand(self.panel.keys, self.panel.calendar, first, law)


def test_the_naive_rows_are_always_there(make_panel):
    result = backtest({"mine": Constant()}, make_panel(), horizon=3, windows=2)
    assert set(result.leaderboard().index) == {"mine", "SeasonalNaive", "MovingAverage"}


def test_a_row_of_scores_is_what_one_computes_by_hand(make_panel):
    panel = make_panel()
    result = backtest([MovingAverage(window=5)], panel, horizon=3, windows=1, levels=(0.2, 0.8))
    row = result.scores.set_index("model").loc["MovingAverage"]
    demand = MovingAverage(window=5).fit(panel.upto(panel.periods[-4])).predict(3)
    actual = panel["sales"][:, -3:].astype(float)
    assert row["cutoff"] == panel.periods[-4]
    assert row["wape"] == pytest.approx(wape(actual, demand.mean))
    totals = demand.total(levels=(0.2, 0.8))
    expected = weighted_quantile_loss(actual.sum(axis=1), totals, (0.2, 0.8))
    assert row["total_wql"] == pytest.approx(expected)


def test_cutoffs_roll_by_the_step_and_leave_the_horizon(make_panel):
    panel = make_panel(3, 40)
    result = backtest([], panel, horizon=4, windows=3, step=2)
    assert result.cutoffs == list(panel.periods[[31, 33, 35]])
    assert "The windows overlap" in result.note
    assert "overlap" not in backtest([], panel, horizon=2, windows=2, step=2).note


def test_models_see_nothing_after_the_cutoff_and_all_that_is_planned(make_panel):
    seen = []

    class Spy(Constant):
        def fit(self, panel):
            seen.append((panel.cutoff, panel["sales"].shape[1], panel["promotion"].shape[1]))
            return super().fit(panel)

    panel = make_panel(3, 20)
    backtest({"spy": Spy}, panel, horizon=2, windows=2)
    assert seen == [(panel.periods[16], 17, 20), (panel.periods[17], 18, 20)]


def test_a_model_that_was_passed_is_copied_and_never_fitted(make_panel):
    own, naive = Constant(), SeasonalNaive(season_length=2)
    backtest([own, naive], make_panel(), horizon=2, windows=3)
    assert own.fitted == 0
    assert not hasattr(naive, "season_length_")


def test_too_much_is_a_positive_bias(make_panel):
    panel = make_panel(3, 20)
    panel = replace(panel, channels={"sales": np.full((3, 20), 10.0)}, known=())
    models = {"much": Constant(12.0), "little": Constant(8.0)}
    board = backtest(models, panel, horizon=2, windows=2).leaderboard()
    assert board.loc["much", "bias"] == pytest.approx(0.2)
    assert board.loc["little", "bias"] == pytest.approx(-0.2)


def test_intervals_over_cutoffs_are_students_t(make_panel):
    board = backtest([], make_panel(), horizon=2, windows=4)
    values = board.scores.query("model == 'MovingAverage'")["wql"]
    half = 3.182446 * values.std() / 2
    row = board.leaderboard().loc["MovingAverage"]
    assert row["wql"] == pytest.approx(values.mean())
    assert row["wql_high"] - row["wql"] == pytest.approx(half, rel=1e-5)


def test_one_cutoff_has_no_interval(make_panel):
    result = backtest([], make_panel(), horizon=2, windows=1)
    assert np.isnan(result.leaderboard().loc["MovingAverage", "wql_low"])
    assert "±" not in result.summary().loc["MovingAverage", "wql"]


def test_stock_outs_are_not_scored(make_panel):
    panel = make_panel(3, 20)
    stock = np.ones((3, 20))
    stock[0, -1] = 0.0
    hidden = panel.with_channels({"in_stock": stock})
    scores = backtest([], hidden, horizon=2, windows=1).scores
    assert scores["n_scored"].tolist() == [5.0, 5.0]


def test_the_past_as_it_was_known_then_is_used_where_it_is_given(make_panel):
    panel = make_panel(3, 20)

    def known(cutoff):
        past = panel.upto(cutoff)
        return replace(past, channels={"sales": past["sales"] * 0 + 5}, known=())

    result = backtest([], panel, horizon=2, windows=2, panel_at=known, keep_forecasts=True)
    assert set(result.forecasts.query("model == 'MovingAverage'")["mean"]) == {5.0}
    assert set(result.forecasts["actual"]) == set(panel["sales"][:, -3:].reshape(-1))


def test_a_past_with_another_cutoff_is_refused(make_panel):
    panel = make_panel(3, 20)
    with pytest.raises(ArgumentError, match="Expected panel_at to return a panel with cutoff"):
        backtest([], panel, horizon=2, panel_at=lambda _: panel)


def test_forecasts_are_kept_where_wanted(make_panel):
    panel = make_panel(3, 20)
    frame = backtest([], panel, horizon=2, windows=2, keep_forecasts=True).forecasts
    assert len(frame) == 2 * 2 * 3 * 2
    assert list(frame.columns[:5]) == ["model", "cutoff", "sku", "period", "mean"]
    first = frame.iloc[0]
    truth = panel["sales"][0, list(panel.periods).index(first["period"])]
    assert first["actual"] == truth


def test_what_is_no_model_or_no_forecast_is_refused(make_panel):
    class Late(Constant):
        def predict(self, horizon):
            return super().predict(horizon + 1)

    class Some(Constant):
        def predict(self, horizon):
            return super().predict(horizon).select(["S000"])

    class Wordy(Constant):
        def predict(self, _):
            return "much"

    panel = make_panel(3, 20)
    with pytest.raises(ArgumentError, match="got 'number' without"):
        backtest({"number": 3}, panel, horizon=2)
    with pytest.raises(ArgumentError, match="Expected late to forecast 2 periods after"):
        backtest({"late": Late()}, panel, horizon=2)
    with pytest.raises(ArgumentError, match="Expected some to forecast the panel's 3 series"):
        backtest({"some": Some()}, panel, horizon=2)
    with pytest.raises(ArgumentError, match="returned a str, not a Demand"):
        backtest({"wordy": Wordy()}, panel, horizon=2)
    with pytest.raises(ArgumentError, match="Two models are called"):
        backtest([MovingAverage(window=2)] * 3, panel, horizon=2)


def test_more_windows_than_fit_say_how_many_fit(make_panel):
    with pytest.raises(ArgumentError, match="at most 3 fit"):
        backtest([], make_panel(2, 10), horizon=4, windows=9, step=2)
    with pytest.raises(ArgumentError, match="Expected step"):
        backtest([], make_panel(2, 10), horizon=4, step=0)


def test_it_shows_itself(make_panel):
    result = backtest([], make_panel(), horizon=2, windows=2)
    assert repr(result).startswith("Backtest(2 models, 2 cutoffs from")
    assert "MovingAverage" in result._repr_html_()
    assert isinstance(result.summary(), pd.DataFrame)


def test_another_model_cannot_take_the_name_of_a_naive_row(make_panel):
    with pytest.raises(ArgumentError, match="'MovingAverage' belongs to the naive row"):
        backtest({"MovingAverage": Constant()}, make_panel(3, 20), horizon=2)
    own = backtest({"MovingAverage": MovingAverage(window=2)}, make_panel(3, 20), horizon=2)
    assert own.models == ["MovingAverage", "SeasonalNaive"]


def test_a_model_of_another_target_is_refused(make_panel):
    with pytest.raises(ArgumentError, match="target 'sales', but DirectBoosting forecasts 'views'"):
        backtest([DirectBoosting(2, target="views")], make_panel(3, 20), horizon=2)


def test_one_model_that_is_not_in_a_list_is_told_so(make_panel):
    with pytest.raises(ArgumentError, match=r"Expected several models, got MovingAverage\(\)"):
        backtest(MovingAverage(), make_panel(3, 20), horizon=2)


def test_cutoffs_before_anything_was_known_do_not_count(make_panel):
    panel = make_panel(3, 20)
    late = np.where(np.arange(20) < 12, np.nan, 5.0) * np.ones((3, 1))
    panel = replace(panel, channels={"sales": late, "views": panel["views"]}, known=())
    with pytest.raises(ArgumentError, match=r"8 periods of which something is known.*most 6 fit"):
        backtest([], panel, horizon=2, windows=9)
    with pytest.warns(C2MWarning, match="a dispersion of 1 is assumed"):
        assert len(backtest([], panel, horizon=2, windows=6).cutoffs) == 6


def test_a_model_that_counts_as_false_is_still_the_one_that_was_fitted(make_panel):
    class Empty(Constant):
        def fit(self, panel):
            return super().fit(panel)

        def __len__(self):
            return 0

    class Maker:
        def fit(self, panel):
            return Empty(4.0).fit(panel)

        def predict(self, _):
            raise AssertionError("the model that fit returned was not used")

    result = backtest({"maker": Maker()}, make_panel(3, 20), horizon=2, windows=1)
    assert "maker" in result.models


def test_raw_coverage_is_that_of_the_intervals_own_ends(make_panel):
    panel = make_panel()
    row = backtest([], panel, horizon=3, windows=1).scores.set_index("model").loc["MovingAverage"]
    demand = MovingAverage().fit(panel.upto(panel.periods[-4])).predict(3)
    for share in (0.5, 0.8, 0.95):
        low, high = np.moveaxis(demand.quantiles([(1 - share) / 2, (1 + share) / 2]), -1, 0)
        expected = coverage(panel["sales"][:, -3:], low, high)
        assert row[f"coverage_{100 * share:g}"] == pytest.approx(expected)


def test_intervals_stay_within_what_a_score_can_be(make_panel):
    result = backtest([Constant(60.0)], make_panel(2, 20), horizon=2, windows=2)
    result.scores["coverage_80"] = np.tile([1.0, 0.9], 3)[: len(result.scores)]
    result.scores["wql"] = np.linspace(0.01, 0.9, len(result.scores))
    result.scores["bias"] = np.linspace(-0.9, 0.9, len(result.scores))
    board = result.leaderboard()
    bounds = board.filter(regex="_(low|high)$").drop(columns=["bias_low", "bias_high"])
    bounds = bounds.drop(columns=["change_low", "change_high"])  # one change has no interval
    assert (bounds.min() >= 0).all()
    assert (bounds.filter(like="coverage").max() <= 1).all()
    assert board["bias_low"].min() < -1
    half = result.summary()["wql"].str.partition(" ± ")[2].astype(float)
    assert (half > board["wql"]).all()  # the half width is not cut


def test_the_leaderboard_begins_with_the_columns_of_the_summary(make_panel):
    result = backtest([], make_panel(), horizon=2, windows=2)
    columns = result.leaderboard().columns.tolist()
    short = result.summary().columns.tolist()
    assert columns[: len(short)] == short
    scores = [name for name in columns if not name.endswith(("_low", "_high"))]
    assert columns[: len(scores)] == scores
    own = [name for name in scores if name not in {"wins", "seconds"}]
    assert columns[len(scores) :] == [f"{name}_{end}" for name in own for end in ("low", "high")]


def test_a_table_in_place_of_a_panel_is_told_how_to_become_one(make_panel):
    frame = make_panel().to_frame()
    words = r"Expected a c2m.Panel, got DataFrame; make one with Panel\.from_frame\(\.\.\.\)"
    with pytest.raises(ArgumentError, match=words):
        backtest([], frame, horizon=2)
    with pytest.raises(ArgumentError, match=words):
        forecast_demand(frame, 4)
    with pytest.raises(ArgumentError, match=words):
        select_model(frame, 4)
    for model in (MovingAverage(), SeasonalNaive(), DirectBoosting(4)):
        with pytest.raises(ArgumentError, match=words):
            model.fit(frame)


def test_an_error_in_a_model_says_which_model_and_cutoff(make_panel):
    class Broken(Constant):
        def predict(self, horizon):
            raise RuntimeError("no seeds left")

    panel = make_panel()
    with pytest.raises(RuntimeError, match="no seeds left") as caught:
        backtest({"mine": Broken}, panel, horizon=2, windows=2)
    cutoff = panel.periods[-4].date()
    assert caught.value.__notes__ == [f"This came from the model 'mine' at the cutoff {cutoff}."]


def test_one_cutoff_and_one_period_are_said_in_the_singular(make_panel):
    note = backtest([], make_panel(), horizon=1, windows=1).note
    assert note == "1 cutoff, 2024-09-23, 1 period ahead."
    note = backtest([], make_panel(), horizon=2, windows=2).note
    assert note.startswith("2 cutoffs from ")
    assert "2 periods ahead" in note


def test_lead_times_are_scored_by_the_law_of_their_totals(make_panel):
    panel = make_panel()
    result = backtest([], panel, horizon=4, windows=1, levels=(0.2, 0.8), lead_times=[2, (1, 4)])
    row = result.scores.set_index("model").loc["MovingAverage"]
    demand = MovingAverage().fit(panel.upto(panel.periods[-5])).predict(4)
    actual = panel["sales"][:, -4:].astype(float)
    for start, stop in ((0, 2), (1, 4)):
        totals = demand.total(start, stop, (0.2, 0.8))
        expected = weighted_quantile_loss(actual[:, start:stop].sum(axis=1), totals, (0.2, 0.8))
        assert row[f"lead_wql_{start}_{stop}"] == pytest.approx(expected)
    with pytest.raises(ArgumentError, match="Expected lead_times"):
        backtest([], panel, horizon=4, windows=1, lead_times=[5])


def test_groups_add_the_scores_of_a_hierarchy_weighted_by_what_was_earned(make_panel):
    panel = make_panel(4, 30)
    price = np.array([[1.0], [1.0], [1.0], [1000.0]]) * np.ones((1, 30))
    priced = panel.with_channels({"price": price})
    result = backtest([], priced, horizon=3, windows=1, groups=[(), ("sku",)])
    row = result.scores.set_index("model").loc["MovingAverage"]
    demand = MovingAverage().fit(priced.upto(priced.periods[-4])).predict(3)
    known = priced.upto(priced.periods[-4])
    expected = wrmsse(
        panel["sales"][:, -3:],
        demand.mean,
        known["sales"],
        groups=Groupings.of(panel.keys, [(), ("sku",)]),
        weights=(known["sales"] * known["price"])[:, -4:].sum(axis=1),
    )
    assert row["wrmsse"] == pytest.approx(expected)
    assert list(result.leaderboard().columns[:2]) == ["wrmsse", "wspl"]
    assert row["wspl"] > 0


def test_stability_is_the_change_of_the_same_periods_between_cutoffs(make_panel):
    class Growing(Constant):
        def fit(self, panel):
            self.value = 10.0 + panel.n_periods
            return super().fit(panel)

    panel = make_panel(3, 20)
    models = {"growing": Growing(), "constant": Constant()}
    table = backtest(models, panel, horizon=3, windows=3, step=2).stability()
    assert table.loc["constant", "change"] == 0
    changes = [2 / (10 + n_periods) for n_periods in (13, 15)]
    assert table.loc["growing", "change"] == pytest.approx(np.mean(changes))
    assert table.index[0] == "constant"
    with pytest.raises(ArgumentError, match="windows that overlap"):
        backtest([], panel, horizon=2, windows=2, step=2).stability()


def test_calibration_of_counts_is_that_of_their_own_law(make_panel):
    rng = np.random.default_rng(0)
    panel = make_panel(400, 12)
    sales = rng.negative_binomial(10, 10 / 13, (400, 12)).astype(float)  # dispersion 0.1
    panel = replace(panel, channels={"sales": sales}, known=())
    right = backtest({"right": Constant(3.0)}, panel, horizon=2, windows=1).scores
    row = right.set_index("model").loc["right"]
    assert row["pit_error"] < 0.03
    assert row["total_pit_error"] < 0.06
    assert row["pit_coverage_80"] == pytest.approx(0.8, abs=0.03)
    wrong = backtest({"wrong": Constant(6.0)}, panel, horizon=2, windows=1).scores
    assert wrong.set_index("model").loc["wrong", "pit_error"] > 0.2


def test_laws_of_paths_and_of_quantiles_are_calibrated_alike(make_panel):
    panel = make_panel(60, 12)
    demand = MovingAverage().fit(panel).predict(2)
    actual = np.where(np.arange(60)[:, None] == 0, np.nan, panel["sales"][:, -2:])
    exact = np.stack(stretch(demand.law, actual))
    paths = demand.sample(4000, seed=1)
    assert np.stack(stretch(PathSet(paths), actual)) == pytest.approx(exact, abs=0.04, nan_ok=True)
    levels = np.arange(1, 40) / 40
    curves = QuantileCurves(levels, demand.quantiles(levels), 0.1)
    assert np.isnan(stretch(curves, actual)[0][0]).all()
    found = pit_reach(*stretch(curves, actual), [0.25, 0.5, 0.75])
    assert found == pytest.approx(pit_reach(*exact, [0.25, 0.5, 0.75]), abs=0.06)


@pytest.mark.filterwarnings("ignore:1 of 12 series have no known")
def test_stock_outs_do_not_keep_the_upper_levels_from_being_scored(make_panel):
    panel = make_panel()
    in_stock = np.ones(panel["sales"].shape, dtype=np.float32)
    in_stock[0] = 0
    part = panel.select(panel.skus[1:])
    hidden = panel.with_channels({"in_stock": in_stock})
    arguments = {"horizon": 3, "windows": 1, "groups": [()]}
    found, expected = (
        backtest([Constant()], one, **arguments).leaderboard().loc["Constant", "wspl"]
        for one in (hidden, part)
    )
    assert found == pytest.approx(expected)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"levels": (0.5, 1.5)}, "levels above 0 and below 1"),
        ({"lead_times": 2}, "several lead_times"),
        ({"lead_times": [(0.5, 2)]}, "Expected lead_times"),
        ({"groups": ("sku",)}, "a tuple of columns for each level"),
        ({"groups": "sku"}, "a tuple of columns for each level"),
        ({"panel_at": 3}, "Expected panel_at"),
        ({"panel_at": lambda cutoff: None}, "Expected a c2m.Panel"),
    ],
)
def test_arguments_of_the_wrong_kind_are_refused(make_panel, arguments, words):
    with pytest.raises(ArgumentError, match=words):
        backtest([Constant()], make_panel(), horizon=2, **arguments)


def test_a_past_with_another_target_is_refused(make_panel):
    panel = make_panel()
    views = panel.with_channels({"views": panel["sales"] + 1})
    with pytest.raises(ArgumentError, match="and target 'sales'"):
        backtest(
            [Constant()],
            panel,
            horizon=2,
            panel_at=lambda cutoff: views.upto(cutoff).with_channels({}, target="views"),
        )


def test_names_and_classes_that_need_arguments_are_no_models(make_panel):
    with pytest.raises(ArgumentError, match="Expected several models, got 'SES'"):
        backtest("SES", make_panel(), horizon=2)
    with pytest.raises(ArgumentError, match=r"'max_horizon': pass DirectBoosting\(\.\.\.\)"):
        backtest([DirectBoosting], make_panel(), horizon=2)
