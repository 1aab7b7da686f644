import datetime as dt
import gzip

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from c2m.errors import ArgumentError, C2MWarning, DataError
from c2m.signals import Events, read_events


def make_log(**columns):
    base = {
        "event_time": pd.to_datetime(["2026-11-20 10:00", "2026-11-21 11:00"], utc=True),
        "event_type": ["view", "purchase"],
        "sku": ["007", "B"],
        "quantity": [np.nan, 2.0],
    }
    return pd.DataFrame(base | columns)


def write_csv(path, text, encoding="utf8"):
    path.write_bytes(text.encode(encoding))
    return str(path)


CSV = "event_time,event_type,sku,quantity\n2026-11-20T10:00:00Z,purchase,007,2\n"


# ---------------------------------------------------------------- every kind of source


@pytest.mark.parametrize("wrap", [pd.DataFrame, pl.from_pandas, pa.Table.from_pandas])
def test_frames_of_every_library_give_the_same_events(wrap):
    events = read_events(wrap(make_log()))
    frame = events.to_frame()
    assert frame["sku"].tolist() == ["007", "B"]
    assert frame["event_time"].tolist() == make_log()["event_time"].tolist()
    assert events.n_events == 2


def test_a_file_a_folder_and_a_pattern_give_the_same_events(tmp_path):
    log = make_log()
    log.to_parquet(tmp_path / "all.parquet")
    days = tmp_path / "days"
    days.mkdir()
    log.head(1).to_parquet(days / "2026-11-20.parquet")
    log.tail(1).to_parquet(days / "2026-11-21.parquet")
    (days / "_SUCCESS").write_text("")
    (days / ".hidden.parquet").write_text("no parquet")
    for source in (tmp_path / "all.parquet", days, str(days / "*.parquet")):
        pd.testing.assert_frame_equal(read_events(source).to_frame(), read_events(log).to_frame())


def test_csv_keeps_leading_zeros_and_a_sku_called_na(tmp_path):
    text = CSV + "2026-11-21T10:00:00+01:00,purchase,NA,\n"
    frame = read_events(write_csv(tmp_path / "log.csv", text)).to_frame()
    assert frame["sku"].tolist() == ["007", "NA"]
    assert frame["event_time"].tolist()[1] == pd.Timestamp("2026-11-21 09:00", tz="UTC")
    assert np.isnan(frame["quantity"].tolist()[1])


def test_csv_with_another_delimiter_encoding_and_time_format(tmp_path):
    text = "Zeit;Artikel;Menge\n21/11/2026 09:30;Gürtel;3\n"
    path = write_csv(tmp_path / "log.csv", text, "latin-1")
    events = read_events(
        path,
        columns={"event_time": "Zeit", "sku": "Artikel", "quantity": "Menge"},
        event_types="purchase",
        time_zone="Europe/Berlin",
        time_format="%d/%m/%Y %H:%M",
        delimiter=";",
        encoding="latin-1",
    )
    row = events.to_frame().iloc[0]
    assert (row["sku"], row["quantity"], row["event_type"]) == ("Gürtel", 3.0, "purchase")
    assert row["event_time"] == pd.Timestamp("2026-11-21 08:30", tz="UTC")


def test_compressed_csv_is_read(tmp_path):
    path = tmp_path / "log.csv.gz"
    path.write_bytes(gzip.compress(CSV.encode()))
    assert read_events(path).to_frame()["sku"].tolist() == ["007"]


def test_csv_with_a_byte_order_mark_quotes_and_line_breaks_is_read(tmp_path):
    text = '\ufeff"event_time",event_type,sku\r\n2026-11-20T10:00Z,view,"a, ""b""\nc"\r\n'
    path = write_csv(tmp_path / "log.csv", text)
    assert read_events(path).to_frame()["sku"].tolist() == ['a, "b"\nc']


def test_csv_with_another_delimiter_than_told_suggests_it(tmp_path):
    path = write_csv(tmp_path / "log.csv", CSV.replace(",", ";"))
    with pytest.raises(DataError, match="pass delimiter=';'"):
        read_events(path)
    assert len(read_events(path, delimiter=";").to_frame()) == 1


def test_a_list_of_files_is_one_log(tmp_path):
    paths = [write_csv(tmp_path / f"{name}.csv", CSV) for name in "ab"]
    assert len(read_events([*paths, paths[0]]).to_frame()) == 2


def test_csv_in_another_encoding_says_so(tmp_path):
    path = write_csv(tmp_path / "log.csv", CSV.replace("007", "Gürtel"), "latin-1")
    with pytest.raises(DataError, match=r"encoding="):
        read_events(path).to_frame()


def test_a_torn_csv_line_is_counted_as_a_bad_row(tmp_path):
    path = write_csv(tmp_path / "log.csv", CSV + "2026-11-20T10:00:00Z,view\n")
    with pytest.raises(DataError, match="1 of 2 rows: has another number of fields"):
        read_events(path, on_bad="error").to_frame()


# ---------------------------------------------------------------- sources that are none


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda folder: folder / "nothing.parquet", "there is no file or folder"),
        (lambda folder: folder / "*.parquet", "no file matches"),
        (lambda folder: folder, "holds no parquet or CSV or JSON file"),
        (lambda _: 7, "neither a table nor a path"),
    ],
)
def test_a_source_that_is_none_says_what_to_pass(tmp_path, make, message):
    with pytest.raises(DataError, match=message):
        read_events(make(tmp_path))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.parquet", b"", "the file is empty"),
        ("a.parquet", b"event_time,sku\n", "cannot be read as parquet"),
        ("a.csv", b"", "is empty"),
        ("a.csv", b"sku,sku\n", "more than once"),
        ("a.csv.gz", b"no gzip", "cannot be read"),
        ("a.xlsx", b"PK", "neither a parquet, nor a CSV, nor a JSON file"),
    ],
)
def test_a_wrong_file_is_named(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_events(tmp_path / name)


def test_a_folder_of_both_formats_is_refused(tmp_path):
    make_log().to_parquet(tmp_path / "a.parquet")
    write_csv(tmp_path / "b.csv", CSV)
    with pytest.raises(DataError, match="holds parquet and CSV files"):
        read_events(tmp_path)


def test_a_named_index_of_a_pandas_frame_is_a_column():
    log = make_log(user_key=["u", "v"]).set_index("user_key")
    assert read_events(log).to_frame()["user_key"].tolist() == ["u", "v"]


def test_a_column_alone_and_lists_in_place_of_mappings_are_refused():
    with pytest.raises(DataError, match="a Series is "):
        read_events(make_log()["sku"])
    for name in ("columns", "event_types"):
        with pytest.raises(ArgumentError, match=f"Expected {name}="):
            read_events(make_log(), **{name: ["sku"]})


# ---------------------------------------------------------------- columns


def test_missing_columns_are_all_listed_with_what_was_meant():
    log = make_log().rename(columns={"sku": "skuu", "event_type": "what"})
    with pytest.raises(DataError) as caught:
        read_events(log)
    assert len(caught.value.problems) == 2
    assert "did you mean 'skuu'" in str(caught.value)


def test_a_mapping_to_nothing_or_from_nothing_is_an_error():
    with pytest.raises(DataError, match=r"no canonical column 'skus' \(did you mean 'sku'"):
        read_events(make_log(), columns={"skus": "sku"})
    with pytest.raises(DataError, match=r"no column 'qty'"):
        read_events(make_log(), columns={"quantity": "qty"})


def test_a_column_with_almost_a_canonical_name_is_told():
    log = make_log().rename(columns={"quantity": "quantiy"})
    with pytest.warns(C2MWarning, match=r"'quantiy' \(did you mean 'quantity'\?\)"):
        events = read_events(log)
    assert events.unread == ("quantiy",)


def test_other_columns_are_listed_and_never_read():
    events = read_events(make_log(email=["a@b.c", "d@e.f"]))
    assert events.unread == ("email",)
    assert "email" not in events.to_frame().columns


def test_codes_of_fractions_are_refused():
    with pytest.raises(DataError, match="holds double values, which are no codes"):
        read_events(make_log(sku=[7.0, 8.0]))


def test_a_column_of_mixed_python_types_is_named():
    log = make_log(sku=pd.Series([7, "B"], dtype=object))
    with pytest.raises(DataError, match="column 'sku' mixes 'int', 'str'"):
        read_events(log)


def test_whole_numbers_become_their_digits():
    assert read_events(make_log(sku=[7, 12])).to_frame()["sku"].tolist() == ["7", "12"]


def test_numbers_in_one_file_and_text_in_another_are_joined_as_text(tmp_path):
    make_log(sku=[7, 12]).to_parquet(tmp_path / "a.parquet")
    make_log(sku=["007", "12"]).to_parquet(tmp_path / "b.parquet")
    with pytest.warns(C2MWarning, match="text in 1 files and whole numbers in 1"):
        events = read_events(tmp_path)
    assert sorted(events.to_frame()["sku"]) == ["007", "12", "12", "7"]


def test_whole_numbers_in_one_file_and_fractions_in_another_are_refused(tmp_path):
    make_log(user_key=[1, 2]).to_parquet(tmp_path / "a.parquet")
    make_log(user_key=[1.0, np.nan]).to_parquet(tmp_path / "b.parquet")
    with pytest.raises(DataError, match="holds double values, which are no codes"):
        read_events(tmp_path)


def test_a_file_in_which_a_code_is_never_known_does_not_change_its_type(tmp_path):
    make_log(user_key=[None, None]).to_parquet(tmp_path / "a.parquet")
    make_log(user_key=[1, 2]).to_parquet(tmp_path / "b.parquet")
    frame = read_events(tmp_path).to_frame()
    assert sorted(frame["user_key"].dropna()) == ["1", "2"]


def test_the_largest_unsigned_ids_keep_their_digits():
    ids = np.array([2**64 - 1, 5], dtype=np.uint64)
    frame = read_events(make_log(user_key=ids)).to_frame()
    assert frame["user_key"].tolist() == ["18446744073709551615", "5"]


def test_text_times_of_polars_and_nanoseconds_of_parquet_are_read(tmp_path):
    text = make_log(event_time=["2026-11-20T10:00Z", "2026-11-21 11:00:00.123+00:00"])
    assert len(read_events(pl.from_pandas(text)).days("UTC")) == 2
    exact = make_log(event_time=make_log()["event_time"].astype("datetime64[ns, UTC]"))
    exact.to_parquet(tmp_path / "ns.parquet")
    assert len(read_events(tmp_path).days("UTC")) == 2


def test_an_optional_column_that_a_file_lacks_is_unknown_there(tmp_path):
    make_log().to_parquet(tmp_path / "a.parquet")
    make_log().drop(columns="quantity").to_parquet(tmp_path / "b.parquet")
    with pytest.warns(C2MWarning, match="'quantity' is missing in 1 of 2 files"):
        events = read_events(tmp_path)
    assert events.to_frame()["quantity"].notna().sum() == 1


def test_a_required_column_that_a_file_lacks_is_an_error(tmp_path):
    make_log().to_parquet(tmp_path / "a.parquet")
    make_log().drop(columns="sku").to_parquet(tmp_path / "b.parquet")
    with pytest.raises(DataError, match=r"required column 'sku' is missing in 1 of 2"):
        read_events(tmp_path)


# ---------------------------------------------------------------- event types


def test_unknown_event_types_are_listed_with_a_suggestion():
    with pytest.raises(DataError) as caught:
        read_events(make_log(event_type=["vieww", "buy"]), on_bad="error").to_frame()
    assert "unknown event type 'vieww' (did you mean 'view'?)" in str(caught.value)
    assert len(caught.value.problems) == 2


def test_event_types_are_mapped_or_left_out():
    events = read_events(make_log(event_type=["scroll", "buy"]), event_types={
        "scroll": None, "buy": "purchase",
    })  # fmt: skip
    assert events.to_frame()["event_type"].tolist() == ["purchase"]
    with pytest.raises(ArgumentError, match="did you mean 'purchase'"):
        read_events(make_log(), event_types={"buy": "purchas"})


# ---------------------------------------------------------------- times


def test_times_without_a_zone_need_to_be_told():
    log = make_log(event_time=pd.to_datetime(["2026-11-20 10:00", "2026-11-21 11:00"]))
    with pytest.raises(DataError, match="time_zone='UTC' if they are UTC, or the zone"):
        read_events(log)
    text = make_log(event_time=["2026-11-20 10:00", "2026-11-21"])
    with pytest.raises(DataError, match="have no time zone"):
        read_events(text).to_frame()


def test_dates_are_the_shop_s_own_days():
    log = make_log(event_time=[dt.date(2026, 11, 20), dt.date(2026, 11, 21)])
    events = read_events(log, time_zone="Pacific/Auckland")
    assert [str(day.date()) for day, _ in events.by_day()] == ["2026-11-20", "2026-11-21"]


def test_hours_that_occur_twice_or_never_are_counted():
    local = ["2026-10-25 02:30", "2026-03-29 02:30"]
    events = read_events(make_log(event_time=local), time_zone="Europe/Paris")
    with pytest.warns(C2MWarning, match="2 times occur twice or never"):
        frame = events.to_frame()
    assert frame["event_time"].tolist() == [
        pd.Timestamp("2026-03-29 01:00", tz="UTC"),
        pd.Timestamp("2026-10-25 00:30", tz="UTC"),
    ]


@pytest.mark.parametrize(
    ("values", "time_format"),
    [
        ([1795168800, 1795255200], "s"),
        ([1795168800123, 1795255200123], "ms"),
        (["1795168800", "1795255200"], "s"),
        ([1795168800.5, 1795255200.5], "s"),
        (["2026-11-20 10:00 UTC", "2026-11-21 10:00 UTC"], "%Y-%m-%d %H:%M UTC"),
    ],
)
def test_numbers_since_1970_and_formats(values, time_format):
    events = read_events(make_log(event_time=values), time_format=time_format)
    days = [str(day.date()) for day, _ in events.by_day("UTC")]
    assert days == ["2026-11-20", "2026-11-21"]


def test_numbers_need_a_unit():
    with pytest.raises(DataError, match="time_format='s'"):
        read_events(make_log(event_time=[1795168800, 1795255200])).to_frame()


def test_text_with_and_without_offset_may_mix():
    log = make_log(event_time=["2026-11-20T10:00:00+02:00", "2026-11-21 10:00"])
    frame = read_events(log, time_zone="Europe/Paris").to_frame()
    assert frame["event_time"].dt.hour.tolist() == [8, 9]


@pytest.mark.parametrize(
    ("argument", "value"),
    [("time_zone", "Europe/Pariss"), ("time_format", "seconds"), ("schema", "ga5"),
     ("on_bad", "ignore")],
)  # fmt: skip
def test_arguments_out_of_range_are_named(argument, value):
    with pytest.raises(ArgumentError, match=f"Expected {argument}"):
        read_events(make_log(), **{argument: value})


# ---------------------------------------------------------------- what it shows


def test_a_later_change_of_the_caller_s_frame_does_not_reach_the_events():
    log = make_log()
    events = read_events(log)
    log.loc[:, "quantity"] = 99.0
    assert events.to_frame()["quantity"].tolist()[1] == 2.0


def test_days_come_from_parquet_statistics_without_reading(tmp_path, monkeypatch):
    path = tmp_path / "log.parquet"
    make_log().to_parquet(path)
    events = read_events(path)
    monkeypatch.setattr(type(events.source), "read", None)
    assert len(events.days("UTC")) == 2
    assert len(events.days("Pacific/Kiritimati")) == 2


def test_summary_counts_kinds_and_known_users():
    table = read_events(make_log(user_key=["u", None])).summary("UTC")
    assert table.loc["view", "events"] == 1
    assert table.loc["purchase", "user_share"] == 0.0


def test_it_shows_itself_without_reading_the_log(tmp_path):
    path = write_csv(tmp_path / "log.csv", CSV + "broken\n")
    events = read_events(path)
    assert isinstance(events, Events)
    assert "4 columns read" in repr(events)
    assert "event_time" in events._repr_html_()


def test_an_unknown_column_is_an_error():
    with pytest.raises(ArgumentError, match="did you mean 'quantity'"):
        read_events(make_log()).to_frame(["quantitty"])


def test_a_log_without_rows_is_an_error():
    with pytest.raises(DataError, match="no events"):
        read_events(make_log().head(0)).days("UTC")
