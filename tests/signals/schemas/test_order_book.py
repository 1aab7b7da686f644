"""Orders that are written again: what always holds."""

from collections import Counter
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c2m.signals.schemas.layout import Found
from c2m.signals.schemas.order_book import OrderBook, Written, numbered
from c2m.signals.schemas.orders import campaign, campaign_of_page

SKUS = st.sampled_from("ABC")
LINES = st.lists(st.tuples(SKUS, st.integers(1, 5)), max_size=4, unique_by=lambda line: line[0])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("update"), LINES),
        st.tuples(st.sampled_from(["cancel", "return"]), st.one_of(st.none(), LINES)),
    ),
    max_size=6,
)


def as_lines(pairs):
    return numbered([(sku, {"sku": sku}, float(units)) for sku, units in pairs])


def written(step, time=None):
    return Written(step, "step", "O", f"m{step}", {"event_time": step if time is None else time})


def replay(first, steps):
    book = OrderBook()
    outcomes = list(book.complete(written(0), as_lines(first)))
    for number, (kind, pairs) in enumerate(steps, start=1):
        if kind == "update":
            outcomes += book.update(written(number), as_lines(pairs))
        else:
            lines = None if pairs is None else as_lines(pairs)
            outcomes += book.take_back(written(number), kind, lines)
    return [one.event for one in outcomes if isinstance(one, Found)]


def units(events, kind):
    found = Counter()
    for event in events:
        found[event["sku"]] += event["quantity"] if event["event_type"] == kind else 0
    return found


@given(LINES, st.lists(LINES, max_size=5))
@settings(max_examples=60, deadline=None)
def test_units_bought_less_units_cancelled_are_those_of_the_last_write(first, writes):
    events = replay(first, [("update", pairs) for pairs in writes])
    last = dict(([first, *writes])[-1])
    bought, cancelled = units(events, "purchase"), units(events, "cancel")
    assert {sku: bought[sku] - cancelled[sku] for sku in "ABC"} == {
        sku: last.get(sku, 0) for sku in "ABC"
    }


@given(LINES, STEPS)
@settings(max_examples=100, deadline=None)
def test_no_more_units_come_back_than_were_bought_of_what_the_order_holds(first, steps):
    ordered = {sku for sku, _ in first}
    events = replay(first, [step for step in steps if step[0] != "update"])
    back = units(events, "cancel") + units(events, "return")
    bought = units(events, "purchase")
    assert all(back[sku] <= bought[sku] for sku in ordered)


@given(LINES, STEPS)
@settings(max_examples=100, deadline=None)
def test_every_event_moves_units_and_has_an_id_of_its_own(first, steps):
    events = replay(first, steps)
    assert all(event["quantity"] > 0 for event in events)
    ids = [event["event_id"] for event in events]
    assert len(ids) == len(set(ids))
    assert ids == [event["event_id"] for event in replay(first, steps)]


@pytest.mark.parametrize(
    "word", ["+1 415 555 0123", "415-555-0123 x", "(0) 30 901820 123", "203.0.113.7", "ann@b.co"]
)
def test_a_campaign_is_no_phone_number_and_no_address(word):
    assert campaign(word) is None
    assert campaign_of_page(f"/?utm_source={quote(word)}") == {}


@pytest.mark.parametrize("word", ["sale 2026-11-22", "11.11", "summer_2026", "v1.2.3", "bf-2026"])
def test_a_campaign_may_hold_days_and_versions(word):
    assert campaign(word) == word
