"""What enters a backtest: any model with fit and predict, by name, as a fresh copy."""

import inspect
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd

from c2m.demand import Demand
from c2m.errors import ArgumentError
from c2m.forecast.baselines.naive import MovingAverage, SeasonalNaive
from c2m.forecast.params import unfitted
from c2m.frames import name_list

if TYPE_CHECKING:
    from c2m.panel import Panel


class Model(Protocol):
    """What enters a backtest: any class with these two."""

    def fit(self, panel: "Panel") -> "Model":  # numpydoc ignore=PR01
        """Learn from what was known at the panel's cutoff, and return itself."""
        ...

    def predict(self, horizon: int) -> Demand:  # numpydoc ignore=PR01
        """Forecast the periods after that cutoff."""
        ...


Entrant = Model | type[Model]
"""A model, or a class of models that can be made without arguments."""


def name_models(
    models: Mapping[str, Entrant] | Sequence[Entrant], target: str
) -> dict[str, Entrant]:
    """Name the models and add the naive rows that are always there.

    Parameters
    ----------
    models : mapping of str to model, or sequence of models
        As they were passed; a model in a sequence goes by the name of its class.
    target : str
        Channel that they are to forecast.

    Returns
    -------
    dict of str to model
        With a `SeasonalNaive` and a `MovingAverage`.

    Raises
    ------
    ArgumentError
        If these are no models, two have one name, one of another kind takes the name of a naive
        row, one is a class that needs arguments, or one forecasts another target.
    """
    if not isinstance(models, Mapping | Iterable) or isinstance(models, str):
        raise ArgumentError(f"Expected several models, got {models!r}: pass [model].")
    named = dict(models) if isinstance(models, Mapping) else _named_by_type(models)
    for naive in (SeasonalNaive, MovingAverage):
        own = named.setdefault(naive.__name__, naive())
        if own is not naive and not isinstance(own, naive):
            raise ArgumentError(
                f"The name {naive.__name__!r} belongs to the naive row of the leaderboard: call "
                f"{own!r} something else."
            )
    _check_models(named, target)
    return named


def fresh_model(model: Entrant) -> Any:
    """Return an unfitted copy, so that nothing goes from one cutoff to the next.

    Parameters
    ----------
    model : model, or class of models that can be made without arguments
        It is not touched.

    Returns
    -------
    model
        Made anew from the same parameters, where it says what they are; else a deep copy.
    """
    return model() if isinstance(model, type) else unfitted(model)


def check_forecast(demand: object, name: str, known: "Panel", horizon: int) -> Demand:
    """Return the forecast if it is one of the panel's series, which both have sorted.

    Parameters
    ----------
    demand : object
        What a model returned.
    name : str
        The model's name.
    known : Panel
        What it was fitted on.
    horizon : int
        Periods that it was asked for.

    Returns
    -------
    Demand
        The same.

    Raises
    ------
    ArgumentError
        If it is no forecast of the panel's series over the wanted periods.
    """
    if not isinstance(demand, Demand):
        raise ArgumentError(f"{name}.predict returned a {type(demand).__name__}, not a Demand.")
    first = known.first + known.n_periods
    if demand.horizon != horizon or (demand.calendar, demand.first) != (known.calendar, first):
        raise ArgumentError(
            f"Expected {name} to forecast {horizon} periods after {known.cutoff.date()}, got "
            f"{demand!r}."
        )
    row = pd.MultiIndex.from_frame(demand.keys).get_indexer(pd.MultiIndex.from_frame(known.keys))
    if (row < 0).any() or demand.n_series != known.n_series:
        raise ArgumentError(
            f"Expected {name} to forecast the panel's {known.n_series:,} series, got "
            f"{demand.n_series:,}, of which {int((row >= 0).sum()):,} are the panel's."
        )
    return demand


def _named_by_type(models: Sequence[Entrant]) -> dict[str, Entrant]:
    named: dict[str, Entrant] = {}
    for model in models:
        name = model.__name__ if isinstance(model, type) else type(model).__name__
        name = repr(model) if name in named else name
        if name in named:
            raise ArgumentError(f"Two models are called {name!r}: pass a dict of name -> model.")
        named[name] = model
    return named


def _check_made_without_arguments(name: str, model: Entrant) -> None:
    if not isinstance(model, type):
        return
    try:
        inspect.signature(model).bind()
    except TypeError as error:
        raise ArgumentError(
            f"Expected {name!r} as a class that is made without arguments, but {error}: pass "
            f"{model.__name__}(...)."
        ) from None


def _check_models(named: Mapping[str, Entrant], target: str) -> None:
    unfit = [
        name
        for name, model in named.items()
        if not callable(getattr(model, "fit", None))
        or not callable(getattr(model, "predict", None))
    ]
    if unfit:
        raise ArgumentError(
            f"Expected models with fit(panel) and predict(horizon), got {name_list(unfit)} without."
        )
    for name, model in named.items():
        _check_made_without_arguments(name, model)
    targets = {name: getattr(model, "target", None) for name, model in named.items()}
    astray = [
        f"{name} forecasts {other!r}"
        for name, other in targets.items()
        if isinstance(other, str) and other != target
    ]
    if astray:
        raise ArgumentError(
            f"Expected models of the panel's target {target!r}, but {', '.join(astray)}. Pass "
            "panel.with_channels({}, target=...)."
        )
