import pickle
import warnings

import pytest

import c2m
from c2m.errors import DataError, InfeasiblePlanError, warn


def test_a_data_error_lists_every_problem_and_the_fix():
    error = DataError("stock", ["one thing", "another thing"], "do this")
    assert str(error) == ("`stock` has 2 problems:\n  - one thing\n  - another thing\nFix: do this")
    assert error.problems == ["one thing", "another thing"]


def test_everything_raised_on_purpose_is_a_c2m_error():
    raised = [c2m.ArgumentError("a"), DataError("t", ["p"], "f"), InfeasiblePlanError(["r"], "x")]
    assert all(isinstance(error, c2m.C2MError) for error in [*raised, c2m.MissingEngineError("m")])
    assert isinstance(raised[0], ValueError)
    assert isinstance(c2m.MissingEngineError("m"), ImportError)


def test_an_infeasible_plan_names_its_reasons_and_the_cheapest_relief():
    error = InfeasiblePlanError(["line A, week 3: 4 hours short"], "4 hours of overtime")
    assert "line A, week 3: 4 hours short" in str(error)
    assert str(error).endswith("Cheapest relief: 4 hours of overtime")


def test_a_warning_points_at_the_callers_line():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        c2m.Calendar.of("W-SUN")
    assert caught[0].filename == __file__
    assert caught[0].category is c2m.C2MWarning


def test_a_warning_called_from_outside_points_at_that_line():
    with pytest.warns(c2m.C2MWarning, match="3 rows") as caught:
        warn("3 rows were left out")
    assert caught[0].filename == __file__


@pytest.mark.parametrize(
    "error", [DataError("stock", ["one thing"], "do this"), InfeasiblePlanError(["r"], "x")]
)
def test_an_error_comes_back_from_a_worker_process_as_it_was(error):
    back = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert (type(back), str(back), vars(back)) == (type(error), str(error), vars(error))
