import gzip
import json
import re

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c2m.errors import C2MWarning, DataError
from c2m.signals import read_events
from c2m.signals.logs import jsonfiles
from c2m.signals.logs.jsonfiles import JsonFile
from c2m.signals.schemas.layout import Bad, Record

ROWS = [
    {"event_time": "2026-11-20T10:00:00Z", "event_type": "view", "sku": "007", "quantity": 1.5},
    {"event_time": "2026-11-20T11:00:00Z", "event_type": "view", "sku": 7, "user_key": "ann"},
]


def lines(rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


def found_in(path):
    return list(JsonFile.of(path).records())


def write(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", lines(ROWS)),
        ("a.ndjson", lines(ROWS).replace("\n", "\r\n\r\n")),
        ("a.json", lines(ROWS)),
        ("a.json", json.dumps(ROWS)),
        ("a.json", json.dumps(ROWS, indent=2)),
        ("a.json", "\ufeff" + json.dumps(ROWS)),
        ("a.jsonl", json.dumps(ROWS, indent=2)),
        ("a.json.gz", gzip.compress(lines(ROWS).encode())),
        ("a.data", lines(ROWS)),
    ],
)
def test_json_is_read_in_every_shape(tmp_path, name, content):
    frame = read_events(write(tmp_path / name, content)).to_frame()
    assert frame["sku"].tolist() == ["007", "7"]
    assert frame["quantity"].tolist()[0] == 1.5
    assert frame["user_key"].tolist()[1] == "ann"


def test_parsed_json_is_read_from_memory():
    expected = read_events(pd.DataFrame(ROWS).astype({"sku": "str"})).to_frame()
    pd.testing.assert_frame_equal(read_events(ROWS).to_frame(), expected)
    assert len(read_events(ROWS[0]).to_frame()) == 1


def test_one_object_over_several_lines_is_one_record(tmp_path):
    path = write(tmp_path / "a.json", json.dumps(ROWS[0], indent=1))
    assert found_in(path) == [Record(0, ROWS[0])]


def test_a_torn_line_is_one_bad_row_with_its_number(tmp_path):
    torn = lines(ROWS[:1]) + '{"event_time": \n[1]\n"x"\n' + lines(ROWS[1:])
    path = write(tmp_path / "a.jsonl", torn)
    assert [type(one) for one in found_in(path)] == [Record, Bad, Bad, Bad, Record]
    events = read_events(path)
    with pytest.warns(C2MWarning, match=r"3 of 5 .* is no JSON \(first: row 1 of a.jsonl\)"):
        assert len(events.to_frame()) == 2
    with pytest.raises(DataError, match="2 of 5 rows: is no JSON object"):
        read_events(path, on_bad="error").to_frame()


def test_what_follows_a_torn_object_of_an_array_is_one_bad_row(tmp_path):
    text = json.dumps(ROWS)
    path = write(tmp_path / "a.json", text[:-20])
    assert [type(one) for one in found_in(path)] == [Record, Bad]


def test_too_long_an_object_is_set_aside_in_bounded_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(jsonfiles, "LONGEST", 1_000)
    monkeypatch.setattr(jsonfiles, "_BLOCK", 100)
    long = {"sku": "x" * 5_000}
    path = write(tmp_path / "a.jsonl", lines([ROWS[0], long, ROWS[1]]))
    assert [type(one) for one in found_in(path)] == [Record, Bad, Record]
    path = write(tmp_path / "a.json", json.dumps([ROWS[0], long, ROWS[1]]))
    assert [type(one) for one in found_in(path)] == [Record, Bad]


@pytest.mark.parametrize("content", [b"[" * 200_000, b'{"a":' * 200_000, b"\xff\xfe[{", b"", b"[]"])
@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_hostile_files_are_bad_rows_or_errors_of_c2m(tmp_path, name, content):
    assert all(isinstance(one, Bad) for one in found_in(write(tmp_path / name, content)))


def test_numbers_without_end_and_torn_letters_are_bad_rows(tmp_path):
    path = write(tmp_path / "a.jsonl", b'{"a": ' + b"9" * 10_000 + b"}\n" + b'{"a": "\xff"}\n')
    assert [type(one) for one in found_in(path)] == [Bad, Bad]
    rows = [ROWS[0], ROWS[1] | {"sku": "\ud800"}]
    with pytest.warns(C2MWarning, match="holds text that is no Unicode"):
        assert len(read_events(rows).to_frame()) == 1


_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=9)


@given(
    st.lists(
        st.dictionaries(_TEXT, _TEXT | st.integers(), max_size=3),
        max_size=9,
    ),
    st.integers(1, 40),
    st.sampled_from([None, 1]),
)
@settings(max_examples=60, deadline=None)
def test_objects_survive_whatever_the_blocks_are(tmp_path_factory, rows, block, indent):
    path = tmp_path_factory.mktemp("json") / "a.json"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jsonfiles, "_BLOCK", block)
        for text in (json.dumps(rows, indent=indent), json.dumps(rows, ensure_ascii=False)):
            write(path, text)
            assert found_in(path) == [Record(place, row) for place, row in enumerate(rows)]


def test_json_beside_tables_is_no_log(tmp_path):
    pd.DataFrame(ROWS[:1]).to_parquet(tmp_path / "a.parquet")
    write(tmp_path / "manifest.json", "{}")
    with pytest.warns(C2MWarning, match="1 files of .* are not read: 'manifest.json'"):
        assert len(read_events(tmp_path).to_frame()) == 1


def test_a_changed_file_is_refused(tmp_path):
    events = read_events(write(tmp_path / "a.jsonl", lines(ROWS)))
    write(tmp_path / "a.jsonl", lines(ROWS * 2))
    with pytest.raises(DataError, match="has changed since the log was opened"):
        events.to_frame()


@pytest.mark.parametrize(
    "content",
    [b"no gzip", gzip.compress(lines(ROWS).encode(), mtime=0)[:-20]],
    ids=["no gzip", "cut"],
)
def test_a_torn_archive_is_named(tmp_path, content):
    path = write(tmp_path / "a.json.gz", content)
    with pytest.raises(DataError, match=r"'a.json.gz' cannot be read"):
        read_events(path).to_frame()


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.json.gz", None])
@pytest.mark.parametrize("own", ["quantity", "units \u00e9"])
def test_a_column_that_only_the_last_record_has_is_read(tmp_path, name, own):
    rows = [{**ROWS[1], "event_type": "purchase"}] * 300
    rows = [*rows, {**rows[0], own: 5, "nested": {"rating": 1}}]
    source = rows
    if name is not None:
        text = lines(rows) if "jsonl" in name else json.dumps(rows, indent=1, ensure_ascii=False)
        pack = gzip.compress if name.endswith("gz") else bytes
        source = write(tmp_path / name, pack(text.encode()))
    events = read_events(source, columns={"quantity": own})
    assert events.to_frame()["quantity"].sum() == 5
    assert "rating" not in events.columns


def test_a_name_is_found_across_the_blocks_in_which_a_file_is_read(tmp_path, monkeypatch):
    text = "\n".join(map(json.dumps, [ROWS[0]] * 150 + [{**ROWS[0], "rating": 4}]))
    path = write(tmp_path / "a.jsonl", text)
    for block in range(90, 110):
        monkeypatch.setattr(jsonfiles, "_BLOCK", block)
        assert "rating" in read_events(path).columns


def test_a_torn_array_says_how_much_of_the_file_is_lost(tmp_path):
    text = json.dumps([ROWS[0]] * 50_000)
    path = write(tmp_path / "a.json", text[:1_000] + '"@@' + text[1_000:])
    reason = read_events(path).rejected["reason"][0]
    lost = int(re.search(r"([\d,]+) bytes are lost", reason)[1].replace(",", ""))
    assert abs(lost - (len(text) - 1_000)) < 200


def test_ids_as_names_of_fields_are_not_shown(tmp_path):
    path = write(tmp_path / "a.json", '{"ann@example.org": {"sku": "A"}, "+1 415 555 0123": {}}')
    with pytest.raises(DataError, match="no column 'event_time'") as caught:
        read_events(path)
    assert not {"ann", "415"} & set(re.findall(r"\w+", str(caught.value)))


@pytest.mark.parametrize("content", ["", "\n\n", "[]", "7"])
@pytest.mark.parametrize("schema", ["canonical", "ga4"])
def test_a_file_without_any_object_says_so(tmp_path, content, schema):
    path = write(tmp_path / "a.json", content)
    with pytest.raises(DataError, match="holds no object of JSON"):
        read_events(path, schema, key=bytes(range(32)), consent="all" if schema == "ga4" else None)
