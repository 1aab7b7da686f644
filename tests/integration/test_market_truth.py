"""The truth behind a simulated log, found again by reading the log."""

import numpy as np
import pandas as pd
import pytest

from c2m.datasets import simulate_market
from c2m.errors import C2MWarning
from c2m.signals import build_panel, read_events


@pytest.fixture(scope="module")
def market():
    return simulate_market(3, n_styles=4, n_days=42, events_per_day=1500, n_stores=2)


@pytest.fixture(scope="module")
def events(market, tmp_path_factory):
    folder = tmp_path_factory.mktemp("log")
    market.write(folder)
    return read_events(folder)


def panel_of(market, events, **arguments):
    with pytest.warns(C2MWarning, match="repeat an event_id"):
        return build_panel(
            events, freq="D", tz="UTC", span=(market.days[0], market.days[-1]), **arguments
        )


def test_sales_and_returns_of_the_panel_are_those_of_the_truth(market, events):
    panel, truth = panel_of(market, events), market.truth
    rows = pd.Index(panel.skus).get_indexer(market.skus["sku"])
    seen = rows >= 0
    assert truth.sales[:, ~seen].sum() == 0
    for name, expected in (("sales", truth.sales.sum(axis=2)), ("returns", truth.returns)):
        assert np.array_equal(np.nan_to_num(panel[name][rows[seen]]), expected.T[seen]), name


def test_the_share_in_stock_on_the_web_is_that_of_the_truth(market, events):
    panel = panel_of(market, events, key=("sku", "channel"))
    web = (panel.keys["channel"] == "web").to_numpy()
    rows = pd.Index(market.skus["sku"]).get_indexer(panel.keys["sku"][web])
    found, truth = panel["in_stock"][web], market.truth.in_stock[:, rows, 0].T
    known = ~np.isnan(found)
    assert known.mean() > 0.5
    for share in (0.0, 1.0):
        sure = known & (truth == share)
        assert sure.any()
        assert (found[sure] == share).all()


def test_what_was_known_on_a_day_lacks_the_rows_that_came_later(market, events):
    now, then = (
        panel_of(market, events, as_of=moment, kinds=["purchase"])
        for moment in (None, "2025-02-10")
    )
    assert str(then.cutoff.date()) == "2025-02-09"
    sold, known = (np.nansum(panel["sales"], axis=0) for panel in (now, then))
    assert (known <= sold[: len(known)]).all()
    assert 0.95 < known.sum() / sold[: len(known)].sum() < 1


def test_two_threads_read_the_same_log_alike(market, events):
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(2) as pool:
        tables = list(pool.map(lambda _: events.to_arrow(["event_id", "event_time"]), range(2)))
    assert tables[0].sort_by("event_id").equals(tables[1].sort_by("event_id"))
