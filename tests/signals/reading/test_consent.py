import pandas as pd
import pytest

from c2m.errors import ArgumentError, C2MWarning
from c2m.signals import Consent, build_panel, read_events
from c2m.signals.reading.consent import PURPOSES, granted


def log_of(bits):
    return pd.DataFrame(
        {
            "event_time": "2026-11-20T10:00:00Z",
            "event_type": "view",
            "sku": [f"S{place}" for place in range(len(bits))],
            "consent": bits,
        }
    )


def skus_of(events):
    return events.to_frame()["sku"].tolist()


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("all", ["S0", "S1", "S2", "S3", "S4"]),
        (("analytics_storage",), ["S1", "S3"]),
        ("ad_storage", ["S2", "S3"]),
        (("analytics_storage", "ad_storage"), ["S3"]),
    ],
)
@pytest.mark.filterwarnings("ignore:.*left out, because the consent:c2m.errors.C2MWarning")
def test_an_event_is_read_if_every_purpose_was_granted_and_unset_is_no(asked, expected):
    assert skus_of(read_events(log_of([0, 1, 2, 3, None]), consent=asked)) == expected


def test_a_log_that_says_what_people_agreed_to_is_not_read_before_the_caller_says_what_counts():
    with pytest.raises(ArgumentError, match=r'Expected consent=.*consent="all" reads every event'):
        read_events(log_of([0, 1, None]))
    assert len(read_events(log_of([0, None]), columns={"consent": None}).to_frame()) == 2


def test_those_left_out_are_counted():
    events = read_events(log_of([0, 1, None]), consent=["analytics_storage"])
    with pytest.warns(C2MWarning, match="2 of 3 events are left out, because the consent"):
        panel = build_panel(events, freq="D", tz="UTC", target="views")
    assert panel.n_series == 1
    assert events.excluded.to_numpy().tolist() == [["consent was not granted", 2]]


@pytest.mark.parametrize("bits", [float("inf"), -1.0, 2.0**60, "x"])
@pytest.mark.filterwarnings("ignore:.*left out, because the consent:c2m.errors.C2MWarning")
def test_what_is_no_bits_is_no(bits):
    log = log_of([1, bits]).astype({"consent": "str"})
    assert skus_of(read_events(log, consent=["analytics_storage"])) == ["S0"]


@pytest.mark.parametrize("asked", ["analytics", ("analytics_storage", "ads"), (), {}, 7])
def test_an_unknown_purpose_is_refused_with_the_choices(asked):
    with pytest.raises(ArgumentError, match=r'Expected consent.*consent="all" reads every event'):
        read_events(log_of([1]), consent=asked)


def test_a_log_that_says_nothing_of_consent_cannot_be_asked_for_it():
    with pytest.raises(ArgumentError, match="has no column 'consent'"):
        read_events(log_of([1]).drop(columns="consent"), consent=["analytics_storage"])


def test_every_purpose_has_a_bit_of_its_own():
    assert sorted(PURPOSES.values()) == sorted(Consent) == [1, 2, 4, 8]


@pytest.mark.parametrize("word", ["No", "Unset", "denied", "", None, 0, 2, [], "yes please"])
def test_only_a_clear_yes_is_granted(word):
    assert not granted(word)
    assert granted("Yes")
