import copy
import pickle
from hashlib import blake2b

import pandas as pd
import pyarrow as pa
import pytest

from c2m.errors import ArgumentError, DataError
from c2m.signals import build_panel, read_events
from c2m.signals.reading.pseudonyms import Pseudonyms

KEY = b"a key that nobody may ever see!!"


def log_of(users=("ann@example.org", "bob"), **more):
    columns = {
        **{"event_time": "2026-11-20T10:00:00Z", "event_type": "view", "sku": "A"},
        **{"user_key": list(users), "session_key": "s1", "order_id": ["1001", "1002"]},
        **{"event_id": ["1001:1", "1002:1"], "referrer_key": "bob"},
    }
    return pd.DataFrame(columns | more)


def test_a_pseudonym_is_keyed_blake2b_of_64_bits():
    found = Pseudonyms(KEY).of("user_key", pa.array(["bob"]))[0].as_py()
    digest = blake2b(b"bob", key=KEY, digest_size=8, person=b"user").digest()
    assert found == int.from_bytes(digest, "little", signed=True)


def test_ids_of_people_and_orders_are_replaced_and_nothing_else_is():
    log = log_of(("ann", "bob"))
    plain, hidden = read_events(log).to_frame(), read_events(log, key=KEY).to_frame()
    ids = ["user_key", "session_key", "order_id", "event_id", "referrer_key"]
    for name in ids:
        assert not set(plain[name]) & set(hidden[name])
        assert plain[name].nunique() == hidden[name].nunique()
    pd.testing.assert_frame_equal(plain.drop(columns=ids), hidden.drop(columns=ids))
    bob = hidden["user_key"][plain["user_key"] == "bob"].tolist()
    assert hidden["referrer_key"].unique().tolist() == bob  # a person is the same in both columns
    assert hidden["session_key"].tolist() != hidden["user_key"].tolist()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (" bob ", "bob", True),
        ("Ann@Example.org", "ann@example.org", True),
        ("Bob", "bob", False),
        ("jose\u0301", "jos\u00e9", True),
        ("7", 7, True),
        ("007", "7", False),
    ],
)
def test_ids_are_written_in_one_way_before(one, other, same):
    pseudonyms = Pseudonyms(KEY)
    found = [pseudonyms.of("user_key", pa.array([value]))[0] for value in (one, other)]
    assert (found[0] == found[1]) is same


def test_another_key_is_another_pseudonym_and_another_role_too():
    ids = pa.array(["7"])
    roles = ("user_key", "order_id", "event_id")
    both = [Pseudonyms(KEY), Pseudonyms(KEY[::-1])]
    assert len({one.of(role, ids)[0].as_py() for one in both for role in roles}) == 6


def test_unknown_ids_stay_unknown():
    frame = read_events(log_of(users=["", None]), key=KEY).to_frame()
    assert frame["user_key"].isna().all()


@pytest.mark.parametrize("kind", ["str", "category", "int64"])
def test_distinct_users_are_the_same_with_a_key_and_without(kind):
    log = pd.concat([log_of(users=["1", "2"]), log_of(users=["2", "2"])], ignore_index=True)
    log = log.drop(columns="event_id").astype({"user_key": kind})
    panels = [
        build_panel(read_events(log, key=key), freq="D", tz="UTC", target="views")
        for key in (None, KEY)
    ]
    assert panels[0]["view_users"].tolist() == panels[1]["view_users"].tolist() == [[2]]


@pytest.mark.parametrize("key", [b"", b"15 bytes long..", b"x" * 65, "text of enough length", 7])
def test_a_key_is_16_to_64_bytes_and_the_error_does_not_show_it(key):
    with pytest.raises(ArgumentError, match="Expected key to be 16 to 64") as caught:
        read_events(log_of(), key=key)
    assert len(str(key)) < 3 or str(key) not in str(caught.value)


def test_the_key_is_nowhere_to_be_found():
    events = read_events(log_of(quantity="x", event_type="purchase"), key=KEY, on_bad="error")
    with pytest.raises(DataError) as caught:
        events.to_frame()
    shown = [repr(events), repr(events.reading), str(caught.value), events._repr_html_()]
    assert not any("nobody may ever see" in text for text in shown)
    pseudonyms = events.reading.pseudonyms
    held = {name: getattr(pseudonyms, name) for name in type(pseudonyms).__slots__}
    assert "nobody" not in repr(held)
    for write in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError, match="cannot be pickled: open the log again"):
            write(events)


@pytest.mark.parametrize("value", ["eve@example.org", "+1 415 555 0123"])
@pytest.mark.parametrize("column", ["user_key", "session_key", "event_id", "order_id"])
def test_without_a_key_an_address_as_an_id_is_an_error_that_does_not_show_it(column, value):
    log = log_of(("ann", "bob"), **{column: ["x", value]})
    with pytest.raises(DataError, match=rf"{column}.* holds e-mail addresses.*\n.*key=") as caught:
        read_events(log).to_frame()
    assert value not in str(caught.value)
    assert len(read_events(log, key=KEY).to_frame()) == 2
