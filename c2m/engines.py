"""The one door to packages that a plain install of c2m does not bring."""

from importlib import import_module
from types import ModuleType

from c2m.errors import MissingEngineError


def engine(module: str, purpose: str, extra: str = "report") -> ModuleType:
    """Import an optional package when it is needed.

    Parameters
    ----------
    module : str
        The module, such as ``"matplotlib.figure"``.
    purpose : str
        What needs it, to begin the message with: ``"Figures"``.
    extra : str
        The extra of c2m that brings it.

    Returns
    -------
    module
        The imported module.

    Raises
    ------
    MissingEngineError
        If it is not installed; the message says what to type.

    Examples
    --------
    >>> engine("no_such_engine", "Workbooks")
    Traceback (most recent call last):
        ...
    c2m.errors.MissingEngineError: Workbooks need the package no-such-engine: \
pip install "c2m[report]"
    """
    try:
        return import_module(module)
    except ImportError as error:
        package = module.partition(".")[0].replace("_", "-")
        raise MissingEngineError(
            f'{purpose} need the package {package}: pip install "c2m[{extra}]"'
        ) from error
