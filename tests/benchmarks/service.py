"""How long callers of the service wait: forecasts of 100 SKUs at 50 requests a second.

Run ``python tests/benchmarks/service.py [--items 30 300 3049] [--days 730] [--seconds 60]``; it
needs hey (``apt install hey``), which asks from several connections at a fixed rate, all at the
same moment. A SKU is one item in one of ten stores; a reply has 28 days with seven quantiles. The
rate is kept up while nothing else happens, while another model takes over, and while a plan is
made on the same machine.
"""

import argparse
import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from c2m import DirectBoosting, Panel
from c2m.datasets import simulate_panel

HORIZON = 28
SERVE = "import sys; from c2m.service import serve; serve(sys.argv[1], port=int(sys.argv[2]))"
FIGURES = ("50%", "90%", "99%")
TICKS = os.sysconf("SC_CLK_TCK")


def one_store_each(panel: Panel) -> Panel:
    """Return the panel with a SKU of its own for every item and store."""
    keys = panel.keys["sku"] + "@" + panel.keys["location"]
    return replace(panel, keys=pd.DataFrame({"sku": keys}))


class Running:
    """A service in a process of its own."""

    def __init__(self, model: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        command = [sys.executable, "-c", SERVE, str(model), str(self.port)]
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL)

    def ask(self, path: str, body: object = None, method: str | None = None) -> dict:
        """Return a reply."""
        data = None if body is None else json.dumps(body).encode()
        head = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, data, head, method=method)
        with urllib.request.urlopen(request) as reply:
            return json.loads(reply.read() or b"{}")

    def wait_until(self, done: Callable[[], bool]) -> float:
        """Wait until something is so; return for how long."""
        begun = time.monotonic()
        while True:
            with contextlib.suppress(urllib.error.URLError, ConnectionError):
                if done():
                    return time.monotonic() - begun
            time.sleep(0.2)

    def cpu_seconds(self) -> float:
        """Return the processor time of the process that answers."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text("utf-8").split()
        return (int(fields[13]) + int(fields[14])) / TICKS

    def memory(self) -> float:
        """Return what it has in memory, in GB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text("utf-8")
        return int(status.partition("VmRSS:")[2].split()[0]) / 2**20


@contextlib.contextmanager
def running(model: Path) -> Iterator[Running]:
    """Serve a model; it is loaded when the block begins."""
    service = Running(model)
    try:
        took = service.wait_until(lambda: service.ask("/health/ready") != {})
        print(f"ready after {took:.1f} s, {service.memory():.2f} GB")
        yield service
    finally:
        service.process.terminate()
        service.process.wait()


def hammer(name: str, service: Running, body: Path, arguments: argparse.Namespace) -> None:
    """Ask at a fixed rate and print how long replies took."""
    before = service.cpu_seconds()
    tool = ["hey", "-z", f"{arguments.seconds}s", "-c", str(arguments.clients)]
    tool += ["-q", str(arguments.rate / arguments.clients), "-m", "POST"]
    tool += ["-T", "application/json", "-D", str(body), service.url + "/v1/forecast"]
    told = subprocess.run(tool, check=True, capture_output=True, text=True).stdout
    spent = service.cpu_seconds() - before
    waits = [float(found) * 1e3 for found in re.findall(r"\d+% in ([\d.]+) secs", told)]
    shares = re.findall(r"(\d+%) in", told)
    took = dict(zip(shares, waits, strict=True))
    slowest = float(re.findall(r"Slowest:\s+([\d.]+)", told)[0]) * 1e3
    replies = dict(re.findall(r"\[(\d+)\]\s+(\d+) responses", told))
    count = sum(map(int, replies.values()))
    times = "".join(f"{took[each]:9.1f}" for each in FIGURES)
    load = os.getloadavg()[0]
    print(
        f"{name:34s}{times}{slowest:9.1f}{1e3 * spent / count:9.2f}{count / arguments.seconds:9.1f}"
        f"{load:9.1f}  {replies}",
        flush=True,
    )


def plan_request(skus: list[str]) -> dict:
    """Return a plan of some SKUs on one line that is too small for them."""
    products = [{"sku": sku, "price": 20, "unit_cost": 8, "end_value": 5} for sku in skus]
    routings = [{"sku": sku, "line": "L", "moq": 40, "setup_cost": 30} for sku in skus]
    lines = [{"line": "L", "capacity": 2 * len(skus), "unit": "pieces"}]
    tables = {"lines": lines, "products": products, "routings": routings}
    return {"skus": skus, "factory": {"freq": "D", "tables": tables}}


def swap(service: Running) -> None:
    """Let the service read its model again and say how long that took."""
    before = service.ask("/v1/model")["loaded_at"]
    service.ask("/v1/model/reload", {}, "POST")
    took = service.wait_until(lambda: service.ask("/v1/model")["loaded_at"] != before)
    print(f"{'':4s}(the other model took over after {took:.1f} s)")


def plan(service: Running, skus: list[str]) -> None:
    """Let the service make a plan and say how long that took."""
    job = service.ask("/v1/plan", plan_request(skus))
    took = service.wait_until(lambda: service.ask(f"/v1/plan/{job['id']}")["finished"] is not None)
    state = service.ask(f"/v1/plan/{job['id']}")["state"]
    print(f"{'':4s}(the plan of {len(skus)} SKUs was {state} after {took:.1f} s)")


def beside(work: Callable[[], None], asking: Callable[[], None]) -> None:
    """Do work in a thread while the service is asked."""
    thread = threading.Thread(target=work)
    thread.start()
    asking()
    thread.join()


def measure(n_items: int, arguments: argparse.Namespace) -> None:
    """Serve one model and print the table."""
    panel = one_store_each(simulate_panel(seed=1, n_items=n_items, n_days=arguments.days).panel)
    print(
        f"\n{panel.n_series:,} series x {panel.n_periods:,} days; {arguments.skus} SKUs a request"
    )
    draw = np.random.default_rng(0)
    skus = [str(sku) for sku in draw.choice(panel.skus, arguments.skus, replace=False)]
    with tempfile.TemporaryDirectory() as folder:
        model, body = Path(folder) / "model", Path(folder) / "body.json"
        DirectBoosting(HORIZON).fit(panel).save(model)
        body.write_text(json.dumps({"skus": skus}), "utf-8")
        del panel
        with running(model) as service:
            heads = ("p50 ms", "p90", "p99", "most", "CPU ms", "a second", "load")
            print(f"{'':34s}{''.join(f'{head:>9s}' for head in heads)}")
            hammer("nothing else", service, body, arguments)
            part = Path(folder) / "part.json"
            part.write_text(json.dumps({"skus": skus, "horizon": 7, "levels": [0.5, 0.8]}), "utf-8")
            hammer("7 days, two other levels", service, part, arguments)
            beside(
                lambda: swap(service),
                lambda: hammer("another model takes over", service, body, arguments),
            )
            beside(
                lambda: plan(service, skus),
                lambda: hammer("a plan is made", service, body, arguments),
            )
            print(f"memory at the end: {service.memory():.2f} GB")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, nargs="+", default=[300])
    parser.add_argument("--days", type=int, default=730)
    parser.add_argument("--skus", type=int, default=100)
    parser.add_argument("--rate", type=int, default=50, help="requests a second")
    parser.add_argument("--clients", type=int, default=5, help="connections")
    parser.add_argument("--seconds", type=int, default=60)
    arguments = parser.parse_args()
    for n_items in arguments.items:
        measure(n_items, arguments)


if __name__ == "__main__":
    main()
