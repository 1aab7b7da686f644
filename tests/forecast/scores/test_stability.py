import numpy as np
import pytest

from c2m.errors import ArgumentError
from c2m.forecast import scores


def test_the_same_forecast_has_no_change_and_a_doubled_one_has_all_of_its_level():
    forecast = np.array([[3.0, 1.0], [0.0, 4.0]])
    assert scores.forecast_change(forecast, forecast) == 0
    assert scores.forecast_change(forecast, 2 * forecast) == 1
    assert scores.forecast_change(forecast, 0 * forecast) == 1


def test_changes_that_cancel_are_changes_all_the_same():
    assert scores.forecast_change([5.0, 5.0], [7.0, 3.0]) == pytest.approx(0.4)


def test_what_was_not_forecast_twice_does_not_count():
    assert scores.forecast_change([5.0, np.nan], [6.0, 9.0]) == pytest.approx(0.2)
    assert np.isnan(scores.forecast_change([0.0], [1.0]))
    with pytest.raises(ArgumentError, match="two forecasts of one shape"):
        scores.forecast_change([1.0], [1.0, 2.0])
