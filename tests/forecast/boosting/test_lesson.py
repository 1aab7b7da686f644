from dataclasses import replace

import numpy as np
import pytest

from c2m.forecast import DirectBoosting
from c2m.forecast.boosting import lesson
from c2m.forecast.boosting.calibration import Windows
from c2m.forecast.boosting.learning import learning_rows
from c2m.forecast.trees.growing import Growing
from c2m.forecast.trees.settings import TreeSettings

SETTINGS = TreeSettings(20, 15, 0.1, seed=3, num_threads=None, more={})


@pytest.fixture(scope="module")
def panel(make_panel):
    return make_panel(60, 120, ahead=4)


@pytest.fixture
def many(monkeypatch):
    monkeypatch.setattr(lesson, "_MANY_ROWS", 1)


def fitted(panel, **arguments):
    return DirectBoosting(4, **{"n_estimators": 20, **arguments}).fit(panel)


@pytest.fixture(scope="module")
def table_and_rows(panel):
    model = fitted(panel)
    return model.table_, learning_rows(model)


def test_with_many_rows_every_tree_is_used_and_saved_as_one_model(many, panel, tmp_path):
    model = fitted(panel)
    assert model.n_trees_ == 20
    assert model.trees_.booster.num_trees() == 20
    model.save(tmp_path / "model")
    loaded = DirectBoosting.load(tmp_path / "model")
    assert np.array_equal(loaded.predict(4).mean, model.predict(4).mean)


def test_with_many_rows_threads_do_not_change_a_bit(many, panel):
    one, two = (fitted(panel, n_estimators=6, num_threads=threads) for threads in (1, 2))
    assert one.trees_.to_text() == two.trees_.to_text()


@pytest.mark.parametrize("n_estimators", [0, 1, 2])
def test_with_many_rows_and_hardly_a_tree_there_are_as_many_as_asked_for(many, panel, n_estimators):
    model = fitted(panel, n_estimators=n_estimators)
    assert model.n_trees_ == n_estimators
    assert (model.predict(4).mean > 0).all()


def test_where_older_rows_have_nothing_to_teach_all_rows_do(many, panel):
    sales = panel["sales"].copy()
    sales[:, :112] = 0
    model = fitted(replace(panel, channels={**panel.channels, "sales": sales}))
    assert model.trees_.booster.num_trees() == 20


def test_the_newer_rows_teach_the_first_trees_nothing(table_and_rows):
    table, rows = table_and_rows
    older = rows.origin + rows.step < Windows.of(table.n_periods, 4).until
    assert 0 < older.mean() < 1
    target = table.target.copy()
    target[rows.series[~older], (rows.origin + rows.step)[~older]] += 7
    held = Growing(table, rows, SETTINGS, older)
    other = Growing(_with_target(table, target), rows, SETTINGS, older)
    for growing in (held, other):
        growing.add(10)
    assert trees_of(held.booster()) == trees_of(other.booster())
    for growing in (held, other):
        growing.add_from_all(5)
    assert trees_of(held.booster()) != trees_of(other.booster())
    assert held.booster().num_trees() == 15


def test_more_trees_begin_where_the_first_ones_ended(table_and_rows):
    table, rows = table_and_rows
    everything = np.ones(len(rows), dtype=bool)
    whole, parted = Growing(table, rows, SETTINGS), Growing(table, rows, SETTINGS, everything)
    whole.add(12)
    parted.add(12)
    features, level = table.matrix(rows), table.log_level(rows)
    before = deviance(table, rows, level + parted.booster().predict(features, raw_score=True))
    parted.add_from_all(12)
    after = deviance(table, rows, level + parted.booster().predict(features, raw_score=True))
    whole.add(12)
    straight = deviance(table, rows, level + whole.booster().predict(features, raw_score=True))
    assert after < before
    assert after == pytest.approx(straight, rel=0.01)


def _with_target(table, target):
    other = object.__new__(type(table))
    other.__dict__.update({**table.__dict__, "target": target})
    return other


def trees_of(booster):
    return booster.model_to_string().partition("Tree=0")[2].partition("end of trees")[0]


def deviance(table, rows, log_mean):
    actual = table.target[rows.series, rows.origin + rows.step]
    return float(np.mean(2 * np.exp(log_mean / 2) + 2 * actual * np.exp(-log_mean / 2)))
