import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from c2m.demand import Demand
from c2m.distribution import GammaPoisson, PathSet
from c2m.errors import ArgumentError, C2MWarning, DataError
from c2m.periods import Calendar
from c2m.production.allocation import allocate

WEEKS = Calendar.of("W")
PRODUCTS = pd.DataFrame({"sku": ["A", "B"], "price": [20.0, 50.0], "end_value": [4.0, 10.0]})
STOCK = pd.DataFrame({"sku": ["A", "B"], "on_hand": [30, 12]})


def demand_of(keys, law):
    return Demand(pd.DataFrame(keys), WEEKS, 2900, law)


def two_channels(horizon=3):
    """Return demand of two SKUs in two channels."""
    mean = np.array([[3.0], [6.0], [2.0], [1.0]]) * np.ones(horizon)
    keys = {"sku": ["A", "A", "B", "B"], "channel": ["shop", "web"] * 2}
    return demand_of(keys, GammaPoisson(mean, np.full(mean.shape, 0.3), np.full(4, 0.1)))


def at_once(paths, keys=None):
    """Return demand of SKU A in one period that takes the given values, (n, doors)."""
    paths = np.asarray(paths, dtype=float)
    names = keys or {"sku": ["A"] * paths.shape[1], "location": list("abcdef"[: paths.shape[1]])}
    return demand_of(names, PathSet(paths[:, :, None]))


def test_expected_sales_are_those_of_new_paths():
    demand = two_channels()
    result = allocate(demand, STOCK, PRODUCTS).doors
    paths = demand.sample(20_000, 7).sum(axis=2)
    sold = np.minimum(paths, result["units"].to_numpy()).mean(axis=0)
    assert result["expected_sales"].to_numpy() == pytest.approx(sold, rel=0.02)
    left = np.mean(paths < result["units"].to_numpy(), axis=0)
    assert result["p_left_over"].to_numpy() == pytest.approx(left, abs=0.02)


def test_money_is_that_of_what_is_sold_left_and_sent():
    lanes = pd.DataFrame({"channel": ["shop", "web"], "cost": [1.5, 0.5], "fee": [0.0, 0.2]})
    result = allocate(two_channels(), STOCK, PRODUCTS, lanes=lanes)
    doors = result.doors.merge(PRODUCTS, on="sku").merge(lanes, on="channel")
    doors = doors.sort_values(["sku", "channel"])
    left = doors["units"] - doors["expected_sales"]
    earned = (
        doors["expected_sales"] * doors["price"] * (1 - doors["fee"]) + left * doors["end_value"]
    )
    keeping = doors["units"] * doors["end_value"]
    by_hand = earned - doors["units"] * doors["cost"] - keeping
    assert result.doors["gain"].to_numpy() == pytest.approx(by_hand.to_numpy())
    assert result.gain == pytest.approx(by_hand.sum())
    assert result.skus["lane_cost"].sum() == pytest.approx((doors["units"] * doors["cost"]).sum())


def test_the_last_unit_sent_earns_no_less_than_the_next_one_anywhere():
    result = allocate(two_channels(), STOCK, PRODUCTS)
    for sku, doors in result.doors.groupby("sku"):
        price = result.skus.set_index("sku").loc[sku, "next_unit"]
        assert doors["last_unit"].min() >= doors["next_unit"].max() - 1e-9
        assert doors["next_unit"].max() == pytest.approx(price)


def test_a_dear_lane_gets_fewer_units_and_one_that_eats_the_margin_none():
    sent = [
        allocate(
            two_channels(),
            STOCK,
            PRODUCTS,
            lanes=pd.DataFrame({"channel": ["shop", "web"], "cost": [0.0, cost]}),
        ).doors["units"][1]
        for cost in (0.0, 10.0, 16.0)
    ]
    assert sent[0] > sent[1] > sent[2] == 0


def test_units_that_arrive_later_miss_the_demand_before():
    paths = np.array([[[8.0, 3.0], [8.0, 3.0]]])
    demand = demand_of({"sku": ["A", "A"], "location": ["far", "near"]}, PathSet(paths))
    lanes = pd.DataFrame({"location": ["far", "near"], "lead_time_periods": [1, 0]})
    stock = pd.DataFrame({"sku": ["A"], "on_hand": [100]})
    doors = allocate(demand, stock, PRODUCTS, lanes=lanes).doors
    assert doors["units"].tolist() == [3, 11]
    assert doors["demand"].tolist() == [3.0, 11.0]


@pytest.mark.parametrize(("held", "sent"), [(0, 3), (8, 3), (10, 1), (12, 0)])
def test_units_at_the_door_are_sold_first_even_while_others_travel(held, sent):
    demand = demand_of({"sku": ["A"], "location": ["far"]}, PathSet(np.array([[[8.0, 3.0]]])))
    lanes = pd.DataFrame({"location": ["far"], "lead_time_periods": [1]})
    there = pd.DataFrame({"sku": ["A"], "location": ["far"], "on_hand": [held]})
    stock = pd.DataFrame({"sku": ["A"], "on_hand": [100]})
    doors = allocate(demand, stock, PRODUCTS, lanes=lanes, held=there).doors
    assert doors["units"].tolist() == [sent]


def test_a_door_that_holds_units_gets_as_many_fewer():
    plain = allocate(two_channels(), STOCK.assign(on_hand=1000), PRODUCTS).doors
    there = pd.DataFrame({"sku": ["A"], "channel": ["web"], "on_hand": [4]})
    held = allocate(two_channels(), STOCK.assign(on_hand=1000), PRODUCTS, held=there).doors
    assert (plain["units"] - held["units"]).tolist() == [0, 4, 0, 0]
    assert held["held"].tolist() == [0, 4, 0, 0]


def test_nothing_is_sent_that_would_arrive_after_the_horizon():
    lanes = pd.DataFrame({"channel": ["shop", "web"], "lead_time_periods": [3, 0]})
    with pytest.warns(C2MWarning, match="2 of 4 doors after the horizon of 3 periods"):
        doors = allocate(two_channels(), STOCK, PRODUCTS, lanes=lanes).doors
    assert doors["units"][[0, 2]].tolist() == [0, 0]


def test_lanes_that_say_nothing_but_where_they_go_are_free_at_once_and_wide():
    lanes = pd.DataFrame({"channel": ["shop", "web"]})
    plain = allocate(two_channels(), STOCK, PRODUCTS).doors
    pd.testing.assert_frame_equal(
        allocate(two_channels(), STOCK, PRODUCTS, lanes=lanes).doors, plain
    )
    with pytest.warns(C2MWarning, match="1 column of `lanes` is left out: 'costs'"):
        allocate(two_channels(), STOCK, PRODUCTS, lanes=lanes.assign(costs=9.0))


def test_tables_of_polars_and_arrow_are_read_as_those_of_pandas():
    lanes = pd.DataFrame({"channel": ["shop", "web"], "max_units": [np.nan, 5]})
    plain = allocate(two_channels(), STOCK, PRODUCTS, lanes=lanes)
    for read in (pa.table, pl.from_pandas):
        other = allocate(two_channels(), read(STOCK), read(PRODUCTS), lanes=read(lanes))
        pd.testing.assert_frame_equal(other.doors, plain.doors)


def test_a_door_takes_no_more_than_it_has_room_for():
    lanes = pd.DataFrame({"channel": ["shop", "web"], "max_units": [np.nan, 5]})
    doors = allocate(two_channels(), STOCK, PRODUCTS, lanes=lanes).doors
    assert doors["units"].tolist()[1] == 5
    assert np.isnan(doors["next_unit"][1])


def test_units_held_at_a_door_take_up_its_room():
    lanes = pd.DataFrame({"channel": ["shop", "web"], "max_units": [np.inf, 5]})
    held = pd.DataFrame({"sku": ["A", "B"], "channel": "web", "on_hand": [3, 9]})
    doors = allocate(two_channels(), STOCK, PRODUCTS, lanes=lanes, held=held).doors
    assert doors["units"][[1, 3]].tolist() == [2, 0]


def test_the_reserve_stays_and_its_last_unit_gives_up_the_next_units_worth():
    units = {"sku": ["A"], "units": [6]}
    part = allocate(two_channels(), STOCK, PRODUCTS, reserve=pd.DataFrame(units))
    less = allocate(two_channels(), STOCK, PRODUCTS, reserve=pd.DataFrame({**units, "units": [5]}))
    assert part.skus["reserve"].tolist() == [6, 0]
    assert part.skus["sent"].tolist() == [24, 12]
    assert part.skus["kept"].tolist() == [6, 0]
    assert less.gain - part.gain == pytest.approx(part.skus["next_unit"][0])


def test_a_reserve_as_a_share_is_rounded_up():
    reserve = allocate(two_channels(), STOCK, PRODUCTS, reserve=0.1).skus["reserve"]
    assert reserve.tolist() == [3, 2]


def test_a_reserve_beyond_the_stock_is_all_of_it_and_said():
    reserve = pd.DataFrame({"sku": ["B"], "units": [99]})
    with pytest.warns(C2MWarning, match="exceeds the stock of 1 of 2 SKUs"):
        result = allocate(two_channels(), STOCK, PRODUCTS, reserve=reserve)
    assert result.skus["sent"].tolist() == [30, 0]


def test_fractions_of_demand_are_spread_over_the_points_so_that_the_mean_stays():
    demand = at_once([[3.4, 0.25], [3.4, 0.25]])
    stock = pd.DataFrame({"sku": ["A"], "on_hand": [10]})
    doors = allocate(demand, stock, PRODUCTS).doors
    assert doors["expected_sales"].tolist() == pytest.approx([3.4, 0.25], abs=0.005)
    assert doors["units"].tolist() == [4, 1]


def test_the_same_is_sent_whatever_other_skus_are_there():
    both = allocate(two_channels(), STOCK, PRODUCTS).doors
    with pytest.warns(C2MWarning, match="left out"):
        alone = allocate(two_channels().select(["B"]), STOCK, PRODUCTS).doors
    own = both[both["sku"] == "B"].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone, own)


def test_channels_and_locations_are_doors_together():
    keys = {"sku": ["A"] * 3, "channel": ["shop", "shop", "web"], "location": ["x", "y", "x"]}
    demand = at_once([[5, 5, 5]], keys)
    lanes = pd.DataFrame({"channel": ["shop", "web"], "cost": [2.0, 1.0]})
    stock = pd.DataFrame({"sku": ["A"], "on_hand": [8]})
    result = allocate(demand, stock, PRODUCTS, lanes=lanes)
    assert result.doors["units"].tolist() == [2, 1, 5]
    assert result.summary()["units"].tolist() == [3, 5]
    assert repr(result) == "Allocation(8 of 8 units of 1 SKUs to 3 doors, gain 117.00)"
    assert "<table" in result._repr_html_()


def test_a_demand_by_sku_alone_has_no_doors():
    demand = demand_of({"sku": ["A"]}, PathSet(np.ones((1, 1, 1))))
    with pytest.raises(ArgumentError, match="by channel or location"):
        allocate(demand, STOCK, PRODUCTS)
    with pytest.raises(ArgumentError, match=r"Expected a forecast .* got DataFrame"):
        allocate(STOCK, demand, PRODUCTS)


def test_every_problem_of_the_lanes_is_reported_at_once():
    lanes = pd.DataFrame({"channel": ["shop", "shop"], "cost": [-1.0, 2.0], "fee": [1.5, 0.0]})
    with pytest.raises(DataError) as caught:
        allocate(two_channels(), STOCK, PRODUCTS, lanes=lanes)
    text = str(caught.value)
    assert "3 problems" in text
    assert all(part in text for part in ("repeats the key", "'cost' below 0", "'fee' above 1"))


@pytest.mark.parametrize(
    ("lanes", "message"),
    [
        ({"channel": ["shop"], "cost": [1.0]}, "2 of 4 doors have no lane .first: channel 'web'"),
        ({"channel": [1, 2]}, "4 of 4 doors have no lane .*the lanes are of '1', '2'"),
        ({"cost": [1.0]}, "no column 'channel'"),
        ({"channel": ["shop", "web"], "max_units": [1.5, 2]}, "fraction in 'max_units'"),
        ({"channel": ["shop", "web"], "lead_time_periods": [0.5, 0]}, "fraction in 'lead_time"),
        ({"channel": ["shop", "web"], "cost": ["dear", 0]}, "no number in 'cost'"),
    ],
)
def test_lanes_that_make_no_sense_are_refused(lanes, message):
    with pytest.raises(DataError, match=message):
        allocate(two_channels(), STOCK, PRODUCTS, lanes=pd.DataFrame(lanes))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"stock": STOCK.assign(on_hand=[1.5, 2])}, "fraction in 'on_hand'"),
        ({"products": PRODUCTS[:1]}, "1 of 2 SKUs of the demand have no row: 'B'; .* are of 'A'"),
        ({"products": PRODUCTS.drop(columns="end_value")}, "no column 'end_value'"),
        ({"reserve": pd.DataFrame({"sku": ["C"], "units": [1]})}, "SKUs without demand: 'C'"),
        ({"held": pd.DataFrame({"sku": ["A"], "on_hand": [1]})}, "no column 'channel'"),
        (
            {"held": pd.DataFrame({"sku": ["A"], "channel": [1], "on_hand": [1]})},
            "none of its 1 doors is in the demand: 'A, 1'",
        ),
    ],
)
def test_tables_that_make_no_sense_are_refused(change, message):
    arguments = {"stock": STOCK, "products": PRODUCTS} | change
    with pytest.raises(DataError, match=message):
        allocate(two_channels(), **arguments)


@pytest.mark.parametrize("reserve", [-0.1, 1.5, float("nan"), True])
def test_a_reserve_that_is_no_share_is_refused(reserve):
    with pytest.raises(ArgumentError, match="between 0 and 1"):
        allocate(two_channels(), STOCK, PRODUCTS, reserve=reserve)


def test_units_at_doors_without_demand_are_counted():
    there = pd.DataFrame({"sku": ["A", "Z"], "channel": ["web", "web"], "on_hand": [1, 7]})
    with pytest.warns(C2MWarning, match="7 units of `held` stand at 1 doors"):
        allocate(two_channels(), STOCK, PRODUCTS, held=there)
