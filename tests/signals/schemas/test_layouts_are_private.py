"""No personal field of any export gets into the event table, a message, or a file of bad rows."""

import json
import warnings
from pathlib import Path

import pytest

import c2m
from c2m.signals.schema import EVENT_TYPES
from c2m.signals.schemas import LAYOUTS

FIXTURES = Path(__file__).parent / "fixtures"
KEY = bytes(range(32))
NAMES = ["segment", "rudderstack", "posthog", "snowplow", "adobe"]
PERSONAL = ("canary", "203.0.113", "7700 900", "mozilla", "gptbot", "cn1 9aa")
"""Parts of what stands in the personal fields of the fixtures: names, addresses, click ids, ..."""


@pytest.mark.parametrize("name", NAMES)
def test_the_fixture_holds_personal_fields_so_that_this_test_can_fail(name):
    text = " ".join(path.read_text().lower() for path in (FIXTURES / name).iterdir())
    assert all(part in text for part in ("canary", "203.0.113", "mozilla"))


@pytest.mark.parametrize("name", NAMES)
def test_no_personal_field_reaches_the_events_the_messages_or_the_bad_rows(name, tmp_path):
    consent = "all" if LAYOUTS[name].has_consent else None
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        log = c2m.read_events(
            FIXTURES / name, schema=name, key=KEY, consent=consent, bad_rows=tmp_path
        )
        found = log.to_frame()
        rejected = log.rejected
    places = [found.to_csv(), rejected.to_csv(), repr(log), *(str(one.message) for one in told)]
    places += [path.read_text() for path in tmp_path.iterdir()]
    assert len(found) > 0
    for place in places:
        assert not [part for part in PERSONAL if part in place.lower()]


@pytest.mark.parametrize("name", NAMES)
def test_users_sessions_and_orders_are_pseudonyms_of_the_key(name):
    consent = "all" if LAYOUTS[name].has_consent else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        one, other = (
            c2m.read_events(FIXTURES / name, schema=name, key=key, consent=consent).to_frame()
            for key in (KEY, KEY[::-1])
        )
    for column in ("user_key", "order_id", "event_id"):
        assert one[column].notna().any()
        assert not set(one[column].dropna()) & set(other[column].dropna())
        assert one[column].nunique() == other[column].nunique()


@pytest.mark.parametrize("name", [*NAMES, "rees46", "retailrocket", "taobao"])
def test_a_layout_says_where_every_column_comes_from(name):
    layout = LAYOUTS[name]
    assert layout.traps
    assert set(layout.reads) >= {"event_time", "event_type", "sku"}
    assert set(layout.event_types.values()) <= set(EVENT_TYPES)
    assert set(layout.required) <= {*layout.fields, *layout.columns.values(), *layout.header}
    json.dumps([dict(layout.reads), layout.drops, layout.traps])
