"""Any regressor of scikit-learn in place of LightGBM."""

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge
from sklearn.metrics import mean_poisson_deviance
from sklearn.neighbors import KNeighborsRegressor
from sklearn.tree import DecisionTreeRegressor

from c2m.errors import ArgumentError, C2MWarning
from c2m.forecast import DirectBoosting
from c2m.forecast.trees.learner import Learner, check_learner


def rows(n_rows=60, seed=0):
    chance = np.random.default_rng(seed)
    features = chance.normal(size=(n_rows, 2)).astype(np.float32)
    level = chance.gamma(2.0, 4.0, n_rows)
    target = chance.poisson(level * np.exp(0.4 * features[:, 0])).astype(np.float32)
    return features, target, level


def test_a_factor_weighed_by_the_level_has_the_poisson_deviance_of_an_offset():
    _, target, level = rows()
    factor = np.random.default_rng(1).gamma(3.0, 0.3, len(level))
    of_factor = mean_poisson_deviance(target / level, factor, sample_weight=level) * level.mean()
    assert of_factor == pytest.approx(mean_poisson_deviance(target, level * factor))


def test_a_poisson_regression_finds_the_multiplier_of_the_level():
    features, target, level = rows(4000)
    learner = Learner.fit(PoissonRegressor(alpha=0), features, target, level, seed=0)
    assert learner.regressor.steps[-1][1].coef_ == pytest.approx([0.4, 0.0], abs=0.03)
    np.testing.assert_allclose(learner.predict(features), 0.4 * features[:, 0], atol=0.12)


def test_a_clone_learns_with_the_seed_and_the_callers_regressor_is_left_alone():
    features, target, level = rows()
    template = DecisionTreeRegressor(splitter="random")
    learner = Learner.fit(template, features, target, level, seed=7)
    assert learner.regressor.random_state == 7
    assert template.random_state is None
    assert not hasattr(template, "tree_")


def test_medians_stand_in_for_the_unknown_where_the_regressor_takes_none():
    features, target, level = rows()
    learner = Learner.fit(Ridge(), features, target, level, seed=0)
    unknown = np.full((1, 2), np.nan, dtype=np.float32)
    median = np.median(features, axis=0, keepdims=True)
    assert learner.predict(unknown) == pytest.approx(learner.predict(median))


@pytest.mark.parametrize("template", [Ridge(), HistGradientBoostingRegressor(max_iter=3)])
def test_a_feature_that_no_learning_row_knows_is_left_out(template):
    features, target, level = rows()
    features = np.column_stack([features, np.full(len(features), np.nan, dtype=np.float32)])
    learner = Learner.fit(template, features, target, level, seed=0)
    known = features[:5].copy()
    known[:, 2] = 9.0
    assert np.array_equal(learner.predict(known), learner.predict(features[:5]))


def test_means_below_0_are_counted_and_not_forecast():
    features, target, level = rows()
    learner = Learner.fit(Ridge(alpha=0.01), features, target, level, seed=0)
    far = np.array([[-1e3, 0.0], [0.0, 0.0]], dtype=np.float32)
    with pytest.warns(C2MWarning, match="1 of 2 means that the learner predicts are 0 or below"):
        assert np.exp(learner.predict(far)[0]) == pytest.approx(1e-3)


def test_a_regressor_without_weights_learns_with_a_warning():
    with pytest.warns(C2MWarning, match="KNeighborsRegressor.fit takes no sample_weight"):
        Learner.fit(KNeighborsRegressor(), *rows(), seed=0)


@pytest.mark.parametrize("wrong", ["trees", Ridge, LogisticRegression(), 3])
def test_what_is_no_regressor_is_refused(wrong):
    assert "a regressor of scikit-learn" in check_learner(wrong)[0]


@pytest.fixture(scope="module")
def fitted(make_panel):
    panel = make_panel(12, 50, ahead=4)
    learner = HistGradientBoostingRegressor(loss="poisson", max_iter=10, min_samples_leaf=30)
    return panel, DirectBoosting(4, learner=learner).fit(panel)


def test_a_learner_sees_the_planned_promotion(fitted):
    panel, model = fitted
    planned = panel["promotion"][:, panel.n_periods :] == 1
    mean = model.predict(4).mean
    level = mean.mean(axis=1, keepdims=True)
    assert (mean / level)[planned].mean() > 1.3 * (mean / level)[~planned].mean()


def test_the_same_seed_gives_the_same_forecast(fitted):
    panel, model = fitted
    again = DirectBoosting(4, learner=model.learner).fit(panel)
    assert np.array_equal(again.predict(4).mean, model.predict(4).mean)


def test_a_model_with_another_learner_is_not_saved(tmp_path, fitted):
    with pytest.raises(ArgumentError, match=r"Expected learner=None to save.*no pickles"):
        fitted[1].save(tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_parameters_of_lightgbm_beside_a_learner_are_refused(make_panel):
    with pytest.raises(ArgumentError, match="lgb_params beside learner="):
        DirectBoosting(4, learner=Ridge(), lgb_params={"max_bin": 31}).fit(make_panel())
