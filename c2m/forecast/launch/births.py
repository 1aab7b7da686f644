"""When each series was first on sale, and how long that is ago."""

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from c2m.forecast.rhythm import rhythm
from c2m.forecast.target import observed_target

if TYPE_CHECKING:
    from c2m.panel import Panel
    from c2m.periods import Calendar

Positions = NDArray[np.intp]

ALWAYS: Final = -1
"""Birth of a series that was on sale from the first period on: nobody saw when it began."""

_YOUNG: Final = {"D": 28, "W": 8, "MS": 3}
"""Periods for which a series counts as new, unless told."""

_STAGES: Final = {"D": (-28, -7, 0, 3, 7, 14), "W": (-8, -2, 0, 1, 2, 4), "MS": (-3, 0, 1, 2)}
"""Ages at which past launches are looked at; below 0: so many periods before their first."""


def young_periods(calendar: "Calendar") -> int:
    """Return for how many periods a series counts as new: 28 days, 8 weeks, 3 months.

    Parameters
    ----------
    calendar : Calendar
        The calendar.

    Returns
    -------
    int
        Periods.
    """
    return _YOUNG[rhythm(calendar)]


def stages(calendar: "Calendar") -> tuple[int, ...]:
    """Return the ages at which past launches teach, from long before to well after.

    Parameters
    ----------
    calendar : Calendar
        The calendar.

    Returns
    -------
    tuple of int
        Periods since the first on sale; 0 on the eve of the launch.
    """
    return _STAGES[rhythm(calendar)]


def find_births(panel: "Panel", target: str | None = None) -> Positions:
    """Return the position of the first period in which each series was on sale.

    A series is on sale in a period with a known target, or where the channel ``on_sale`` says so.

    Parameters
    ----------
    panel : Panel
        The panel.
    target : str, optional
        The channel; the panel's target unless given.

    Returns
    -------
    ndarray of int, shape (n_series,)
        Positions; `ALWAYS` where it was on sale in the first period already; from `n_periods` on
        where it is not on sale yet: its planned start, or `n_periods` where none is planned.

    Examples
    --------
    >>> import pandas as pd
    >>> from c2m.panel import Panel
    >>> days = pd.date_range("2026-11-01", periods=3)
    >>> old = pd.DataFrame({"sku": "OLD", "period": days, "sales": [1, 2, 3]})
    >>> new = pd.DataFrame({"sku": "NEW", "period": days[1:], "sales": [0, 1]})
    >>> panel = Panel.from_frame(pd.concat([old, new]), freq="D")
    >>> find_births(panel).tolist()
    [1, -1]
    """
    name = panel.target if target is None else target
    known = ~np.isnan(observed_target(panel, name))
    if "on_sale" in panel:
        known |= panel["on_sale"][:, : panel.n_periods] > 0
    born = np.where(known.any(axis=1), known.argmax(axis=1), panel.n_periods)
    if "on_sale" in panel.known:
        planned = panel["on_sale"][:, panel.n_periods :] > 0
        start = np.where(planned.any(axis=1), planned.argmax(axis=1), 0) if planned.size else 0
        born = np.where(born == panel.n_periods, born + start, born)
    return np.where(born == 0, ALWAYS, born).astype(np.intp)  # [S]
