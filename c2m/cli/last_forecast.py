"""Say where another model forecasts than the last time, and what that changes."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from c2m.cli.config import Config
from c2m.cli.saved import DEMAND, MODEL
from c2m.errors import C2MError
from c2m.frames import plural

if TYPE_CHECKING:
    from c2m.demand import Demand


def model_change(config: Config, model: Any, demand: "Demand") -> list[str]:
    """Compare a forecast with the one that it will replace.

    Parameters
    ----------
    config : Config
        The project, in which the last model and its forecast are still saved.
    model : model
        What forecasts now.
    demand : Demand
        Its forecast.

    Returns
    -------
    list of str
        A sentence; none where the model is of the same kind, or there is no last one.
    """
    from c2m.demand import Demand
    from c2m.storage import read_folder

    folders = [config.output / name for name in (MODEL, DEMAND)]
    if not all(folder.exists() for folder in folders):
        return []
    try:
        was = str(read_folder(folders[0], "model").facts["class"])
        last = Demand.load(folders[1])
    except (C2MError, OSError, KeyError):  # it is replaced, and no hindrance
        return []
    now = type(model).__name__
    if was == now:
        return []
    return [f"The model changed since the last forecast, from {was} to {now}{_units(last, demand)}"]


def _units(last: "Demand", demand: "Demand") -> str:
    """Say what both forecasts expect of the series and periods that both have."""
    first = max(last.first, demand.first)
    stop = min(last.first + last.horizon, demand.first + demand.horizon)
    if last.calendar != demand.calendar or stop <= first:
        return "."
    was, now = (_total(one, other, first, stop) for one, other in ((last, demand), (demand, last)))
    periods = plural(stop - first, demand.calendar.word)
    return (
        f": {was:,.0f} units were expected for the {periods} that both forecast, now {now:,.0f} "
        "are."
    )


def _total(demand: "Demand", other: "Demand", first: int, stop: int) -> float:
    """Return expected units of the series that another forecast has as well."""
    own, others = (pd.MultiIndex.from_frame(each.keys) for each in (demand, other))
    mean = demand.mean[:, first - demand.first : stop - demand.first]
    return float(np.sum(mean[own.isin(others)]))
