"""What holds of the simulated panel: its shape, its shares, its leads, its bits."""

import numpy as np
import pytest

from c2m.datasets import SimulatedPanel, simulate_panel
from c2m.errors import ArgumentError

LEADS = {"views": 10, "wishlists": 14, "carts": 2}


@pytest.fixture(scope="module")
def simulated() -> SimulatedPanel:
    return simulate_panel(seed=3, n_items=200, n_days=600)


def test_a_panel_has_a_row_for_every_item_in_every_store(simulated: SimulatedPanel) -> None:
    panel = simulated.panel
    assert panel.n_series == 200 * 10
    assert panel.n_periods == 600
    assert panel.n_ahead == 28
    assert set(panel.known) == {"price", "event"}
    assert simulated.expected.shape == (2000, 628)
    assert list(panel.keys.columns) == ["sku", "location"]
    assert panel.keys["location"].nunique() == 10
    assert panel.attributes["department"].nunique() == 7
    assert panel.attributes["category"].nunique() == 3
    assert panel.attributes["state"].value_counts().to_dict() == {"CA": 800, "TX": 600, "WI": 600}


def test_an_item_has_the_department_of_its_name(simulated: SimulatedPanel) -> None:
    panel = simulated.panel
    named = panel.keys["sku"].str.rsplit("_", n=1).str[0]
    assert (named == panel.attributes["department"]).all()
    assert (panel.keys["location"].str.split("_").str[0] == panel.attributes["state"]).all()


def test_departments_of_the_full_size_are_those_of_m5() -> None:
    panel = simulate_panel(seed=0, n_items=3049, n_stores=1, n_days=28, n_ahead=0).panel
    assert panel.attributes["department"].value_counts().to_dict() == {
        "FOODS_3": 823,
        "HOUSEHOLD_1": 532,
        "HOUSEHOLD_2": 515,
        "HOBBIES_1": 416,
        "FOODS_2": 398,
        "FOODS_1": 216,
        "HOBBIES_2": 149,
    }


def test_two_of_three_days_on_sale_are_without_a_sale(simulated: SimulatedPanel) -> None:
    sales = simulated.panel["sales"]
    assert np.mean(sales[~np.isnan(sales)] == 0) == pytest.approx(0.68, abs=0.06)


def test_stockouts_touch_three_days_of_a_hundred_and_hide_demand(
    simulated: SimulatedPanel,
) -> None:
    panel = simulated.panel
    alive = panel["on_sale"] == 1
    short = alive & (panel["in_stock"] < 1)
    assert short.sum() / alive.sum() == pytest.approx(0.03, abs=0.004)
    hidden = simulated.demand() - panel["sales"]
    assert (hidden[alive] >= 0).all()
    assert (hidden[alive & ~short] == 0).all()
    assert hidden[short].sum() == simulated.lost["units"].sum() > 0
    assert (panel["sales"][panel["in_stock"] == 0] == 0).all()


def test_a_third_of_the_items_is_launched_late_and_unknown_before(
    simulated: SimulatedPanel,
) -> None:
    panel = simulated.panel
    before = panel["on_sale"] == 0
    assert before[:, 0].mean() == pytest.approx(0.35, abs=0.1)
    np.testing.assert_array_equal(before, np.isnan(panel["sales"]))
    np.testing.assert_array_equal(before, simulated.expected[:, :600] == 0)
    assert (np.diff(panel["on_sale"], axis=1) >= 0).all()


def test_views_and_wishlists_foretell_the_level_of_a_launch_and_carts_do_not(
    simulated: SimulatedPanel,
) -> None:
    panel = simulated.panel
    launch = np.argmax(panel["on_sale"], axis=1)
    rows = np.flatnonzero((launch > 60) & (launch < 560))
    days = launch[rows, None] + np.arange(28)
    first_month = np.log(simulated.expected[rows[:, None], days].sum(axis=1))
    for name, least in (("views", 0.85), ("wishlists", 0.7)):
        seen = panel[name][rows[:, None], launch[rows, None] - np.arange(1, 29)].sum(axis=1)
        assert np.corrcoef(np.log1p(seen), first_month)[0, 1] > least
        assert (panel[name][rows[:, None], launch[rows, None] - np.arange(50, 60)] == 0).all()
    assert (panel["carts"][panel["on_sale"] == 0] == 0).all()


@pytest.mark.parametrize("name", LEADS)
def test_a_signal_foretells_the_moves_of_the_level_by_its_lead(
    simulated: SimulatedPanel, name: str
) -> None:
    whole = np.flatnonzero(simulated.panel["on_sale"][:, 0] == 1)
    strong = whole[np.argsort(-simulated.expected[whole].mean(axis=1))[:500]]
    seen = _innovations(np.log1p(simulated.panel[name][strong]))
    meant = _innovations(np.log(simulated.expected[strong, :600]))
    found = [
        np.mean(seen[:, 30:-30] * np.roll(meant, -lag, axis=1)[:, 30:-30]) for lag in range(25)
    ]
    assert int(np.argmax(found)) == LEADS[name]


def _innovations(values: np.ndarray) -> np.ndarray:
    """Whiten: take out the week, what a day has in common, and what the day before foretold."""
    values = values - np.median(values, axis=0)
    moved = values[:, 1:] - 0.985 * values[:, :-1]
    return np.asarray(np.clip(moved - moved.mean(axis=1, keepdims=True), -0.5, 0.5))


def test_series_of_a_store_and_department_are_shocked_together(simulated: SimulatedPanel) -> None:
    group = (simulated.panel.attributes["department"] == "FOODS_3").to_numpy()
    at = simulated.panel.keys["location"].to_numpy()
    whole = simulated.panel["on_sale"][:, 0] == 1
    log = np.log(np.where(whole[:, None], simulated.expected, 1.0))
    moved = np.diff(log, axis=1)[:, ::7]  # one weekday
    one, other = (moved[group & whole & (at == store)] for store in ("CA_1", "TX_1"))
    half = len(one) // 2
    within = np.corrcoef(np.median(one[:half], axis=0), np.median(one[half:], axis=0))[0, 1]
    between = np.corrcoef(np.median(one, axis=0), np.median(other, axis=0))[0, 1]
    assert within > between + 0.1


def test_demand_is_as_often_above_its_mean_as_a_count_may_be(simulated: SimulatedPanel) -> None:
    demand, mean = simulated.demand(), simulated.expected[:, :600]
    alive = ~np.isnan(demand)
    assert demand[alive].sum() == pytest.approx(mean[alive].sum(), rel=0.01)
    excess = ((demand - mean)[alive] ** 2 - mean[alive]).sum() / (mean[alive] ** 2).sum()
    assert 0.2 < excess < 0.7  # the dispersion of a negative binomial


def test_promotions_lower_the_price_and_raise_the_mean(simulated: SimulatedPanel) -> None:
    price = simulated.panel["price"][:, :600]
    usual = np.median(price, axis=1, keepdims=True)
    cheap = (price < 0.85 * usual) & (simulated.panel["on_sale"] == 1)
    dear = (price > 0.97 * usual) & (simulated.panel["on_sale"] == 1)
    mean = simulated.expected[:, :600] / simulated.expected.mean(axis=1, keepdims=True)
    assert 0.01 < cheap.mean() < 0.15
    assert mean[cheap].mean() > 1.3 * mean[dear].mean()


def test_the_same_seed_gives_the_same_bits_and_another_seed_others() -> None:
    one, same = (simulate_panel(seed=5, n_items=9, n_days=90) for _ in range(2))
    assert one.panel == same.panel
    np.testing.assert_array_equal(one.expected, same.expected)
    other = simulate_panel(seed=6, n_items=9, n_days=90)
    assert not np.array_equal(one.expected, other.expected)


def test_signals_are_left_out_when_not_asked_for() -> None:
    panel = simulate_panel(seed=5, n_items=3, n_days=60, signals=("views",)).panel
    assert "views" in panel
    assert "carts" not in panel


def test_no_item_is_late_and_none_is_short_when_told_so() -> None:
    told = simulate_panel(seed=5, n_items=20, n_days=90, launch_share=0.0, stockout_share=0.0)
    assert (told.panel["on_sale"] == 1).all()
    assert (told.panel["in_stock"] == 1).all()
    assert len(told.lost) == 0


def test_settings_out_of_range_are_refused_all_at_once() -> None:
    with pytest.raises(ArgumentError) as refused:
        simulate_panel(seed=-1, n_items=0, n_days=10, launch_share=1.5, signals=("likes",))
    for part in ("seed", "n_items from 1", "n_days from 28", "launch_share", "signals from views"):
        assert part in str(refused.value)
    with pytest.raises(ArgumentError, match="ISO date"):
        simulate_panel(seed=1, start="yesterday")
