"""Check the tables of a factory against each other: codes that are used, runs that can be made."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.checks import Check
from c2m.production.factory.buying_links import check_buying
from c2m.production.factory.capacity import line_times
from c2m.production.factory.checks import Source, check_tables
from c2m.production.factory.codes import check_known, check_spans, is_in, unknown_rows
from c2m.production.factory.making import ALL_LINES, TOGETHER
from c2m.production.factory.tables import REQUIRED_TABLES

_SCOPE_TABLES = {"group": ("groups", "group"), "prepack": ("prepacks", "prepack")}


def checked_tables(sources: Mapping[str, Source], currency: str | None) -> dict[str, Check]:
    """Check every table by itself and against the others.

    Parameters
    ----------
    sources : mapping of str to Source
        The tables that were given, by name.
    currency : str or None
        The factory's.

    Returns
    -------
    dict of str to Check
        Every table of a factory with the problems noted.
    """
    checks = check_tables(sources)
    _check_links(checks)
    check_buying(checks, currency)
    return checks


def _check_links(checks: Mapping[str, Check]) -> None:
    """Note what does not fit between the tables."""
    for name in REQUIRED_TABLES:
        if not checks[name].problems:
            checks[name].not_empty()
    _check_lines(checks["lines"])
    _check_products(checks["products"])
    for name in ("routings", "groups", "prepacks"):
        check_known(checks[name], "sku", "products", checks["products"].frame["sku"])
    line_codes = checks["lines"].frame["line"]
    check_known(checks["routings"], "line", "lines", line_codes)
    for name in ("shutdowns", "families"):
        check_known(checks[name], "line", "lines", line_codes, also=(ALL_LINES,))
    for name in ("limits", "group_capacities"):
        check_known(checks[name], "line", "lines", line_codes, also=(ALL_LINES, TOGETHER))
    check_spans(checks["shutdowns"])
    _check_names(checks)
    _check_lots(checks["routings"])
    _check_lots(checks["limits"])
    _check_routing_runs(checks)
    _check_prepacks(checks)
    _check_limit_runs(checks)
    for name, column in (("families", "family"), ("group_capacities", "group")):
        _check_shared(checks, name, column)
    _check_group_minutes(checks)


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


def _check_lines(check: Check) -> None:
    for code, meaning in ((ALL_LINES, "every line"), (TOGETHER, "all lines together")):
        taken = (check.frame["line"] == code).to_numpy(dtype=bool)
        check.rows(taken, f"has the 'line' {code!r}, which means {meaning}", "rename that line")


def _check_products(check: Check) -> None:
    money = check.frame
    worth = money["price"] + money["lost_sale_penalty"]
    check.rows(
        (money["end_value"] > worth).to_numpy(dtype=bool),
        "has an 'end_value' above 'price' + 'lost_sale_penalty', so that keeping beats selling",
        "lower 'end_value' to what a unit left over is worth",
        lambda row: float(money["end_value"].iloc[row]),
    )


def _check_names(checks: Mapping[str, Check]) -> None:
    """Note limits that name a group, pre-pack or SKU which is not there."""
    check = checks["limits"]
    scope, name = check.frame["scope"], check.frame["name"]
    for each, (table, column) in {**_SCOPE_TABLES, "sku": ("products", "sku")}.items():
        known = checks[table].frame[column]
        unknown = (scope == each) & name.notna() & ~is_in(name, known)
        unknown_rows(check, unknown.to_numpy(dtype=bool), "name", table, known)


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
    times = line_times(frame, checks["lines"].frame)
    needed = frame["setup_time"] + _smallest(frame) * times
    runs = frame[["line"]].assign(name=frame["sku"], needed=needed)
    _too_large(check, runs, checks)


def _too_large(check: Check, runs: pd.DataFrame, checks: Mapping[str, Check]) -> None:
    """Note rows whose smallest run, with name, line and capacity needed, no period can hold."""
    needed = runs["needed"].astype("float64")
    capacity = runs["line"].map(_most_capacity(checks)).astype("float64")
    lines = checks["lines"].frame.dropna(subset="line").drop_duplicates("line")
    unit = runs["line"].map(lines.set_index("line")["unit"])

    def _show(row: int) -> str:
        name, line = runs["name"].iloc[row], runs["line"].iloc[row]
        return (
            f"{name} on {line}: {needed.iloc[row]:,.6g} > {capacity.iloc[row]:,.6g} "
            f"{unit.iloc[row]}"
        )

    check.rows(
        (needed > capacity).to_numpy(dtype=bool),
        "needs more capacity than a full period with overtime has, even for the smallest run",
        "lower 'moq', 'lot_multiple', 'setup_time' or 'unit_time', or raise the line's capacity",
        _show,
    )


def _check_prepacks(checks: Mapping[str, Check]) -> None:
    """Note pre-packs whose SKUs no line can make together."""
    check = checks["prepacks"]
    if not len(check.frame):
        return
    makeable = set(_pack_times(checks)["name"])
    routed = checks["routings"].frame["sku"]
    sku, pack = check.frame["sku"], check.frame["prepack"]
    unrouted = (~is_in(sku, routed) & sku.notna()).to_numpy(dtype=bool)
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
    routings = checks["routings"].frame.dropna(subset=["sku", "line"])
    return routings.assign(unit_time=line_times(routings, checks["lines"].frame))


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
    pairs = pairs[pairs["line"].isin([ALL_LINES, TOGETHER]) | (pairs["line"] == pairs["on"])]
    known_line = is_in(limits["line"], checks["lines"].frame["line"]) | limits["line"].isin(
        [ALL_LINES, TOGETHER]
    )
    idle = ~limits["row"].isin(pairs["row"]) & known_line & _is_named(checks)
    check.rows(
        idle.to_numpy(dtype=bool),
        "is about something that no routing makes on that 'line'",
        "correct 'line', add the routings, or remove the limit",
        lambda row: (limits["name"].iloc[row], limits["line"].iloc[row]),
    )
    check.rows(
        ((limits["line"] == TOGETHER) & (limits["setup_time"] > 0)).to_numpy(dtype=bool),
        "is of all lines together and has a 'setup_time', which no line can be charged",
        "give the set-up time to each line ('*')",
        lambda row: limits["name"].iloc[row],
    )
    pairs = pairs[pairs["line"] != TOGETHER]
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
    _too_large(check, worst.assign(line=worst["on"]), checks)


def _check_shared(checks: Mapping[str, Check], table: str, column: str) -> None:
    """Note rows about a group that is not there or that no routing makes on their line."""
    check, groups = checks[table], checks["groups"].frame
    if not len(check.frame):
        return
    check_known(check, column, "groups", groups["group"], may_lack_all=False)
    members = groups.merge(_ways(checks)[["sku", "line"]], on="sku")
    pairs = set(zip(members["group"], members["line"], strict=True))
    made = {group for group, _ in pairs}
    lines = set(checks["lines"].frame["line"].dropna())
    rows = list(zip(check.frame[column], check.frame["line"], strict=True))
    idle = [
        group in set(groups["group"].dropna())
        and ((line in lines and (group, line) not in pairs) or group not in made)
        for group, line in rows
    ]
    check.rows(
        np.array(idle, dtype=bool),
        "is about something that no routing makes on that 'line'",
        "correct 'line', add the routings, or remove the row",
        lambda row: rows[row],
    )


def _check_group_minutes(checks: Mapping[str, Check]) -> None:
    """Note capacities in minutes of groups that run on lines which count something else."""
    check, lines = checks["group_capacities"], checks["lines"].frame
    if not len(check.frame):
        return
    counted = lines.loc[(lines["unit"] != "minutes") & lines["unit"].notna(), "line"]
    members = checks["groups"].frame.merge(_ways(checks)[["sku", "line"]], on="sku")
    odd = members[is_in(members["line"], counted)]
    frame = check.frame
    torn = [
        unit == "minutes"
        and bool(
            (
                (odd["group"] == group) & ((odd["line"] == line) | (line in (ALL_LINES, TOGETHER)))
            ).any()
        )
        for group, line, unit in zip(frame["group"], frame["line"], frame["unit"], strict=True)
    ]
    check.rows(
        np.array(torn, dtype=bool),
        "counts minutes of a group that also runs on lines which do not",
        "count pieces, or name a 'line' that counts minutes",
        lambda row: frame["group"].iloc[row],
    )


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
    named = (limits["scope"] == "sku") & is_in(limits["name"], checks["products"].frame["sku"])
    for scope, (table, column) in _SCOPE_TABLES.items():
        named |= (limits["scope"] == scope) & is_in(limits["name"], checks[table].frame[column])
    return named
