import numpy as np
import pandas as pd
import pytest

from c2m.errors import ArgumentError
from c2m.forecast import MovingAverage
from c2m.forecast.hierarchy import table as room
from c2m.forecast.hierarchy.table import hierarchy_table

BY = [(), ("line",), ("location",), ("line", "location"), ("sku", "channel", "location")]


@pytest.fixture(scope="module")
def demand(make_cube):
    return MovingAverage().fit(make_cube()).predict(5)


def test_means_add_up_exactly_from_level_to_level(demand):
    table = hierarchy_table(demand, BY, n=50)
    totals = table.groupby(["level", "period"])["mean"].sum().unstack("level")
    assert np.allclose(totals.to_numpy(), totals[["all"]].to_numpy(), rtol=1e-12)
    assert (table.groupby(["level", "period"])["n_series"].sum() == demand.n_series).all()


def test_a_node_has_the_quantiles_of_the_rolled_up_paths(demand):
    table = hierarchy_table(demand, [("location",)], levels=[0.1, 0.9], n=200, seed=3)
    # every SKU and channel of a location, as the paths of the parts add up
    paths = demand.sample(200, seed=3).reshape(200, 4, 2, 3, 5).sum(axis=(1, 2))  # [n, L, H]
    wanted = np.quantile(paths, [0.1, 0.9], axis=0, method="inverted_cdf")
    assert np.array_equal(table["q0.1"], wanted[0].reshape(-1))
    assert np.array_equal(table["q0.9"], wanted[1].reshape(-1))


def test_many_nodes_in_blocks_are_the_same_nodes(demand, monkeypatch):
    at_once = hierarchy_table(demand, BY, n=40)
    monkeypatch.setattr(room, "_MOST_NODES", 5)
    pd.testing.assert_frame_equal(hierarchy_table(demand, BY, n=40), at_once)


@pytest.mark.parametrize(
    ("by", "message"),
    [
        ([("shop",)], "'shop'"),
        ([(), ()], "each level once"),
        ("sku", "a tuple of columns"),
        (5, "a tuple of columns"),
        ([(), 5], "a tuple of columns"),
        ([(5,)], "got '5'"),
    ],
)
def test_levels_that_cannot_be_are_refused(demand, by, message):
    with pytest.raises(ArgumentError, match=message):
        hierarchy_table(demand, by)


def test_what_is_no_forecast_is_refused(make_cube):
    with pytest.raises(ArgumentError, match=r"a c2m\.Demand, got Panel"):
        hierarchy_table(make_cube(), [()])
