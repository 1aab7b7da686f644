from datetime import date

import pandas as pd
import pytest

from c2m.errors import C2MWarning, DataError
from c2m.production import (
    Budget,
    Factory,
    Group,
    Lane,
    Limit,
    Line,
    Material,
    MaterialUse,
    PriceBreak,
    Product,
    Rate,
    Routing,
)
from c2m.production.factory.costs import least_costs
from c2m.production.factory.notes import warn_about_tables

SIZES = ("TEE-S", "TEE-M", "TEE-L", "TEE-XL")


def make(**changes):
    rows = {
        "lines": [Line("A", 5000.0, "minutes", plant="HUE")],
        "products": [Product(sku, 20.0, 4.0, 4.5) for sku in SIZES],
        "routings": [Routing(sku, "A", 3.0) for sku in SIZES],
        "groups": [Group(sku, "TEE") for sku in SIZES],
        "limits": [Limit("group", "TEE", moq=100)],
        "materials": [Material("JERSEY", "m", unit_cost=2.0)],
        "bill_of_materials": [MaterialUse(sku, "JERSEY", 0.5) for sku in SIZES],
    }
    return Factory.from_frames(**{**rows, "currency": "EUR", **changes})


def notes(**changes):
    with pytest.warns(C2MWarning) as caught:
        warn_about_tables(make(**changes).tables())
    return [str(each.message) for each in caught]


@pytest.mark.parametrize(
    ("plant", "text"),
    [
        ("hue", "has a 'plant' for which `lanes` has no row (did you mean 'HUE'?) (first: row 1"),
        (None, "has no 'plant', and `lanes` has rows for 'HUE' only (first: row 1, 'B')"),
    ],
)
def test_a_line_from_which_no_lane_goes_is_an_error(plant, text):
    lines = [Line("A", 5000.0, "minutes", plant="HUE"), Line("B", 50.0, "minutes", plant=plant)]
    with pytest.raises(DataError) as caught:
        make(lines=lines, lanes=[Lane("HUE", "sea", 0.5)])
    assert len(caught.value.problems) == 1
    assert text in caught.value.problems[0]
    everywhere = [Lane("HUE", "sea", 0.5), Lane("*", "road", 0.1)]
    assert len(make(lines=lines, lanes=everywhere).lanes) == 2


def test_the_least_cost_counts_price_breaks_materials_yield_rates_and_the_cheapest_lane():
    factory = make(
        products=[Product(sku, 20.0, 4.0, 1.0) for sku in SIZES],
        routings=[
            Routing("TEE-S", "A", 3.0, yield_share=0.8),
            *(Routing(sku, "A", 3.0, currency="USD") for sku in SIZES[1:]),
        ],
        price_breaks=[PriceBreak("TEE-M", "*", 50, 3.0), PriceBreak("TEE-L", "A", 50, 6.0)],
        lanes=[Lane("HUE", "sea", 0.5, currency="USD"), Lane("HUE", "air", 3.0)],
        rates=[Rate("USD", date(2026, 1, 1), 0.9), Rate("USD", date(2027, 1, 1), 0.8)],
    )
    sea = 0.5 * 0.8
    wanted = [(4.0 + 1.0) / 0.8 + sea, 3.0 * 0.8 + 1.0 + sea, 4.0 + 1.0 + sea, 4.0 + 1.0 + sea]
    assert least_costs(factory.tables()).tolist() == pytest.approx(wanted)


def test_an_end_value_is_compared_with_all_that_a_unit_costs_and_counted_of_all_products():
    make()  # 4.5 is above the unit cost, and below it with the material
    with pytest.warns(C2MWarning, match=r"4 of 4 products have .*'TEE-S', 4.50 against 4.20\)"):
        make(materials=[Material("JERSEY", "m", unit_cost=0.4)])


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"routings": [Routing(sku, "A", 3.0) for sku in SIZES[1:]]},
         "1 of 4 products has no routing and cannot be planned: 'TEE-S'"),
        ({"groups": [*(Group(sku, "TEE") for sku in SIZES), Group("TEE-S", "TEEE")]},
         "1 of 2 groups has one SKU, and no limit, family or capacity: 'TEEE' (did you mean 'TEE'"),
        ({"bill_of_materials": [MaterialUse(sku, "JERSEY", 0.7) for sku in SIZES[1:]],
          "products": [Product(sku, 20.0, 5.0, 4.5) for sku in SIZES]},
         "1 of 4 products has no row in `bill_of_materials`, though all others of a group have"),
        ({"routings": [Routing(sku, "A", 0.05 if sku == "TEE-S" else 3.0) for sku in SIZES]},
         "1 of 4 rows has a 'unit_time' in `routings` that is ten times more or less"),
        ({"lines": [Line("A", 5000.0, "minutes", overtime_limit=10.0)]},
         "1 of 1 line has an 'overtime_limit' and no 'overtime_cost': 'A'"),
        ({"budgets": [Budget("*", date(2026, 12, 1), date(2026, 12, 31), 9e4),
                      Budget("*", date(2026, 12, 15), date(2027, 1, 15), 5e4)]},
         "'*' 2026-12-01 to 2026-12-31 and 2026-12-15 to 2027-01-15"),
    ],
)  # fmt: skip
def test_what_looks_mistyped_in_a_file_is_noted(changes, text):
    (note,) = notes(**changes)
    assert text in note


def test_a_factory_in_which_nothing_looks_mistyped_has_no_notes(recwarn):
    warn_about_tables(make().tables())
    assert not recwarn.list


def test_a_code_that_differs_by_blanks_is_told_so():
    with pytest.raises(DataError, match=r"there is 'TEE-S ': the blanks around one of the two"):
        make(
            products=[Product("TEE-S ", 20.0, 4.0, 4.5)],
            routings=[Routing("TEE-S", "A")],
            groups=pd.DataFrame({"sku": [], "group": []}),
            limits=[],
            bill_of_materials=[],
        )
