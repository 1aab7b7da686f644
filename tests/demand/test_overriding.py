from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import c2m
from c2m.demand import override_demand
from c2m.distribution import GammaPoisson, LevelSets, PathSet, QuantileCurves

WEEK = c2m.Calendar.of("W")
MEAN = np.array([[4.0, 6.0, 8.0], [1.0, 3.0, 2.0], [5.0, 5.0, 5.0]])


def make(law=None):
    return c2m.Demand(
        keys=pd.DataFrame({"sku": ["007", "3-4", "B"]}),
        calendar=WEEK,
        first=int(WEEK.ordinal("2026-11-23")),
        law=law or GammaPoisson(MEAN, 0.3, 0.1),
        attributes=pd.DataFrame({"style": ["TEE", "TEE", "HAT"]}),
    )


def rows(**columns):
    return pd.DataFrame({name: [value] for name, value in columns.items()})


def laws():
    paths = np.random.default_rng(1).poisson(MEAN, (400, 3, 3)).astype(np.float32)
    quantiles = np.stack([MEAN * 0.5, MEAN, MEAN * 1.6], axis=-1)
    counts = GammaPoisson(MEAN, 0.3, 0.1)
    curves = np.sort(np.random.default_rng(2).gamma(2, 20, (3, 50)), axis=1)
    one = np.ones((3, 3))
    return {
        "counts": counts,
        "paths": PathSet(paths),
        "quantiles": QuantileCurves(np.array([0.1, 0.5, 0.9]), quantiles, 0.4),
        "level sets": LevelSets(counts, one, one, np.linspace(0.01, 0.99, 50), curves),
    }


@pytest.mark.parametrize("name", ["counts", "paths", "quantiles"])
def test_every_law_gets_the_units_that_were_set_and_keeps_its_relative_spread(name):
    demand = make(laws()[name])
    known = override_demand(demand, rows(style="TEE", units=96.0))
    assert known.demand.mean[:2].sum() == pytest.approx(96.0)
    assert known.demand.mean[2] == pytest.approx(demand.mean[2])
    ratio = known.demand.mean[:2] / demand.mean[:2]
    assert ratio == pytest.approx(np.full((2, 3), ratio[0, 0]))
    wide = [
        each.quantiles([0.1, 0.9])[0] / each.mean[0][:, None] for each in (demand, known.demand)
    ]
    assert wide[0] == pytest.approx(wide[1], abs=0.35 if name == "counts" else 1e-6)


def test_a_month_means_the_periods_whose_first_day_lies_in_it():
    known = override_demand(make(), rows(month="2026-11", change=1.0))
    assert known.demand.mean.tolist() == [[8.0, 12.0, 8.0], [2.0, 6.0, 2.0], [10.0, 10.0, 5.0]]
    assert known.table.loc[0, ["first", "last"]].tolist() == list(make().periods[:2])


def test_from_and_to_are_first_days_and_both_count():
    known = override_demand(
        make(), rows(sku="B", **{"from": "2026-11-30", "to": "2026-12-07"}, units=0)
    )
    assert known.demand.mean[2].tolist() == [5.0, 0.0, 0.0]


def test_the_original_is_kept_apart():
    demand = make()
    known = override_demand(demand, rows(sku="007", change=-0.5, remark="no campaign"))
    assert known.original is demand
    assert demand.mean.tolist() == MEAN.tolist()
    told = known.to_frame().iloc[0]
    assert (told["was"], told["set"], told["factor"], told["remark"]) == (18, 9, 0.5, "no campaign")


def test_what_was_set_before_can_be_set_again():
    known = override_demand(make(), rows(style="TEE", change=0.5))
    again = override_demand(make(), known.to_frame())
    assert again.demand == known.demand
    assert list(again.table) == list(known.table)


@settings(max_examples=25, deadline=None)
@given(st.floats(0, 1e6), st.sampled_from(["007", "3-4", "B"]))
def test_units_that_are_set_are_what_is_expected(units, sku):
    known = override_demand(make(), rows(sku=sku, units=units))
    others = [row for row, code in enumerate(make().skus) if code != sku]
    assert known.demand.select([sku]).mean.sum() == pytest.approx(units)
    assert known.demand.mean[others].tolist() == MEAN[others].tolist()


def test_people_are_scored_against_the_forecast_they_changed():
    known = override_demand(
        make(),
        pd.DataFrame({"sku": ["007", "B"], "change": [0.5, 1.0]}),
    )
    came = pd.DataFrame(
        {"sku": ["007", "B", "3-4"], "period": "2026-11-23", "sales": [6.0, 5.0, 1.0]}
    )
    score = known.score(came)
    assert score["cells"].tolist() == [1, 1, 2]
    assert score["error_original"].tolist() == [2.0, 0.0, 2.0]
    assert score["error_set"].tolist() == [0.0, 5.0, 5.0]
    assert score["better"].tolist() == [True, False, False]
    assert score.loc["1", "loss_set"] < score.loc["1", "loss_original"]


def test_sales_of_other_series_are_left_out_with_their_count():
    known = override_demand(make(), rows(sku="007", change=0.5))
    came = pd.DataFrame({"sku": ["007", "X"], "period": "2026-11-23", "sales": [6.0, 5.0]})
    with pytest.warns(c2m.C2MWarning, match="1 of 2 rows is of no series and period"):
        assert known.score(came).loc["all", "cells"] == 1
    with pytest.raises(c2m.DataError, match="no row is of the forecast's series"):
        known.score(came.iloc[1:])


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (rows(sku="7", change=0.1), r"has a 'sku' that the forecast does not have.*'7'"),
        (rows(style="TEA", change=0.1), r"did you mean 'TEE'"),
        (rows(stile="TEE", change=0.1), r"column 'stile' is no key and no attribute.*'style'"),
        (rows(month="Dec", change=0.1), r"has no month \(first: row 0, 'Dec'\)"),
        (rows(month="2027-06", change=0.1), r"means no periods of the forecast"),
        (rows(**{"from": "2026-11-24"}, change=0.1), r"no first day of a 'W' period"),
        (rows(**{"from": "soon"}, change=0.1), r"has no day in 'from'"),
        (rows(month="2026-11", to="2026-11-30", change=0.1), r"has both a 'month' and a 'to'"),
        (rows(sku="B"), r"sets nothing"),
        (rows(sku="B", units=4, change=0.1), r"has both 'units' and 'change'"),
        (rows(sku="B", units=-4), r"'units' below 0"),
        (rows(sku="B", change=-2), r"'change' below -1"),
        (rows(sku="B", units="many"), r"has no number in 'units'"),
        (pd.DataFrame({"sku": ["B", ""], "change": [0.1, 0.2]}), r"cells that an earlier row sets"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_row(table, message):
    with pytest.raises(c2m.DataError, match=message):
        override_demand(make(), table)


def test_units_without_any_forecast_are_refused():
    demand = make(GammaPoisson(np.zeros((3, 3)), 0.3, 0.1))
    with pytest.raises(c2m.DataError, match="where the forecast expects none"):
        override_demand(demand, rows(sku="B", units=5))
    assert override_demand(demand, rows(sku="B", units=0)).demand == demand


def test_only_a_forecast_can_be_overridden():
    with pytest.raises(c2m.ArgumentError, match=r"Expected a forecast \(c2m.Demand\) first"):
        override_demand(MEAN, rows(sku="B", units=5))


def test_attributes_come_with_the_table_of_a_forecast():
    frame = pd.DataFrame(
        {"sku": ["A", "A", "B", "B"], "path": [0, 1, 0, 1], "period": "2026-11-23",
         "demand": [1, 2, 3, 4], "style": ["T", "T", "H", "H"]}
    )  # fmt: skip
    demand = c2m.Demand.from_frame(frame, freq="W", path="path", attributes="style")
    assert demand.attributes["style"].tolist() == ["T", "H"]
    with pytest.raises(c2m.DataError, match="has another 'style' than the first row of its series"):
        c2m.Demand.from_frame(
            frame.assign(style=["T", "H", "H", "H"]), freq="W", path="path", attributes=["style"]
        )


@pytest.mark.parametrize(
    ("row", "past"),
    [
        ({"month": "2026-12"}, True),
        ({"from": "2026-11-30", "to": "2026-12-14"}, True),
        ({"from": "2026-11-16"}, True),
        ({"from": "2026-11-30", "to": "2026-12-07"}, False),
        ({}, False),
    ],
)
def test_units_for_more_periods_than_the_forecast_has_are_told(row, past):
    given = rows(**row, units=90.0)
    if not past:
        assert override_demand(make(), given).table["set"].tolist() == [90.0]
        return
    with pytest.warns(c2m.C2MWarning, match=r"1 of 1 demand override .* \(first: row 0\)"):
        override_demand(make(), given)
    shares = rows(**row, change=0.1)
    assert override_demand(make(), shares).table["factor"].tolist() == [pytest.approx(1.1)]


def test_an_attribute_may_be_called_as_what_is_said_of_an_override():
    lines = pd.DataFrame({"series": ["X", "Y", "X"], "size": [8.0, 10.0, np.nan]})
    demand = replace(make(), attributes=lines)
    known = override_demand(demand, rows(series="X", change=1.0))
    assert known.demand.mean[1].tolist() == MEAN[1].tolist()
    assert known.table["series"].tolist() == ["X"]
    again = override_demand(demand, known.table)
    assert again.demand.mean.tolist() == known.demand.mean.tolist()


@pytest.mark.parametrize("size", ["8", 8, 8.0])
def test_a_size_is_the_same_as_text_and_as_number(size):
    demand = replace(make(), attributes=pd.DataFrame({"size": [8.0, 8.5, np.nan]}))
    known = override_demand(demand, rows(size=size, change=1.0))
    assert known.demand.mean[0].tolist() == (2 * MEAN[0]).tolist()
    assert known.demand.mean[1:].tolist() == MEAN[1:].tolist()


@pytest.mark.parametrize("value", [True, "many", "10%"])
def test_what_is_no_number_is_told(value):
    with pytest.raises(c2m.DataError, match=f"has no number in 'units'.*row 0, '{value}'"):
        override_demand(make(), pd.DataFrame({"units": [value]}, dtype="object"))
