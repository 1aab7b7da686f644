from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from c2m.errors import ArgumentError, DataError
from c2m.signals import build_panel
from c2m.signals.trust import REASONS, Trust, score_trust
from tests.signals.trust.conftest import on_day, opened


def some_trust() -> Trust:
    return Trust(
        day=np.array([10, 10, 12], dtype=np.int32),
        user=np.array([3, 8, 3], dtype=np.uint64),
        weight=np.array([0.25, 0.0, 0.5], dtype=np.float32),
        reason=np.array([6, 0, 5], dtype=np.int8),
        events=np.array([4, 30, 2], dtype=np.int32),
        time_zone="UTC",
        n_events=100,
        n_visits=40,
    )


def test_weights_are_those_of_the_day_and_one_for_everyone_else() -> None:
    trust, users = some_trust(), np.array([8, 3, 4, 3], dtype=np.uint64)
    known = np.array([True, True, True, False])
    assert trust.weights(10, users, known).tolist() == [0, 0.25, 1, 1]
    assert trust.weights(11, users, known).tolist() == [1, 1, 1, 1]
    assert trust.weights(12, users, known).tolist() == [1, 0.5, 1, 1]
    assert trust.weights(10, users[:0], known[:0]).tolist() == []


def test_the_summary_tells_what_each_reason_takes_away() -> None:
    table = some_trust().summary()
    assert table.index.tolist() == list(REASONS)
    assert table.loc["machine", ["users", "events", "weight", "share"]].tolist() == [1, 30, 0, 0.3]
    assert table.loc["crowd", "share"] == pytest.approx(0.03)
    assert table["share"].sum() == pytest.approx(some_trust().lost)
    assert np.isnan(table.loc["pace", "weight"])


def test_it_shows_itself_in_a_line_and_in_a_notebook() -> None:
    text = repr(some_trust())
    assert "100 events of 40 user-days: 3 user-days doubted, 34.0%" in text
    assert "<table" in some_trust()._repr_html_()
    frame = some_trust().to_frame()
    assert frame["reason"].tolist() == ["crowd", "machine", "past"]
    assert frame["day"].iloc[0] == pd.Timestamp("1970-01-11")


def test_it_is_saved_and_loaded_bit_for_bit(tmp_path: Path) -> None:
    some_trust().save(tmp_path / "trust")
    loaded = Trust.load(tmp_path / "trust")
    pd.testing.assert_frame_equal(loaded.to_frame(), some_trust().to_frame())
    assert (loaded.time_zone, loaded.n_events, loaded.n_visits) == ("UTC", 100, 40)
    (tmp_path / "trust" / "weight.npy").write_bytes(b"x")
    with pytest.raises(DataError, match="weight"):
        Trust.load(tmp_path / "trust")


@pytest.mark.filterwarnings("ignore::c2m.errors.C2MWarning")
def test_a_panel_holds_weighted_and_raw_counts_side_by_side(people: pd.DataFrame) -> None:
    crawl = on_day(9, 3600 + 7 * np.arange(60), event_type="view", user_key="robot",
                   sku=[f"S{k % 30:02}" for k in range(60)])  # fmt: skip
    log = opened(people, crawl)
    panel = build_panel(log, freq="D", tz="UTC", trust=score_trust(log, tz="UTC"))
    clean = build_panel(opened(people), freq="D", tz="UTC")
    np.testing.assert_allclose(panel["views"], clean["views"], atol=1e-5)
    assert np.nansum(panel["raw_views"]) == np.nansum(clean["views"]) + 60
    np.testing.assert_array_equal(panel["sales"], clean["sales"])


@pytest.mark.filterwarnings("ignore::c2m.errors.C2MWarning")
def test_a_trust_of_the_days_of_another_zone_is_refused(people: pd.DataFrame) -> None:
    log = opened(people)
    trust = score_trust(log, tz="Asia/Shanghai")
    with pytest.raises(ArgumentError, match=r"days of 'UTC', got one of 'Asia/Shanghai'"):
        build_panel(log, freq="D", tz="UTC", trust=trust)
    assert "raw_views" in build_panel(log, freq="D", tz="Asia/Shanghai", trust=trust).channels
