"""What is taken for true demand, and what comes back from customers."""

import numpy as np
import pandas as pd
import pytest

from c2m.errors import DataError
from c2m.rehearse import OrderWhatSold
from tests.rehearse.small_shop import WEEKS, Spy, draw_sales, make_panel, play


def test_true_demand_is_said_in_words_and_sold_out_cells_are_counted():
    sales = draw_sales()
    in_stock = np.ones(sales.shape)
    in_stock[0, 30:33] = 0.2
    panel = make_panel(sales).with_channels({"in_stock": in_stock})
    assert "3 of 36 cells are sold out" in play(panel).truth
    more = np.where(in_stock < 1, sales + 4.0, sales)
    found = play(panel.with_channels({"demand": more}))
    assert "of which 12 were estimated and not sold" in found.truth
    assert found.arrays["wanted"][0, 0, 2:5].tolist() == (sales[0, 30:33] + 4).tolist()


def test_a_given_truth_is_played_and_must_have_no_holes():
    units = np.full((3, 12), 5.0)
    assert (play(make_panel(draw_sales()), truth=units).arrays["wanted"] == 5).all()
    frame = pd.DataFrame({"sku": "CAP", "period": WEEKS[28:40], "units": 5})
    with pytest.raises(DataError, match="24 of 36 SKU and periods have no row"):
        play(make_panel(draw_sales()), truth=frame)


def test_returns_come_back_in_the_share_that_was_served_and_their_price_is_paid_back():
    back = np.zeros((3, 12))
    back[2, 6] = 8.0
    found = play(make_panel(draw_sales()), policies=[OrderWhatSold()], returns=back)
    served = found.arrays["sold"][0, 2, :6].sum() / found.arrays["wanted"][0, 2, :6].sum()
    assert found.arrays["returned"][0, 2, 6] == pytest.approx(8 * served)
    assert served < 1
    row = found.arrays["sold"][0, 2, 6] - 8 * served
    assert found.arrays["revenue"][0, 2, 6] == pytest.approx(20 * row)


def test_returns_of_the_first_period_are_of_what_was_sold_before_the_start():
    back = np.zeros((3, 12))
    back[1, 0] = 3.0
    found = play(make_panel(draw_sales()), policies=[Spy()], returns=back)
    assert found.arrays["returned"][0, 1, 0] == 3.0


def test_returns_that_the_panel_knows_and_are_not_played_are_said():
    sales = draw_sales()
    panel = make_panel(sales).with_channels({"returns": sales * 0.1})
    assert "'returns' is not played" in play(panel, policies=[Spy()]).truth
    back = np.zeros((3, 12))
    assert "'returns'" not in play(panel, policies=[Spy()], returns=back).truth
