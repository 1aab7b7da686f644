"""What the totals up to a cutoff and a forecast after it have in common."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from c2m.forecast.hierarchy.factors import sums_by_group
from c2m.forecast.rhythm import rhythm
from c2m.forecast.target import observed_target

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from c2m.forecast.target import FloatArray
    from c2m.panel import Panel
    from c2m.series import Positions

_WINDOWS: Final = {"D": 28, "W": 8, "MS": 3}
"""Last periods that say what a series sells."""


@dataclass(frozen=True, eq=False)
class Assortment:
    """Which series are sold both at a cutoff and after it.

    A model of past totals knows of no planned exit or launch. So it is compared with the series
    that stay, and what it says is cut to their share of the totals.

    Parameters
    ----------
    stays : ndarray of bool, shape (n_series, horizon)
        Whether a series is on sale at the cutoff and planned to be in the period.
    level : ndarray, shape (n_series,)
        What a series sold lately, in units a period; 0 where it is not on sale at the cutoff.
    """

    stays: "NDArray[np.bool_]"
    level: "FloatArray"

    @classmethod
    def at(
        cls, panel: "Panel", target: str | None, n_periods: int, horizon: int
    ) -> "Assortment | None":
        """Return the assortment at a cutoff, and as planned after it.

        Parameters
        ----------
        panel : Panel
            The panel; only a channel ``on_sale`` that is known ahead says what is planned.
        target : str, optional
            The channel that is summed; the panel's own target unless given.
        n_periods : int
            Periods up to the cutoff.
        horizon : int
            Periods after it.

        Returns
        -------
        Assortment or None
            None where nothing is planned, or nothing changes.
        """
        if "on_sale" not in panel.known:
            return None
        on_sale = panel["on_sale"] != 0  # [S, T + A], true where unknown
        now, planned = on_sale[:, n_periods - 1], on_sale[:, n_periods : n_periods + horizon]
        if (planned == now[:, None]).all():
            return None
        stays = np.broadcast_to(now[:, None], (panel.n_series, horizon)).copy()
        stays[:, : planned.shape[1]] &= planned
        begin = max(n_periods - _WINDOWS[rhythm(panel.calendar)], 0)
        lately = observed_target(panel, target, start=begin)[:, : n_periods - begin]
        known = ~np.isnan(lately)
        level = np.where(known, lately, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
        return cls(stays, np.where(now, level, 0.0))

    def rows(self, series: "Positions") -> "Assortment":
        """Return some series alone.

        Parameters
        ----------
        series : ndarray of int
            Which.

        Returns
        -------
        Assortment
            Of these.
        """
        return Assortment(self.stays[series], self.level[series])

    def share(self, codes: "Positions", n_groups: int) -> "FloatArray":
        """Return the share of each group's totals that is still on sale.

        Parameters
        ----------
        codes : ndarray of int, shape (n_series,)
            The group of each series.
        n_groups : int
            How many groups there are.

        Returns
        -------
        ndarray, shape (n_groups, horizon)
            1 for a group that did not sell lately.
        """
        lately = sums_by_group(self.level[:, None], codes, n_groups)
        stayed = sums_by_group(self.level[:, None] * self.stays, codes, n_groups)
        return np.divide(stayed, lately, out=np.ones_like(stayed), where=lately > 0)
