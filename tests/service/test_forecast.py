import json
from datetime import date

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from c2m import Demand, MovingAverage
from c2m.demand.demand import LEVELS
from c2m.service import shelf
from c2m.service.answers import series_lines
from c2m.service.schemas import ForecastRequest, PlanRequest
from c2m.service.shelf import Loaded


def forecast(service, **request):
    return service.post("/v1/forecast", json=request)


@pytest.mark.parametrize(("horizon", "levels"), [(3, [0.9, 0.5]), (4, [0.33]), (4, LEVELS)])
def test_the_numbers_are_those_of_the_model(service, saved_model, horizon, levels):
    reply = forecast(service, skus=["B", "001"], horizon=horizon, levels=list(levels)).json()
    demand = MovingAverage.load(saved_model).predict(4)
    for row in reply["rows"]:
        place = demand.skus.index(row["sku"])
        assert np.allclose(row["mean"], demand.mean[place, :horizon], atol=1e-4)
        assert np.allclose(row["quantiles"], demand.quantiles(levels)[place, :horizon].T, atol=1e-4)
    assert [row["sku"] for row in reply["rows"]] == ["B", "001"]
    assert reply["periods"] == [str(day.date()) for day in demand.periods[:horizon]]
    assert reply["levels"] == list(levels)


def test_a_reply_says_which_model_and_up_to_which_day_it_knows(service, saved_model):
    reply = forecast(service, skus=["A"]).json()
    manifest = json.loads((saved_model / "manifest.json").read_text())
    assert manifest["sha256"].startswith(reply["model_id"])
    assert reply["data_as_of"] == "2026-05-24"  # the Sunday of the twentieth week
    assert reply["levels"] == list(LEVELS)


@pytest.mark.parametrize("sku", ["a", "", " A", "é\x00\u202e"])
def test_an_unknown_sku_fails_its_own_row_only(service, sku):
    known, unknown, again = forecast(service, skus=["A", sku, "A"]).json()["rows"]
    assert len(known["mean"]) == 4
    assert "error" not in known
    assert again == known
    assert unknown == {
        "sku": sku,
        "error": {"title": "Unknown SKU", "detail": "The loaded model has no series of it."},
    }


def test_requests_beyond_the_limits_are_refused_with_the_limit(service):
    too_many = forecast(service, skus=["A"] * 21)
    assert too_many.status_code == 422
    assert too_many.json()["detail"] == "That is 21 rows; a request may have 20."
    too_far = forecast(service, skus=["A"], horizon=5)
    assert too_far.status_code == 409
    assert too_far.json()["detail"] == "The loaded model forecasts 4 periods."
    assert too_far.headers["content-type"] == "application/problem+json"


def test_a_wrong_body_is_told_where_it_is_wrong_and_not_repeated(service):
    wrong = {"skus": ["A", "secret\ud800", 7], "levels": [1.5], "colour": "secret"}
    head = {"content-type": "application/json"}
    reply = service.post("/v1/forecast", content=json.dumps(wrong), headers=head)
    places = [each["at"] for each in reply.json()["errors"]]
    assert places == ["body.skus.1", "body.levels.0", "body.colour"]
    assert "secret" not in reply.text


@pytest.mark.parametrize(
    ("schema", "body"),
    [
        (ForecastRequest, {"skus": [1] * 9_999}),
        (ForecastRequest, {"skus": ["A"], "levels": [2.0] * 9_999}),
        (ForecastRequest, {"skus": ["A"]} | {str(at): 1 for at in range(9_999)}),
        (PlanRequest, {"stock": [1] * 9_999}),
        (PlanRequest, {"stock": [{str(at): [] for at in range(9_999)}]}),
        (PlanRequest, {"factory": {"tables": {"lines": [{"line": []}] * 9_999}}}),
        (PlanRequest, {"factory": {"tables": {str(at): 1 for at in range(9_999)}}}),
        (PlanRequest, {"demand": {"freq": "W", "rows": [[]] * 9_999}}),
        (PlanRequest, {"demand": {"freq": "W", "rows": [{}], "quantiles": {"a": 1}}}),
    ],
)
def test_a_body_of_ten_thousand_faults_is_refused_for_a_few(schema, body):
    # all of them, each with its place and words, held up everybody for half a minute
    with pytest.raises(ValidationError) as told:
        schema.model_validate(body)
    assert 1 <= told.value.error_count() <= 5


def test_a_sku_of_two_places_has_two_rows():
    paths = pd.DataFrame(
        {
            "path": [0, 1] * 2,
            "sku": "A",
            "location": ["N", "N", "S", "S"],
            "period": "2026-11-23",
            "demand": [1, 3, 5, 7],
        }
    )
    demand = Demand.from_frame(paths, freq="W", path="path", location="location")
    loaded = Loaded("x", demand, series_lines(demand, np.arange(2), 1, LEVELS))
    rows = json.loads(loaded.answer(["A"], 1, LEVELS))["rows"]
    assert [(row["location"], row["mean"]) for row in rows] == [("N", [2.0]), ("S", [6.0])]
    assert loaded.data_as_of == date(2026, 11, 22)


@pytest.mark.parametrize("most", [10_000_000, 1])
def test_answers_of_another_shape_are_kept_for_a_few_shapes_only(monkeypatch, most):
    monkeypatch.setattr(shelf, "_MOST_NUMBERS", most)
    paths = pd.DataFrame(
        {
            "path": [0, 1] * 2,
            "sku": ["A", "A", "B", "B"],
            "period": "2026-11-23",
            "demand": [1, 3, 5, 7],
        }
    )
    demand = Demand.from_frame(paths, freq="W", path="path")
    loaded = Loaded("x", demand, series_lines(demand, np.arange(2), 1, LEVELS))
    for _ in range(2):
        for level in np.linspace(0.1, 0.9, 9):
            own = demand.quantiles([level])[:, 0, 0]
            for skus in (["B"], ["B", "A"]):
                rows = json.loads(loaded.answer(skus, 1, [level]))["rows"]
                told = {row["sku"]: row["quantiles"][0][0] for row in rows}
                assert told == {sku: np.round(own["AB".index(sku)], 4) for sku in skus}
    assert [len(kept) for kept in loaded._shapes.values()] == [2 if most > 1 else 0] * 4
