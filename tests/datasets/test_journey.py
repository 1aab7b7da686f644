import json
import tomllib

import numpy as np
import pandas as pd
import pytest

from c2m.datasets import Journey, load_journey
from c2m.datasets.journey import FOLDER


@pytest.fixture(scope="module")
def journey() -> Journey:
    return load_journey()


@pytest.fixture(scope="module")
def purchases(journey: Journey) -> pd.DataFrame:
    return journey.events[journey.events["event_type"] == "purchase"]


def test_every_week_of_the_year_is_whole_and_only_christmas_has_no_sale(
    journey: Journey, purchases: pd.DataFrame
) -> None:
    day = purchases["event_time"].dt.tz_convert(journey.tz).dt.tz_localize(None).dt.normalize()
    all_days = pd.date_range("2017-01-02", "2017-12-31")
    assert all_days.difference(pd.DatetimeIndex(day.unique())).tolist() == [
        pd.Timestamp("2017-12-25")
    ]
    assert day.min() == all_days[0]
    weeks = journey.calendar.ordinal(day.to_numpy())
    assert len(np.unique(weeks)) == 52


def test_codes_are_text_and_known_and_event_ids_are_unique(journey: Journey) -> None:
    for name in ("event_id", "sku", "user_key", "order_id", "store_id"):
        assert journey.events[name].map(type).eq(str).all(), name
    assert journey.events["event_id"].is_unique
    assert set(journey.events["sku"]) == set(journey.products["sku"])
    assert journey.products["sku"].is_monotonic_increasing


def test_quantities_are_pieces_and_prices_are_money(purchases: pd.DataFrame) -> None:
    assert purchases["quantity"].between(1, 31).all()
    assert purchases["unit_price"].between(0, 15).all()
    assert purchases[["discount", "coupon_discount"]].ge(0).all().all()


def test_exposure_has_every_sku_and_week_once_as_a_share(journey: Journey) -> None:
    exposure = journey.exposure
    assert not exposure.duplicated(["sku", "period"]).any()
    assert len(exposure) == 52 * len(journey.products)
    assert exposure["period"].dt.day_of_week.eq(0).all()
    for name in ("display", "mailer"):
        assert exposure[name].between(0, 1).all()
        assert exposure[name].gt(0).mean() > 0.05


def test_products_sell_more_in_weeks_in_which_they_are_in_the_mailer(
    journey: Journey, purchases: pd.DataFrame
) -> None:
    day = purchases["event_time"].dt.tz_convert(journey.tz).dt.tz_localize(None)
    period = pd.DatetimeIndex(journey.calendar.label(journey.calendar.ordinal(day.to_numpy())))
    sales = purchases.groupby([purchases["sku"].to_numpy(), period])["quantity"].sum()
    table = journey.exposure.set_index(["sku", "period"])
    table = table.assign(sales=sales.reindex(table.index).fillna(0).to_numpy())
    mean = table["sales"] / table.groupby("sku")["sales"].transform("mean")
    lift = mean[table["mailer"] > 0.5].mean() / mean[table["mailer"] == 0].mean()
    later = mean.groupby("sku").shift(-2)
    assert lift > 1.2
    assert lift > later[table["mailer"] > 0.5].mean() / later[table["mailer"] == 0].mean()


def test_the_head_was_chosen_by_the_first_half_year_alone(
    journey: Journey, purchases: pd.DataFrame
) -> None:
    day = purchases["event_time"].dt.tz_convert(journey.tz).dt.tz_localize(None)
    early = purchases[day < "2017-07-03"].groupby("sku")["quantity"].sum()
    units = journey.products["sku"].map(early).fillna(0)
    assert (units >= 78).tolist() == (journey.products["selection"] == "head").tolist()


def test_the_sources_file_names_every_count_of_the_rebuild() -> None:
    counts = json.loads((FOLDER / "counts.json").read_text())
    text = (FOLDER.parent / "SOURCES.md").read_text(encoding="utf-8")
    missing = {name: n for name, n in counts.items() if n and f"{n:,}" not in text}
    assert missing == {"products of the fourteen categories": 1918}
    assert f"{1918 - counts['products of the head']:,}" in text


def test_the_sample_stays_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 3 * 2**20


def test_the_factory_makes_every_product_at_a_cost_below_its_price(journey: Journey) -> None:
    factory = tomllib.loads(journey.factory_path.read_text(encoding="utf-8"))
    products, routings = (pd.DataFrame(factory[name]) for name in ("products", "routings"))
    assert products["sku"].tolist() == journey.products["sku"].tolist()
    assert products["price"].tolist() == journey.products["usual_price"].tolist()
    assert (products["unit_cost"] < products["price"]).all()
    assert (products["end_value"] < products["unit_cost"]).all()
    assert routings["line"].tolist() == journey.products["line"].tolist()
    assert (routings["moq"] % routings["lot_multiple"] == 0).all()


def test_the_factory_is_short_in_regular_time_and_has_enough_with_overtime(
    journey: Journey, purchases: pd.DataFrame
) -> None:
    factory = tomllib.loads(journey.factory_path.read_text(encoding="utf-8"))
    routings = pd.DataFrame(factory["routings"]).set_index("sku")
    weekly = purchases.groupby("sku")["quantity"].sum() / 52
    minutes = (weekly * routings["unit_time"]).groupby(routings["line"]).sum()
    for line in factory["lines"]:
        used = minutes[line["line"]] / line["capacity"]
        with_overtime = minutes[line["line"]] / (line["capacity"] + line["overtime_limit"])
        assert used > 0.8
        assert with_overtime < 0.9
