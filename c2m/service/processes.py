"""Work that is done in a process of its own, which ends with its time or its caller."""

import asyncio
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

Verb = Literal["load", "plan"]


class WorkerError(Exception):
    """A worker process ended without an answer."""


async def work(
    verb: Verb,
    folder: Path,
    request: Mapping[str, Any],
    *,
    seconds: float,
    say: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Let a worker process answer a request (see `c2m.service.worker`).

    Parameters
    ----------
    verb : {"load", "plan"}
        What to do.
    folder : Path
        An empty folder, or one with the forecast that the request is about.
    request : mapping
        For JSON.
    seconds : float
        How long it may take; the process is ended then.
    say : callable, optional
        Called with each stage.

    Returns
    -------
    dict
        The worker's answer.

    Raises
    ------
    TimeoutError
        If it took too long.
    WorkerError
        If the process ended without an answer.
    """
    (folder / "request.json").write_text(json.dumps(request), "utf-8")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "c2m.service.worker", verb, str(folder)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(seconds):
            await _listen(process, say)
    finally:
        await _end(process)
    answer = folder / "answer.json"
    if not answer.is_file():
        raise WorkerError(f"the worker ended with {process.returncode} and no answer")
    found: dict[str, Any] = await asyncio.to_thread(lambda: json.loads(answer.read_bytes()))
    return found


def new_folder() -> Path:
    """Make a folder for one request that only this user can read.

    Returns
    -------
    Path
        To be removed by `remove_folder`.
    """
    return Path(tempfile.mkdtemp(prefix="c2m-service-"))


def remove_folder(folder: Path) -> None:
    """Remove the folder of a request.

    Parameters
    ----------
    folder : Path
        Which.
    """
    shutil.rmtree(folder, ignore_errors=True)


async def finish(function: Callable[..., object], *arguments: object) -> None:
    """Do something in a thread, to its end even if the caller is cancelled meanwhile.

    Parameters
    ----------
    function : callable
        What to do.
    *arguments : object
        For it.
    """
    doing = asyncio.ensure_future(asyncio.to_thread(function, *arguments))
    try:
        await asyncio.shield(doing)
    finally:
        await asyncio.wait([doing])


async def _listen(process: asyncio.subprocess.Process, say: Callable[[str], None] | None) -> None:
    assert process.stdout is not None
    async for line in process.stdout:
        if say is not None:
            say(line.decode("utf-8", "replace").strip())
    await process.wait()


async def _end(process: asyncio.subprocess.Process) -> None:
    """End the process and wait until it is gone."""
    with suppress(ProcessLookupError):
        process.kill()
    await process.wait()
