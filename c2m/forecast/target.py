"""What a model learns from and is scored on: the target, without what stock-outs hide."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from c2m.errors import ArgumentError, DataError, warn
from c2m.panel import Panel

FloatArray = NDArray[np.float64]

_ESTIMATES: Final = ("demand", "kept")

LEAST_IN_STOCK: Final = 0.5
"""Share of a period from which on its sales count as what was wanted."""


def need_panel(panel: object) -> None:
    """Refuse what is no panel, such as the table that one is made from.

    Parameters
    ----------
    panel : object
        What a caller passed.

    Raises
    ------
    ArgumentError
        If it is no `Panel`.
    """
    if not isinstance(panel, Panel):
        raise ArgumentError(
            f"Expected a c2m.Panel, got {type(panel).__name__}; make one with "
            "Panel.from_frame(...)."
        )


def observed_target(
    panel: Panel, target: str | None = None, *, start: int = 0, rows: NDArray[np.intp] | None = None
) -> FloatArray:
    """Return the target with periods that hide demand set to unknown.

    This is the library's one censoring strategy for sales: a period in which a series was out of
    stock for most of the time, or not on sale, is unknown, neither a lesson nor a score. The
    channel ``demand`` was unconstrained already and is returned as it is.

    Parameters
    ----------
    panel : Panel
        The panel; its channels ``in_stock`` and ``on_sale`` are used where it has them.
    target : str, optional
        The channel; the panel's own target unless given.
    start : int
        First period wanted: a model of short memory need not copy all history.
    rows : ndarray of int, optional
        Which series; all unless given.

    Returns
    -------
    ndarray, shape (n_series, n_periods - start)
        Units; NaN where unknown.

    Raises
    ------
    DataError
        If a value is below 0.
    """
    name = panel.target if target is None else target
    series = slice(None) if rows is None else rows
    part = slice(start, panel.n_periods)
    _check_not_below(panel, name)
    values = panel[name][series, part].astype(np.float64)
    _hide(panel, name, series, part, values)
    return values  # [S, T]


def observed_single(panel: Panel, target: str) -> NDArray[np.float32]:
    """Return what `observed_target` does in the precision of the panel, for large panels.

    Parameters
    ----------
    panel : Panel
        The panel.
    target : str
        The channel.

    Returns
    -------
    ndarray of float32, shape (n_series, n_periods)
        Units; NaN where unknown. A view of the channel where nothing is hidden.

    Raises
    ------
    DataError
        If a value is below 0.
    """
    _check_not_below(panel, target)
    values = panel[target]
    if target != "demand" and {"in_stock", "on_sale"} & set(panel.channels):
        values = values.copy()
        _hide(panel, target, slice(None), slice(0, panel.n_periods), values)
    return values  # [S, T]


def _check_not_below(panel: Panel, name: str) -> None:
    below = int(np.count_nonzero(panel[name] < 0))
    if below:
        raise DataError(
            "panel",
            [f"{below:,} values of {name!r}, which is to be forecast, are below 0"],
            "forecast what was wanted, gross of returns; returns are a channel of their own",
        )


def _hide(
    panel: Panel,
    name: str,
    series: slice | NDArray[np.intp],
    part: slice,
    values: NDArray[np.floating[Any]],
) -> None:
    """Set the periods that hide demand to unknown, in place."""
    if name == "demand":
        return
    if "in_stock" in panel:
        values[panel["in_stock"][series, part] < LEAST_IN_STOCK] = np.nan
    if "on_sale" in panel:
        values[panel["on_sale"][series, part] == 0] = np.nan


def target_of(model: Any) -> str | None:
    """Return the channel that a model forecasts, also if it is wrapped by others.

    Parameters
    ----------
    model : object
        A model, or one around a ``model`` of its own.

    Returns
    -------
    str or None
        Its ``target``; None for the panel's own.
    """
    own: str | None = getattr(model, "target", None)
    inner = getattr(model, "model", None)
    return own if own is not None or inner is None else target_of(inner)


def check_target(panel: Panel, values: NDArray[np.floating[Any]], target: str) -> None:
    """Refuse a target of which nothing is known, and warn of one that does not count units.

    Parameters
    ----------
    panel : Panel
        The panel.
    values : ndarray, shape (n_series, n_periods)
        What `observed_target` returned.
    target : str
        The channel.

    Raises
    ------
    DataError
        If every value is unknown.

    Warns
    -----
    C2MWarning
        If values are not whole numbers; ``demand`` and ``kept``, which are estimates, may be so.
    """
    known = ~np.isnan(values)
    if not known.any():
        hidden = int(np.count_nonzero(~np.isnan(panel[target])))
        raise DataError(
            "panel",
            [
                f"no value of {target!r} is known in {panel.n_periods} periods of "
                f"{panel.n_series:,} series; {hidden:,} are hidden by 'in_stock' or 'on_sale'"
            ],
            "pass at least one period that was sold from stock",
        )
    broken = int(np.count_nonzero(values[known] % 1))
    if broken and target not in _ESTIMATES:
        warn(
            f"{broken:,} of {int(known.sum()):,} values of {target!r} are not whole numbers: "
            "quantiles and paths will not be whole either, and their spread is that of counted "
            "units. Pass it in a unit of which there are many: grams, not tons."
        )


def first_known(panel: Panel) -> int:
    """Return the position of the first period in which the target of any series is known.

    Parameters
    ----------
    panel : Panel
        The panel.

    Returns
    -------
    int
        Its position; `n_periods` where nothing is known.
    """
    known = ~np.isnan(observed_target(panel)).all(axis=0)
    return int(known.argmax()) if known.any() else panel.n_periods


def sold_ahead(
    panel: Panel, horizon: int, rows: NDArray[np.intp] | None = None
) -> NDArray[np.bool_]:
    """Say in which of the next periods a series may sell at all.

    Parameters
    ----------
    panel : Panel
        The panel; only a channel ``on_sale`` that is known ahead closes a period.
    horizon : int
        Periods after the cutoff.
    rows : ndarray of int, optional
        Which series; all unless given.

    Returns
    -------
    ndarray of bool, shape (n_series, horizon)
        False where ``on_sale`` is planned to be 0.
    """
    series = slice(None) if rows is None else rows
    sold = np.ones((panel.n_series if rows is None else len(rows), horizon), dtype=bool)
    if "on_sale" in panel.known:
        planned = panel["on_sale"][series, panel.n_periods : panel.n_periods + horizon]
        sold[:, : planned.shape[1]] = planned != 0
    return sold  # [S, H]


def check_horizon(horizon: int) -> int:
    """Return the horizon if it is a whole number of at least one period.

    Parameters
    ----------
    horizon : int
        Periods after the cutoff.

    Returns
    -------
    int
        The same.

    Raises
    ------
    ArgumentError
        If it is not.
    """
    if isinstance(horizon, bool) or not isinstance(horizon, int | np.integer) or horizon < 1:
        raise ArgumentError(f"Expected horizon, a whole number of periods >= 1, got {horizon!r}.")
    return int(horizon)
