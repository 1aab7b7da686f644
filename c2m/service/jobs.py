"""Plans as jobs: they wait, run in a process of their own, and are kept for a while."""

import asyncio
import logging
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from c2m.service.problems import Problem
from c2m.service.processes import finish, new_folder, remove_folder, work

if TYPE_CHECKING:
    from c2m.demand import Demand
    from c2m.service.limits import Limits
    from c2m.service.measures import Measures
    from c2m.service.schemas import State

_log: Final = logging.getLogger(__name__)

_OPEN: Final = frozenset({"waiting", "running"})
_AGAIN_SECONDS: Final = 30
_BROKEN: Final = {
    "title": "The plan ended without a result",
    "detail": "The fault is the service's or the input is one that it cannot read.",
}
_LATE: Final = {"title": "The plan took too long", "fix": "plan fewer SKUs, periods or scenarios"}


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(eq=False)
class Job:
    """One plan: asked for, made, kept.

    Parameters
    ----------
    request : mapping
        For the worker.
    seconds : float
        After which its process is ended.
    demand : Demand, optional
        What is planned, unless the request has its own.
    model_id : str, optional
        Of the model that it is from.
    data_as_of : date, optional
        Last day of the data that the model knows.
    """

    request: Mapping[str, Any]
    seconds: float
    demand: "Demand | None" = None
    model_id: str | None = None
    data_as_of: date | None = None
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    state: "State" = "waiting"
    stage: str = ""
    created: datetime = field(default_factory=_now)
    started: datetime | None = None
    finished: datetime | None = None
    result: dict[str, Any] | None = None
    problem: dict[str, Any] | None = None
    task: "asyncio.Task[None] | None" = None

    def reply(self) -> dict[str, Any]:
        """Return the fields of a `JobReply`."""
        names = ("id", "state", "stage", "model_id", "data_as_of", "created", "started", "finished")
        told = {name: getattr(self, name) for name in names}
        beside = {"problem": self.problem, "result": self.result}
        return told | {name: value for name, value in beside.items() if value is not None}

    def say(self, stage: str) -> None:
        """Note what is being done.

        Parameters
        ----------
        stage : str
            A phrase.
        """
        self.stage = stage


class Jobs:
    """All plans of one service; they are in its memory, and gone when it ends.

    Parameters
    ----------
    limits : Limits
        How many run, wait and are kept.
    measures : Measures
        Where they are counted.
    """

    def __init__(self, limits: "Limits", measures: "Measures") -> None:
        self._limits, self._measures = limits, measures
        self._slots = asyncio.Semaphore(limits.plans_running)
        self._jobs: dict[str, Job] = {}

    def submit(self, job: Job) -> None:
        """Let a job wait for its turn.

        Parameters
        ----------
        job : Job
            What to plan.

        Raises
        ------
        Problem
            If too many wait.
        """
        busy = sum(job.state in _OPEN for job in self._jobs.values())
        if busy >= self._limits.plans_running + self._limits.plans_waiting:
            raise Problem(
                HTTPStatus.TOO_MANY_REQUESTS, "Too many plans are waiting.", _AGAIN_SECONDS
            )
        self._jobs[job.id] = job
        job.task = asyncio.create_task(self._run(job))
        self._forget_oldest()

    def get(self, name: str) -> Job:
        """Return a job.

        Parameters
        ----------
        name : str
            Its id.

        Returns
        -------
        Job
            As it is now.

        Raises
        ------
        Problem
            If there is none.
        """
        job = self._jobs.get(name)
        if job is None:
            raise Problem(
                HTTPStatus.NOT_FOUND, "There is no such plan; it was cancelled or is forgotten."
            )
        return job

    async def cancel(self, name: str) -> None:
        """End a job's process, if it runs, and forget the job.

        Parameters
        ----------
        name : str
            Its id.

        Raises
        ------
        Problem
            If there is none.
        """
        job = self.get(name)
        del self._jobs[name]
        await self._stop(job)

    async def close(self) -> None:
        """End everything."""
        for name in list(self._jobs):
            await self.cancel(name)

    async def _stop(self, job: Job) -> None:
        if job.task is not None and not job.task.done():
            job.task.cancel()
            await asyncio.wait([job.task])
            self._measures.plans.labels("cancelled").inc()

    async def _run(self, job: Job) -> None:
        with self._measures.waiting.track_inprogress():
            await self._slots.acquire()
        try:
            with self._measures.running.track_inprogress():
                await self._make(job)
        finally:
            self._slots.release()

    async def _make(self, job: Job) -> None:
        job.state, job.started = "running", _now()
        try:
            answer = await _answer(job)
        except TimeoutError:
            late = f"It was ended after {job.seconds:g} seconds."
            self._finish(job, "expired", problem=_LATE | {"detail": late})
        except Exception:  # noqa: BLE001 - whatever it was, the job must end
            _log.exception("plan %s failed", job.id)
            self._finish(job, "failed", problem=dict(_BROKEN))
        else:
            if "problem" in answer:
                self._finish(job, "failed", problem=answer["problem"])
            else:
                self._finish(job, "done", result=answer["result"] | {"notes": answer["notes"]})

    def _finish(
        self,
        job: Job,
        state: "State",
        *,
        result: dict[str, Any] | None = None,
        problem: dict[str, Any] | None = None,
    ) -> None:
        job.result, job.problem = result, problem
        job.state, job.stage, job.finished = state, "", _now()
        job.request, job.demand = {}, None
        self._measures.plans.labels(state).inc()

    def _forget_oldest(self) -> None:
        finished = [name for name, job in self._jobs.items() if job.state not in _OPEN]
        for name in finished[: max(len(finished) - self._limits.plans_kept, 0)]:
            del self._jobs[name]


async def _answer(job: Job) -> dict[str, Any]:
    """Let a worker make the plan, in a folder that is removed then."""
    folder = new_folder()  # not in a thread, which would make it though the job is cancelled
    try:
        if job.demand is not None:
            await finish(job.demand.save, folder / "demand")
        return await work("plan", folder, job.request, seconds=job.seconds, say=job.say)
    finally:
        await asyncio.to_thread(remove_folder, folder)
