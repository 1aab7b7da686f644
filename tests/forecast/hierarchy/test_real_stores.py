import warnings

import numpy as np
import pandas as pd
import pytest

from c2m.datasets import load_journey
from c2m.errors import C2MWarning
from c2m.forecast import MovingAverage
from c2m.forecast.hierarchy.aligned import Aligned
from c2m.forecast.hierarchy.table import hierarchy_table
from c2m.panel import Panel


@pytest.fixture(scope="module")
def panel():
    """Weekly sales of the 40 largest SKUs in the 4 largest stores of a real chain."""
    journey = load_journey()
    events = journey.events
    stores = events["store_id"].value_counts().index[:4]
    events = events[events["store_id"].isin(stores)]
    skus = events["sku"].value_counts().index[:40]
    events = events[events["sku"].isin(skus)]
    day = events["event_time"].dt.tz_convert(journey.tz).dt.tz_localize(None).dt.normalize()
    monday = day - pd.to_timedelta(day.dt.day_of_week, unit="D")
    table = pd.DataFrame(
        {"sku": events["sku"], "location": events["store_id"], "period": monday}
    ).assign(sales=events["quantity"])
    table = table.groupby(["sku", "location", "period"], as_index=False)["sales"].sum()
    return Panel.from_frame(table, freq="W", location="location", gaps="zero")


def test_stores_of_a_real_chain_are_aligned_and_add_up(panel):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", C2MWarning)
        model = Aligned(MovingAverage(), by="location", horizon=4).fit(panel)
        demand = model.predict(4)
    assert model.losses_[model.strength_] <= model.losses_[0.0]
    assert np.isfinite(demand.mean).all()
    assert (demand.mean >= 0).all()
    table = hierarchy_table(demand, [(), ("location",), ("sku",)], n=50)
    totals = table.groupby(["level", "period"])["mean"].sum().unstack("level")
    assert np.allclose(totals["location"], totals["all"])
    assert np.allclose(totals["sku"], totals["all"])
    by_sku = demand.rollup("sku", n=50, seed=1)
    assert np.array_equal(
        by_sku.sample(50, seed=1).sum(axis=1), demand.sample(50, seed=1).sum(axis=1)
    )
