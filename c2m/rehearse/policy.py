"""What a policy is told at a cutoff, and what it has to be able to do."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import pandas as pd

if TYPE_CHECKING:
    from c2m.demand import Demand
    from c2m.panel import Panel
    from c2m.plan import Plan
    from c2m.production import Factory
    from c2m.production.problem import Problem


@dataclass(frozen=True, eq=False)
class Known:
    """What is known when a policy decides; nothing of it was observed after the cutoff.

    Parameters
    ----------
    panel : Panel
        As it was known then: its last observed period is the cutoff. Its history is what was
        recorded; stock-outs of the policy itself do not thin it.
    factory : Factory
        What can be made.
    stock : DataFrame
        ``sku`` and ``on_hand`` at the end of the cutoff's period, for every SKU that is played.
    on_order : DataFrame
        Purchase-order lines that are still to come: ``sku``, ``ordered``, ``received``, ``due``,
        and the ``line`` and ``period`` of the run that each stands for (empty for lines that were
        there at the start). `c2m.replan` takes the table as it is, `c2m.plan_production` its
        first four columns.
    plan : Plan or DataFrame, optional
        What the policy itself decided last; None at first.
    firm : DataFrame
        ``sku``, ``line``, ``mode``, ``period`` and ``quantity`` of runs that are settled and have
        not begun: those of the frozen periods.
    horizon : int
        Periods to look ahead.
    period : Timestamp
        Label of the first period in which a run may still be decided.
    seed : int
        For what a policy leaves to chance.
    review : int
        Periods until it decides again.
    left : int
        Periods that are still played, this one included.
    frozen_periods : int
        Periods before `period` that are settled.
    limits : Problem
        What the factory allows in the periods that are played; its demand is 0.
    step : int
        Number of the period after the cutoff in `limits`, from 0.
    season : bool
        Whether the last period is the end of the season.
    cut : list of float
        Where `release` notes the units that the factory had no room for.
    shared : dict
        Room for what several policies would otherwise work out twice, such as a forecast.
    """

    panel: "Panel"
    factory: "Factory"
    stock: pd.DataFrame
    on_order: pd.DataFrame
    plan: "Plan | pd.DataFrame | None"
    firm: pd.DataFrame
    horizon: int
    period: pd.Timestamp
    seed: int
    review: int
    left: int
    frozen_periods: int
    limits: "Problem" = field(repr=False)
    step: int = 0
    season: bool = False
    cut: list[float] = field(default_factory=list, repr=False)
    shared: dict[Hashable, Any] = field(default_factory=dict, repr=False)


@runtime_checkable
class Policy(Protocol):
    """Something that decides runs; anyone's class with these two enters a rehearsal.

    A policy may also have ``tune(known) -> policy``, which is called once with what was known
    before the first period that is played.
    """

    @property
    def name(self) -> str:
        """What it is called in the result."""

    def decide(self, known: Known) -> "pd.DataFrame | Plan":
        """Decide what is made.

        Parameters
        ----------
        known : Known
            What is known now.

        Returns
        -------
        DataFrame or Plan
            Runs: ``sku``, ``line``, ``period`` (from ``known.period`` on) and ``quantity``, and
            ``mode`` where a line has several. Those of the periods until the next decision are
            made; later ones may be decided anew.
        """


@runtime_checkable
class Seer(Protocol):
    """A policy that is told the truth: perfect information."""

    def foresee(self, truth: "Demand", coming: pd.DataFrame) -> Policy:
        """Return the policy that knows.

        Parameters
        ----------
        truth : Demand
            One path over the periods that are played.
        coming : DataFrame
            Units that customers send back to stock, as purchase-order lines.

        Returns
        -------
        Policy
            What is asked to decide.
        """
