import logging
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from c2m.errors import ArgumentError, C2MWarning
from c2m.forecast import (
    DirectBoosting,
    MovingAverage,
    Selection,
    forecast_demand,
    select_model,
)
from c2m.forecast.baselines.intermittent import Croston
from c2m.forecast.selection.candidates import NAMES, read_candidates
from c2m.panel import Panel


def test_known_promotions_make_boosting_win_and_it_says_why(make_panel, caplog):
    panel = make_panel(40, 50, ahead=4)
    with caplog.at_level(logging.INFO, logger="c2m"):
        demand = forecast_demand(panel, 4)
    (note,) = demand.notes
    assert note.startswith("DirectBoosting")
    assert "MovingAverage 0." in note
    assert "3 cutoffs from" in note
    assert note in caplog.messages


def test_an_exact_weekly_rhythm_is_left_to_the_seasonal_naive():
    days = pd.date_range("2024-01-01", periods=70)
    frame = pd.DataFrame({"sku": "A", "period": days, "sales": [1, 20, 3, 40, 5, 6, 70] * 10})
    demand = forecast_demand(Panel.from_frame(frame, freq="D"), 7)
    assert demand.notes[0].startswith("SeasonalNaive was picked")
    assert demand.mean.tolist() == [[1, 20, 3, 40, 5, 6, 70]]


def test_the_same_seed_gives_the_same_bits(make_panel):
    panel = make_panel(12, 40, ahead=4)
    one, other = (forecast_demand(panel, 4, windows=1, seed=3) for _ in range(2))
    assert one == other


def test_a_plan_for_the_future_is_used(make_panel):
    panel = make_panel(40, 50)
    weeks = panel.calendar.labels(panel.first + 50, 2)
    future = pd.DataFrame({"period": weeks, "promotion": [0.0, 1.0]})
    mean = forecast_demand(panel, 2, future=future, windows=1).mean.sum(axis=0)
    assert mean[1] > 1.3 * mean[0]


def test_known_channels_without_a_plan_are_not_used_and_warned_of(make_panel):
    with pytest.warns(C2MWarning, match=r"1 channel is known ahead \('promotion'\)"):
        demand = forecast_demand(make_panel(6, 30), 2, windows=1)
    assert demand.horizon == 2


def test_a_fitted_model_skips_the_choice(make_panel):
    panel = make_panel(ahead=4)
    model = DirectBoosting(4, n_estimators=5).fit(panel)
    demand = forecast_demand(panel, 4, model=model)
    assert np.array_equal(demand.mean, model.predict(4).mean)
    assert "was passed by the caller" in demand.notes[0]


def test_a_model_of_another_cutoff_or_no_model_is_refused(make_panel):
    panel = make_panel()
    old = MovingAverage().fit(panel.upto(panel.periods[-2]))
    with pytest.raises(ArgumentError, match="Expected a model that was fitted on this panel"):
        forecast_demand(panel, 2, model=old)
    with pytest.raises(ArgumentError, match="Expected a fitted model with predict"):
        forecast_demand(panel, 2, model="MovingAverage")
    with pytest.raises(ArgumentError, match="Expected windows"):
        forecast_demand(replace(panel, known=()), 2, windows=0)


def test_a_horizon_longer_than_the_history_falls_back_and_says_so(make_panel):
    panel = make_panel(5, 10, ahead=12)
    with pytest.warns(C2MWarning, match="10 periods of history are too few to hold back 12"):
        demand = forecast_demand(panel, 12)
    assert demand.notes[0].startswith("MovingAverage was taken without trying others")
    assert np.array_equal(demand.mean, MovingAverage().fit(panel).predict(12).mean)


@pytest.mark.filterwarnings("ignore:Only:c2m.errors.C2MWarning")
def test_one_period_of_history_falls_back(make_panel):
    with pytest.warns(C2MWarning, match="Pass at least 5 periods"):
        demand = forecast_demand(replace(make_panel(1, 1), known=()), 2)
    assert demand.horizon == 2


@pytest.mark.filterwarnings("ignore:Only:c2m.errors.C2MWarning")
def test_series_that_never_sold_leave_nothing_to_pick_by(make_panel):
    panel = replace(make_panel(3, 30), channels={"sales": np.zeros((3, 30))}, known=())
    demand = forecast_demand(panel, 3)
    assert "because nothing was sold" in demand.notes[0]
    assert demand.mean.max() == 0


def test_one_sku_is_forecast(make_panel):
    assert forecast_demand(make_panel(1, 40, ahead=3), 3).skus == ["S000"]


def test_a_selection_is_made_once_and_used_without_another_trial(make_panel, monkeypatch):
    panel = make_panel(12, 40, ahead=4)
    selection = select_model(panel, 4, windows=2)
    assert len(selection.backtest.cutoffs) == 2
    assert not hasattr(selection.model, "panel_")
    expected = forecast_demand(panel, 4, windows=2)
    monkeypatch.setattr("c2m.forecast.selection.choose.backtest", None)
    assert forecast_demand(panel, 4, selection=selection) == expected
    assert not hasattr(selection.model, "panel_")


def test_a_selection_serves_a_later_panel(make_panel):
    panel = replace(make_panel(12, 40), known=())
    selection = select_model(panel.upto(panel.periods[-3]), 4, windows=1)
    demand = forecast_demand(panel, 4, selection=selection)
    assert demand.cutoff == panel.cutoff
    assert demand.notes == (selection.reason,)


def test_a_plan_that_the_selected_model_cannot_use_is_warned_of(make_panel):
    panel = make_panel(12, 30)
    weeks = panel.calendar.labels(panel.first + 30, 2)
    future = pd.DataFrame({"period": weeks, "promotion": [0.0, 1.0]})
    blind = Selection(DirectBoosting(2, known=(), n_estimators=5), "told", None)
    with pytest.warns(C2MWarning, match="1 planned channel is not used.*select_model"):
        forecast_demand(panel, 2, future=future, selection=blind)


def test_a_model_and_a_selection_are_one_too_many(make_panel):
    panel = make_panel(3, 20)
    with pytest.raises(ArgumentError, match="either model= or selection="):
        forecast_demand(
            panel,
            2,
            model=MovingAverage().fit(panel),
            selection=Selection(MovingAverage(), "", None),
        )


def test_too_short_a_history_selects_without_a_backtest(make_panel):
    with pytest.warns(C2MWarning, match="too few to hold back"):
        selection = select_model(replace(make_panel(3, 8), known=()), 6)
    assert selection.backtest is None
    assert isinstance(selection.model, MovingAverage)


def test_a_history_below_two_horizons_is_tried_on_as_much_as_it_can_hold_back(make_panel):
    panel = replace(make_panel(6, 24), known=())
    with pytest.warns(C2MWarning, match="24 periods of history are too few to hold back 20"):
        selection = select_model(panel, 20, candidates=["MovingAverage", "TSB", "DirectBoosting"])
    assert set(selection.backtest.models) >= {"MovingAverage", "TSB", "DirectBoosting"}
    assert "11 periods ahead" in selection.reason
    assert selection.model.fit(panel).predict(20).horizon == 20


def test_the_model_of_a_long_horizon_is_the_one_that_won_on_a_short_one(make_panel):
    panel = replace(make_panel(6, 24), known=())
    with pytest.warns(C2MWarning, match="too few"):
        selection = select_model(panel, 20, candidates=["DirectBoosting"])
    assert selection.model.max_horizon == 20


def test_stock_outs_in_every_horizon_do_not_stop_the_choice(make_panel):
    panel = replace(make_panel(12, 40), known=())
    stock = np.ones((12, 40))
    stock[:, ::3] = 0.0
    demand = forecast_demand(panel.with_channels({"in_stock": stock}), 4)
    assert "was picked for the least loss" in demand.notes[0]


def test_a_model_fitted_on_other_numbers_or_other_locations_is_refused(make_panel):
    panel = make_panel(3, 20)
    tenfold = replace(panel, channels={**panel.channels, "sales": panel["sales"] * 10})
    elsewhere = replace(panel, keys=panel.keys.assign(location="north"))
    for other in (tenfold, elsewhere):
        with pytest.raises(ArgumentError, match="Expected a model that was fitted on this panel"):
            forecast_demand(panel, 2, model=MovingAverage().fit(other))


def test_a_class_or_a_model_that_takes_no_plan_is_told_so(make_panel):
    class Own:
        def predict(self, horizon):
            return MovingAverage().fit(panel).predict(horizon)

    panel = make_panel(3, 20)
    assert forecast_demand(panel, 2, model=Own()).horizon == 2
    with pytest.raises(ArgumentError, match="Expected a fitted model"):
        forecast_demand(panel, 2, model=MovingAverage)
    future = pd.DataFrame({"period": panel.calendar.labels(panel.first + 20, 2), "promotion": 1.0})
    with pytest.raises(ArgumentError, match="takes no plan"):
        forecast_demand(panel, 2, model=Own(), future=future)


def test_candidates_are_names_or_models_and_nothing_else_is_tried(make_panel):
    class Own(MovingAverage):
        pass

    panel = replace(make_panel(6, 30), known=())
    selection = select_model(panel, 2, candidates=["SES", Own(3), Croston()], windows=2)
    tried = set(selection.backtest.models) - {"SeasonalNaive", "MovingAverage"}
    assert tried == {"SES", "Own", "Croston"}
    assert type(selection.model).__name__ in tried
    assert "SeasonalNaive" not in selection.reason
    named = select_model(panel, 2, candidates={"mine": Own(3)}, windows=1)
    assert isinstance(named.model, Own)
    assert forecast_demand(panel, 2, selection=named).notes == (named.reason,)


def test_candidates_that_are_unknown_or_alike_are_refused(make_panel):
    panel = replace(make_panel(3, 20), known=())
    with pytest.raises(ArgumentError, match=r"got 'SE'.*did you mean 'SES'"):
        select_model(panel, 2, candidates=["SE"])
    with pytest.raises(ArgumentError, match="candidates of different names"):
        select_model(panel, 2, candidates=[MovingAverage(2), MovingAverage(3)])
    with pytest.raises(ArgumentError, match="pass a list"):
        select_model(panel, 2, candidates="SES")


def test_a_model_of_ones_own_without_parameters_can_be_selected(make_panel):
    class Own:
        def fit(self, panel):
            return MovingAverage(2).fit(panel)

        def predict(self, _):
            raise AssertionError("the model that fit returned was not used")

    panel = replace(make_panel(3, 20), known=())
    demand = forecast_demand(panel, 2, candidates=[Own()], windows=1)
    assert np.array_equal(demand.mean, MovingAverage(2).fit(panel).predict(2).mean)


def test_the_past_as_it_was_known_then_is_what_candidates_are_tried_on(make_panel):
    panel = replace(make_panel(4, 30), known=())
    asked = []

    def known(cutoff):
        asked.append(cutoff)
        past = panel.upto(cutoff)
        return replace(past, channels={"sales": past["sales"] * 0 + 5})

    selection = select_model(panel, 2, candidates=["SES"], panel_at=known, windows=2)
    assert asked == selection.backtest.cutoffs
    plain = select_model(panel, 2, candidates=["SES"], windows=2)
    assert not selection.backtest.scores["wql"].equals(plain.backtest.scores["wql"])


def test_the_guard_is_tried_where_there_are_signals_and_groups(make_panel):
    few, many = (replace(make_panel(count, 30), known=()) for count in (20, 64))
    assert "SignalGuard" not in read_candidates(None, few, 2, seed=0)
    assert "SignalGuard" in read_candidates(None, many, 2, seed=0)
    bare = replace(many, channels={"sales": many["sales"]})
    assert list(read_candidates(None, bare, 2, seed=0))[-1] == "DirectBoosting"
    assert set(read_candidates(list(NAMES), many, 2, seed=0)) == set(NAMES)


class Oracle:
    """A model of one's own that returns what it is told."""

    def __init__(self, said):
        self.said = said

    def fit(self, panel):
        return self

    def predict(self, horizon):
        return self.said


def test_what_a_passed_model_returns_must_be_the_forecast_asked_for(make_panel):
    panel = make_panel()
    short = MovingAverage().fit(panel).predict(2)
    for said in (short.mean, short):
        with pytest.raises(ArgumentError, match="to forecast 3 periods as a Demand"):
            forecast_demand(panel, 3, model=Oracle(said))


def test_candidates_beside_a_choice_and_what_is_no_selection_are_refused(make_panel):
    panel = make_panel()
    with pytest.raises(ArgumentError, match="or candidates="):
        forecast_demand(panel, 2, model=MovingAverage().fit(panel), candidates=["SES"])
    with pytest.raises(ArgumentError, match="what select_model returned"):
        forecast_demand(panel, 2, selection=MovingAverage())
    with pytest.raises(ArgumentError, match="pass a list"):
        select_model(panel, 2, candidates=MovingAverage())
