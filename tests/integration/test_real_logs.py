"""Real logs through the whole road: read_events -> build_panel -> a forecast."""

import numpy as np
import pandas as pd
import pytest

from c2m.errors import C2MWarning, DataError
from c2m.forecast import forecast_demand
from c2m.signals import build_panel, read_events

TMALL = {
    "columns": {
        "sku": "brand_id",
        "event_type": "event",
        "event_time": "date",
        "user_key": "user_id",
    },
    "event_types": {"fav": "wishlist_add", "cart": "cart_add", "buy": "purchase"},
    "time_zone": "Asia/Shanghai",
}
RETAIL = {
    "columns": {
        "sku": "StockCode",
        "event_time": "InvoiceDate",
        "quantity": "Quantity",
        "unit_price": "UnitPrice",
        "user_key": "CustomerID",
        "order_id": "InvoiceNo",
    },
    "time_zone": "Europe/London",
}


def cells_of(panel, name, frame):
    """Return a channel as a series by (sku, period), and check that a group-by has no more."""
    table = panel.to_frame().set_index(["sku", "period"])[name]
    outside = frame.index.difference(table.index)
    assert outside.empty
    return table.reindex(frame.index).to_numpy(dtype=np.float64)


@pytest.fixture(scope="module")
def tmall(shared_data):
    return shared_data / "tmall_2013_events" / "events.parquet"


@pytest.fixture(scope="module")
def tmall_panel(tmall):
    with pytest.warns(C2MWarning, match="purchase events have no quantity"):
        return build_panel(read_events(tmall, **TMALL), freq="D")


@pytest.mark.parametrize(
    ("kind", "count", "users"),
    [
        ("view", "views", "view_users"),
        ("fav", "wishlists", "wishlist_users"),
        ("cart", "carts", "cart_users"),
        ("buy", "purchases", "purchase_users"),
        ("buy", "sales", "purchase_users"),
    ],
)
def test_every_day_of_tmall_equals_a_group_by(tmall, tmall_panel, kind, count, users):
    log = pd.read_parquet(tmall).query("event == @kind")
    by = [log["brand_id"].astype(str).rename("sku"), log["date"].rename("period")]
    counted, distinct = log.groupby(by).size(), log["user_id"].groupby(by).nunique()
    assert cells_of(tmall_panel, count, counted).tolist() == counted.tolist()
    assert cells_of(tmall_panel, users, distinct).tolist() == distinct.tolist()
    assert np.nansum(tmall_panel[count], dtype=np.float64) == len(log)
    assert np.nansum(tmall_panel[users], dtype=np.float64) == distinct.sum()


def test_whole_weeks_of_tmall_count_each_user_once(tmall):
    with pytest.warns(C2MWarning):
        panel = build_panel(read_events(tmall, **TMALL), freq="W")
    log = pd.read_parquet(tmall).query("event == 'view'")
    week = log["date"] - pd.to_timedelta(log["date"].dt.day_of_week, unit="D")
    by = [log["brand_id"].astype(str).rename("sku"), week.rename("period")]
    distinct = log["user_id"].groupby(by).nunique()
    inside = distinct[distinct.index.get_level_values("period").isin(panel.periods)]
    assert len(inside) > 0.9 * len(distinct)
    assert cells_of(panel, "view_users", inside).tolist() == inside.tolist()


@pytest.fixture(scope="module")
def retail(shared_data):
    """Name cancellations by their kind, as a shop would; two bookings of bad debt stay in."""
    path = shared_data / "uci_online_retail" / "transactions.parquet"
    log = pd.read_parquet(path)
    back = log["InvoiceNo"].str.startswith("C") | (log["Quantity"] < 0)
    log["event_type"] = np.where(back, "return", "purchase")
    log["Quantity"] = log["Quantity"].abs()
    return log


@pytest.fixture(scope="module")
def retail_panel(retail):
    events = read_events(retail, **RETAIL, on_bad="set_aside")
    with pytest.warns(C2MWarning) as caught:
        panel = build_panel(events, freq="D")
    return panel, [str(one.message) for one in caught]


def test_negative_quantities_and_bad_debt_are_errors_that_say_what_to_do(retail):
    raw = retail.assign(Quantity=retail["Quantity"].where(retail["event_type"] != "return", -1))
    raw["event_type"] = "purchase"
    with pytest.raises(DataError) as caught:
        build_panel(read_events(raw, **RETAIL, on_bad="error"), freq="D")
    negative = int((retail["event_type"] == "return").sum())
    assert f"{negative:,} of 541,909 rows: 'Quantity' below 0" in str(caught.value)
    assert "2 of 541,909 rows: 'UnitPrice' below 0" in str(caught.value)


@pytest.mark.parametrize(("kind", "channel"), [("purchase", "sales"), ("return", "returns")])
def test_units_of_online_retail_are_conserved(retail, retail_panel, kind, channel):
    panel, _ = retail_panel
    log = retail[(retail["event_type"] == kind) & (retail["UnitPrice"] >= 0)]
    day = log["InvoiceDate"].dt.normalize().rename("period")
    units = log.groupby([log["StockCode"].astype(str).rename("sku"), day])["Quantity"].sum()
    assert cells_of(panel, channel, units).tolist() == units.tolist()
    assert np.nansum(panel[channel], dtype=np.float64) == log["Quantity"].sum()


def test_revenue_of_online_retail_is_conserved(retail, retail_panel):
    panel, _ = retail_panel
    log = retail[(retail["event_type"] == "purchase") & (retail["UnitPrice"] >= 0)]
    money = (log["Quantity"] * log["UnitPrice"]).sum()
    assert np.nansum(panel["revenue"], dtype=np.float64) == pytest.approx(money, rel=1e-6)


def test_unknown_customers_and_closed_days_are_counted(retail, retail_panel):
    panel, messages = retail_panel
    unknown = retail["CustomerID"].isna() & (retail["UnitPrice"] >= 0)
    assert any(f"{unknown.sum():,} of 541,907 events have no user" in text for text in messages)
    assert any("2 of 541,909 events are set aside" in text for text in messages)
    assert any("days have no event of any kind" in text for text in messages)
    log = retail[(retail["event_type"] == "purchase") & (retail["UnitPrice"] >= 0)]
    day = log["InvoiceDate"].dt.normalize().rename("period")
    buyers = log.groupby([log["StockCode"].astype(str).rename("sku"), day])["CustomerID"].nunique()
    assert cells_of(panel, "purchase_users", buyers).tolist() == buyers.tolist()


# ---------------------------------------------------------------- to the forecast


def best_sellers(panel, count):
    order = np.argsort(-np.nansum(panel["sales"], axis=1), kind="stable")[:count]
    return panel.select([panel.skus[row] for row in order])


@pytest.mark.filterwarnings("ignore::c2m.errors.C2MWarning")
def test_a_forecast_from_tmall_is_of_the_size_of_its_last_weeks(tmall_panel):
    panel = best_sellers(tmall_panel, 60)
    demand = forecast_demand(panel, horizon=7, windows=1)
    assert demand.keys["sku"].tolist() == panel.skus
    assert demand.periods[0] == panel.cutoff + pd.Timedelta(days=1)
    recent = np.nanmean(panel["sales"][:, -28:]) * 7
    assert demand.mean.sum() / len(panel.skus) == pytest.approx(recent, rel=0.6)
    assert "picked" in demand.notes[-1]


@pytest.mark.filterwarnings("ignore::c2m.errors.C2MWarning")
def test_a_forecast_from_online_retail_is_of_the_size_of_its_last_weeks(retail):
    events = read_events(retail, **RETAIL, on_bad="set_aside")
    panel = best_sellers(build_panel(events, freq="W", complete=True), 60)
    demand = forecast_demand(panel, horizon=4, windows=1)
    assert demand.keys["sku"].tolist() == panel.skus
    recent = np.nanmean(panel["sales"][:, -8:]) * 4
    assert demand.mean.sum() / len(panel.skus) == pytest.approx(recent, rel=0.6)
    assert "picked" in demand.notes[-1]
