"""A service that runs in a thread of the tests."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pandas as pd
import uvicorn

from c2m import MovingAverage, Panel
from c2m.service import Limits, create_app

SKUS = ("001", "A", "B")
HORIZON = 4


def fitted(level: float) -> MovingAverage:
    """Return a model that has seen 20 weeks of about `level` units."""
    weeks = pd.date_range("2026-01-05", periods=20, freq="7D")
    parts = [
        pd.DataFrame({"sku": sku, "period": weeks, "sales": [level, level + 2 + place] * 10})
        for place, sku in enumerate(SKUS)
    ]
    return MovingAverage(window=8).fit(Panel.from_frame(pd.concat(parts), freq="W"))


@contextmanager
def running(
    model: Path, factory: Path | None = None, limits: Limits | None = None, watch: float = 0
) -> Iterator[httpx.Client]:
    """Serve a model on a free port until the block ends; it is loaded when the block begins."""
    app = create_app(model, factory, horizon=HORIZON, watch_seconds=watch, limits=limits)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait(lambda: server.started)
        port = server.servers[0].sockets[0].getsockname()[1]
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            wait(lambda: not client.get("/v1/model").json()["loading"])
            yield client
    finally:
        server.should_exit = True
        thread.join()


def wait(done) -> None:
    """Wait until something is so."""
    until = time.monotonic() + 60
    while not done():
        assert time.monotonic() < until, "it took more than a minute"
        time.sleep(0.02)
