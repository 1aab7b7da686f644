import json
import warnings

import numpy as np
import pandas as pd
import pytest

from c2m.errors import ArgumentError, C2MWarning, DataError
from c2m.signals import DayStore, build_panel, read_events
from c2m.signals.store import daystore, merging, tables

FIRST = pd.Timestamp("2026-06-01", tz="UTC")


def make_log(n_days=3, n_events=60, seed=1):
    """Return events of a few SKUs and users, each with an id."""
    rng = np.random.default_rng(seed)
    count = n_days * n_events
    kinds = rng.choice(["view", "cart_add", "purchase"], count)
    return pd.DataFrame(
        {
            "event_id": [f"e{number}" for number in range(count)],
            "event_time": FIRST + pd.to_timedelta(rng.uniform(0, n_days * 86_400, count), unit="s"),
            "event_type": kinds,
            "sku": rng.choice(["PARKA", "HAT", "SCARF"], count),
            "user_key": rng.choice([f"user-{number}" for number in range(9)], count),
            "quantity": rng.integers(1, 4, count).astype(float),
            "unit_price": 10.0,
        }
    )


def assert_same(panel, other):
    assert panel.keys.equals(other.keys)
    assert list(panel.channels) == list(other.channels)
    for name, array in other.channels.items():
        np.testing.assert_array_equal(panel[name], array, err_msg=name)


def data_files(folder):
    return sorted((folder / "_days").iterdir())


def test_a_store_gives_the_panel_of_its_log(tmp_path):
    log = make_log()
    store = DayStore(tmp_path / "store")
    added = store.add(read_events(log))
    assert (added.rows, added.new, added.changed, added.repeated) == (180, 180, 0, 0)
    assert list(added.days) == list(store.days) == list(pd.date_range("2026-06-01", periods=3))
    for freq in ("D", "W"):
        kept = {"freq": freq, "partial_period": "keep", "tz": "UTC"}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", C2MWarning)
            assert_same(store.panel(**kept), build_panel(read_events(log), **kept))


def test_an_add_reads_only_the_days_it_touches(tmp_path, monkeypatch):
    log = make_log(n_days=5)
    day = log["event_time"].dt.day
    store = DayStore(tmp_path)
    store.add(read_events(log[day != 3]))
    before = {file.name for file in data_files(tmp_path)}
    read = []
    monkeypatch.setattr(
        "c2m.signals.store.adding.read_rows",
        lambda folder, file, *more: read.append(file.name) or tables.read_rows(folder, file, *more),
    )
    store.add(read_events(log[day == 3]))
    assert read == []
    late = log[day == 5].head(1).assign(event_id="late")
    store.add(read_events(late))
    assert {name[:10] for name in read} == {"2026-06-05"}
    kept = {file.name for file in data_files(tmp_path)}
    assert {name[:10] for name in before - kept} == {"2026-06-05"}


def test_an_export_that_is_added_again_counts_once_and_is_not_kept_twice(tmp_path):
    log, store = make_log(), DayStore(tmp_path)
    store.add(read_events(log))
    files, size = data_files(tmp_path), store.summary()["rows"].sum()
    added = store.add(read_events(log.sample(frac=1, random_state=1)))
    assert (added.new, added.changed, added.repeated) == (0, 0, 180)
    assert data_files(tmp_path) == files
    assert store.summary()["rows"].sum() == size
    assert (
        store.panel("D")["sales"].sum() == log.query("event_type == 'purchase'")["quantity"].sum()
    )


def test_a_changed_event_counts_as_it_was_known(tmp_path):
    log = make_log().query("event_type == 'purchase'")
    store = DayStore(tmp_path)
    store.add(read_events(log), ingest_time="2026-06-10")
    added = store.add(
        read_events(log.assign(quantity=log["quantity"] + 1)), ingest_time="2026-06-20"
    )
    assert (added.new, added.changed, added.repeated) == (0, len(log), 0)
    units = log["quantity"].sum()
    assert np.nansum(store.panel("D")["sales"]) == units + len(log)
    assert np.nansum(store.panel("D", as_of="2026-06-15")["sales"]) == units
    with pytest.raises(DataError, match="no event is left"):
        store.panel("D", as_of="2026-06-09")


def test_an_event_that_moves_to_another_day_counts_on_the_day_known_last(tmp_path):
    log = make_log(n_days=4, n_events=5)
    log["event_type"] = "view"
    moved = log.assign(event_time=log["event_time"] + pd.Timedelta(days=1)).head(3)
    store = DayStore(tmp_path)
    store.add(read_events(log), ingest_time="2026-06-10")
    assert store.add(read_events(moved), ingest_time="2026-06-11").moved == 3
    now = store.panel("D", target="views", complete=False)
    assert np.nansum(now["views"]) == len(log)
    truth = pd.concat([log.iloc[3:], moved])["event_time"].dt.floor("D").value_counts()
    label = [pd.Timestamp(period, tz="UTC") for period in now.periods]
    assert np.nansum(now["views"], axis=0).tolist() == [truth.get(day, 0) for day in label]
    then = build_panel(store.events(), freq="D", as_of="2026-06-10", target="views")
    assert np.nansum(then["views"]) == len(log)
    counts = log["event_time"].dt.floor("D").value_counts().sort_index().tolist()
    assert np.nansum(then["views"], axis=0).tolist() == counts


def test_days_beyond_the_retention_are_dropped_and_counted(tmp_path):
    log = make_log(n_days=4)
    DayStore(tmp_path, retention_days=2).add(read_events(log), ingest_time="2026-06-03")
    store = DayStore(tmp_path)
    assert store.retention_days == 2
    with pytest.warns(C2MWarning, match=r"rows of the store and \d+ events of the log"):
        added = store.add(read_events(log), ingest_time="2026-06-05 08:00")
    assert [str(day.date()) for day in store.days] == ["2026-06-03", "2026-06-04"]
    assert added.too_old == (log["event_time"].dt.day < 3).sum()
    assert {file.name[:10] for file in data_files(tmp_path)} == {"2026-06-03", "2026-06-04"}


def test_days_are_those_of_the_shops_zone(tmp_path):
    log = make_log()
    store = DayStore(tmp_path, tz="Asia/Tokyo")
    store.add(read_events(log))
    assert len(store.days) == 4
    expected = build_panel(read_events(log), freq="D", tz="Asia/Tokyo")
    assert_same(store.panel("D"), expected)
    with pytest.raises(ArgumentError, match="Asia/Tokyo"):
        DayStore(tmp_path, tz="UTC")


def test_users_as_numbers_and_as_text_are_the_same_users(tmp_path):
    log = make_log().assign(user_key=lambda log: log["user_key"].str[5:].astype("int64"))
    day = log["event_time"].dt.day
    store = DayStore(tmp_path)
    store.add(read_events(log[day < 3]))
    text = log[day >= 2].assign(user_key=lambda log: log["user_key"].astype(str))
    with pytest.warns(C2MWarning, match="'user_key' is text in some events and whole numbers in"):
        assert store.add(read_events(text)).changed == 0
    whole = log.assign(user_key=log["user_key"].astype(str))
    assert_same(store.panel("D"), build_panel(read_events(whole), freq="D", tz="UTC"))


def test_a_column_that_came_later_is_unknown_before(tmp_path):
    log = make_log()
    day = log["event_time"].dt.day
    store = DayStore(tmp_path)
    store.add(read_events(log[day == 1].drop(columns=["user_key", "unit_price"])))
    store.add(read_events(log[day >= 2].assign(channel="web")))
    frame = store.events().to_frame()
    assert frame["channel"].notna().sum() == (day >= 2).sum()
    assert frame["user_key"].notna().sum() == (day >= 2).sum()


def test_a_user_is_forgotten_without_a_trace(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "_ROWS_A_BUCKET", 16)
    log = make_log(n_days=4)
    store = DayStore(tmp_path)
    store.add(read_events(log))
    store.add(read_events(log.head(40).assign(quantity=9.0)))
    moved = log.tail(40).assign(event_time=log["event_time"] - pd.Timedelta(days=2))
    store.add(read_events(moved))
    before = {file.name for file in data_files(tmp_path)}
    assert store.forget(["user-3", "nobody"]) > 0
    assert len(before & {file.name for file in data_files(tmp_path)}) > len(before) / 2
    latest = pd.concat([log.iloc[40:-40], log.head(40).assign(quantity=9.0), moved])
    left = latest[latest["user_key"] != "user-3"]
    assert_same(store.panel("D"), build_panel(read_events(left), freq="D", tz="UTC"))
    for file in tmp_path.rglob("*"):
        if file.is_file():
            assert b"user-3" not in file.read_bytes()
    assert "user-3" not in stored_text(tmp_path)
    hashes = set(pd.util.hash_array(log.loc[log["user_key"] == "user-3", "event_id"].to_numpy()))
    assert not hashes & set(stored_hashes(tmp_path))
    assert store.forget(["user-3"]) == 0


def test_the_times_of_a_day_are_not_those_of_a_user_who_is_forgotten(tmp_path):
    log = make_log(n_days=1)
    first, last = log["event_time"].agg(["idxmin", "idxmax"])
    log.loc[[first, last], "user_key"] = "eve"
    store = DayStore(tmp_path)
    store.add(read_events(log))
    assert store.forget(["eve"]) == 2
    left = log.loc[log["user_key"] != "eve", "event_time"].dt.floor("us")
    (day,) = json.loads((tmp_path / "manifest.json").read_text())["days"].values()
    times = [pd.Timestamp(time, unit="us", tz="UTC") for time in day["times"]]
    assert times == [left.min(), left.max()]


def test_rows_are_compared_a_group_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr(merging, "_GROUP_ROWS", 7)
    log = make_log()
    store = DayStore(tmp_path)
    store.add(read_events(log))
    changed = log.assign(quantity=log["quantity"] + (log.index % 5 == 0))
    added = store.add(read_events(changed))
    assert (added.new, added.changed) == (0, (log.index % 5 == 0).sum())
    assert added.repeated == len(log) - added.changed
    assert_same(store.panel("D"), build_panel(read_events(changed), freq="D", tz="UTC"))


def stored_text(folder):
    """Return everything that the tables of a store hold, decoded."""
    import pyarrow.parquet as pq

    files = [file for file in data_files(folder) if ".parquet" in file.name]
    return "".join(str(pq.ParquetFile(file).read().to_pydict()) for file in files)


def stored_hashes(folder):
    files = [file for file in data_files(folder) if ".u64" in file.name]
    return np.concatenate([np.frombuffer(file.read_bytes(), "<u8") for file in files]).tolist()


def test_the_rows_of_a_user_lie_in_one_file_a_day(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "_ROWS_A_BUCKET", 16)
    log, store = make_log(), DayStore(tmp_path)
    store.add(read_events(log))
    assert (store.summary()["files"] > 3).all()
    import pyarrow.parquet as pq

    seen = set()
    for file in data_files(tmp_path):
        if ".parquet" in file.name:
            users = set(pq.ParquetFile(file).read(["user_key"]).column(0).to_pylist())
            pairs = {(file.name[:10], user) for user in users}
            assert not pairs & seen
            seen |= pairs


def test_damage_is_found_before_anything_is_parsed(tmp_path):
    store = DayStore(tmp_path)
    store.add(read_events(make_log()))
    file = next(file for file in data_files(tmp_path) if ".parquet" in file.name)
    content = file.read_bytes()
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(DataError, match="was changed\nFix: restore the folder from a backup"):
        store.panel("D")
    file.write_bytes(content[:100])
    with pytest.raises(DataError, match="cut short"):
        store.panel("D")
    file.unlink()
    with pytest.raises(DataError, match="is gone"):
        store.panel("D")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 99}, "this c2m reads 1 to 1"),
        ({"kind": "panel"}, "no store of events"),
        ({"days": {"2026-06-01": {}}}, "does not say what it must"),
        ({"days": {"../x": {}}}, "does not say what it must"),
        ({"columns": {"e-mail": "text"}}, "does not say what it must"),
        ({"echoes": ["../../etc/passwd", 1, "", 1]}, "does not say what it must"),
        ({"retention_days": "7"}, "does not say what it must"),
        ({"tz": "Mars/Olympus"}, "does not say what it must"),
    ],
)
def test_a_manifest_that_was_tampered_with_is_refused(tmp_path, change, message):
    DayStore(tmp_path).add(read_events(make_log()))
    file = tmp_path / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    with pytest.raises(DataError, match=message):
        DayStore(tmp_path)


def test_a_folder_of_other_things_is_left_alone(tmp_path):
    (tmp_path / "letters.txt").write_text("mine")
    with pytest.raises(DataError, match=r"no manifest\.json in it, but 'letters\.txt'"):
        DayStore(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["letters.txt"]


def test_an_add_that_fails_changes_nothing(tmp_path):
    log, store = make_log(), DayStore(tmp_path)
    store.add(read_events(log.head(90)))
    files, panel = data_files(tmp_path), store.panel("D")
    bad = log.tail(90).assign(quantity=-1.0)
    with pytest.raises(DataError, match="below 0"):
        store.add(read_events(bad, on_bad="error"))
    assert data_files(tmp_path) == files
    assert_same(store.panel("D"), panel)


def test_a_second_writer_is_told_to_wait(tmp_path):
    from c2m.signals.store.lock import only_writer

    store = DayStore(tmp_path)
    store.add(read_events(make_log()))
    with only_writer(tmp_path):
        with pytest.raises(DataError, match="another process is adding"):
            store.add(read_events(make_log()))
        assert DayStore(tmp_path).panel("D").n_periods == 3  # reading needs no lock
    store.add(read_events(make_log()))


def test_opening_a_store_never_keeps_another_from_adding(tmp_path, monkeypatch):
    DayStore(tmp_path).add(read_events(make_log()))

    def _locked(folder):
        raise AssertionError(folder)

    monkeypatch.setattr(daystore, "only_writer", _locked)
    assert len(DayStore(tmp_path).days) == 3


def test_a_copy_of_the_manifest_is_left_alone(tmp_path):
    store = DayStore(tmp_path)
    store.add(read_events(make_log()))
    for name in ("manifest.json.bak", "manifest.json.0123456789abcdef"):
        (tmp_path / name).write_bytes(b"{}")
    DayStore(tmp_path)
    assert sorted(file.name for file in tmp_path.glob("manifest*")) == [
        "manifest.json",
        "manifest.json.bak",
    ]


def test_a_panel_is_counted_again_where_an_add_came_between(tmp_path, monkeypatch):
    log = make_log()
    store = DayStore(tmp_path)
    store.add(read_events(log.head(100)))
    plain, calls = daystore.build_panel, []

    def _interrupted(events, **arguments):
        calls.append(events)
        if len(calls) == 1:
            DayStore(tmp_path).add(read_events(log))
        return plain(events, **arguments)

    monkeypatch.setattr(daystore, "build_panel", _interrupted)
    panel = store.panel("D", tz="UTC")
    assert len(calls) == 2
    assert_same(panel, plain(read_events(log), freq="D", tz="UTC"))
    with pytest.raises(DataError, match="nothing fills the target 'presales'"):
        store.panel("D", tz="UTC", target="presales")


def test_events_that_were_asked_for_before_an_add_say_that_they_are_stale(tmp_path):
    store = DayStore(tmp_path)
    store.add(read_events(make_log()))
    events = store.events()
    store.add(read_events(make_log(seed=2)))
    with pytest.raises(DataError, match="ask the store again"):
        events.to_frame()


def test_an_empty_store_says_what_to_do(tmp_path):
    store = DayStore(tmp_path / "new")
    assert not (tmp_path / "new").exists()
    assert len(store.days) == 0
    assert len(store.summary()) == 0
    with pytest.raises(DataError, match=r"add some: store\.add"):
        store.panel("D")
    assert "0 rows on 0 days" in repr(store)


def test_arguments_are_checked(tmp_path):
    store = DayStore(tmp_path)
    with pytest.raises(ArgumentError, match="got a DataFrame"):
        store.add(make_log())
    with pytest.raises(ArgumentError, match="ingest_time"):
        store.add(read_events(make_log()), ingest_time="yesterday-ish")
    with pytest.raises(ArgumentError, match="retention_days"):
        DayStore(tmp_path, retention_days=0)
    with pytest.raises(ArgumentError, match="keys of users"):
        store.forget([1.5])


def test_a_store_shows_itself(tmp_path):
    store = DayStore(tmp_path, retention_days=30_000)
    store.add(read_events(make_log()))
    assert repr(store).endswith("180 rows on 3 days of UTC, keeps 30,000 days)")
    assert "<table" in store._repr_html_()
    assert store.summary()["rows"].sum() == 180


def test_the_hash_of_ids_is_that_of_every_store():
    assert pd.util.hash_array(np.array(["c2m"], dtype=object), categorize=False)[0] == (
        tables._SAMPLE_HASH
    )
