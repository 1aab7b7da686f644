"""The routes."""

import asyncio
import gc
import re
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from fastapi import Depends, FastAPI, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic_core import to_json

from c2m.service.guard import Guard
from c2m.service.jobs import Job, Jobs
from c2m.service.limits import Limits
from c2m.service.measures import Measures
from c2m.service.problems import SCHEMA, Problem, documented, tell_problems
from c2m.service.schemas import (
    ForecastReply,
    ForecastRequest,
    Health,
    JobReply,
    ModelReply,
    PlanRequest,
)
from c2m.service.shelf import Loaded, Shelf

_ABOUT: Final = """\
Forecasts of a loaded model, and plans as jobs.

**Authentication, encryption and rates are the gateway's.** Whoever reaches this service may use
all of it.
"""
_ALWAYS: Final = documented(
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
_FEW: Final = 200
"""Rows up to which an answer takes less time than waiting for another thread."""

_ABSENT: Final = documented(HTTPStatus.NOT_FOUND)
_MISFIT: Final = documented(
    HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT, HTTPStatus.UNSUPPORTED_MEDIA_TYPE
)


async def _only_json(request: Request) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not re.fullmatch(r"application/.+\+json", kind):
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Send JSON, as application/json.")


_JSON: Final = (Depends(_only_json),)
_FULL: Final = _MISFIT | documented(HTTPStatus.TOO_MANY_REQUESTS)


@dataclass(frozen=True)
class Settings:
    """What a service serves; see `create_app`."""

    model: Path
    factory: Path | None
    horizon: int | None
    watch_seconds: float
    limits: Limits


@dataclass(frozen=True)
class Inside:
    """What lives while the service runs."""

    settings: Settings
    measures: Measures
    shelf: Shelf
    jobs: Jobs
    tasks: "set[asyncio.Task[None]]" = field(default_factory=set)
    """Held here because the loop itself holds them only weakly."""

    def start(self, work: Coroutine[None, None, None]) -> None:
        """Do something beside the answers.

        Parameters
        ----------
        work : coroutine
            What to do; it is cancelled when the service ends.
        """
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def close(self) -> None:
        """End all that is done beside the answers, and every plan."""
        for task in list(self.tasks):
            task.cancel()
            await asyncio.wait([task])
        await self.jobs.close()

    def loaded(self) -> Loaded:
        """Return what answers now.

        Returns
        -------
        Loaded
            The forecasts.

        Raises
        ------
        Problem
            If there is none yet.
        """
        loaded = self.shelf.loaded
        if loaded is None:
            raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "No model is loaded yet.", 5)
        return loaded


def build_app(settings: Settings) -> FastAPI:
    """Build the app.

    Parameters
    ----------
    settings : Settings
        What it serves.

    Returns
    -------
    FastAPI
        An ASGI app.
    """
    measures = Measures()
    inside = Inside(
        settings,
        measures,
        Shelf(settings.model, settings.horizon, settings.limits, measures),
        Jobs(settings.limits, measures),
    )

    @asynccontextmanager
    async def _life(_: FastAPI) -> AsyncIterator[None]:
        inside.start(_tend(inside))
        yield
        await inside.close()

    app = FastAPI(
        title="c2m",
        version="1",
        description=_ABOUT,
        lifespan=_life,
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        responses=_ALWAYS,
    )
    app.add_middleware(Guard, limits=settings.limits, measures=measures)
    tell_problems(app)
    _add_health(app, inside)
    _add_model(app, inside)
    _add_forecast(app, inside)
    _add_plan(app, inside)
    _complete_openapi(app, settings.limits)
    return app


async def _tend(inside: Inside) -> None:
    """Load the model, and look for newer ones."""
    await inside.shelf.load()
    # a collection walks over all that was ever imported, which takes longer than most answers
    gc.collect()
    gc.freeze()
    if inside.settings.watch_seconds:
        await inside.shelf.watch(inside.settings.watch_seconds)


def _add_health(app: FastAPI, inside: Inside) -> None:
    @app.get("/health/live", response_model=Health, tags=["health"])
    async def live() -> Response:
        """Say that the process runs."""
        return _json({"status": "live"})

    @app.get("/health/ready", response_model=Health, tags=["health"])
    async def ready() -> Response:
        """Say whether a model is loaded; 503 until then."""
        inside.loaded()
        return _json({"status": "ready"})

    text = {"content": {CONTENT_TYPE_LATEST: {"schema": {"type": "string"}}}}

    @app.get("/metrics", response_class=Response, responses={200: text}, tags=["health"])
    async def metrics() -> Response:
        """Tell counters and times, for Prometheus."""
        return Response(generate_latest(inside.measures.registry), media_type=CONTENT_TYPE_LATEST)


def _add_model(app: FastAPI, inside: Inside) -> None:
    @app.get("/v1/model", response_model=ModelReply, tags=["model"])
    async def model() -> Response:
        """Say which model answers."""
        return _json(_model_facts(inside.shelf))

    @app.post("/v1/model/reload", response_model=ModelReply, status_code=202, tags=["model"])
    async def reload() -> Response:
        """Read the model's folder again; the old one answers until the new one can."""
        shelf = inside.shelf
        if not shelf.loading:
            inside.start(shelf.load())
            await asyncio.sleep(0)
        return _json(_model_facts(shelf), HTTPStatus.ACCEPTED)


def _add_forecast(app: FastAPI, inside: Inside) -> None:
    @app.post(
        "/v1/forecast",
        response_model=ForecastReply,
        responses=_MISFIT,
        dependencies=_JSON,
        tags=["forecast"],
    )
    async def forecast(request: ForecastRequest) -> Response:
        """Forecast SKUs; one that is unknown fails in its own row only."""
        loaded, most = inside.loaded(), inside.settings.limits.skus
        n_rows = len(request.skus)
        if n_rows <= most:
            n_rows = sum(len(loaded.rows.get(sku, ("",))) for sku in request.skus)
        if n_rows > most:
            detail = f"That is {n_rows:,} rows; a request may have {most:,}."
            raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail)
        horizon = _horizon(request.horizon, loaded)
        answer = partial(loaded.answer, request.skus, horizon, request.levels)
        body = await asyncio.to_thread(answer) if n_rows > _FEW else answer()
        unknown = sum(sku not in loaded.rows for sku in request.skus)
        inside.measures.series.labels("unknown").inc(unknown)
        inside.measures.series.labels("answered").inc(n_rows - unknown)
        return Response(body, media_type="application/json")


def _add_plan(app: FastAPI, inside: Inside) -> None:
    @app.post(
        "/v1/plan",
        response_model=JobReply,
        status_code=202,
        responses=_FULL,
        dependencies=_JSON,
        tags=["plan"],
    )
    async def plan(request: PlanRequest) -> Response:
        """Make a plan as a job: poll the reply's Location, or DELETE it to cancel."""
        job = _job(request, inside)
        inside.jobs.submit(job)
        reply = _json(job.reply(), HTTPStatus.ACCEPTED)
        reply.headers["Location"] = f"/v1/plan/{job.id}"
        return reply

    @app.get("/v1/plan/{plan_id}", response_model=JobReply, responses=_ABSENT, tags=["plan"])
    async def poll(plan_id: str) -> Response:
        """Say how far a plan is, with the plan once it is done."""
        reply = inside.jobs.get(plan_id).reply()
        return Response(await asyncio.to_thread(to_json, reply), media_type="application/json")

    @app.delete("/v1/plan/{plan_id}", status_code=204, responses=_ABSENT, tags=["plan"])
    async def cancel(plan_id: str) -> Response:
        """End a plan's process and forget the plan."""
        await inside.jobs.cancel(plan_id)
        return Response(status_code=HTTPStatus.NO_CONTENT)


def _job(request: PlanRequest, inside: Inside) -> Job:
    """Return what to plan, once it is sure that there is something."""
    settings = inside.settings
    if request.factory is None and settings.factory is None:
        raise Problem(HTTPStatus.CONFLICT, "This service has no factory: send one as `factory`.")
    if request.demand is not None and request.skus is not None:
        raise Problem(HTTPStatus.CONFLICT, "Send `skus` of the model, or a `demand`; not both.")
    seconds = min(request.max_seconds or settings.limits.plan_seconds, settings.limits.plan_seconds)
    own = str(settings.factory) if settings.factory else None
    beside = {"factory_path": own, "most_bytes": settings.limits.plan_bytes}
    facts = request.model_dump(mode="json") | beside
    if request.demand is not None:
        _check_size(len({row.get("sku") for row in request.demand.rows}), settings.limits)
        return Job(facts, seconds)
    loaded = inside.loaded()
    unknown = [sku for sku in request.skus or () if sku not in loaded.rows]
    if unknown:
        detail = f"The loaded model has no series of {len(unknown):,} SKUs, such as {unknown[0]!r}."
        raise Problem(HTTPStatus.CONFLICT, detail)
    _check_size(len(set(request.skus or loaded.rows)), settings.limits)
    demand = loaded.demand.select(request.skus) if request.skus else loaded.demand
    return Job(facts, seconds, demand, loaded.id, loaded.data_as_of)


def _check_size(n_skus: int, limits: Limits) -> None:
    if n_skus > limits.plan_skus:
        detail = f"That is {n_skus:,} SKUs; a plan may have {limits.plan_skus:,}. Name `skus`."
        raise Problem(HTTPStatus.CONFLICT, detail)


def _horizon(asked: int | None, loaded: Loaded) -> int:
    most = loaded.demand.horizon
    if asked is not None and asked > most:
        raise Problem(HTTPStatus.CONFLICT, f"The loaded model forecasts {most} periods.")
    return asked or most


def _model_facts(shelf: Shelf) -> dict[str, Any]:
    loaded = shelf.loaded
    return {
        "id": loaded and loaded.id,
        "data_as_of": loaded and loaded.data_as_of,
        "loaded_at": loaded and loaded.at,
        "n_series": loaded.demand.n_series if loaded else 0,
        "horizon": loaded.demand.horizon if loaded else 0,
        "freq": loaded and loaded.demand.freq,
        "loading": shelf.loading,
        "last_load_failed": shelf.failed,
        "notes": loaded.notes if loaded else (),
    }


def _json(content: object, status: HTTPStatus = HTTPStatus.OK) -> Response:
    return Response(to_json(content), status, media_type="application/json")


def _complete_openapi(app: FastAPI, limits: Limits) -> None:
    """Add to the schema what the framework does not know."""
    schema = app.openapi()
    parts = schema["components"]["schemas"]
    parts["Problem"] = dict(SCHEMA)
    parts["ForecastRequest"]["properties"]["skus"]["maxItems"] = limits.skus
    for unused in ("HTTPValidationError", "ValidationError"):
        parts.pop(unused, None)
