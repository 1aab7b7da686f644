"""Forecasts as JSON, a line a series."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray
from pydantic_core import to_json

if TYPE_CHECKING:
    from c2m.demand import Demand

_DECIMALS: Final = 4


def series_lines(
    demand: "Demand", rows: NDArray[np.intp], horizon: int, levels: Sequence[float]
) -> list[bytes]:
    """Return some series of a forecast, each as the JSON of a `ForecastRow`.

    Parameters
    ----------
    demand : Demand
        The forecast.
    rows : ndarray of int, shape (n,)
        Which series, rising.
    horizon : int
        How many periods.
    levels : sequence of float
        Of the quantiles.

    Returns
    -------
    list of bytes
        One a series; JSON escapes line breaks, so that each is one line.
    """
    if not len(rows):
        return []
    law = demand.law.rows(rows)
    mean = np.round(law.mean[:, :horizon], _DECIMALS).tolist()
    quantiles = law.quantiles(np.array(levels, dtype=np.float64))[:, :horizon]
    layered = np.round(np.moveaxis(quantiles, 2, 1), _DECIMALS).tolist()
    keys = demand.keys.iloc[rows].to_dict("records")
    return [
        to_json(key | {"mean": means, "quantiles": layers})
        for key, means, layers in zip(keys, mean, layered, strict=True)
    ]
