import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from c2m.errors import ArgumentError
from c2m.forecast import DirectBoosting
from c2m.forecast.heads.shared import SharedLevels
from c2m.panel import Panel
from c2m.series import SkuIndex, find_skus, rows_of

LEVELS = np.array([0.1, 0.5, 0.9])


@pytest.fixture(scope="module")
def model(make_panel):
    return DirectBoosting(4, n_estimators=20).fit(make_panel(60, 60, ahead=4))


def test_eight_threads_that_hammer_one_model_get_the_bits_of_one(model):
    skus = model.panel_.skus * 2
    start = threading.Barrier(8)

    def _ask(part):
        start.wait()
        return [model.predict(4, skus=[sku]).quantiles(LEVELS) for sku in skus[part::8]]

    alone = [model.predict(4, skus=[sku]).quantiles(LEVELS) for sku in skus]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(_ask, range(8)))
    for part, found in enumerate(together):
        assert all(
            np.array_equal(one, other) for one, other in zip(alone[part::8], found, strict=True)
        )


def test_threads_that_ask_for_different_numbers_of_threads_get_the_same_bits(model):
    expected = model.predict(4).mean
    models = [DirectBoosting(4, n_estimators=20, num_threads=n) for n in (1, 2, 3, 4)]
    for each in models:
        vars(each).update({name: vars(model)[name] for name in vars(model) if name.endswith("_")})
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: models[n % 4].predict(4).mean, range(40)))
    assert all(np.array_equal(mean, expected) for mean in found)


def test_a_subset_has_the_keys_and_attributes_of_its_series_in_their_order(model):
    whole = model.predict(4)
    part = model.predict(4, skus=["S031", "S002"])
    assert part.skus == ["S002", "S031"]
    assert np.array_equal(part.mean, whole.mean[[2, 31]])
    assert part.attributes.equals(whole.attributes.iloc[[2, 31]].reset_index(drop=True))


def test_a_sku_that_is_not_there_is_told_with_a_hint(model):
    with pytest.raises(ArgumentError, match=r"'S0031'.*did you mean 'S00?31'"):
        model.predict(4, skus=["S0031"])
    with pytest.raises(ArgumentError, match="got none"):
        model.predict(4, skus=[])


def test_only_the_series_that_are_asked_for_are_read(model, monkeypatch):
    """A subset of the series costs no work that grows with their number."""
    asked = []
    columns = type(model.table_).columns

    def _watched(table, rows):
        asked.append(len(rows))
        return columns(table, rows)

    monkeypatch.setattr(type(model.table_), "columns", _watched)
    model.predict(4, skus=["S002"])
    assert max(asked) == 4


def test_all_series_of_a_sku_are_found_at_every_location():
    keys = pd.DataFrame({"sku": ["A", "A", "B", "C", "C"], "location": ["x", "y", "x", "x", "y"]})
    index = SkuIndex.of(keys)
    assert index.rows(["C", "A"]).tolist() == [0, 1, 3, 4]
    assert index.rows("B").tolist() == [2]
    assert np.array_equal(find_skus(keys, ["C"]), index.rows(["C"]))


@given(chosen=st.sets(st.integers(0, 9), min_size=1))
def test_rows_that_follow_one_another_are_the_same_rows(chosen):
    table = pd.DataFrame({"sku": list("ABCDEFGHIJ"), "line": range(10)})
    rows = np.array(sorted(chosen))
    pd.testing.assert_frame_equal(rows_of(table, rows), table.iloc[rows])


def test_a_small_forecast_can_be_changed_without_a_trace_in_the_model(model):
    demand = model.predict(4, skus=["S002"])
    demand.attributes.loc[0, "line"] = "changed"
    assert model.predict(4, skus=["S002"]).attributes["line"].tolist() != ["changed"]


def test_series_keep_the_shared_levels_of_their_own_groups(make_panel):
    panel = make_panel(40, 60, ahead=4)
    model = DirectBoosting(4, n_estimators=5).fit(panel)
    model.head_ = model.head_.with_shared(SharedLevels({"line": 0.05}))
    model = model.update(panel)
    for skus in (["S003"], ["S004", "S011", "S037"]):
        part = model.predict(4, skus=skus)
        assert part.law.shared.codes[:, 0].tolist() == part.attributes["line"].tolist()


def test_an_index_is_made_once_a_panel(model):
    assert model.panel_.sku_index is model.panel_.sku_index
    assert isinstance(model.panel_, Panel)
