import numpy as np
import pandas as pd
import pytest

from c2m.errors import C2MWarning, DataError
from c2m.signals import build_panel, read_events


def make_log(**columns):
    base = {
        "event_time": pd.to_datetime(["2026-11-20 10:00", "2026-11-21 11:00"], utc=True),
        "event_type": ["view", "purchase"],
        "sku": ["007", "B"],
        "quantity": [np.nan, 2.0],
    }
    return pd.DataFrame(base | columns)


def bad_log():
    rows = [
        ("2026-11-20T10:00:00Z", "purchase", "A", 1.0, 9.0),
        ("2026-11-20T10:00:00Z", "purchase", None, 1.0, 9.0),
        ("never", "purchase", "A", 1.0, 9.0),
        ("2026-11-20T10:00:00Z", "purchase", "A", -1.0, 9.0),
        ("2026-11-20T10:00:00Z", "purchase", "A", np.inf, 9.0),
        ("2026-11-20T10:00:00Z", "purchase", "", 1.0, 9.0),
        ("2026-11-20T10:00:00Z", "purchase", "A", 1.0, -9.0),
        ("1902-01-01T10:00:00Z", None, "A", 1.0, 9.0),
        ("1802-01-01T10:00:00Z", "view", "A", -1.0, -9.0),
        ("2026-11-20T10:00:00Z", "view", "A", -1.0, -9.0),
    ]
    return pd.DataFrame(rows, columns=["event_time", "event_type", "sku", "quantity", "unit_price"])


def test_every_reason_is_listed_with_count_and_first_row():
    with pytest.raises(DataError) as caught:
        read_events(bad_log(), on_bad="error").to_frame()
    text = str(caught.value)
    assert "2 of 10 rows: no code in 'sku' (first: row 1)" in text
    assert "1 of 10 rows: no time that can be read in 'event_time' (first: row 2)" in text
    assert "1 of 10 rows: 'quantity' below 0 (first: row 3)" in text
    assert "event type 'return'" in text
    assert "1 of 10 rows: no finite number in 'quantity' (first: row 4)" in text
    assert "1 of 10 rows: 'unit_price' below 0 (first: row 6)" in text
    assert "1 of 10 rows: no event type in 'event_type' (first: row 7)" in text
    assert "1 of 10 rows: a time before 1900" in text


def test_bad_rows_are_set_aside_with_their_count_unless_an_error_is_asked_for():
    events = read_events(bad_log())
    with pytest.warns(C2MWarning, match="8 of 10 events are set aside"):
        kept = events.to_frame()
    assert len(kept) == 2
    assert events.rejected["rows"].sum() == 8


def test_rows_are_numbered_within_their_file(tmp_path):
    bad_log().head(1).to_parquet(tmp_path / "a.parquet")
    bad_log().head(4).to_parquet(tmp_path / "b.parquet", row_group_size=2)
    with pytest.raises(DataError, match=r"below 0 \(first: row 3 of b.parquet\)"):
        read_events(tmp_path, on_bad="error").to_frame()


def test_a_personal_value_is_never_in_a_message():
    log = make_log(user_key=["ann@example.org", "bob@example.org"], quantity=["x", "y"])
    log["event_type"] = "purchase"
    with pytest.raises(DataError) as caught:
        read_events(log, on_bad="error", key=bytes(range(32))).to_frame()
    assert "no finite number" in str(caught.value)
    assert "example.org" not in str(caught.value)


def test_a_repeated_event_id_counts_once_and_the_later_version_wins():
    log = pd.concat([make_log(event_id=["e1", "e2"], ingest_time="2026-11-22T00:00Z")] * 2)
    log = pd.concat([log, log.tail(1).assign(quantity=5.0, ingest_time="2026-11-23T00:00Z")])
    for seed in range(3):
        frame = read_events(log.sample(frac=1, random_state=seed)).to_frame()
        assert frame["event_id"].tolist() == ["e1", "e2"]
        assert frame["quantity"].tolist()[1] == 5.0
    assert len(read_events(log, columns={"event_id": None}).to_frame()) == 5


def test_empty_text_is_no_user_and_no_event_id():
    log = pd.concat([make_log()] * 2).assign(
        event_time=pd.Timestamp("2026-11-20", tz="UTC"),
        event_type="purchase",
        sku="B",
        quantity=1.0,
        user_key=["", "u", "", "u"],
        event_id=["", "", "", "e1"],
    )
    for column in ("user_key", "event_id"):
        log = pd.concat([log, log.astype({column: "category"})], ignore_index=True)
        with pytest.warns(C2MWarning, match="have no user"):
            panel = build_panel(read_events(log.head(4)), freq="D", tz="UTC")
        assert panel["purchases"].tolist() == [[4]]
        assert panel["purchase_users"].tolist() == [[1]]
        log = log.tail(4)


@pytest.mark.parametrize(
    "kind", ["ann@example.org", "+1 415 555 0123", "12345678", "4155550123", "a" * 41, "10.0.0.1"]
)
def test_an_event_type_that_is_no_word_is_counted_and_not_shown(kind, tmp_path):
    events = read_events(bad_log().assign(event_type=kind), bad_rows=tmp_path)
    with pytest.warns(C2MWarning) as told, pytest.raises(DataError):
        events.to_frame()
    texts = [str(one.message) for one in told] + [events.rejected.to_csv()]
    texts += [path.read_text() for path in tmp_path.iterdir()]
    assert "an event type that is no short word" in "".join(texts)
    assert kind not in "".join(texts)


def test_a_column_of_a_thousand_words_in_place_of_event_types_shows_few_of_them():
    names = [f"name {chr(97 + a)}{chr(97 + b)}" for a in range(26) for b in range(26)]
    log = pd.concat([bad_log().iloc[:1]] * len(names)).assign(event_type=names)
    rejected = read_events(log).rejected
    assert len(rejected) == 21
    assert rejected["rows"].sum() == len(names)


def test_rows_of_a_log_are_read_or_rejected_or_excluded():
    log = pd.concat([bad_log()] * 3).assign(event_id=[str(n % 5) for n in range(30)])
    log.loc[log["event_type"] == "view", "event_type"] = "scroll"
    events = read_events(log, event_types={"scroll": None})
    with pytest.warns(C2MWarning):
        read = len(events.to_frame())
    assert set(events.excluded["reason"]) == {
        "of a type that event_types= leaves out",
        "repeats an event_id of the same day",
    }
    assert read + events.rejected["rows"].sum() + events.excluded["events"].sum() == len(log)
