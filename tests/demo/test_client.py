"""Requests: keys, patience, and errors that say what to do."""

import asyncio
import json
from collections.abc import Callable, Sequence

import httpx
import pytest

from loanstream.demo.client import Answer, Api, DemoError, Rejected, SystemUnreachable, for_each
from loanstream.demo.quiet import Quiet

Reply = httpx.Response | Exception


class Script:
    """Answers one reply after the other and keeps the requests."""

    def __init__(self, replies: Sequence[Reply]) -> None:
        self.replies = list(replies)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, Exception):
            raise reply
        return reply


def api(script: Script, tokens: Callable[[str], str] = lambda user: user, lost_seconds: float = 5.0) -> Api:
    """The client under test."""
    http = httpx.AsyncClient(transport=httpx.MockTransport(script), base_url="http://system")
    return Api(http, tokens, lost_seconds)


def problem(status: int, code: str) -> httpx.Response:
    """A problem answer."""
    return httpx.Response(status, json={"code": code, "detail": f"because of {code}"})


async def post(client: Api, expected: Sequence[str] = ()) -> Answer:
    """One command."""
    return await client.command("borrower", "/api/x", "key-1", {"a": "1"}, expected)


async def test_a_command_carries_token_key_and_body() -> None:
    script = Script([httpx.Response(200, json={"status": "executed"})])
    answer = await post(api(script))
    request = script.requests[0]
    assert request.headers["authorization"] == "Bearer borrower"
    assert request.headers["idempotency-key"] == "key-1"
    assert json.loads(request.content) == {"a": "1"}
    assert answer.body == {"status": "executed"}


@pytest.mark.parametrize(
    "trouble",
    [
        httpx.ConnectError("no"),
        httpx.ReadTimeout("no"),
        problem(503, "log-unavailable"),
        problem(409, "request-in-flight"),
    ],
)
async def test_what_passes_is_tried_again_with_the_same_key(trouble: Reply) -> None:
    script = Script([trouble, trouble, httpx.Response(200, json={"status": "executed"})])
    assert not (await post(api(script))).refused
    assert {request.headers["idempotency-key"] for request in script.requests} == {"key-1"}
    assert len(script.requests) == 3


async def test_a_system_that_never_answers_ends_with_what_to_do() -> None:
    with pytest.raises(SystemUnreachable, match=r"loanstream doctor.*same seed"):
        await post(api(Script([httpx.ConnectError("refused")]), lost_seconds=0.2))


async def test_a_202_is_followed_until_it_is_decided() -> None:
    pending = {"command_id": "c", "status": "pending", "outcome": "/api/x/outcomes/c", "loan_id": "l"}
    decided = httpx.Response(200, json={"status": "executed", "sequence": 3})
    script = Script([httpx.Response(202, json=pending), problem(404, "no-such-outcome"), decided])
    answer = await post(api(script))
    assert answer.body["status"] == "executed"
    assert answer.body["loan_id"] == "l"
    assert [request.url.path for request in script.requests[1:]] == ["/api/x/outcomes/c"] * 2


async def test_a_202_that_is_refused_later_is_a_refusal() -> None:
    pending = httpx.Response(202, json={"status": "pending", "outcome": "/api/x/outcomes/c"})
    refused = httpx.Response(200, json={"status": "refused", "code": "limit-exceeded", "message": "too much"})
    with pytest.raises(Rejected, match="limit-exceeded: too much"):
        await post(api(Script([pending, refused])))


async def test_an_expected_refusal_is_returned_and_any_other_raised() -> None:
    assert (await post(api(Script([problem(409, "known")])), ["known"])).code == "known"
    with pytest.raises(Rejected, match="POST /api/x as borrower was answered 409 other: because of other"):
        await post(api(Script([problem(409, "other")])), ["known"])


async def test_an_expired_token_is_renewed_once() -> None:
    given = iter(["old", "new"])
    script = Script([problem(401, "unauthenticated"), httpx.Response(200, json={"ok": 1})])
    assert await api(script, lambda _user: next(given)).get("auditor", "/api/y") == {"ok": 1}
    assert script.requests[1].headers["authorization"] == "Bearer new"


async def test_a_token_that_is_refused_again_ends_it() -> None:
    with pytest.raises(Rejected, match="401"):
        await api(Script([problem(401, "unauthenticated")])).get("auditor", "/api/y")


async def test_what_is_no_problem_of_the_api_is_shown_as_it_is() -> None:
    with pytest.raises(Rejected, match="500 without a code: Internal"):
        await api(Script([httpx.Response(500, text="Internal Server Error")])).get("auditor", "/api/y")


async def test_for_each_does_some_at_a_time_and_ends_with_the_first_error() -> None:
    running, most, done = 0, 0, []

    async def act(number: int) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        done.append(number)

    await for_each(range(20), act, at_once=4)
    assert sorted(done) == list(range(20))
    assert most == 4

    async def fail(number: int) -> None:
        raise ValueError(number)

    with pytest.raises(ValueError, match="0"):
        await for_each(range(3), fail)


async def test_a_system_that_never_comes_to_rest_ends_the_demo_and_says_what_it_does() -> None:
    script = Script([httpx.Response(200, json={"idle": False, "waiting": {"notify.effects": 3}})])
    told: list[str] = []
    with pytest.raises(DemoError, match=r"still busy after 0 s \(notify.effects: 3\)"):
        await Quiet(api(script), told.append, longest_seconds=0).ledger()
    assert told == ["waiting for notify.effects: 3"]


async def test_an_idle_system_is_asked_again_only_after_something_was_sent() -> None:
    script = Script([httpx.Response(200, json={"idle": True, "waiting": {}})])
    client = api(script)
    quiet = Quiet(client)
    for _ in range(3):
        await quiet.everywhere()
    assert len(script.requests) == 1
    await post(client)
    await quiet.everywhere()
    assert len(script.requests) == 3


async def test_a_system_that_is_gone_for_long_is_named_and_then_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loanstream.demo.client.TELL_SECONDS", 0.1)
    told: list[str] = []
    client = api(Script([*[httpx.ConnectError("no")] * 3, httpx.Response(200, json={"status": "executed"})]))
    client.tell = told.append
    await post(client)
    assert told[0] == "waiting for the system at http://system"
    assert told[-1] == ""
