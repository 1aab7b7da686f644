"""An assumed factory for the products of the journey sample, written as TOML.

Only the prices, the names and the sales rates come from the data. Costs, times, lots and capacity
are assumptions, made so that a plan has to choose: each line's regular time covers 93 % of what it
needs at mean sales, overtime the rest.
"""

from dataclasses import dataclass
from datetime import date
from math import ceil
from typing import Final

import pandas as pd

_WEEKLY_MINUTES: Final = 1800.0
"""Minutes of a line that the mean sales of a week take, without set-ups."""

_COVER: Final = 0.93
"""Regular capacity as a share of what mean sales need."""

_OVERTIME: Final = 0.15
_OVERTIME_PREMIUM: Final = 0.15
"""Money that a unit made in overtime costs more."""

_SETUP_TIME: Final = 3.0
_GROUP_SETUP_TIME: Final = 8.0


@dataclass(frozen=True)
class LineAssumptions:
    """What is assumed of the products of one line.

    Parameters
    ----------
    cost : float
        Unit cost as a share of the price.
    end_value : float
        What a unit left at the end of a plan is worth, as a share of its unit cost: less where
        it spoils sooner.
    holding : float
        Holding cost a week as a share of the unit cost.
    lot_multiple : int
        Units in a case.
    weeks : int
        Weeks of mean sales in a smallest run.
    lead_time_periods : int
        Weeks from a run to the shelf.
    """

    cost: float
    end_value: float
    holding: float
    lot_multiple: int
    weeks: int
    lead_time_periods: int


ASSUMED: Final = {
    "dairy": LineAssumptions(0.68, 0.85, 0.010, 6, 1, 0),
    "bakery": LineAssumptions(0.58, 0.90, 0.005, 6, 2, 0),
    "frozen": LineAssumptions(0.62, 0.95, 0.008, 6, 3, 1),
}
"""By line."""

_SHUTDOWNS: Final = (
    ("bakery", "2017-10-09", "2017-10-10"),
    ("bakery", "2017-11-20", "2017-11-26"),
    ("*", "2017-12-25", "2017-12-25"),
    ("frozen", "2018-01-15", "2018-01-21"),
)
"""Maintenance and the one day on which the source's stores were closed."""


def factory_toml(products: pd.DataFrame, rate: "pd.Series[float]") -> str:
    """Write the factory.

    Parameters
    ----------
    products : DataFrame, shape (n_skus, 9)
        The table of `c2m.datasets.Journey`.
    rate : Series, shape (n_skus,)
        Units a week of each SKU in the first half-year; SKUs that did not sell yet may lack.

    Returns
    -------
    str
        The text of ``factory.toml``.
    """
    frame = products.sort_values("sku").assign(
        rate=products["sku"].map(rate).fillna(0.0),
        group=products["line"] + ": " + products["product_type"].str.lower(),
    )
    rows = [{str(name): row[name] for name in row} for row in frame.to_dict("records")]
    unit_time = {
        str(line): round(_WEEKLY_MINUTES / float(units), 2)
        for line, units in frame.groupby("line")["rate"].sum().items()
    }
    tables = {
        "products": [_product(row) for row in rows],
        "lines": [_line(line, made, unit_time[str(line)]) for line, made in frame.groupby("line")],
        "routings": [_routing(row, unit_time) for row in rows],
        "groups": [{"sku": row["sku"], "group": row["group"]} for row in rows],
        "limits": [_limit(group, made) for group, made in frame.groupby("group")],
        "shutdowns": [
            {
                "line": line,
                "first_day": date.fromisoformat(first),
                "last_day": date.fromisoformat(last),
            }
            for line, first, last in _SHUTDOWNS
        ],
    }
    head = ['name = "journey"', 'freq = "W"', 'currency = "USD"', ""]
    return _HEADER + "\n".join([*head, *(_array(name, table) for name, table in tables.items())])


_HEADER: Final = """\
# A factory for the products of c2m.datasets.load_journey(), made by c2m.datasets.rebuild_journey.
# price is the median shelf price in the data. Everything else is ASSUMED: costs are a share of
# the price (dairy 68 %, bakery 58 %, frozen 62 %), times, lots and capacity are set so that the
# line's regular time covers 93 % of what mean sales of the household panel need.

"""


def _product(row: dict[str, object]) -> dict[str, object]:
    assumed, price = ASSUMED[str(row["line"])], float(str(row["usual_price"]))
    cost = round(assumed.cost * price, 3)
    return {
        "sku": row["sku"],
        "price": price,
        "unit_cost": cost,
        "end_value": round(assumed.end_value * cost, 3),
        "holding_cost": round(assumed.holding * cost, 4),
    }


def _routing(row: dict[str, object], unit_time: dict[str, float]) -> dict[str, object]:
    line = str(row["line"])
    assumed = ASSUMED[line]
    return {
        "sku": row["sku"],
        "line": line,
        "unit_time": unit_time[line],
        "setup_time": _SETUP_TIME,
        "setup_cost": 0.4,
        "moq": _lot(float(str(row["rate"])) * assumed.weeks, assumed.lot_multiple),
        "lot_multiple": assumed.lot_multiple,
        "lead_time_periods": assumed.lead_time_periods,
    }


def _lot(units: float, multiple: int) -> int:
    """Return the units in whole cases, at least one."""
    return max(1, ceil(units / multiple)) * multiple


def _limit(group: object, rows: pd.DataFrame) -> dict[str, object]:
    """Return the limit of a product type: its share of the set-up, and two cases at least."""
    line = str(rows["line"].iloc[0])
    return {
        "scope": "group",
        "name": group,
        "line": line,
        "moq": _lot(max(float(rows["rate"].sum()) / 2, 12), ASSUMED[line].lot_multiple),
        "setup_time": _GROUP_SETUP_TIME,
        "setup_cost": 0.8,
    }


def _line(line: object, rows: pd.DataFrame, unit_time: float) -> dict[str, object]:
    """Return a line whose regular time covers `_COVER` of what mean sales need."""
    weeks = ASSUMED[str(line)].weeks
    lots = [_lot(rate * weeks, ASSUMED[str(line)].lot_multiple) for rate in rows["rate"]]
    runs = sum(rate / lot for rate, lot in zip(rows["rate"], lots, strict=True))
    group_runs = float((rows.groupby("group")["rate"].sum() / weeks).clip(upper=1).sum())
    need = float(rows["rate"].sum()) * unit_time
    need += runs * _SETUP_TIME + group_runs * _GROUP_SETUP_TIME
    capacity = round(_COVER * need / 10) * 10
    return {
        "line": line,
        "capacity": float(capacity),
        "unit": "minutes",
        "overtime_limit": float(round(_OVERTIME * capacity / 10) * 10),
        "overtime_cost": round(_OVERTIME_PREMIUM / unit_time, 3),
    }


def _array(name: str, rows: list[dict[str, object]]) -> str:
    lines = [f"  {{ {', '.join(f'{key} = {_value(row[key])}' for key in row)} }}," for row in rows]
    return "\n".join([f"{name} = [", *lines, "]", ""])


def _value(value: object) -> str:
    if isinstance(value, str):
        text = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{text}"'
    return value.isoformat() if isinstance(value, date) else repr(value)
