"""Play a plan of one random factory path by path, in plain Python: money and broken limits."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

from factories_draw import FIRST_DAY, Case

Row = dict[str, Any]


def play(case: Case, runs: list[Row]) -> tuple[Counter, list[str]]:
    """Return the mean money by kind and the limits that the runs break."""
    ways = {(way["sku"], way["line"]): way for way in case.routings}
    broken = [f"no routing for {run}" for run in runs if (run["sku"], run["line"]) not in ways]
    if broken:
        return Counter(), broken
    money, broken = _work(case, runs, ways)
    comes: Counter = Counter()
    for run in runs:
        lead = ways[run["sku"], run["line"]]["lead_time_periods"]
        if run["ready"] != run["step"] + lead:
            broken.append(f"{run} does not arrive after {lead} periods")
        comes[run["sku"], run["step"] + lead] += run["quantity"]
    for order in case.on_order:
        step = max((date.fromisoformat(order["due"]) - FIRST_DAY).days // 7, 0)
        comes[order["sku"], step] += max(order["ordered"] - order["received"], 0)
    _sell_all(case, comes, money)
    products = {product["sku"]: product for product in case.products}
    for run in runs:
        money["production"] += products[run["sku"]]["unit_cost"] * run["quantity"]
    return money, broken + _torn_packs(case, runs)


def _work(case: Case, runs: list[Row], ways: dict[tuple[str, str], Row]) -> tuple[Counter, list]:
    """Return the money of set-ups and overtime, and the limits on lots and lines that break."""
    money: Counter = Counter({"setup": 0.0, "overtime": 0.0})
    used: Counter = Counter()
    broken = []
    for run in runs:
        way = ways[run["sku"], run["line"]]
        used[run["line"], run["step"]] += run["quantity"] * way["unit_time"]
    for rule, line, step, total in _totals(case, runs, ways):
        used[line, step] += rule["setup_time"]
        money["setup"] += rule["setup_cost"]
        if not rule["moq"] <= total <= rule["max_lot"] or total % rule["lot_multiple"]:
            broken.append(f"{total} breaks {rule}")
    for line in case.lines:
        for step in range(case.paths.shape[2]):
            share = _open_share(case, line["line"], step)
            extra = max(used[line["line"], step] - line["capacity"] * share, 0.0)
            money["overtime"] += extra * line["overtime_cost"]
            if extra > line["overtime_limit"] * share * (1 + 1e-6) + 1e-5:
                broken.append(f"{line['line']} is {extra} over in {step}")
    return money, broken


def _totals(case: Case, runs: list[Row], ways: dict[tuple[str, str], Row]) -> list[tuple]:
    """Return (rule, line, step, quantity) of everything that runs under a rule on lots."""
    found = [
        (ways[run["sku"], run["line"]], run["line"], run["step"], run["quantity"]) for run in runs
    ]
    for rule in case.limits:
        totals: Counter = Counter()
        for run in runs:
            pieces = run["quantity"] * _share(case, rule, run["sku"])
            if rule["line"] in (run["line"], "*") and pieces:
                totals[run["line"], run["step"]] += pieces
        found += [(rule, line, step, round(total, 9)) for (line, step), total in totals.items()]
    return found


def _share(case: Case, rule: Row, sku: str) -> float:
    """Return what one unit of a SKU counts under a rule."""
    if rule["scope"] == "sku":
        return float(rule["name"] == sku)
    if rule["scope"] == "group":
        return float(any(g["sku"] == sku and g["group"] == rule["name"] for g in case.groups))
    units = {row["sku"]: row["units"] for row in case.prepacks if row["prepack"] == rule["name"]}
    return 1.0 / sum(units.values()) if sku in units else 0.0


def _open_share(case: Case, line: str, step: int) -> float:
    """Return the share of a week's days on which a line works."""
    days = [FIRST_DAY + timedelta(7 * step + day) for day in range(7)]
    shut = [
        (date.fromisoformat(row["first_day"]), date.fromisoformat(row["last_day"]))
        for row in case.shutdowns
        if row["line"] == line
    ]
    return sum(not any(first <= day <= last for first, last in shut) for day in days) / 7


def _torn_packs(case: Case, runs: list[Row]) -> list[str]:
    """Return the pre-packs that are not made whole."""
    made = {(run["sku"], run["line"], run["step"]): run["quantity"] for run in runs}
    torn = []
    for line, step in {(run["line"], run["step"]) for run in runs}:
        rates = {made.get((row["sku"], line, step), 0) / row["units"] for row in case.prepacks}
        if len(rates) > 1 or any(rate % 1 for rate in rates):
            torn.append(f"a pack is torn on {line} in {step}")
    return torn


def _sell_all(case: Case, comes: Counter, money: Counter) -> None:
    """Sell every SKU on every path, week by week."""
    hand = {row["sku"]: row["on_hand"] for row in case.stock}
    n_paths, _, n_periods = case.paths.shape
    for number, product in enumerate(case.products):
        sku = product["sku"]
        for path in case.paths[:, number].tolist():
            left = hand.get(sku, 0.0)
            for step in range(n_periods):
                left += comes[sku, step]
                sold = min(left, path[step])
                left -= sold
                money["revenue"] += product["price"] * sold / n_paths
                lost = path[step] - sold
                money["lost_sale_penalty"] += product["lost_sale_penalty"] * lost / n_paths
                money["holding"] += product["holding_cost"] * left / n_paths
            money["end_value"] += product["end_value"] * left / n_paths
