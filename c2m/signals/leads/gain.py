"""What the past of a signal explains that the past of sales does not."""

from typing import Final

import numpy as np

from c2m.panel import Panel
from c2m.signals.leads.deviations import deviations, sellable
from c2m.signals.pooling import Floats, Groups

_OWN_LAGS: Final = 14
_TRAINED: Final = 2 / 3


def explained_gain(panel: Panel, signal: str, target: str, groups: Groups, shares: Floats) -> float:
    """Score a signal's kernel on the last third of the time.

    Parameters
    ----------
    panel : Panel
        With both channels.
    signal, target : str
        Their names.
    groups : ndarray of int, shape (n_series,)
        Group of each series.
    shares : ndarray, shape (max_lag + 1,)
        The hump; its lag 0 is not used.

    Returns
    -------
    float
        ``1 - squared error with the signal / squared error without it``: both regressions have
        the target's own last periods, both are fitted on the first two thirds. Below 0 where the
        signal makes it worse.
    """
    stop = panel.n_periods
    cut = int(stop * _TRAINED)
    past = deviations(sellable(panel, signal), groups, cut).cells
    sales = deviations(sellable(panel, target), groups, cut).cells
    start = len(shares) - 1
    own = [sales[:, start - lag : stop - lag] for lag in range(1, min(_OWN_LAGS, start) + 1)]
    ahead = np.zeros((len(sales), stop - start))
    for lag in range(1, len(shares)):
        ahead += shares[lag] * past[:, start - lag : stop - lag]
    train = cut - start
    errors = [_error(sales[:, start:], [*own, *more], train) for more in ([], [ahead])]
    return 1 - errors[1] / errors[0] if errors[0] > 0 else 0.0


def _error(target: Floats, columns: list[Floats], train: int) -> float:
    """Fit on the first periods, return the squared error on the others."""
    early = np.stack([part[:, :train].reshape(-1) for part in columns])
    late = np.stack([part[:, train:].reshape(-1) for part in columns])
    gram = early @ early.T
    gram += 1e-6 * np.trace(gram) * np.eye(len(gram)) / len(gram)
    weights = np.linalg.solve(gram, early @ target[:, :train].reshape(-1))
    rest = target[:, train:].reshape(-1) - weights @ late
    return float(rest @ rest)
