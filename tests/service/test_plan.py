import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import httpx
import pandas as pd
import pytest

from c2m import MovingAverage, plan_production
from c2m.errors import ArgumentError, C2MWarning
from c2m.service import Limits, create_app, jobs
from c2m.service.processes import WorkerError, work
from c2m.service.worker import plan as make_plan
from tests.service.live import wait

LONG = {"n_scenarios": 1000, "method": "exact", "stock": [{"sku": "A", "on_hand": 3}]}


def finished(service, **request):
    """Return a plan that was asked for, when it is finished."""
    location = service.post("/v1/plan", json=request).headers["location"]
    wait(lambda: service.get(location).json()["finished"])
    return service.get(location).json()


def test_a_plan_is_a_job_whose_result_is_that_of_plan_production(service, saved_model, factory):
    stock = [{"sku": sku, "on_hand": 5} for sku in ("001", "A")]
    request = {"skus": ["001", "A"], "stock": stock, "seed": 3, "n_scenarios": 20}
    asked = service.post("/v1/plan", json=request)
    assert asked.status_code == 202
    wait(lambda: service.get(asked.headers["location"]).json()["state"] == "done")
    job = service.get(asked.headers["location"]).json()
    demand = MovingAverage.load(saved_model).predict(4).select(["001", "A"])
    with pytest.warns(C2MWarning, match="1 of 3 products has no demand") as told:
        plan = plan_production(demand, factory, pd.DataFrame(stock), seed=3, n_scenarios=20)
    assert job["result"]["notes"] == [str(each.message) for each in told]
    made = pd.DataFrame(job["result"]["runs"])
    assert made["quantity"].tolist() == plan.runs["quantity"].tolist()
    assert made["period"].tolist() == plan.runs["period"].dt.strftime("%Y-%m-%d").tolist()
    assert made["sku"].tolist() == plan.runs["sku"].tolist()
    assert job["result"]["expected_profit"] == pytest.approx(plan.expected_profit)
    assert job["data_as_of"] == "2026-05-24"


def test_what_cannot_be_planned_is_told_with_every_problem_and_its_fix(service):
    stock = [{"sku": "A", "on_hand": -1}, {"sku": "A", "on_hand": 2}]
    job = finished(service, stock=stock)
    assert job["state"] == "failed"
    assert job["problem"]["title"] == "`stock` cannot be used"
    assert len(job["problem"]["errors"]) == 2
    assert "merge or drop the repeated rows" in job["problem"]["fix"]


def test_a_cancelled_plan_is_gone_with_its_process(service):
    location = service.post("/v1/plan", json=LONG).headers["location"]
    wait(lambda: service.get(location).json()["state"] == "running")
    assert service.delete(location).status_code == 204
    assert service.get(location).status_code == 404
    assert "c2m_plans_running 0.0" in service.get("/metrics").text


def test_a_plan_cancelled_while_its_forecast_is_written_leaves_nothing(tmp_path, monkeypatch):
    class _Slow:
        def save(self, place):
            begun.set()
            time.sleep(0.2)
            place.mkdir(parents=True)

    async def _cancel():
        making = asyncio.create_task(jobs._answer(jobs.Job({}, 60, _Slow())))
        await asyncio.to_thread(begun.wait)
        making.cancel()
        await asyncio.wait([making])

    begun = threading.Event()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    asyncio.run(_cancel())  # which waits for all threads
    assert list(tmp_path.iterdir()) == []


def test_a_plan_that_takes_too_long_is_ended(service):
    job = finished(service, **LONG, max_seconds=0.05)
    assert job["state"] == "expired"
    assert job["problem"]["detail"] == "It was ended after 0.05 seconds."


def test_more_plans_than_may_wait_are_sent_away_for_now(service):
    answers = [service.post("/v1/plan", json=LONG) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [202] * 5 + [429]
    assert answers[-1].headers["retry-after"] == "30"
    for answer in answers[:-1]:
        assert service.delete(answer.headers["location"]).status_code == 204


def test_a_plan_of_unknown_skus_is_refused_at_once(service):
    unknown = service.post("/v1/plan", json={"skus": ["A", "nope"]})
    assert unknown.status_code == 409
    assert "'nope'" in unknown.json()["detail"]


def test_a_plan_without_a_factory_or_of_too_many_skus_is_refused_at_once(saved_model):
    app = create_app(saved_model, horizon=4, limits=Limits(plan_skus=2))
    demand = {"freq": "W", "rows": [{"sku": sku} for sku in "ABC"]}

    async def _ask(**request):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return (await client.post("/v1/plan", json=request)).json()["detail"]

    detail = asyncio.run(_ask())
    assert detail == "This service has no factory: send one as `factory`."
    detail = asyncio.run(_ask(demand=demand, factory={"tables": {}}))
    assert detail == "That is 3 SKUs; a plan may have 2. Name `skus`."


@pytest.mark.parametrize("text", [None, "secret = 1", "secret"])
def test_what_is_wrong_with_the_services_own_factory_is_told_to_its_log_alone(
    tmp_path, saved_model, capsys, text
):
    place = tmp_path / "secret.TOML"
    if text is not None:
        place.write_text(text)
    MovingAverage.load(saved_model).predict(4).save(tmp_path / "demand")
    request = {"demand": None, "factory": None, "factory_path": str(place)}
    with pytest.raises(ArgumentError, match="see its log") as told:
        make_plan(request, tmp_path)
    assert "secret" not in str(told.value)
    assert "secret" in capsys.readouterr().err


@pytest.mark.parametrize("stock", [None, []])
def test_forecast_and_factory_can_come_with_the_request(tmp_path, factory, stock):
    rows = [
        {"sku": "A", "period": "2026-11-23", "path": path, "demand": units}
        for path, units in enumerate([40, 60, 80, 100])
    ]
    only = {"lines": "line == 'L'", "products": "sku == 'A'", "routings": "sku == 'A'"}
    tables = {
        name: json.loads(getattr(factory, name).query(query).to_json(orient="records"))
        for name, query in only.items()
    }
    own = {"freq": "W", "currency": "EUR", "policy": {}, "tables": tables}
    demand = {"rows": rows, "freq": "W", "path": "path", "value": "demand", "quantiles": None}
    names = ("stock", "on_order", "fill_rate", "cycle_service_level", "factory_path")
    request = dict.fromkeys(names) | {"n_scenarios": 4, "seed": 0, "method": "auto"}
    request |= {"serve_all": False, "demand": demand, "factory": own}
    request |= {"stock": stock, "on_order": stock}
    result = make_plan(request, tmp_path)
    assert [(run["sku"], run["quantity"]) for run in result["runs"]] == [("A", 80)]
    assert result["bound_kind"] == "proved"
    json.dumps(result, allow_nan=False)


def test_the_time_limit_ends_the_worker_process(tmp_path, monkeypatch):
    started, start = [], asyncio.create_subprocess_exec

    async def _start(*arguments, **options):
        started.append(await start(*arguments, **options))
        return started[-1]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", _start)
    begun = time.monotonic()
    with pytest.raises(TimeoutError):
        asyncio.run(work("plan", tmp_path, {}, seconds=0.05))
    assert started[0].returncode == -9
    assert time.monotonic() - begun < 5


def test_a_worker_that_dies_is_an_error_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", shutil.which("false") or sys.executable)
    with pytest.raises(WorkerError, match="ended with 1 and no answer"):
        asyncio.run(work("plan", tmp_path, {}, seconds=60))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_worker_whose_service_was_killed_ends_and_leaves_nothing(tmp_path):
    folder = tmp_path / "work"
    folder.mkdir()
    os.mkfifo(folder / "request.json")
    command = [sys.executable, "-m", "c2m.service.worker", "plan", str(folder)]
    with (
        subprocess.Popen(command, stdin=subprocess.PIPE) as worker,
        (folder / "request.json").open("wb"),  # once it reads; it gets nothing, and waits
    ):
        worker.stdin.close()
        assert worker.wait(60) == 3
    assert not folder.exists()


def test_a_forecast_that_would_fill_the_memory_fails_alone(tmp_path):
    rows = [{"sku": str(at), "period": "2026-11-23", "path": at, "demand": 1} for at in range(1900)]
    rows.append({"sku": "0", "period": "2226-11-27", "path": 0, "demand": 1})
    demand = {"rows": rows, "freq": "W", "path": "path", "value": "demand", "quantiles": None}
    answer = asyncio.run(
        work("plan", tmp_path, {"demand": demand, "most_bytes": 2**30}, seconds=60)
    )
    assert answer["problem"]["title"] == "It takes more memory than it may have"
