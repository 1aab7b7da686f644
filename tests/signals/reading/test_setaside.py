import json
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c2m.errors import ArgumentError, C2MWarning, DataError
from c2m.signals import purge_bad_rows, read_events
from c2m.signals.reading.setaside import REDACTED, redact
from c2m.signals.reading.tally import MOST_REASONS, MOST_SAMPLES, OTHER_REASONS, Tally

SET_ASIDE = pytest.mark.filterwarnings("ignore:.*set aside:c2m.errors.C2MWarning")


def open_log(source, **how):
    return read_events(source, key=bytes(range(32)), **how)


def log_of(n_bad=1):
    rows = [("2026-11-20T10:00:00Z", "purchase", "A", 1.0, "ann@example.org", 9.0)]
    rows += [("2026-11-20T11:00:00Z", "purchase", "A", -2.0, "bob@example.org", 9.5)] * n_bad
    rows += [("call +49 30 1234", "purchase", None, 4155550123.0, "cat@example.org", None)]
    names = ["event_time", "event_type", "sku", "quantity", "user_key", "unit_price"]
    return pd.DataFrame(rows, columns=names)


def written(folder):
    (path,) = folder.iterdir()
    head, *rows = map(json.loads, path.read_text().splitlines())
    return path, head, rows


@SET_ASIDE
def test_bad_rows_are_written_redacted_with_reason_file_and_number(tmp_path):
    log_of().to_parquet(tmp_path / "day.parquet")
    events = open_log(tmp_path / "day.parquet", bad_rows=tmp_path / "bad")
    events.to_frame()
    _, head, rows = written(tmp_path / "bad")
    assert head["rows_set_aside"] == {
        "no time that can be read in 'event_time'": 1,
        "'quantity' below 0": 1,
    }
    assert [(row["file"], row["row"]) for row in rows] == [("day.parquet", 2), ("day.parquet", 1)]
    assert rows[1]["values"] == {
        **{"event_time": "2026-11-20T11:00:00Z", "event_type": "purchase", "sku": REDACTED},
        **{"quantity": -2.0, "unit_price": 9.5, "user_key": REDACTED},
    }
    assert rows[0]["values"] == {
        **{"event_time": REDACTED, "event_type": "purchase", "sku": None},
        **{"quantity": REDACTED, "unit_price": None, "user_key": REDACTED},
    }


@SET_ASIDE
def test_the_day_of_its_deletion_stands_in_name_and_first_line(tmp_path):
    open_log(log_of(), bad_rows=tmp_path, bad_rows_days=3).to_frame()
    path, head, _ = written(tmp_path)
    day = datetime.now(tz=UTC).date() + timedelta(days=3)
    assert head["delete_on"] == day.isoformat()
    assert f"-expires-{day}-" in path.name


@SET_ASIDE
def test_expired_files_go_at_the_next_use_and_nothing_else_does(tmp_path):
    open_log(log_of(), bad_rows=tmp_path, bad_rows_days=1).to_frame()
    (fresh,) = tmp_path.iterdir()
    others = ["bad-rows-x.jsonl", "bad-rows-ga4-expires-2020-01-01-0123abcd.jsonl.bak", "notes.txt"]
    for name in others:
        (tmp_path / name).touch()
    (tmp_path / "bad-rows-ga4-expires-2020-01-01-0123abcd.jsonl").touch()
    open_log(log_of(), bad_rows=tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {fresh.name, *others}
    tomorrow = datetime.now(tz=UTC).date() + timedelta(days=1)
    assert purge_bad_rows(tmp_path, today=tomorrow) == 1
    assert not fresh.exists()


@SET_ASIDE
def test_the_file_is_small_and_its_counts_are_whole(tmp_path):
    events = open_log(log_of(n_bad=500), bad_rows=tmp_path)
    for _ in range(2):  # a second pass replaces the file of the first
        events.to_frame()
    _, head, rows = written(tmp_path)
    assert head["rows_set_aside"]["'quantity' below 0"] == 500
    assert len(rows) == MOST_SAMPLES + 1


def test_reasons_without_end_become_other_reasons():
    tally = Tally(rows=300)
    for n in range(300):
        tally.refuse(f"reason {n}", "", f"row {n}")
    rejected = tally.frame()
    assert len(rejected) == MOST_REASONS + 1
    assert rejected.iloc[-1].tolist() == [OTHER_REASONS, 300 - MOST_REASONS, f"row {MOST_REASONS}"]


def test_the_file_is_written_before_the_error_and_never_by_half(tmp_path, monkeypatch):
    with pytest.raises(DataError, match="below 0"):
        open_log(log_of(), bad_rows=tmp_path, on_bad="error").to_frame()
    path, _, _ = written(tmp_path)
    path.unlink()
    monkeypatch.setattr("c2m.signals.reading.setaside.os.fsync", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        open_log(log_of(), bad_rows=tmp_path).to_frame()
    assert list(tmp_path.iterdir()) == []


def test_a_log_without_bad_rows_writes_nothing(tmp_path):
    open_log(log_of().head(1), bad_rows=tmp_path / "bad").to_frame()
    assert list((tmp_path / "bad").iterdir()) == []


@pytest.mark.parametrize("days", [0, -1, 2.5, True, 10**6])
def test_the_days_are_a_whole_number(tmp_path, days):
    with pytest.raises(ArgumentError, match="bad_rows_days"):
        open_log(log_of(), bad_rows=tmp_path, bad_rows_days=days)


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="folder for bad rows cannot be made"):
        open_log(log_of(), bad_rows=tmp_path / "file")


@pytest.mark.parametrize("value", ["2026-11-20", "2026-11-20 10:00:00 UTC", 12, "3.50", None])
def test_times_and_small_numbers_are_shown(value):
    assert redact(value) != REDACTED


@given(st.text(max_size=40) | st.integers() | st.floats() | st.emails())
@settings(max_examples=200, deadline=None)
def test_nothing_else_is_shown(value):
    shown = redact(value)
    if isinstance(shown, str) and shown != REDACTED:
        assert set(value) <= set("0123456789-:.+TZUTC ")
    elif isinstance(shown, (int, float)):
        assert abs(shown) < 1e6


def test_set_aside_is_what_happens_unless_an_error_is_asked_for():
    with pytest.warns(C2MWarning, match="2 of 3 events are set aside"):
        assert len(open_log(log_of()).to_frame()) == 1
