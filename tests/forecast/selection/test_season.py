from dataclasses import replace

import numpy as np
import pytest

from c2m.forecast import ETS, MovingAverage, SeasonalNaive, forecast_demand, select_model
from c2m.forecast.baselines.season import fix_season
from c2m.periods import Calendar

WITHOUT = (
    "SeasonalNaive is used without a season of 52 periods: only 29 were known at the first cutoff."
)


@pytest.fixture
def year(make_panel):
    """53 weeks: enough to repeat last year, too few to have tried that 12 weeks ahead."""
    sales = np.arange(53.0)[None, :] + 10 * np.arange(3)[:, None]
    return replace(make_panel(3, 53), channels={"sales": sales}, known=())


@pytest.mark.parametrize("naive", ["SeasonalNaive", SeasonalNaive(), SeasonalNaive])
def test_what_was_tried_without_a_season_is_used_without_it(year, naive):
    selection = select_model(year, 12, candidates=[naive])
    seasons = {
        fitted.season_length_
        for cutoff in (*selection.backtest.cutoffs, year.cutoff)
        for fitted in [SeasonalNaive(selection.model.season_length).fit(year.upto(cutoff))]
    }
    assert seasons == {1}
    assert selection.reason.endswith(WITHOUT)
    demand = forecast_demand(year, 12, selection=selection)
    assert demand.mean.tolist() == [[value] * 12 for value in (52.0, 62.0, 72.0)]


def test_the_scores_are_those_of_the_model_that_is_used(year):
    selection = select_model(year, 12, candidates=["SeasonalNaive"])
    cutoff = selection.backtest.cutoffs[-1]
    mean = SeasonalNaive(1).fit(year.upto(cutoff)).predict(12).mean
    error = np.abs(mean - year["sales"][:, -12:]).sum() / year["sales"][:, -12:].sum()
    row = selection.backtest.scores.query("model == 'SeasonalNaive' and cutoff == @cutoff")
    assert row["wape"].item() == pytest.approx(error)


def test_a_season_that_every_cutoff_knows_is_kept(make_panel):
    panel = replace(make_panel(2, 90), known=())
    selection = select_model(panel, 12, candidates=["SeasonalNaive"])
    assert repr(selection.model) == "SeasonalNaive()"
    assert "season" not in selection.reason


def test_a_season_that_was_asked_for_stays_and_it_is_said_that_it_was_not_tried(year):
    selection = select_model(year, 12, candidates=[SeasonalNaive(52)])
    assert selection.model.season_length == 52
    said = "SeasonalNaive was tried without its season of 52 periods: only 29 were known"
    assert said in selection.reason
    short = select_model(year, 12, candidates=[SeasonalNaive(13)])
    assert short.model.season_length == 13
    assert "season" not in short.reason


def test_a_selection_that_had_no_season_gets_none_from_a_later_panel(make_panel):
    panel = replace(make_panel(2, 60), known=())
    selection = select_model(panel.upto(panel.periods[39]), 4, candidates=["SeasonalNaive"])
    mean = forecast_demand(panel, 4, selection=selection).mean
    assert np.array_equal(mean, np.repeat(panel["sales"][:, -1:], 4, axis=1))


def test_periods_in_which_nothing_is_known_are_no_history(year):
    unknown = np.full((3, 40), np.nan)
    long = replace(
        year,
        first=year.first - 40,
        n_periods=93,
        channels={"sales": np.hstack([unknown, year["sales"]])},
    )
    selection = select_model(long, 12, candidates=["SeasonalNaive"])
    assert selection.reason.endswith(WITHOUT)


def test_the_history_that_counts_is_the_one_that_was_known_then(make_panel):
    panel = replace(make_panel(2, 90), known=())
    asked = []

    def known(cutoff):
        asked.append(cutoff)
        past = panel.upto(cutoff)
        kept = past.n_periods - 50
        return replace(
            past,
            first=past.first + 50,
            n_periods=kept,
            channels={"sales": past["sales"][:, 50:]},
        )

    selection = select_model(panel, 12, candidates=["SeasonalNaive"], panel_at=known)
    assert selection.model.season_length == 1
    assert asked == selection.backtest.cutoffs


def test_ets_needs_two_seasons_and_other_models_none():
    weeks = Calendar.of("W")
    assert fix_season(ETS("ANA"), weeks, 103).get_params() == {"form": "ANA", "season_length": 1}
    for model in (ETS(), SeasonalNaive()):
        assert fix_season(model, weeks, 104) is model
    average = MovingAverage()
    assert fix_season(average, weeks, 1) is average
