"""Perfect information: the same planner, told what customers will want."""

from dataclasses import dataclass, field

import pandas as pd

from c2m.demand import Demand
from c2m.errors import ArgumentError
from c2m.plan import Plan
from c2m.production.plan_production import Method, plan_production
from c2m.rehearse.policies.planning import ORDER_COLUMNS
from c2m.rehearse.policy import Known


@dataclass(frozen=True)
class PerfectInformation:
    """Plan once on the truth. What others cost beyond it is their regret.

    The plan is the planner's, and need not be the best one: a policy may beat it by a little.

    Parameters
    ----------
    name : str
        What it is called.
    method : {"auto", "exact", "heuristic"}
        See `c2m.plan_production`.
    truth : Demand, optional
        What customers will want; a rehearsal tells it.
    coming : DataFrame, optional
        Units that come back from customers, as purchase-order lines.
    """

    name: str = "perfect information"
    method: Method = "auto"
    truth: Demand | None = field(default=None, repr=False)
    coming: pd.DataFrame | None = field(default=None, repr=False)

    def foresee(self, truth: Demand, coming: pd.DataFrame) -> "PerfectInformation":
        """Return the policy that knows; see `c2m.rehearse.policy.Seer`.

        Parameters
        ----------
        truth : Demand
            One path.
        coming : DataFrame
            Purchase-order lines.

        Returns
        -------
        PerfectInformation
            Told.
        """
        return PerfectInformation(self.name, self.method, truth, coming)

    def decide(self, known: Known) -> Plan:
        """Decide what is made.

        Parameters
        ----------
        known : Known
            What is known now.

        Returns
        -------
        Plan
            One plan for all periods, made at the first cutoff.

        Raises
        ------
        ArgumentError
            If it was not told the truth.
        """
        if self.truth is None or self.coming is None:
            raise ArgumentError("Expected a PerfectInformation that rehearse() has told the truth.")
        if isinstance(known.plan, Plan):
            return known.plan
        end = pd.Timestamp(self.truth.calendar.label([self.truth.first + self.truth.horizon])[0])
        tables = [table[ORDER_COLUMNS] for table in (known.on_order, self.coming) if len(table)]
        lines = pd.concat(tables) if tables else known.on_order[ORDER_COLUMNS]
        lines = lines[lines["due"] < end].reset_index(drop=True)
        return plan_production(
            self.truth,
            known.factory,
            known.stock,
            lines,
            n_scenarios=1,
            seed=known.seed,
            method=self.method,
        )
