import numpy as np
import pandas as pd
import pytest

from c2m.demand import Demand
from c2m.distribution import GammaPoisson
from c2m.errors import ArgumentError
from c2m.periods import Calendar
from c2m.production.allocation import allocate, push_list


def many_doors(seed=0, n_skus=12):
    """Return the arguments of an allocation of a few SKUs to two channels at three places."""
    rng = np.random.default_rng(seed)
    doors = [("shop", "x"), ("shop", "y"), ("shop", "z"), ("web", "x")]
    skus = [f"S{number:02d}" for number in range(n_skus)]
    keys = pd.DataFrame([(sku, *door) for sku in skus for door in doors])
    keys.columns = ["sku", "channel", "location"]
    mean = rng.gamma(1.0, 4.0, (len(keys), 2))
    law = GammaPoisson(mean, np.full(mean.shape, 0.5), np.full(len(keys), 0.2))
    stock = pd.DataFrame({"sku": skus, "on_hand": rng.integers(0, 40, n_skus)})
    products = pd.DataFrame({"sku": skus, "price": rng.uniform(9, 60, n_skus), "end_value": 3.0})
    lanes = pd.DataFrame({"channel": ["shop", "web"], "cost": [1.0, 2.5], "fee": [0.0, 0.1]})
    demand = Demand(keys, Calendar.of("W"), 2900, law)
    return demand, stock, products, lanes


@pytest.mark.parametrize("by", ["channel", "location"])
def test_the_gain_is_what_the_sku_loses_where_the_channel_is_closed(by):
    demand, stock, products, lanes = many_doors()
    full = allocate(demand, stock, products, lanes=lanes, reserve=0.2)
    push = push_list(full, by)
    for code in push[by].unique():
        room = demand.keys.merge(lanes, on="channel")
        room["max_units"] = np.where(room[by] == code, 0.0, np.inf)
        closed = allocate(demand, stock, products, lanes=room, reserve=0.2)
        lost = (full.skus["gain"] - closed.skus["gain"]).set_axis(full.skus["sku"])
        rows = push[push[by] == code]
        assert rows["gain"].to_numpy() == pytest.approx(lost.loc[rows["sku"]].to_numpy())


def test_the_list_falls_and_holds_all_that_is_sent():
    demand, stock, products, lanes = many_doors(1)
    full = allocate(demand, stock, products, lanes=lanes)
    push = push_list(full)
    assert push["rank"].tolist() == list(range(1, len(push) + 1))
    assert push["gain"].is_monotonic_decreasing
    assert push["units"].sum() == full.skus["sent"].sum()
    assert push["over_keeping"].sum() == pytest.approx(full.gain)
    assert np.all(push["gain"] <= push["over_keeping"] + 1e-9)
    assert push["gain_per_unit"].to_numpy() == pytest.approx(
        (push["gain"] / push["units"]).to_numpy()
    )


def test_where_nothing_is_sent_the_list_is_empty():
    demand, stock, products, lanes = many_doors()
    push = push_list(allocate(demand, stock.assign(on_hand=0), products, lanes=lanes))
    assert len(push) == 0
    assert list(push.columns[:3]) == ["rank", "sku", "channel"]


def test_only_a_key_of_the_demand_can_be_pushed_to():
    demand, stock, products, lanes = many_doors()
    full = allocate(demand, stock, products, lanes=lanes)
    with pytest.raises(ArgumentError, match="one of 'channel', 'location', got 'store'"):
        push_list(full, "store")
