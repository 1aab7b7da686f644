"""What the wrapped model would have said at earlier cutoffs, to choose the strength by."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from c2m.errors import C2MWarning
from c2m.forecast.params import Parameters, fitted_copy
from c2m.forecast.scores.scaled import naive_error
from c2m.forecast.target import observed_target, target_of

if TYPE_CHECKING:
    from c2m.demand import Demand
    from c2m.forecast.scores.groupings import Groupings
    from c2m.forecast.target import FloatArray
    from c2m.panel import Panel
    from c2m.series import Positions

WEIGHT_PERIODS: Final = 28
"""Last periods whose sales are the weights of the groups of a level."""


@dataclass(frozen=True, eq=False)
class Trial:
    """What was forecast at an earlier cutoff, and what came.

    Parameters
    ----------
    n_periods : int
        Periods of the panel up to the cutoff.
    series : ndarray of int, shape (n_known,)
        Series that were known at the cutoff.
    mean : ndarray, shape (n_known, horizon)
        Their means as the wrapped model forecast them.
    actual : ndarray, shape (n_known, horizon)
        What came; NaN where unknown.
    """

    n_periods: int
    series: "Positions"
    mean: "FloatArray"
    actual: "FloatArray"


def ask(model: Any, horizon: int, future: object | None, skus: Sequence[str] | None) -> "Demand":
    """Ask a model, which may know neither plans nor SKUs, for a forecast.

    Parameters
    ----------
    model : object
        A fitted model.
    horizon : int
        How many periods.
    future : DataFrame, optional
        What is planned for them; the model must take it if it is given.
    skus : sequence of str, optional
        Which SKUs; all unless given.

    Returns
    -------
    Demand
        The forecast of these SKUs.
    """
    asked = {"future": future, "skus": skus if isinstance(model, Parameters) else None}
    given = {name: value for name, value in asked.items() if value is not None}
    demand: Demand = model.predict(horizon, **given)
    return demand if skus is None else demand.select(skus)


def hold_out(model: Any, panel: "Panel", horizon: int, counts: Sequence[int]) -> list[Trial]:
    """Forecast at earlier cutoffs.

    A copy learns at the first cutoff. Where the model has ``update``, it only takes in the newer
    data at the others; else copies learn anew. Warnings of these trials are not shown.

    Parameters
    ----------
    model : object
        With ``fit`` and ``predict``; it is copied.
    panel : Panel
        The history, and the truth.
    horizon : int
        Periods ahead.
    counts : sequence of int
        Periods seen at each cutoff, rising.

    Returns
    -------
    list of Trial
        One a cutoff.
    """
    actual = observed_target(panel, target_of(model))
    index = pd.MultiIndex.from_frame(panel.keys)
    trials: list[Trial] = []
    learnt: Any = None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", C2MWarning)
        for count in counts:
            known = panel.upto(panel.periods[count - 1])
            if learnt is not None and hasattr(learnt, "update"):
                learnt = learnt.update(known)
            else:
                learnt = fitted_copy(model, known)
            series = index.get_indexer(pd.MultiIndex.from_frame(known.keys))
            came = actual[series, count : count + horizon]
            trials.append(Trial(count, series, learnt.predict(horizon).mean, came))
    return trials


@dataclass(frozen=True, eq=False)
class Scale:
    """What turns errors at one cutoff into one loss over all levels.

    Parameters
    ----------
    groups : Groupings
        The levels, of the series known at the cutoff.
    per_error : dict of str to ndarray, shape (n_groups,)
        Level -> weight of each group over the size of its one-step naive error.
    """

    groups: "Groupings"
    per_error: "dict[str, FloatArray]"

    @classmethod
    def of(cls, groups: "Groupings", history: "FloatArray") -> "Scale":
        """Weigh groups by their last sales, and scale them by the naive forecast's errors.

        Parameters
        ----------
        groups : Groupings
            The levels.
        history : ndarray, shape (n_series, n_periods)
            What was known at the cutoff; unknown adds nothing.

        Returns
        -------
        Scale
            The scale of `wrmsse`.
        """
        past = np.nan_to_num(history, nan=0.0)
        per_error = {}
        for name in groups.names:
            total = groups.sums(name, past)
            scale = np.sqrt(naive_error(total, power=2, from_first_sale=True))
            weight = total[:, -WEIGHT_PERIODS:].sum(axis=1)
            usable = (scale > 0) & (weight > 0)
            share = np.divide(weight, scale, out=np.zeros_like(weight), where=usable)
            per_error[name] = share / max(weight[usable].sum(), np.finfo(float).tiny)
        return cls(groups, per_error)

    def loss(self, mean: "FloatArray", actual: "FloatArray") -> float:
        """Return the weighted root mean squared scaled error, averaged over the levels.

        Parameters
        ----------
        mean, actual : ndarray, shape (n_series, horizon)
            What was forecast and what came; unknown is skipped on both sides.

        Returns
        -------
        float
            See `c2m.forecast.scores.wrmsse`.
        """
        error = np.nan_to_num(mean - actual, nan=0.0)
        losses = [
            np.sqrt((self.groups.sums(name, error) ** 2).mean(axis=1)) @ per_error
            for name, per_error in self.per_error.items()
        ]
        return float(np.mean(losses))
