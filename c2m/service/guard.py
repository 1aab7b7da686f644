"""The door of the service: how much of a body is read, how long it takes, what leaves on errors."""

import asyncio
import logging
import time
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from c2m.service.problems import problem_reply

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from c2m.service.limits import Limits
    from c2m.service.measures import Measures

_log: Final = logging.getLogger(__name__)

_BESIDE: Final = ("/health/", "/metrics")
"""Answered whatever else is going on."""

_CLOSE: Final = {"Connection": "close"}

_MOST_DROPPED: Final = 8
"""Times the limit of a body, of which so much is read to no end."""


class Guard:
    """ASGI middleware that bounds every request, counts it, and tells errors as problems.

    Parameters
    ----------
    app : ASGI app
        What answers.
    limits : Limits
        The bounds.
    measures : Measures
        Where requests are counted.
    """

    def __init__(self, app: "ASGIApp", limits: "Limits", measures: "Measures") -> None:
        self._app, self._limits, self._measures = app, limits, measures
        self._at_once = 0

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sent = _Sent(send)
        begun = time.perf_counter()
        self._at_once += 1
        try:
            await self._answer(scope, receive, sent)
        finally:
            self._at_once -= 1
            if sent.status:
                self._count(scope, sent.status, time.perf_counter() - begun)

    async def _answer(self, scope: "Scope", receive: "Receive", sent: "_Sent") -> None:
        path = str(scope["path"])
        if self._at_once > self._limits.requests and not path.startswith(_BESIDE):
            await sent.problem(scope, HTTPStatus.SERVICE_UNAVAILABLE, "Too many requests at once.")
            return
        body = _Body(receive, self._limits.body_bytes)
        try:
            async with asyncio.timeout(self._limits.request_seconds):
                if await body.read(scope):
                    await self._app(scope, body.again, sent)
        except _TooLargeError:
            most = f"The body may have {self._limits.body_bytes:,} bytes."
            await sent.problem(scope, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, most)
        except TimeoutError:
            late = HTTPStatus.SERVICE_UNAVAILABLE if body.whole else HTTPStatus.REQUEST_TIMEOUT
            most = f"It took more than {self._limits.request_seconds:g} seconds."
            await sent.problem(scope, late, most)
        except Exception:  # noqa: BLE001 - the caller learns nothing of it, the log all
            _log.exception("a request to %s failed", _route(scope))
            await sent.problem(scope, HTTPStatus.INTERNAL_SERVER_ERROR)

    def _count(self, scope: "Scope", status: int, seconds: float) -> None:
        route, method = _route(scope), str(scope["method"])
        method = method if method in {"GET", "POST", "DELETE"} else "other"
        self._measures.requests.labels(method, route, status).inc()
        self._measures.seconds.labels(route).observe(seconds)


def _route(scope: "Scope") -> str:
    """Return the template of a path, so that no code of a caller becomes a label."""
    return str(getattr(scope.get("route"), "path", "other"))


class _TooLargeError(Exception):
    """A body has more bytes than it may."""


class _Body:
    """A body that is read once, whole, and handed on."""

    def __init__(self, receive: "Receive", most: int) -> None:
        self._receive, self._most = receive, most
        self._content = b""
        self._told = False
        self.whole = False

    async def read(self, scope: "Scope") -> bool:
        """Read it; False if the caller went away."""
        heads = dict(scope["headers"])
        said = heads.get(b"content-length", b"0")
        if said.isdigit() and int(said) > self._most:
            if b"expect" not in heads:  # else nothing comes unless it is asked for
                await self._drop()
            raise _TooLargeError
        parts, size, more = [], 0, True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                return False
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            more = message.get("more_body", False)
            if size > self._most:
                if more:
                    await self._drop()
                raise _TooLargeError
        self._content, self.whole = b"".join(parts), True
        return True

    async def _drop(self) -> None:
        """Read on for a while: who still sends would meet a closed door, and not the reply."""
        left, more = _MOST_DROPPED * self._most, True
        while more and left > 0:
            message = await self._receive()
            left -= len(message.get("body", b""))
            more = message.get("more_body", False)

    async def again(self) -> "Message":
        """Hand it to the app, as a server would."""
        if self._told:
            return await self._receive()
        self._told = True
        return {"type": "http.request", "body": self._content, "more_body": False}


class _Sent:
    """What was sent so far."""

    def __init__(self, send: "Send") -> None:
        self._send = send
        self.status = 0

    async def __call__(self, message: "Message") -> None:
        if message["type"] == "http.response.start":
            self.status = int(message["status"])
        await self._send(message)

    async def problem(self, scope: "Scope", status: HTTPStatus, detail: str = "") -> None:
        """Tell a problem, unless an answer is on its way."""
        if self.status:
            return
        reply = problem_reply(status, detail, headers=_CLOSE)
        with suppress(OSError):  # the caller went away
            await reply(scope, _nothing, self)


async def _nothing() -> "Message":
    return {"type": "http.disconnect"}
