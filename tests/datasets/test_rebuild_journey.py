import json
from pathlib import Path

import pandas as pd
import pytest

from c2m.datasets.journey import FOLDER
from c2m.datasets.rebuild_journey import content_hash, installed_data, rebuild
from c2m.errors import ArgumentError, MissingEngineError

TABLES = ("events", "exposure", "products")


@pytest.fixture(scope="module")
def source() -> Path:
    try:
        return installed_data()
    except MissingEngineError as missing:
        pytest.skip(str(missing))


def test_the_sample_that_ships_is_rebuilt_to_the_bit_from_its_source(
    source: Path, tmp_path: Path
) -> None:
    rebuild(source, tmp_path)
    for name in TABLES:
        ours, theirs = (pd.read_parquet(p / f"{name}.parquet") for p in (FOLDER, tmp_path))
        assert content_hash(ours) == content_hash(theirs), name
    for name in ("factory.toml", "counts.json"):
        assert (FOLDER / name).read_bytes() == (tmp_path / name).read_bytes()


def test_kept_purchases_carry_the_money_of_the_source_to_the_cent(source: Path) -> None:
    rows = pd.read_parquet(source / "transactions.parquet")
    rows["event_id"] = rows["basket_id"].astype(str) + "-" + rows["product_id"].astype(str)
    events = pd.read_parquet(FOLDER / "events.parquet")
    both = events[events["event_type"] == "purchase"].merge(
        rows, on="event_id", validate="one_to_one", suffixes=("", "_source")
    )
    money = (both["sales_value"] + both["coupon_match_disc"]).round(2)
    assert len(both) == json.loads((FOLDER / "counts.json").read_text())["purchases kept"]
    assert (both["quantity"] == both["quantity_source"]).all()
    assert ((both["unit_price"] * both["quantity"]).round(2) - money).abs().max() < 1e-9


def test_a_folder_without_the_source_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match=r"lacks .*'transactions', 'products'"):
        rebuild(tmp_path, tmp_path / "out")


def test_the_content_hash_sees_values_names_types_and_order() -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", None]})
    others = [
        frame.assign(a=[2, 1]),
        frame.assign(b=["x", ""]),
        frame.rename(columns={"a": "c"}),
        frame.astype({"a": "float64"}),
        frame[["b", "a"]],
    ]
    hashes = {content_hash(other) for other in [frame, *others]}
    assert len(hashes) == len(others) + 1
    assert content_hash(frame.copy()) == content_hash(frame)
