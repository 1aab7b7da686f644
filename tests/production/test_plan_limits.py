"""No plan breaks a hard limit, whatever the factory: checked from its tables, not from arrays."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from c2m.production.plan_production import plan_production

SKUS = ["S000", "S001", "S002", "S003", "S004"]


def broken(plan, factory):
    """Return every limit of a factory that the runs of a plan break."""
    runs = plan.runs.merge(factory.routings, on=["sku", "line"], how="left")
    found = []
    if runs["unit_time"].isna().any():
        found.append("a run has no routing")
    for run in runs.itertuples():
        if not fits(run.quantity, run.moq, run.lot_multiple, run.max_lot):
            found.append(f"lot {run.sku} {run.quantity}")
        step = plan.periods.get_loc(run.available) - plan.periods.get_loc(run.period)
        if step != run.lead_time_periods:
            found.append(f"lead time {run.sku}")
    used = usage(plan, factory, runs)
    regular, overtime = factory.capacity(plan.first, plan.n_periods)
    if np.any(used > regular + overtime + 1e-6):
        found.append("capacity")
    return found + broken_limits(plan, factory, runs)


def fits(quantity, moq, multiple, most):
    return quantity == 0 or (moq <= quantity <= most and quantity % multiple == 0)


def usage(plan, factory, runs):
    used = np.zeros((len(factory.lines), plan.n_periods))
    lines = list(factory.lines["line"])
    for run in runs.itertuples():
        taken = run.setup_time + run.unit_time * run.quantity
        used[lines.index(run.line), plan.periods.get_loc(run.period)] += taken
    for limit, line, period, _ in totals(plan, factory, runs):
        used[lines.index(line), plan.periods.get_loc(period)] += limit.setup_time
    return used


def totals(plan, factory, runs):
    """Yield every limit with a line, a period and what is made of it there, where that is any."""
    packs = factory.prepacks.groupby("prepack")
    for limit in factory.limits.itertuples():
        here = runs if limit.line == "*" else runs[runs["line"] == limit.line]
        if limit.scope == "group":
            members = factory.groups.loc[factory.groups["group"] == limit.name, "sku"]
            mine = here[here["sku"].isin(members)]
        elif limit.scope == "prepack":
            pack = packs.get_group(limit.name).iloc[0]
            mine = here[here["sku"] == pack["sku"]].assign(
                quantity=lambda rows, units=pack["units"]: rows["quantity"] / units
            )
        else:
            mine = here[here["sku"] == limit.name]
        for (line, period), rows in mine.groupby(["line", "period"]):
            yield limit, line, period, rows["quantity"].sum()


def broken_limits(plan, factory, runs):
    found = [
        f"{limit.scope} {limit.name} {total}"
        for limit, _, _, total in totals(plan, factory, runs)
        if not fits(total, limit.moq, limit.lot_multiple, limit.max_lot)
    ]
    for name, pack in factory.prepacks.groupby("prepack"):
        for _, rows in runs[runs["sku"].isin(pack["sku"])].groupby(["line", "period"]):
            made = rows.set_index("sku")["quantity"].reindex(pack["sku"]).fillna(0).to_numpy()
            ratio = made / pack["units"].to_numpy()
            if np.ptp(ratio) > 0 or ratio[0] % 1:
                found.append(f"prepack {name} {made}")
    return found


lot = st.fixed_dictionaries(
    {
        "moq": st.integers(0, 12),
        "lot_multiple": st.sampled_from([1, 1, 2, 5]),
        "max_lot": st.sampled_from([20.0, 40.0, np.inf]),
        "setup_time": st.sampled_from([0.0, 3.0]),
        "setup_cost": st.sampled_from([0.0, 15.0]),
    }
)


@st.composite
def factories(draw, simple_factory):
    names = ["L1", "L2"]
    routings = [
        {"sku": sku, "line": line, "unit_time": draw(st.sampled_from([0.5, 1.0, 1.7])), **draw(lot),
         "lead_time_periods": draw(st.integers(0, 2))}
        for sku in SKUS
        for line in (names if draw(st.booleans()) else names[:1])
    ]  # fmt: skip
    limits = [
        {"scope": "group", "name": "style", "line": "*", **draw(lot)},
        {"scope": "group", "name": "colour", "line": "L1", **draw(lot)},
        {"scope": "sku", "name": "S000", "line": "*", **draw(lot)},
        {"scope": "prepack", "name": "pack", "line": "*", **draw(lot)},
    ]
    shut = pd.DataFrame({"line": ["*"], "first_day": ["2026-12-05"], "last_day": ["2026-12-15"]})
    packed = draw(st.booleans())
    return simple_factory(
        5,
        lines={
            "line": names,
            "capacity": [draw(st.integers(60, 150)) * 1.0, 80.0],
            "unit": ["minutes", "pieces"],
            "overtime_limit": [20.0, 0.0],
            "overtime_cost": [1.0, 0.0],
        },
        routing=pd.DataFrame(routings).to_dict("list"),
        shutdowns=shut,
        groups=pd.DataFrame(
            {"sku": ["S000", "S001", "S002", "S000", "S001", "S004"],
             "group": ["style"] * 3 + ["colour"] * 3}
        ),
        prepacks=pd.DataFrame({"prepack": "pack", "sku": ["S002", "S003"], "units": [2, 3]})
        if packed
        else None,
        limits=pd.DataFrame(limits if packed else limits[:3]),
    )  # fmt: skip


@settings(
    max_examples=7,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    derandomize=True,
)
@given(data=st.data(), seed=st.integers(0, 10_000))
def test_no_plan_breaks_a_limit(data, seed, fixed_demand, simple_factory):
    try:
        factory = data.draw(factories(simple_factory))
    except ValueError:
        return  # a smallest run above every capacity: the factory refuses itself
    paths = np.random.default_rng(seed).poisson(data.draw(st.sampled_from([1, 12, 40])), (8, 5, 5))
    plan = plan_production(
        fixed_demand(paths), factory, n_scenarios=8, seed=seed, method="heuristic"
    )
    assert broken(plan, factory) == []
    assert plan.expected_profit <= plan.bound + 1e-9


def test_the_check_itself_sees_broken_limits(fixed_demand, simple_factory):
    loose = simple_factory(2)
    tight = simple_factory(2, lines={"capacity": [9.0]}, routing={"moq": [0, 7], "max_lot": 8.0})
    plan = plan_production(fixed_demand(np.full((1, 2, 1), 6.0)), loose, n_scenarios=1)
    assert broken(plan, loose) == []
    assert broken(plan, tight) == ["lot S001 6", "capacity"]


@pytest.mark.parametrize("method", ["heuristic", "exact"])
def test_a_line_that_stands_still_makes_nothing(method, fixed_demand, simple_factory):
    shut = pd.DataFrame({"line": ["L1"], "first_day": ["2026-11-23"], "last_day": ["2026-11-29"]})
    factory = simple_factory(2, shutdowns=shut)
    paths = np.full((2, 2, 3), 5.0)
    plan = plan_production(fixed_demand(paths), factory, n_scenarios=2, method=method)
    assert plan.runs["period"].min() == pd.Timestamp("2026-11-30")
    assert plan.outlook["lost"][:, 0].tolist() == [5.0, 5.0]
