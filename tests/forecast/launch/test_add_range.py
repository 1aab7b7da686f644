import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from c2m.errors import ArgumentError, C2MWarning, DataError
from c2m.forecast.launch.add_range import add_range
from c2m.forecast.launch.launch import LaunchModel
from c2m.forecast.launch.ranges import read_range
from c2m.panel import Panel
from c2m.periods import Calendar


def sold(*, places: bool = False, price: bool = False) -> Panel:
    names = ["COAT", "HAT"]
    keys = pd.DataFrame({"sku": [f"{name}-red" for name in names]})
    styles = list(names)
    if places:
        keys = pd.DataFrame(
            {"sku": ["COAT-red", "COAT-red", "HAT-red"], "location": ["Paris", "Rome", "Oslo"]}
        )
        styles = ["COAT", "COAT", "HAT"]
    chance = np.random.default_rng(0)
    level = np.array([20.0, 20.0, 5.0]) if places else np.array([20.0, 5.0])
    channels = {"sales": chance.poisson(level[:, None], (len(keys), 30)).astype(float)}
    if price:
        channels["price"] = np.full((len(keys), 30), 10.0)
    calendar = Calendar.of("W")
    return Panel(
        keys=keys,
        calendar=calendar,
        first=int(calendar.ordinal("2026-08-03")),
        n_periods=30,
        channels=channels,
        attributes=pd.DataFrame(
            {"style": styles, "category": ["warm" if s == "COAT" else "head" for s in styles]}
        ),
    )


def plan(**columns):
    base = {"style": ["CAPE"], "colours": ["blue"], "on_sale": ["2027-W12"], "exit": ["2027-W14"]}
    return read_range(pd.DataFrame({**base, **{k: [v] for k, v in columns.items()}}))


def test_new_skus_know_nothing_of_the_past_and_their_plan_ahead():
    panel = sold(price=True)
    with pytest.warns(C2MWarning, match="2 series of the panel have no such plan"):
        wider = add_range(panel, plan(price=99, like_styles="COAT"), sku="{style}-{colour}")
    assert wider.skus == ["CAPE-blue", "COAT-red", "HAT-red"]
    assert np.isnan(wider["sales"][0]).all()
    assert np.array_equal(wider["sales"][1:], panel["sales"])
    weeks = [str(day.date()) for day in wider.ahead[wider["on_sale"][0, 30:] == 1]]
    assert weeks == ["2027-03-22", "2027-03-29", "2027-04-05"]
    assert np.isnan(wider["price"][0, 30:][wider["on_sale"][0, 30:] == 0]).all()
    assert (wider["price"][0, 30:][wider["on_sale"][0, 30:] == 1] == 99).all()
    assert (wider["price"][1, 30:] == 10).all()


def test_attributes_come_from_the_range_and_else_from_like_styles_that_agree():
    wider = add_range(sold(), plan(like_styles="COAT"), sku="{style}-{colour}")
    row = wider.attributes.iloc[0]
    assert (row["style"], row["colour"], row["category"]) == ("CAPE", "blue", "warm")
    with pytest.warns(
        C2MWarning, match=r"no value of attributes that the panel has: 'category' \(1\)"
    ):
        wider = add_range(sold(), plan(like_styles="COAT; HAT"), sku="{style}-{colour}")
    assert pd.isna(wider.attributes["category"].iloc[0])


def test_a_sku_is_sold_where_its_like_styles_were():
    wider = add_range(sold(places=True), plan(like_styles="COAT"), sku="{style}-{colour}")
    own = wider.keys[wider.keys["sku"] == "CAPE-blue"]
    assert own["location"].tolist() == ["Paris", "Rome"]


def test_a_location_of_the_range_wins_and_without_any_it_is_everywhere():
    wider = add_range(
        sold(places=True), plan(like_styles="COAT", location="Oslo"), sku="{style}-{colour}"
    )
    assert wider.keys[wider.keys["sku"] == "CAPE-blue"]["location"].tolist() == ["Oslo"]
    with pytest.warns(C2MWarning) as caught:
        wider = add_range(sold(places=True), plan(category="warm"), sku="{style}-{colour}")
    assert "planned for all 3" in str(caught[0].message)
    assert (wider.keys["sku"] == "CAPE-blue").sum() == 3


def test_unknown_like_styles_and_places_are_named_with_what_was_meant():
    with pytest.raises(
        DataError, match=r"like-style 'COTA', which neither .* .did you mean 'COAT'"
    ):
        add_range(sold(), plan(like_styles="COTA"), sku="{style}-{colour}")
    with pytest.raises(DataError, match=r"'Pari' is not in the panel .did you mean 'Paris'"):
        add_range(sold(places=True), plan(location="Pari"), sku="{style}-{colour}")


def test_a_template_that_the_range_cannot_fill_says_what_to_type():
    with pytest.raises(ArgumentError, match=r"Pass sku='{style}-{colour}'"):
        add_range(sold(), plan())
    with pytest.raises(DataError, match="repeats the key"):
        add_range(sold(), plan(sizes="S;M", category="warm"), sku="{style}-{colour}")


def test_a_sku_that_is_there_keeps_its_history_and_gets_the_plan():
    range_ = plan(style="COAT", colours="red", category="warm")
    wider = add_range(sold(), range_, sku="{style}-{colour}")
    assert wider.skus == sold().skus
    assert np.array_equal(wider["sales"], sold()["sales"])
    assert np.nansum(wider["on_sale"][0, 30:]) == 3
    assert np.isnan(wider["on_sale"][1]).all()


def test_a_range_is_forecast_from_its_like_style_and_only_while_on_sale():
    wider = add_range(sold(), plan(like_styles="COAT"), sku="{style}-{colour}", ahead=26)
    demand = LaunchModel(26).fit(wider).predict(26)
    mean = demand.mean[0]
    open_weeks = wider["on_sale"][0, 30:56] == 1
    assert (mean[~open_weeks] == 0).all()
    other = add_range(sold(), plan(like_styles="HAT"), sku="{style}-{colour}", ahead=26)
    less = LaunchModel(26).fit(other).predict(26).mean[0]
    assert mean.sum() > 1.3 * less.sum() > 0


@pytest.mark.parametrize("template", ["{style", 3, "{style:d}", "{style!q}"])
def test_a_template_that_cannot_be_filled_is_told(template):
    sold = pd.DataFrame({"sku": "TEE", "period": ["2027-02-22"], "sales": [3]})
    panel = Panel.from_frame(sold, freq="W")
    range_ = read_range(pd.DataFrame({"style": ["TANK"], "on_sale": ["2027-W12"]}))
    with pytest.raises(ArgumentError, match="Expected sku="):
        add_range(panel, range_, sku=template)


def test_text_where_the_panel_has_numbers_is_refused_and_numbers_stay_numbers():
    panel = sold()
    panel = replace(panel, attributes=panel.attributes.assign(gsm=[300.0, 120.0]))
    for typed, weight in (("180", 180.0), ("", np.nan)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", C2MWarning)
            wider = add_range(panel, plan(category="warm", gsm=typed), sku="{style}-{colour}")
        assert np.array_equal(wider.attributes["gsm"], [weight, 300.0, 120.0], equal_nan=True)
    with pytest.raises(DataError, match=r"has no number in 'gsm'.*\n?.*'heavy'"):
        add_range(panel, plan(category="warm", gsm="heavy"), sku="{style}-{colour}")
