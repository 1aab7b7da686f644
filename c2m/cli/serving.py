"""``c2m serve``: the saved model over HTTP."""

import socket
import sys
from dataclasses import fields

from c2m.cli.config import Config
from c2m.cli.logfile import LOG
from c2m.cli.outcome import Outcome
from c2m.cli.saved import MODEL, made
from c2m.errors import ArgumentError


def serve_model(config: Config, *, quiet: bool) -> Outcome:
    """Serve the model that ``c2m forecast`` saved, until the process is told to end.

    Parameters
    ----------
    config : Config
        The project.
    quiet : bool
        Whether to say nothing of where it listens.

    Returns
    -------
    Outcome
        That it has ended.
    """
    from c2m.service import Limits, serve

    own, model = config.settings.serve, made(config, MODEL)
    factory = config.root / config.settings.files.factory
    limits = Limits(**{each.name: getattr(own, each.name) for each in fields(Limits)})
    where = f"http://{own.host}:{own.port}"
    _check_free(own.host, own.port)
    LOG.info("serving %s at %s", model, where)
    if not quiet:
        sys.stderr.write(f"Serving {model} at {where}; stop it with Ctrl-C.\n")
    serve(
        model,
        factory if factory.is_file() else None,
        host=own.host,
        port=own.port,
        horizon=own.horizon or config.settings.forecast.horizon,
        watch_seconds=own.watch_seconds,
        limits=limits,
    )
    return Outcome([], [], f"Stopped serving {model}")


def _check_free(host: str, port: int) -> None:
    """Refuse a place where something else listens, or where nobody may."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.create_server((host, port), family=family):
            pass
    except OSError as error:
        why = str(error.strerror).partition(" (")[0]
        raise ArgumentError(
            f"Nothing can be served at {host}:{port}: {why}. Choose another place with "
            "serve.host and serve.port, such as: --set serve.port=8001"
        ) from error
