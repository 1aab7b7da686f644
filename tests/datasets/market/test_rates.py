import numpy as np
import pandas as pd
import pytest

from c2m.datasets import Market, simulate_market
from c2m.datasets.market.rates import CART_LEAD, VIEW_LEAD, WISH_LEAD, lead_weights


@pytest.mark.parametrize(("law", "mean"), [(VIEW_LEAD, 10), (WISH_LEAD, 14), (CART_LEAD, 2)])
def test_lead_weights_are_the_negative_binomial_law_with_its_mean(
    law: tuple[int, float], mean: float
) -> None:
    from scipy.stats import nbinom

    shape, _ = law
    weights = lead_weights(*law)
    published = nbinom.pmf(np.arange(40), shape, shape / (shape + mean))
    assert weights[:-1] == pytest.approx(published)
    assert weights.sum() == pytest.approx(1)
    assert weights @ np.arange(41) == pytest.approx(mean, rel=0.02)


def test_nothing_sells_before_its_launch_and_nothing_is_seen_before_it_is_announced(
    market: Market, log: pd.DataFrame
) -> None:
    launch = (market.skus["launch"] - market.days[0]).dt.days
    late = launch[launch.notna() & (launch < 105)]
    assert len(late) > 0
    for number, day in late.items():
        assert (market.truth.rate[number, : int(day)] == 0).all()
        assert market.truth.rate[number, int(day)] > 0
        assert market.truth.demand[: int(day), number].sum() == 0
    age = log["day"] - log["sku"].map(dict(zip(market.skus["sku"], launch, strict=True)))
    early = log[age < 0]
    assert age.min() >= -21
    assert {"view", "wishlist_add", "notify_me"} <= set(early["event_type"])
    assert not {"purchase", "return", "cart_remove"} & set(early["event_type"])
    assert (early["in_stock"] == 0).all()


def test_people_put_nothing_into_the_cart_before_its_launch(
    market: Market, people: pd.DataFrame
) -> None:
    launch = dict(zip(market.skus["sku"], market.skus["launch"], strict=True))
    carts = people[people["event_type"] == "cart_add"]
    first = carts["sku"].map(launch)
    assert not (carts["event_time"].dt.tz_localize(None) < first).any()


def test_the_peak_day_takes_demand_from_the_days_around_it() -> None:
    market = simulate_market(1, start="2025-11-01", n_days=60, launch_share=0.0)
    total = pd.Series(market.truth.rate.sum(axis=0), index=market.days)
    price = market.plan.groupby("period")["promotion"].mean()
    assert total.idxmax() == pd.Timestamp("2025-11-28")
    assert price.loc["2025-11-28"] == 1
    assert total.loc["2025-11-28"] > 4 * total.loc["2025-11-14"]
    assert total.loc["2025-11-29":"2025-12-05"].mean() < 0.9 * total.loc[:"2025-11-14"].mean()


def test_a_reduced_price_raises_demand_of_its_style(market: Market) -> None:
    plan = market.plan.pivot_table(index="sku", columns="period", values="promotion")
    always = (market.truth.rate > 0).all(axis=1)
    on = plan.reindex(market.skus["sku"]).to_numpy()[always] == 1
    rate = market.truth.rate[always]
    lift = rate / np.median(rate, axis=1, keepdims=True)
    assert lift[on].mean() > 1.3 * lift[~on].mean()


@pytest.fixture(scope="module")
def wide() -> pd.DataFrame:
    """Return what real people do in a market so wide that few look at one SKU twice by chance."""
    market = simulate_market(
        9, n_styles=40, n_colours=5, n_sizes=6, n_days=70, events_per_day=4000, fake_share=0.0
    )
    events = market.events.to_pandas().drop_duplicates("event_id")
    day = (events["event_time"].dt.tz_localize(None) - market.days[0]).dt.days
    return events.assign(day=day, sku=events["sku"].astype("str"))


@pytest.mark.parametrize(
    ("kind", "lead"), [("wishlist_add", 14.0), ("cart_add", 2.0), ("view", 6.9)]
)
def test_buyers_leave_their_traces_days_before_they_buy(
    wide: pd.DataFrame, kind: str, lead: float
) -> None:
    """Views: 1.55 in 2.25 lead by 10 days, the rest are of the day itself."""
    bought = wide[(wide["event_type"] == "purchase") & wide["store_id"].isna()]
    bought = bought[bought["day"] > 41]
    traces = wide[wide["event_type"] == kind]
    both = bought.merge(traces, on=["user_key", "sku"], suffixes=("", "_trace"))
    days = both["day"] - both["day_trace"]
    assert len(both) > 200
    assert days[days.between(0, 40)].mean() == pytest.approx(lead, abs=1.0)
    assert days.between(0, 40).mean() > 0.9


def test_wishes_tell_of_the_next_weeks_what_past_demand_does_not() -> None:
    market = simulate_market(
        2, n_styles=4, n_colours=2, n_sizes=3, n_stores=1, n_days=364, events_per_day=2000,
        launch_share=0.0,
    )  # fmt: skip
    events = market.events.select(["event_time", "event_type", "product_id"]).to_pandas()
    wishes = events[events["event_type"] == "wishlist_add"]
    day = (wishes["event_time"].dt.tz_localize(None) - market.days[0]).dt.days
    style = pd.factorize(market.skus["style"])[0]
    count = pd.crosstab(day, wishes["product_id"]).rolling(7).mean()
    rate = pd.DataFrame({name: market.truth.rate[style == name].sum(axis=0) for name in range(4)})
    week, month, later = rate.rolling(7).mean(), rate.rolling(28).mean(), rate.rolling(14).mean()
    for name in range(4):
        target = np.log(later[name].shift(-21).to_numpy())
        past = [np.ones(364), np.log(week[name]), np.log(month[name])]
        known = np.stack([*past, np.log(count.iloc[:, name].to_numpy() + 1)], axis=1)
        use = np.isfinite(target) & np.isfinite(known).all(axis=1)
        without, with_wishes = (_unexplained(known[use, :n], target[use]) for n in (3, 4))
        assert with_wishes < 0.9 * without


def _unexplained(known: np.ndarray, target: np.ndarray) -> float:
    weights, *_ = np.linalg.lstsq(known, target, rcond=None)
    return float(np.var(target - known @ weights))
