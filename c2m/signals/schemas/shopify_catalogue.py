"""The catalogue in Shopify's products CSV: every SKU with its product, colour and size."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import pandas as pd

from c2m.errors import DataError, warn
from c2m.signals.logs.flatfiles import read_tables
from c2m.signals.schemas.shopify_products import HEADERS, is_variant, read_row
from c2m.signals.schemas.values import number

COLOUR: Final = frozenset(
    {
        *("color", "colour", "couleur", "farbe", "colore", "kleur", "cor", "färg", "farve"),
        *("farge", "väri", "kolor", "barva", "renk", "culoare", "szín", "цвет"),
        *("颜色", "顏色", "カラー", "色", "색상"),
    }
)
"""Names of options that become the attribute ``colour``, in lower case."""

SIZE: Final = frozenset(
    {
        *("size", "taille", "größe", "groesse", "grösse", "talla", "tamaño", "taglia", "maat"),
        *("tamanho", "storlek", "størrelse", "koko", "rozmiar", "velikost", "beden", "mărime"),
        *("méret", "размер", "尺码", "尺寸", "サイズ", "사이즈"),
    }
)
"""Names of options that become the attribute ``size``, in lower case."""

_OF_PRODUCT: Final = ("style", "vendor", "department", "option1_name", "option2_name")
_CARRIED: Final = (*_OF_PRODUCT, "option3_name")
_PLAIN: Final = (
    *("sku", "product_id", "style", "colour", "size", "vendor", "department"),
    "list_price",  # not "price": that is what was paid, a channel of a panel
)


def shopify_catalogue(
    products: object, *, delimiter: str | None = None, encoding: str = "utf8"
) -> pd.DataFrame:
    """Return the variants of a products CSV, a row a SKU.

    Parameters
    ----------
    products : path, list of paths, DataFrame or other Arrow table
        The export as it is, with old or new headers.
    delimiter : str, optional
        Between the fields of a CSV file; a comma, or a tab for ``.tsv``, unless given.
    encoding : str
        Of CSV files.

    Returns
    -------
    DataFrame
        ``sku``, ``product_id`` (the handle), ``style`` (the title), ``colour``, ``size``,
        ``vendor``, ``department`` (the type), ``list_price`` (the variant's price, float), and each
        further option under its own name in lower case. Unknown values are None.

    Raises
    ------
    DataError
        If it is no products CSV.

    Warns
    -----
    C2MWarning
        If variants have no SKU and are left out, or SKUs occur more than once.

    Notes
    -----
    Title, vendor, type and names of options stand on the first row of a handle only, and are
    carried on to its other rows. Options are named freely: those of `COLOUR` and `SIZE` become
    ``colour`` and ``size``. "Title: Default Title" means a product without options.

    Examples
    --------
    >>> export = pd.DataFrame({
    ...     "URL handle": ["tee", "tee"], "Title": ["Tee", None], "SKU": ["T-S", "T-M"],
    ...     "Option1 name": ["Taille", None], "Option1 value": ["S", "M"], "Price": "9.90",
    ... })
    >>> shopify_catalogue(export)[["sku", "product_id", "style", "size"]].to_dict("records")[1]
    {'sku': 'T-M', 'product_id': 'tee', 'style': 'Tee', 'size': 'M'}
    """
    carried: dict[str, dict[str, str]] = {}
    found, nameless = [], 0
    for row in _rows(products, delimiter=delimiter, encoding=encoding):
        product = carried.setdefault(row.get("product_id", ""), {})
        product |= {name: row[name] for name in _CARRIED if name in row}
        if not is_variant(row):
            continue
        if "sku" not in row:
            nameless += 1
            continue
        found.append(_variant({**product, **row}))
    if nameless:
        warn(
            f"{nameless:,} variants of `products` have no SKU and are left out of the catalogue: "
            "give them one in the shop."
        )
    frame = pd.DataFrame(found, columns=_columns(found)).astype({"list_price": "float64"})
    repeated = int(frame["sku"].duplicated().sum())
    if repeated:
        warn(
            f"{repeated:,} rows of `products` repeat the SKU of an earlier variant: which product "
            "they are of is not known. Give every variant a SKU of its own."
        )
    return frame


def _rows(source: object, *, delimiter: str | None, encoding: str) -> Iterator[dict[str, str]]:
    """Yield the rows of an export, under one name each."""
    for table, _ in read_tables(source, "products", delimiter=delimiter, encoding=encoding):
        _check_headers(table)
        names = [str(name) for name in table.columns]
        filled = table.astype("object").where(table.notna(), None)
        for values in filled.itertuples(index=False, name=None):
            yield read_row(dict(zip(names, values, strict=True)))


def _check_headers(products: pd.DataFrame) -> None:
    names = {str(name) for name in products.columns}
    lacking = [
        f"no column {old!r} (in new exports {new!r})"
        for old, new in (HEADERS["product_id"], HEADERS["sku"])
        if old not in names and new not in names
    ]
    if lacking:
        raise DataError("products", lacking, "pass the products CSV that Shopify exports")


def _variant(row: Mapping[str, str]) -> dict[str, Any]:
    """Return a row of the catalogue."""
    kept: dict[str, Any] = {name: row.get(name) for name in _PLAIN}
    kept["list_price"] = number(row.get("price"))
    for n in (1, 2, 3):
        name, value = row.get(f"option{n}_name"), row.get(f"option{n}_value")
        if name is None or value is None or (name, value) == ("Title", "Default Title"):
            continue
        kept[_attribute(name)] = value
    return kept


def _attribute(option: str) -> str:
    """Return the attribute that an option becomes."""
    plain = option.casefold() if option.casefold() in COLOUR | SIZE else option.lower()
    if plain in COLOUR:
        return "colour"
    if plain in SIZE:
        return "size"
    return f"option {plain}" if plain in _PLAIN else plain


def _columns(found: list[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys([*_PLAIN, *(name for row in found for name in row)]))
