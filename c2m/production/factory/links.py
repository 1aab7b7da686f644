"""Check the tables of a factory against each other: codes that are used, runs that can be made."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.checks import BoolArray, Check
from c2m.errors import warn
from c2m.frames import did_you_mean
from c2m.production.factory.checks import Source, check_tables
from c2m.production.factory.tables import ALL_LINES, REQUIRED_TABLES

_SCOPE_TABLES = {"group": ("groups", "group"), "prepack": ("prepacks", "prepack")}


def checked_tables(sources: Mapping[str, Source]) -> dict[str, Check]:
    """Check every table by itself and against the others.

    Parameters
    ----------
    sources : mapping of str to Source
        The tables that were given, by name.

    Returns
    -------
    dict of str to Check
        Every table of a factory with the problems noted.
    """
    checks = check_tables(sources)
    _check_links(checks)
    return checks


def _check_links(checks: Mapping[str, Check]) -> None:
    """Note what does not fit between the tables."""
    for name in REQUIRED_TABLES:
        if not checks[name].problems:
            checks[name].not_empty()
    _check_lines(checks["lines"])
    _check_products(checks["products"])
    for name in ("routings", "groups", "prepacks"):
        _check_known(checks[name], "sku", "products", checks["products"].frame["sku"])
    line_codes = checks["lines"].frame["line"]
    _check_known(checks["routings"], "line", "lines", line_codes)
    for name in ("shutdowns", "limits"):
        _check_known(checks[name], "line", "lines", line_codes, or_all=True)
    _check_shutdowns(checks["shutdowns"])
    _check_names(checks)
    _check_lots(checks["routings"])
    _check_lots(checks["limits"])
    _check_routing_runs(checks)
    _check_prepacks(checks)
    _check_limit_runs(checks)


def warn_about_values(products: pd.DataFrame) -> None:
    """Warn about money that makes a plan look strange.

    Parameters
    ----------
    products : DataFrame
        The checked products.
    """
    generous = (products["end_value"] > products["unit_cost"]).to_numpy(dtype=bool)
    if generous.any():
        warn(
            f"{_count(generous, products)} an 'end_value' above the 'unit_cost': each unit left "
            "over earns money, so a plan fills the lines with it. Lower 'end_value' if that is "
            "not meant."
        )
    gain = products["price"] + products["lost_sale_penalty"]
    losing = (gain < products["unit_cost"]).to_numpy(dtype=bool)
    if losing.any():
        warn(
            f"{_count(losing, products)} a 'unit_cost' above 'price' + 'lost_sale_penalty': "
            "making a unit costs more than not selling it. Correct the money if that is not meant."
        )


def smallest_run(
    moq: NDArray[np.float64], lot_multiple: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the smallest run that is not nothing.

    Parameters
    ----------
    moq, lot_multiple : ndarray of float64, shape (n,)
        In pieces; NaN where unknown.

    Returns
    -------
    ndarray of float64, shape (n,)
        The first multiple at or above the MOQ and above zero, in pieces.

    Examples
    --------
    >>> smallest_run(np.array([0.0, 100.0]), np.array([1.0, 60.0]))
    array([  1., 120.])
    """
    return lot_multiple * np.ceil(np.maximum(moq, 1.0) / lot_multiple)


def _count(rows: BoolArray, products: pd.DataFrame) -> str:
    count = np.count_nonzero(rows)
    first = products["sku"].iloc[int(np.argmax(rows))]
    return (
        f"{count:,} of {len(rows):,} products (first: {first!r}) {'has' if count == 1 else 'have'}"
    )


def _check_lines(check: Check) -> None:
    star = (check.frame["line"] == ALL_LINES).to_numpy(dtype=bool)
    check.rows(star, f"has the 'line' {ALL_LINES!r}, which means every line", "rename that line")


def _check_products(check: Check) -> None:
    money = check.frame
    worth = money["price"] + money["lost_sale_penalty"]
    check.rows(
        (money["end_value"] > worth).to_numpy(dtype=bool),
        "has an 'end_value' above 'price' + 'lost_sale_penalty', so that keeping beats selling",
        "lower 'end_value' to what a unit left over is worth",
        lambda row: float(money["end_value"].iloc[row]),
    )


def _check_known(
    check: Check, name: str, other: str, known: pd.Series, *, or_all: bool = False
) -> None:
    """Note codes that the other table does not have; one without any has its own problem."""
    if not known.notna().any():
        return
    used = check.frame[name]
    found = _is_in(used, known) | used.isna() | (or_all & (used == ALL_LINES))
    _unknown_rows(check, (~found).to_numpy(dtype=bool), name, other, known)


def _is_in(codes: pd.Series, known: pd.Series) -> "pd.Series[bool]":
    """Return which codes are known; `Series.isin` is slow where both are Arrow text."""
    return codes.astype("object").isin(known.astype("object"))


def _unknown_rows(
    check: Check, unknown: BoolArray, name: str, other: str, known: pd.Series
) -> None:
    if not unknown.any():
        return
    used = check.frame[name]
    hint = _closest(str(used.iloc[int(np.argmax(unknown))]), known.dropna().unique().tolist())
    check.rows(
        unknown,
        f"has a {name!r} that is not in `{other}`{hint}",
        f"correct {name!r} or add it to `{other}`",
        lambda row: used.iloc[row],
    )


def _closest(code: str, known: list[str]) -> str:
    """Suggest a code; before any other one that differs by zeros in front, which Excel drops."""
    alike = [other for other in known if other.lstrip("0") == code.lstrip("0")]
    return f" (did you mean {alike[0]!r}?)" if alike else did_you_mean(code, known)


def _check_shutdowns(check: Check) -> None:
    first, last = check.frame["first_day"], check.frame["last_day"]
    check.rows(
        (first > last).to_numpy(dtype=bool),
        "has 'first_day' after 'last_day'",
        "swap or correct the two days",
        lambda row: f"{first.iloc[row]:%Y-%m-%d} to {last.iloc[row]:%Y-%m-%d}",
    )


def _check_names(checks: Mapping[str, Check]) -> None:
    """Note limits that name a group, pre-pack or SKU which is not there."""
    check = checks["limits"]
    scope, name = check.frame["scope"], check.frame["name"]
    for each, (table, column) in {**_SCOPE_TABLES, "sku": ("products", "sku")}.items():
        known = checks[table].frame[column]
        unknown = (scope == each) & name.notna() & ~_is_in(name, known)
        _unknown_rows(check, unknown.to_numpy(dtype=bool), "name", table, known)


def _check_lots(check: Check) -> None:
    least = _smallest(check.frame)
    largest = check.frame["max_lot"].to_numpy()
    check.rows(
        least > largest,
        "has a 'max_lot' below the smallest run that 'moq' and 'lot_multiple' allow",
        "raise 'max_lot' or lower 'moq' or 'lot_multiple'",
        lambda row: f"{largest[row]:g} < {least[row]:g}",
    )


def _smallest(frame: pd.DataFrame) -> NDArray[np.float64]:
    return smallest_run(frame["moq"].to_numpy(), frame["lot_multiple"].to_numpy())


def _most_capacity(checks: Mapping[str, Check]) -> pd.Series:
    """Return the capacity of a full period with overtime, by line."""
    lines = checks["lines"].frame.dropna(subset="line").drop_duplicates("line").set_index("line")
    return lines["capacity"] + lines["overtime_limit"]


def _check_routing_runs(checks: Mapping[str, Check]) -> None:
    check = checks["routings"]
    frame = check.frame
    needed = frame["setup_time"] + _smallest(frame) * frame["unit_time"]
    _too_large(check, needed, frame["line"].map(_most_capacity(checks)))


def _too_large(check: Check, needed: pd.Series, capacity: pd.Series) -> None:
    needed, capacity = needed.astype("float64"), capacity.astype("float64")
    check.rows(
        (needed > capacity).to_numpy(dtype=bool),
        "needs more capacity for its smallest run than a full period with overtime has",
        "lower 'moq', 'lot_multiple', 'setup_time' or 'unit_time', or raise the line's capacity",
        lambda row: f"{needed.iloc[row]:g} > {capacity.iloc[row]:g}",
    )


def _check_prepacks(checks: Mapping[str, Check]) -> None:
    """Note pre-packs whose SKUs no line can make together."""
    check = checks["prepacks"]
    makeable = set(_pack_times(checks)["name"])
    routed = checks["routings"].frame["sku"]
    sku, pack = check.frame["sku"], check.frame["prepack"]
    unrouted = (~_is_in(sku, routed) & sku.notna()).to_numpy(dtype=bool)
    check.rows(
        unrouted,
        "has a 'sku' without a routing",
        "add a routing for every SKU of a pre-pack",
        lambda row: sku.iloc[row],
    )
    torn = ~pack.isin(makeable) & ~pack.isin(pack[unrouted]) & pack.notna() & sku.notna()
    check.rows(
        torn.to_numpy(dtype=bool),
        "is of a 'prepack' that no line can make whole",
        "route all SKUs of a pre-pack to one line",
        lambda row: pack.iloc[row],
    )


def _ways(checks: Mapping[str, Check]) -> pd.DataFrame:
    """Return the routings whose SKU and line are known."""
    return checks["routings"].frame.dropna(subset=["sku", "line"])


def _pack_times(checks: Mapping[str, Check]) -> pd.DataFrame:
    """Return the capacity that one pack takes, by pre-pack and line that can make all of it."""
    packs = checks["prepacks"].frame.rename(columns={"prepack": "name"})
    sizes = packs.groupby("name")["sku"].size()
    made = packs.merge(_ways(checks)[["sku", "line", "unit_time"]], on="sku")
    made["unit_time"] = made["units"] * made["unit_time"]
    by_line = made.groupby(["name", "line"])["unit_time"].agg(["sum", "size"]).reset_index()
    whole = by_line["size"] == by_line["name"].map(sizes)
    times = by_line.loc[whole, ["name", "line", "sum"]]
    return times.set_axis(["name", "line", "unit_time"], axis=1).assign(scope="prepack")


def _makings(checks: Mapping[str, Check]) -> pd.DataFrame:
    """Return what limits can be about: scope, name, line, least unit_time, the routing's lots."""
    ways = _ways(checks).rename(columns={"moq": "own_moq", "lot_multiple": "own_multiple"})
    ways = ways.rename(columns={"max_lot": "own_max", "setup_time": "own_setup"})
    lots = ["own_moq", "own_multiple", "own_max", "own_setup"]
    single = ways[["sku", "line", "unit_time", *lots]].rename(columns={"sku": "name"})
    members = checks["groups"].frame.merge(ways[["sku", "line", "unit_time"]], on="sku")
    members = members.rename(columns={"group": "name"})
    fastest = members.groupby(["name", "line"], as_index=False)["unit_time"].min()
    parts = [single.assign(scope="sku"), fastest.assign(scope="group"), _pack_times(checks)]
    makings = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    free = {"own_moq": 0.0, "own_multiple": 1.0, "own_max": np.inf, "own_setup": 0.0}
    for name, value in free.items():
        makings.loc[makings["scope"] != "sku", name] = value
    result: pd.DataFrame = makings.rename(columns={"line": "on"})
    return result


def _check_limit_runs(checks: Mapping[str, Check]) -> None:
    """Note limits that hold nothing or whose smallest quantity cannot be made."""
    check = checks["limits"]
    if not len(check.frame):
        return
    limits = check.frame.assign(row=check.frame.index)
    pairs = limits.merge(_makings(checks), on=["scope", "name"])
    pairs = pairs[(pairs["line"] == ALL_LINES) | (pairs["line"] == pairs["on"])]
    known_line = _is_in(limits["line"], checks["lines"].frame["line"]) | (
        limits["line"] == ALL_LINES
    )
    idle = ~limits["row"].isin(pairs["row"]) & known_line & _is_named(checks)
    check.rows(
        idle.to_numpy(dtype=bool),
        "is about something that no routing makes on that 'line'",
        "correct 'line', add the routings, or remove the limit",
        lambda row: (limits["name"].iloc[row], limits["line"].iloc[row]),
    )
    least = smallest_run(
        np.maximum(pairs["moq"].to_numpy(), pairs["own_moq"].to_numpy()),
        _common_multiple(pairs["lot_multiple"].to_numpy(), pairs["own_multiple"].to_numpy()),
    )
    pairs = pairs.assign(
        needed=pairs["setup_time"] + pairs["own_setup"] + least * pairs["unit_time"],
        most=pairs["on"].map(_most_capacity(checks)).astype("float64"),
    )
    largest = np.minimum(pairs["max_lot"], pairs["own_max"])
    own_fault = _smallest(pairs) > pairs["max_lot"]  # noted by _check_lots
    torn = limits["row"].isin(pairs.loc[(least > largest) & ~own_fault, "row"])
    check.rows(
        torn.to_numpy(dtype=bool),
        "leaves no run that the SKU's routing allows as well",
        "make 'moq', 'lot_multiple' and 'max_lot' of the limit and of the routing fit together",
        lambda row: limits["name"].iloc[row],
    )
    worst = pairs.assign(over=pairs["needed"] - pairs["most"]).sort_values("over")
    worst = worst.drop_duplicates("row", keep="last").set_index("row").reindex(limits.index)
    _too_large(check, worst["needed"], worst["most"])


def _common_multiple(
    first: NDArray[np.float64], second: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the least common multiples of whole numbers; NaN where one is unknown."""
    known = (first >= 1) & (second >= 1)
    pairs = [np.where(known, values, 1.0).astype(np.int64) for values in (first, second)]
    return np.where(known, np.lcm(*pairs), np.nan)


def _is_named(checks: Mapping[str, Check]) -> pd.Series:
    """Return which limits name something that exists."""
    limits = checks["limits"].frame
    named = (limits["scope"] == "sku") & _is_in(limits["name"], checks["products"].frame["sku"])
    for scope, (table, column) in _SCOPE_TABLES.items():
        named |= (limits["scope"] == scope) & _is_in(limits["name"], checks[table].frame[column])
    return named
