from dataclasses import replace

import numpy as np
import pandas as pd

from c2m.forecast.hierarchy.groups import settle_groups
from c2m.forecast.hierarchy.totals import group_totals
from c2m.panel import Panel
from c2m.periods import Calendar


def panel_of(sales, **channels):
    sales = np.asarray(sales, dtype=float)
    return Panel(
        keys=pd.DataFrame({"sku": [f"S{row}" for row in range(len(sales))]}),
        calendar=Calendar.of("D"),
        first=20_000,
        n_periods=sales.shape[1],
        channels={"sales": sales, **channels},
    )


def total_of(panel):
    return group_totals(panel, settle_groups(panel, ()))[0]


def test_a_total_without_stock_outs_is_the_sum(make_cube):
    panel = make_cube()
    whole = replace(panel, channels={"sales": panel["sales"]})
    found = group_totals(whole, settle_groups(whole, "location"))
    wanted = whole.rollup(["line", "location"]).rollup(["location", "line"])["sales"]
    by_location = panel["sales"].reshape(4, 2, 3, -1).sum(axis=(0, 1))
    assert np.allclose(found, by_location)
    assert np.isclose(found.sum(), wanted.sum())


def test_a_hidden_series_is_made_up_for_by_its_usual_share():
    sales = np.array([[6.0] * 10, [2.0] * 10])
    stock = np.ones((2, 10))
    stock[1, 5] = 0.0  # a quarter of the usual demand is out of stock
    sales[1, 5] = 0.0
    sales[0, 5] = 12.0  # on a day on which the others sell double
    found = total_of(panel_of(sales, in_stock=stock))
    usual = np.array([6.0] * 5 + [12.0]).mean()  # the other's level, that day included
    assert np.isclose(found[5], 12.0 * (usual + 2.0) / usual)
    assert np.allclose(np.delete(found, 5), 8.0)


def test_a_total_of_which_less_than_half_is_known_is_unknown():
    sales = np.array([[6.0] * 10, [2.0] * 10])
    stock = np.ones((2, 10))
    stock[0, 5] = 0.0
    found = total_of(panel_of(sales, in_stock=stock))
    assert np.flatnonzero(np.isnan(found)).tolist() == [5]


def test_a_series_counts_nothing_before_it_begins_or_while_it_is_not_on_sale():
    sales = np.array([[6.0] * 6, [np.nan] * 3 + [2.0] * 3])
    on_sale = np.ones((2, 6))
    on_sale[0, 5] = 0.0
    found = total_of(panel_of(sales, on_sale=on_sale))
    assert found.tolist() == [6.0, 6.0, 6.0, 8.0, 8.0, 2.0]


def test_nothing_known_is_unknown_and_not_zero():
    sales = np.array([[np.nan, np.nan, 3.0, np.nan, 1.0]])
    found = total_of(panel_of(sales))
    assert np.isnan(found).tolist() == [True, True, False, True, False]
