from dataclasses import fields
from datetime import date

import numpy as np
import pandas as pd
import pytest

from c2m.errors import ArgumentError, C2MWarning, DataError
from c2m.production.factory import (
    Budget,
    Factory,
    Group,
    GroupCapacity,
    Lane,
    Limit,
    Line,
    Markdown,
    Material,
    MaterialOrder,
    MaterialUse,
    Policy,
    PriceBreak,
    Product,
    Rate,
    Routing,
    SetupFamily,
)
from c2m.production.factory.markdowns import mean_end_value
from c2m.production.factory.tables import TABLES, columns

DAY = date(2026, 12, 1)
GROUPS = [Group("X", "G"), Group("Y", "G")]


def make(**changes):
    given = {
        "lines": [Line("A", 1000.0, "minutes", plant="P"), Line("B", 50.0, "dozens", plant="P")],
        "products": [Product("X", 20.0, 6.0, 4.0, department="D"), Product("Y", 30.0, 9.0, 9.0)],
        "routings": [Routing("X", "A", unit_time=2.0), Routing("Y", "A"), Routing("Y", "B")],
    }
    return Factory.from_frames(**{**given, **changes})


def problems(**changes):
    with pytest.raises(DataError) as caught:
        make(**changes)
    return caught.value.problems


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"routings": [Routing("X", "A", yield_share=0.0)]}, "'yield_share' not above 0"),
        ({"routings": [Routing("X", "A", yield_share=1.1)]}, "'yield_share' above 1"),
        ({"routings": [Routing("X", "A", lead_time_periods=3, lead_time_high=2)]}, "'2 < 3'"),
        ({"lanes": [Lane("*", "sea", lead_time_periods=3, lead_time_high=2)]}, "'2 < 3'"),
        ({"lanes": [Lane("Q", "sea"), Lane("P", "sea")]}, "has a 'plant' that is not in `lines`"),
        ({"lanes": [Lane("P", "sea"), Lane("P", "sea")]}, "repeats the key ('plant', 'mode')"),
        ({"lines": [Line("A", 1.0, "pieces", plant="*"), Line("B", 1.0, "pieces")],
          "routings": [Routing("X", "A")]}, "has the 'plant' '*', which means all of them"),
        ({"price_breaks": [PriceBreak("X", "B", 5, 1.0)]}, "about a SKU that no routing makes"),
        ({"price_breaks": [PriceBreak("X", "C", 5, 1.0)]}, "'line' that is not in `lines`"),
        ({"routings": [Routing("X", "A", max_lot=4)],
          "price_breaks": [PriceBreak("X", "A", 5, 1.0)]}, "'5 > 4'"),
        ({"markdowns": [Markdown("X", 10.0, 0.6), Markdown("X", 8.0, 0.6)]}, "sum to more than 1"),
        ({"markdowns": [Markdown("X", 21.0, 0.6)]}, "'price' above that of the product"),
        ({"markdowns": [Markdown("X", 5.0, 1.6)]}, "has 'share' above 1"),
        ({"material_orders": [MaterialOrder("F", DAY, 5.0)]}, "'material' that is not in"),
        ({"materials": [Material("F", "m")], "bill_of_materials": [MaterialUse("X", "F", 0.0)]},
         "'quantity' not above 0"),
        ({"budgets": [Budget("E", DAY, DAY, 5.0)]}, "'department' that is not in `products`"),
        ({"budgets": [Budget("D", DAY, date(2026, 11, 1), 5.0)]}, "'first_day' after 'last_day'"),
        ({"families": [SetupFamily("G")]}, "'family' that is not in `groups`"),
        ({"groups": GROUPS[:1], "families": [SetupFamily("G", "B")]}, "no routing makes on that"),
        ({"groups": GROUPS, "group_capacities": [GroupCapacity("G", 5.0, "minutes", "+")]},
         "counts minutes of a group that also runs on lines which do not"),
        ({"limits": [Limit("sku", "Y", "+", setup_time=3.0)]}, "which no line can be charged"),
        ({"routings": [Routing("X", "A", currency="USD")]}, "'currency' that is not in `rates`"),
        ({"rates": [Rate("EUR", DAY, 2.0)], "currency": "EUR"}, "the factory's own 'currency'"),
        ({"rates": [Rate("USD", DAY, 2.0)]}, "the factory's own currency is not known"),
        ({"routings": [Routing("Y", "B", moq=601)]}, "Y on B: 50.0833 > 50 dozens"),
        ({"lines": [Line("A", 1.0, "pieces"), Line("+", 1.0, "pieces")],
          "routings": [Routing("X", "A")]}, "which means all lines together"),
    ],
)  # fmt: skip
def test_each_contradiction_is_one_problem(changes, text):
    (found,) = problems(**changes)
    assert text in found


def test_problems_of_all_tables_come_at_once():
    found = problems(
        materials=pd.DataFrame({"material": ["F", "F"], "unit": "m", "moq": [-1.0, 0.0]}),
        bill_of_materials=[MaterialUse("Z", "F", 1.0), MaterialUse("X", "W", 1.0)],
        lanes=pd.DataFrame({"plant": ["P"], "mode": ["sea"], "transport": [3.0]}),
        budgets=pd.DataFrame({"department": ["D"], "first_day": ["soon"], "amount": [1.0]}),
        rates=[Rate("USD", DAY, 0.0)],
        currency="EUR",
    )
    expected = [
        "materials: 1 of 2 rows has 'moq' below 0 (first: row 0, 'F: -1.0')",
        "materials: 1 of 2 rows repeats the key ('material') (first: row 1, 'F')",
        "bill_of_materials: 1 of 2 rows has a 'sku' that is not in `products` (first: row 0, 'Z')",
        "bill_of_materials: 1 of 2 rows has a 'material' that is not in `materials`",
        "lanes: unknown column 'transport' (did you mean 'transport_cost'?)",
        "budgets: no column 'last_day'",
        "budgets: 1 of 1 row has no day in 'first_day' (first: row 0, 'soon')",
        "rates: 1 of 1 row has 'rate' not above 0 (first: row 0, 'USD: 0.0')",
    ]
    for start in expected:
        assert any(each.startswith(start) for each in found), (start, found)
    assert len(found) == len(expected), found


def test_cells_that_may_be_empty_are_checked_where_they_are_not():
    frame = pd.DataFrame(
        {"material": ["F", "G", "H"], "unit": "m", "commit_by": [None, "2026-12-24", "soon"]}
    )
    assert problems(materials=frame) == [
        "materials: 1 of 3 rows has no day in 'commit_by' (first: row 2, 'soon')"
    ]
    table = make(materials=frame[:2]).materials
    assert table["commit_by"].tolist() == [pd.NaT, pd.Timestamp("2026-12-24")]
    assert table["currency"].isna().all()
    products = pd.DataFrame({"sku": ["X", "Y"], "price": 9.0, "unit_cost": 1.0, "end_value": 0.0})
    known = make(products=products.assign(department=["D", np.nan])).products
    assert known["department"].isna().tolist() == [False, True]
    assert "another kind of value" in problems(products=products.assign(department=[1.5, "D"]))[0]


def test_a_factory_without_the_new_tables_says_what_it_said_before():
    factory = make()
    later = set(TABLES) - {"lines", "products", "routings"}
    assert all(getattr(factory, name).empty for name in later)
    for name in later:
        wanted = [each.name for each in fields(TABLES[name])]
        assert list(getattr(factory, name).columns) == wanted
        kinds = {each.name: each.kind for each in columns(TABLES[name])}
        dated = [each for each, kind in kinds.items() if kind == "date"]
        assert all(getattr(factory, name)[each].dtype.kind == "M" for each in dated)
    assert factory.policy == Policy()


def test_tables_that_were_not_given_are_not_shared_between_factories():
    first = make()
    first.lanes["mode"] = pd.Series(["changed"])
    assert make().lanes.empty


@pytest.mark.parametrize(
    ("terms", "text"),
    [
        ({"fill_rate": 1.0}, "Expected 0 < fill_rate < 1, got 1.0"),
        ({"fill_rate": 0.9, "cycle_service_level": 0.9}, "got both"),
        ({"frozen_periods": -1}, "whole number frozen_periods >= 0, got -1"),
        ({"lead_time_level": 0.4}, "Expected 0.5 <= lead_time_level < 1, got 0.4"),
    ],
)
def test_a_policy_refuses_what_it_cannot_mean(terms, text):
    with pytest.raises(ArgumentError, match=text):
        Policy(**terms)


def test_a_factory_takes_a_policy_and_nothing_else_for_one():
    assert make(policy=Policy(fill_rate=0.95)) != make()
    with pytest.raises(ArgumentError, match=r"Expected policy to be a Policy, got 0\.95"):
        make(policy=0.95)


def test_the_mean_of_a_ladder_equals_selling_it_step_by_step():
    rng = np.random.default_rng(2)
    products = pd.DataFrame({"sku": list("ABC"), "end_value": [1.0, -2.0, 3.0]})
    steps = pd.DataFrame({"sku": list("AAABB"), "price": rng.uniform(1, 9, 5),
                          "share": [0.25, 0.25, 0.25, 0.5, 0.5]})  # fmt: skip
    worth = mean_end_value(products, steps)
    for number, product in products.iterrows():
        rungs = [row for row in steps.itertuples() if row.sku == product["sku"]]
        sold = sum(row.share * 400 * row.price for row in rungs)
        left = 400 - sum(row.share * 400 for row in rungs)
        assert worth[number] == pytest.approx((sold + left * product["end_value"]) / 400)


def test_markdowns_that_make_leftovers_a_business_are_warned_about():
    with pytest.warns(
        C2MWarning, match=r"1 of 2 products has an 'end_value' above .* \(first: 'X'"
    ):
        make(markdowns=[Markdown("X", 15.0, 0.5)])


def test_a_factory_counts_its_tables_by_name():
    text = repr(make(groups=GROUPS, families=[SetupFamily("G")], lanes=[Lane("P", "sea")]))
    assert "1 set-up family, 1 lane, freq" in text
