import socket
import subprocess
import sys
from pathlib import Path

import pytest

from c2m.errors import ArgumentError, MissingEngineError
from c2m.service import Limits, create_app
from c2m.service import run as run_module
from tests.service.live import running


def test_schemathesis_finds_no_reply_that_the_contract_does_not_tell_of(
    saved_model, factory_file, tmp_path
):
    phases = ("--phases", "coverage", "--seed", "1")
    tool = [str(Path(sys.executable).with_name("schemathesis")), "run", "--no-color", *phases]
    limits = Limits(skus=20, plans_waiting=1, plan_seconds=0.1)
    with running(saved_model, factory_file, limits) as own:
        command = [*tool, f"{own.base_url}/v1/openapi.json"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "No issues found" in done.stdout, done.stdout + done.stderr


def test_the_contract_shows_the_limits_and_says_who_authenticates(service):
    contract = service.get("/v1/openapi.json").json()
    skus = contract["components"]["schemas"]["ForecastRequest"]["properties"]["skus"]
    assert skus["maxItems"] == 20
    assert "are the gateway's" in contract["info"]["description"]


def test_a_path_tells_all_that_can_be_done_at_it(service):
    reply = service.put("/v1/plan/x")
    assert (reply.status_code, reply.headers["allow"]) == (405, "DELETE, GET")
    assert service.get("/v2/forecast").json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
    }


def test_a_path_with_a_stroke_at_its_end_is_no_redirection_but_a_problem(service):
    reply = service.get("/v1/model/")
    assert (reply.status_code, reply.headers["content-type"]) == (404, "application/problem+json")


@pytest.mark.parametrize("path", ["/v1/forecast", "/v1/plan"])
@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded", "json"])
def test_what_is_not_said_to_be_json_is_told_so(service, path, kind):
    head = {} if kind is None else {"content-type": kind}
    reply = service.post(path, content=b'{"skus": ["A"]}', headers=head)
    assert reply.json()["detail"] == "Send JSON, as application/json."
    assert reply.status_code == 415
    documented = service.get("/v1/openapi.json").json()["paths"][path]["post"]["responses"]
    assert "application/problem+json" in documented["415"]["content"]


@pytest.mark.parametrize("body", ["{", "[" * 50_000, '{"horizon": ' + "9" * 5_000 + "}", "\xff"])
def test_broken_json_is_a_problem(service, body):
    head = {"content-type": "application/json; charset=utf-8"}
    reply = service.post("/v1/forecast", content=body.encode("latin-1"), headers=head)
    assert reply.status_code in {400, 422}
    assert reply.headers["content-type"] == "application/problem+json"


def test_metrics_count_by_route_and_never_name_what_was_asked_for(service):
    service.post("/v1/forecast", json={"skus": ["secret"]})
    service.get("/v1/plan/secret")
    text = service.get("/metrics").text
    assert 'c2m_requests_total{method="POST",route="/v1/forecast",status="200"}' in text
    assert 'route="/v1/plan/{plan_id}",status="404"' in text
    assert "secret" not in text


def test_an_app_is_not_made_of_what_is_not_there(saved_model, tmp_path):
    with pytest.raises(ArgumentError, match=r"ending in one of \.toml, \.xlsx"):
        create_app(saved_model, tmp_path / "factory.csv")
    with pytest.raises(ArgumentError, match="horizon of at least 1, got 0"):
        create_app(saved_model, horizon=0)
    with pytest.raises(ArgumentError, match="watch_seconds of at least 0"):
        create_app(saved_model, watch_seconds=-1)
    with pytest.raises(ArgumentError, match="limit skus above 0, got 0"):
        Limits(skus=0)


def test_a_place_that_is_taken_is_an_error_of_the_argument(saved_model):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ArgumentError, match=f"may listen, got 127.0.0.1:{port}"):
            run_module.serve(saved_model, port=port)


def test_without_its_packages_the_service_says_what_to_install(saved_model, monkeypatch):
    def _absent(name):
        raise ImportError(name)

    monkeypatch.setattr("c2m.engines.import_module", _absent)
    with pytest.raises(MissingEngineError, match=r'pip install "c2m\[service\]"'):
        run_module.serve(saved_model)
