"""Channels that are one row for all series: ad spend, weather."""

import copy

import numpy as np
import pandas as pd
import pytest

from c2m import Panel
from c2m.errors import DataError


@pytest.fixture
def panel():
    weeks = pd.date_range("2024-01-01", periods=6, freq="7D")
    frame = pd.DataFrame(
        {
            "sku": np.repeat(["A", "B", "C"], 6),
            "period": list(weeks) * 3,
            "sales": np.arange(18.0),
            "brand": np.repeat(["x", "x", "y"], 6),
        }
    )
    panel = Panel.from_frame(frame, freq="W", attributes=["brand"])
    return panel.with_channels(
        {"ad_spend": np.arange(6.0), "warmth": np.arange(8.0) - 3}, known=["warmth"]
    )


def is_one_row(array):
    return array.strides[0] == 0


@pytest.mark.parametrize(
    "change",
    [
        lambda panel: panel.select(["A", "C"]),
        lambda panel: panel.rollup("brand"),
        lambda panel: panel.upto(panel.periods[3]),
        copy.deepcopy,
    ],
    ids=["select", "rollup", "upto", "copy"],
)
def test_a_row_for_all_series_stays_one_row_in_memory_and_keeps_its_values(panel, change):
    changed = change(panel)
    width = changed.n_periods
    for name, row in {"ad_spend": np.arange(width), "warmth": np.arange(8) - 3}.items():
        assert is_one_row(changed[name])
        assert changed[name].tolist() == [row.tolist()] * changed.n_series


def test_a_saved_panel_holds_the_row_once_and_loads_it_as_one_row(tmp_path, panel):
    panel.save(tmp_path / "panel")
    again = Panel.load(tmp_path / "panel")
    assert again == panel
    assert is_one_row(again["ad_spend"])
    sizes = {np.load(file).ndim for file in (tmp_path / "panel").glob("*channel*.npy")}
    assert sizes == {1, 2}


def test_a_plan_without_skus_lengthens_the_row_and_one_with_skus_ends_it(panel):
    week = panel.ahead[-1] + pd.Timedelta(days=7)
    for_all = panel.with_future(pd.DataFrame({"period": [week], "warmth": [9.0]}))
    assert is_one_row(for_all["warmth"])
    assert for_all["warmth"][:, -2:].tolist() == [[4, 9]] * 3
    each = pd.DataFrame({"sku": ["A", "B", "C"], "period": week, "warmth": [1.0, 2.0, 3.0]})
    by_sku = panel.with_future(each)
    assert not is_one_row(by_sku["warmth"])
    assert by_sku["warmth"][:, -2:].tolist() == [[4, 1], [4, 2], [4, 3]]


def test_an_explicit_way_of_rolling_up_wins(panel):
    rolled = panel.rollup("brand", how={"ad_spend": "sum"})
    assert rolled["ad_spend"][:, 5].tolist() == [10, 5]


def test_the_row_reads_as_a_column_of_the_long_table(panel):
    frame = panel.to_frame()
    assert frame.groupby("sku")["ad_spend"].sum().tolist() == [15, 15, 15]


def test_a_row_of_another_length_is_refused(panel):
    with pytest.raises(DataError, match=r"shape \(3, 5\), not \(3, 6\)"):
        panel.with_channels({"rain": np.zeros(5)})


def test_the_panel_does_not_follow_changes_of_the_callers_row():
    row = np.ones(2, dtype=np.float32)
    frame = pd.DataFrame({"sku": "A", "period": ["2024-01-01", "2024-01-08"], "sales": 1.0})
    panel = Panel.from_frame(frame, freq="W").with_channels({"rain": row})
    row[:] = 7
    assert panel["rain"].tolist() == [[1, 1]]


def test_a_cut_panel_is_a_view_of_the_longer_one(panel):
    assert np.shares_memory(panel.upto(panel.periods[3])["sales"], panel["sales"])
