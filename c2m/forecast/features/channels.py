"""Features of other channels: signals up to the cutoff, plans for the target's period."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from c2m.panel.channels import channel

if TYPE_CHECKING:
    from c2m.forecast.features.rows import Rows
    from c2m.forecast.features.table import FeatureTable
    from c2m.forecast.target import FloatArray

Column = tuple[str, NDArray[Any]]

_SIGNAL_FLOOR: Final = 0.05
"""Share of a signal's overall mean that is added before its logarithm is taken."""

_LAGS: Final = 2
"""How many windows before the newest one are looked at."""


def signal_columns(
    table: "FeatureTable", name: str, rows: "Rows", level: "FloatArray"
) -> Iterator[Column]:
    """Tell how a signal moves, and how much of it there is for a unit of the target.

    Parameters
    ----------
    table : FeatureTable
        The panel, made ready.
    name : str
        The signal.
    rows : Rows
        The rows.
    level : ndarray, shape (n_rows,)
        Level of each row.

    Yields
    ------
    str, ndarray of shape (n_rows,)
        One feature. A signal that was below 0 somewhere is compared by differences, others by
        logarithms, unknown where it fell below 0 after the fit; one that holds for all series has
        no amount for a unit of theirs.
    """
    recipe, sums = table.recipe, table.sums[name]
    short = recipe.moves[:-1]
    signed = name in recipe.signed
    floor = 0.0 if signed else table.floors[name][rows.origin]

    def _means(widths: Sequence[int], lags: Sequence[int] = (0,)) -> "FloatArray":
        ends = rows.origin - np.array(lags)[:, None]
        mean = sums.mean(rows.series, ends, np.array(widths)[:, None])  # [K, R]
        return mean if signed else _logarithm(mean + floor)

    *moved, base = _means(recipe.moves)
    recent = dict(zip(short, moved, strict=True))
    if signed:
        yield f"{name} now", moved[0] if moved else base
    for width, mean in recent.items():
        yield f"{name} move {width}", mean - base
    lags = [turn * recipe.beat for turn in range(1, _LAGS + 1)]
    for lag, mean in zip(lags, _means([recipe.beat], lags), strict=True):
        yield f"{name} move {recipe.beat} ago {lag}", mean - base
    if not signed and name not in recipe.shared and channel(name).rollup != "mean":
        for width in short[1:] or recipe.moves:
            yield f"{name} per unit {width}", recent.get(width, base) - np.log(level)


def _logarithm(values: "FloatArray") -> "FloatArray":
    """Return the logarithm; unknown of what was never below 0 at the fit and is now."""
    return np.log(np.where(values > 0, values, np.nan))


def signal_floor(table_sums: tuple["FloatArray", NDArray[np.int64]]) -> "FloatArray":
    """Return what is added to a signal before its logarithm, as known at each period.

    Parameters
    ----------
    table_sums : tuple of ndarray, shape (n_periods,)
        Sum and count of all series up to each period.

    Returns
    -------
    ndarray, shape (n_periods,)
        A small share of the mean so far.
    """
    total, count = table_sums
    return np.asarray(np.maximum(_SIGNAL_FLOOR * total / np.maximum(count, 1), 1e-6))


def known_columns(table: "FeatureTable", name: str, rows: "Rows") -> Iterator[Column]:
    """Tell what is planned for the target's period, and how it differs from lately.

    Parameters
    ----------
    table : FeatureTable
        The panel, made ready.
    name : str
        The channel.
    rows : Rows
        The rows.

    Yields
    ------
    str, ndarray of shape (n_rows,)
        One feature; NaN where nothing is planned.
    """
    planned, at = table.ahead[name], rows.origin + rows.step
    value = np.full(len(rows), np.nan)
    inside = at < planned.shape[1]
    value[inside] = planned[rows.series[inside], at[inside]]
    lately = table.sums[f"known {name}"].mean(rows.series, rows.origin, table.recipe.memory)
    if name.endswith("price"):
        both = (value > 0) & (lately > 0)
        ratio = np.where(both, value, 1.0) / np.where(both, lately, 1.0)
        yield f"{name} over recent", np.where(both, np.log(ratio), np.nan)
        return
    yield f"{name} planned", value
    yield f"{name} over recent", value - lately
