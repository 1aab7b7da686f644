"""What unconstraining found: demand, how sure it is, and by which method."""

from dataclasses import dataclass, field
from typing import Final, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.panel import Panel
from c2m.signals.stockouts.methods import METHODS, Method

_PERCENT: Final = 100
_UNKNOWN: Final = "unknown"

NAMES: Final = (*METHODS, _UNKNOWN)
"""Names of the methods; the number of a method is its place here."""


@dataclass(frozen=True, eq=False, repr=False)
class Unconstrained:
    """Demand where sales were cut short by stock. Make one with `c2m.signals.unconstrain`.

    Parameters
    ----------
    panel : Panel
        The panel with the channels ``demand``, ``demand_sd`` and, where spill was estimated,
        ``spill_in``; its target is ``demand``. ``sales`` is what it was.
    codes : ndarray of int8, shape (n_series, n_periods)
        Place in `NAMES` of the method of each cell.
    page_factor : float, optional
        Views of a page while its SKU is out, for one while it is there; None where no method
        used views.
    spill : DataFrame, optional
        A row a series: its keys, the number of its ``style``, units of ``sales``, ``lost``
        (demand that could not be served), ``spill_in`` (bought in place of others),
        ``spill_out`` (others bought in its place), and ``look``, the share of those who found
        nothing and looked at one neighbour.
    """

    panel: Panel
    codes: NDArray[np.int8]
    page_factor: float | None = None
    spill: pd.DataFrame | None = field(default=None)

    def __repr__(self) -> str:
        """Say what it is in one line."""
        sales = np.nansum(self.panel["sales"], dtype=np.float64)
        demand = np.nansum(self.panel["demand"], dtype=np.float64)
        changed = np.count_nonzero((self.codes > 0) & (self.codes < len(NAMES) - 1))
        more = _PERCENT * (demand / sales - 1) if sales else 0.0
        return (
            f"Unconstrained({self.panel.n_series:,} series x {self.panel.n_periods:,} "
            f"{self.panel.freq} periods, {changed:,} censored cells, demand {more:+.1f} % of sales)"
        )

    @property
    def method(self) -> NDArray[np.str_]:
        """Name of the method of each cell, (n_series, n_periods)."""
        return np.array(NAMES)[self.codes]

    def summary(self) -> pd.DataFrame:
        """Add up what each method did.

        Returns
        -------
        DataFrame, a row a method
            ``cells``, and units of ``sales``, ``demand``, ``sd`` (root of the summed variances).
        """
        arrays = {
            name: np.nan_to_num(self.panel[name].astype(np.float64))
            for name in ("sales", "demand", "demand_sd")
        }
        rows = {}
        for code in np.unique(self.codes):
            where = self.codes == code
            rows[NAMES[code]] = {
                "cells": np.count_nonzero(where),
                "sales": arrays["sales"][where].sum(),
                "demand": arrays["demand"][where].sum(),
                "sd": float(np.sqrt((arrays["demand_sd"][where] ** 2).sum())),
            }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("method")

    def to_frame(self) -> pd.DataFrame:
        """Return a long table.

        Returns
        -------
        DataFrame, a row a series and period
            Key columns, ``period``, ``sales``, ``demand``, ``demand_sd``, ``spill_in`` where it
            was estimated, ``method``.
        """
        panel = self.panel
        frame = panel.keys.loc[panel.keys.index.repeat(panel.n_periods)].reset_index(drop=True)
        frame["period"] = np.tile(panel.periods.to_numpy(), panel.n_series)
        for name in ("sales", "demand", "demand_sd", "spill_in"):
            if name in panel:
                frame[name] = panel[name].reshape(-1)
        frame["method"] = self.method.reshape(-1)
        return frame

    def _repr_html_(self) -> str:
        return f"<div><p><code>{self!r}</code></p>{self.summary().to_html()}</div>"


def code_of(method: Method) -> int:
    """Return the number of a method.

    Parameters
    ----------
    method : str
        Its name.

    Returns
    -------
    int
        Its place in `NAMES`.
    """
    return NAMES.index(cast("str", method))
