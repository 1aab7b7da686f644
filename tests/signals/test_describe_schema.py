import pytest

from c2m.errors import ArgumentError
from c2m.signals import COLUMNS, EVENT_TYPES, describe_schema
from c2m.signals.schemas import LAYOUTS


@pytest.mark.parametrize("name", ["canonical", *LAYOUTS])
def test_every_schema_is_described_for_a_terminal_and_a_notebook(name):
    described = describe_schema(name)
    for text in (repr(described), described._repr_html_()):
        assert name in text
        assert all(column in text for column in described.reads["column"])
    assert set(described.reads["column"]) <= set(COLUMNS)
    assert described.traps
    table = described.to_frame()
    assert list(table.columns) == ["part", "what", "how"]
    assert len(table) == sum(
        len(part)
        for part in (
            *(described.reads, described.event_types),
            *(described.drops, described.traps, described.needs),
        )
    )


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout_is_consistent(name):
    layout = LAYOUTS[name]
    assert {"event_time"} <= set(layout.reads) <= set(COLUMNS)
    if layout.convert is None:  # else these are words for people
        assert set(layout.event_types.values()) <= set(EVENT_TYPES)
    assert sum([layout.convert is not None, layout.convert_batch is not None, layout.flat]) == 1
    assert all(trap.endswith(".") for trap in layout.traps)
    assert layout.has_users or not {"user_key", "session_key"} & set(layout.reads)
    assert ("consent" in layout.reads) is layout.has_consent


def test_ga4_tells_what_it_drops_and_needs():
    text = repr(describe_schema("ga4"))
    for word in ("gclid", "page_location", "secrets.token_bytes(32)", 'consent="all"', "pseudo"):
        assert word in text


def test_html_is_escaped():
    assert "<-" not in describe_schema("ga4")._repr_html_().replace("<->", "")


def test_all_schemas_are_listed_with_what_they_need():
    table = describe_schema().set_index("schema")
    assert list(table.index) == ["canonical", *LAYOUTS]
    assert table.loc["ga4", "needs"] == "key=, consent="
    assert table.loc["canonical", "needs"] == ""


def test_a_misspelt_schema_gets_a_suggestion():
    with pytest.raises(ArgumentError, match=r"got 'ga5' \(did you mean 'ga4'\?\)"):
        describe_schema("ga5")
