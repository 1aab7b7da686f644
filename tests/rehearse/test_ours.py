"""Our policy: when it forecasts, with what, and how its variants differ."""

from collections import Counter
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import pandas as pd

from c2m.forecast import DirectBoosting, MovingAverage
from c2m.rehearse import Ours
from c2m.rehearse.policies import ours as ours_module
from tests.rehearse.small_shop import WEEKS, by_one_way, draw_sales, make_panel, ours, play


@dataclass
class Forecasts:
    """Asks ours for its forecast at each cutoff, and makes nothing."""

    ours: Ours
    told: list = field(default_factory=list)

    @property
    def name(self):
        return self.ours.name

    def decide(self, known):
        if self.ours.replan or not self.told:
            horizon = known.horizon if self.ours.replan else known.left
            self.told.append(self.ours.forecast(known, horizon))
        return pd.DataFrame({"sku": [], "line": [], "period": [], "quantity": []})


def test_one_run_of_decisions_is_made_at_the_first_cutoff_for_all_periods():
    found = play(make_panel(draw_sales()), by_one_way(), [ours(replan=False)])
    once = found.decisions[found.decisions["policy"] == "c2m"]
    assert once["period"].max() >= WEEKS[34]
    first = play(
        make_panel(draw_sales()), by_one_way(), [ours()], stop=WEEKS[29], every=2, horizon=12
    )
    begun = once[once["period"] <= WEEKS[29]].reset_index(drop=True)
    assert len(begun)
    told = ["policy", "cutoff"]
    pd.testing.assert_frame_equal(begun.drop(columns=told), first.decisions.drop(columns=told))


def test_policies_with_the_same_model_forecast_once():
    fitted = Counter()

    class Counting(MovingAverage):
        def __init__(self, window=4):
            super().__init__(window)

        def fit(self, panel):
            fitted[panel.cutoff] += 1
            return super().fit(panel)

    policies = [Forecasts(Ours(Counting(), name=name)) for name in "ab"]
    play(make_panel(draw_sales()), by_one_way(), policies, every=2, stop=WEEKS[31])
    assert set(fitted.values()) == {1}
    assert len(fitted) == 2


def test_signals_that_are_hidden_are_not_seen():
    seen = set()

    class Looking(MovingAverage):
        def __init__(self, window=4):
            super().__init__(window)

        def fit(self, panel):
            seen.update(panel.channels)
            return super().fit(panel)

    sales = draw_sales()
    panel = make_panel(sales).with_channels({"views": sales * 20.0, "price": sales * 0.0 + 9})
    play(panel, policies=[Forecasts(Ours(Looking(), signals=()))], stop=WEEKS[28])
    assert seen == {"sales", "price"}


def with_views(sales):
    views = np.roll(20.0 * sales, -1, axis=1)
    views[:, -1] = 20.0 * sales.mean()
    return make_panel(sales).with_channels({"views": views})


def test_decisions_are_the_same_whatever_the_number_of_threads():
    found = []
    for threads in (1, 2):
        model = DirectBoosting(6, n_estimators=10, num_threads=threads)
        own = Ours(model, n_scenarios=2, method="heuristic")
        found.append(play(with_views(draw_sales()), by_one_way(), [own], every=2, stop=WEEKS[30]))
    pd.testing.assert_frame_equal(found[0].decisions, found[1].decisions)
    assert len(found[0].decisions) > 0
    for name in found[0].arrays:
        assert np.array_equal(found[0].arrays[name], found[1].arrays[name]), name


def test_a_model_is_chosen_once_however_the_season_cuts_the_horizon(monkeypatch):
    asked = []

    def _select(panel, horizon, **_):
        asked.append((panel.cutoff, horizon))
        return SimpleNamespace(model=MovingAverage(4))

    monkeypatch.setattr(ours_module, "select_model", _select)
    both = [Forecasts(Ours(name="once", replan=False)), Forecasts(Ours())]
    play(make_panel(draw_sales()), policies=both, every=4, season=True, horizon=8)
    assert asked == [(WEEKS[27], 8)]
    assert [each.horizon for each in both[0].told] == [12]
    assert [each.horizon for each in both[1].told] == [8, 8, 4]


class Plain:
    """A model that does not say its settings."""

    def __init__(self, window):
        self.window = window

    def __repr__(self):
        return "Plain()"

    def fit(self, panel):
        self.fitted_ = MovingAverage(self.window).fit(panel)
        return self

    def predict(self, horizon):
        return self.fitted_.predict(horizon)


def test_models_of_others_that_look_alike_are_told_apart():
    sales = draw_sales()
    sales[:, 20:28] *= 4
    both = [Forecasts(Ours(Plain(window), name=str(window))) for window in (2, 20)]
    play(make_panel(sales), policies=both, stop=WEEKS[28])
    short, long = (each.told[0].mean.sum() for each in both)
    assert short > 1.5 * long


def test_variants_are_ours_without_one_thing_each():
    whole = Ours(MovingAverage(4), name="mine", n_scenarios=7)
    first, *rest = whole.variants()
    assert first is whole
    assert [each.name for each in rest] == ["mine without signals", "mine on the mean", "mine once"]
    assert [(each.signals, each.point, each.replan) for each in rest] == [
        ((), False, True),
        (None, True, True),
        (None, False, False),
    ]
    assert {each.n_scenarios for each in rest} == {7}
