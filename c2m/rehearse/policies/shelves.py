"""What simple policies read of what is known: history, stock, and the way by which they order."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from c2m.forecast.target import observed_target
from c2m.production.problem import FloatArray, IntArray, Problem
from c2m.rehearse.policy import Known

SAFETY: Final = (-3.0, -2.0, -1.5, -1.0, -0.5, 0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0)
"""Safety factors that are tried: standard deviations of demand over lead time and review."""


def history(known: Known) -> FloatArray:
    """Return past demand, a row for each SKU that is played.

    Parameters
    ----------
    known : Known
        What is known.

    Returns
    -------
    ndarray, shape (n_skus, n_periods)
        The channel ``demand`` where the panel has it, else its target with sold-out periods
        unknown; NaN where unknown.
    """
    key = "history", known.panel.cutoff
    if key not in known.shared:
        panel = known.panel
        seen = observed_target(panel, "demand" if "demand" in panel else None)
        row = {sku: number for number, sku in enumerate(known.limits.skus)}
        place = [row[sku] for sku in panel.skus]
        whole = np.full((len(known.limits.skus), panel.n_periods), np.nan)
        whole[place] = seen
        known.shared[key] = whole
    found: FloatArray = known.shared[key]
    return found


def position(known: Known) -> FloatArray:
    """Return what each SKU has in stock, on order and in settled runs.

    Parameters
    ----------
    known : Known
        What is known.

    Returns
    -------
    ndarray, shape (n_skus,)
        Units.
    """
    skus = list(known.limits.skus)
    parts = (
        known.stock.groupby("sku")["on_hand"].sum(),
        known.on_order.groupby("sku")["ordered"].sum(),
        known.firm.groupby("sku")["quantity"].sum(),
    )
    return np.asarray(
        sum(each.reindex(skus).fillna(0.0).to_numpy(dtype=np.float64) for each in parts)
    )


@dataclass(frozen=True)
class Terms:
    """By which way each SKU is ordered, and on which terms; arrays of shape (n_skus,).

    Parameters
    ----------
    item : ndarray of int
        Its item: the cheapest, and of equals the quickest.
    lead : ndarray of int
        Periods from a decision to the first sale, frozen ones included.
    moq, multiple : ndarray
        In good units of the SKU.
    setup_cost : ndarray
        Money a run.
    margin, penalty, holding, loss : ndarray
        Money a unit lost (margin and penalty), a unit and period held, and a unit left at the end.
    line : ndarray of int
        Where it is made.
    unit_time, setup_time : ndarray
        Capacity that a good unit, and a run, take there.
    capacity : ndarray, shape (n_lines,)
        Of a period with overtime, in the mean of those that are played.
    """

    item: IntArray
    lead: IntArray
    moq: FloatArray
    multiple: FloatArray
    setup_cost: FloatArray
    margin: FloatArray
    penalty: FloatArray
    holding: FloatArray
    loss: FloatArray
    line: IntArray
    unit_time: FloatArray
    setup_time: FloatArray
    capacity: FloatArray

    @classmethod
    def of(cls, known: Known) -> "Terms":
        """Read them.

        Parameters
        ----------
        known : Known
            What is known.

        Returns
        -------
        Terms
            Of every SKU that is played.
        """
        limits = known.limits
        member = _home(limits)
        item = limits.members.item[member]
        units = limits.members.units[member]
        cost = limits.unit_cost + limits.items.extra[item].mean(axis=1) / units
        lots = _lots(limits)
        return cls(
            item=item,
            lead=limits.members.lead[member] + known.frozen_periods,
            moq=lots["moq"][item] * units,
            multiple=lots["multiple"][item] * units,
            setup_cost=lots["setup_cost"][item],
            margin=limits.price - cost,
            penalty=limits.penalty,
            holding=limits.holding_cost,
            loss=cost - limits.end_value,
            line=limits.items.line[item],
            unit_time=limits.items.unit_time[item] / units,
            setup_time=lots["setup_time"][item],
            capacity=(limits.regular + limits.overtime)[:, known.step :].mean(axis=1),
        )

    def usual_safety(self, review: int) -> float:
        """Return the safety factor of the critical ratio of a period between orders.

        Parameters
        ----------
        review : int
            Periods between orders.

        Returns
        -------
        float
            Standard deviations: the quantile of the normal law at u / (u + o), u what a unit lost
            costs, o what it costs to hold a unit until the next order, or where holding is free
            what is lost on a unit left; the median SKU's.
        """
        from scipy.special import ndtri

        under = np.maximum(self.margin + self.penalty, 0.0)
        over = np.where(self.holding > 0, self.holding * review, np.maximum(self.loss, 0.0))
        ratio = np.divide(under, under + over, out=np.full(len(over), 0.5), where=under + over > 0)
        return float(np.clip(ndtri(np.median(ratio)), SAFETY[0], SAFETY[-1]))

    def cover(self, known: Known) -> FloatArray:
        """Return the periods that an order of now has to cover.

        Parameters
        ----------
        known : Known
            What is known.

        Returns
        -------
        ndarray, shape (n_skus,)
            Lead time and periods until the next decision. The end of a season cuts it, as it
            cuts the horizon; a horizon that is shorter than that for other reasons does not.
        """
        whole = (self.lead + known.review).astype(np.float64)
        return np.minimum(whole, known.left) if known.season else whole

    def lots(self, wishes: FloatArray) -> FloatArray:
        """Return wishes as lots: 0, or at least the MOQ in whole multiples.

        Parameters
        ----------
        wishes : ndarray, shape (..., n_skus)
            Units.

        Returns
        -------
        ndarray, same shape
            Units, not below the wish.
        """
        whole = np.ceil(wishes / self.multiple - 1e-9) * self.multiple
        return np.where(wishes > 1e-9, np.maximum(whole, self.moq), 0.0)


def _lots(limits: Problem) -> dict[str, FloatArray]:
    """Return MOQ, multiple and set-up of each item, those that its modes or tiers share included.

    What whole groups share is left out.
    """
    names = ("moq", "multiple", "setup_cost", "setup_time")
    found = {name: getattr(limits.items, name).astype(np.float64) for name in names}
    for group in limits.groups:
        if group.split:
            for name in ("moq", "multiple"):
                own = getattr(group, name) / group.weights
                found[name][group.items] = np.maximum(found[name][group.items], own)
            for name in ("setup_cost", "setup_time"):
                found[name][group.items] += getattr(group, name)
    return found


def _home(limits: Problem) -> IntArray:
    """Return the entry of the members by which each SKU is ordered."""
    members, items = limits.members, limits.items
    tier = np.array([way.tier for way in limits.ways], dtype=np.int64)[items.way[members.item]]
    extra = items.extra[members.item].mean(axis=1) / members.units
    order = np.lexsort((members.lead, extra, tier, members.sku))
    first = np.searchsorted(members.sku[order], np.arange(limits.n_skus))
    return np.asarray(order[first])
