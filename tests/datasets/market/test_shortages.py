"""Settings of a market that make stock-outs shorter, and pages that are seen less in them."""

import numpy as np
import pytest

from c2m.datasets import simulate_market
from c2m.errors import ArgumentError

SIZE = {"n_styles": 3, "n_colours": 2, "n_sizes": 3, "n_stores": 1, "n_days": 28}


def make(seed=4, **settings):
    return simulate_market(seed, **SIZE, events_per_day=3_000, launch_share=0, **settings)


def kept(market):
    """Return the events, each once, with the minute of their day and whether they were hidden."""
    events = market.events.to_pandas().drop_duplicates("event_id")
    sku = market.skus.reset_index().set_index("sku")["index"]
    day = (events["event_time"].dt.tz_localize(None) - market.days[0]).dt.days.to_numpy()
    minutes = market.truth.in_stock_minutes[day, sku[events["sku"]].to_numpy(), 0]
    clock = events["event_time"].dt.hour * 60 + events["event_time"].dt.minute
    real = ~events["user_key"].isin(market.truth.fake_users["user_key"])
    return events.assign(out=clock.to_numpy() >= minutes, real=real)


def test_a_page_is_seen_less_often_while_its_sku_is_out():
    plain, hidden = kept(make()), kept(make(page_suppression=0.3))
    counts = [
        events[events["event_type"] == "view"].groupby(["real", "out"]).size()
        for events in (plain, hidden)
    ]
    share = counts[1] / counts[0]
    assert share[True, True] == pytest.approx(0.7, abs=0.04)
    assert share[True, False] == pytest.approx(1, abs=0.002)  # minutes are whole in the truth
    assert share[False, True] == share[False, False] == 1  # crawlers see everything
    same = ["event_time", "event_type", "sku", "user_key"]
    left, right = (
        events.loc[events["event_type"] != "view", same]
        .astype(str)
        .sort_values(same, ignore_index=True)
        for events in (plain, hidden)
    )
    assert left.equals(right)


def test_what_people_want_does_not_depend_on_what_they_are_shown():
    one, other = make().truth, make(page_suppression=0.9).truth
    assert np.array_equal(one.demand, other.demand)
    assert np.array_equal(one.sales, other.sales)
    assert np.array_equal(one.view_rate, other.view_rate)


def test_stock_that_comes_every_day_runs_out_for_less_than_a_day():
    daily, weekly = make(review_days=1).truth, make().truth

    def _whole_days(truth):
        out = truth.in_stock_minutes[7:] < 1440
        return np.mean(truth.in_stock_minutes[7:][out] == 0)

    assert _whole_days(daily) < 0.5 * _whole_days(weekly)
    assert np.array_equal(daily.demand, weekly.demand)
    assert (daily.lost >= 0).all()


@pytest.mark.parametrize("setting", [{"page_suppression": 1.1}, {"review_days": 0}])
def test_settings_out_of_range_are_refused(setting):
    with pytest.raises(ArgumentError, match=next(iter(setting))):
        make(**setting)
