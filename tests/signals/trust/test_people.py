"""Shops of people alone, of many kinds: trust takes next to nothing from any of them."""

import numpy as np
import pandas as pd
import pytest

from c2m.signals.trust import score_trust
from tests.signals.trust.conftest import mean_weight, on_day, opened, shop


def logged_out(log: pd.DataFrame) -> pd.DataFrame:
    """Return the log with a new user for each user and day."""
    day = log["event_time"].dt.floor("D").astype("str")
    return log.assign(user_key=log["user_key"].astype("str") + day)


def with_orders(log: pd.DataFrame, *, users: str | None, skus: str = "") -> pd.DataFrame:
    """Return the log with orders as another system has them: other users, and other SKUs."""
    log = log.copy()
    bought = log["event_type"] == "purchase"
    log.loc[bought, "user_key"] = None if users is None else users + log["user_key"][bought]
    log.loc[bought, "sku"] += skus
    return log


def selling_unevenly(seed: int) -> pd.DataFrame:
    """Return a shop in which some SKUs are looked at 30 times as often for each order as others."""
    log = shop(20, seed=seed, n_skus=60, users=400)
    rng = np.random.default_rng(seed)
    bought = (log["event_type"] == "purchase").to_numpy()
    kept = 10 ** rng.uniform(-1.5, 0, 60)[log["sku"].str[1:].astype(int)]
    log.loc[bought & (rng.random(len(log)) > kept), "event_type"] = "view"
    return log


@pytest.mark.parametrize("seed", [2, 3])
def test_orders_of_another_system_make_no_crowd_of_those_who_look(seed: int) -> None:
    log = selling_unevenly(seed)
    for unlike in (
        with_orders(log, users="customer-"),
        with_orders(log, users="customer-", skus="-variant"),
        with_orders(log, users=None),
        with_orders(logged_out(log), users="customer-"),
    ):
        assert mean_weight(score_trust(opened(unlike)), unlike) > 0.99


def test_a_shop_where_every_user_is_new_every_day_keeps_its_weight() -> None:
    log = logged_out(selling_unevenly(4))
    assert mean_weight(score_trust(opened(log)), log) > 0.99


@pytest.mark.parametrize("unit", ["min", "h", "D"])
def test_a_log_that_knows_the_time_roughly_has_no_machines(unit: str, people: pd.DataFrame) -> None:
    seconds = 36_000 + 60 * np.arange(40) * np.random.default_rng(3).integers(1, 3, 40).cumsum() / 9
    fans = [
        on_day(day, np.sort(seconds), event_type="view", user_key=f"fan{day}",
               sku=[f"S{k:02}" for k in np.random.default_rng(day).integers(0, 30, 40)])
        for day in range(8)
    ]  # fmt: skip
    log = pd.concat([logged_out(people), *fans])
    log["event_time"] = log["event_time"].dt.floor(unit)
    trust = score_trust(opened(log))
    assert mean_weight(trust, log) > 0.99
    assert mean_weight(trust, log.tail(len(fans) * 40)) > 0.99


def test_in_a_large_shop_many_take_the_same_way_by_chance() -> None:
    log = logged_out(shop(3, n_skus=30, users=20_000))
    assert mean_weight(score_trust(opened(log)), log) > 0.99


def test_pages_that_show_a_list_of_skus_are_no_machines(people: pd.DataFrame) -> None:
    log = logged_out(people)
    visit = log.drop_duplicates("user_key")
    pages = [
        visit.assign(event_type="impression", sku=f"S{place % 30:02}",
                     event_time=visit["event_time"] + pd.Timedelta(seconds=40 * (place // 24)))
        for place in range(72)
    ]  # fmt: skip
    shown = pd.concat([log, *pages])
    assert mean_weight(score_trust(opened(shown)), shown) > 0.99


def test_a_wholesaler_on_the_first_day_makes_no_crowd_of_others() -> None:
    log = shop(6, n_skus=60, users=300)
    skus = [f"S{k:02}" for k in range(60)]
    bulk = [
        on_day(0, 80_000 + np.arange(60), event_type="purchase", sku=skus, user_key=f"pro{k}")
        for k in range(5)
    ]
    assert mean_weight(score_trust(opened(log, *bulk)), log) > 0.99


def test_orders_without_a_user_vouch_for_a_wave(people: pd.DataFrame) -> None:
    rng = np.random.default_rng(6)
    fans = [f"fan{k}" for k in range(400)]
    looks = on_day(12, 36_000 + np.sort(rng.random(400)) * 7200, event_type="view", sku="S10",
                   user_key=fans)  # fmt: skip
    orders = on_day(12, 44_000 + np.arange(20), event_type="purchase", sku="S10", user_key=None)
    assert mean_weight(score_trust(opened(people, looks, orders)), looks) > 0.95
    assert mean_weight(score_trust(opened(people, looks)), looks) < 0.1


def test_a_crowd_is_found_where_the_orders_are_of_another_system() -> None:
    log = with_orders(shop(20, n_skus=60, users=300), users="customer-")
    rng = np.random.default_rng(7)
    paid = on_day(15, 36_000 + rng.random(500) * 7200, event_type="view", sku="S20",
                  user_key=[f"paid{k}" for k in range(500)])  # fmt: skip
    trust = score_trust(opened(log, paid))
    assert mean_weight(trust, paid) < 0.1
    assert mean_weight(trust, log) > 0.99


def test_users_who_only_order_do_not_say_how_often_people_look_alike() -> None:
    log = with_orders(shop(8, n_skus=30, users=3000), users="customer-")
    assert mean_weight(score_trust(opened(log)), log) > 0.999
