"""The one door to LightGBM."""

from types import ModuleType

from c2m.errors import MissingEngineError


def load_lightgbm() -> ModuleType:
    """Import LightGBM, or say what to install.

    Returns
    -------
    module
        ``lightgbm``.

    Raises
    ------
    MissingEngineError
        If the package, or the OpenMP library that its wheel needs, is not there.
    """
    try:
        import lightgbm
    except ModuleNotFoundError as error:
        raise MissingEngineError(
            "DirectBoosting needs LightGBM: pip install lightgbm. SeasonalNaive and MovingAverage "
            "work without it."
        ) from error
    except OSError as error:
        raise MissingEngineError(
            "LightGBM cannot load the OpenMP library (libgomp). Debian, Ubuntu: apt-get install "
            "libgomp1. Fedora: dnf install libgomp. macOS: brew install libomp. SeasonalNaive and "
            "MovingAverage work without it."
        ) from error
    module: ModuleType = lightgbm
    return module
