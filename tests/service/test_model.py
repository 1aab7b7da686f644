import os
import threading

import pytest

from tests.service.live import fitted, running, wait


@pytest.fixture(scope="module")
def swapping(tmp_path_factory):
    """Return the place of a model, and a service of its own that answers from it."""
    place = tmp_path_factory.mktemp("swapping") / "model"
    fitted(10).save(place)
    with running(place, watch=0.1) as client:
        yield place, client


def test_another_model_takes_over_all_at_once(swapping):
    place, client = swapping
    told, stop = [], threading.Event()

    def _ask() -> None:
        while not stop.is_set():
            reply = client.post("/v1/forecast", json={"skus": ["A", "B"]})
            assert reply.status_code == 200
            rows = reply.json()["rows"]
            told.append((reply.json()["model_id"], *(row["mean"][0] for row in rows)))

    old = client.get("/v1/model").json()["id"]
    asking = threading.Thread(target=_ask)
    asking.start()
    fitted(100).save(place)
    wait(lambda: client.get("/v1/model").json()["id"] != old)
    new = client.get("/v1/model").json()["id"]
    wait(lambda: told[-1][0] == new)
    stop.set()
    asking.join()
    assert set(told) == {(old, 11.5, 12.0), (new, 101.5, 102.0)}


def test_a_damaged_model_leaves_the_old_one_answering_until_it_is_mended(swapping):
    place, client = swapping
    wait(lambda: not client.get("/v1/model").json()["loading"])
    before = client.get("/v1/model").json()
    table = next(place.glob("*.parquet"))
    sound = table.read_bytes()
    table.write_bytes(sound[:-9] + os.urandom(9))
    # nobody asks for it: a copy that is not whole yet has the manifest that it will have
    wait(lambda: client.get("/v1/model").json()["last_load_failed"])
    wait(lambda: not client.get("/v1/model").json()["loading"])
    after = client.get("/v1/model").json()
    assert after == before | {"last_load_failed": True}
    assert str(place) not in client.get("/v1/model").text
    assert client.post("/v1/forecast", json={"skus": ["A"]}).status_code == 200
    loads = 'c2m_model_loads_total{outcome="failed"} 1.0'
    assert loads in client.get("/metrics").text
    table.write_bytes(sound)
    assert client.post("/v1/model/reload").status_code == 202
    wait(lambda: not client.get("/v1/model").json()["last_load_failed"])
    assert client.get("/v1/model").json()["id"] == before["id"]


def test_a_service_without_a_sound_model_is_live_and_not_ready(tmp_path):
    (tmp_path / "model").mkdir()
    with running(tmp_path / "model") as client:
        wait(lambda: client.get("/v1/model").json()["last_load_failed"])
        assert client.get("/health/live").status_code == 200
        ready = client.get("/health/ready")
        assert (ready.status_code, ready.json()["status"]) == (503, 503)
        assert client.post("/v1/forecast", json={"skus": ["A"]}).status_code == 503
