"""A range becomes series of a panel: no history, but a plan."""

import string
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from c2m.checks import Check
from c2m.errors import ArgumentError, warn
from c2m.forecast.launch.range_cells import LIST
from c2m.forecast.launch.ranges import Range
from c2m.forecast.target import need_panel
from c2m.frames import did_you_mean, name_list, text_codes
from c2m.panel import Panel
from c2m.series import KEY_COLUMNS

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PARTS: Final = ("style", "colour", "size")
_PLANNED: Final = ("on_sale", "price")


@dataclass(frozen=True, eq=False)
class _Union:
    """The series of a panel and of a range together.

    Parameters
    ----------
    keys : DataFrame
        Keys, sorted.
    old : ndarray of int, shape (n_series of the panel,)
        Place of each of the panel's series.
    planned : ndarray of int, shape (rows of the range,)
        Place of each row of the range.
    """

    keys: pd.DataFrame
    old: "NDArray[np.intp]"
    planned: "NDArray[np.intp]"


def add_range(
    panel: Panel,
    range_: Range,
    *,
    sku: str = "{style}-{colour}-{size}",
    ahead: int | None = None,
) -> Panel:
    """Add the SKUs of a range to a panel, with what is planned for them.

    A new SKU knows nothing of the past. Ahead of the cutoff, ``on_sale`` is 1 in the periods that
    its days on sale touch and 0 in the others, and ``price`` is its price in those periods. A SKU
    that the panel has already (its signals came before its sales, or it is carried over) keeps
    its history and gets the same plan.

    At which places a SKU is sold: where the range says so (columns ``channel``, ``location``), else
    where its like-styles were, else everywhere.

    Parameters
    ----------
    panel : Panel
        The panel. Its attribute ``style`` (where there is none: its SKUs) holds what like-styles
        are looked up in.
    range_ : Range
        See `read_range`.
    sku : str
        How the SKU is made from ``{style}``, ``{colour}`` and ``{size}``.
    ahead : int, optional
        Periods after the cutoff that are planned; up to the last day in the range, and no less
        than the panel has, unless given.

    Returns
    -------
    Panel
        The panel with the new series. Their attributes are those of the range; one that only the
        panel has is taken from the like-styles where all of these agree. What the panel says of a
        SKU that it has already stays.

    Raises
    ------
    ArgumentError
        If `sku` names a column that the range does not have.
    DataError
        If like-styles or places are not in the panel, two rows make the same SKU, or a value is
        text where the panel's attribute is a number.

    Warns
    -----
    C2MWarning
        If like-styles give no place or attribute, or the price of the other series was not
        planned yet: their last price is.

    Examples
    --------
    >>> from c2m.forecast.launch.ranges import read_range
    >>> sold = pd.DataFrame({"sku": "TEE-red", "style": "TEE", "sales": [3, 4],
    ...                      "period": ["2027-02-22", "2027-03-01"]})
    >>> panel = Panel.from_frame(sold, freq="W", attributes=["style"])
    >>> plan = pd.DataFrame({"style": "TANK", "colours": "blue", "on_sale": "2027-W12",
    ...                      "exit": "2027-W13", "like_styles": "TEE"}, index=[0])
    >>> wider = add_range(panel, read_range(plan), sku="{style}-{colour}")
    >>> wider.skus, wider["on_sale"][0].tolist()
    (['TANK-blue', 'TEE-red'], [nan, nan, 0.0, 0.0, 1.0, 1.0])
    """
    need_panel(panel)
    if not isinstance(range_, Range):
        raise ArgumentError(f"Expected a Range of read_range, got {type(range_).__name__}.")
    rows = range_.to_frame()
    rows.insert(0, "sku", _skus(rows, sku))
    _check_numbers(panel, rows)
    rows = _places(panel, rows, _check_likes(panel, rows))
    union = _union(panel, rows)
    channels = {name: _spread(array, union) for name, array in panel.channels.items()}
    n_ahead = _ahead(panel, rows, ahead)
    plans = _plans(panel, rows, union, channels, n_ahead)
    known = sorted({*panel.known, *plans})
    for name in known:
        width = panel.n_periods + n_ahead
        channels[name] = plans[name] if name in plans else _wider(channels[name], width)
    return Panel(
        keys=union.keys,
        calendar=panel.calendar,
        first=panel.first,
        n_periods=panel.n_periods,
        channels=channels,
        known=tuple(known),
        target=panel.target,
        attributes=_attributes(panel, rows, union),
        currency=panel.currency,
        tz=panel.tz,
    )


def _skus(rows: pd.DataFrame, template: str) -> "pd.Series[str]":
    """Return the SKU of each row."""
    try:
        fields = list(string.Formatter().parse(template))
    except (TypeError, ValueError):
        fields = []
    named = [part for _, part, _, _ in fields if part is not None]
    plain = all(not spec and not conversion for _, _, spec, conversion in fields)
    wrong = [name for name in named if name not in _PARTS or name not in rows]
    if wrong or not named or not plain:
        there = [name for name in _PARTS if name in rows]
        usual = "-".join(f"{{{name}}}" for name in there)
        raise ArgumentError(
            f"Expected sku= made of {name_list(there)}, which the range has, got {template!r}. "
            f"Pass sku={usual!r}."
        )
    parts = zip(*(rows[name] for name in named), strict=True)
    skus = [template.format(**dict(zip(named, part, strict=True))) for part in parts]
    return pd.Series(skus, index=rows.index, dtype="str")


def _check_numbers(panel: Panel, rows: pd.DataFrame) -> None:
    """Refuse text where the panel's attribute holds numbers."""
    check = Check("range", rows)
    for name in panel.attributes.columns:
        if name not in rows or not _is_number(panel, name):
            continue
        column = rows[name]
        wrong = pd.to_numeric(column, errors="coerce").isna() & column.notna()
        check.rows(
            wrong.to_numpy(dtype=bool),
            f"has no number in {name!r}, which is one in the panel",
            f"write {name!r} as numbers, or build the panel with texts",
            lambda row, column=column: column.iloc[row],  # type: ignore[misc]
        )
    check.done()


def _is_number(panel: Panel, name: str) -> bool:
    return pd.api.types.is_numeric_dtype(panel.attributes[name].dtype)


def _names(panel: Panel) -> "pd.Series[str]":
    """Return what like-styles are called in a panel."""
    has_styles = "style" in panel.attributes
    return text_codes(panel.attributes["style"] if has_styles else panel.keys["sku"])


def _check_likes(panel: Panel, rows: pd.DataFrame) -> list[list[str]]:
    """Return the like-styles of each row; refuse those that neither panel nor range has."""
    if "like_styles" not in rows:
        return [[] for _ in range(len(rows))]
    lists = [text.split(LIST) if text else [] for text in rows["like_styles"].fillna("")]
    known = {*_names(panel).dropna(), *rows["style"]}
    unknown = sorted({name for names in lists for name in names} - known)
    check = Check("range", rows)
    for name in unknown:
        styles = rows["style"][[name in names for names in lists]].unique()
        check.add(
            f"style {name_list(styles)} has the like-style {name!r}, which neither the panel nor "
            f"the range has{did_you_mean(name, known)}",
            "name styles of the panel's attribute 'style'"
            if "style" in panel.attributes
            else "name SKUs of the panel, or build it with attributes=['style']",
        )
    check.done()
    return lists


def _places(panel: Panel, rows: pd.DataFrame, likes: list[list[str]]) -> pd.DataFrame:
    """Return a row for every place where a SKU is sold."""
    check = Check("range", rows)
    for name in (column for column in KEY_COLUMNS[1:] if column in rows):
        if name not in panel.keys:
            check.add(f"it has {name!r}, which the panel's series do not", f"drop {name!r}")
            continue
        there = set(panel.keys[name])
        for value in sorted(set(rows[name].dropna()) - there):
            hint = did_you_mean(value, there)
            check.add(f"{name} {value!r} is not in the panel{hint}", "name places of the panel")
    check.done()
    missing = [name for name in panel.keys.columns[1:] if name not in rows]
    if not missing:
        return rows
    names = _names(panel).to_numpy()
    everywhere = panel.keys[missing].drop_duplicates()
    found: list[pd.DataFrame] = []
    lost = 0
    for like in likes:
        own = panel.keys.loc[np.isin(names, like), missing].drop_duplicates()
        lost += not len(own)
        found.append(own if len(own) else everywhere)
    if lost:
        warn(
            f"{lost:,} of {len(rows):,} rows of the range name no {name_list(missing)}, and no "
            f"like-style that has one: they are planned for all {len(everywhere):,}. Add "
            f"{name_list(missing)} to the range."
        )
    repeated = rows.loc[rows.index.repeat([len(own) for own in found])].reset_index(drop=True)
    places = pd.concat(found, ignore_index=True)
    return pd.concat([repeated, places], axis=1)


def _union(panel: Panel, rows: pd.DataFrame) -> _Union:
    """Sort the series of the panel and the range together."""
    names = list(panel.keys.columns)
    check = Check("range", rows)
    check.unique(names)
    if check.problems:
        check.fixes = ["make sku= tell every row apart, such as sku='{style}-{colour}-{size}'"]
    check.done()
    keys = pd.concat([panel.keys, rows[names]], ignore_index=True).drop_duplicates()
    keys = keys.sort_values(names, kind="stable").reset_index(drop=True)
    index = pd.MultiIndex.from_frame(keys)
    old = index.get_indexer(pd.MultiIndex.from_frame(panel.keys))
    planned = index.get_indexer(pd.MultiIndex.from_frame(rows[names]))
    return _Union(keys, np.asarray(old, dtype=np.intp), np.asarray(planned, dtype=np.intp))


def _spread(array: "NDArray[np.float32]", union: _Union) -> "NDArray[np.float32]":
    """Return a channel with rows for the new series, unknown throughout."""
    result = np.full((len(union.keys), array.shape[1]), np.nan, dtype=np.float32)
    result[union.old] = array
    return result


def _wider(array: "NDArray[np.float32]", width: int) -> "NDArray[np.float32]":
    """Return a channel that is known ahead, unknown where nothing is planned yet."""
    result = np.full((len(array), width), np.nan, dtype=np.float32)
    kept = min(width, array.shape[1])
    result[:, :kept] = array[:, :kept]
    return result


def _ahead(panel: Panel, rows: pd.DataFrame, ahead: int | None) -> int:
    """Return how many periods after the cutoff are planned."""
    if ahead is not None:
        if isinstance(ahead, bool) or not isinstance(ahead, int | np.integer) or ahead < 1:
            raise ArgumentError(f"Expected ahead, a whole number of periods >= 1, got {ahead!r}.")
        return max(int(ahead), panel.n_ahead)
    days = [rows[name].max() for name in ("on_sale", "exit") if name in rows]
    last = max(day for day in days if not pd.isna(day))
    reach = int(panel.calendar.ordinal(np.datetime64(last, "D"))) - panel.first + 1
    return max(panel.n_ahead, reach - panel.n_periods, 1)


def _plans(
    panel: Panel,
    rows: pd.DataFrame,
    union: _Union,
    channels: dict[str, "NDArray[np.float32]"],
    n_ahead: int,
) -> dict[str, "NDArray[np.float32]"]:
    """Return on_sale and price with what the range plans."""
    width = panel.n_periods + n_ahead
    is_open = _open_periods(panel, rows, width)  # [R, W]
    unknown = np.full((len(union.keys), 1), np.nan, dtype=np.float32)
    on_sale = _wider(channels.get("on_sale", unknown[:, :0]), width)
    on_sale[union.planned, panel.n_periods :] = is_open[:, panel.n_periods :]
    plans = {"on_sale": on_sale}
    if "price" in rows:
        price = _wider(channels.get("price", unknown[:, :0]), width)
        _carry_price(panel, union, price)
        asked = np.where(is_open > 0, rows["price"].to_numpy(np.float64)[:, None], np.nan)
        price[union.planned, panel.n_periods :] = asked[:, panel.n_periods :]
        plans["price"] = price
    return plans


def _open_periods(panel: Panel, rows: pd.DataFrame, width: int) -> "NDArray[np.float32]":
    """Return 1 in the periods that the days on sale of each row touch."""
    periods = panel.first + np.arange(width)
    start = panel.calendar.ordinal(rows["on_sale"].to_numpy("datetime64[D]"))
    is_open = periods >= start[:, None]
    if "exit" in rows:
        stays = rows["exit"].isna().to_numpy(dtype=bool)
        days = rows["exit"].fillna(rows["on_sale"]).to_numpy("datetime64[D]")
        is_open &= stays[:, None] | (periods <= panel.calendar.ordinal(days)[:, None])
    return is_open.astype(np.float32)


def _carry_price(panel: Panel, union: _Union, price: "NDArray[np.float32]") -> None:
    """Plan the last price of the panel's own series where a price was only observed."""
    if "price" not in panel or "price" in panel.known:
        return
    last = pd.DataFrame(panel["price"]).ffill(axis=1).iloc[:, -1].to_numpy(np.float32)
    own = ~np.isin(union.old, union.planned)
    price[union.old[own], panel.n_periods :] = last[own, None]
    if own.any():
        warn(
            f"The range plans prices ahead, and {np.count_nonzero(own):,} series of the panel "
            "have no such plan: their last price is planned. Pass theirs with "
            "panel.with_future(...)."
        )


def _attributes(panel: Panel, rows: pd.DataFrame, union: _Union) -> pd.DataFrame:
    """Return the attributes of all series; what only the panel has comes from like-styles."""
    taken = {*KEY_COLUMNS, *_PLANNED, "exit"}
    own = [name for name in rows.columns if name not in taken and name not in panel.channels]
    lost: dict[str, int] = {}
    result: dict[str, Any] = {}
    for name in dict.fromkeys([*map(str, panel.attributes.columns), *own]):
        values = pd.Series([None] * len(union.keys), dtype="object")
        if name in own:
            values.iloc[union.planned] = rows[name].astype("object").to_numpy()
        else:
            values.iloc[union.planned] = _of_likes(panel, rows, name)
            new = ~np.isin(union.planned, union.old)
            lost[name] = int(values.iloc[union.planned[new]].isna().sum())
        if name in panel.attributes:
            before = panel.attributes[name].astype("object").to_numpy()
            kept = ~pd.isna(before)
            values.iloc[union.old[kept]] = before[kept]
        result[name] = _as_before(values, panel, name)
    open_ones = {name: count for name, count in lost.items() if count}
    if open_ones:
        listed = ", ".join(f"{name!r} ({count:,})" for name, count in open_ones.items())
        warn(
            f"Series of the range have no value of attributes that the panel has: {listed}. Add "
            "these columns to the range, or like-styles that agree on them."
        )
    return pd.DataFrame(result, index=range(len(union.keys)))


def _of_likes(panel: Panel, rows: pd.DataFrame, name: str) -> "NDArray[np.object_]":
    """Return the value on which all like-styles of each row agree."""
    found = np.full(len(rows), None, dtype=object)
    if "like_styles" not in rows:
        return found
    by_style = panel.attributes[name].astype("object").groupby(_names(panel).to_numpy())
    values = {str(style): set(part.dropna()) for style, part in by_style}
    texts = rows["like_styles"].fillna("").to_numpy()
    for text in set(texts) - {""}:
        agreed = set().union(*(values.get(style, set()) for style in text.split(LIST)))
        if len(agreed) == 1:
            found[texts == text] = agreed.pop()
    return found


def _as_before(values: pd.Series, panel: Panel, name: str) -> pd.Series:
    """Return a column as numbers where the panel's was, else as it is."""
    if name in panel.attributes and _is_number(panel, name):
        return pd.to_numeric(values)
    return values.astype("str").mask(values.isna())
