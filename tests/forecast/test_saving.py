"""What every model has in common on disk."""

import numpy as np
import pytest

from c2m import forecast
from c2m.errors import ArgumentError, DataError
from c2m.forecast import DirectBoosting, MovingAverage, SeasonalNaive
from c2m.forecast.params import Parameters, check_fitted
from c2m.forecast.saving import load_model, model_folder, model_of, save_model
from c2m.storage import Folder, read_folder, write_folder


class Doubled(Parameters):
    """Twice what another model forecasts: a model that holds a model."""

    def __init__(self, model, factor=2.0, names=("a", "b"), options=None):
        self.model = model
        self.factor = factor
        self.names = names
        self.options = options

    def fit(self, panel):
        self.model_ = type(self.model)(**self.model.get_params()).fit(panel)
        return self

    def predict(self, horizon):
        return self.factor * self.model_.predict(horizon).mean

    def to_folder(self):
        check_fitted(self, "model_")
        return Folder({"twice": True}).with_part("model", model_folder(self.model_))

    @classmethod
    def from_folder(cls, arguments, folder):
        model = cls(**arguments)
        model.model_ = model_of(folder.part("model"))
        return model


@pytest.fixture(scope="module")
def panel(make_panel):
    return make_panel(20, 40, ahead=4)


@pytest.mark.parametrize(
    "model",
    [MovingAverage(window=3), SeasonalNaive(4), DirectBoosting(4, n_estimators=5, signals=())],
    ids=lambda model: type(model).__name__,
)
def test_every_model_comes_back_with_its_arguments_and_bits(tmp_path, panel, model):
    fitted = model.fit(panel)
    fitted.save(tmp_path / "model")
    for again in (load_model(tmp_path / "model"), type(model).load(tmp_path / "model")):
        assert repr(again) == repr(fitted)
        one, other = again.predict(4), fitted.predict(4)
        assert np.array_equal(one.mean, other.mean)
        assert np.array_equal(one.quantiles(), other.quantiles())


@pytest.mark.parametrize("inner", [MovingAverage(window=3), DirectBoosting(4, n_estimators=5)])
def test_a_model_within_a_model_is_saved_with_it(tmp_path, panel, inner):
    model = Doubled(Doubled(inner), names=("x",), options={"deep": [1, 2]}).fit(panel)
    # the class in the middle is no public one, so that a file may not name it
    model.model_ = inner.fit(panel)
    model.model = inner
    save_model(model, tmp_path / "model")
    again = Doubled.load(tmp_path / "model")
    assert repr(again.model) == repr(inner)
    assert again.names == ("x",)
    assert again.options == {"deep": (1, 2)}
    assert np.array_equal(again.predict(4), model.predict(4))


def test_a_class_of_ones_own_is_loaded_through_itself_only(tmp_path, panel):
    Doubled(MovingAverage()).fit(panel).save(tmp_path / "model")
    assert isinstance(Doubled.load(tmp_path / "model"), Doubled)
    with pytest.raises(DataError, match="it holds a 'Doubled'; this c2m has"):
        load_model(tmp_path / "model")


def test_a_model_that_is_not_fitted_is_not_saved(tmp_path):
    for model in (MovingAverage(), DirectBoosting(4), Doubled(MovingAverage())):
        with pytest.raises(ArgumentError, match="fit"):
            model.save(tmp_path / "model")
    assert not list(tmp_path.iterdir())


def test_arguments_that_json_cannot_hold_are_told(tmp_path, panel):
    with pytest.raises(ArgumentError, match="Expected arguments that JSON can hold"):
        Doubled(MovingAverage(), factor=float("nan")).fit(panel).save(tmp_path / "model")


def test_a_folder_of_another_kind_is_told_by_its_loader(tmp_path, panel):
    panel.save(tmp_path / "panel")
    with pytest.raises(DataError) as caught:
        load_model(tmp_path / "panel")
    assert caught.value.fix == "load it with Panel.load"
    MovingAverage().fit(panel).save(tmp_path / "model")
    with pytest.raises(DataError) as caught:
        type(panel).load(tmp_path / "model")
    assert caught.value.fix == "load it with load_model"


def test_a_folder_without_the_part_is_a_data_error(tmp_path, panel):
    MovingAverage().fit(panel).save(tmp_path / "model")
    facts = dict(read_folder(tmp_path / "model", "model").facts)
    del facts["learnt"]
    write_folder(tmp_path / "model", "model", Folder(facts))
    with pytest.raises(DataError, match="it has no part 'learnt'"):
        load_model(tmp_path / "model")


def test_every_public_model_has_both_ends():
    models = [getattr(forecast, name) for name in forecast.__all__]
    models = [one for one in models if isinstance(one, type) and issubclass(one, Parameters)]
    assert DirectBoosting in models
    assert all(callable(one.to_folder) and callable(one.from_folder) for one in models)


def test_a_model_is_asked_once_for_what_it_learnt_and_arrays_are_plain_arguments(
    panel, tmp_path, monkeypatch
):
    asked = []
    learnt = MovingAverage.to_folder
    monkeypatch.setattr(MovingAverage, "to_folder", lambda one: asked.append(1) or learnt(one))
    MovingAverage(np.int64(4)).fit(panel).save(tmp_path / "model")
    assert asked == [1]
    assert MovingAverage.load(tmp_path / "model").window == 4
