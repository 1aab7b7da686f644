"""Draw how many units come back, and when."""

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from c2m.errors import ArgumentError
from c2m.frames import did_you_mean
from c2m.plot.style import BANDS, BLUE, MUTED, axes_or_new, percents, quiet

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from c2m.signals import Returns

FloatArray = NDArray[np.float64]

_ERRORS: Final = 2.0


def plot_returns(found: "Returns", ax: "Axes | None" = None, *, sku: str | None = None) -> "Axes":
    """Plot the share of units sold that have come back, by days since their purchase.

    Parameters
    ----------
    found : Returns
        From `c2m.signals.fit_returns`.
    ax : matplotlib Axes, optional
        Where to draw; a new figure unless given.
    sku : str, optional
        The SKU, beside the mean of all; the mean alone unless given.

    Returns
    -------
    matplotlib Axes
        The curve of the mean over units sold; of one SKU with two standard deviations of its
        rate on either side.

    Raises
    ------
    ArgumentError
        If there is no such SKU.
    MissingEngineError
        If matplotlib is not installed.
    """
    skus = found.keys["sku"].tolist()
    if sku is not None and sku not in skus:
        raise ArgumentError(f"The returns know no SKU {sku!r}{did_you_mean(sku, skus)}.")
    every = np.arange(len(skus))
    curve, _ = _curve(found, every)
    days = np.arange(len(curve)) * found.cohorts.step_days
    ax = axes_or_new(ax, (5.4, 3.2))
    if sku is None:
        ax.plot(days, curve, color=BLUE, linewidth=1.8, label="mean of all")
        title = f"Returns of {len(skus):,} series"
    else:
        own, sd = _curve(found, every[np.asarray(skus) == sku])
        low, high = np.maximum(own - _ERRORS * sd, 0.0), np.minimum(own + _ERRORS * sd, 1.0)
        ax.fill_between(days, low, high, color=BANDS[0], linewidth=0, label="2 sd each way")
        ax.plot(days, curve, color=MUTED, linewidth=1.1, label="mean of all")
        ax.plot(days, own, color=BLUE, linewidth=1.8, label="this SKU")
        title = sku
    percents(ax)
    ax.set_ylim(bottom=0)
    ax.set_xlim(0, days[-1])
    ax.set_xlabel("days since the purchase")
    ax.set_ylabel("share of units sold that came back")
    quiet(ax, title=title)
    return ax


def _curve(found: "Returns", rows: NDArray[np.intp]) -> tuple[FloatArray, FloatArray]:
    """Return the mean curve over units sold, and its deviation where rates err alone."""
    sold = found.cohorts.sold[rows].sum(axis=1)
    weight = sold / sold.sum() if sold.any() else np.full(len(rows), 1 / len(rows))
    cumulative = np.cumsum(found.curves.delay[rows], axis=1)  # [rows, lags]
    mean = (weight * found.rate[rows]) @ cumulative
    sd = np.sqrt((weight * found.rate_sd[rows]) ** 2 @ cumulative**2)
    return mean, sd
