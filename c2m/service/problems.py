"""Errors as a caller sees them: problem+json (RFC 9457), which tells nothing of the inside."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from fastapi import HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic_core import to_json
from starlette.exceptions import HTTPException as PlainHTTPException
from starlette.routing import Match

if TYPE_CHECKING:
    from fastapi import FastAPI

MEDIA_TYPE: Final = "application/problem+json"

_MOST_ERRORS: Final = 20

SCHEMA: Final[Mapping[str, Any]] = {
    "title": "Problem",
    "type": "object",
    "description": "What went wrong (RFC 9457).",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "description": "What is wrong in the body, and where.",
            "items": {
                "type": "object",
                "properties": {"at": {"type": "string"}, "error": {"type": "string"}},
                "required": ["at", "error"],
            },
        },
    },
    "required": ["type", "title", "status"],
}
"""Of a problem, for OpenAPI."""


class Problem(HTTPException):
    """A request that cannot be answered.

    Parameters
    ----------
    status : HTTPStatus
        The reply's.
    detail : str
        What is wrong, in a sentence that a caller may read.
    retry_after_seconds : int, optional
        When to ask again.
    """

    def __init__(
        self, status: HTTPStatus, detail: str, retry_after_seconds: int | None = None
    ) -> None:
        headers = {"Retry-After": str(retry_after_seconds)} if retry_after_seconds else None
        super().__init__(status, detail, headers)


def problem_body(
    status: int, detail: str | None = None, errors: Sequence[Mapping[str, str]] = ()
) -> dict[str, Any]:
    """Return a problem's fields.

    Parameters
    ----------
    status : int
        The reply's.
    detail : str, optional
        What is wrong.
    errors : sequence of mapping, optional
        What is wrong in the body, and where.

    Returns
    -------
    dict
        For JSON.

    Examples
    --------
    >>> problem_body(404)
    {'type': 'about:blank', 'title': 'Not Found', 'status': 404}
    """
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
    }
    if detail and detail != body["title"]:
        body["detail"] = detail
    if errors:
        body["errors"] = list(errors)
    return body


def problem_reply(
    status: int,
    detail: str | None = None,
    errors: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a reply that tells a problem.

    Parameters
    ----------
    status, detail, errors
        See `problem_body`.
    headers : mapping of str to str, optional
        More headers.

    Returns
    -------
    Response
        Problem+json.
    """
    body = to_json(problem_body(status, detail, errors))
    return Response(body, status, dict(headers or {}), MEDIA_TYPE)


def documented(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """Return the replies that tell problems, for OpenAPI.

    Parameters
    ----------
    *statuses : HTTPStatus
        Which.

    Returns
    -------
    dict of int to dict
        A route's ``responses``.
    """
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {int(status): {"description": status.phrase, "content": content} for status in statuses}


def tell_problems(app: "FastAPI") -> None:
    """Let every error that the framework knows leave an app as a problem.

    Parameters
    ----------
    app : FastAPI
        The app.
    """
    app.add_exception_handler(PlainHTTPException, _of_http)
    app.add_exception_handler(RequestValidationError, _of_body)


def _of_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, PlainHTTPException)
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(_methods(request))
    return problem_reply(error.status_code, str(error.detail), headers=headers)


def _methods(request: Request) -> list[str]:
    """Return what can be done at a path, by all of its routes."""
    found: set[str] = set()
    for route in request.app.routes:
        match, _ = route.matches(request.scope)
        if match is not Match.NONE:
            found |= route.methods
    return sorted(found)


def _of_body(_: Request, error: Exception) -> Response:
    """Say where a request breaks its contract, without repeating what it holds."""
    assert isinstance(error, RequestValidationError)
    found = [
        {"at": ".".join(map(_plain, each["loc"])), "error": _plain(each["msg"])}
        for each in error.errors()[:_MOST_ERRORS]
    ]
    return problem_reply(422, "The request does not fit its schema.", found)


def _plain(text: object) -> str:
    """Return a text that UTF-8 can hold."""
    return str(text).encode("utf-8", "replace").decode("utf-8")
