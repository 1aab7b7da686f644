"""Daily counts in which some series shift, some have a passing wave, and some meet bots."""

from typing import Final

import numpy as np
import pandas as pd

from c2m.errors import ArgumentError
from c2m.panel import Panel

_WEEKDAYS: Final = np.array([0.90, 0.85, 0.90, 1.00, 1.15, 1.20, 1.00])
_FUNNEL: Final = {"views": 1.0, "carts": 0.12, "sales": 0.05}
_LAG: Final = {"views": 0, "carts": 1, "sales": 2}
KINDS: Final = ("none", "shift", "wave", "bots")


def simulate_waves(
    seed: int,
    *,
    n_series: int = 1_500,
    n_days: int = 84,
    age: int = 13,
    shares: tuple[float, float, float, float] = (0.4, 0.25, 0.25, 0.1),
    shift: float = 1.8,
    wave: tuple[float, float] = (1.8, 4.0),
    half_life: float = 3.0,
    dispersion: float = 0.05,
    median: float = 25.0,
) -> tuple[Panel, pd.DataFrame]:
    """Simulate a daily panel of views, carts and sales in which something happens at one day.

    Counts are negative binomial around a level (lognormal over the series), a weekday profile and
    the event: a shift multiplies the mean for good; a wave multiplies it at its onset, and decays;
    bots do what a wave does to the views alone. Carts follow the views by one day, sales by two.

    Parameters
    ----------
    seed : int
        The same seed gives the same bits.
    n_series, n_days : int
        Size of the panel.
    age : int
        Days of the event that the panel has seen; 1 is its first.
    shares : (float, float, float, float)
        Of series without event, with a shift, a wave, bots; they sum to 1.
    shift : float
        Factor of a shift.
    wave : (float, float)
        Least and largest factor of a wave or of bots at the onset.
    half_life : float
        Days in which a wave halves.
    dispersion : float
        ``variance = mean + dispersion * mean ** 2``.
    median : float
        Median of the daily views.

    Returns
    -------
    panel : Panel
        Channels views, carts, sales; the first day is Monday 2026-01-05.
    truth : DataFrame, a row a series
        sku, kind (``"none"``, ``"shift"``, ``"wave"``, ``"bots"``), factor and onset.

    Raises
    ------
    ArgumentError
        If an argument is out of its range.
    """
    if len(shares) != len(KINDS) or min(shares) < 0 or abs(sum(shares) - 1) > 1e-9:
        raise ArgumentError(f"Expected four shares that sum to 1, got {shares!r}.")
    if not 0 < age <= n_days or n_series < 1 or dispersion <= 0 or median <= 0 or half_life <= 0:
        raise ArgumentError(
            "Expected 0 < age <= n_days, n_series from 1, and dispersion, median and half_life "
            f"above 0, got {age!r}, {n_days!r}, {n_series!r}, {dispersion!r}, {median!r}, "
            f"{half_life!r}."
        )
    rng = np.random.Generator(np.random.PCG64DXSM(seed))
    bounds = np.round(np.cumsum(shares) * n_series).astype(int)
    kind = np.searchsorted(bounds, rng.permutation(n_series), side="right")
    level = median * np.exp(rng.normal(0.0, 1.0, n_series))
    factor = np.where(kind == 1, shift, np.where(kind == 0, 1.0, rng.uniform(*wave, n_series)))
    days = np.arange(n_days)
    profile = (_WEEKDAYS / _WEEKDAYS.mean())[days % 7]
    channels = {}
    for name, share in _FUNNEL.items():
        since = days - (n_days - age) - _LAG[name]
        fading = np.where(kind == 1, 1.0, 0.0)[:, None] + np.where(kind > 1, 1.0, 0.0)[
            :, None
        ] * 0.5 ** (np.maximum(since, 0) / half_life)
        moved = (since >= 0)[None, :] & ((kind != 3)[:, None] | (name == "views"))
        lift = 1.0 + np.where(moved, (factor - 1)[:, None] * fading, 0.0)
        mean = share * level[:, None] * profile * lift
        size = 1.0 / dispersion
        channels[name] = rng.poisson(mean * rng.gamma(size, 1.0 / size, mean.shape))
    skus = [f"SKU-{number:05d}" for number in range(n_series)]
    frame = pd.DataFrame(
        {
            "sku": np.repeat(skus, n_days),
            "period": np.tile(pd.date_range("2026-01-05", periods=n_days), n_series),
            **{name: counts.reshape(-1) for name, counts in channels.items()},
        }
    )
    panel = Panel.from_frame(
        frame, sku="sku", period="period", target="sales", freq="D", signals=("views", "carts")
    )
    onset = pd.Timestamp("2026-01-05") + pd.Timedelta(days=n_days - age)
    truth = pd.DataFrame(
        {"sku": skus, "kind": np.array(KINDS, dtype=object)[kind], "factor": factor}
    )
    truth["onset"] = pd.Series(onset, index=truth.index).where(truth["kind"] != "none")
    return panel, truth
