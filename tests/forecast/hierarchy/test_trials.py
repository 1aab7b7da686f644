import numpy as np
import pytest

from c2m.forecast import MovingAverage
from c2m.forecast.hierarchy.groups import settle_groups
from c2m.forecast.hierarchy.strength import STRENGTHS, Totals, try_strengths
from c2m.forecast.hierarchy.trials import Scale, Trial, hold_out
from c2m.forecast.scores import wrmsse
from c2m.forecast.target import observed_target


def test_the_loss_is_the_wrmsse_of_all_levels(make_cube):
    panel = make_cube(n_periods=60)
    chance = np.random.default_rng(1)
    levels = settle_groups(panel, ["location", "line"]).levels(np.arange(24) % 6)
    history = observed_target(panel)
    actual, mean = chance.poisson(4.0, (2, 24, 14)).astype(float)
    weights = np.nansum(history[:, -28:], axis=1)
    past = np.nan_to_num(history, nan=0.0)
    wanted = wrmsse(actual, mean, past, groups=levels, weights=weights)
    assert np.isclose(Scale.of(levels, history).loss(mean, actual), wanted)


def test_a_trial_sees_nothing_after_its_cutoff(make_cube):
    panel = make_cube(n_periods=60)
    trial = hold_out(MovingAverage(), panel, 10, [50])[0]
    early = MovingAverage().fit(panel.upto(panel.periods[49])).predict(10)
    assert np.array_equal(trial.mean, early.mean)
    assert np.array_equal(trial.actual, observed_target(panel)[:, 50:60], equal_nan=True)


@pytest.mark.parametrize(("off", "best"), [(1.0, {0.0}), (0.8, {0.75, 1.0})])
def test_a_biased_model_is_pulled_and_a_right_one_is_left_alone(make_cube, off, best):
    panel = make_cube(n_skus=30, n_periods=200)
    groups = settle_groups(panel, "location")
    totals = Totals.of(panel, groups, None, "ets", 28)
    values = observed_target(panel)
    count = 172
    right = np.nan_to_num(values[:, count:])  # the truth itself, or four fifths of it
    trial = Trial(count, np.arange(len(values)), off * right, values[:, count:])
    losses = try_strengths([trial], totals, panel, groups, kind="ets", target=None)
    assert tuple(losses) == STRENGTHS
    assert min(losses, key=lambda strength: losses[strength]) in best
