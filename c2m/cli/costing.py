"""What a person's changes of a plan cost: those of the runs, and those of the demand."""

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from c2m.cli.carrying import overrides_of
from c2m.errors import C2MError, C2MWarning

if TYPE_CHECKING:
    from c2m.demand import Demand
    from c2m.plan import Plan


def same_demand(before: "Plan", plan: "Plan") -> bool:
    """Say whether the same was set by hand in the forecasts of two plans.

    Parameters
    ----------
    before, plan : Plan
        The plans.

    Returns
    -------
    bool
        True where nothing was set in both.
    """
    one, other = (overrides_of(each).to_csv(index=False) for each in (before, plan))
    return one == other


def cost_of_changes(
    before: "Plan", plan: "Plan", demand: "Demand", given: Mapping[str, Any]
) -> list[str]:
    """Say what changes of runs cost at the same demand, and what changes of demand bring.

    Parameters
    ----------
    before, plan : Plan
        The plan that was changed, and what a person has made of it.
    demand : Demand
        The forecast, without what people have set.
    given : mapping of str to object
        The ``factory``, ``stock`` and ``on_order`` of both.

    Returns
    -------
    list of str
        A line each; none where the earlier plan cannot be costed today.
    """
    from c2m.production import recost
    from c2m.report.overrides.sheets import set_demand

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", C2MWarning)  # told when the plan itself was costed
            as_was = set_demand(before, demand) or demand
            old = recost(before, as_was, **given).expected_profit
            own = plan if same_demand(before, plan) else recost(plan, as_was, **given)
    except C2MError:
        return []
    if old is None or own.expected_profit is None or plan.expected_profit is None:
        return []
    money = plan.currency or "(money)"
    parts = {
        "Your runs": (own.expected_profit - old, "at the same demand"),
        "Your demand": (plan.expected_profit - own.expected_profit, "with these runs"),
    }
    if own is plan:
        del parts["Your demand"]
    return [
        f"{name + ':':<20}{round(value) + 0:+,} {money} {how}"
        for name, (value, how) in parts.items()
    ]
