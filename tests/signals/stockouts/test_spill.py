import numpy as np
import pytest

from c2m.signals import unconstrain
from c2m.signals.stockouts.spill import find_neighbours

LOOK = 0.5


@pytest.fixture(scope="module")
def shops(make_panel, grid):
    """Styles of 3 x 3 SKUs that run out for days; of those who find nothing half look once."""
    rng = np.random.default_rng(21)
    attributes = grid(12, 3, 3)
    n_series, n_periods = len(attributes), 120
    rate = rng.gamma(4, 10, (n_series, 1)) * np.ones((n_series, n_periods))
    out = np.zeros(rate.shape, dtype=bool)
    for series in range(n_series):
        for start in rng.integers(0, n_periods - 8, 2):
            out[series, start : start + rng.integers(3, 8)] = True
    demand = rng.poisson(rate)
    panel = make_panel({"sales": demand, "in_stock_demand": ~out}, attributes)
    near, _ = find_neighbours(panel, "style", ("colour", "size"))
    chance = near.toarray()
    came, left = np.zeros(rate.shape), np.zeros(rate.shape)
    for day in range(n_periods):
        for series in np.flatnonzero(out[:, day]):
            looking = rng.binomial(demand[series, day], LOOK)
            found = rng.multinomial(looking, chance[series]) * ~out[:, day]
            came[:, day] += found
            left[series, day] = found.sum()
    sales = np.where(out, 0, demand) + came
    return (
        panel.with_channels({"views": sales}),
        make_panel({"sales": sales, "in_stock_demand": ~out}, attributes),
        demand,
        came,
        left,
    )


def test_the_share_who_look_and_what_they_buy_are_found(shops):
    _, panel, _, came, left = shops
    found = unconstrain(panel, "gamma_poisson")
    assert found.spill["look"].mean() == pytest.approx(LOOK, abs=0.1)
    assert found.spill["spill_in"].sum() == pytest.approx(came.sum(), rel=0.2)
    assert found.spill["spill_out"].sum() == pytest.approx(found.spill["spill_in"].sum(), rel=1e-6)
    for name, truth in (("spill_in", came), ("spill_out", left)):
        assert np.corrcoef(found.spill[name], truth.sum(axis=1))[0, 1] > 0.9


def test_style_totals_are_not_counted_twice(shops):
    _, panel, demand, _, _ = shops
    style = panel.attributes["style"].to_numpy()

    def _bias(spill):
        found = unconstrain(panel, "gamma_poisson", spill=spill).panel["demand"].astype(float)
        return [found[style == one].sum() / demand[style == one].sum() - 1 for one in set(style)]

    assert np.mean(_bias(spill=False)) > 0.02  # who bought a neighbour counts at both
    assert abs(np.mean(_bias(spill=True))) < 0.006
    assert max(_bias(spill=True)) < 0.03


def test_the_demand_of_a_neighbour_is_without_what_was_bought_instead(shops):
    _, panel, demand, came, _ = shops
    found = unconstrain(panel, "gamma_poisson").panel
    receivers = came > 5
    with_it = np.abs(panel["sales"] - demand)[receivers].mean()
    assert np.abs(found["demand"] - demand)[receivers].mean() < 0.5 * with_it
    np.testing.assert_allclose(
        (found["demand"] + found["spill_in"])[receivers], panel["sales"][receivers], rtol=1e-5
    )


def test_neighbours_differ_in_one_attribute(make_panel, grid):
    panel = make_panel({"sales": np.zeros((12, 2))}, grid(2, 2, 3))
    near, style = find_neighbours(panel, "style", ("colour", "size"))
    assert near.toarray()[0].nonzero()[0].tolist() == [1, 2, 3]
    np.testing.assert_allclose(near.sum(axis=1), 1)
    assert style.tolist() == [0] * 6 + [1] * 6
    everyone, _ = find_neighbours(panel, "style", ())
    assert everyone.toarray()[0].nonzero()[0].tolist() == [1, 2, 3, 4, 5]


def test_without_a_style_nothing_is_known_of_spill(make_panel, grid):
    panel = make_panel({"sales": np.zeros((2, 2))})
    assert find_neighbours(panel, "style", ("colour",)) is None
    alone = make_panel({"sales": np.zeros((2, 2))}, grid(2, 1, 1))
    assert find_neighbours(alone, "style", ("colour",)) is None


def test_who_does_not_spill_is_not_made_to(make_panel, grid):
    rng = np.random.default_rng(3)
    attributes = grid(10, 3, 3)
    demand = rng.poisson(30, (90, 100))
    out = rng.random(demand.shape) < 0.1
    panel = make_panel({"sales": np.where(out, 0, demand), "in_stock_demand": ~out}, attributes)
    found = unconstrain(panel)
    assert found.spill["look"].mean() < 0.05
    assert found.panel["demand"].sum() == pytest.approx(demand.sum(), rel=0.01)
