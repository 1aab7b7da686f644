import numpy as np
import pandas as pd

from c2m.datasets import Market, simulate_market
from c2m.datasets.market.stock import clock


def test_units_bought_instead_are_of_the_same_style_at_the_same_place(market: Market) -> None:
    truth, style = market.truth, pd.factorize(market.skus["style"])[0]
    assert truth.spill_in.sum() > 50
    for number in range(style.max() + 1):
        ours = style == number
        came = truth.spill_in[:, ours].sum(axis=1)
        left = truth.spill_out[:, ours].sum(axis=1)
        assert np.array_equal(came, left)


def test_nothing_is_bought_instead_when_no_one_looks_for_a_neighbour() -> None:
    market = simulate_market(3, n_styles=3, n_days=60, events_per_day=2000, spill_share=0.0)
    assert market.truth.spill_in.sum() == 0
    assert market.truth.lost.sum() > 0


def test_demand_is_lost_only_where_the_stock_ran_out(market: Market) -> None:
    truth = market.truth
    short = truth.own < truth.demand
    assert 0.01 < truth.lost.sum() / truth.demand.sum() < 0.3
    assert (truth.in_stock_minutes[short] < 1440).all()
    assert (truth.in_stock_minutes[~short & (truth.demand > 0)] == 1440).all()
    empty = truth.in_stock_minutes == 0
    assert empty.any()
    assert truth.sales[empty].sum() == 0


def test_purchases_happen_while_the_sku_is_there(market: Market, log: pd.DataFrame) -> None:
    online = log[(log["event_type"] == "purchase") & log["store_id"].isna()]
    number = pd.Index(market.skus["sku"]).get_indexer(online["sku"])
    until = market.truth.in_stock_minutes[online["day"].to_numpy(), number, 0]
    time = online["event_time"]
    minute = time.dt.hour * 60 + time.dt.minute
    assert (minute <= until).all()
    assert (log.loc[log["event_type"] == "purchase", "in_stock"] == 1).all()


def test_views_know_when_the_sku_was_out_of_stock(market: Market, log: pd.DataFrame) -> None:
    views = log[(log["event_type"] == "view") & log["store_id"].isna()]
    number = pd.Index(market.skus["sku"]).get_indexer(views["sku"])
    share = market.truth.in_stock[views["day"].to_numpy(), number, 0]
    assert (views["in_stock"][share == 1] == 1).all()
    assert (views["in_stock"][share == 0] == 0).all()
    assert 0 < views["in_stock"][(share > 0) & (share < 1)].mean() < 1


def test_the_clock_runs_from_midnight_to_midnight_and_never_back() -> None:
    minute = clock(np.linspace(0, 1, 500))
    assert minute[0] == 0
    assert minute[-1] == 1440
    assert (np.diff(minute) > 0).all()
