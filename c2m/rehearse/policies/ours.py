"""The policy of c2m: forecast with signals, plan over scenarios, plan again."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from c2m.demand import Demand
from c2m.forecast import select_model
from c2m.forecast.params import Parameters, check_model, fitted_copy, unfitted
from c2m.panel import Panel
from c2m.plan import Plan
from c2m.production.plan_production import Method
from c2m.rehearse.policies.planning import Planning, plan_on
from c2m.rehearse.policy import Known

_NO_SIGNAL: Final = frozenset(
    {"sales", "demand", "demand_sd", "revenue", "price", "in_stock", "on_sale"}
)
"""Observed channels that are no signal of customers."""


@dataclass(frozen=True)
class Ours:
    """Forecast demand, plan the runs over its scenarios, and plan again at each cutoff.

    Several of them with the same model, signals and horizon forecast once.

    Parameters
    ----------
    model : model, optional
        Any with ``fit(panel)`` and ``predict(horizon)``; it stays as it is, and copies of it with
        a ``max_horizon`` reach as far as is asked. Where it is not given,
        the one that `c2m.select_model` picks on what was known before the start.
    name : str
        What it is called.
    refit_every : int
        Decisions between fits; in between a model that can ``update`` reads new data with what it
        has learnt, and any other is fitted anew.
    frozen_periods, change_cost, point, replan, n_scenarios, method
        See `c2m.rehearse.policies.planning.Planning`. ``point=True`` plans on the mean: against
        it, the worth of the distribution. ``replan=False`` is one run of decisions for all
        periods: against it, the worth of the second run.
    signals : sequence of str, optional
        The observed channels that may be used besides sales, demand, price and availability; all
        unless given, ``()`` for none: against it, the worth of the signals.
    """

    model: Any = None
    name: str = "c2m"
    refit_every: int = 4
    frozen_periods: int | None = None
    change_cost: float = 0.0
    point: bool = False
    signals: Sequence[str] | None = None
    replan: bool = True
    n_scenarios: int = 100
    method: Method = "auto"

    @property
    def planning(self) -> Planning:
        """How runs are planned."""
        return Planning(
            self.frozen_periods,
            self.change_cost,
            self.point,
            self.replan,
            self.n_scenarios,
            self.method,
        )

    def variants(self) -> "list[Ours]":
        """Return what it takes to say what each part is worth, in one rehearsal.

        Returns
        -------
        list of Ours
            This policy and, under its name with these words behind it, "without signals", "on the
            mean" (without the distribution) and "once" (without the second run).

        Examples
        --------
        >>> [policy.name for policy in Ours().variants()]
        ['c2m', 'c2m without signals', 'c2m on the mean', 'c2m once']
        """
        return [
            self,
            replace(self, name=f"{self.name} without signals", signals=()),
            replace(self, name=f"{self.name} on the mean", point=True),
            replace(self, name=f"{self.name} once", replan=False),
        ]

    def decide(self, known: Known) -> Plan:
        """Decide what is made.

        Parameters
        ----------
        known : Known
            What is known now.

        Returns
        -------
        Plan
            The plan; without `replan` the first one.
        """
        if not self.replan and isinstance(known.plan, Plan):
            return known.plan
        horizon = known.horizon if self.replan else known.left
        return plan_on(self.forecast(known, horizon), known, self.planning)

    def forecast(self, known: Known, horizon: int) -> Demand:
        """Return the forecast at a cutoff; it is worked out once in a rehearsal.

        Parameters
        ----------
        known : Known
            What is known.
        horizon : int
            Periods ahead.

        Returns
        -------
        Demand
            By SKU.
        """
        signals = None if self.signals is None else tuple(self.signals)
        own = _name_of(self.model), signals, self.refit_every, self.replan
        key = "forecast", *own, horizon, known.panel.cutoff
        if key not in known.shared:
            fitted = self._fitted(known, _seen(known.panel, signals), own, horizon)
            known.shared[key] = fitted.predict(horizon)
        demand: Demand = known.shared[key]
        return demand

    def _fitted(self, known: Known, panel: Panel, own: tuple[Any, ...], horizon: int) -> Any:
        """Return a model that has read this panel, and keep it for the next cutoff."""
        shared = known.shared
        number = known.step // known.review
        before = shared.get(("fitted", own))
        if before is not None and number % self.refit_every and hasattr(before, "update"):
            fitted = before.update(panel)
        else:
            fitted = fitted_copy(_reaching(self._chosen(known, panel, own[:2]), horizon), panel)
        shared["fitted", own] = fitted
        return fitted

    def _chosen(self, known: Known, panel: Panel, own: tuple[Any, ...]) -> Any:
        """Return the model, chosen once: at the first cutoff, for the horizon of that one."""
        if self.model is not None:
            check_model(self.model)
            return self.model
        key = "chosen", *own
        if key not in known.shared:
            known.shared[key] = select_model(panel, known.horizon, seed=known.seed).model
        return known.shared[key]


def _name_of(model: Any) -> Any:
    """Return what tells models apart: what ours write of themselves, and any other's identity."""
    return repr(model) if model is None or isinstance(model, Parameters) else id(model)


def _reaching(model: Any, horizon: int) -> Any:
    """Return an unfitted copy that reaches as far as is asked."""
    model = unfitted(model)
    reach = getattr(model, "max_horizon", None)
    if isinstance(reach, int) and reach < horizon:
        model.set_params(max_horizon=horizon)
    return model


def _seen(panel: Panel, signals: tuple[str, ...] | None) -> Panel:
    """Return a panel without the signals that may not be used."""
    if signals is None:
        return panel
    kept = {*_NO_SIGNAL, *panel.known, panel.target, *signals}
    channels = {name: array for name, array in panel.channels.items() if name in kept}
    return replace(panel, channels=channels)
