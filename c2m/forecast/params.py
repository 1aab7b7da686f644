"""The estimator protocol of scikit-learn, without importing scikit-learn."""

import inspect
from typing import Any, Self

from c2m.errors import ArgumentError
from c2m.frames import did_you_mean, name_list


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

    def __repr__(self) -> str:
        """Write the call that makes this model, without what is left at its default."""
        defaults = inspect.signature(type(self)).parameters
        changed = [
            f"{name}={value!r}"
            for name, value in self.get_params().items()
            if value is not defaults[name].default and value != defaults[name].default
        ]
        return f"{type(self).__name__}({', '.join(changed)})"

    @classmethod
    def _names(cls) -> list[str]:
        return list(inspect.signature(cls).parameters)


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
