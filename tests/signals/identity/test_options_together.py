"""Catalogue, level, key, trust and periods in any combination: beside plain pandas."""

import warnings

import numpy as np
import pandas as pd
import pyarrow as pa
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from c2m.errors import C2MWarning
from c2m.signals import Catalogue, build_panel, read_events
from c2m.signals.counting.coding import user_ids

SKUS, PRODUCTS, STYLES = ["A1", "A2", "B1", "C1"], ["A", "A", "B", "C"], ["x", "x", "x", "y"]
TABLE = pd.DataFrame({"sku": SKUS, "product_id": PRODUCTS, "style": STYLES})
USERS = ["ann", "bob", "eve"]
FIRST = pd.Timestamp("2026-06-01", tz="UTC")  # a Monday
N_DAYS = 14
EVENTS = st.lists(
    st.fixed_dictionaries(
        {
            "day": st.integers(0, N_DAYS - 1),
            "event_type": st.sampled_from(["view", "view", "purchase"]),
            "place": st.integers(0, 3),
            "names": st.sampled_from(["sku", "product_id", "both"]),
            "user_key": st.sampled_from([*USERS, None]),
            "channel": st.sampled_from(["web", "shop"]),
            "quantity": st.sampled_from([1.0, 3.0]),
            "unit_price": st.sampled_from([2.0, 5.0]),
        }
    ),
    min_size=3,
    max_size=30,
)
WEIGHTS = st.lists(st.sampled_from([0.0, 0.25, 1.0]), min_size=3 * N_DAYS, max_size=3 * N_DAYS)


class ByUserAndDay:
    """A trust: a number for each user on each day."""

    def __init__(self, numbers):
        self.numbers = np.reshape(numbers, (N_DAYS, 3))
        self.ids = user_ids(pa.chunked_array([pa.array(USERS)]))[0].tolist()

    def weights(self, day, users, known):
        own = self.numbers[day - (FIRST - pd.Timestamp(0, tz="UTC")).days]
        rows = zip(users.tolist(), known, strict=True)
        return np.array([own[self.ids.index(user)] if here else 1.0 for user, here in rows])


def make_log(found):
    log = pd.DataFrame(found)
    place, names = log.pop("place"), log.pop("names")
    log["event_time"] = FIRST + pd.to_timedelta(log.pop("day"), unit="D")
    skus, products = (pd.Series(codes, dtype="str").take(place) for codes in (SKUS, PRODUCTS))
    log["sku"] = skus.set_axis(log.index).mask(names == "product_id")
    log["product_id"] = products.set_axis(log.index).mask(names == "sku")
    return log


def expected(log, level, numbers, cells):
    """Return channel -> amounts by what is counted, for the level itself and for products."""
    own = log["sku"].map(TABLE.set_index("sku", drop=False)[level])
    above = TABLE.drop_duplicates("product_id").set_index("product_id", drop=False)
    if level != "sku":
        own = own.fillna(log["product_id"].map(above[level]))
    day = (log["event_time"] - FIRST).dt.days
    users = log["user_key"].map(dict(zip(USERS, range(3), strict=True)))
    places = zip(day, users, strict=True)
    weight = [1.0 if np.isnan(user) else numbers[3 * day + int(user)] for day, user in places]
    found = {}
    for prefix, weights in (("", weight), ("raw_", 1.0)):
        log = log.assign(own=own, weight=weights)
        log["units"] = log["weight"] * log["quantity"]
        log["money"] = log["units"] * log["unit_price"]
        bought, viewed = (log[log["event_type"] == kind] for kind in ("purchase", "view"))
        coarse = viewed[viewed["own"].isna()].assign(own=viewed["product_id"])
        tables = [("purchase", bought), ("view", viewed)]
        tables += [("product_view", coarse)] if level == "sku" else []
        for name, events in tables:
            found[f"{prefix}{name}s"] = events.groupby(cells)["weight"].sum()
            known = events.dropna(subset="user_key")
            largest = known.groupby([*cells, "user_key"])["weight"].max()
            found[f"{prefix}{name}_users"] = largest.groupby(cells).sum()
        found[f"{prefix}sales"] = bought.groupby(cells)["units"].sum()
        found[f"{prefix}revenue"] = bought.groupby(cells)["money"].sum()
    return found


@settings(max_examples=60, deadline=None)
@given(
    found=EVENTS,
    numbers=WEIGHTS,
    level=st.sampled_from(["sku", "product_id", "style"]),
    freq=st.sampled_from(["D", "W"]),
    by_channel=st.booleans(),
)
def test_any_combination_of_options_equals_plain_pandas(found, numbers, level, freq, by_channel):
    log = make_log(found)
    own = log["sku"].notna() | (level != "sku")
    assume((own & (log["event_type"] == "purchase")).any())
    key = ("sku", "channel") if by_channel else ("sku",)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", C2MWarning)
        panel = build_panel(
            read_events(log),
            freq=freq,
            tz="UTC",
            catalogue=Catalogue.from_frame(TABLE),
            level=level,
            key=key,
            trust=ByUserAndDay(numbers),
            span=("2026-06-01", "2026-06-14"),
        )
    days = (log["event_time"] - FIRST).dt.days
    log["period"] = days if freq == "D" else days // 7
    cells = ["own", *key[1:], "period"]
    product = dict(zip(SKUS, PRODUCTS, strict=True))
    for name, amounts in expected(log, level, numbers, cells).items():
        if name not in panel.channels:
            assert not amounts.sum(), name
            continue
        truth = np.zeros((panel.n_series, panel.n_periods))
        for row, names in enumerate(panel.keys.itertuples(index=False, name=None)):
            code = product[names[0]] if "product_" in name else names[0]
            for period in range(panel.n_periods):
                truth[row, period] = amounts.get((code, *names[1:], period), 0.0)
        np.testing.assert_allclose(np.nan_to_num(panel[name]), truth, rtol=1e-6, err_msg=name)
