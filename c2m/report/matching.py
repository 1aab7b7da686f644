"""Whether what is to be shown together belongs together."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from c2m.demand import Demand
from c2m.errors import ArgumentError
from c2m.frames import name_list, plural
from c2m.plan import Plan

if TYPE_CHECKING:
    from c2m.panel import Panel


def check_match(
    plan: Plan, demand: Demand | None, describe: Sequence[str], panel: "Panel | None" = None
) -> None:
    """Refuse a plan for another forecast, and a forecast of another panel.

    Parameters
    ----------
    plan : Plan
        The plan.
    demand : Demand, optional
        The forecast.
    describe : sequence of str
        Attributes of the forecast.
    panel : Panel, optional
        What was observed.

    Raises
    ------
    ArgumentError
        If they are something else, have other periods, the plan has other SKUs, or attributes are
        asked for without a forecast.
    """
    if not isinstance(plan, Plan):
        raise ArgumentError(f"Expected a plan (c2m.Plan), got {type(plan).__name__}.")
    if isinstance(describe, str):
        raise ArgumentError(f"Expected describe= of names, got {describe!r}; write [{describe!r}].")
    if demand is None:
        if len(describe):
            raise ArgumentError(
                f"describe= names attributes of the forecast ({name_list(describe)}): pass demand=."
            )
        return
    if not isinstance(demand, Demand):
        raise ArgumentError(f"Expected a forecast (c2m.Demand), got {type(demand).__name__}.")
    _check_periods(plan, demand, panel)
    unknown = sorted(set(plan.skus) - set(demand.skus))
    if unknown:
        raise ArgumentError(
            f"The plan has {plural(len(unknown), 'SKU')} that the forecast does not have, first "
            f"{unknown[0]!r}."
        )


def _check_periods(plan: Plan, demand: Demand, panel: "Panel | None") -> None:
    calendars = [part.calendar for part in (panel, demand, plan) if part is not None]
    if any(calendar != plan.calendar for calendar in calendars):
        of = "" if panel is None else f"panel of {panel.freq!r}, "
        raise ArgumentError(
            f"Expected one freq, got a {of}demand of {demand.freq!r} and a plan of {plan.freq!r}."
        )
    if plan.first != demand.first:
        raise ArgumentError(
            f"Expected a plan from {demand.periods[0].date()}, the first period forecast, got one "
            f"from {plan.periods[0].date()}."
        )
