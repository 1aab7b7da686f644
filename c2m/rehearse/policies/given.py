"""Anyone's forecast or plan as one more policy."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from c2m.demand import Demand
from c2m.errors import ArgumentError
from c2m.frames import plural
from c2m.plan import Plan
from c2m.rehearse.policies.planning import Planning, plan_on
from c2m.rehearse.policy import Known


@dataclass(frozen=True)
class GivenDemand:
    """Plan on forecasts from outside as `Ours` plans on its own.

    Parameters
    ----------
    name : str
        What it is called.
    demands : mapping of date to Demand
        The forecast at each cutoff (the last observed period). A cutoff without one keeps the plan
        that is there.
    planning : Planning
        How runs are planned.
    """

    name: str
    demands: Mapping[Any, Demand] = field(repr=False)
    planning: Planning = field(default_factory=Planning)

    def decide(self, known: Known) -> Plan:
        """Decide what is made.

        Parameters
        ----------
        known : Known
            What is known now.

        Returns
        -------
        Plan
            The plan.

        Raises
        ------
        ArgumentError
            If there is no forecast at the first cutoff, or one begins at another period.
        """
        held = isinstance(known.plan, Plan)
        if held and not self.planning.replan:
            return known.plan  # type: ignore[return-value]
        cutoff = known.panel.cutoff
        demand = {pd.Timestamp(day): each for day, each in self.demands.items()}.get(cutoff)
        if demand is None:
            if held:
                return known.plan  # type: ignore[return-value]
            raise ArgumentError(
                f"{self.name!r} has no forecast for the cutoff {cutoff.date()}; it has "
                f"{plural(len(self.demands), 'forecast')}. Pass {{cutoff: demand}}."
            )
        if demand.cutoff != cutoff:
            raise ArgumentError(
                f"The forecast that {self.name!r} has for the cutoff {cutoff.date()} begins after "
                f"{demand.cutoff.date()}."
            )
        return plan_on(demand, known, self.planning)


@dataclass(frozen=True)
class GivenPlan:
    """Carry out a plan from outside.

    Parameters
    ----------
    name : str
        What it is called.
    plan : Plan
        Its runs; those that begin in the periods played are made.
    """

    name: str
    plan: Plan = field(repr=False)

    def decide(self, known: Known) -> Plan:
        """Decide what is made.

        Parameters
        ----------
        known : Known
            What is known now.

        Returns
        -------
        Plan
            The plan.

        Raises
        ------
        ArgumentError
            If the plan has other periods.
        """
        if self.plan.calendar != known.limits.calendar:
            raise ArgumentError(
                f"Expected a plan in the periods of the factory, {known.limits.calendar.freq!r}, "
                f"got {self.plan.freq!r}."
            )
        return self.plan
