import datetime as dt

import numpy as np
import pandas as pd
import pytest

from c2m.errors import DataError
from c2m.signals import read_events


def times_of(values, **arguments):
    log = pd.DataFrame({"event_time": values, "event_type": "view", "sku": "A"})
    return read_events(log, **arguments).to_frame()["event_time"]


@pytest.mark.parametrize(
    "text",
    ["20261121T090000Z", "2026-11-21T09Z", "20261121T1000+01", "2026-11-21 10+01:00",
     "2026-11-21T04:00:00.0-0500", "2026-11-21 09:00:00 Z"],
)  # fmt: skip
@pytest.mark.parametrize("beside", [[], ["2026-11-21 10:00:00"]])
def test_an_offset_counts_in_every_spelling_whatever_stands_beside_it(text, beside):
    times = times_of([text, *beside], time_zone="Europe/Paris")
    assert (times == pd.Timestamp("2026-11-21T09:00Z")).all()


@pytest.mark.parametrize("text", ["2026", "2026-11", "202611"])
def test_a_year_or_a_month_is_no_time(text):
    with pytest.raises(DataError, match="1 of 2 rows: no time that can be read"):
        times_of([text, "2026-11-21"], time_zone="UTC", on_bad="error")
    assert times_of(["20261121"], time_zone="UTC")[0] == pd.Timestamp("2026-11-21", tz="UTC")


def test_python_times_with_and_without_a_zone_do_not_mix():
    moment = dt.datetime(2026, 11, 21, 9, tzinfo=dt.UTC)
    mixed = np.array([moment, moment.replace(tzinfo=None)], dtype=object)
    with pytest.raises(DataError, match="'event_time' mixes times with and without a zone"):
        times_of(mixed, time_zone="Europe/Paris")
    far = moment.astimezone(dt.timezone(dt.timedelta(hours=5)))
    assert (times_of(np.array([moment, far], dtype=object)) == moment).all()
