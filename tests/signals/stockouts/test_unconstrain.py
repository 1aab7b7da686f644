import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c2m.errors import ArgumentError, C2MWarning, DataError
from c2m.signals import unconstrain
from c2m.signals.stockouts.methods import METHODS
from c2m.signals.stockouts.spill import find_neighbours

WAPE_AT_MOST = {
    "observed": 1.0,
    "same_weekday": 0.45,
    "censored_negbin": 0.45,
    "profile": 0.35,
    "gamma_poisson": 0.15,
    "views": 0.15,
    "views_suppressed": 0.12,
    "views_and_history": 0.12,
}


def errors(found, demand, cells):
    """Return WAPE, bias and coverage of two standard deviations over some cells."""
    error = (found.panel["demand"] - demand)[cells].astype(float)
    total = demand[cells].sum()
    inside = np.abs(error) <= 2 * found.panel["demand_sd"][cells] + 1e-6
    return np.abs(error).sum() / total, error.sum() / total, inside.mean()


@pytest.mark.parametrize("method", METHODS)
def test_each_method_is_as_good_as_what_it_knows(plain_market, method):
    panel, demand = plain_market
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "'profile' has nothing to go by", C2MWarning)
        found = unconstrain(panel, method, spill=False)
    cells = panel["in_stock_demand"] < 1
    wape, bias, _ = errors(found, demand, cells)
    assert wape <= WAPE_AT_MOST[method]
    naive = 1 - panel["sales"][cells].sum() / demand[cells].sum()
    assert abs(bias) <= (naive + 0.01 if method == "observed" else 0.1)
    if method not in {"same_weekday", "profile", "observed"}:
        assert wape < 0.5 * naive


@pytest.mark.parametrize(("views", "most"), [("views", 0.12), ("no such channel", 0.15)])
def test_the_choice_is_unbiased_exact_and_honest(plain_market, views, most):
    panel, demand = plain_market
    found = unconstrain(panel, views=views, spill=False)
    wape, bias, coverage = errors(found, demand, panel["in_stock_demand"] < 1)
    assert wape <= most
    assert abs(bias) <= 0.03
    assert 0.93 <= coverage <= 0.99


def test_the_page_factor_is_found(plain_market):
    panel, _ = plain_market
    assert unconstrain(panel, spill=False).page_factor == pytest.approx(0.7, abs=0.03)
    assert unconstrain(panel, "views", spill=False).page_factor == 1
    assert unconstrain(panel, "gamma_poisson", spill=False).page_factor is None


def test_weeks_work_as_days_do(make_panel):
    rng = np.random.default_rng(3)
    rate = rng.gamma(3, 20, (60, 1)) * np.ones((60, 40))
    share = np.where(rng.random(rate.shape) < 0.2, rng.random(rate.shape), 1.0)
    served, lost = rng.poisson(rate * share), rng.poisson(rate * (1 - share))
    panel = make_panel({"sales": served, "in_stock_demand": share}, freq="W")
    wape, bias, coverage = errors(unconstrain(panel), served + lost, share < 1)
    assert wape < 0.1
    assert abs(bias) < 0.02
    assert coverage > 0.93


# ---------------------------------------------------------------- what always holds


N_SERIES, N_PERIODS = 6, 21
SALES = st.lists(st.integers(0, 40), min_size=N_SERIES * N_PERIODS, max_size=N_SERIES * N_PERIODS)


def torn_channels(sales, seed, *, with_views):
    """Return channels full of holes, the numbers of sales as given."""
    rng = np.random.default_rng(seed)
    shape = (N_SERIES, N_PERIODS)

    def _holes(values, part):
        return np.where(rng.random(shape) < part, np.nan, values)

    share = rng.choice([0.0, 0.3, 0.9, 1.0], shape, p=[0.1, 0.1, 0.1, 0.7])
    found = {
        "sales": _holes(np.reshape(sales, shape), 0.1),
        "in_stock_demand": _holes(share, 0.1),
    }
    return found | ({"views": _holes(rng.poisson(50, shape), 0.2)} if with_views else {})


@settings(max_examples=25, deadline=None)
@given(
    sales=SALES,
    seed=st.integers(0, 2**32 - 1),
    with_views=st.booleans(),
    method=st.sampled_from(["auto", *METHODS]),
    spill=st.booleans(),
)
def test_demand_is_at_least_what_was_sold_of_the_sku_itself(
    make_panel, grid, sales, seed, with_views, method, spill
):
    with_views = with_views or method.startswith("views")
    panel = make_panel(torn_channels(sales, seed, with_views=with_views), grid(1, 2, 3))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", C2MWarning)
        found = unconstrain(panel, method, spill=spill, unknown="observed")
    sales, demand, sd = (found.panel[name] for name in ("sales", "demand", "demand_sd"))
    known = ~np.isnan(panel["sales"])
    np.testing.assert_array_equal(sales, panel["sales"])
    np.testing.assert_array_equal(~np.isnan(demand), known)
    np.testing.assert_array_equal(~np.isnan(sd), known)
    came = np.nan_to_num(found.panel["spill_in"]) if spill and "spill_in" in found.panel else 0
    assert (demand + came >= sales - 1e-3)[known].all()
    assert (demand[known] >= 0).all()
    whole = known & ~(panel["in_stock_demand"] < 1)
    assert (found.method[whole] == "observed").all()
    assert (found.method[~known] == "unknown").all()
    if not spill:
        np.testing.assert_array_equal(demand[whole], sales[whole])
        assert (sd[whole] == 0).all()


def test_nothing_after_the_cutoff_changes_the_demand_before_it(plain_market, make_panel):
    panel, _ = plain_market
    cutoff = panel.periods[59]
    rng = np.random.default_rng(0)
    other = {name: array.copy() for name, array in panel.channels.items()}
    for name in ("sales", "views"):
        other[name][:, 60:] = rng.poisson(500, other[name][:, 60:].shape)
    other["in_stock_demand"][:, 60:] = rng.random(other["in_stock_demand"][:, 60:].shape)
    changed = make_panel(other, panel.attributes)
    now, then = (unconstrain(one.upto(cutoff)).panel for one in (panel, changed))
    assert now == then


def test_the_target_is_demand_and_sales_are_kept(plain_market):
    panel, _ = plain_market
    found = unconstrain(panel)
    assert found.panel.target == "demand"
    np.testing.assert_array_equal(found.panel["sales"], panel["sales"])
    assert "censored cells" in repr(found)
    assert found.summary()["cells"].sum() == panel["sales"].size
    frame = found.to_frame()
    assert len(frame) == panel["sales"].size
    assert set(frame["method"]) == {"observed", "views_and_history"}
    assert "<table" in found._repr_html_()


# ---------------------------------------------------------------- which method


def test_the_method_of_a_cell_is_chosen_by_what_is_known_of_it(make_panel):
    sales = np.full((4, 28), 20.0)
    share = np.ones((4, 28))
    views = np.full((4, 28), 400.0)
    share[0, 10], share[1, 10], share[2, 10], sales[2, 10] = 0.5, 0.5, 0.0, 7
    views[1, 10] = np.nan
    found = unconstrain(make_panel({"sales": sales, "in_stock_demand": share, "views": views}))
    assert found.method[:, 10].tolist() == [
        "views_and_history", "gamma_poisson", "censored_negbin", "observed",
    ]  # fmt: skip
    demand = found.panel["demand"][:, 10]
    assert (demand >= [20, 20, 7, 20]).all()
    assert demand[2] == pytest.approx(20, abs=4)


def test_a_method_that_has_nothing_to_go_by_gives_way_and_says_so(make_panel):
    sales, share = np.full((2, 28), 20.0), np.ones((2, 28))
    sales[0, 3], share[0, 3] = 0, 0
    with pytest.warns(C2MWarning, match="'profile' has nothing to go by in 1 censored cells"):
        found = unconstrain(make_panel({"sales": sales, "in_stock_demand": share}), "profile")
    assert found.method[0, 3] == "gamma_poisson"
    assert found.panel["demand"][0, 3] == pytest.approx(20, rel=0.1)


def test_a_series_that_was_never_in_stock_is_drawn_to_its_style_and_unsure(make_panel, grid):
    rng = np.random.default_rng(1)
    sales = rng.poisson(30, (6, 42)).astype(float)
    share = np.ones((6, 42))
    sales[0], share[0] = 0, 0
    panel = make_panel({"sales": sales, "in_stock_demand": share}, grid(1, 2, 3))
    with pytest.warns(C2MWarning, match=r"1 of 6 series were never in stock \(first 'S00000'\)"):
        found = unconstrain(panel)
    demand, sd = found.panel["demand"][0], found.panel["demand_sd"][0]
    assert demand.mean() == pytest.approx(30, rel=0.15)
    assert (sd > 20).all()  # no one knows how this one sells


def test_a_driver_lifts_the_cells_in_which_it_is_on(make_panel):
    rng = np.random.default_rng(2)
    promotion = np.zeros((8, 84))
    promotion[:, 5::21] = promotion[:, 6::21] = 1
    rate = 20 * (1 + 1.5 * promotion)
    share = np.ones((8, 84))
    share[0, 47:49] = 0
    served, lost = rng.poisson(rate * share), rng.poisson(rate * (1 - share))
    channels = {"sales": served, "in_stock_demand": share, "promotion": promotion}
    panel = make_panel(channels)
    with_it = unconstrain(panel).panel["demand"][0, 47:49].sum()
    assert with_it == pytest.approx(100, rel=0.15)
    assert lost[0, 47:49].sum() > 60
    assert unconstrain(panel, drivers=["promotion"]).panel == unconstrain(panel).panel
    with pytest.raises(ArgumentError, match="did you mean 'promotion'"):
        unconstrain(panel, drivers=["promotions"])


# ---------------------------------------------------------------- what a caller must say


def test_a_cell_without_a_share_is_not_taken_as_in_stock_in_silence(make_panel):
    channels = {"sales": np.full((1, 14), 5.0), "in_stock_demand": np.ones((1, 14))}
    channels["in_stock_demand"][0, 4] = np.nan
    panel = make_panel(channels)
    with pytest.warns(C2MWarning, match="1 of 14 cells have sales but no in_stock"):
        told = unconstrain(panel)
    assert told.panel == unconstrain(panel, unknown="observed").panel
    left = unconstrain(panel, unknown="unknown")
    assert np.isnan(left.panel["demand"][0, 4])
    assert left.method[0, 4] == "unknown"
    with pytest.raises(ArgumentError, match="Expected unknown"):
        unconstrain(panel, unknown="zero")


def test_a_share_of_time_that_stands_for_one_of_demand_is_told(make_panel):
    share = np.ones((1, 14))
    share[0, 3] = 0.5
    panel = make_panel({"sales": np.full((1, 14), 5.0), "in_stock": share})
    with pytest.warns(C2MWarning, match="no channel 'in_stock_demand'"):
        unconstrain(panel)


def test_a_panel_without_shares_or_views_is_refused_where_they_are_needed(make_panel):
    plain = make_panel({"sales": np.ones((1, 14))})
    with pytest.raises(DataError, match="there is no channel 'in_stock'"):
        unconstrain(plain)
    shared = make_panel({"sales": np.ones((1, 14)), "in_stock": np.ones((1, 14))})
    with pytest.raises(DataError, match=r"no channel 'views', which method='views'"):
        unconstrain(shared, "views")
    with pytest.raises(ArgumentError, match="did you mean 'gamma_poisson'"):
        unconstrain(shared, "gamma_poison")
    with pytest.raises(ArgumentError, match="half_life above 0"):
        unconstrain(shared, half_life=0)


def test_the_order_of_attributes_and_an_unknown_style_do_not_matter(make_panel, grid):
    rng = np.random.default_rng(8)
    channels = {"sales": rng.poisson(9, (6, 28)), "in_stock_demand": np.ones((6, 28))}
    channels["in_stock_demand"][0, 3:9] = 0.2
    attributes = grid(1, 2, 3)
    attributes.loc[5, "style"] = None
    found = unconstrain(make_panel(channels, attributes))
    assert found.spill["spill_in"].iloc[5] == 0
    turned = unconstrain(make_panel(channels, attributes[["size", "colour", "style"]]))
    pd.testing.assert_frame_equal(found.to_frame(), turned.to_frame())


def test_nothing_is_made_up_where_nothing_was_ever_in_stock(make_panel):
    channels = {"sales": np.full((2, 14), 3.0), "in_stock_demand": np.zeros((2, 14))}
    with pytest.raises(DataError, match="nothing in it is known to have been in stock"):
        unconstrain(make_panel(channels))
    assert (unconstrain(make_panel(channels), "observed").panel["demand"] == 3).all()


def test_what_was_not_on_sale_has_no_demand_that_was_lost(make_panel):
    sales, share = np.full((2, 28), 9.0), np.ones((2, 28))
    sales[0, 14:] = share[0, 14:] = 0
    channels = {"sales": sales, "in_stock_demand": share}
    assert unconstrain(make_panel(channels)).panel["demand"][0, 20] > 8
    channels["on_sale"] = np.ones((2, 28))
    channels["on_sale"][0, 14:] = 0
    found = unconstrain(make_panel(channels))
    assert np.isnan(found.panel["demand"][0, 14:]).all()
    assert (found.panel["demand"][1] == 9).all()
    assert (found.method[0, 14:] == "unknown").all()


def test_many_series_without_a_style_cost_no_pairs(make_panel):
    n_series = 20_000  # 400 million pairs
    attributes = pd.DataFrame({"style": ["A", "A"] + [None] * (n_series - 2)})
    share = np.ones((n_series, 2))
    share[0, 0] = 0.5
    panel = make_panel({"sales": np.ones((n_series, 2)), "in_stock_demand": share}, attributes)
    neighbours, _ = find_neighbours(panel, "style", ())
    assert neighbours.nnz == 2
