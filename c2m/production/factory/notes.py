"""Note what a factory's tables allow but a person may not have meant."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Final

import numpy as np
import pandas as pd

from c2m.errors import warn
from c2m.frames import did_you_mean, name_list, plural, share_of
from c2m.production.factory.codes import is_in
from c2m.production.factory.costs import least_costs
from c2m.production.factory.markdowns import mean_end_value

Tables = Mapping[str, pd.DataFrame]

_ROUNDING: Final = 1e-9

_FAR: Final = 10.0
"""So many times more, or less, than its group's median a value looks mistyped."""
_FEW: Final = 3
"""From so many values on a group's median says something."""


def warn_about_values(tables: Tables) -> None:
    """Warn about money that makes a plan look strange.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        The checked tables.

    Warns
    -----
    C2MWarning
        With counts: price breaks that make a unit dearer, and units that earn more when left over,
        or lost, than the least they cost; see `least_costs`.
    """
    _warn_about_breaks(tables)
    products, cost = tables["products"], least_costs(tables)
    worth = mean_end_value(products, tables["markdowns"])
    _warn_about(
        products,
        worth,
        cost,
        worth > cost * (1 + _ROUNDING),
        "has an 'end_value' above the least that a unit costs, bought materials and transport "
        "included: each unit left over earns money, so a plan fills the lines with it. Lower "
        "'end_value' if that is not meant",
    )
    gain, own = products["price"] + products["lost_sale_penalty"], products["unit_cost"]
    _warn_about(
        products,
        gain,
        own,
        (gain < own) & ~is_in(products["sku"], tables["price_breaks"]["sku"]),
        "has a 'unit_cost' above 'price' + 'lost_sale_penalty': making a unit costs more than not "
        "selling it. Correct the money if that is not meant",
    )


def _warn_about(
    products: pd.DataFrame, value: pd.Series, cost: pd.Series, rows: pd.Series, text: str
) -> None:
    """Warn about the products of some rows, with the first one's value and cost."""
    if not rows.any():
        return
    first = int(np.argmax(rows.to_numpy(dtype=bool)))
    verb, _, rest = text.partition(" ")
    warn(
        f"{share_of(int(rows.sum()), len(products), 'product', verb)} {rest} (first: "
        f"{products['sku'].iloc[first]!r}, {value.iloc[first]:,.2f} against "
        f"{cost.iloc[first]:,.2f})."
    )


def warn_about_tables(tables: Tables) -> None:
    """Warn about rows of a factory's file that look as if something else was meant.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        The checked tables.

    Warns
    -----
    C2MWarning
        With counts: SKUs without a routing, groups of one SKU that nothing names, bills of
        materials with gaps, values far from those of a SKU's group, budgets that overlap, overtime
        that costs nothing.
    """
    for note in (
        _unrouted(tables),
        _lonely_groups(tables),
        _gaps_in_bills(tables),
        _far_values(tables, "routings", "line", "unit_time"),
        _far_values(tables, "bill_of_materials", "material", "quantity"),
        _overlaps(tables["budgets"]),
        _free_overtime(tables["lines"]),
    ):
        if note:
            warn(note)


def _unrouted(tables: Tables) -> str:
    skus = tables["products"]["sku"]
    lost = skus[~is_in(skus, tables["routings"]["sku"])]
    if not len(lost):
        return ""
    return (
        f"{share_of(len(lost), len(skus), 'product', 'has')} no routing and cannot be planned: "
        f"{name_list(lost)}. Add a routing for each line that makes it."
    )


def _lonely_groups(tables: Tables) -> str:
    """Note groups of one SKU that no other table names: names mistyped, as a rule."""
    groups = tables["groups"]["group"]
    limits, families = tables["limits"], tables["families"]["family"]
    used = set(limits.loc[limits["scope"] == "group", "name"]) | set(families)
    used |= set(tables["group_capacities"]["group"])
    sizes = groups.value_counts()
    larger = sizes.index[sizes > 1].tolist()
    odd = [group for group in sizes.index[sizes == 1] if group not in used]
    hints = [f"{group!r}{hint}" for group in sorted(odd) if (hint := did_you_mean(group, larger))]
    if not hints:
        return ""
    return (
        f"{share_of(len(hints), len(sizes), 'group', 'has')} one SKU, and no limit, family or "
        f"capacity: {', '.join(hints[:_FEW])}. Correct the name if another one is meant."
    )


def _gaps_in_bills(tables: Tables) -> str:
    """Note SKUs without a bill of materials in a group whose others all have one."""
    groups, bill = tables["groups"], tables["bill_of_materials"]["sku"]
    listed = is_in(groups["sku"], bill)
    share = listed.groupby(groups["group"]).transform("sum")
    size = listed.groupby(groups["group"]).transform("size")
    lost = sorted(set(groups.loc[~listed & (share == size - 1) & (share > 0), "sku"]))
    if not lost:
        return ""
    return (
        f"{share_of(len(lost), len(tables['products']), 'product', 'has')} no row in "
        f"`bill_of_materials`, though all others of a group have: {name_list(lost)}. Without one "
        "it takes no material."
    )


def _far_values(tables: Tables, table: str, on: str, name: str) -> str:
    """Note values ten times those of the SKU's group on the same line or of the same material."""
    frame = tables[table]
    found = frame.assign(row=frame.index).merge(tables["groups"], on="sku")
    by = found.groupby(["group", on])[name]
    far = found[name] / by.transform("median")
    odd = ((far >= _FAR) | (far <= 1 / _FAR)) & (by.transform("size") >= _FEW)
    rows = sorted(set(found.loc[odd, "row"]))
    if not rows:
        return ""
    first = frame.loc[rows[0]]
    usual = by.transform("median")[odd & (found["row"] == rows[0])].iloc[0]
    return (
        f"{share_of(len(rows), len(frame), 'row', 'has')} a {name!r} in `{table}` that is ten "
        f"times more or less than is usual in its group (first: {first['sku']!r} {first[on]!r}, "
        f"{first[name]:g} against {usual:g}). Correct it if that is not meant."
    )


def _overlaps(budgets: pd.DataFrame) -> str:
    """Note budgets of one department that share days."""
    pairs = []
    for department, each in budgets.sort_values("first_day").groupby("department"):
        rows = each[["first_day", "last_day"]].itertuples(index=False)
        pairs += [
            f"{department!r} {first[0]:%Y-%m-%d} to {first[1]:%Y-%m-%d} and {then[0]:%Y-%m-%d} to "
            f"{then[1]:%Y-%m-%d}"
            for first, then in pairwise(rows)
            if then[0] <= first[1]
        ]
    if not pairs:
        return ""
    return (
        f"{plural(len(pairs), 'pair')} of budgets of one department overlap (first: {pairs[0]}): "
        "a period that starts in both must keep within both. Correct the days if that is not meant."
    )


def _free_overtime(lines: pd.DataFrame) -> str:
    free = lines.loc[(lines["overtime_limit"] > 0) & (lines["overtime_cost"] == 0), "line"]
    if not len(free):
        return ""
    return (
        f"{share_of(len(free), len(lines), 'line', 'has')} an 'overtime_limit' and no "
        f"'overtime_cost': {name_list(free)}. Overtime there is free; give its cost if it is not."
    )


def _warn_about_breaks(tables: Tables) -> None:
    """Warn about price breaks from which on a unit costs more.

    The unit cost of the product, which holds below the first break, counts where it is in the
    currency of the breaks and a run can be so small.
    """
    breaks = tables["price_breaks"]
    names = ["sku", "line", "from_quantity", "unit_cost"]
    tiers = pd.concat([breaks[names], _below_the_breaks(tables)[names]])
    ordered = tiers.sort_values(["from_quantity"], kind="stable")
    dearer = ordered.groupby(["sku", "line"])["unit_cost"].diff() > 0
    if dearer.any():
        first = ordered[dearer].iloc[0]
        warn(
            f"{share_of(int(dearer.sum()), len(breaks), 'price break', 'costs')} more a unit than "
            f"a smaller run of the same SKU and line (first: {first['sku']!r} on {first['line']!r} "
            f"from {first['from_quantity']:,}). Correct 'unit_cost' if that is not meant."
        )


def _below_the_breaks(tables: Tables) -> pd.DataFrame:
    """Return the unit cost of runs too small for any price break, where there can be some."""
    breaks, routings = tables["price_breaks"], tables["routings"]
    lowest: pd.DataFrame = breaks.sort_values("from_quantity").drop_duplicates(["sku", "line"])
    if lowest.empty:
        return lowest
    foreign = routings.loc[routings["currency"].notna(), "sku"]
    smallest = routings.groupby("sku")["moq"].min().clip(lower=1)
    reach = lowest["sku"].map(smallest) < lowest["from_quantity"]
    lowest = lowest[reach & ~is_in(lowest["sku"], foreign)]
    own = tables["products"].set_index("sku")["unit_cost"]
    return lowest.assign(from_quantity=0, unit_cost=lowest["sku"].map(own))
