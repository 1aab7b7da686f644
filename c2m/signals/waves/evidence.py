r"""How much better a step or a pulse explains the last periods than nothing does.

With counts :math:`y_t`, baseline mean :math:`\mu_t` and size :math:`r`, a template multiplies the
mean by :math:`f_t`. The log likelihood ratio of a period is

.. math:: y_t \log f_t - (y_t + r) \log\frac{r + f_t \mu_t}{r + \mu_t}

A step has :math:`f_t = a` from its onset on; a pulse :math:`f_t = 1 + (a - 1) 2^{-k/h}`, k periods
after its onset, with half-life h. What is not known (a, h) is integrated out over a grid, so that
a template with more freedom is not favoured (Kass & Raftery 1995, Bayes factors, JASA 90). A pulse
of half-life 0 is one period alone, which may be of any size.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from c2m.signals.waves.baseline import Baseline

Floats = NDArray[np.float64]

FACTORS: Final = np.concatenate(
    [np.array([0.2, 0.33, 0.5, 0.7]), np.exp(np.linspace(np.log(1.25), np.log(6.0), 10))]
)
"""By how much a step, or a pulse at its onset, multiplies the mean."""


SIDES: Final = (FACTORS[FACTORS < 1], FACTORS[FACTORS > 1])
"""The factors of a fall, and those of a rise."""

_ONE_OFF: Final = (2.0, 5000.0)
"""Range of the factors of one period alone that rises: an order of many units, say."""


@dataclass(frozen=True)
class Evidence:
    """Log evidence of one channel against "nothing happened", by onset.

    Parameters
    ----------
    step : ndarray, shape (n_series, window)
        Of a step that begins in that period of the window.
    pulse : ndarray, shape (n_series, n_half_lives, window)
        Of a pulse.
    step_factor, pulse_factor : ndarray, shapes as above
        The likeliest factor.
    """

    step: Floats
    pulse: Floats
    step_factor: Floats
    pulse_factor: Floats


def weigh(
    counts: Floats, baseline: Baseline, half_lives: Floats, factors: Floats = FACTORS
) -> Evidence:
    """Compare steps and pulses of every onset with the baseline.

    Parameters
    ----------
    counts : ndarray, shape (n_series, window)
        Counts of the window; NaN where unknown, which is no evidence.
    baseline : Baseline
        What was expected.
    half_lives : ndarray, shape (n_half_lives,)
        Of pulses, in periods; 0 for one period alone.
    factors : ndarray, shape (n_factors,)
        Factors that are tried, rising.

    Returns
    -------
    Evidence
        Log evidence, factors integrated out with equal weight.
    """
    n_series, window = counts.shape
    ages = np.arange(window)
    steps = np.empty((len(factors), n_series, window))
    pulses = np.empty((len(half_lives), len(factors), n_series, window))
    grids = np.where(half_lives[:, None] > 0, factors, _of_one_period(factors))  # [H, A]
    for place, factor in enumerate(factors):
        gain = _gain(counts, baseline, factor)
        steps[place] = np.cumsum(gain[:, ::-1], axis=1)[:, ::-1]
        for number, half_life in enumerate(half_lives):
            if half_life > 0:
                fading = 1 + (factor - 1) * 0.5 ** (ages / half_life)
                pulses[number, place] = _by_onset(counts, baseline, fading)
            else:
                pulses[number, place] = _gain(counts, baseline, grids[number, place])
    return Evidence(
        step=log_mean(steps, 0),
        pulse=np.moveaxis(log_mean(pulses, 1), 0, 1),
        step_factor=factors[steps.argmax(axis=0)],
        pulse_factor=np.stack(
            [grid[best] for grid, best in zip(grids, pulses.argmax(axis=1), strict=True)], axis=1
        ),
    )


def _of_one_period(factors: Floats) -> Floats:
    """Return as many factors of one period alone; where only falls are tried, the same."""
    if factors[-1] < 1:
        return factors
    return np.geomspace(*_ONE_OFF, len(factors))


def _by_onset(counts: Floats, baseline: Baseline, fading: Floats) -> Floats:
    """Return the log likelihood ratio of a pulse for each onset, (n_series, window)."""
    window = counts.shape[1]
    total = np.zeros(counts.shape)
    for age, factor in enumerate(fading):
        since = slice(age, window)
        cut = Baseline(baseline.mean[:, since], baseline.dispersion)
        total[:, : window - age] += _gain(counts[:, since], cut, float(factor))
    return total


def _gain(counts: Floats, baseline: Baseline, factor: float) -> Floats:
    """Return the log likelihood ratio of each period; 0 where the count is unknown."""
    size = 1.0 / baseline.dispersion[:, None]
    odds = np.log1p((factor - 1) * baseline.mean / (size + baseline.mean))
    gain = counts * np.log(factor) - (counts + size) * odds
    return np.where(np.isnan(gain), 0.0, gain)


def log_mean(values: Floats, *axes: int) -> Floats:
    """Return the log of the mean of exponentials over axes.

    Parameters
    ----------
    values : ndarray
        Logs.
    *axes : int
        Averaged over.

    Returns
    -------
    ndarray
        Without these axes.
    """
    most = values.max(axis=axes, keepdims=True)
    mean = np.exp(values - most).mean(axis=axes)
    return np.asarray(np.log(mean) + np.squeeze(most, axis=axes))


def wait(evidence: Floats, lag: int) -> Floats:
    """Let a channel follow by up to a number of periods.

    Parameters
    ----------
    evidence : ndarray, shape (..., window)
        By the channel's own onset.
    lag : int
        Most periods by which it follows.

    Returns
    -------
    ndarray, same shape
        By the onset of the channel that leads; an onset after the window is no evidence.
    """
    window = evidence.shape[-1]
    padded = np.concatenate([evidence, np.zeros((*evidence.shape[:-1], lag))], axis=-1)
    shifted = np.stack([padded[..., step : step + window] for step in range(lag + 1)])
    return log_mean(shifted, 0)
