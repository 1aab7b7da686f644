"""Plans made again, or asked about, keep what the factory's policy says."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from c2m.errors import C2MWarning, InfeasiblePlanError
from c2m.production import plan_production
from c2m.production.factory import Policy, Shutdown
from c2m.production.replanning import replan
from c2m.production.what_if import what_if

WANTED = np.array([[[20, 20, 20]], [[20, 20, 60]]])
"""Two paths of one SKU over three weeks."""

CHEAP = {"price": 10.0, "unit_cost": 9.0, "end_value": 0.0}
CAREFUL = Policy(fill_rate=0.95)
NONE = pd.DataFrame({"sku": [], "ordered": [], "received": [], "due": []})


@pytest.fixture(name="case")
def case_fixture(fixed_demand, simple_factory):
    def make(policy, **tables):
        return fixed_demand(WANTED), simple_factory(1, product=CHEAP, policy=policy, **tables)

    return make


def served(plan):
    return 1.0 - plan.outlook["lost"].sum() / plan.outlook["demand"].sum()


def test_a_plan_made_again_reaches_the_policy_s_fill_rate(case):
    demand, factory = case(CAREFUL)
    plain = plan_production(demand, case(Policy())[1], n_scenarios=2)
    assert served(plain) < 0.8
    again = replan(plain, demand, factory)
    assert served(again) >= 0.95
    asked = replan(plain, demand, case(Policy())[1], fill_rate=0.95, change_cost=1e6)
    assert served(asked) >= 0.95
    assert len(asked.changes) <= len(again.changes)


def test_a_level_that_cannot_be_reached_beside_frozen_periods_is_an_error(case):
    demand, factory = case(replace(CAREFUL, frozen_periods=2))
    plain = plan_production(demand, case(Policy())[1], n_scenarios=2)
    late = replace(plain, tables={**plain.tables, "runs": plain.runs.iloc[:0]})
    with pytest.raises(InfeasiblePlanError, match=r"do not reach fill_rate 0\.95"):
        replan(late, demand, factory)


def test_the_plan_that_would_be_made_follows_the_policy_of_that_factory(case):
    demand, factory = case(CAREFUL)
    plain = plan_production(demand, case(Policy())[1], n_scenarios=2)
    answer = what_if(plain, factory, demand)
    assert served(answer.kept) < 0.8
    assert served(answer.best) >= 0.95
    shut = case(CAREFUL, shutdowns=[Shutdown("*", "2026-11-23", "2026-12-06")])[1]
    with pytest.warns(C2MWarning, match="does not reach the policy's fill_rate"):
        what_if(plain, shut, demand)


def test_the_plan_that_would_be_made_leaves_frozen_periods_as_they_are(case):
    demand, frozen = case(Policy(frozen_periods=1))
    plain = plan_production(demand, case(Policy())[1], n_scenarios=2)
    first = plain.runs[plain.runs["period"] == plain.periods[0]]
    best = what_if(plain, frozen, demand).best
    same = best.runs[best.runs["period"] == best.periods[0]]
    assert same["quantity"].tolist() == first["quantity"].tolist()
    assert same["firm"].all()
    shut = case(Policy(frozen_periods=1), shutdowns=[Shutdown("*", "2026-11-23", "2026-11-29")])
    answer = what_if(plain, shut[1], demand)
    assert answer.best is None
    assert len(answer.broken) == 1


def test_a_plan_that_is_over_or_in_other_money_is_told(case):
    demand, factory = case(Policy())
    plan = plan_production(demand, factory, n_scenarios=2)
    nothing = pd.DataFrame({"sku": ["S000"], "on_hand": [0]})
    old = replace(plan, first=plan.first - 52)
    with pytest.warns(C2MWarning, match="none of its runs goes on"):
        replan(old, demand, factory, stock=nothing, on_order=NONE)
    with pytest.warns(C2MWarning, match="in USD, the factory's in EUR"):
        replan(replace(plan, currency="USD"), demand, case(Policy(), currency="EUR")[1])
