import pandas as pd
import pytest

from c2m.datasets import Market
from c2m.datasets.market.table import COLUMNS


@pytest.fixture(scope="module")
def raw(market: Market) -> pd.DataFrame:
    return market.events.to_pandas()


def test_columns_are_the_canonical_ones_in_their_order(market: Market, raw: pd.DataFrame) -> None:
    assert raw.columns.tolist() == list(COLUMNS)
    assert str(market.events.schema.field("event_time").type) == "timestamp[us, tz=UTC]"
    assert raw["event_id"].map(type).eq(str).all()


def test_doubled_rows_differ_in_the_time_they_came_in_alone(raw: pd.DataFrame) -> None:
    twice = raw[raw.duplicated("event_id", keep=False)]
    assert raw.duplicated("event_id").mean() == pytest.approx(0.01, rel=0.1)
    assert (twice.groupby("event_id").size() == 2).all()
    first, second = (
        twice.groupby("event_id", sort=True).nth(place).reset_index(drop=True) for place in (0, 1)
    )
    same = [name for name in COLUMNS if name != "ingest_time"]
    pd.testing.assert_frame_equal(first[same], second[same])
    assert (second["ingest_time"] > first["ingest_time"]).all()


def test_two_in_a_hundred_rows_come_a_day_late_and_none_comes_early(raw: pd.DataFrame) -> None:
    delay = raw["ingest_time"] - raw["event_time"]
    assert (delay >= pd.Timedelta(0)).all()
    late = delay >= pd.Timedelta(days=1)
    assert late.mean() == pytest.approx(0.02, rel=0.1)
    assert (delay[~late] < pd.Timedelta(hours=2)).all()


def test_units_orders_and_stores_are_filled_where_they_mean_something(raw: pd.DataFrame) -> None:
    kind = raw["event_type"].astype("str")
    money = kind.isin(["purchase", "return"])
    units = money | kind.isin(["cart_add", "cart_remove"])
    assert (raw["quantity"].notna() == units).all()
    assert (raw["order_id"].notna() == money).all()
    in_store = raw["store_id"].notna()
    assert (in_store == (raw["channel"] == "store")).all()
    assert set(kind[in_store]) == {"purchase", "return"}
    assert (raw["source_system"] == "till").equals(in_store)


def test_a_store_has_one_region(market: Market, raw: pd.DataFrame) -> None:
    stores = market.locations.set_index("location")["region"]
    sold = raw[raw["store_id"].notna()]
    expected = sold["store_id"].astype("str").map(stores)
    assert (sold["region"].astype("str") == expected).all()
