"""Fitted models on disk: what every model has in common, models within models among it.

A folder (see `c2m.storage`) of kind ``"model"`` holds the class, the arguments of its constructor
and what ``to_folder`` of the class returned. `Parameters` has ``to_folder`` and ``from_folder``
for models that learn in no time: they keep their panel and learn again. A model that learns for
longer has its own two, and puts the models and panels that it holds into parts::

    def to_folder(self) -> Folder:
        check_fitted(self, "model_")
        return Folder({"strength": self.strength_}).with_part("model", model_folder(self.model_))

    @classmethod
    def from_folder(cls, arguments: dict[str, Any], folder: Folder) -> Self:
        model = cls(**arguments)
        model.model_ = model_of(folder.part("model"))
        model.strength_ = float(folder.facts["strength"])
        return model
"""

import json
import os
from importlib import import_module
from typing import Any, Final

import numpy as np
import pandas as pd

from c2m.errors import ArgumentError, DataError
from c2m.forecast.params import Parameters
from c2m.frames import name_list
from c2m.storage import Folder, read_folder, write_folder

_KIND: Final = "model"
_FIX: Final = "save it again with this c2m"
_NESTED: Final = "model class"
"""The key that marks an argument that is a model."""

_DOES_NOT_FIT: Final = (
    *(ArithmeticError, AttributeError, LookupError, TypeError, ValueError),
    pd.errors.InvalidIndexError,
)
"""What building a model from facts that are not those of its class ends in."""


def save_model(model: Parameters, path: str | os.PathLike[str]) -> None:
    """Write a fitted model to a folder, whole or not at all; no pickle.

    Parameters
    ----------
    model : Parameters
        A fitted model of `c2m.forecast`.
    path : path
        The folder; a saved model that is there is replaced.

    Raises
    ------
    ArgumentError
        If the model is not fitted, or one of its arguments is nothing that JSON can hold.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> from c2m.forecast import MovingAverage
    >>> from c2m.panel import Panel
    >>> weeks = pd.date_range("2026-01-05", periods=12, freq="7D")
    >>> frame = pd.DataFrame({"sku": "A", "period": weeks, "sales": [2, 4] * 6})
    >>> model = MovingAverage(window=4).fit(Panel.from_frame(frame, freq="W"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_model(model, f"{folder}/model")
    ...     load_model(f"{folder}/model").predict(2).mean
    array([[3., 3.]])
    """
    write_folder(path, _KIND, model_folder(model))


def load_model(path: str | os.PathLike[str], expected: type[Parameters] | None = None) -> Any:
    """Read a model that `save_model` wrote; it forecasts the same, bit for bit.

    Parameters
    ----------
    path : path
        The folder.
    expected : type, optional
        The class that it must be of; any model of `c2m.forecast` unless given.

    Returns
    -------
    model : Parameters
        The fitted model.

    Raises
    ------
    DataError
        If the folder is incomplete, changed, or no model of that class.
    """
    folder = read_folder(path, _KIND)
    own = folder.facts.get("class")
    if expected is not None and own != expected.__name__:
        problem = f"it holds a {own!r}, not a {expected.__name__!r}"
        raise DataError(str(path), [problem], f"load it with {own}.load")
    try:
        return model_of(folder, expected)
    except DataError as error:
        raise DataError(str(path), error.problems, error.fix) from error
    except _DOES_NOT_FIT as error:
        problem = f"its facts are not those of a model: {error!r}"
        raise DataError(str(path), [problem], _FIX) from error


def model_folder(model: Parameters) -> Folder:
    """Return what a saved model holds.

    Parameters
    ----------
    model : Parameters
        A fitted model.

    Returns
    -------
    Folder
        Class and arguments, and as part ``"learnt"`` what its `to_folder` returns.

    Raises
    ------
    ArgumentError
        If an argument is nothing that JSON can hold.
    """
    if not isinstance(model, Parameters):
        raise ArgumentError(
            f"Expected a model of c2m.forecast, got {type(model).__name__}, which cannot be saved."
        )
    learnt = model.to_folder()
    arguments = _to_plain(model.get_params(deep=False))
    try:
        json.dumps(arguments, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"Expected arguments that JSON can hold: {error}.") from error
    facts = {"class": type(model).__name__, "arguments": arguments}
    return Folder(facts).with_part("learnt", learnt)


def model_of(folder: Folder, expected: type[Parameters] | None = None) -> Any:
    """Return the model that `model_folder` described.

    Parameters
    ----------
    folder : Folder
        Class, arguments and what was learnt.
    expected : type, optional
        A class beside those of `c2m.forecast`.

    Returns
    -------
    model : Parameters
        The fitted model.

    Raises
    ------
    DataError
        If there is no such class.
    """
    kind = _class(folder.facts["class"], expected)
    arguments = {name: _from_plain(value) for name, value in folder.facts["arguments"].items()}
    return kind.from_folder(arguments, folder.part("learnt"))


def _class(name: object, expected: type[Parameters] | None = None) -> type[Parameters]:
    """Return a public model class: a file never names what is imported."""
    forecast = import_module("c2m.forecast")
    public = {one: getattr(forecast, one) for one in forecast.__all__}
    models = {
        one: kind
        for one, kind in public.items()
        if isinstance(kind, type) and issubclass(kind, Parameters)
    }
    if expected is not None:
        models[expected.__name__] = expected
    if not isinstance(name, str) or name not in models:
        problem = f"it holds a {name!r}; this c2m has {name_list(sorted(models))}"
        raise DataError("model", [problem], "load it with a newer c2m")
    return models[name]


def _to_plain(value: object) -> object:
    """Return a value with models in it written as class and arguments, unfitted."""
    if isinstance(value, Parameters):
        return {_NESTED: type(value).__name__, **_to_items(value.get_params(deep=False))}
    if isinstance(value, dict):
        return _to_items(value)
    if isinstance(value, list | tuple):
        return [_to_plain(item) for item in value]
    if isinstance(value, np.generic | np.ndarray | pd.Index | pd.Series):
        return value.tolist()
    return value


def _to_items(items: dict[str, Any]) -> dict[str, object]:
    return {name: _to_plain(item) for name, item in items.items()}


def _from_plain(value: object) -> Any:
    if isinstance(value, list):
        return tuple(_from_plain(item) for item in value)
    if isinstance(value, dict):
        items = {name: _from_plain(item) for name, item in value.items() if name != _NESTED}
        return _class(value[_NESTED])(**items) if _NESTED in value else items
    return value
