"""Forecasts and plans over HTTP: ``pip install "c2m[service]"``.

`serve` starts one process that answers from memory. Models are read, and plans made, in processes
of their own, so that nothing heavy and no damaged file is ever in the one that answers.

The service knows no users. Whoever can reach it may use all of it: let a gateway in front of it
authenticate, encrypt and limit rates, and let it listen where only the gateway reaches it.
"""

from c2m.service.limits import Limits
from c2m.service.run import create_app, serve

__all__ = ["Limits", "create_app", "serve"]
