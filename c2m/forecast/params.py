"""The estimator protocol of scikit-learn, without importing scikit-learn."""

import copy
import inspect
import os
from typing import Any, Self

from c2m.errors import ArgumentError
from c2m.frames import did_you_mean, name_list
from c2m.panel import Panel
from c2m.panel import folder as panel_folder
from c2m.storage import Folder


class Parameters:
    """What `sklearn.base.clone` asks of a model: its constructor's arguments, readable by name.

    A subclass stores every argument of its constructor unchanged under the argument's own name,
    and checks them in ``fit``.
    """

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the constructor's arguments.

        Parameters
        ----------
        deep : bool
            Part of the protocol; these models hold no other models.

        Returns
        -------
        dict
            Argument -> value.
        """
        del deep
        return {name: getattr(self, name) for name in self._names()}

    def set_params(self, **params: Any) -> Self:
        """Change arguments of the constructor.

        Parameters
        ----------
        **params
            Argument = value.

        Returns
        -------
        self
            The same model, not fitted anew.

        Raises
        ------
        ArgumentError
            If the constructor has no such argument.
        """
        names = self._names()
        unknown = [name for name in params if name not in names]
        if unknown:
            hint = did_you_mean(unknown[0], names)
            raise ArgumentError(
                f"{type(self).__name__} has no argument {name_list(unknown)}{hint}; "
                f"it has {name_list(names)}."
            )
        for name, value in params.items():
            setattr(self, name, value)
        return self

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted model to a folder, whole or not at all (see `c2m.storage`).

        Parameters
        ----------
        path : path
            The folder; a saved model that is there is replaced.

        Raises
        ------
        ArgumentError
            If the model is not fitted, or one of its arguments is nothing that JSON can hold.
        """
        from c2m.forecast.saving import save_model

        save_model(self, path)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a model that `save` wrote; it forecasts the same, bit for bit.

        Parameters
        ----------
        path : path
            The folder.

        Returns
        -------
        Self
            The fitted model.

        Raises
        ------
        DataError
            If the folder is incomplete, changed or no model of this class.
        """
        from c2m.forecast.saving import load_model

        model: Self = load_model(path, cls)
        return model

    def to_folder(self) -> Folder:
        """Return what was learnt: here the panel, from which `from_folder` learns again.

        Returns
        -------
        Folder
            What `from_folder` needs beside the constructor's arguments.

        Raises
        ------
        ArgumentError
            If the model is not fitted.
        """
        check_fitted(self, "panel_")
        panel: Panel = vars(self)["panel_"]
        return panel_folder.to_folder(panel)

    @classmethod
    def from_folder(cls, arguments: dict[str, Any], folder: Folder) -> Self:
        """Return the model of which `to_folder` wrote what was learnt.

        Parameters
        ----------
        arguments : dict
            The constructor's.
        folder : Folder
            What was learnt.

        Returns
        -------
        Self
            The fitted model.
        """
        unfitted: Any = cls(**arguments)
        model: Self = unfitted.fit(Panel(**panel_folder.from_folder(folder)))
        return model

    def __repr__(self) -> str:
        """Write the call that makes this model, without what is left at its default."""
        defaults = inspect.signature(type(self)).parameters
        changed = [
            f"{name}={value!r}"
            for name, value in self.get_params().items()
            if not _is(value, defaults[name].default)
        ]
        return f"{type(self).__name__}({', '.join(changed)})"

    @classmethod
    def _names(cls) -> list[str]:
        return list(inspect.signature(cls).parameters)


def _is(value: object, default: object) -> bool:
    """Say whether an argument is at its default; an array or an index never is."""
    return value is default or (type(value) is type(default) and value == default)


def check_fitted(model: Parameters, attribute: str) -> None:
    """Refuse a model that has not learnt yet.

    Parameters
    ----------
    model : Parameters
        The model.
    attribute : str
        What ``fit`` sets.

    Raises
    ------
    ArgumentError
        If it is not set.
    """
    if not hasattr(model, attribute):
        raise ArgumentError(f"Expected a fitted {type(model).__name__}: call fit(panel) first.")


def check_model(model: Any) -> None:
    """Refuse what cannot learn and forecast, such as a class in place of a model.

    Parameters
    ----------
    model : object
        What a caller passed.

    Raises
    ------
    ArgumentError
        If it has no ``fit`` and ``predict``.
    """
    able = callable(getattr(model, "fit", None)) and callable(getattr(model, "predict", None))
    if isinstance(model, type) or not able:
        raise ArgumentError(
            f"Expected a model with fit(panel) and predict(horizon), got {model!r}."
        )


def fitted_copy(model: Any, panel: Panel) -> Any:
    """Return a copy of a model that has learnt from a panel.

    Parameters
    ----------
    model : object
        With ``fit`` and ``predict``; it stays as it is.
    panel : Panel
        What to learn from.

    Returns
    -------
    model : object
        The fitted copy, also where its ``fit`` returns nothing.
    """
    copied = unfitted(model)
    return copied.fit(panel) or copied


def unfitted(model: Any) -> Any:
    """Return a copy of a model that has learnt nothing.

    Parameters
    ----------
    model : object
        With ``fit`` and ``predict``.

    Returns
    -------
    model : object
        Made from its constructor's arguments; a deep copy where it does not tell them.
    """
    if isinstance(model, Parameters):
        return type(model)(**model.get_params(deep=False))
    if hasattr(model, "get_params"):
        from sklearn.base import clone

        return clone(model)
    return copy.deepcopy(model)
