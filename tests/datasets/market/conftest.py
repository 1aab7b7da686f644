import pandas as pd
import pytest

from c2m.datasets import Market, simulate_market


@pytest.fixture(scope="package")
def market() -> Market:
    """Return a market small enough for a second, with launches and many stock-outs."""
    return simulate_market(
        11,
        n_styles=6,
        n_colours=3,
        n_sizes=4,
        n_stores=3,
        n_days=112,
        events_per_day=2000,
        launch_share=0.5,
    )


@pytest.fixture(scope="package")
def log(market: Market) -> pd.DataFrame:
    """Return its log as pandas, every event once, with the number of its day."""
    events = market.events.to_pandas().drop_duplicates("event_id")
    day = (events["event_time"].dt.tz_localize(None) - market.days[0]).dt.days
    text = {name: events[name].astype("str") for name in ("sku", "event_type", "channel")}
    return events.assign(day=day, **text)


@pytest.fixture(scope="package")
def people(market: Market, log: pd.DataFrame) -> pd.DataFrame:
    """Return the log without the fake users."""
    return log[~log["user_key"].isin(market.truth.fake_users["user_key"])]
