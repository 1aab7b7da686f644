import numpy as np
import pandas as pd
import pytest

from c2m.datasets import Market, simulate_market


def of_family(market: Market, log: pd.DataFrame, family: str) -> pd.DataFrame:
    users = market.truth.fake_users
    return log[log["user_key"].isin(users.loc[users["family"] == family, "user_key"])]


def test_fake_users_are_the_share_of_the_log_that_was_asked(
    market: Market, log: pd.DataFrame
) -> None:
    share = 1 - (~log["user_key"].isin(market.truth.fake_users["user_key"])).mean()
    assert share == pytest.approx(0.06, abs=0.015)


def test_fake_users_look_and_fill_carts_but_never_buy(market: Market, log: pd.DataFrame) -> None:
    fake = log[log["user_key"].isin(market.truth.fake_users["user_key"])]
    assert set(fake["event_type"]) == {"view", "cart_add"}
    assert market.truth.fake_users["user_key"].is_unique


def test_a_crawler_keeps_its_gap_and_visits_most_of_the_catalogue(
    market: Market, log: pd.DataFrame
) -> None:
    crawl = of_family(market, log, "crawler")
    launched = market.skus["launch"].isna().sum()
    for _, visit in crawl.groupby(["user_key", "day"]):
        assert visit["sku"].nunique() >= launched * 0.9
        gap = visit["event_time"].diff().dt.total_seconds().dropna()
        usual = gap.median()
        assert usual >= 4
        assert ((gap / usual).round() * usual - gap).abs().max() < 1e-3


def test_a_ring_boosts_three_skus_in_bursts_of_users_never_seen_before(
    market: Market, log: pd.DataFrame
) -> None:
    ring = of_family(market, log, "ring")
    of_user = ring.groupby("user_key")["day"]
    assert (of_user.min() == of_user.max()).all()
    assert (of_user.size() == 3).all()
    blocks = ring.groupby(ring["day"] // 28)
    assert (blocks["sku"].nunique() == 3).all()
    assert (blocks["day"].nunique() == 4).all()
    first = ring.sort_values("event_time").groupby("user_key")["event_time"].first().sort_values()
    together = first.diff(50).dropna() < pd.Timedelta(minutes=5)
    assert together.mean() > 0.5


def test_a_market_without_fakes_has_none() -> None:
    market = simulate_market(1, n_styles=2, n_days=30, events_per_day=500, fake_share=0.0)
    assert len(market.truth.fake_users) == 0
    assert market.events.num_rows > 0


def test_keys_as_numbers_name_the_same_people_as_keys_as_text() -> None:
    text, number = (
        simulate_market(8, n_styles=2, n_days=3, events_per_day=500, user_keys=kind)
        for kind in ("text", "int")
    )
    texts = text.events["user_key"].to_pandas()
    numbers = number.events["user_key"].to_numpy()
    assert numbers.dtype == np.int64
    assert numbers.view(np.uint64).astype(str).tolist() == texts.tolist()
