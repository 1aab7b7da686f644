import asyncio

import httpx
import pytest

from c2m.service import Limits
from c2m.service.guard import Guard
from c2m.service.measures import Measures


def ask(app, limits, *, content=b"", paths=("/v1/x",)):
    """Return the replies of a guarded app to requests at the same time."""

    async def _ask():
        transport = httpx.ASGITransport(Guard(app, limits, Measures()))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            asking = [client.post(path, content=content) for path in paths]
            return await asyncio.gather(*asking)

    return asyncio.run(_ask())


async def echo(scope, receive, send):
    message = await receive()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": message["body"]})


async def slow(scope, receive, send):
    await asyncio.sleep(0.2)
    await echo(scope, receive, send)


async def broken(scope, receive, send):
    raise RuntimeError("the password of /home/secret")


async def parts():
    for _ in range(3):
        yield b"12345"


@pytest.mark.parametrize("content", [b"123456789012345", parts()])
def test_a_body_is_read_up_to_its_limit_whether_or_not_it_says_how_long_it_is(content):
    (refused,) = ask(echo, Limits(body_bytes=14), content=content)
    assert (refused.status_code, refused.json()["detail"]) == (413, "The body may have 14 bytes.")
    assert refused.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("headers", "heard"),
    [
        ([(b"content-length", b"1000000")], 40),
        ([], 45),
        ([(b"content-length", b"1000000"), (b"expect", b"100-continue")], 0),
    ],
)
def test_a_caller_who_sends_too_much_is_heard_for_a_while_so_that_the_reply_arrives(headers, heard):
    taken, sent = [], []

    async def _endless():
        taken.append(5)
        return {"type": "http.request", "body": b"12345", "more_body": True}

    async def _send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/v1/x", "headers": headers}
    asyncio.run(Guard(echo, Limits(body_bytes=5), Measures())(scope, _endless, _send))
    assert sent[0]["status"] == 413
    assert sum(taken) == heard + 5 * (not headers)


def test_a_body_within_its_limit_arrives_whole():
    (reply,) = ask(echo, Limits(body_bytes=15), content=parts())
    assert reply.content == b"123451234512345"


def test_an_answer_that_takes_too_long_is_given_up():
    (late,) = ask(slow, Limits(request_seconds=0.05))
    assert (late.status_code, late.json()["detail"]) == (503, "It took more than 0.05 seconds.")


def test_a_caller_who_sends_too_slowly_is_told_so():
    async def _trickle():
        yield b"1"
        await asyncio.sleep(0.2)
        yield b"2"

    (late,) = ask(echo, Limits(request_seconds=0.05), content=_trickle())
    assert late.status_code == 503 or late.status_code == 408


def test_an_error_inside_tells_the_caller_nothing(caplog):
    (reply,) = ask(broken, Limits())
    assert reply.json() == {"type": "about:blank", "title": "Internal Server Error", "status": 500}
    assert "secret" in caplog.text


def test_health_is_answered_beside_too_many_requests():
    replies = ask(slow, Limits(requests=1), paths=["/v1/x", "/v1/x", "/health/live"])
    assert [reply.status_code for reply in replies] == [200, 503, 200]
