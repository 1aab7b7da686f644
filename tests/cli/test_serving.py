import socket

import pytest

import c2m.service
from tests.cli.conftest import run_in


@pytest.fixture
def served(monkeypatch) -> list:
    """Return what the service is started with, in place of starting it."""
    started: list = []
    monkeypatch.setattr(c2m.service, "serve", lambda *where, **how: started.append((where, how)))
    return started


def test_the_service_is_started_as_the_settings_say(project, served):
    sets = ("--set", "serve.port=0", "--set", "serve.skus=7", "--set", "serve.horizon=3")
    wrong = run_in(project, "serve", *sets)
    assert (wrong.code, served) == (2, [])
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    ran = run_in(project, "serve", "--set", f"serve.port={port}", *sets[2:])
    model = project / "c2m-output" / "model"
    assert ran.code == 0
    assert ran.err == f"Serving {model} at http://127.0.0.1:{port}; stop it with Ctrl-C.\n"
    assert ran.out == f"Stopped serving {model}\n"
    ((where, how),) = served
    assert where == (model, project / "factory.toml")
    assert (how["port"], how["horizon"], how["limits"].skus) == (port, 3, 7)


def test_the_horizon_of_the_forecast_is_served_unless_another_is_set(project, served):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    sets = ("--set", f"serve.port={port}", "--set", "forecast.horizon=5")
    assert run_in(project, "serve", *sets).code == 0
    ((_, how),) = served
    assert how["horizon"] == 5


def test_a_port_that_is_taken_is_said(project, served):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = run_in(project, "serve", "--set", f"serve.port={port}")
    assert (ran.code, ran.out, served) == (2, "", [])
    assert f"Nothing can be served at 127.0.0.1:{port}: Address already in use. " in ran.err
    assert "--set serve.port=8001" in ran.err
