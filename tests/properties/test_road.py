"""The laws that hold over the whole road, whatever the data."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import c2m

pytestmark = pytest.mark.filterwarnings("ignore::c2m.C2MWarning")
SLOW = {"max_examples": 8, "deadline": None, "suppress_health_check": list(HealthCheck)}


def log(seed: int, n_days: int = 70) -> pd.DataFrame:
    """Return views, carts and purchases of six SKUs."""
    chance = np.random.default_rng(seed)
    n_events = 3000
    kinds = chance.choice(["view", "cart_add", "purchase"], n_events, p=[0.6, 0.15, 0.25])
    days = pd.Timestamp("2026-01-05", tz="UTC") + pd.to_timedelta(
        np.sort(chance.integers(0, n_days * 1440, n_events)), unit="min"
    )
    return pd.DataFrame(
        {
            "event_time": days,
            "event_type": kinds,
            "sku": chance.choice([f"00{number}" for number in range(6)], n_events),
            "quantity": np.where(kinds == "purchase", chance.integers(1, 4, n_events), np.nan),
            "unit_price": np.where(kinds == "purchase", 9.5, np.nan),
            "user_key": chance.integers(1, 400, n_events).astype(str),
        }
    )


def small_factory() -> c2m.Factory:
    """Return one line that makes the six SKUs in sixes."""
    skus = [f"00{number}" for number in range(6)]
    return c2m.Factory.from_frames(
        lines=[c2m.Line("A", capacity=400.0, unit="minutes", overtime_limit=60, overtime_cost=0.1)],
        products=[c2m.Product(sku, price=9.5, unit_cost=4.0, end_value=3.0) for sku in skus],
        routings=[c2m.Routing(sku, "A", unit_time=1.2, moq=12, lot_multiple=6) for sku in skus],
        freq="W",
    )


def road(events: pd.DataFrame, cutoff: str | None = None) -> tuple[c2m.Demand, c2m.Plan]:
    """Go from events to a plan; from what was known at `cutoff` if one is given."""
    panel = c2m.build_panel(c2m.read_events(events), freq="W", tz="UTC", complete=True)
    if cutoff is not None:
        panel = panel.upto(cutoff)
    model = c2m.DirectBoosting(3, n_estimators=20, num_threads=int(os.environ.get("THREADS", "1")))
    demand = model.fit(panel).predict(3)
    return demand, c2m.plan_production(demand, small_factory(), n_scenarios=30)


@settings(**SLOW)
@given(seed=st.integers(0, 1000), change=st.integers(0, 1000))
def test_nothing_that_happened_after_the_cutoff_changes_the_forecast_or_the_plan(seed, change):
    events = log(seed)
    late = events["event_time"] >= pd.Timestamp("2026-02-23", tz="UTC")
    other = events.copy()
    chance = np.random.default_rng(change)
    other.loc[late, "sku"] = chance.permutation(other.loc[late, "sku"])
    bought = late & (events["event_type"] == "purchase")
    other.loc[bought, "quantity"] = chance.integers(1, 50, bought.sum())
    (first, plan), (second, other_plan) = (road(rows, "2026-02-16") for rows in (events, other))
    assert first == second
    assert plan == other_plan


@settings(**SLOW)
@given(seed=st.integers(0, 1000))
def test_the_order_of_events_does_not_matter(seed):
    events = log(seed)
    shuffled = events.sample(frac=1, random_state=seed)
    assert road(events) == road(shuffled)


@settings(**SLOW)
@given(seed=st.integers(0, 1000))
def test_quantiles_rise_and_the_plan_keeps_moq_multiple_and_capacity(seed):
    demand, plan = road(log(seed))
    quantiles = demand.quantiles([0.05, 0.5, 0.95])
    assert (quantiles >= 0).all()
    assert (np.diff(quantiles, axis=-1) >= 0).all()
    runs = plan.runs
    assert (runs["quantity"] >= 12).all()
    assert (runs["quantity"] % 6 == 0).all()
    minutes = runs.assign(minutes=runs["quantity"] * 1.2).groupby("period")["minutes"].sum()
    assert (minutes <= 460 + 1e-6).all()


def test_units_are_conserved_from_the_log_to_the_panel():
    events = log(3)
    panel = c2m.build_panel(
        c2m.read_events(events), freq="W", tz="UTC", complete=True, partial_period="keep"
    )
    assert np.nansum(panel["sales"], dtype=float) == events["quantity"].sum()
    assert np.nansum(panel["views"], dtype=float) == (events["event_type"] == "view").sum()


@pytest.mark.parametrize("threads", ["1", "2"])
def test_the_same_seed_gives_the_same_bits_on_any_number_of_threads(threads, tmp_path):
    code = (
        "import sys, warnings; warnings.simplefilter('ignore')\n"
        f"sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from test_road import log, road\n"
        "demand, plan = road(log(5))\n"
        f"demand.save({str(tmp_path / 'demand')!r}); plan.save({str(tmp_path / 'plan')!r})\n"
    )
    env = {**os.environ, "OMP_NUM_THREADS": threads, "THREADS": threads}
    subprocess.run([sys.executable, "-c", code], check=True, env=env)
    demand, plan = road(log(5))
    assert c2m.Demand.load(tmp_path / "demand") == demand
    assert c2m.Plan.load(tmp_path / "plan") == plan
