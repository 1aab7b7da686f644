"""Starting a service."""

import os
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING

from c2m.engines import engine
from c2m.errors import ArgumentError
from c2m.service.limits import Limits

if TYPE_CHECKING:
    from fastapi import FastAPI

_FACTORIES = (".toml", ".xlsx", ".xlsm")
_WATCH_SECONDS = 30.0


def create_app(
    model: str | os.PathLike[str],
    factory: str | os.PathLike[str] | None = None,
    *,
    horizon: int | None = None,
    watch_seconds: float = _WATCH_SECONDS,
    limits: Limits | None = None,
) -> "FastAPI":
    """Make an ASGI app that answers with forecasts of a saved model and makes plans.

    It authenticates nobody: that is the gateway's, as are encryption and rates. Run it in one
    process, because plans are in its memory; for more, start several and keep a caller's polls
    on one.

    Parameters
    ----------
    model : path
        Folder of a model that ``model.save`` wrote. It is read in a process of its own, which
        forecasts all series; only these forecasts are kept in memory. Save another model to the
        same place and it answers as soon as it can, all at once.
    factory : path, optional
        An ``.xlsx`` or ``.toml`` file, for plans that bring none.
    horizon : int, optional
        Periods to forecast; all that the model can unless given. A model that reaches as far as
        is asked, such as `c2m.SES`, needs it.
    watch_seconds : float
        How often to look for another model at its place; 0 for only when ``/v1/model/reload`` is
        called.
    limits : Limits, optional
        The most that requests may take.

    Returns
    -------
    FastAPI
        The app; its contract is at ``/v1/openapi.json``.

    Raises
    ------
    MissingEngineError
        If FastAPI or prometheus-client is not installed.
    ArgumentError
        If there is no such model or factory, or an argument is out of range.

    Examples
    --------
    >>> create_app("no/such/model")
    Traceback (most recent call last):
        ...
    c2m.errors.ArgumentError: Expected the folder of a saved model, got 'no/such/model'.
    """
    for module in ("fastapi", "prometheus_client"):
        engine(module, "Services", "service")
    from c2m.service.app import Settings, build_app

    if not Path(model).is_dir():
        raise ArgumentError(f"Expected the folder of a saved model, got {os.fspath(model)!r}.")
    if factory is not None and not _is_factory(Path(factory)):
        known = ", ".join(_FACTORIES)
        raise ArgumentError(
            f"Expected a factory file ending in one of {known}, got {os.fspath(factory)!r}."
        )
    if horizon is not None and horizon < 1:
        raise ArgumentError(f"Expected a horizon of at least 1, got {horizon}.")
    if watch_seconds < 0:
        raise ArgumentError(f"Expected watch_seconds of at least 0, got {watch_seconds}.")
    place = Path(factory).resolve() if factory is not None else None
    # not resolved: a link may be set to another model
    served = Path(model).absolute()
    return build_app(Settings(served, place, horizon, watch_seconds, limits or Limits()))


def serve(
    model: str | os.PathLike[str],
    factory: str | os.PathLike[str] | None = None,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    horizon: int | None = None,
    watch_seconds: float = _WATCH_SECONDS,
    limits: Limits | None = None,
) -> None:
    """Serve a saved model until the process is told to end.

    Parameters
    ----------
    model, factory
        See `create_app`.
    host : str
        Where to listen: this machine only unless given, because a gateway should stand in front.
    port : int
        Which port.
    horizon, watch_seconds, limits
        See `create_app`.

    Raises
    ------
    MissingEngineError
        If FastAPI, uvicorn or prometheus-client is not installed.
    ArgumentError
        As in `create_app`, or if it cannot listen there.
    """
    uvicorn = engine("uvicorn", "Services", "service")
    app = create_app(model, factory, horizon=horizon, watch_seconds=watch_seconds, limits=limits)
    logs = deepcopy(uvicorn.config.LOGGING_CONFIG)
    logs["loggers"]["c2m.service"] = {"handlers": ["default"], "level": "INFO"}
    settings = {"server_header": False, "access_log": False, "log_config": logs}
    server = uvicorn.Server(uvicorn.Config(app, host=host, port=port, **settings))
    try:
        server.run()
    except KeyboardInterrupt:
        pass
    except SystemExit as error:  # the log has the system's own words
        free = f"Expected a place where this process may listen, got {host}:{port}."
        raise ArgumentError(free) from error


def _is_factory(path: Path) -> bool:
    return path.suffix.lower() in _FACTORIES and path.is_file()
