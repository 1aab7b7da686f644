from dataclasses import fields
from datetime import date, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c2m.errors import ArgumentError, C2MWarning, DataError
from c2m.production.factory import (
    Factory,
    Group,
    Limit,
    Line,
    Policy,
    Prepack,
    PriceBreak,
    Product,
    Routing,
    Shutdown,
)
from c2m.production.factory.example import EXAMPLE
from c2m.production.factory.tables import TABLES, columns

LINES = [Line("A", 1000.0, "minutes", overtime_limit=100.0), Line("B", 500.0, "pieces")]
PRODUCTS = [Product("X", 20.0, 6.0, 4.0), Product("Y", 30.0, 9.0, 9.0)]
ROUTINGS = [Routing("X", "A", unit_time=2.0), Routing("Y", "A"), Routing("Y", "B")]


def make(**changes):
    given = {"lines": LINES, "products": PRODUCTS, "routings": ROUTINGS}
    return Factory.from_frames(**{**given, **changes})


def problems(**changes):
    with pytest.raises(DataError) as caught:
        make(**changes)
    return caught.value.problems


def only_problem(**changes):
    found = problems(**changes)
    assert len(found) == 1, found
    return found[0]


def test_a_factory_from_rows_equals_one_from_frames():
    frames = {
        "lines": pd.DataFrame({"line": ["A", "B"], "capacity": [1000, 500],
                               "unit": ["minutes", "pieces"], "overtime_limit": [100.0, 0.0]}),
        "products": pd.DataFrame({"sku": ["X", "Y"], "price": [20, 30], "unit_cost": [6, 9],
                                  "end_value": [4, 9]}),
        "routings": pd.DataFrame({"unit_time": [2.0, 1.0, 1.0], "sku": ["X", "Y", "Y"],
                                  "line": pd.Categorical(["A", "A", "B"])}),
    }  # fmt: skip
    assert make() == Factory.from_frames(**frames)
    assert make() != make(currency="EUR")
    assert make() != make(routings=ROUTINGS[::-1])


def test_tables_have_the_fields_of_their_rows_with_fixed_types():
    factory = make()
    for name, row in TABLES.items():
        frame = getattr(factory, name)
        assert list(frame.columns) == [each.name for each in fields(row)]
    dtypes = factory.routings.dtypes.astype(str).to_dict()
    assert dtypes["moq"] == dtypes["lot_multiple"] == dtypes["lead_time_periods"] == "int64"
    assert dtypes["max_lot"] == dtypes["unit_time"] == "float64"
    assert factory.routings["max_lot"].tolist() == [np.inf] * 3
    assert factory.limits.empty
    assert factory.shutdowns.dtypes["first_day"] == np.dtype("datetime64[s]")


def test_polars_and_arrow_frames_are_read():
    polars = pytest.importorskip("polars")
    pyarrow = pytest.importorskip("pyarrow")
    lines = {"line": ["A", "B"], "capacity": [1000, 500], "unit": ["minutes", "pieces"],
             "overtime_limit": [100.0, 0.0]}  # fmt: skip
    assert make(lines=polars.DataFrame(lines)) == make(lines=pyarrow.table(lines)) == make()


def test_every_column_says_what_it_means_and_numbers_have_a_unit():
    for row in TABLES.values():
        for column in columns(row):
            assert column.help.endswith("."), (row, column.name)
            assert (column.unit != "") == (column.kind in {"number", "whole"}), column


def test_codes_keep_zeros_and_blanks_and_whole_numbers_become_digits():
    products = pd.DataFrame(
        {"sku": ["007", " 7", "6-8"], "price": 9.0, "unit_cost": 1.0, "end_value": 0.0}
    )
    numbered = pd.DataFrame({"sku": [7, 8], "price": 9.0, "unit_cost": 1.0, "end_value": 0.0})
    routed = make(products=products, routings=[Routing("007", "A")])
    assert routed.products["sku"].tolist() == ["007", " 7", "6-8"]
    digits = make(products=numbered, routings=pd.DataFrame({"sku": [7], "line": ["A"]}))
    assert digits.products["sku"].tolist() == ["7", "8"]


def test_all_problems_of_all_tables_are_reported_at_once():
    found = problems(
        lines=[Line("A", -1.0, "hours"), Line("A", 5.0, "minute")],
        products=[Product("X", 20.0, np.nan, 4.0), Product("", 1.0, 1.0, 1.0)],
        routings=pd.DataFrame({"sku": ["X", "Z"], "lin": ["A", "A"], "lot_multiple": [0, 1.5]}),
        shutdowns=[Shutdown("C", "2026-12-31", "2026-12-24")],
        groups=[Group("Q", "G")],
        limits=[Limit("group", "GG"), Limit("style", "G")],
    )
    expected = [
        "lines: 1 of 2 rows has 'capacity' below 0 (first: row 0, 'A: -1.0')",
        "lines: 2 of 2 rows have an unknown 'unit' (first: row 0, 'hours')",
        "lines: 1 of 2 rows repeats the key ('line') (first: row 1, 'A')",
        "products: 1 of 2 rows has no 'unit_cost' (first: row 0)",
        "products: 1 of 2 rows has an empty 'sku' (first: row 1)",
        "routings: unknown column 'lin' (did you mean 'line'?)",
        "routings: no column 'line' (did you mean 'lin'?)",
        "routings: 1 of 2 rows has 'lot_multiple' below 1 (first: row 0, 'X: 0.0')",
        "routings: 1 of 2 rows has a fraction in 'lot_multiple' (first: row 1, 'Z: 1.5')",
        "routings: 1 of 2 rows has a 'sku' that is not in `products` (first: row 1, 'Z')",
        "shutdowns: 1 of 1 row has a 'line' that is not in `lines` (first: row 0, 'C')",
        "shutdowns: 1 of 1 row has 'first_day' after 'last_day'",
        "groups: 1 of 1 row has a 'sku' that is not in `products` (first: row 0, 'Q')",
        "limits: 1 of 2 rows has an unknown 'scope' (first: row 1, 'style')",
        "limits: 1 of 2 rows has a 'name' that is not in `groups` (did you mean 'G'?)",
    ]
    for start in expected:
        assert any(each.startswith(start) for each in found), (start, found)
    assert len(found) == len(expected), found


def test_an_error_says_what_to_type():
    with pytest.raises(
        DataError, match=r"Fix: write 'unit' as one of 'minutes', 'pieces', 'dozens'$"
    ):
        make(lines=[Line("A", 5000.0, "hours"), LINES[1]])


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"lines": []}, "lines: the table has no rows"),
        ({"products": [Product("X", 20.0, 6.0, 21.0), PRODUCTS[1]]}, "keeping beats selling"),
        ({"lines": [*LINES, Line("*", 1.0, "pieces")]}, "which means every line"),
        ({"lines": [Line("A", np.inf, "minutes"), LINES[1]]}, "has an infinite 'capacity'"),
        ({"routings": [*ROUTINGS, Routing("X", "B", unit_time=0.0)]}, "'unit_time' not above 0"),
        ({"routings": [*ROUTINGS, Routing("X", "B", moq=50, max_lot=40)]}, "'40 < 50'"),
        ({"routings": [*ROUTINGS, Routing("X", "B", 1, moq=10, lot_multiple=7, max_lot=13)]},
         "'13 < 14'"),
        ({"routings": [*ROUTINGS, Routing("X", "B", moq=501)]}, "X on B: 501 > 500 pieces"),
        ({"routings": [*ROUTINGS, Routing("X", "B", lead_time_periods=-1)]}, "below 0"),
        ({"routings": [*ROUTINGS, ROUTINGS[0]]}, "repeats the key ('sku', 'line')"),
        ({"limits": [Limit("sku", "X", "B")]}, "is about something that no routing makes"),
        ({"limits": [Limit("sku", "Y", moq=501)]}, "Y on B: 501 > 500"),
        ({"groups": [Group("X", "G"), Group("Y", "G")],
          "limits": [Limit("group", "G", "A", moq=1090, setup_time=20.0)]}, "1,110 > 1,100"),
        ({"prepacks": [Prepack("P", "X", 2), Prepack("P", "Y", 100)],
          "limits": [Limit("prepack", "P", moq=11)]}, "P on A: 1,144 > 1,100 minutes"),
        ({"routings": ROUTINGS[1:], "prepacks": [Prepack("P", "X", 1)]}, "without a routing"),
        ({"routings": [Routing("X", "A"), Routing("Y", "B")],
          "prepacks": [Prepack("P", "X", 1), Prepack("P", "Y", 1)]}, "no line can make whole"),
        ({"prepacks": [Prepack("P", "X", 0)]}, "'units' below 1"),
        ({"shutdowns": [Shutdown("A", datetime(2026, 1, 1, 7), date(2026, 1, 2))]}, "no day in"),
        ({"shutdowns": [Shutdown("A", "1.5.2026", "2026-05-02")]}, "has no day in 'first_day'"),
    ],
)  # fmt: skip
def test_each_contradiction_is_one_problem(changes, text):
    assert text in only_problem(**changes)


def test_a_limit_and_a_routing_that_cannot_both_hold_are_a_problem():
    routings = [Routing("X", "A", lot_multiple=6, max_lot=10)]
    text = only_problem(routings=routings, limits=[Limit("sku", "X", lot_multiple=4)])
    assert "leaves no run that the SKU's routing allows as well" in text
    make(routings=routings, limits=[Limit("sku", "X", lot_multiple=3)])


@pytest.mark.parametrize(
    ("column", "values", "text"),
    [
        ("sku", [1.0, 2.0], "holds float64 values, which are no codes"),
        ("sku", [True, False], "holds bool values, which are no codes"),
        ("sku", [date(2026, 8, 6), "Y"], "has another kind of value than text"),
        ("sku", pd.to_datetime(["2026-08-06", "2026-08-07"]), "another kind of value than text"),
        ("sku", [None, "Y"], "has no 'sku'"),
        (
            "price",
            ["20", 30.0],
            "has text in 'price' that looks like a number (first: row 0, '20')",
        ),
        ("price", [True, True], "have no number in 'price'"),
        ("price", [np.inf, 30.0], "has an infinite 'price'"),
        ("price", [None, 30.0], "has no 'price'"),
    ],
)
def test_values_of_the_wrong_kind_are_refused(column, values, text):
    frame = pd.DataFrame(PRODUCTS).assign(**{column: values})
    assert any(text in each for each in problems(products=frame))


def test_a_list_of_other_rows_is_no_table():
    with pytest.raises(DataError, match="a list is not a table"):
        make(lines=PRODUCTS)


def test_a_fraction_is_no_limit_and_inf_is_none():
    assert "fraction in 'max_lot'" in only_problem(routings=[Routing("X", "A", max_lot=10.5)])
    assert make(routings=[Routing("X", "A", max_lot=10)]).routings["max_lot"].tolist() == [10.0]


def test_strange_money_is_warned_about():
    with pytest.warns(
        C2MWarning, match=r"1 of 2 products has an 'end_value' above .* \(first: 'X'"
    ):
        make(products=[Product("X", 20.0, 6.0, 7.0), PRODUCTS[1]])
    with pytest.warns(C2MWarning, match="making a unit costs more than not selling it"):
        make(products=[Product("X", 5.0, 6.0, 1.0), PRODUCTS[1]])


def test_settings_are_checked():
    with pytest.raises(ArgumentError, match="Expected currency to be text, got 3"):
        make(currency=3)
    with pytest.raises(ArgumentError, match="Expected freq"):
        make(freq="weekly")


def test_a_shutdown_takes_its_share_of_days_from_capacity_and_overtime():
    factory = make(
        shutdowns=[
            Shutdown("*", "2026-12-24", "2027-01-03"),
            Shutdown("B", "2026-12-23", "2026-12-26"),
            Shutdown("B", "2026-12-23", "2026-12-23"),
        ]
    )
    first = int(factory.calendar.ordinal("2026-12-14"))
    regular, overtime = factory.capacity(first, 4)
    expected = [[1000, 3000 / 7, 0, 1000], [500, 1000 / 7, 0, 500]]
    np.testing.assert_allclose(regular, expected)
    np.testing.assert_allclose(overtime, [[100, 300 / 7, 0, 100], [0, 0, 0, 0]])
    assert factory.summary()["days_shut"].tolist() == [11, 12]
    assert factory.summary()["skus"].tolist() == [2, 1]


days = st.dates(date(2026, 1, 1), date(2026, 4, 30))
spans = st.tuples(st.sampled_from(["A", "B", "*"]), days, days)


@settings(max_examples=30, deadline=None)
@given(spans=st.lists(spans, max_size=5), freq=st.sampled_from(["D", "W", "MS"]))
def test_capacity_equals_a_count_of_open_days(spans, freq):
    stops = [Shutdown(line, min(one, two), max(one, two)) for line, one, two in set(spans)]
    stops = list(dict.fromkeys(stops))
    factory = make(shutdowns=stops, freq=freq)
    first = int(factory.calendar.ordinal("2026-01-20"))
    regular, _ = factory.capacity(first, 3)
    for period in range(3):
        start, after = factory.calendar.label([first + period, first + period + 1])
        in_period = [day.item() for day in np.arange(start, after)]
        for number, line in enumerate(["A", "B"]):
            open_days = [
                day
                for day in in_period
                if not any(
                    stop.line in {line, "*"} and stop.first_day <= day <= stop.last_day
                    for stop in stops
                )
            ]
            share = len(open_days) / len(in_period)
            assert regular[number, period] == pytest.approx(LINES[number].capacity * share)


def test_capacity_needs_a_period():
    with pytest.raises(ArgumentError, match="Expected n_periods >= 1, got 0"):
        make().capacity(0, 0)


def test_a_factory_shows_itself():
    factory = make(currency="EUR", name="<plant>")
    assert repr(factory) == ("Factory('<plant>': 2 lines, 2 products, 3 routings, freq 'W', EUR)")
    assert "&lt;plant&gt;" in factory._repr_html_()
    assert "<plant>" not in factory._repr_html_()


def test_the_worked_example_is_a_factory():
    rows = dict(EXAMPLE)
    (plant,) = rows.pop("settings")
    facts = {name: getattr(plant, name) for name in ("freq", "currency", "name", "policy")}
    factory = Factory.from_frames(**rows, **facts)
    assert all(len(frame) for frame in factory.tables().values())


def test_a_hundred_thousand_skus_are_checked_in_seconds():
    n = 100_000
    sku = np.char.add("S", np.arange(n).astype(str))
    factory = Factory.from_frames(
        lines=LINES,
        products=pd.DataFrame({"sku": sku, "price": 9.0, "unit_cost": 3.0, "end_value": 1.0}),
        routings=pd.DataFrame({"sku": sku, "line": np.where(np.arange(n) % 2, "A", "B")}),
        groups=pd.DataFrame(
            {"sku": sku, "group": np.char.add("G", (np.arange(n) // 9).astype(str))}
        ),
        limits=pd.DataFrame({"scope": "group", "name": ["G0", "G5"], "moq": 20}),
    )
    assert len(factory.routings) == n


def test_tables_can_be_replaced_and_all_else_stays(simple_factory):
    factory = simple_factory(2)
    policy = Policy(frozen_periods=2)
    strict = Factory.from_frames(
        lines=factory.lines, products=factory.products, routings=factory.routings, policy=policy
    )
    shut = strict.with_tables(shutdowns=[Shutdown("L1", "2026-12-24", "2027-01-03")])
    assert shut.policy == policy
    assert len(shut.shutdowns) == 1
    assert shut.with_tables(shutdowns=[]) == strict
    assert strict.with_tables() == strict
    with pytest.raises(ArgumentError, match="did you mean 'shutdowns'"):
        strict.with_tables(shutdown=[])
    with pytest.raises(DataError, match=r"shutdowns: .* 'line' that is not in `lines`"):
        strict.with_tables(shutdowns=[Shutdown("L9", "2026-12-24", "2027-01-03")])


def test_a_number_out_of_range_names_its_sku(simple_factory):
    with pytest.raises(DataError, match=r"'unit_cost' below 0 \(first: row 0, 'S000: -8.0'\)"):
        simple_factory(2, product={"unit_cost": -8.0})
    with pytest.raises(
        DataError, match=r"'unit_time' not above 0 \(first: row 0, 'S000 L1: 0.0'\)"
    ):
        simple_factory(2, routing={"unit_time": 0.0})


def test_price_breaks_that_rise_are_told(simple_factory):
    tiers = [PriceBreak("S000", "*", 500, 5.0), PriceBreak("S000", "*", 100, 3.0)]
    with pytest.warns(C2MWarning, match="1 of 2 price breaks costs more a unit than a smaller run"):
        simple_factory(1, price_breaks=tiers)
