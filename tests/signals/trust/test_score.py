import warnings

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from c2m.datasets import Market, simulate_market
from c2m.errors import ArgumentError, C2MWarning, DataError
from c2m.signals import build_panel, read_events
from c2m.signals.trust import Trust, score_trust
from tests.signals.trust.conftest import mean_weight, on_day, opened, shop


def test_a_shop_of_people_alone_keeps_all_its_weight(people: pd.DataFrame) -> None:
    trust = score_trust(opened(people))
    assert mean_weight(trust, people) > 0.999
    assert trust.n_events == len(people)


def test_a_crawler_with_an_even_pace_counts_nothing(people: pd.DataFrame) -> None:
    crawl = on_day(9, 3600 + 7 * np.arange(100), event_type="view", user_key="robot",
                   sku=[f"S{k % 30:02}" for k in range(100)])  # fmt: skip
    trust = score_trust(opened(people, crawl))
    assert mean_weight(trust, crawl) == 0
    assert mean_weight(trust, people) > 0.999
    assert trust.summary().loc["machine", "users"] == 1


def test_a_crawler_in_no_order_and_at_no_pace_is_found_by_its_size(people: pd.DataFrame) -> None:
    rng = np.random.default_rng(3)
    crawl = on_day(9, np.sort(rng.random(400) * 80_000), event_type="view", user_key="robot",
                   sku=[f"S{k:02}" for k in rng.integers(0, 30, 400)])  # fmt: skip
    assert mean_weight(score_trust(opened(people, crawl)), crawl) == 0


def test_a_customer_counts_at_least_as_much_as_a_busy_one(people: pd.DataFrame) -> None:
    bought = on_day(2, [3600], event_type="purchase", user_key="fan", sku="S00")
    crawl = on_day(9, 3600 + 7 * np.arange(100), event_type="view", user_key="fan",
                   sku=[f"S{k % 30:02}" for k in range(100)])  # fmt: skip
    trust = score_trust(opened(people, bought, crawl))
    assert mean_weight(trust, crawl) >= 0.2


def test_a_day_with_a_purchase_keeps_its_weight_whatever_else_it_holds(
    people: pd.DataFrame,
) -> None:
    crawl = on_day(9, 3600 + 7 * np.arange(100), event_type="view", user_key="fan",
                   sku=[f"S{k % 30:02}" for k in range(100)])  # fmt: skip
    crawl.loc[99, "event_type"] = "purchase"
    assert mean_weight(score_trust(opened(people, crawl)), crawl) == 1


def test_hoarders_of_carts_count_nothing(people: pd.DataFrame) -> None:
    rng = np.random.default_rng(4)
    carts = on_day(9, 3600 + np.cumsum(rng.lognormal(3, 1, 15)), event_type="cart_add",
                   user_key="hoarder", sku=[f"S{k:02}" for k in range(15)])  # fmt: skip
    trust = score_trust(opened(people, carts))
    assert mean_weight(trust, carts) == 0
    assert trust.summary().loc["hoard", "events"] == 15


def crowd(day: int, n: int, *, buyers: float = 0.0, seed: int = 5) -> pd.DataFrame:
    """Return new users who come to one SKU within two hours, some of whom buy it."""
    rng = np.random.default_rng(seed)
    size = 1 + rng.poisson(1.0, n)
    user = np.repeat(np.arange(n), size)
    seconds = np.repeat(36_000 + rng.random(n) * 7200, size) + rng.lognormal(4, 1, len(user))
    looks = on_day(day, seconds, event_type="view", sku="S10", user_key=[f"c{k}" for k in user])
    fans = np.flatnonzero(rng.random(n) < buyers)
    parts = [
        on_day(
            day,
            43_300 + rng.random(len(fans)) * 3600,
            event_type=kind,
            sku="S10",
            user_key=[f"c{k}" for k in fans],
        )
        for kind in ("cart_add", "purchase")
    ]
    return pd.concat([looks, *parts])


def test_a_crowd_that_does_not_buy_loses_its_weight(people: pd.DataFrame) -> None:
    bought = crowd(12, 400)
    trust = score_trust(opened(people, bought))
    assert mean_weight(trust, bought) < 0.05
    assert mean_weight(trust, people) > 0.99
    assert trust.summary().loc["crowd", "users"] > 350


@pytest.mark.parametrize("day", [2, 12])
def test_a_wave_that_brings_half_of_the_usual_orders_keeps_its_weight(
    people: pd.DataFrame, day: int
) -> None:
    wave = crowd(day, 400, buyers=0.05)
    assert mean_weight(score_trust(opened(people, wave)), wave) >= 0.95


def test_trust_of_a_day_does_not_depend_on_later_days(people: pd.DataFrame) -> None:
    log = pd.concat([people, crowd(8, 300), crowd(12, 400)])
    whole = score_trust(opened(log)).to_frame()
    cut = log["event_time"] < log["event_time"].min().floor("D") + pd.Timedelta(days=11)
    early = score_trust(opened(log[cut])).to_frame()
    assert len(early) > 200
    pd.testing.assert_frame_equal(early, whole[: len(early)])


def test_the_order_of_rows_within_a_day_does_not_matter(people: pd.DataFrame) -> None:
    log = pd.concat([people, crowd(12, 600)])
    log["event_time"] = log["event_time"].dt.floor("30s")  # many events at the same moment
    mixed = log.sample(frac=1, random_state=2)
    expected = score_trust(opened(log))
    found = score_trust(opened(mixed))
    assert len(expected.day) > 200
    for name in ("day", "user", "weight", "reason", "events"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))


def test_what_the_log_learned_later_is_not_looked_at(people: pd.DataFrame) -> None:
    log = pd.concat([people, crowd(12, 400)])
    log["ingest_time"] = log["event_time"]
    limit = log["event_time"].min().floor("D") + pd.Timedelta(days=12)
    assert len(score_trust(opened(log), as_of=limit).day) < 10
    with pytest.raises(DataError, match="ingest_time"):
        score_trust(opened(people), as_of=limit)


def test_declared_robots_teach_nothing_and_are_left_to_the_column(people: pd.DataFrame) -> None:
    log = pd.concat([people.assign(trust=1.0), crowd(12, 400).assign(trust=0.0)])
    trust = score_trust(opened(log))
    assert len(trust.day) < 10
    assert trust.n_events == len(people)


def test_a_log_without_orders_says_that_crowds_cannot_be_told() -> None:
    log = shop(5)
    log = log[log["event_type"] != "purchase"]
    with pytest.warns(C2MWarning, match="too few purchases"):
        trust = score_trust(opened(log, crowd(3, 200)))
    assert trust.lost < 0.01


def test_one_user_is_a_person() -> None:
    log = on_day(0, [1, 90, 4000], event_type="view", sku="A", user_key=[7, 7, 7])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", C2MWarning)
        trust = score_trust(opened(log))
    assert (trust.n_events, trust.n_visits, len(trust.day)) == (3, 1, 0)
    assert trust.lost == 0


@pytest.mark.parametrize("users", [[], [None, None]])
def test_a_log_without_any_known_user_has_weight_one(users: list[None]) -> None:
    log = on_day(0, np.arange(len(users)), event_type="view", sku="A")
    log["user_key"] = pd.array(users, dtype="string")
    log["sku"] = log["sku"].astype("string") if "sku" in log else pd.array([], dtype="string")
    log["event_type"] = log["event_type"].astype("string")
    trust = score_trust(opened(log))
    assert trust.n_events == 0
    assert trust.weights(0, np.zeros(3, np.uint64), np.zeros(3, bool)).tolist() == [1, 1, 1]
    assert "0 events" in repr(trust)


def test_a_log_that_does_not_name_users_is_refused(people: pd.DataFrame) -> None:
    with pytest.raises(DataError, match=r"user_key.*\n.*columns="):
        score_trust(opened(people.drop(columns="user_key")))
    with pytest.raises(ArgumentError, match=r"c2m.read_events"):
        score_trust(people)  # type: ignore[arg-type]


# ---------------------------------------------------------------- on the simulated market


def scored(
    families: tuple[str, ...], seed: int = 201, **settings: object
) -> tuple[Market, pa.Table, Trust]:
    market = simulate_market(seed, n_days=42, events_per_day=3000, fake_share=0.4,
                             fake_families=families, **settings)  # fmt: skip
    return market, market.events, score_trust(read_events(market.events), tz="UTC")


def cells(log: pa.Table, channel: str, trust: Trust | None) -> pd.DataFrame:
    panel = build_panel(read_events(log), freq="D", tz="UTC", kinds=["view", "cart_add"],
                        target="views", trust=trust)  # fmt: skip
    return pd.DataFrame(panel[channel], index=panel.keys["sku"]).fillna(0)


def wape(counted: pd.DataFrame, true: pd.DataFrame) -> float:
    return float((counted.sub(true, fill_value=0)).abs().to_numpy().sum() / true.to_numpy().sum())


@pytest.mark.parametrize("families", [("crawler", "ring"), ("hoarder",), ("mob",)])
@pytest.mark.filterwarnings("ignore::c2m.errors.C2MWarning")
def test_with_forty_percent_fakes_the_weighted_panel_is_that_of_people(
    families: tuple[str, ...],
) -> None:
    """The mob was left out when the thresholds were first chosen, not in later mends."""
    market, log, trust = scored(families)
    fake = log["user_key"].to_pandas().isin(market.truth.fake_users["user_key"]).to_numpy()
    true = log.filter(pa.array(~fake))
    for channel in ("views", "carts"):
        real = cells(true, channel, None)
        raw = wape(cells(log, f"raw_{channel}", trust), real)
        weighted = wape(cells(log, channel, trust), real)
        assert weighted <= 0.03
        assert raw > 5 * weighted
    people = true.to_pandas()
    assert mean_weight(trust, people) >= 0.99


def boost(counted: pd.DataFrame, raw: pd.DataFrame, true: pd.DataFrame) -> float:
    """Return the count by the true count, over SKU-weeks with three times and 30 more views."""
    weeks = np.arange(true.shape[1]) // 7
    parts = [part.reindex(true.index, fill_value=0.0).T.groupby(weeks).sum().to_numpy()
             for part in (counted, raw, true)]  # fmt: skip
    hit = (parts[1] >= 3 * parts[2]) & (parts[1] - parts[2] >= 30)
    assert hit.any()
    return float(parts[0][hit].sum() / parts[2][hit].sum())


@pytest.mark.parametrize("seed", [301, 302])
@pytest.mark.filterwarnings("ignore::c2m.errors.C2MWarning")
def test_a_boosted_sku_has_at_most_1_4_times_its_views(seed: int) -> None:
    """The sleeper is of the family that was left out when the thresholds were chosen."""
    market, log, trust = scored(("sleeper",), seed)
    fake = log["user_key"].to_pandas().isin(market.truth.fake_users["user_key"]).to_numpy()
    true = cells(log.filter(pa.array(~fake)), "views", None)
    raw = cells(log, "raw_views", trust)
    assert boost(raw, raw, true) > 5
    assert boost(cells(log, "views", trust), raw, true) <= 1.4
    assert mean_weight(trust, log.filter(pa.array(~fake)).to_pandas()) >= 0.99


@pytest.mark.filterwarnings("ignore::c2m.errors.C2MWarning")
def test_users_as_text_and_as_numbers_have_the_same_weights() -> None:
    text, number = (
        scored(("crawler", "ring"), n_styles=4, user_keys=kind)[2] for kind in ("text", "int")
    )
    assert len(text.day) > 500
    assert text.summary()["events"].tolist() == number.summary()["events"].tolist()
    np.testing.assert_allclose(text.lost, number.lost, rtol=1e-6)
