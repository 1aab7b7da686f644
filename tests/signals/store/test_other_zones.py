import numpy as np
import pandas as pd
import pytest

from c2m.signals import DayStore, build_panel, read_events

FIRST = pd.Timestamp("2026-06-01", tz="UTC")


@pytest.fixture(scope="module")
def log():
    """Return events of which a fifth was corrected, its time included, as it became known."""
    rng = np.random.default_rng(0)
    count = 500
    hours = rng.permutation(count)
    return pd.DataFrame(
        {
            "event_id": [f"e{number % 400}" for number in range(count)],
            "event_time": FIRST + pd.to_timedelta(rng.uniform(0, 5 * 86_400, count), unit="s"),
            "event_type": rng.choice(["view", "purchase"], count),
            "sku": rng.choice(["PARKA", "HAT"], count),
            "user_key": rng.choice(["ann", "bob", "eve"], count),
            "quantity": 1.0,
            "ingest_time": FIRST + pd.Timedelta(days=5) + pd.to_timedelta(hours, unit="h"),
        }
    )


@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "America/New_York", "Asia/Kolkata"])
@pytest.mark.parametrize("as_of", [None, "2026-06-16T00:00Z"])
def test_an_event_counts_once_whatever_zone_the_days_are_counted_in(tmp_path, log, zone, as_of):
    store = DayStore(tmp_path, tz="Asia/Shanghai")
    for rows in np.array_split(np.random.default_rng(1).permutation(len(log)), 4):
        store.add(read_events(log.iloc[rows]))
    known = log if as_of is None else log[log["ingest_time"] <= pd.Timestamp(as_of)]
    last = known.sort_values("ingest_time").drop_duplicates("event_id", keep="last")
    panel = store.panel("D", as_of, tz=zone)
    plain = build_panel(read_events(last), freq="D", tz=zone)
    assert panel == plain
    assert np.nansum(panel["views"]) == (last["event_type"] == "view").sum()
