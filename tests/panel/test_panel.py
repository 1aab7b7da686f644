import copy
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c2m import ArgumentError, C2MWarning, Calendar, DataError, Panel


def long_table(**changes):
    """Return two SKUs over three weeks, with a price and a style."""
    frame = pd.DataFrame(
        {
            "sku": ["007"] * 3 + ["8"] * 3,
            "period": ["2026-11-02", "2026-11-09", "2026-11-16"] * 2,
            "sales": [3.0, 1, 4, 0, 2, 5],
            "price": [1.0, 1, 2, 3, 3, 3],
            "style": ["a"] * 3 + ["b"] * 3,
        }
    )
    return frame.assign(**changes)


def read(frame, **arguments):
    options = {"freq": "W", "signals": ["price"], "attributes": ["style"], **arguments}
    return Panel.from_frame(frame, **options)


def test_a_long_table_becomes_series_by_periods():
    panel = read(long_table())
    assert panel.skus == ["007", "8"]
    assert panel["sales"].tolist() == [[3, 1, 4], [0, 2, 5]]
    assert panel["sales"].dtype == np.float32
    assert str(panel.cutoff.date()) == "2026-11-16"
    assert panel.attributes["style"].tolist() == ["a", "b"]


@settings(max_examples=25, deadline=None)
@given(order=st.permutations(range(6)))
def test_the_order_of_the_rows_does_not_matter(order):
    assert read(long_table().iloc[list(order)]) == read(long_table())


@pytest.mark.parametrize("make", [pl.DataFrame, lambda frame: pl.DataFrame(frame).to_arrow()])
def test_polars_and_arrow_tables_give_the_same_panel(make):
    assert read(make(long_table())) == read(long_table())


def test_a_panel_goes_out_and_comes_back():
    panel = read(long_table())
    assert read(panel.to_frame()) == panel
    assert read(pl.DataFrame(panel)) == panel
    assert read(panel.to_arrow()) == panel


def test_a_panel_is_saved_and_loaded_bit_for_bit(tmp_path):
    panel = read(long_table()).with_future(pd.DataFrame({"period": ["2026-11-23"], "price": [9.0]}))
    panel.save(tmp_path / "panel")
    assert Panel.load(tmp_path / "panel") == panel


def test_a_panel_can_be_copied_and_sent_to_a_worker():
    panel = read(long_table())
    assert pickle.loads(pickle.dumps(panel)) == panel  # noqa: S301
    assert copy.deepcopy(panel) == panel


def test_one_sku_and_one_period_are_a_panel():
    panel = read(long_table()[:1])
    assert (panel.n_series, panel.n_periods) == (1, 1)


def test_nothing_of_a_panel_can_be_changed():
    panel = read(long_table())
    with pytest.raises(ValueError, match="read-only"):
        panel["sales"][0, 0] = 9
    with pytest.raises(AttributeError):
        panel.target = "views"
    with pytest.raises(TypeError):
        panel.channels["views"] = panel["sales"]


def test_a_panel_does_not_follow_changes_of_the_callers_array():
    sales = np.ones((1, 2), dtype=np.float32)
    panel = Panel(pd.DataFrame({"sku": ["A"]}), Calendar("D"), 0, 2, {"sales": sales})
    sales[:] = 5
    assert panel["sales"].tolist() == [[1, 1]]


@pytest.mark.parametrize(
    ("frame", "problem"),
    [
        (long_table()[:0], "no rows"),
        (long_table(sales=[-1.0, 1, 4, 0, 2, 5]), "'sales' below 0"),
        (long_table(sales=[np.inf, 1, 4, 0, 2, 5]), "infinite 'sales'"),
        (long_table(sales=np.nan), "no row has a value in 'sales'"),
        (long_table(sales=2.0**24 + 1), "float32 would round"),
        (long_table(price=-1.0), "'price' below 0"),
        (pd.concat([long_table(), long_table()[:2]]), "2 of 8 rows repeat the key"),
        (long_table(period=["2026-11-02", "2026-11-09", "2026-11-17"] * 2), "no first day"),
        (long_table(sku=[1.5] * 3 + [2.5] * 3), "no codes"),
        (long_table(sku=[None] * 3 + ["8"] * 3), "has no 'sku'|have no 'sku'"),
        (long_table(style=list("abcdef")), "another 'style'"),
        (long_table().drop(columns="price"), "no column 'price'"),
        (long_table(period=pd.to_datetime(long_table()["period"], utc=True)), "zone UTC"),
        ([1, 2], "a list is not a table"),
    ],
)
def test_a_table_that_breaks_the_rules_is_refused(frame, problem):
    with pytest.raises(DataError, match=problem):
        read(frame)


def test_several_problems_are_reported_at_once():
    frame = long_table(sales=[-1.0, np.inf, 4, 0, 2, 5], price="dear")
    with pytest.raises(DataError) as caught:
        read(frame)
    assert len(caught.value.problems) == 3


def test_a_missing_row_is_refused_until_the_caller_says_what_it_means():
    frame = long_table().drop(index=1)
    with pytest.raises(DataError, match="1 of 6 series-periods has no row"):
        read(frame)
    assert read(frame, gaps="zero")["sales"][0].tolist() == [3, 0, 4]
    unknown = read(frame, gaps="unknown")["sales"][0]
    assert np.isnan(unknown[1])
    assert np.isnan(read(frame, gaps="zero")["price"][0, 1])


def test_a_gap_in_what_may_be_no_count_stays_unknown_with_a_warning():
    frame = long_table(rating=4.5).drop(index=1)
    with pytest.warns(C2MWarning, match="stay unknown in 'rating'"):
        panel = read(frame, gaps="zero", signals=["price", "rating"])
    assert np.isnan(panel["rating"][0, 1])


def test_a_single_name_is_one_column():
    assert read(long_table(), signals="price", attributes="style") == read(long_table())


def test_before_its_first_row_a_series_is_unknown_and_not_a_gap():
    panel = read(long_table().drop(index=3))
    assert np.isnan(panel["sales"][1, 0])
    assert panel["sales"][1, 1:].tolist() == [2, 5]


def test_columns_that_nobody_named_are_left_out_with_a_count():
    with pytest.warns(C2MWarning, match="1 column of `panel` is left out: 'style'"):
        read(long_table(), attributes=[])


def test_mixed_currencies_are_refused_with_their_counts():
    frame = long_table(currency=["EUR"] * 4 + ["USD"] * 2)
    with pytest.raises(DataError, match="EUR in 4 rows, USD in 2 rows"):
        read(frame, currency="currency")
    assert read(long_table(currency="EUR"), currency="currency").currency == "EUR"
    assert read(long_table(), currency="EUR").currency == "EUR"


def test_times_with_a_zone_fall_on_the_shops_day():
    period = (
        pd.to_datetime(long_table()["period"]).dt.tz_localize("Asia/Tokyo").dt.tz_convert("UTC")
    )
    panel = read(long_table(period=period), tz="Asia/Tokyo")
    assert str(panel.periods[0].date()) == "2026-11-02"
    assert panel.tz == "Asia/Tokyo"


def test_rows_after_the_last_sale_are_plans():
    frame = pd.concat(
        [long_table(), long_table()[:1].assign(period="2026-11-23", sales=np.nan, price=7.0)]
    )
    panel = read(frame, signals=[], known=["price"], gaps="unknown")
    assert panel.n_ahead == 1
    assert panel["price"][0].tolist() == [1, 1, 2, 7]
    assert np.isnan(panel["price"][1, 3])
    with pytest.raises(DataError, match="after the last known 'sales'"):
        read(frame)


def test_upto_shows_what_was_known_and_keeps_the_plan():
    future = pd.DataFrame({"period": ["2026-11-23", "2026-11-30"], "price": [5.0, 6.0]})
    panel = read(long_table()).with_future(future)
    early = panel.upto("2026-11-02", ahead=3)
    assert early["sales"].tolist() == [[3], [0]]
    assert early["price"][0].tolist() == [1, 1, 2, 5]
    assert str(early.cutoff.date()) == "2026-11-02"
    assert panel.upto(panel.cutoff) == panel


def test_upto_leaves_out_series_of_which_nothing_was_known():
    panel = read(long_table().drop(index=[3, 4]))
    assert panel.upto("2026-11-09").skus == ["007"]


def test_upto_refuses_what_is_no_period():
    with pytest.raises(ArgumentError, match="2026-11-02 to 2026-11-16"):
        read(long_table()).upto("2026-11-04")


def test_a_plan_for_every_series_needs_no_sku():
    panel = read(long_table()).with_future(
        pd.DataFrame({"period": ["2026-11-30", "2026-11-23"], "price": [6.0, 5.0]})
    )
    assert panel["price"][:, 3:].tolist() == [[5, 6], [5, 6]]
    assert panel.known == ("price",)


def test_a_plan_with_holes_or_no_past_is_said():
    one = pd.DataFrame({"sku": ["007"], "period": ["2026-11-23"], "price": [5.0]})
    with pytest.warns(C2MWarning, match="1 of 2 series-periods ahead have no planned 'price'"):
        read(long_table()).with_future(one)
    event = pd.DataFrame({"period": ["2026-11-23"], "holiday": [1.0]})
    with pytest.warns(C2MWarning, match="'holiday' has no past"):
        read(long_table()).with_future(event)


@pytest.mark.parametrize(
    ("plan", "problem"),
    [
        ({"period": ["2026-11-16"], "price": [5.0]}, "after the cutoff"),
        ({"sku": ["9"], "period": ["2026-11-23"], "price": [5.0]}, "does not have"),
        ({"period": ["2026-11-23"] * 2, "price": [5.0, 5.0]}, "repeats the key"),
        ({"period": ["2026-11-23"]}, "plans nothing"),
        ({"week": ["2026-11-23"], "price": [5.0]}, "no column 'period'"),
    ],
)
def test_a_plan_that_does_not_fit_is_refused(plan, problem):
    with pytest.raises(DataError, match=problem):
        read(long_table()).with_future(pd.DataFrame(plan))


def test_sales_are_never_overwritten():
    panel = read(long_table())
    with pytest.raises(ArgumentError, match="add 'demand' instead"):
        panel.with_channels({"sales": np.zeros((2, 3))})
    wanted = panel.with_channels({"demand": panel["sales"] + 1}, target="demand")
    assert wanted.target == "demand"
    assert wanted["sales"].tolist() == panel["sales"].tolist()


def test_a_rollup_adds_units_and_averages_prices():
    panel = read(long_table(brand="x"), attributes=["style", "brand"])
    whole = panel.rollup("brand")
    assert whole.skus == ["x"]
    assert whole["sales"].tolist() == [[3, 3, 9]]
    assert whole["price"].tolist() == [[2, 2, 2.5]]


def test_a_sum_is_unknown_where_a_part_is_but_not_before_the_part_begins():
    frame = long_table(brand="x").drop(index=[3, 1])
    whole = read(frame, gaps="unknown", attributes=["style", "brand"]).rollup("brand")["sales"][0]
    assert whole[0] == 3
    assert np.isnan(whole[1])
    assert whole[2] == 9


def test_distinct_users_are_left_out_of_a_rollup_with_a_warning():
    panel = read(
        long_table(brand="x", view_users=1.0),
        signals=["price", "view_users"],
        attributes=["style", "brand"],
    )
    with pytest.warns(C2MWarning, match="'view_users'"):
        assert "view_users" not in panel.rollup("brand")


def test_series_are_selected_by_sku_and_unknown_ones_refused():
    panel = read(long_table())
    assert panel.select(["8"]).skus == ["8"]
    with pytest.raises(ArgumentError, match="did you mean '007'"):
        panel.select(["07"])


def test_a_channel_that_is_not_there_is_named_with_the_one_that_was_meant():
    with pytest.raises(ArgumentError, match="did you mean 'sales'"):
        read(long_table())["sale"]


def test_keys_may_name_channel_and_location():
    frame = long_table(channel=["web"] * 3 + ["shop"] * 3, sku="A", style="a")
    panel = read(frame, channel="channel")
    assert panel.keys.to_numpy().tolist() == [["A", "shop"], ["A", "web"]]
    assert panel.rollup("sku")["sales"].tolist() == [[3, 3, 9]]


@pytest.mark.parametrize(
    ("channels", "problem"),
    [
        ({"sales": np.zeros((1, 2))}, "shape"),
        ({"views": np.zeros((2, 3))}, "no channel 'sales'"),
        ({"sales": np.zeros((2, 3)), "in_stock": np.full((2, 3), 2.0)}, "allowed is 0 to 1"),
        ({"sales": np.full((2, 3), np.inf)}, "infinite"),
        ({"sales": np.full((2, 3), "x")}, "pass numbers"),
    ],
)
def test_a_panel_made_by_hand_is_checked_too(channels, problem):
    with pytest.raises(DataError, match=problem):
        Panel(pd.DataFrame({"sku": ["A", "B"]}), Calendar("D"), 0, 3, channels)


def test_a_panel_shows_itself():
    panel = read(long_table())
    assert "2 series x 3 W periods" in repr(panel)
    assert "<table" in panel._repr_html_()
    assert panel.summary().loc["sales", "total"] == 15


@pytest.mark.parametrize(
    ("frame", "problem"),
    [
        (long_table(sku=pd.Series([7] * 3 + ["7"] * 3, dtype=object)), "3 of 6 rows repeat"),
        (long_table(period=["2026-11-02", "20261102", "2026-11-16"] * 2), "2 of 6 rows repeat"),
        (long_table(sales=[2**53 + 1] * 6), "float64 would round"),
    ],
    ids=["a number and its text", "two spellings of a day", "long number"],
)
def test_rows_that_would_overwrite_or_round_each_other_are_refused(frame, problem):
    with pytest.raises(DataError, match=problem):
        read(frame, gaps="unknown")


def test_a_misspelt_choice_is_no_choice():
    with pytest.raises(ArgumentError, match="got 'nan'"):
        read(long_table().drop(index=1), gaps="nan")
    panel = read(long_table(brand="x"), attributes=["style", "brand"])
    for how in ({"price": "median"}, {"pirce": "max"}):
        with pytest.raises(ArgumentError, match="Expected how="):
            panel.rollup("brand", how=how)
    with pytest.raises(DataError, match=r"neither a column.*did you mean 'currency'"):
        read(long_table(currency="EUR"), currency="curency")
    with pytest.raises(DataError, match="6 of 6 rows have no 'currency'"):
        read(long_table(currency=np.nan), currency="currency")


def test_a_column_has_one_meaning():
    for arguments in ({"known": ["sales"]}, {"known": ["price"]}, {"attributes": ["price"]}):
        with pytest.raises(DataError, match="is named 2 times"):
            read(long_table(), **arguments)
    panel = read(long_table())
    with pytest.raises(DataError, match="share the names 'style'"):
        panel.with_channels({"style": np.zeros((2, 3))})
    with pytest.raises(DataError, match="share the names 'period'"):
        panel.with_channels({"period": np.zeros((2, 3))})
    with pytest.raises(DataError, match="named as known ahead"):
        panel.with_channels({"demand": np.zeros((2, 3))}, known=["demand"], target="demand")


def test_every_range_is_checked_before_the_first_error():
    with pytest.raises(DataError) as caught:
        read(long_table(sales=-1.0, in_stock=2.0), signals=["price", "in_stock"])
    assert len(caught.value.problems) == 2


@pytest.mark.parametrize("sku", [[1.0, 2.0], [False, True]])
def test_keys_made_by_hand_are_codes_too(sku):
    with pytest.raises(DataError, match="are no codes"):
        Panel(pd.DataFrame({"sku": sku}), Calendar("D"), 0, 1, {"sales": np.zeros((2, 1))})


def test_a_panel_does_not_follow_an_array_behind_a_read_only_view():
    sales = np.ones((1, 2), dtype=np.float32)
    view = sales.view()
    view.flags.writeable = False
    panel = Panel(pd.DataFrame({"sku": ["A"]}), Calendar("D"), 0, 2, {"sales": view})
    sales[:] = 5
    assert panel["sales"].tolist() == [[1, 1]]


def test_a_panel_ends_with_its_period_table():
    weeks = Calendar("table", ("2026-11-02", "2026-11-09", "2026-11-16", "2026-11-23"))
    panel = read(long_table(), freq=weeks)
    assert len(panel.ahead) == 0
    with pytest.raises(ArgumentError, match="2026-11-02 to 2026-11-16"):
        panel.upto("2020-01-06")
    with pytest.raises(DataError, match="period 4 is not in it"):
        panel.with_channels({"price": np.zeros((2, 4))}, known=["price"])


@pytest.mark.parametrize("cutoff", ["soon", None, pd.Timestamp("2026-11-02", tz="UTC")])
def test_upto_refuses_what_is_no_day_of_the_shop(cutoff):
    with pytest.raises(ArgumentError, match="2026-11-02 to 2026-11-16"):
        read(long_table()).upto(cutoff)


def test_upto_refuses_a_negative_number_of_periods_ahead():
    with pytest.raises(ArgumentError, match="ahead of 0 or more"):
        read(long_table()).upto("2026-11-09", ahead=-1)


@pytest.mark.parametrize("column", ["sales", "location"])
def test_a_plan_may_hold_neither_sales_nor_keys_that_the_panel_lacks(column):
    plan = pd.DataFrame({"period": ["2026-11-23"], "price": [5.0], column: [1]})
    with pytest.raises(DataError, match=f"'{column}', which"):
        read(long_table()).with_future(plan)


def test_a_later_plan_replaces_an_earlier_one_and_says_what_it_leaves_open():
    near = pd.DataFrame({"period": ["2026-11-23"], "price": [5.0]})
    far = pd.DataFrame({"period": ["2026-11-23", "2026-11-30"], "promotion": [0.0, 1.0]})
    panel = read(long_table(promotion=0.0), signals=["price", "promotion"]).with_future(near)
    assert panel.with_future(near.assign(price=6.0))["price"][0, 3] == 6
    with pytest.warns(C2MWarning, match="2 of 4 series-periods ahead have no planned 'price'"):
        assert panel.with_future(far)["price"].shape == (2, 5)


def test_an_attribute_that_one_part_does_not_have_is_not_that_of_the_sum():
    attributes = pd.DataFrame({"size": pd.array([1, None], dtype="Int64"), "style": ["a", "a"]})
    keys, sales = pd.DataFrame({"sku": ["A", "B"]}), {"sales": np.zeros((2, 1))}
    panel = Panel(keys, Calendar("D"), np.int64(0), 1, sales, attributes=attributes)
    assert list(panel.rollup("style").attributes.columns) == ["style"]


def test_numpy_numbers_and_numbered_attributes_are_saved_and_loaded(tmp_path):
    keys, sales = pd.DataFrame({"sku": ["A"]}), {"sales": np.zeros((1, 1))}
    attributes = pd.DataFrame({0: ["a"]})
    panel = Panel(keys, Calendar("D"), np.int64(0), np.int64(1), sales, attributes=attributes)
    panel.save(tmp_path / "panel")
    assert Panel.load(tmp_path / "panel") == panel


def test_rows_without_a_target_are_counted_unless_they_are_meant():
    frame = long_table(sales=[3, np.nan, 4, 0, 2, 5])
    with pytest.warns(C2MWarning, match="1 of 6 values of 'sales' is unknown between"):
        panel = read(frame)
    assert np.isnan(panel["sales"][0, 1])
    with pytest.warns(C2MWarning, match="2 of 6 values of 'sales' are unknown between"):
        read(long_table(sales=[3, np.nan, np.nan, 0, 2, 5]), gaps="zero")
    assert read(frame, gaps="unknown") == panel


def test_a_table_of_a_panel_with_a_late_series_is_read_back_without_a_word():
    panel = read(long_table().drop(index=3))
    assert np.isnan(panel.to_frame()["sales"]).sum() == 1
    assert read(panel.to_frame()) == panel


def test_one_period_is_said_in_the_singular():
    assert "x 1 W period, " in repr(read(long_table()).upto("2026-11-02"))
    assert "x 3 W periods, " in repr(read(long_table()))
