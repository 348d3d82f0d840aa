"""Live events: several services in one stream, nothing left open behind it."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send

from loanstream.console.api import Api
from loanstream.console.in_process import InProcess
from loanstream.console.live import MOST_AT_ONCE, Feed, Wanted
from loanstream.runtime.http.security import SESSION_COOKIE
from tests.console import samples
from tests.console.fake import FakeSystem

IDS = re.compile(r'id="event-([^"]+)"')


@asynccontextmanager
async def feed(system: FakeSystem, query: str = "", user: str = "auditor") -> AsyncIterator[httpx.Response]:
    """The feed as a browser reads it."""
    cookies = {SESSION_COOKIE: system.issuer.issue(user)}
    async with (
        httpx.AsyncClient(transport=InProcess(system.app), base_url="http://localhost", cookies=cookies) as browser,
        browser.stream("GET", f"/events/feed{query}") as answer,
    ):
        yield answer


async def until(answer: httpx.Response, text: str) -> str:
    """What came until ``text`` was in it."""
    come = ""
    async with asyncio.timeout(5):
        async for chunk in answer.aiter_text():
            come += chunk
            if text in come:
                break
    return come


async def test_events_of_all_services_come_in_one_stream(system: FakeSystem) -> None:
    system.live = samples.EVENTS
    expected = {event["id"] for events in samples.EVENTS.values() for event in events}
    async with feed(system) as answer:
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        come = await until(answer, "RiskAssessed")
        assert system.open_streams == 5
    assert come.index("event: ready") < come.index("event: rows")
    assert set(IDS.findall(come)) == expected
    assert "<script>alert" not in come
    assert all(line.startswith(("data: ", "event: ", "retry: ", ":")) for line in come.splitlines() if line)


async def test_filters_reach_the_services(system: FakeSystem) -> None:
    async with feed(system, "?service=servicing&type=PaymentReceived,%20Settled&loan_id=L") as answer:
        await until(answer, "event: ready")
    assert system.asked == ["/api/servicing/events/stream?type=PaymentReceived&type=Settled&loan_id=L"]


async def test_nothing_stays_open_when_the_browser_goes(system: FakeSystem) -> None:
    async with feed(system) as answer:
        await until(answer, "event: ready")
        assert system.open_streams == 5
    assert system.open_streams == 0


async def test_a_flood_is_thinned_to_the_newest(system: FakeSystem) -> None:
    system.live["servicing"] = [samples.event("InstallmentDue", "servicing", n, {"number": n}) for n in range(500)]
    async with feed(system, "?service=servicing") as answer:
        come = await until(answer, f"servicing{499:08d}".removeprefix("servicing") + '"')
    shown = IDS.findall(come)
    assert len(shown) <= 2 * MOST_AT_ONCE
    assert shown[0].endswith("499")
    assert "left out" in come


async def test_a_service_without_a_stream_to_give_ends_the_feed(system: FakeSystem) -> None:
    system.broken = True
    async with feed(system) as answer:
        assert answer.status_code == 200
        come = "".join([chunk async for chunk in answer.aiter_text()])
    assert "event: ready" not in come


async def test_a_refused_question_is_told_and_not_asked_again(system: FakeSystem) -> None:
    system.refused = "type: 'Nonsense' is no event type"
    async with feed(system, "?type=Nonsense") as answer:
        come = "".join([chunk async for chunk in answer.aiter_text()])
    assert "event: refused\ndata: type: 'Nonsense' is no event type\n" in come
    assert "event: ready" not in come


async def test_the_feed_is_for_who_may_read_events(system: FakeSystem) -> None:
    async with feed(system, user="releaser-1") as answer:
        assert answer.status_code == 403


async def test_a_feed_ends_with_the_stream_of_a_service() -> None:
    async def ends(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async with httpx.AsyncClient(transport=InProcess(ends), base_url="http://localhost") as client:
        api = Api(client, Request({"type": "http", "headers": [(b"authorization", b"Bearer x")]}))
        messages = [m async for m in Feed(api, Wanted(["servicing"]), lambda events, left_out: "").messages()]
    assert messages[1] == b"event: ready\ndata: \n\n"


# -- the transport -----------------------------------------------------------------------------------------------------


async def test_the_transport_hands_body_and_query_over_and_the_answer_back() -> None:
    seen: dict[str, object] = {}

    async def echo(scope: Scope, receive: Receive, send: Send) -> None:
        message = await receive()
        seen.update(path=scope["path"], query=scope["query_string"], body=message["body"], method=scope["method"])
        await send({"type": "http.response.start", "status": 201, "headers": [(b"x-it", b"is")]})
        await send({"type": "http.response.body", "body": b"one ", "more_body": True})
        await send({"type": "http.response.body", "body": b"two"})

    async with httpx.AsyncClient(transport=InProcess(echo), base_url="http://localhost") as client:
        answer = await client.post("/a%20b?c=d", content=b"body")
    assert (answer.status_code, answer.headers["x-it"], answer.text) == (201, "is", "one two")
    assert seen == {"path": "/a b", "query": b"c=d", "body": b"body", "method": "POST"}


async def test_an_application_that_fails_before_its_answer_is_a_transport_error() -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("broken")

    async with httpx.AsyncClient(transport=InProcess(broken), base_url="http://localhost") as client:
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get("/")


async def test_an_application_is_told_that_nobody_reads_any_more() -> None:
    told = asyncio.Event()

    async def endless(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        leaving = asyncio.create_task(_left(receive))
        while not leaving.done():
            await send({"type": "http.response.body", "body": b"x", "more_body": True})
            await asyncio.sleep(0)
        told.set()

    async def _left(receive: Receive) -> Message:
        return await receive()

    async with (
        httpx.AsyncClient(transport=InProcess(endless), base_url="http://localhost") as client,
        client.stream("GET", "/") as answer,
    ):
        assert await anext(answer.aiter_raw()) == b"x"
    assert told.is_set()
