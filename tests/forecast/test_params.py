import pytest
from sklearn.base import clone

from c2m.errors import ArgumentError
from c2m.forecast import DirectBoosting, MovingAverage, SeasonalNaive


@pytest.mark.parametrize(
    "model",
    [MovingAverage(window=5), SeasonalNaive(3), DirectBoosting(4, signals=("views",), seed=7)],
)
def test_scikit_learn_clones_a_model_with_its_arguments(model):
    copied = clone(model)
    assert copied is not model
    assert copied.get_params() == model.get_params()


def test_a_clone_of_a_fitted_model_is_not_fitted(make_panel):
    model = MovingAverage().fit(make_panel())
    with pytest.raises(ArgumentError, match="Expected a fitted MovingAverage"):
        clone(model).predict(2)


def test_set_params_changes_one_argument_and_names_a_misspelt_one():
    model = DirectBoosting(4).set_params(n_estimators=5)
    assert model.n_estimators == 5
    with pytest.raises(ArgumentError, match="did you mean 'n_estimators'"):
        model.set_params(n_estimator=5)


def test_a_model_writes_the_call_that_makes_it():
    assert repr(MovingAverage(window=4)) == "MovingAverage(window=4)"
    assert repr(SeasonalNaive()) == "SeasonalNaive()"
    assert repr(DirectBoosting(8, signals=())) == "DirectBoosting(max_horizon=8, signals=())"
