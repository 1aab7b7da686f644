"""The GA4 export in its own types: the JSON fixture as the parquet that BigQuery writes."""

import json
from pathlib import Path

import pyarrow as pa
import pytest

FOLDER = Path(__file__).resolve().parents[1] / "fixtures" / "ga4"

S, N, F = pa.string(), pa.int64(), pa.float64()


def struct(**fields):
    return pa.struct([pa.field(name, kind) for name, kind in fields.items()])


def texts(*names):
    return dict.fromkeys(names, S)


VALUE = struct(string_value=S, int_value=N, float_value=F, double_value=F)
PROPERTY = struct(
    string_value=S, int_value=N, float_value=F, double_value=F, set_timestamp_micros=N
)
PARAMETER = struct(key=S, value=VALUE)
ITEM = struct(
    **texts("item_id", "item_name", "item_brand", "item_variant", "item_category"),
    **texts("item_category2", "item_category3", "item_category4", "item_category5"),
    price_in_usd=F,
    price=F,
    quantity=N,
    item_revenue_in_usd=F,
    item_revenue=F,
    item_refund_in_usd=F,
    item_refund=F,
    **texts("coupon", "affiliation", "location_id", "item_list_id", "item_list_name"),
    **texts("item_list_index", "promotion_id", "promotion_name", "creative_name"),
    creative_slot=S,
    item_params=pa.list_(PARAMETER),
)
CAMPAIGN = struct(
    **texts("campaign_id", "campaign_name", "source", "medium", "term", "content"),
    **texts("source_platform", "creative_format", "marketing_tactic"),
)
EVENT = pa.schema(
    {
        "event_date": S,
        "event_timestamp": N,
        "event_name": S,
        "event_params": pa.list_(PARAMETER),
        "event_previous_timestamp": N,
        "event_value_in_usd": F,
        "event_bundle_sequence_id": N,
        "event_server_timestamp_offset": N,
        "user_id": S,
        "user_pseudo_id": S,
        "privacy_info": struct(**texts("analytics_storage", "ads_storage", "uses_transient_token")),
        "user_properties": pa.list_(struct(key=S, value=PROPERTY)),
        "user_first_touch_timestamp": N,
        "user_ltv": struct(revenue=F, currency=S),
        "device": struct(
            **texts("category", "mobile_brand_name", "mobile_model_name", "operating_system"),
            **texts("operating_system_version", "vendor_id", "advertising_id", "language"),
            web_info=struct(**texts("browser", "browser_version", "hostname")),
        ),
        "geo": struct(**texts("city", "country", "continent", "region", "sub_continent", "metro")),
        "traffic_source": struct(**texts("name", "medium", "source")),
        "stream_id": S,
        "platform": S,
        "ecommerce": struct(
            total_item_quantity=N,
            purchase_revenue_in_usd=F,
            purchase_revenue=F,
            refund_value_in_usd=F,
            refund_value=F,
            shipping_value=F,
            tax_value=F,
            unique_items=N,
            transaction_id=S,
        ),
        "items": pa.list_(ITEM),
        "collected_traffic_source": struct(
            **texts("manual_campaign_id", "manual_campaign_name", "manual_source"),
            **texts("manual_medium", "manual_term", "manual_content", "gclid", "dclid", "srsltid"),
        ),
        "is_active_user": pa.bool_(),
        "batch_event_index": N,
        "batch_page_id": N,
        "batch_ordering_id": N,
        "session_traffic_source_last_click": struct(manual_campaign=CAMPAIGN),
    }
)


def typed(value, kind):
    """Give a value of JSON the type that BigQuery has for it."""
    if value is None:
        return None
    if pa.types.is_struct(kind):
        return {field.name: typed(value.get(field.name), field.type) for field in kind}
    if pa.types.is_list(kind):
        return [typed(one, kind.value_type) for one in value]
    return int(value) if pa.types.is_integer(kind) else value


def as_table(records):
    rows = [{f.name: typed(record.get(f.name), f.type) for f in EVENT} for record in records]
    return pa.Table.from_pylist(rows, schema=EVENT)


@pytest.fixture(scope="session")
def export():
    """The records of the fixture, day by day."""
    return {
        path.stem: [json.loads(line) for line in path.read_text().splitlines()]
        for path in sorted(FOLDER.glob("events_*.json"))
    }


@pytest.fixture(scope="session")
def records(export):
    return [record for day in export.values() for record in day]


@pytest.fixture(scope="session")
def as_parquet():
    return as_table
