from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c2m.datasets import Market, simulate_market
from c2m.errors import ArgumentError

SMALL = {
    "n_styles": 3,
    "n_colours": 2,
    "n_sizes": 3,
    "n_stores": 2,
    "events_per_day": 300,
    "launch_share": 0.5,
}


def by_day_and_sku(market: Market, rows: pd.DataFrame) -> np.ndarray:
    number = pd.Index(market.skus["sku"]).get_indexer(rows["sku"])
    table = np.zeros((market.settings.n_days, len(market.skus)), dtype=np.int64)
    np.add.at(table, (rows["day"].to_numpy(), number), 1)
    return table


def test_purchases_of_the_log_are_the_sales_of_the_truth(market: Market, log: pd.DataFrame) -> None:
    bought = log[log["event_type"] == "purchase"]
    for number, name in enumerate(market.locations["location"]):
        here = bought["store_id"].isna() if name == "online" else bought["store_id"] == name
        expected = market.truth.sales[:, :, number]
        assert np.array_equal(by_day_and_sku(market, bought[here]), expected), name


def test_returns_of_the_log_are_those_of_the_truth_and_each_has_its_purchase(
    market: Market, log: pd.DataFrame
) -> None:
    back = log[log["event_type"] == "return"]
    assert len(back) > 100
    assert np.array_equal(by_day_and_sku(market, back), market.truth.returns)
    assert back["order_id"].is_unique
    bought = log[log["event_type"] == "purchase"]
    both = back.merge(bought, on="order_id", suffixes=("", "_bought"), validate="one_to_one")
    assert len(both) == len(back)
    for name in ("sku", "user_key", "unit_price", "channel"):
        assert (both[name] == both[f"{name}_bought"]).all(), name
    assert (both["day"] - both["day_bought"]).between(3, 45).all()


def test_returns_never_exceed_purchases_on_any_day(market: Market) -> None:
    bought = market.truth.sales.sum(axis=2).cumsum(axis=0)
    assert (market.truth.returns.cumsum(axis=0) <= bought).all()


def test_the_same_seed_gives_the_same_bits_and_another_seed_does_not() -> None:
    first, again, other = (simulate_market(seed, n_days=12, **SMALL) for seed in (5, 5, 6))
    assert first.events.equals(again.events)
    assert np.array_equal(first.truth.demand, again.truth.demand)
    assert not first.events.equals(other.events)


def test_a_day_depends_neither_on_the_days_before_it_nor_on_how_many_there_are() -> None:
    short = simulate_market(5, n_days=60, **SMALL)
    longer = simulate_market(5, n_days=131, start="2025-01-06", **SMALL)
    days = list(short.iter_days())
    for number in (0, 31, 59):
        assert short.day(number).equals(days[number])
        assert longer.day(number).equals(days[number])
    assert np.array_equal(longer.truth.demand[:60], short.truth.demand)
    assert np.array_equal(longer.truth.returns[:60], short.truth.returns)


def test_every_day_lies_in_its_day_and_is_sorted_by_time(market: Market) -> None:
    for number in (0, 50, 111):
        time = market.day(number)["event_time"].to_pandas().dt.tz_localize(None)
        assert time.is_monotonic_increasing
        assert (time.dt.normalize() == market.days[number]).all()


def test_the_log_is_as_long_as_was_asked() -> None:
    market = simulate_market(1, n_stores=1, n_days=365, events_per_day=400, launch_share=0.0)
    assert market.events.num_rows == pytest.approx(146_000, rel=0.1)


def test_written_days_read_back_as_the_same_rows_with_plain_text(tmp_path: Path) -> None:
    small = simulate_market(2, n_days=3, **SMALL)
    paths = small.write(tmp_path / "log")
    assert [path.name for path in paths] == [f"2025-01-0{day}.parquet" for day in (6, 7, 8)]
    for number, path in enumerate(paths):
        read, made = pq.read_table(path), small.day(number)
        assert str(read.schema.field("sku").type) == "string"
        assert read.column_names == made.column_names
        for name in made.column_names:
            assert read[name].to_pylist() == made[name].to_pylist(), name


def test_views_and_demand_follow_their_rates_so_conversion_is_true() -> None:
    market = simulate_market(4, n_styles=3, n_days=100, events_per_day=3000, fake_share=0.0)
    events = market.events.select(["event_id", "event_type", "product_id"]).to_pandas()
    events = events.drop_duplicates("event_id")
    style = market.skus["style"].to_numpy()
    views = events[events["event_type"] == "view"].groupby("product_id", observed=False).size()
    truth = market.truth
    for name in np.unique(style):
        ours = style == name
        expected = truth.view_rate[ours].sum()
        assert views[name] == pytest.approx(expected, rel=0.02)
        wanted = truth.demand[:, ours].sum()
        assert wanted == pytest.approx(truth.rate[ours].sum(), rel=0.06)
        assert wanted / views[name] == pytest.approx(truth.conversion[ours].mean(), rel=0.08)


def test_planned_prices_are_the_prices_of_the_log(market: Market, log: pd.DataFrame) -> None:
    plan = market.plan
    assert len(plan) == len(market.skus) * 112
    full = plan["sku"].map(market.skus.set_index("sku")["list_price"])
    assert ((plan["price"] < full) == (plan["promotion"] == 1)).all()
    assert plan["promotion"].mean() == pytest.approx(0.0625, abs=0.05)
    seen = log[log["event_type"] != "return"].merge(
        plan.assign(day=(plan["period"] - market.days[0]).dt.days), on=["sku", "day"]
    )
    assert (seen["unit_price"] == seen["price"]).all()


def test_truth_cannot_be_written_to(market: Market) -> None:
    with pytest.raises(ValueError, match="read-only"):
        market.truth.demand[0, 0, 0] = 1


def test_a_log_too_large_for_memory_is_refused_with_the_way_out() -> None:
    market = simulate_market(1, n_styles=1, n_days=4, events_per_day=6_000_000, n_stores=0)
    with pytest.raises(ArgumentError, match=r"market.iter_days\(\)"):
        _ = market.events


def test_every_argument_out_of_range_is_named_at_once() -> None:
    with pytest.raises(ArgumentError, match=r"n_styles.*fake_share from 0.0 to 0.5, got 0.9"):
        simulate_market(1, n_styles=0, fake_share=0.9)
    with pytest.raises(ArgumentError, match="ISO date, got 'soon'"):
        simulate_market(1, start="soon")
    with pytest.raises(ArgumentError, match=r"seed 0 or above"):
        simulate_market(-1)
    with pytest.raises(ArgumentError, match="a day from 0 to 11, got 12"):
        simulate_market(1, n_days=12, **SMALL).day(12)


@settings(max_examples=10, deadline=None)
@given(
    seed=st.integers(0, 2**40),
    n_styles=st.integers(1, 4),
    n_colours=st.integers(1, 3),
    n_sizes=st.integers(1, 3),
    n_stores=st.integers(0, 3),
    n_days=st.integers(1, 20),
    spill_share=st.floats(0, 1),
    events_per_day=st.sampled_from([100, 400, 2000]),
)
def test_units_are_conserved_in_every_market(seed: int, **arguments: object) -> None:
    market = simulate_market(seed, launch_share=0.4, **arguments)
    truth = market.truth
    assert np.array_equal(truth.demand, truth.own + truth.spill_out + truth.lost)
    assert np.array_equal(truth.sales, truth.own + truth.spill_in)
    for array in (truth.own, truth.lost, truth.spill_in, truth.spill_out, truth.returns):
        assert (array >= 0).all()
    events = market.events.to_pandas().drop_duplicates("event_id")
    assert (events["event_type"] == "purchase").sum() == truth.sales.sum()
    assert (events["event_type"] == "return").sum() == truth.returns.sum()
