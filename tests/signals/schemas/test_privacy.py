"""Nothing personal gets past the door, whatever field of whatever layout it stands in.

A word that occurs nowhere else takes the place of one field of a layout's fixture at a time. Then
the event table, the warnings, the errors and the file of bad rows are searched for it.
"""

import copy
import io
import json
import warnings
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from c2m.errors import C2MError
from c2m.signals import describe_schema, read_events
from c2m.signals.schemas import LAYOUTS

FIXTURES = Path(__file__).parent / "fixtures"
KEY = b"0123456789abcdef0123456789abcdef"
WORDS = ("zqcanary", "zqcanary@example.org", "+49 30 zqcanary")

CODES = {"sku", "product_id", "variant_id", "variation_id", "item_id", "itemid", "id"}
SHOP = {"location_id", "inventory_item_id", "store_id", "source_name", "created_via", "platform"}
PRODUCTS = {"Lineitem sku", "variant", "item_variant", "StockCode", "inventory_item_id"}
CAMPAIGN = {"utm_source", "utm_medium", "utm_campaign", "mkt_source", "mkt_medium", "mkt_campaign"}
ALLOWED = {
    "shopify_orders": {"Lineitem sku", "Location", "Source"},
    "ga4": {
        "geo.country",
        "items[].item_variant",
        "session_traffic_source_last_click.manual_campaign.campaign_name",
        "session_traffic_source_last_click.manual_campaign.medium",
        "session_traffic_source_last_click.manual_campaign.source",
    },
    "segment": {"context.campaign.name", "context.campaign.medium", "context.campaign.source"},
    "snowplow": {
        "contexts_com_snowplowanalytics_snowplow_ecommerce_product_1[].variant",
    },
    "woocommerce": {"meta_data[].value"},  # _wc_order_attribution_utm_source and the like
    "online_retail": {"StockCode", "Country"},
}
ALLOWED["rudderstack"] = ALLOWED["segment"]
"""Layout -> fields that name things of the shop, and so may stand in the event table as they are,
besides those that everywhere do."""


def fixture_of(layout):
    """Return the records of a fixture as dicts."""
    files = sorted(path for path in (FIXTURES / layout.name).iterdir() if path.is_file())
    records = []
    for path in files:
        if path.suffix in {".json", ".jsonl"}:
            text = path.read_text()
            whole = text.lstrip().startswith("[")
            found = json.loads(text) if whole else map(json.loads, text.splitlines())
            records += list(found)
        else:
            names = list(layout.header) or None
            frame = pd.read_csv(
                path,
                dtype=str,
                sep="\t" if path.suffix == ".tsv" else ",",
                keep_default_na=False,
                names=names,
                header=None if names else 0,
            )
            records += frame.to_dict("records")
    return records


def paths_of(value, path=()):
    """Yield the path of every leaf; all entries of a list share one."""
    if isinstance(value, dict):
        for key, below in value.items():
            yield from paths_of(below, (*path, key))
    elif isinstance(value, list):
        for below in value:
            yield from paths_of(below, (*path, "[]"))
    else:
        yield path


def planted(value, path, word):
    """Return a value with a word at a path."""
    if not path:
        return word
    if path[0] == "[]" and isinstance(value, list):
        return [planted(below, path[1:], word) for below in value]
    if isinstance(value, dict) and path[0] in value:
        return value | {path[0]: planted(value[path[0]], path[1:], word)}
    return value


def seen(records, layout, folder, on_bad):
    """Return what a person may see of a log: its table, and everything else."""
    tabular = "json" not in layout.formats
    source = pd.DataFrame(records) if tabular else copy.deepcopy(records)
    table, told = b"", []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            events = read_events(
                source,
                schema=layout.name,
                key=KEY,
                consent="all" if layout.has_consent else None,
                time_zone="UTC" if not layout.time_zone else None,
                on_bad=on_bad,
                bad_rows=folder,
            )
            told += [repr(events), events._repr_html_(), str(events.source)]
            told += [events.rejected.to_csv(), events.excluded.to_csv()]
            sink = io.BytesIO()
            found = events.to_arrow()
            with pa.ipc.new_stream(sink, found.schema) as writer:
                writer.write_table(found)
            table = sink.getvalue()
        except C2MError as error:
            told.append(str(error))
    told += [str(one.message) for one in caught]
    told += [path.read_text() for path in folder.iterdir()]
    for path in folder.iterdir():
        path.unlink()
    return table, "\n".join(told)


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_field_that_is_not_of_the_shop_never_gets_past_the_door(name, tmp_path):
    layout = LAYOUTS[name]
    records = fixture_of(layout)
    leaked = set()
    paths = sorted({path for record in records for path in paths_of(record)})
    for place, path in enumerate(paths):
        word = WORDS[place % len(WORDS)]
        changed = [planted(record, path, word) for record in records]
        table, told = seen(changed, layout, tmp_path, "error" if place % 2 else "set_aside")
        assert "zqcanary" not in told, f"{path} is told"
        if b"zqcanary" in table:
            assert "@" not in word, f"an address of {path} stands in the table"
            if path[-1] not in CODES | SHOP | CAMPAIGN or "customer" in path:
                leaked.add(".".join(map(str, path)).replace(".[]", "[]"))
    assert leaked <= ALLOWED.get(name, set())


@pytest.mark.parametrize("word", ["+1 415 555 0123", "203.0.113.7", "Mozilla/5.0 (X11)", "a@b.co"])
@pytest.mark.parametrize("name", LAYOUTS)
def test_a_field_of_the_shop_holds_no_number_or_address_of_a_person(name, word, tmp_path):
    layout = LAYOUTS[name]
    records = fixture_of(layout)
    open_fields = SHOP | CAMPAIGN | {path.split(".")[-1] for path in ALLOWED.get(name, ())}
    for path in sorted({path for record in records for path in paths_of(record)}):
        if path[-1] in open_fields | {"value", "landing_site"} and "customer" not in path:
            changed = [planted(record, path, word) for record in records]
            table, told = seen(changed, layout, tmp_path, "set_aside")
            assert word not in told, f"{path} is told"
            if word[0].isdigit() and path[-1] in CODES | PRODUCTS:
                continue  # a SKU may be written like an IP address
            assert word.encode() not in table, f"{path} stands in the table"


@pytest.mark.parametrize("name", LAYOUTS)
def test_no_id_of_a_person_stands_in_the_table_as_it_was(name, tmp_path):
    layout = LAYOUTS[name]
    described = describe_schema(name).reads.set_index("column")["kept as"]
    if not layout.has_users:
        assert "user_key" not in described
        return
    table, _ = seen(fixture_of(layout), layout, tmp_path, "set_aside")
    found = pa.ipc.open_stream(table).read_all()
    for column in ("user_key", "session_key", "order_id", "event_id", "referrer_key"):
        if column in found.column_names:
            assert described[column] == "pseudonym"
            values = found.column(column).drop_null().to_pylist()
            assert all(abs(int(value)) < 2**63 for value in values)
