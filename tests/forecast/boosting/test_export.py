"""The feature matrix as a table."""

import numpy as np
import pandas as pd
import pytest

from c2m.errors import ArgumentError
from c2m.forecast import DirectBoosting


@pytest.fixture(scope="module")
def fitted(make_panel):
    panel = make_panel(10, 60, ahead=4)
    return panel, DirectBoosting(4, n_estimators=5).fit(panel)


def test_learning_rows_carry_the_sales_of_their_period(fitted):
    panel, model = fitted
    frame = model.features()
    long = panel.to_frame()[["sku", "period", "sales"]]
    both = frame[["sku", "period", "target"]].astype({"sku": "str"}).merge(long)
    assert len(both) == len(frame) > 100
    assert both["target"].equals(both["sales"])
    weeks_ahead = (frame["period"] - frame["cutoff"]).dt.days / 7
    assert np.array_equal(weeks_ahead, frame["step"])


def test_the_rows_of_a_forecast_give_its_means(fitted):
    _, model = fitted
    frame = model.features(3, skus=["S004", "S001"])
    assert frame["sku"].tolist() == ["S001"] * 3 + ["S004"] * 3
    assert frame["target"].isna().all()
    names = model.table_.names
    assert set(frame.dtypes[names]) == {np.dtype(np.float32)}
    factor = model.trees_.booster.predict(frame[names].to_numpy(), raw_score=True)
    mean = np.exp(frame["level"] + factor).to_numpy().reshape(2, 3)
    np.testing.assert_allclose(mean, model.predict(3, skus=["S001", "S004"]).mean, rtol=1e-6)


def test_a_plan_is_in_the_rows_of_a_forecast(fitted):
    panel, model = fitted
    future = pd.DataFrame({"period": panel.ahead, "promotion": [1.0, 0.0, 1.0, 0.0]})
    frame = model.features(4, skus=["S000"], future=future)
    assert frame["promotion planned"].tolist() == [1, 0, 1, 0]


def test_a_model_that_has_not_learnt_has_no_features():
    with pytest.raises(ArgumentError, match="call fit"):
        DirectBoosting(4).features()
