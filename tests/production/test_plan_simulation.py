"""What a plan states is what happens: every path is played unit by unit, in plain Python."""

from collections import Counter
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from c2m.demand import Demand
from c2m.production.plan_production import plan_production

SKUS = ["00123", "A-2", "B", "C"]


def records(table):
    return table.to_dict("records")


def days(first, periods):
    """Return the days of every period of a week-long calendar."""
    start = pd.Timestamp(first).date()
    return [[start + timedelta(7 * week + day) for day in range(7)] for week in range(periods)]


def room(factory, plan):
    """Return regular and overtime capacity by (line, step), day by day from the tables."""
    regular, overtime = {}, {}
    for line in records(factory.lines):
        for step, week in enumerate(days(plan.periods[0], plan.n_periods)):
            open_days = sum(not is_shut(factory, line["line"], day) for day in week)
            regular[line["line"], step] = line["capacity"] * open_days / 7
            overtime[line["line"], step] = line["overtime_limit"] * open_days / 7
    return regular, overtime


def is_shut(factory, line, day):
    return any(
        shut["line"] in (line, "*")
        and pd.Timestamp(shut["first_day"]).date() <= day <= pd.Timestamp(shut["last_day"]).date()
        for shut in records(factory.shutdowns)
    )


def started(factory, made):
    """Yield (line, step, set-up time, set-up cost, total, limit) of everything that runs."""
    for (sku, line, step), total in made.items():
        for way in records(factory.routings):
            if (way["sku"], way["line"]) == (sku, line):
                yield line, step, way["setup_time"], way["setup_cost"], total, way
    for limit in records(factory.limits):
        totals = Counter()
        for (sku, line, step), quantity in made.items():
            pieces = quantity * share(factory, limit, sku)
            if limit["line"] in (line, "*") and pieces:
                totals[line, step] += pieces
        for (line, step), total in totals.items():
            yield line, step, limit["setup_time"], limit["setup_cost"], round(total, 9), limit


def share(factory, limit, sku):
    """Return what one unit of a SKU counts in a limit."""
    if limit["scope"] == "sku":
        return float(sku == limit["name"])
    if limit["scope"] == "group":
        groups = factory.groups[factory.groups["sku"] == sku]["group"]
        return float(limit["name"] in set(groups))
    pack = factory.prepacks[factory.prepacks["prepack"] == limit["name"]]
    units = dict(zip(pack["sku"], pack["units"], strict=True))
    return 1.0 / sum(units.values()) if sku in units else 0.0


def play(plan, factory, paths, stock, on_order):
    """Return the mean money by kind and the limits that are broken."""
    made, comes, broken = read_runs(plan, factory)
    money, over = work(plan, factory, made)
    for line in records(on_order):
        step = max((pd.Timestamp(line["due"]) - plan.periods[0]).days // 7, 0)
        comes[line["sku"], step] += max(line["ordered"] - line["received"], 0)
    products = {product["sku"]: product for product in records(factory.products)}
    for (sku, _, _), quantity in made.items():
        money["production"] += products[sku]["unit_cost"] * quantity
    hand = dict(zip(stock["sku"], stock["on_hand"], strict=True))
    for row, sku in enumerate(plan.skus):
        come = [comes[sku, step] for step in range(plan.n_periods)]
        for path in paths:
            for kind, amount in sell(products[sku], hand.get(sku, 0.0), come, path[row]).items():
                money[kind] += amount / len(paths)
    return money, broken + over + torn_packs(factory, made)


def work(plan, factory, made):
    """Return the money of set-ups and overtime, and the limits on lots and lines that break."""
    money, used, broken = Counter(), Counter(), []
    times = factory.routings.set_index(["sku", "line"])["unit_time"]
    for (sku, line, step), quantity in made.items():
        used[line, step] += quantity * times[sku, line]
    for line, step, time, cost, total, limit in started(factory, made):
        used[line, step] += time
        money["setup"] += cost
        if not limit["moq"] <= total <= limit["max_lot"] or total % limit["lot_multiple"]:
            broken.append(f"{total} breaks {limit}")
    regular, overtime = room(factory, plan)
    over_cost = dict(zip(factory.lines["line"], factory.lines["overtime_cost"], strict=True))
    for (line, step), minutes in used.items():
        extra = max(minutes - regular[line, step], 0.0)
        money["overtime"] += extra * over_cost[line]
        if extra > overtime[line, step] + 1e-5:
            broken.append(f"{line} is {extra} over in {step}")
    return money, broken


def read_runs(plan, factory):
    """Return what is made and what comes, and the runs that come at another time than they may."""
    step_of = {label: step for step, label in enumerate(plan.periods)}
    leads = factory.routings.set_index(["sku", "line"])["lead_time_periods"]
    made, comes, broken = Counter(), Counter(), []
    for run in records(plan.runs):
        step, lead = step_of[run["period"]], int(leads[run["sku"], run["line"]])
        if step_of[run["available"]] != step + lead:
            broken.append(f"{run} does not arrive after its lead time")
        made[run["sku"], run["line"], step] += run["quantity"]
        comes[run["sku"], step + lead] += run["quantity"]
    return made, comes, broken


def torn_packs(factory, made):
    """Return the pre-packs that are not made whole."""
    torn = []
    for sku, line, step in list(made):
        for pack in records(factory.prepacks[factory.prepacks["sku"] == sku]):
            own = made[sku, line, step] / pack["units"]
            whole = factory.prepacks[factory.prepacks["prepack"] == pack["prepack"]]
            rates = {made[each["sku"], line, step] / each["units"] for each in records(whole)}
            if rates != {own} or own % 1:
                torn.append(f"pack {pack['prepack']} is torn in {step}")
    return torn


def sell(product, left, come, wanted):
    """Return the money of one SKU on one path, sale by sale."""
    money = Counter()
    for arrived, want in zip(come, wanted, strict=True):
        left += arrived
        sold = min(left, float(want))
        left -= sold
        money["revenue"] += product["price"] * sold
        money["lost_sale_penalty"] += product["lost_sale_penalty"] * (float(want) - sold)
        money["holding"] += product["holding_cost"] * left
    money["end_value"] += product["end_value"] * left
    return money


lots = st.fixed_dictionaries(
    {
        "moq": st.sampled_from([0, 0, 7, 30]),
        "lot_multiple": st.sampled_from([1, 1, 4, 6]),
        "max_lot": st.sampled_from([np.inf, 36.0, 60.0]),
        "setup_time": st.sampled_from([0.0, 2.5]),
        "setup_cost": st.sampled_from([0.0, 9.0]),
    }
)
amounts = st.sampled_from([0.0, 0.3, 5.0, 12.0])


@st.composite
def cases(draw, simple_factory):
    """Draw a factory with two lines of both units and every kind of limit, and its supply."""
    routings = [
        {"sku": sku, "line": line, "unit_time": time, **draw(lots),
         "lead_time_periods": draw(st.integers(0, 3))}
        for sku in SKUS
        for line, time in (("L1", draw(st.sampled_from([0.5, 1.7]))), ("L2", 1.0))
        if line == "L1" or draw(st.booleans())
    ]  # fmt: skip
    limits = [
        {"scope": "group", "name": "style", "line": "*", **draw(lots)},
        {"scope": "sku", "name": "A-2", "line": "L1", **draw(lots)},
    ]
    first = draw(st.sampled_from(["2026-11-20", "2026-11-26", "2026-12-20"]))
    last = pd.Timestamp(first) + pd.Timedelta(days=draw(st.integers(0, 30)))
    factory = simple_factory(
        4,
        lines={
            "line": ["L1", "L2"],
            "capacity": [draw(st.sampled_from([0.0, 80.0, 140.0])), 70.0],
            "unit": ["minutes", "pieces"],
            "overtime_limit": [60.0, draw(st.sampled_from([0.0, 30.0]))],
            "overtime_cost": [draw(amounts), 0.4],
        },
        product={
            "sku": SKUS,
            "price": [draw(st.sampled_from([5.0, 10.0, 21.5])) for _ in SKUS],
            "end_value": [draw(st.sampled_from([-1.0, 2.0, 4.0])) for _ in SKUS],
            "holding_cost": [draw(st.sampled_from([0.0, 0.05])) for _ in SKUS],
            "lost_sale_penalty": [draw(amounts) for _ in SKUS],
        },
        routing=pd.DataFrame(routings).to_dict("list"),
        shutdowns=pd.DataFrame(
            {"line": [draw(st.sampled_from(["*", "L1"]))], "first_day": [first], "last_day": [last]}
        ),
        groups=pd.DataFrame({"sku": ["00123", "A-2", "B"], "group": "style"}),
        prepacks=pd.DataFrame({"prepack": "P", "sku": ["B", "C"], "units": [2, 3]})
        if draw(st.booleans())
        else None,
        limits=pd.DataFrame(limits),
    )
    stock = pd.DataFrame({"sku": SKUS, "on_hand": [draw(amounts) for _ in SKUS]})
    on_order = pd.DataFrame(
        {
            "sku": [draw(st.sampled_from(SKUS)) for _ in range(3)],
            "ordered": [draw(st.sampled_from([5.0, 20.0])) for _ in range(3)],
            "received": [0.0, 3.0, 4.5],
            "due": ["2026-11-23", "2026-11-29", "2026-12-13"],
        }
    )
    return factory, stock, on_order


@settings(
    max_examples=7,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data(), seed=st.integers(0, 10_000))
def test_every_amount_and_limit_is_what_playing_the_paths_gives(
    data, seed, fixed_demand, simple_factory
):
    try:
        factory, stock, on_order = data.draw(cases(simple_factory))
    except ValueError:
        return  # a smallest run above every capacity: the factory refuses itself
    rng = np.random.default_rng(seed)
    paths = rng.gamma(1.5, data.draw(st.sampled_from([0.2, 10.0, 25.0])), (5, 4, 4))
    demand = fixed_demand(paths if seed % 2 else np.rint(paths), skus=SKUS)
    method = data.draw(st.sampled_from(["heuristic", "heuristic", "exact"]))
    plan = plan_production(
        demand, factory, stock, on_order, n_scenarios=5, method=method, time_limit_s=1.0
    )
    money, broken = play(plan, factory, demand.paths, stock, on_order)
    assert broken == []
    for kind in set(plan.costs) - {"expected_profit", "lost_margin"}:
        assert plan.costs[kind] == pytest.approx(money[kind], abs=1e-6), kind
    income = money["revenue"] + money["end_value"]
    assert plan.expected_profit == pytest.approx(2 * income - sum(money.values()), abs=1e-6)
    assert plan.bound >= plan.expected_profit - 1e-6


@pytest.mark.parametrize("shape", ["curves", "paths"])
def test_a_forecast_with_fractions_and_big_counts_is_played_to_the_same_money(
    shape, simple_factory
):
    rng = np.random.default_rng(0)
    keys = pd.MultiIndex.from_product(
        [range(3), ["007", "S"], pd.date_range("2026-11-23", periods=3, freq="W-MON")],
        names=["path", "sku", "period"],
    )
    scale = np.where(keys.get_level_values("sku") == "007", 60_000.0, 4.0)
    frame = pd.DataFrame({"demand": scale * rng.uniform(0.5, 2, 18)}, index=keys).reset_index()
    if shape == "curves":
        frame = frame.groupby(["sku", "period"])["demand"].agg(["min", "median", "max"])
        levels = {0.1: "min", 0.5: "median", 0.9: "max"}
        demand = Demand.from_frame(frame.reset_index(), freq="W", quantiles=levels, dependence=0.5)
    else:
        demand = Demand.from_frame(frame, freq="W", path="path")
    factory = simple_factory(
        2, lines={"capacity": [120_000.0]}, product={"sku": ["007", "S"]},
        routing={"sku": ["007", "S"], "moq": [5000, 1], "setup_cost": 20.0},
    )  # fmt: skip
    plan = plan_production(demand, factory, n_scenarios=8, seed=3)
    empty = pd.DataFrame({"sku": [], "on_hand": []})
    money, broken = play(plan, factory, demand.sample(8, 3), empty, pd.DataFrame())
    assert broken == []
    income = money["revenue"] + money["end_value"]
    assert plan.expected_profit == pytest.approx(2 * income - sum(money.values()), rel=1e-9)
