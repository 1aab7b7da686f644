"""New data under a fitted model: what may differ from the panel of the fit, and what may not."""

import copy
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from c2m.errors import DataError, warn
from c2m.forecast.features.recipe import described
from c2m.forecast.features.table import FeatureTable
from c2m.forecast.heads.labels import labels_of
from c2m.forecast.target import check_target, need_panel, observed_single
from c2m.frames import name_list, text_codes

if TYPE_CHECKING:
    from c2m.forecast.boosting.boosting import DirectBoosting
    from c2m.forecast.heads.labels import Labels
    from c2m.panel import Panel

_CENSORING = ("in_stock", "on_sale")


def updated(model: "DirectBoosting", panel: "Panel") -> "DirectBoosting":
    """Return a model with the same trees and new data.

    Parameters
    ----------
    model : DirectBoosting
        A fitted model; it stays as it is.
    panel : Panel
        What is known now.

    Returns
    -------
    DirectBoosting
        The new model.

    Raises
    ------
    DataError
        If the panel lacks what the trees were taught to read, or ends before the one they learnt
        from.
    """
    need_panel(panel)
    groups = labels_of(panel.keys, panel.attributes, model.head_.groupings)
    _check_fits(model, panel, groups)
    check_target(panel, observed_single(panel, model.recipe_.target), model.recipe_.target)
    _warn_of_unseen(model, panel)
    _warn_of_little(model, panel)
    _warn_of_negative(model, panel)
    new = copy.copy(model)
    new.panel_ = panel
    new.table_ = FeatureTable.of(panel, model.recipe_)
    new.groups_ = groups
    return new


def _check_fits(model: "DirectBoosting", panel: "Panel", groups: "Labels") -> None:
    """List everything that makes the panel one that this model cannot read."""
    problems: dict[str, str] = {}
    fitted, recipe = model.panel_, model.recipe_
    if panel.calendar != fitted.calendar:
        problem = f"its periods are {panel.freq!r}, those of the model {fitted.freq!r}"
        problems[problem] = "build the panel with the freq of the model"
    elif panel.first + panel.n_periods < fitted.first + fitted.n_periods:
        problem = (
            f"its cutoff {panel.cutoff.date()} lies before {fitted.cutoff.date()}, up to which "
            "the model has learnt what came"
        )
        problems[problem] = "fit a model on this panel"
    needed = {recipe.target, *recipe.signals, *recipe.known}
    needed |= {name for name in _CENSORING if name in fitted}
    missing = sorted(name for name in needed if name not in panel)
    if missing:
        problem = f"it has no channel {name_list(missing)}; it has {name_list(panel.channels)}"
        problems[problem] = "add the channels that the model reads, or fit without them"
    problems |= _attribute_problems(model, panel, groups)
    if panel.currency != fitted.currency:
        problem = f"its currency is {panel.currency!r}, that of the model {fitted.currency!r}"
        problems[problem] = "convert the money first"
    if problems:
        raise DataError("panel", list(problems), "; ".join(dict.fromkeys(problems.values())))


def _attribute_problems(
    model: "DirectBoosting", panel: "Panel", groups: "Labels"
) -> dict[str, str]:
    own = described(panel).columns
    group = model.recipe_.group
    read = {*model.recipe_.attributes, *([] if group is None else [group])}
    absent = sorted(name for name in read if name not in own)
    problems = {}
    if absent:
        problem = f"it has no attribute {name_list(absent)}; it has {name_list(own) or 'none'}"
        problems[problem] = "add the attributes that the model reads"
    lost = [name for name in model.head_.groupings if name not in groups]
    if lost:
        problem = f"it has no {name_list(lost)}, by which series share a level"
        problems[problem] = "add the attributes that series are grouped by"
    for name, levels in model.recipe_.attributes.items():
        if name in own and levels is None:
            dtype = panel.attributes[name].dtype
            if not pd.api.types.is_numeric_dtype(dtype):
                problem = f"its attribute {name!r} holds {dtype}, the model read numbers"
                problems[problem] = "convert it to numbers"
    return problems


def _warn_of_unseen(model: "DirectBoosting", panel: "Panel") -> None:
    """Count the series with an attribute's value that the trees have not met."""
    for name, levels in model.recipe_.attributes.items():
        if levels is None:
            continue
        values = text_codes(described(panel)[name])
        unseen = values[values.notna() & ~values.isin(levels)]
        if len(unseen):
            warn(
                f"{len(unseen):,} of {panel.n_series:,} series have a {name!r} that the model has "
                f"not met (first: {unseen.iloc[0]!r}): it is read as unknown. Fit a new model to "
                "learn what it means."
            )


def _warn_of_negative(model: "DirectBoosting", panel: "Panel") -> None:
    """Count the values below 0 of signals whose logarithms the trees were taught to read."""
    for name in model.recipe_.signals:
        below = 0 if name in model.recipe_.signed else int(np.count_nonzero(panel[name] < 0))
        if below:
            warn(
                f"{below:,} values of {name!r} are below 0, which none was when the model was "
                "fitted: windows whose mean is below 0 are read as unknown. Fit a new model to "
                "learn what they mean."
            )


def _warn_of_little(model: "DirectBoosting", panel: "Panel") -> None:
    recipe = model.recipe_
    longest = max((*recipe.windows, *(season + 1 for season in recipe.seasons)))
    if panel.n_periods < longest:
        warn(
            f"The panel has {panel.n_periods:,} periods; the model looks back {longest:,}: what "
            "lies before is unknown to it. Pass the longer history."
        )
