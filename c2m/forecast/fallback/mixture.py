"""One law for series that are forecast by different models."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from c2m.distribution import GammaPoisson, Law
from c2m.distribution.level_sets import counts_of


def mix_laws(
    laws: Sequence[Law], chosen: NDArray[np.intp], codes: Sequence[str] = ()
) -> GammaPoisson:
    """Return the law in which each series follows the law chosen for it.

    A law of another kind than `GammaPoisson` goes in by its mean, dispersion and level variance.
    Shared levels are those of the first law that has some, and hold for all series: demand of a
    category goes up and down whatever model forecasts it. Amounts that are not whole stay so if
    one of the laws has them.

    Parameters
    ----------
    laws : sequence of Law
        Over the same series and periods.
    chosen : ndarray of int, shape (n_series,)
        Position of each series' law.
    codes : sequence of str, length n_series
        Names of the series, which laws of some kinds need.

    Returns
    -------
    GammaPoisson
        The joint law.

    Examples
    --------
    >>> laws = [GammaPoisson(np.full((2, 1), mean), 0.5, 0.1) for mean in (1.0, 9.0)]
    >>> mix_laws(laws, np.array([1, 0])).mean.tolist()
    [[9.0], [1.0]]
    """
    parts = [counts_of(law, codes) for law in laws]
    series = np.arange(len(chosen))
    mean, dispersion, level = (
        np.stack([getattr(part, name) for part in parts])[chosen, series]
        for name in ("mean", "dispersion", "level_variance")
    )
    first = next((part for part in parts if part.shared is not None), parts[0])
    if first.shared is not None:
        level = np.maximum(level, first.shared.variance)
        dispersion = np.maximum(dispersion, level[:, None])
    return replace(
        first,
        mean=mean,
        dispersion=dispersion,
        level_variance=level,
        whole=all(part.whole for part in parts),
    )
