import warnings
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c2m.errors import ArgumentError, C2MWarning, DataError
from c2m.signals import build_panel, read_events
from c2m.signals.snapshots import read_stock_snapshots
from c2m.signals.snapshots.dates import date_of

FIXTURES = Path(__file__).parents[1] / "schemas" / "fixtures"
FOLDER = FIXTURES / "stock_snapshots"


def quiet(*args, **kwargs):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", C2MWarning)
        return read_stock_snapshots(*args, **kwargs)


def told(*args, **kwargs):
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        events = read_stock_snapshots(*args, **kwargs)
    return events, " ".join(str(one.message) for one in found)


def flat(path, **more):
    return path, {"quantity": "units", "location": "store", "time_zone": "Europe/Paris"} | more


def test_a_folder_is_read_with_the_days_of_its_file_names():
    source, how = flat(FOLDER)
    frame = quiet(source, **how).to_frame()
    days = frame["event_time"].dt.tz_convert("Europe/Paris").dt.strftime("%Y-%m-%d")
    assert days.tolist() == ["2026-11-20"] * 3 + ["2026-11-21"] * 2 + ["2026-11-23"] * 2
    assert frame["quantity"].tolist() == [5.0, 0.0, 2.0, 0.0, 1.0, 3.0, 4.0]
    assert frame["in_stock"].tolist() == [1.0, 0.0, 1.0, 0.0, 1.0, 1.0, 1.0]
    assert set(frame["sku"]) == {"0042", "TEE"}


def test_units_are_conserved():
    source, how = flat(FOLDER)
    files = [pd.read_csv(file, dtype=str) for file in sorted(FOLDER.iterdir())]
    units = sum(pd.to_numeric(file["units"]).sum() for file in files)
    assert quiet(source, **how).to_frame()["quantity"].sum() == units


def test_a_day_without_a_file_is_unknown_in_the_panel_and_counted():
    source, how = flat(FOLDER)
    stock, words = told(source, **how)
    assert "1 of 4 days from 2026-11-20 to 2026-11-23 has no stock file" in words
    seen = stock.to_frame()[["event_time", "sku", "quantity", "in_stock", "store_id"]]
    views = pd.DataFrame(
        {
            "event_time": pd.date_range("2026-11-20 12:00", periods=4, tz="Europe/Paris"),
            "sku": "0042",
        }
    )
    log = pd.concat([seen.assign(event_type="stock_level"), views.assign(event_type="view")])
    log["event_time"] = pd.to_datetime(log["event_time"], utc=True)
    panel = build_panel(read_events(log), freq="D", tz="Europe/Paris", target="views")
    share = panel["in_stock"][panel.skus.index("0042")]
    assert np.isnan(share[2])
    assert not np.isnan(share[[0, 1, 3]]).any()


def test_a_sku_that_a_file_lacks_stays_unknown_and_is_counted():
    source, how = flat(FOLDER)
    stock, words = told(source, **how)
    assert "2 SKU-days are missing in the file of their day" in words  # B2 on the 21st, TEE on 23rd
    assert len(stock.to_frame()) == 7


def test_a_sku_that_a_file_lacks_is_none_where_the_caller_says_so():
    source, how = flat(FOLDER, missing_sku="zero")
    stock, words = told(source, **how)
    assert "2 SKU-days" in words
    frame = stock.to_frame()
    added = frame[(frame["sku"] == "TEE") & (frame["event_time"] > "2026-11-22")]
    assert added["quantity"].tolist() == [0.0]
    assert added["in_stock"].tolist() == [0.0]
    assert len(frame) == 9


def test_a_row_without_a_level_is_unknown_and_not_missing():
    source, how = flat(FOLDER, missing_sku="zero")
    stock, words = told(source, **how)
    assert "1 rows without a level" in words
    assert "NEW" not in set(stock.to_frame()["sku"])


def test_columns_that_are_not_named_are_not_read():
    source, how = flat(FOLDER)
    assert "CANARY" not in repr(quiet(source, **how).to_frame().to_dict())


@pytest.mark.parametrize("name", ["products_old.csv", "products_new.csv"])
def test_a_products_export_is_a_picture_of_a_day_that_the_caller_gives(name):
    path = FIXTURES / "shopify_products" / name
    events, words = told(
        path, schema="shopify_products", date="2026-11-22", time_zone="Europe/Berlin"
    )
    frame = events.to_frame().set_index("sku")
    assert frame["quantity"].to_dict() == {
        **{"PARKA-RED-M": 3.0, "PARKA-L": 0.0, "TEE-S": 0.0, "TEE-M": 0.0}
    }
    assert frame["in_stock"].to_dict() == {
        **{"PARKA-RED-M": 1.0, "PARKA-L": 0.0, "TEE-S": 0.0, "TEE-M": 1.0}  # sold on without
    }
    assert "only for a shop with one location" in words
    assert "1 rows have a variant without SKU" in words
    assert "1 stock that is not tracked" in words
    assert "1 row of a picture" in words
    assert "canary" not in repr(frame.to_dict()).lower()


def test_an_inventory_export_has_the_stock_of_every_location():
    events, words = told(
        FIXTURES / "shopify_inventory", schema="shopify_inventory", time_zone="Europe/Berlin"
    )
    frame = events.to_frame()
    stock = {(row.sku, row.store_id): row.quantity for row in frame.itertuples()}
    assert stock == {
        ("PARKA-RED-M", "Warehouse 1"): 3.0,
        ("PARKA-RED-M", "Hamburg Store"): 0.0,
        ("PARKA-L", "Warehouse 1"): 0.0,
        ("TEE-S", "Warehouse 1"): 0.0,
    }
    assert "not stocked at the location" in words


def test_a_table_may_hold_its_days_in_a_column():
    table = pd.DataFrame(
        {"day": ["2026-11-21", "2026-11-22"], "sku": ["A", "A"], "quantity": [1, 2]}
    )
    frame = read_stock_snapshots(table, date="day", time_zone="UTC", at="23:30").to_frame()
    assert frame["event_time"].dt.strftime("%d %H:%M").tolist() == ["21 23:30", "22 23:30"]


def test_a_file_is_written_on_the_clock_of_the_shop_also_where_an_hour_is_skipped():
    table = pd.DataFrame({"sku": ["A"], "quantity": [1]})
    frame = read_stock_snapshots(
        table, date="2026-03-29", time_zone="Europe/Paris", at="02:30"
    ).to_frame()
    assert str(frame["event_time"][0]) == "2026-03-29 01:00:00+00:00"


def test_parquet_files_in_folders_of_days_are_read(tmp_path):
    for day in ("2026-11-21", "2026-11-22"):
        (tmp_path / f"day={day}").mkdir()
        table = pd.DataFrame({"sku": ["007"], "quantity": [int(day[-1])]})
        table.to_parquet(tmp_path / f"day={day}" / "part-0.parquet")
    frame = read_stock_snapshots(tmp_path, time_zone="UTC").to_frame()
    assert frame["quantity"].tolist() == [1.0, 2.0]
    assert frame["sku"].tolist() == ["007", "007"]


def test_contradicting_rows_are_set_aside_and_equal_ones_count_once():
    table = pd.DataFrame({"sku": ["A", "A", "B", "B"], "quantity": [1, 1, 2, 3]})
    events, words = told(table, date="2026-11-22", time_zone="UTC")
    assert events.to_frame()["sku"].tolist() == ["A"]
    assert "2 rows have several levels of one SKU" in words


def test_bad_rows_stop_the_reading_where_that_is_asked_for():
    table = pd.DataFrame({"sku": ["A", None, "B"], "quantity": ["1", "2", "many"]})
    with pytest.raises(DataError) as caught:
        read_stock_snapshots(table, date="2026-11-22", time_zone="UTC", on_bad="error")
    assert len(caught.value.problems) == 2
    with pytest.warns(C2MWarning, match="set aside: 1 rows have no code"):
        read_stock_snapshots(table, date="2026-11-22", time_zone="UTC")


def test_stock_below_zero_reads_as_none_and_is_counted():
    table = pd.DataFrame({"sku": ["A"], "quantity": [-2]})
    events, words = told(table, date="2026-11-22", time_zone="UTC")
    assert events.to_frame()["quantity"].tolist() == [0.0]
    assert "1 rows of `stock` are below 0" in words


def test_files_whose_names_tell_no_day_are_an_error_that_lists_them(tmp_path):
    (tmp_path / "stock.csv").write_text("sku,quantity\nA,1\n")
    (tmp_path / "2026-11-01_2026-11-30.csv").write_text("sku,quantity\nA,1\n")
    with pytest.raises(DataError, match="2 of 2 files do not tell their day") as caught:
        read_stock_snapshots(tmp_path, time_zone="UTC")
    assert "date=" in caught.value.fix


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"missing_sku": "none"}, "missing_sku"),
        ({"on_bad": "skip"}, "on_bad"),
        ({"at": "noon"}, "time of day"),
        ({"schema": "shopify_product"}, "did you mean 'shopify_products'"),
        ({"time_zone": "Mars"}, "time zone"),
    ],
)
def test_arguments_out_of_range_are_refused(more, words):
    table = pd.DataFrame({"sku": ["A"], "quantity": [1]})
    with pytest.raises(ArgumentError, match=words):
        read_stock_snapshots(table, **{"time_zone": "UTC", "date": "2026-11-22"} | more)


def test_a_table_without_a_day_and_several_files_of_one_day_are_refused(tmp_path):
    with pytest.raises(ArgumentError, match="date="):
        read_stock_snapshots(pd.DataFrame({"sku": ["A"], "quantity": [1]}), time_zone="UTC")
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("sku,quantity\nA,1\n")
    with pytest.raises(ArgumentError, match="one file"):
        read_stock_snapshots(tmp_path, time_zone="UTC", date="2026-11-22")


def test_an_export_has_no_column_of_days():
    path = FIXTURES / "shopify_products" / "products_old.csv"
    with pytest.raises(ArgumentError, match="to be a day such as"):
        read_stock_snapshots(path, schema="shopify_products", date="day", time_zone="UTC")


def test_another_table_is_no_export_of_that_name(tmp_path):
    (tmp_path / "2026-11-22.csv").write_text("sku,quantity\nA,1\n")
    with pytest.raises(DataError, match="no columns 'SKU', 'Location'"):
        read_stock_snapshots(tmp_path, schema="shopify_inventory", time_zone="UTC")


def test_a_column_that_is_lacking_is_named(tmp_path):
    (tmp_path / "2026-11-22.csv").write_text("sku,qty\nA,1\n")
    with pytest.raises(DataError, match="no column 'quantity'"):
        read_stock_snapshots(tmp_path, time_zone="UTC")


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("stock-2026-11-22.csv", date(2026, 11, 22)),
        ("20261122.parquet", date(2026, 11, 22)),
        ("2026_11_22_full.csv.gz", date(2026, 11, 22)),
        ("stock-2026-13-22.csv", None),
        ("stock-120261122.csv", None),
        ("stock.csv", None),
    ],
)
def test_the_day_of_a_name(name, day):
    assert date_of(Path(name)) == day


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.dictionaries(st.sampled_from("ABC"), st.integers(0, 3), max_size=3),
        min_size=2,
        max_size=6,
    )
)
def test_what_is_told_of_each_day_is_what_its_file_says(days):
    rows = [
        {"day": str(date(2026, 11, 1) + timedelta(days=number)), "sku": sku, "quantity": units}
        for number, stock in enumerate(days)
        for sku, units in stock.items()
    ]
    if not rows:
        return
    table = pd.DataFrame(rows)
    for missing in ("unknown", "zero"):
        frame = quiet(table, date="day", time_zone="UTC", missing_sku=missing).to_frame()
        frame["day"] = frame["event_time"].dt.strftime("%Y-%m-%d")
        merged = table.merge(frame, on=["day", "sku"], suffixes=("", "_read"))
        assert len(merged) == len(table)
        assert (merged["quantity"] == merged["quantity_read"]).all()
        files = sorted(set(table["day"]))
        first = table.groupby("sku")["day"].min()
        gone = sum(day > first[sku] for sku in first.index for day in files) - (
            len(table) - len(first)
        )
        assert len(frame) == len(table) + (gone if missing == "zero" else 0)
