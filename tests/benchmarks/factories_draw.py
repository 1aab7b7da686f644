"""Draw random factories with demand, stock and orders on the way, sensible ones and absurd ones."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from math import inf, lcm
from typing import Any

import numpy as np
import pandas as pd

from c2m.periods import Calendar
from c2m.production import Factory

FIRST_DAY = date(2026, 11, 23)
"""A Monday; the plan's first day."""

ABSURD = (
    "no capacity",
    "no regular capacity",
    "MOQ above demand",
    "lead time past the horizon",
    "negative margin",
    "no demand",
    "stock for years",
    "end value above cost",
    "money in millions",
)
"""Kinds of factories that nobody would build, and that are planned all the same."""

REFUSED = "lots larger than a week"
"""The kind that a factory's own check refuses."""

Row = dict[str, Any]


@dataclass
class Case:
    """One factory: rows of its tables, and its demand of shape (n_paths, n_skus, n_periods)."""

    name: str
    kind: str
    lines: list[Row] = field(default_factory=list)
    products: list[Row] = field(default_factory=list)
    routings: list[Row] = field(default_factory=list)
    shutdowns: list[Row] = field(default_factory=list)
    groups: list[Row] = field(default_factory=list)
    prepacks: list[Row] = field(default_factory=list)
    limits: list[Row] = field(default_factory=list)
    stock: list[Row] = field(default_factory=list)
    on_order: list[Row] = field(default_factory=list)
    paths: np.ndarray = field(default_factory=lambda: np.zeros((1, 0, 1)))

    @property
    def skus(self) -> list[str]:
        """Its codes."""
        return [product["sku"] for product in self.products]


@dataclass(frozen=True)
class FixedDemand:
    """Paths that are what they are."""

    paths: np.ndarray
    skus: tuple[str, ...]
    calendar: Calendar
    cutoff: pd.Timestamp

    @property
    def keys(self) -> pd.DataFrame:
        """One row a SKU."""
        return pd.DataFrame({"sku": list(self.skus)})

    @property
    def periods(self) -> pd.DatetimeIndex:
        """Labels of the weeks."""
        return pd.date_range(str(FIRST_DAY), periods=self.paths.shape[2], freq="7D")

    def sample(self, n: int, seed: int) -> np.ndarray:
        """Return the paths."""
        return self.paths


@dataclass(frozen=True)
class Fleet:
    """Factories side by side."""

    cases: list[Case]

    def rows(self, table: str) -> list[Row]:
        """Return the rows of one table of all factories."""
        return [row for case in self.cases for row in getattr(case, table)]

    def factory(self) -> Factory:
        """Return all factories as one."""
        optional = ("shutdowns", "groups", "prepacks", "limits")
        return Factory.from_frames(
            lines=pd.DataFrame(self.rows("lines")),
            products=pd.DataFrame(self.rows("products")),
            routings=pd.DataFrame(self.rows("routings")),
            freq="W",
            **{name: pd.DataFrame(rows) for name in optional if (rows := self.rows(name))},
        )

    def demand(self) -> FixedDemand:
        """Return the demand of all factories."""
        skus = tuple(sku for case in self.cases for sku in case.skus)
        paths = np.concatenate([case.paths for case in self.cases], axis=1)
        before = pd.Timestamp(FIRST_DAY - timedelta(7))
        return FixedDemand(paths, skus, Calendar.of("W"), before)

    @property
    def stock(self) -> pd.DataFrame:
        """What is on hand, of every SKU."""
        return pd.DataFrame(self.rows("stock"))

    @property
    def on_order(self) -> pd.DataFrame | None:
        """Orders on the way, if there are any."""
        rows = self.rows("on_order")
        return pd.DataFrame(rows) if rows else None


def draw_fleet(rng: np.random.Generator, count: int) -> Fleet:
    """Draw factories that share the horizon and the number of paths."""
    n_periods, n_paths = int(rng.choice([1, 2, 3, 4])), int(rng.choice([1, 3, 5]))
    newsvendor = n_periods == 1 and rng.random() < 0.5
    kinds = ["plain"] * len(ABSURD) + list(ABSURD) + [REFUSED] * (count == 1)
    return Fleet(
        [
            _draw(rng, f"F{number:03d}", str(rng.choice(kinds)), (n_paths, n_periods), newsvendor)
            for number in range(count)
        ]
    )


def _draw(
    rng: np.random.Generator, name: str, kind: str, shape: tuple[int, int], newsvendor: bool
) -> Case:
    """Draw one factory; a newsvendor's has one line, no group and no pre-pack."""
    case, count, (n_paths, n_periods) = Case(name, kind), int(rng.integers(1, 4)), shape
    level = rng.choice([0.3, 4.0, 15.0, 60.0], (1, count, 1))
    case.paths = rng.gamma(1.5, level, (n_paths, count, n_periods))
    if rng.random() < 0.7:
        case.paths = np.rint(case.paths)
    case.products = [_product(rng, f"{name}-{number}", kind) for number in range(count)]
    lines = [f"{name}-L{number}" for number in range(1 if newsvendor else int(rng.integers(1, 3)))]
    case.routings = [
        {"sku": sku, "line": line, "unit_time": float(rng.choice([0.5, 1.0, 1.7])), **_lots(rng),
         "lead_time_periods": int(rng.choice([0, 0, 1, n_periods - 1]))}
        for sku in case.skus for line in lines
        if line == lines[0] or rng.random() < 0.6
    ]  # fmt: skip
    if not newsvendor:
        _draw_rules(rng, case, lines)
    _make_absurd(rng, case, n_periods)
    _draw_lines(rng, case, lines)
    _draw_shutdowns(rng, case, lines, n_periods)
    _draw_supply(rng, case, n_periods)
    return case


def _product(rng: np.random.Generator, sku: str, kind: str) -> Row:
    price, cost = float(rng.choice([5.0, 10.0, 21.5])), float(rng.choice([2.0, 4.0, 4.9]))
    row = {
        "sku": sku,
        "price": price,
        "unit_cost": cost,
        "end_value": float(rng.choice([-1.0, 0.0, 0.5, 1.0])) * cost,
        "holding_cost": float(rng.choice([0.0, 0.05, 3.0])),
        "lost_sale_penalty": float(rng.choice([0.0, 0.3, 12.0])),
    }
    if kind == "negative margin":
        row |= {"unit_cost": price + 30.0, "end_value": 0.0}
    if kind == "end value above cost":
        row["end_value"] = min(cost + 1.5, price)
    if kind == "money in millions":
        names = ("price", "unit_cost", "end_value", "holding_cost")
        row |= {name: row[name] * 1e6 for name in names}
    return row


def _lots(rng: np.random.Generator) -> Row:
    return {
        "moq": int(rng.choice([0, 0, 7, 30])),
        "lot_multiple": int(rng.choice([1, 1, 4, 6])),
        "max_lot": float(rng.choice([inf, inf, 36.0, 60.0])),
        "setup_time": float(rng.choice([0.0, 2.5])),
        "setup_cost": float(rng.choice([0.0, 9.0])),
    }


def _draw_rules(rng: np.random.Generator, case: Case, lines: list[str]) -> None:
    """Add limits on a group, a SKU or a pre-pack."""
    if rng.random() < 0.4:
        case.groups = [{"sku": sku, "group": f"{case.name}-G"} for sku in case.skus[:2]]
        where = str(rng.choice(["*", lines[0]]))
        case.limits.append(
            {"scope": "group", "name": f"{case.name}-G", "line": where, **_lots(rng)}
        )
    if rng.random() < 0.3:
        row = {"scope": "sku", "name": case.skus[0], "line": lines[0], **_lots(rng)}
        case.limits.append(row)
    if len(case.skus) > 1 and rng.random() < 0.3:
        pack, units = f"{case.name}-P", (1, 2, 3)
        case.prepacks = [
            {"prepack": pack, "sku": sku, "units": int(rng.choice(units))} for sku in case.skus[-2:]
        ]
        if rng.random() < 0.5:
            case.limits.append({"scope": "prepack", "name": pack, "line": "*", **_lots(rng)})


def _make_absurd(rng: np.random.Generator, case: Case, n_periods: int) -> None:
    """Change what makes a factory absurd, but for its lines."""
    if case.kind == "MOQ above demand":
        for way in case.routings:
            way |= {"moq": 1000, "max_lot": inf}
        case.limits = []
    if case.kind == "lead time past the horizon":
        for way in case.routings:
            way["lead_time_periods"] = n_periods + int(rng.integers(0, 60))
    if case.kind == "no demand":
        case.paths[:] = 0.0


def _draw_lines(rng: np.random.Generator, case: Case, lines: list[str]) -> None:
    """Give every line room for its smallest runs, but where a week is too short on purpose."""
    wide = rng.choice([1.0, 1.0, 1.5, 4.0])
    for line in lines:
        least = max(2.0, *(_smallest(case, way) for way in case.routings if way["line"] == line), 0)
        room = float(wide * least)
        share = float(rng.choice([0.5, 1.0]))
        if case.kind == REFUSED:
            room = 0.4
        if case.kind == "no capacity":
            room = 0.0
        if case.kind == "no regular capacity":
            share = 0.0
        case.lines.append(
            {"line": line, "capacity": room * share, "unit": str(rng.choice(["minutes", "pieces"])),
             "overtime_limit": room * (1 - share),
             "overtime_cost": float(rng.choice([0.0, 0.4, 3.0, 50.0]))}
        )  # fmt: skip


def _smallest(case: Case, way: Row) -> float:
    """Return more capacity than the smallest run of a routing can take under every rule."""
    rules = [way, *case.limits]
    step = lcm(*(rule["lot_multiple"] for rule in rules))
    size = -(-max(1, *(rule["moq"] for rule in rules)) // step) * step
    packs = sum(row["units"] for row in case.prepacks) or 1
    return 3 * sum(rule["setup_time"] for rule in rules) + 1.7 * size * packs


def _draw_shutdowns(rng: np.random.Generator, case: Case, lines: list[str], n_periods: int) -> None:
    if case.kind == "no capacity":
        case.lines = [{**line, "capacity": 500.0} for line in case.lines]
        span = [(FIRST_DAY, FIRST_DAY + timedelta(7 * n_periods))] * len(lines)
    elif rng.random() < 0.4:
        first = FIRST_DAY + timedelta(int(rng.integers(-5, 7 * n_periods)))
        span = [(first, first + timedelta(int(rng.integers(0, 12))))]
    else:
        span = []
    case.shutdowns = [
        {"line": line, "first_day": str(first), "last_day": str(last)}
        for line, (first, last) in zip(lines, span, strict=False)
    ]


def _draw_supply(rng: np.random.Generator, case: Case, n_periods: int) -> None:
    """Put units on hand and on the way."""
    for sku in case.skus:
        hand = 1e6 if case.kind == "stock for years" else float(rng.choice([0.0, 0.0, 0.3, 12.0]))
        case.stock.append({"sku": sku, "on_hand": hand})
        if rng.random() < 0.3:
            due = FIRST_DAY + timedelta(int(rng.integers(-3, 7 * n_periods)))
            received = float(rng.choice([0.0, 4.5, 30.0]))
            case.on_order.append(
                {"sku": sku, "ordered": 20.0, "received": received, "due": str(due)}
            )
