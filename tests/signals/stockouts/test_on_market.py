"""From the log of a simulated market to its demand: nothing but the log goes in."""

import numpy as np
import pandas as pd
import pytest

from c2m.datasets import simulate_market
from c2m.errors import C2MWarning
from c2m.signals import build_panel, read_events, unconstrain


@pytest.fixture(scope="module")
def market():
    return simulate_market(
        211,
        n_styles=3,
        n_colours=3,
        n_sizes=3,
        n_stores=0,
        n_days=70,
        events_per_day=15_000,
        launch_share=0.0,
        page_suppression=0.3,
        review_days=1,
    )


@pytest.fixture(scope="module")
def panel(market):
    with pytest.warns(C2MWarning, match="repeat an event_id"):
        return build_panel(
            read_events(market.events),
            freq="D",
            tz="UTC",
            kinds=["view", "purchase"],
            attributes=market.skus[["sku", "style", "colour", "size"]],
            stock="changes",
        )


def truth_of(market, panel):
    rows = pd.Index(market.skus["sku"]).get_indexer(panel.skus)
    demand = market.truth.demand.sum(axis=2).T[rows].astype(float)
    return demand, market.truth.in_stock[:, rows, 0].T < 1


@pytest.mark.parametrize(("views", "most"), [("views", 0.12), ("none", 0.15)])
def test_demand_on_censored_days_is_that_of_the_market(market, panel, views, most):
    demand, out = truth_of(market, panel)
    assert np.median(demand[out]) >= 20  # where chance alone is well below the target
    found = unconstrain(panel, views=views)
    error = (found.panel["demand"] - demand)[out]
    assert np.abs(error).sum() / demand[out].sum() <= most
    assert abs(error.sum() / demand[out].sum()) <= 0.03
    assert np.mean(np.abs(error) <= 2 * found.panel["demand_sd"][out]) >= 0.9
    sold = panel["sales"][out].sum() / demand[out].sum()
    assert sold < 0.7


def test_the_total_of_all_styles_is_that_of_the_market(market, panel):
    demand, _ = truth_of(market, panel)
    found = unconstrain(panel).panel["demand"].sum(dtype=float)
    assert found == pytest.approx(demand.sum(), rel=0.02)
