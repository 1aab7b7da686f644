import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c2m.demand import Demand
from c2m.distribution import GammaPoisson
from c2m.errors import ArgumentError, C2MWarning
from c2m.forecast.launch.sizes import SizeCurves
from c2m.forecast.launch.splitting import split_sizes
from c2m.panel import Panel
from c2m.periods import Calendar

SIZES = np.array(["L", "M", "S", "XL"])


def shelves(seed=0, *, n_styles=30, units=6.0, broken=True, alike=60.0):
    """Return a panel whose largest size sells out early, and the true shares."""
    chance = np.random.default_rng(seed)
    typical = np.array([0.25, 0.4, 0.25, 0.1])
    truth = chance.dirichlet(alike * typical, n_styles)
    rate = units * chance.gamma(3.0, 1 / 3, (n_styles, 1, 20))
    there = np.ones((n_styles, 4, 20))
    if broken:
        gone = chance.integers(4, 12, n_styles)
        size = truth.argmax(axis=1)
        for style in range(n_styles):
            there[style, size[style], gone[style] :] = 0.0
    sold = chance.poisson(rate * truth[:, :, None] * there).astype(float)
    styles = np.repeat([f"T{n:02d}" for n in range(n_styles)], 4)
    sizes = np.tile(SIZES, n_styles)
    return (
        Panel(
            keys=pd.DataFrame({"sku": [f"{a}-{b}" for a, b in zip(styles, sizes, strict=True)]}),
            calendar=Calendar.of("W"),
            first=2900,
            n_periods=20,
            channels={"sales": sold.reshape(-1, 20), "in_stock": there.reshape(-1, 20)},
            attributes=pd.DataFrame({"style": styles, "size": sizes, "category": "tee"}),
        ),
        truth,
    )


def test_a_size_that_sold_out_early_gets_its_true_share():
    panel, truth = shelves(units=200.0)
    curves = SizeCurves.fit(panel).to_frame()
    share, raw = (
        curves.pivot_table(index="style", columns="size", values=name)[SIZES].to_numpy()
        for name in ("share", "raw_share")
    )
    largest = truth.argmax(axis=1), np.arange(len(truth))
    off = np.abs(share - truth)[largest[1], largest[0]]
    raw_off = np.abs(raw - truth)[largest[1], largest[0]]
    assert off.mean() < 0.02
    assert off.mean() < 0.2 * raw_off.mean()


def test_few_units_are_drawn_to_the_group_and_come_nearer_to_the_truth():
    panel, truth = shelves(units=2.0, broken=False)
    curves = SizeCurves.fit(panel, group="category").to_frame()
    share, raw = (
        curves.pivot_table(index="style", columns="size", values=name)[SIZES].to_numpy()
        for name in ("share", "raw_share")
    )
    assert ((share - truth) ** 2).mean() < 0.6 * ((raw - truth) ** 2).mean()


@given(seed=st.integers(0, 10_000), units=st.sampled_from([0.05, 1.0, 30.0]))
@settings(max_examples=8, deadline=None)
def test_the_shares_of_a_style_sum_to_one(seed, units):
    panel, _ = shelves(seed, n_styles=6, units=units)
    curves = SizeCurves.fit(panel).to_frame()
    assert np.allclose(curves.groupby("style")["share"].sum(), 1.0)
    assert (curves["share"] > 0).all()


def test_a_style_that_sold_nothing_has_the_curve_of_its_group():
    panel, _ = shelves(n_styles=8, units=40.0, broken=False)
    sold = panel["sales"].copy()
    sold[:4] = 0.0
    empty = Panel(
        keys=panel.keys,
        calendar=panel.calendar,
        first=panel.first,
        n_periods=20,
        channels={"sales": sold, "in_stock": panel["in_stock"]},
        attributes=panel.attributes,
    )
    curves = SizeCurves.fit(empty)
    group = curves.groups.set_index("size")["share"]
    assert np.allclose(curves.shares("T00")[SIZES], group[SIZES])


def test_without_in_stock_the_curves_say_that_they_are_not_corrected():
    panel, _ = shelves(n_styles=4)
    bare = Panel(
        keys=panel.keys,
        calendar=panel.calendar,
        first=panel.first,
        n_periods=20,
        channels={"sales": panel["sales"]},
        attributes=panel.attributes,
    )
    with pytest.warns(C2MWarning, match="a size that was sold out looks unwanted"):
        SizeCurves.fit(bare)


def test_attributes_that_are_not_there_are_named():
    panel, _ = shelves(n_styles=4)
    with pytest.raises(ArgumentError, match="did you mean 'size'"):
        SizeCurves.fit(panel, size="sizes")
    with pytest.raises(ArgumentError, match="panel with locations"):
        SizeCurves.fit(panel, locations=True)
    with pytest.raises(ArgumentError, match="no size curve of 'T99'"):
        SizeCurves.fit(panel).shares("T99")


def test_curves_show_what_moved():
    curves = SizeCurves.fit(shelves(n_styles=4)[0])
    assert repr(curves) == "SizeCurves(4 curves of 4 sizes)"
    assert (curves.summary()["largest_move"] > 0).all()
    assert "T00" in curves._repr_html_()


def style_demand(names=("T00", "T01")):
    calendar = Calendar.of("W")
    return Demand(
        keys=pd.DataFrame({"sku": list(names)}),
        calendar=calendar,
        first=3000,
        law=GammaPoisson(np.full((len(names), 5), 30.0), 0.4, 0.2),
        attributes=pd.DataFrame({"style": list(names), "category": "tee"}),
    )


def test_the_sizes_of_a_path_add_up_to_the_styles_path():
    curves = SizeCurves.fit(shelves()[0])
    whole = style_demand()
    parts = split_sizes(whole, curves, n=200, seed=3)
    assert parts.skus[:4] == ["T00-L", "T00-M", "T00-S", "T00-XL"]
    again = parts.rollup("style", n=200, seed=0)
    assert np.array_equal(again.sample(200, 0), whole.sample(200, 3))


def test_the_means_of_a_split_are_the_shares_of_the_style():
    curves = SizeCurves.fit(shelves()[0])
    parts = split_sizes(style_demand(("T00",)), curves, n=4000, seed=1)
    got = parts.mean.sum(axis=1) / parts.mean.sum()
    assert np.allclose(got, curves.shares("T00")[SIZES], atol=0.01)


def test_an_uncertain_curve_makes_a_size_less_certain_than_a_sure_one():
    spreads = []
    for units in (0.3, 300.0):
        curves = SizeCurves.fit(shelves(units=units, alike=5.0)[0])
        share = (
            split_sizes(style_demand(("T00",)), curves, n=2000, seed=1).sample(2000, 0).sum(axis=2)
        )
        spreads.append((share / share.sum(axis=1, keepdims=True)).std(axis=0).max())
    assert spreads[0] > 1.5 * spreads[1]


def test_a_style_without_a_curve_is_refused_or_split_by_its_group():
    curves = SizeCurves.fit(shelves()[0], group="category")
    with pytest.raises(ArgumentError, match=r"have no size curve .first 'NEW'"):
        split_sizes(style_demand(("NEW",)), curves)
    with pytest.warns(C2MWarning, match="1 of 1 series have no size curve of their own"):
        parts = split_sizes(style_demand(("NEW",)), curves, group="category", n=50)
    assert parts.n_series == 4


def test_what_is_no_demand_no_curves_or_no_attribute_is_told():
    curves = SizeCurves.fit(shelves()[0])
    demand = style_demand(("T00",))
    with pytest.raises(ArgumentError, match="Expected a Demand of styles, got DataFrame"):
        split_sizes(demand.to_frame(), curves)
    with pytest.raises(ArgumentError, match=r"Expected curves of SizeCurves.fit, got DataFrame"):
        split_sizes(demand, curves.to_frame())
    with pytest.raises(ArgumentError, match="Expected group, an attribute of the demand"):
        split_sizes(demand, curves, group="categroy")
    with pytest.raises(ArgumentError, match="Expected n, a whole number"):
        split_sizes(demand, curves, n="x")
