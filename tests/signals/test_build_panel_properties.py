import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from c2m.errors import C2MWarning
from c2m.periods import Calendar
from c2m.signals import EVENT_TYPES, build_panel, read_events

KINDS = ["view", "cart_add", "purchase", "return"]
START = pd.Timestamp("2026-10-20", tz="UTC")  # Europe sets its clocks back on 2026-10-25
QUARTERS = pd.DataFrame(
    {
        "start": ["2026-10-01", "2026-10-22", "2026-10-26", "2026-11-03"],
        "end": ["2026-10-21", "2026-10-25", "2026-11-02", "2026-12-31"],
    }
)
TARGETS = {kind: EVENT_TYPES[kind].count for kind in KINDS}
FREQS = ["D", "W", "W-SUN", "W-THU", "MS", "table"]
ZONES = ["UTC", "Europe/Paris", "Pacific/Kiritimati", "America/New_York"]

event = st.fixed_dictionaries(
    {
        "minutes": st.integers(0, 60 * 24 * 25),
        "event_type": st.sampled_from(KINDS),
        "sku": st.sampled_from(["007", "7", "B", "ä"]),
        "store_id": st.sampled_from(["s1", "s2"]),
        "user_key": st.sampled_from(["u1", "u2", "u3", None]),
        "quantity": st.sampled_from([1.0, 2.0, 5.0, np.nan]),
        "unit_price": st.sampled_from([0.0, 2.5, 10.0, np.nan]),
        "in_stock": st.sampled_from([0.0, 0.25, 1.0, np.nan]),
    }
)
logs = st.lists(event, min_size=1, max_size=40).map(
    lambda rows: pd.DataFrame(rows).assign(
        event_time=lambda log: START + pd.to_timedelta(log.pop("minutes"), unit="min")
    )
)


def calendar_of(freq):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", C2MWarning)
        return Calendar.of(QUARTERS if freq == "table" else freq)


def quiet_panel(log, **arguments):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", C2MWarning)
        events = read_events(log, columns={"sku": "sku"})
        return build_panel(events, **arguments)


def period_of(day, freq):
    """Say which period a day is in, with pandas' own idea of periods."""
    if freq == "table":
        return QUARTERS["start"][pd.to_datetime(QUARTERS["start"]) <= day].iloc[-1]
    if freq == "MS":
        return day.replace(day=1)
    if freq == "D":
        return day
    first = {"W": 0, "W-SUN": 6, "W-THU": 3}[freq]
    return day - pd.Timedelta(days=(day.day_of_week - first) % 7)


def naive_cells(log, freq, tz, keys):
    """Count with one plain group-by a channel."""
    log = log.copy()
    days = log["event_time"].dt.tz_convert(tz).dt.tz_localize(None).dt.normalize()
    log["day"] = days
    log["period"] = [pd.Timestamp(period_of(day, freq)) for day in days]
    by = [*keys, "period"]
    cells = {}
    for kind, rows in log.groupby("event_type"):
        what = EVENT_TYPES[kind]
        cells[what.count] = rows.groupby(by).size()
        cells[what.users] = rows.groupby(by)["user_key"].nunique()
        if what.units:
            cells[what.units] = rows.fillna({"quantity": 1.0}).groupby(by)["quantity"].sum()
    bought = log[log["event_type"] == "purchase"].fillna({"quantity": 1.0})
    priced = bought.dropna(subset="unit_price")
    money = (priced["quantity"] * priced["unit_price"]).groupby([priced[name] for name in by]).sum()
    cells["price"] = money / priced.groupby(by)["quantity"].sum()
    cells["unpriced"] = bought[bought["unit_price"].isna()].groupby(by).size()
    cells["revenue"] = money
    daily = log.groupby([*by, "day"])["in_stock"].mean()
    cells["in_stock"] = daily.groupby(by).mean()
    cells["active"] = log.groupby(by).size()
    return cells


def naive_value(cells, name, cell):
    if name not in cells or cell not in cells[name].index:
        return np.nan if name in {"price", "in_stock"} else 0.0
    return cells[name][cell]


def expected_value(cells, name, key, period, first_active):
    cell = (*key, period)
    value = naive_value(cells, name, cell)
    if name in {"price", "in_stock"}:
        return value
    if period < first_active:
        return np.nan
    if name == "revenue" and naive_value(cells, "unpriced", cell) > 0:
        return np.nan
    return value


@given(
    log=logs,
    freq=st.sampled_from(FREQS),
    tz=st.sampled_from(ZONES),
    keys=st.sampled_from([("sku",), ("sku", "store_id")]),
)
@settings(max_examples=60, deadline=None)
def test_every_cell_equals_a_plain_group_by(log, freq, tz, keys):
    cells = naive_cells(log, freq, tz, keys)
    panel = quiet_panel(
        log,
        freq=calendar_of(freq),
        tz=tz,
        key=("sku", "location")[: len(keys)],
        partial_period="keep",
        target=EVENT_TYPES[log["event_type"].iloc[0]].count,
    )
    seen = cells["active"].index.to_frame(index=False)
    assert panel.keys.to_numpy().tolist() == sorted(
        map(list, set(seen[list(keys)].itertuples(index=False, name=None)))
    )
    assert (panel.periods[0], panel.cutoff) == (seen["period"].min(), seen["period"].max())
    for row, key in enumerate(panel.keys.itertuples(index=False, name=None)):
        own = seen[[tuple(cell) == key for cell in seen[list(keys)].to_numpy()]]
        for name in panel.channels:
            expected = [
                expected_value(cells, name, key, period, own["period"].min())
                for period in panel.periods
            ]
            np.testing.assert_allclose(panel[name][row], expected, rtol=1e-6, err_msg=name)


@given(log=logs, freq=st.sampled_from(FREQS), tz=st.sampled_from(ZONES), seed=st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_order_of_rows_and_split_over_files_do_not_matter(log, freq, tz, seed, tmp_path_factory):
    rng = np.random.default_rng(seed)
    folder = tmp_path_factory.mktemp("log")
    shuffled = log.iloc[rng.permutation(len(log))]
    for number, rows in enumerate(np.array_split(np.arange(len(log)), min(3, len(log)))):
        shuffled.iloc[rows].to_parquet(folder / f"{number}.parquet", row_group_size=5)
    arguments = {
        "freq": calendar_of(freq),
        "tz": tz,
        "partial_period": "keep",
        "target": EVENT_TYPES[log["event_type"].iloc[0]].count,
    }
    one, other = quiet_panel(log, **arguments), quiet_panel(str(folder), **arguments)
    assert one.keys.equals(other.keys)
    assert list(one.channels) == list(other.channels)
    for name, array in one.channels.items():
        np.testing.assert_allclose(other[name], array, rtol=1e-6, err_msg=name)


@given(
    log=logs,
    tz=st.sampled_from(ZONES),
    ids=st.lists(st.sampled_from(["e1", "e2", "e3", "", None]), min_size=40, max_size=40),
    hours=st.permutations(range(40)),
    as_of=st.sampled_from([None, 20 * 24]),
)
@settings(max_examples=25, deadline=None)
def test_repeats_and_late_rows_count_as_in_a_log_that_pandas_cleaned(log, tz, ids, hours, as_of):
    came_in = log["event_time"] + pd.to_timedelta(hours[: len(log)], unit="h")
    log = log.assign(event_id=ids[: len(log)], ingest_time=came_in + pd.to_timedelta(log.index))
    moment = None if as_of is None else START + pd.Timedelta(hours=as_of)
    known = log if moment is None else log[log["ingest_time"] <= moment]
    assume(len(known))
    days = known["event_time"].dt.tz_convert(tz).dt.normalize()
    order = known.assign(day=days).sort_values("ingest_time")
    named = order["event_id"].fillna("") != ""
    clean = pd.concat(
        [order[named].drop_duplicates(["event_id", "day"], keep="last"), order[~named]]
    )
    arguments = {
        "freq": "W",
        "tz": tz,
        "partial_period": "keep",
        "target": TARGETS[clean["event_type"].iloc[0]],
    }
    raw = quiet_panel(log, as_of=moment, **arguments)
    expected = quiet_panel(clean.drop(columns=["event_id", "ingest_time", "day"]), **arguments)
    assert raw.keys.equals(expected.keys)
    for name, array in expected.channels.items():
        np.testing.assert_allclose(raw[name], array, rtol=1e-6, err_msg=name)


@given(log=logs)
@settings(max_examples=25, deadline=None)
def test_units_are_conserved_from_days_to_months(log):
    log = pd.concat([log, log.head(1).assign(event_type="purchase")])
    arguments = {"tz": "UTC", "partial_period": "keep"}
    totals = {
        freq: np.nansum(quiet_panel(log, freq=calendar_of(freq), **arguments)["sales"])
        for freq in FREQS
    }
    bought = log[log["event_type"] == "purchase"]
    assert set(totals.values()) == {bought["quantity"].fillna(1).sum()}


@pytest.mark.parametrize("as_text", [True, False])
def test_distinct_users_of_a_month_equal_nunique(as_text):
    rng = np.random.default_rng(7)
    n = 20_000
    users = rng.integers(0, 2**62, 900)[rng.integers(0, 900, n)]
    log = pd.DataFrame(
        {
            "event_time": pd.Timestamp("2026-10-01", tz="UTC")
            + pd.to_timedelta(rng.integers(0, 31 * 86_400, n), unit="s"),
            "event_type": "view",
            "sku": rng.integers(0, 20, n).astype(str),
            "user_key": users.astype(str) if as_text else users,
        }
    )
    panel = quiet_panel(log, freq="MS", tz="UTC", target="views", span=("2026-10-01", "2026-10-31"))
    expected = log.groupby("sku")["user_key"].nunique()
    assert panel["view_users"][:, 0].tolist() == expected[panel.skus].tolist()
