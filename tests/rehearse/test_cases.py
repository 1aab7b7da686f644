"""The cases of ``tests/benchmarks/rehearse.py``: what is left out, added up and assumed."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from c2m.datasets import simulate_panel
from c2m.rehearse import OrderWhatSold, PerfectInformation, rehearse
from tests.rehearse.small_shop import WEEKS, draw_sales, make_factory, make_panel, opening_stock


@pytest.fixture(scope="module")
def bench():
    """Import the two scripts, which are no package."""
    folder = str(Path(__file__).parents[1] / "benchmarks")
    sys.path.insert(0, folder)
    try:
        import rehearse as script
        import rehearse_cases as cases
    finally:
        sys.path.remove(folder)
    return script, cases


def test_a_unit_too_many_costs_the_margin_over_the_ratio_until_the_next_decision(bench):
    products = pd.DataFrame({"sku": ["A"], "price": [8.0]})
    row = bench[1].with_costs(products, 4.0, 2).iloc[0]
    assert 4.0 * 2 * row["holding_cost"] == row["price"] - row["unit_cost"]
    assert row["end_value"] == row["unit_cost"]


def test_a_cell_leaves_out_what_no_order_can_change_and_nothing_else(bench):
    script, _ = bench
    factory = make_factory(lead=2)
    routings = factory.tables()["routings"].assign(lead_time_periods=2)
    played = rehearse(
        make_panel(draw_sales()), factory.with_tables(routings=routings, lanes=[]), horizon=5,
        start=WEEKS[30], stock=opening_stock(),
        policies=[OrderWhatSold(), PerfectInformation()],
    )  # fmt: skip
    cell = script.Cell(4.0, 2, played)
    one, other = played.policies
    whole = played.costs["mismatch_cost"]
    assert np.isclose(cell.saving(one, other).money, whole[other] - whole[one])
    left_out = [whole[name] - cell.cost(name).sum() for name in (one, other)]
    assert left_out[0] > 0
    assert np.isclose(*left_out)


def test_weeks_of_the_simulated_retailer_hold_all_sales_and_no_more_than_true_demand(bench):
    _, cases = bench
    simulated = simulate_panel(seed=3, n_items=6, n_stores=2, n_days=2 + 7 * 30, n_ahead=14)
    weekly = cases.weekly(simulated.panel, simulated.expected > 0)
    days = np.nansum(simulated.panel["sales"][:, 2:])
    assert np.nansum(weekly["sales"]) == days
    wanted = cases.by_week(cases.by_item(simulated.demand(), simulated.panel), np.nansum)
    assert (np.nan_to_num(weekly["sales"]) <= wanted + 1e-6).all()
    assert weekly.n_ahead == 2
    assert weekly.periods[0].day_of_week == 0
    assert np.isnan(weekly["sales"][weekly["on_sale"][:, :30] == 0]).all()


def test_orders_on_the_way_are_mean_sales_of_every_week_of_the_lead_time(bench):
    _, cases = bench
    panel = make_panel(draw_sales())
    case = cases.Case("small", "", panel.upto, WEEKS[30], WEEKS[-1], 1, lambda ratio, lead: None)
    orders = case.on_order(8)
    ordered = orders.groupby("sku")["ordered"].sum()
    assert np.allclose(ordered, 8 * case.rate, rtol=0, atol=0.5)
    assert set(orders["due"]) == set(WEEKS[30:38])
    assert case.cutoffs == list(WEEKS[29:39])


def test_the_giftware_shop_asks_for_its_data(bench):
    with pytest.raises(SystemExit, match="needs --data"):
        bench[1].retail(None)
