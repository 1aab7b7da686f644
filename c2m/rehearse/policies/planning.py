"""How a forecast becomes runs by the planner of c2m."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from c2m.demand import Demand
from c2m.distribution import PathSet
from c2m.plan import Plan
from c2m.production.plan_production import Method, plan_production
from c2m.production.replanning import replan
from c2m.rehearse.policy import Known

ORDER_COLUMNS = ["sku", "ordered", "received", "due"]
"""What `plan_production` reads of purchase-order lines."""


@dataclass(frozen=True)
class Planning:
    """How runs are planned.

    Parameters
    ----------
    frozen_periods : int, optional
        Periods whose runs stay as they were decided; never fewer than the factory's policy says.
    change_cost : float
        Money for each change of an older plan, see `c2m.replan`.
    point : bool
        Whether to plan on the mean in place of the scenarios.
    replan : bool
        Whether to decide again; otherwise the first plan, for all periods, is carried out.
    n_scenarios : int
        Paths of demand to plan over.
    method : {"auto", "exact", "heuristic"}
        See `c2m.plan_production`.
    """

    frozen_periods: int | None = None
    change_cost: float = 0.0
    point: bool = False
    replan: bool = True
    n_scenarios: int = 100
    method: Method = "auto"


def plan_on(demand: Demand, known: Known, way: Planning) -> Plan:
    """Plan on a forecast: anew at first, later by changing the plan that is there.

    Parameters
    ----------
    demand : Demand
        The forecast.
    known : Known
        What is known.
    way : Planning
        How.

    Returns
    -------
    Plan
        The runs.
    """
    demand = _played(demand, known)
    if way.point:
        demand = replace(demand, law=PathSet(demand.mean[None].astype(np.float32)))
    count = 1 if way.point else way.n_scenarios
    stock = known.stock[known.stock["sku"].isin(demand.skus)]
    orders = known.on_order
    end = pd.Timestamp(demand.calendar.label([demand.first + demand.horizon])[0])
    orders = orders[orders["sku"].isin(demand.skus) & (orders["due"] < end)]
    factory = known.factory
    if not isinstance(known.plan, Plan) or known.plan.periods[-1] < demand.periods[0]:
        return plan_production(
            demand,
            factory,
            stock,
            orders[ORDER_COLUMNS],
            n_scenarios=count,
            seed=known.seed,
            method=way.method,
        )
    frozen = max(way.frozen_periods or 0, known.frozen_periods)
    return replan(
        known.plan,
        demand,
        factory,
        stock=stock,
        on_order=_of_plan(orders, known.plan),
        frozen_periods=min(frozen, demand.horizon),
        change_cost=way.change_cost,
        n_scenarios=count,
        seed=known.seed,
        method=way.method,
    )


def _of_plan(orders: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Return purchase-order lines, those of runs that began before a plan without their run."""
    older = (orders["period"] < plan.periods[0]).to_numpy(dtype=bool)
    line = orders["line"].where(~older, "")
    return orders.assign(line=line, period=orders["period"].where(~older))


def _played(demand: Demand, known: Known) -> Demand:
    """Return the forecast of the SKUs that are played."""
    kept = sorted(set(demand.skus) & set(known.limits.skus))
    return demand if len(kept) == len(demand.skus) else demand.select(kept)
