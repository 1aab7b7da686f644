import numpy as np
import pandas as pd
import pytest

from c2m.datasets import Market, simulate_market
from c2m.errors import ArgumentError


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


def of_each(family: str) -> tuple[Market, pd.DataFrame]:
    """Return a market with fakes of one family, and their events."""
    market = simulate_market(
        12, n_styles=6, n_days=56, events_per_day=1500, fake_share=0.3, fake_families=(family,)
    )
    events = market.events.to_pandas().drop_duplicates("event_id")
    day = (events["event_time"].dt.tz_localize(None) - market.days[0]).dt.days
    text = {name: events[name].astype("str") for name in ("sku", "event_type")}
    log = events.assign(day=day, **text)
    share = log["user_key"].isin(market.truth.fake_users["user_key"]).mean()
    assert share == pytest.approx(0.3, abs=0.06)
    assert set(market.truth.fake_users["family"]) == {family}
    return market, of_family(market, log, family)


def test_a_hoarder_fills_its_cart_every_day() -> None:
    _, fake = of_each("hoarder")
    visits = fake.groupby(["user_key", "day"])
    assert visits.size().between(10, 40).all()
    assert (fake["event_type"] == "cart_add").mean() == pytest.approx(0.75, abs=0.02)
    assert (fake.groupby("user_key")["day"].nunique() == 56).all()


def test_replays_go_the_ways_of_few_recorded_sessions_at_their_own_pace() -> None:
    _, fake = of_each("replay")
    visits = fake.sort_values("event_time").groupby(["day", "user_key"])
    ways = visits["sku"].agg("-".join)
    long = ways[visits.size() >= 6]
    assert long.groupby(level="day").value_counts().max() >= 3
    spans = visits["event_time"].agg(lambda times: (times.max() - times.min()).total_seconds())
    assert spans[long.index].is_unique


def test_a_drip_boosts_five_skus_by_accounts_that_come_back() -> None:
    _, fake = of_each("drip")
    for _, block in fake.groupby(fake["day"] // 28):
        assert block["sku"].value_counts(normalize=True)[:5].sum() > 0.5
    visits = fake.groupby(["user_key", "day"]).size()
    assert 2.2 < visits.mean() < 2.8
    assert visits.groupby(level="user_key").size().median() > 5


def test_a_mob_ends_its_visits_at_one_of_four_skus_in_five_days_of_fourteen() -> None:
    _, fake = of_each("mob")
    for _, block in fake.groupby(fake["day"] // 14):
        assert block["day"].nunique() == 5
        last = block.sort_values("event_time").groupby(["user_key", "day"])["sku"].last()
        assert last.value_counts(normalize=True)[:4].sum() > 0.97


def test_sleepers_come_back_and_boost_three_skus_on_seven_days_of_twenty_one() -> None:
    _, fake = of_each("sleeper")
    for _, block in fake[fake["day"] < 42].groupby(fake["day"] // 21):
        of_day = block.groupby("day").size()
        at_work = of_day.index[of_day > of_day.max() / 3]
        assert len(at_work) == 7
        task = block[block["day"].isin(at_work)]
        boosted = task["sku"].value_counts(normalize=True)
        assert boosted[:3].sum() > 0.4
        carts = task[task["event_type"] == "cart_add"]
        assert set(carts["sku"]) == set(boosted.index[:3])
    assert fake.groupby("user_key")["day"].nunique().median() > 3


def test_families_share_the_fakes_and_do_not_change_each_other_s_users() -> None:
    both = simulate_market(
        3, n_styles=2, n_days=28, events_per_day=1000, fake_share=0.4, fake_families=("drip", "mob")
    )
    assert both.truth.fake_users["user_key"].is_unique
    assert set(both.truth.fake_users["family"]) == {"drip", "mob"}


@pytest.mark.parametrize("families", [(), ("ghost",), ("drip", "drip")])
def test_families_that_do_not_exist_are_refused(families: tuple[str, ...]) -> None:
    with pytest.raises(ArgumentError, match="fake_families from crawler"):
        simulate_market(1, fake_families=families)
