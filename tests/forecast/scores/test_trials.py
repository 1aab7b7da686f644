import numpy as np
import pytest

from c2m.distribution import GammaPoisson
from c2m.forecast.scores.trials import LEVELS, series_losses, trial_cutoffs


def test_cutoffs_leave_a_horizon_and_half_of_the_history(make_panel):
    panel = make_panel(1, 100)
    assert trial_cutoffs(panel, 10, 4) == [60, 70, 80, 90]
    assert trial_cutoffs(panel, 30, 4)[-1] == 70
    assert min(trial_cutoffs(panel, 30, 4)) > 50
    assert trial_cutoffs(make_panel(1, 5), 10, 4) == []


def test_cutoffs_a_step_apart_see_more_than_two_horizons_or_half(make_panel):
    panel = make_panel(1, 100)
    assert trial_cutoffs(panel, 20, 9, step=10) == [50, 60, 70, 80]
    assert trial_cutoffs(panel, 20, 2, step=10) == [70, 80]
    assert trial_cutoffs(panel, 40, 3, step=20) == [60]
    assert trial_cutoffs(panel, 50, 3, step=25) == []


def test_the_loss_of_a_series_is_that_of_its_periods_and_of_its_total():
    law = GammaPoisson(np.array([[2.0, 3.0], [1.0, 1.0]]), 0.5, 0.1)
    actual, levels = np.array([[4.0, 0.0], [2.0, np.nan]]), np.array(LEVELS)

    def _pinball(came, said):
        return np.maximum(levels * (came - said), (levels - 1) * (came - said)).mean()

    cells, total = law.quantiles(levels), law.total(0, 2, levels)[0]
    first = (_pinball(4.0, cells[0, 0]) + _pinball(0.0, cells[0, 1])) / 2 + _pinball(4, total) / 2
    found = series_losses(law, actual, ["A", "B"])
    assert found == pytest.approx([first, _pinball(2.0, cells[1, 0])])
