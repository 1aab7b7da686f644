"""Logs as files come: encodings, folders, odd CSV, and files that change under the reader."""

import bz2
import os
import re
import warnings

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from c2m.errors import ArgumentError, C2MWarning, DataError
from c2m.signals import build_panel, read_events
from c2m.signals.logs.parquetfiles import ParquetSource

TEXTS = ["event_type", "sku", "user_key"]
HEADER = "event_time,event_type,sku,quantity\n"
ROWS = "".join(f"2026-11-{day}T10:00:00Z,purchase,007,{day}\n" for day in (20, 21, 22))


def make_table(**columns):
    base = {
        "event_time": pd.date_range("2026-11-20", periods=6, freq="5h", tz="UTC"),
        "event_type": ["view", "purchase"] * 3,
        "sku": ["007", "B"] * 3,
        "quantity": [1.0, 2.0] * 3,
        "user_key": ["u1", "u2", "u1", None, "u3", "u2"],
    }
    return pa.Table.from_pandas(pd.DataFrame(base | columns), preserve_index=False)


def write_csv(path, text=HEADER + ROWS):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def units(source, **arguments):
    return float(read_events(source, **arguments).to_frame(["quantity"])["quantity"].sum())


# ---------------------------------------------------------------- parquet


@pytest.mark.parametrize("encoding", ["DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY", "PLAIN"])
def test_text_is_read_in_every_encoding_of_parquet(tmp_path, encoding):
    table = make_table()
    pq.write_table(table, tmp_path / "plain.parquet")
    pq.write_table(
        table, tmp_path / "other.parquet", use_dictionary=False,
        column_encoding=dict.fromkeys(TEXTS, encoding), row_group_size=4,
    )  # fmt: skip
    plain, other = (read_events(tmp_path / f"{name}.parquet") for name in ("plain", "other"))
    pd.testing.assert_frame_equal(other.to_frame(), plain.to_frame())


def test_ids_that_never_repeat_are_not_read_as_a_dictionary(tmp_path):
    ids = [f"{number:032d}" for number in range(10_000)]
    frame = pd.DataFrame({"event_id": ids, "sku": "PARKA"})
    frame.to_parquet(tmp_path / "log.parquet")
    source = ParquetSource.of("log", [tmp_path / "log.parquet"])
    (part,) = source.parts("event_time")
    (batch,) = source.read(part, ["event_id", "sku"])
    kinds = [pa.types.is_dictionary(column.type) for column in batch.columns]
    assert kinds == [False, True]
    assert batch.column(0).to_pylist() == ids


def test_empty_row_groups_and_empty_files_among_full_ones_are_nothing(tmp_path):
    table = make_table()
    with pq.ParquetWriter(tmp_path / "a.parquet", table.schema) as writer:
        for start, stop in [(0, 0), (0, 4), (4, 4), (4, 6)]:
            writer.write_table(table.slice(start, stop - start))
    pq.write_table(table.slice(0, 0), tmp_path / "b.parquet")
    assert units(tmp_path) == 9


def test_a_column_that_a_file_has_twice_is_named(tmp_path):
    table = make_table()
    pq.write_table(table.append_column("sku", table["sku"]), tmp_path / "a.parquet")
    with pytest.raises(DataError, match=r"'a.parquet' has the column 'sku' more than once"):
        read_events(tmp_path)


@pytest.mark.parametrize(("unit", "number"), [("us", 2**62), ("us", -(2**62)), ("ms", 2**61)])
@pytest.mark.parametrize("zone", ["UTC", None])
def test_times_of_years_that_no_calendar_has_are_refused_not_wrapped(tmp_path, unit, number, zone):
    times = pa.array([number] * 6, pa.timestamp(unit, tz=zone))
    table = make_table().set_column(0, "event_time", times)
    pq.write_table(table, tmp_path / "a.parquet")
    for source in (table, tmp_path):
        with pytest.raises(DataError, match="correct"):
            read_events(source, time_zone="Europe/Paris", on_bad="error").to_frame()


def test_signed_and_unsigned_ids_of_two_files_keep_their_digits(tmp_path):
    for name, kind, code in [("a", pa.int64(), 5), ("b", pa.uint64(), 2**64 - 1)]:
        table = make_table().slice(0, 1).set_column(2, "sku", pa.array([code], kind))
        pq.write_table(table, tmp_path / f"{name}.parquet")
    assert sorted(read_events(tmp_path).to_frame()["sku"]) == [str(2**64 - 1), "5"]


def test_bytes_as_codes_are_refused_with_the_way_out():
    table = make_table().append_column("event_id", pa.array([b"x" * 16] * 6, pa.binary(16)))
    with pytest.raises(DataError, match=r"(?s)holds fixed_size_binary\[16\] .*{'event_id': None}"):
        read_events(table)
    assert units(table, columns={"event_id": None}) == 9


# ---------------------------------------------------------------- files that change


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_a_file_that_is_written_again_or_gone_since_it_was_opened_is_an_error(tmp_path, kind):
    path = tmp_path / f"log.{kind}"

    def write(rows):
        table = make_table().slice(0, rows)
        if kind == "parquet":
            pq.write_table(table, path, row_group_size=2)
        else:
            table.to_pandas().to_csv(path, index=False)

    write(6)
    events = read_events(path)
    assert len(events.to_frame()) == 6
    write(3)
    with pytest.raises(DataError, match="has changed since the log was opened"):
        events.to_frame()
    events = read_events(path)
    path.unlink()
    with pytest.raises(DataError, match="is gone since the log was opened"):
        events.to_frame()


def test_a_file_that_is_written_while_it_is_read_is_an_error(tmp_path):
    path = tmp_path / "log.parquet"
    daily = pd.date_range("2026-11-20", periods=6, freq="D", tz="UTC")
    pq.write_table(make_table(event_time=daily), path, row_group_size=2)
    days = read_events(path).by_day("UTC")
    next(days)
    pq.write_table(make_table(event_time=daily, quantity=9.0), path, row_group_size=2)
    with pytest.raises(DataError, match="has changed since the log was opened"):
        list(days)


# ---------------------------------------------------------------- folders


def test_a_folder_is_read_without_hidden_files_and_tells_of_those_that_are_no_data(tmp_path):
    for name in ("a.csv", "sub/b.csv", ".hidden/c.csv", "_tmp/d.csv", ".e.csv", "_f.csv"):
        write_csv(tmp_path / name)
    (tmp_path / "_SUCCESS").touch()
    assert units(tmp_path) == 2 * 63
    (tmp_path / "part-0000").write_text(HEADER + ROWS)
    with pytest.warns(C2MWarning, match=r"1 files of .* are not read: 'part-0000'"):
        assert units(tmp_path) == 2 * 63
    assert units(str(tmp_path / "**/[ab].csv")) == 2 * 63


def test_a_file_counts_once_however_many_paths_lead_to_it(tmp_path):
    path = write_csv(tmp_path / "log" / "a.csv")
    (tmp_path / "log" / "latest.csv").symlink_to(path)
    (tmp_path / "log" / "round").symlink_to(tmp_path / "log")
    assert units([path, tmp_path / "log" / ".." / "log" / "a.csv", tmp_path / "log"]) == 63


def test_a_folder_behind_a_link_is_part_of_the_log(tmp_path):
    write_csv(tmp_path / "far" / "a.csv")
    write_csv(tmp_path / "log" / "b.csv")
    (tmp_path / "log" / "link").symlink_to(tmp_path / "far")
    assert units(tmp_path / "log") == 2 * 63


def test_a_folder_that_may_not_be_listed_is_an_error_not_a_gap(tmp_path, monkeypatch):
    write_csv(tmp_path / "a.csv")
    write_csv(tmp_path / "sub" / "b.csv")
    listed = os.scandir

    def scandir(path):
        if str(path).endswith("sub"):
            raise PermissionError(13, "Permission denied", path)
        return listed(path)

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(DataError, match=r"cannot be read: .*Permission denied"):
        read_events(tmp_path)


def test_columns_in_the_names_of_folders_are_told_where_they_would_matter(tmp_path):
    for currency in ("EUR", "USD"):
        folder = tmp_path / f"currency={currency}" / "date=2026-11-20"
        write_csv(folder / "a.csv", (HEADER + ROWS).replace("quantity", "unit_price"))
    with pytest.warns(C2MWarning, match=r"folders say is not read: 'currency=USD'\. ") as caught:
        read_events(tmp_path)
    assert len(caught) == 1


def test_an_empty_path_is_not_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(write_csv(tmp_path / "a.csv").parent)
    with pytest.raises(DataError, match="the path is empty"):
        read_events("")


# ---------------------------------------------------------------- CSV


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\r"),
        lambda text: text.replace("\n", "\n\n"),
        lambda text: "\n\n" + text,
        lambda text: text[:-1],
        lambda text: text.replace("event_time", '"event_time"'),
        lambda text: re.sub(r"(quantity|,2\d)\n", r'\1,"a, ""b""\n' + '\nc"\n', text),
        lambda text: text.replace("007", '"007"'),
    ],
)
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_csv_of_other_programs_reads_the_same(tmp_path, change, mark):
    text = mark + change(HEADER + ROWS)
    frame = read_events(write_csv(tmp_path / "a.csv", text)).to_frame()
    assert frame["quantity"].tolist() == [20, 21, 22]
    assert frame["sku"].unique().tolist() == ["007"]


def test_csv_files_with_a_header_alone_are_nothing(tmp_path):
    write_csv(tmp_path / "a.csv", HEADER)
    write_csv(tmp_path / "b.csv", HEADER.rstrip())
    write_csv(tmp_path / "c.csv")
    assert units(tmp_path) == 63


def test_packed_csv_is_read_and_utf_16_where_it_is_named(tmp_path):
    packed = write_csv(tmp_path / "a.csv.bz2", bz2.compress((HEADER + ROWS).encode()))
    assert units(packed) == 63
    wide = write_csv(tmp_path / "b.csv", (HEADER + ROWS).encode("utf-16"))
    assert units(wide, encoding="utf-16") == 63
    with pytest.raises(DataError, match=r"'b.csv' is not utf8"):
        read_events(wide)


def test_a_torn_line_is_numbered_like_every_other_row(tmp_path):
    path = write_csv(tmp_path / "a.csv", HEADER + ROWS + "torn\n" + ROWS)
    with pytest.raises(DataError, match=r"1 of 7 rows: .* \(first: row 3 of a.csv\)"):
        read_events(path, on_bad="error").to_frame()


def test_a_delimiter_is_one_character(tmp_path):
    with pytest.raises(ArgumentError, match=r"delimiter to be one character, got '\|\|'"):
        read_events(write_csv(tmp_path / "a.csv"), delimiter="||")


def test_days_that_waited_on_disk_make_the_same_panel(tmp_path, monkeypatch):
    rng = np.random.default_rng(5)
    n = 3_000
    times = pd.Timestamp("2026-11-02", tz="UTC") + pd.to_timedelta(
        rng.integers(0, 14 * 86_400, n), unit="s"
    )
    log = pd.DataFrame(
        {
            "event_time": times,
            "event_type": rng.choice(["view", "purchase", "stock_level"], n),
            "sku": rng.choice(["A", "B", "C"], n),
            "user_key": rng.integers(0, 500, n).astype(str),
            "quantity": 1.0,
        }
    )
    log.to_parquet(tmp_path / "log.parquet", row_group_size=200)
    events = read_events(tmp_path)
    at_once = build_panel(events, freq="W", tz="UTC")
    monkeypatch.setattr("c2m.signals.counting.sweep.sweep.__defaults__", (300,))
    on_disk = build_panel(events, freq="W", tz="UTC")
    for name, array in at_once.channels.items():
        assert np.array_equal(on_disk[name], array, equal_nan=True), name


def test_a_file_without_a_header_is_refused_without_showing_its_first_line(tmp_path):
    path = write_csv(tmp_path / "a.csv", "2026-11-20T10:00Z,view,A,ann@example.org\n")
    with pytest.raises(DataError, match=r"'a.csv' has no header") as caught:
        read_events(path)
    assert "ann" not in str(caught.value)


@pytest.mark.parametrize("mark", [",", ";"])
@pytest.mark.parametrize(
    "value",
    [
        "+14155550123",
        "0049 30 1234567",
        "203.0.113.7",
        "2026-11-20T10:00Z",
        "https://x.example/ann",
    ],
)
def test_a_header_that_is_a_row_is_not_shown_whatever_personal_stands_in_it(tmp_path, mark, value):
    path = write_csv(tmp_path / "a.csv", f"view{mark}A{mark}{value}\nview{mark}B{mark}x\n")
    with pytest.raises(DataError, match=r"'a.csv' has no header") as caught:
        read_events(path)
    assert value not in str(caught.value)


@pytest.mark.parametrize("name", ["2", "option1", "evar250", "2026", "1_0_2", "Größe (cm)"])
def test_numbers_in_names_of_columns_are_no_sign_of_a_row(tmp_path, name):
    path = write_csv(tmp_path / "a.csv", f"event_time,event_type,sku,{name}\n")
    assert read_events(path).unread == (name,)


@pytest.mark.parametrize("marks", [{5}, {5, 11}, {5, 6}, {19}, {0, 19}])
@pytest.mark.parametrize("place", [2, 3, 4])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_no_line_is_lost_in_silence_behind_a_quotation_mark_that_is_not_closed(
    tmp_path, marks, place, end
):
    rows = [["2026-11-20T10:00Z", "view", f"A{n}", f"name {n}", "x"] for n in range(20)]
    for row in marks:
        rows[row][place] = '"' + rows[row][place]
    lines = ["event_time,event_type,sku,name,more", *map(",".join, rows)]
    events = read_events(write_csv(tmp_path / "a.csv", end.join(lines) + end))
    rejected = events.rejected
    read = 20 - rejected["rows"].sum()
    if read:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", C2MWarning)
            assert len(events.to_frame()) == read
    assert len(rejected) or marks == {19}
    assert read <= 20 - len(marks) or marks == {19}


def test_text_over_several_lines_between_quotation_marks_is_no_swallowed_line(tmp_path):
    text = "event_time,event_type,sku,note,more\n2026-11-20T10:00Z,view,A,"
    path = write_csv(tmp_path / "a.csv", text + '"Dear shop,\nplease, call\n\nAnn",\n')
    events = read_events(path)
    assert len(events.to_frame()) == 1
    assert not len(events.rejected)
