"""One request, one decision, however often it is sent."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import httpx
import pytest

from loanstream.eventlog.port import LogError, LogUnavailable, NewRecord, OutcomeUnknown
from schemas import ids
from tests.runtime.http.world import World, key

COUNTS = "/api/testing/counters/c-1/counts"


async def test_a_decided_command_is_answered_with_its_events(client: httpx.AsyncClient) -> None:
    answer = await client.post(COUNTS, json={"by": 3}, headers=key("k1"))
    assert answer.status_code == 200
    body = answer.json()
    (event,) = body.pop("events")
    assert body == {
        "command_id": ids.request_command_id("user:operations-officer", "testing.count", "k1"),
        "status": "executed",
        "target": "c-1",
        "sequence": 1,
        "counter": "c-1",
    }
    assert (event["type"], event["sequence"], event["data"]["by"]) == ("loanstream.testing.Counted.v1", 1, 3)
    assert answer.headers["etag"] == '"1"'


async def test_the_repeat_of_a_request_gets_the_stored_answer_and_sends_nothing(world: World) -> None:
    first = await world.client.post(COUNTS, json={"by": 3, "fail": False}, headers=key("k1"))
    again = await world.client.post(COUNTS, json={"fail": False, "by": 3}, headers=key("k1"))
    assert (again.status_code, again.json()) == (200, first.json())
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert await world.commands() == 1


async def test_the_same_key_with_another_body_or_target_is_refused(world: World) -> None:
    await world.client.post(COUNTS, json={"by": 3}, headers=key("k1"))
    for path, body in ((COUNTS, {"by": 4}), ("/api/testing/counters/c-2/counts", {"by": 3})):
        answer = await world.client.post(path, json=body, headers=key("k1"))
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-key-reused")
    assert await world.commands() == 1


async def test_another_person_may_use_the_same_key(world: World) -> None:
    await world.client.post(COUNTS, json={"by": 3}, headers=key("k1"))
    headers = {**key("k1"), "Authorization": f"Bearer {world.issuer.issue('operations-officer')}"}
    assert (await world.client.post(COUNTS, json={"by": 3}, headers=headers)).headers["idempotency-replayed"] == "true"
    claim = await world.store.claim_key(
        "user:other", "testing.count", "k1", "x", "d", world.clock.now(), world.clock.now()
    )
    assert claim.state == "new"


async def test_a_request_without_a_key_is_refused(world: World) -> None:
    answer = await world.client.post(COUNTS, json={"by": 3})
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency-key-missing")
    assert await world.commands() == 0


@pytest.mark.parametrize("bad", ["a b", "x" * 201, "é"])
async def test_a_malformed_key_is_refused(world: World, bad: str) -> None:
    answer = await world.client.post(COUNTS, json={"by": 3}, headers={"Idempotency-Key": bad.encode()})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "Idempotency-Key")
    assert await world.commands() == 0


async def test_a_refusal_is_a_problem_with_its_rule_and_repeats_as_one(world: World) -> None:
    for replayed in (False, True):
        answer = await world.client.post(COUNTS, json={"by": 11}, headers=key("k1"))
        assert answer.status_code == 409
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json() == {
            "type": "urn:loanstream:problem:too-many",
            "title": "Conflict",
            "status": 409,
            "detail": "above ten",
            "code": "too-many",
            "rule": "counter/1",
            "limit": "10",
            "source": "house rule",
            "command_id": ids.request_command_id("user:operations-officer", "testing.count", "k1"),
        }
        assert ("idempotency-replayed" in answer.headers) is replayed


async def test_a_failure_is_a_500_that_names_its_error_and_frees_the_key(world: World) -> None:
    answer = await world.client.post(COUNTS, json={"by": 1, "fail": True}, headers=key("k1"))
    assert (answer.status_code, answer.json()["code"]) == (500, "command-failed")
    assert answer.json()["error_id"]
    assert "bug" not in answer.text
    again = await world.client.post(COUNTS, json={"by": 1, "fail": True}, headers=key("k1"))
    assert again.json()["code"] == "command-failed"


async def test_a_stale_expectation_is_refused(world: World) -> None:
    first = await world.client.post(COUNTS, json={"by": 1}, headers=key())
    stale = await world.client.post(COUNTS, json={"by": 1}, headers={**key(), "If-Match": '"7"'})
    assert (stale.status_code, stale.json()["code"], stale.json()["limit"]) == (412, "stale", "1")
    fresh = await world.client.post(COUNTS, json={"by": 1}, headers={**key(), "If-Match": first.headers["etag"]})
    assert fresh.status_code == 200


async def test_a_malformed_expectation_is_refused(world: World) -> None:
    answer = await world.client.post(COUNTS, json={"by": 1}, headers={**key(), "If-Match": "seven"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "If-Match")
    assert await world.commands() == 0


async def test_a_decision_that_takes_longer_than_the_wait_is_a_202_with_its_place(world: World) -> None:
    world.decides = False
    answer = await world.client.post(COUNTS, json={"by": 1}, headers={**key("k1"), "Prefer": "wait=0.05"})
    assert answer.status_code == 202
    assert answer.json()["status"] == "pending"
    place = answer.headers["location"]
    assert place == f"/api/testing/outcomes/{answer.json()['command_id']}"
    assert (await world.client.get(place)).status_code == 404

    again = await world.client.post(COUNTS, json={"by": 1}, headers=key("k1"))
    assert (again.status_code, again.json()["code"]) == (409, "request-in-flight")

    world.decides = True
    decided = await world.client.get(place, headers={"Prefer": "wait=2"})
    assert (decided.status_code, decided.json()["status"], decided.json()["sequence"]) == (200, "executed", 1)
    late = await world.client.post(COUNTS, json={"by": 1}, headers=key("k1"))
    assert (late.status_code, late.json()["status"], late.json()["counter"]) == (200, "executed", "c-1")
    assert late.headers["idempotency-replayed"] == "true"
    assert await world.commands() == 1


async def test_the_answer_of_a_202_is_stored_when_the_outcome_comes(world: World) -> None:
    world.decides = False
    answer = await world.client.post(COUNTS, json={"by": 1}, headers={**key("k1"), "Prefer": "wait=0"})
    world.reads.behind = True
    world.decides = True
    for _ in range(1000):
        if world.waiter.waiting:
            await asyncio.sleep(0.001)
    await world.kit.submitter.close()
    again = await world.client.post(COUNTS, json={"by": 1}, headers=key("k1"))
    assert (again.status_code, again.json()["command_id"]) == (200, answer.json()["command_id"])


async def test_an_attempt_that_died_after_sending_is_resumed_with_its_first_answer(world: World) -> None:
    first = await world.client.post(COUNTS, json={"by": 1}, headers=key("k1"))
    world.store.__init__()  # type: ignore[misc]  # the answer was never stored
    await _claim_as_dead(world, "k1")
    world.clock.advance(timedelta(minutes=2))
    again = await world.client.post(COUNTS, json={"by": 1}, headers=key("k1"))
    assert (again.status_code, again.json()) == (200, first.json())
    assert again.headers["idempotency-replayed"] == "true"
    assert await world.commands() == 1


async def test_a_repeat_that_reaches_the_decider_gets_the_first_answer(world: World) -> None:
    first = await world.client.post(COUNTS, json={"by": 1}, headers=key("k1"))
    world.store.__init__()  # type: ignore[misc]  # keys lost: only the decider knows the command
    again = await world.client.post(COUNTS, json={"by": 1}, headers=key("k1"))
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert await world.commands() == 2


async def test_an_attempt_that_died_before_sending_is_sent(world: World) -> None:
    await _claim_as_dead(world, "k1")
    in_flight = await world.client.post(COUNTS, json={"by": 1}, headers=key("k1"))
    assert (in_flight.status_code, in_flight.json()["code"]) == (409, "request-in-flight")
    world.clock.advance(timedelta(minutes=2))
    resumed = await world.client.post(COUNTS, json={"by": 1}, headers=key("k1"))
    assert (resumed.status_code, resumed.json()["status"]) == (200, "executed")


async def _claim_as_dead(world: World, value: str) -> None:
    """A claim as a process leaves it that dies right after: taken with the digest of the request with this key."""

    async def dead(*_place: str) -> None:
        """The dead tidy nothing up."""

    def lose_the_log(_what: str, _when: str, _records: object) -> None:
        raise OutcomeUnknown("the process ends here")

    end_lease, world.store.end_lease = world.store.end_lease, dead  # type: ignore[method-assign]
    world.log.fault = lose_the_log
    await world.client.post(COUNTS, json={"by": 1}, headers=key(value))
    world.log.fault, world.store.end_lease = None, end_lease  # type: ignore[method-assign]


async def test_requests_at_the_same_time_with_one_key_decide_once(world: World) -> None:
    answers = await asyncio.gather(*(world.client.post(COUNTS, json={"by": 1}, headers=key("k1")) for _ in range(20)))
    codes = {answer.status_code for answer in answers}
    assert codes <= {200, 409}
    assert 200 in codes
    assert await world.commands() == 1


async def test_many_requests_at_once_each_get_their_own_answer(world: World) -> None:
    paths = [f"/api/testing/counters/n-{n}/counts" for n in range(100)]
    answers = await asyncio.gather(*(world.client.post(path, json={"by": 1}, headers=key()) for path in paths))
    assert [a.json()["target"] for a in answers] == [f"n-{n}" for n in range(100)]
    assert world.waiter.waiting == 0


async def test_a_new_thing_has_the_same_id_in_the_repeat(world: World) -> None:
    first = await world.client.post("/api/testing/counters", json={"by": 1}, headers=key("k1"))
    again = await world.client.post("/api/testing/counters", json={"by": 1}, headers=key("k1"))
    other = await world.client.post("/api/testing/counters", json={"by": 1}, headers=key("k2"))
    assert first.json()["target"] == again.json()["target"] != other.json()["target"]


async def test_a_send_of_unknown_outcome_is_sent_again_and_decided_once(world: World) -> None:
    failures = 2

    def flaky(_what: str, when: str, _records: object) -> None:
        nonlocal failures
        if when == "after" and failures and _what == "send":
            failures -= 1
            raise OutcomeUnknown("connection lost")

    world.log.fault = flaky
    answer = await world.client.post(COUNTS, json={"by": 1}, headers=key())
    assert (answer.status_code, answer.json()["sequence"]) == (200, 1)
    assert await world.commands() == 3


@pytest.mark.parametrize(
    ("error", "other_body"),
    [(LogUnavailable("down"), (200, "executed")), (OutcomeUnknown("connection lost"), (422, None))],
)
async def test_a_log_that_is_away_is_a_503_and_the_key_is_free_if_certainly_nothing_was_written(
    world: World, error: LogError, other_body: tuple[int, str | None]
) -> None:
    def away(what: str, _when: str, _records: object) -> None:
        if what == "send":
            raise error

    world.log.fault = away
    answer = await world.client.post(COUNTS, json={"by": 1}, headers=key("k1"))
    assert (answer.status_code, answer.json()["code"]) == (503, "log-unavailable")
    await asyncio.sleep(0)
    assert world.waiter.waiting == 0
    world.log.fault = None
    other = await world.client.post(COUNTS, json={"by": 2}, headers=key("k1"))
    assert (other.status_code, other.json().get("status") if other.is_success else None) == other_body
    if other_body[0] == 422:
        assert (await world.client.post(COUNTS, json={"by": 1}, headers=key("k1"))).status_code == 200


async def test_a_request_that_is_cut_off_while_it_is_sent_keeps_its_key_for_itself(world: World) -> None:
    reached, go_on = asyncio.Event(), asyncio.Event()
    send = world.log.send

    async def slow(records: Sequence[NewRecord]) -> None:
        reached.set()
        await go_on.wait()
        await send(records)

    world.log.send = slow  # type: ignore[method-assign]
    cut = asyncio.create_task(world.client.post(COUNTS, json={"by": 1}, headers=key("k1")))
    await reached.wait()
    cut.cancel()
    await asyncio.wait((cut,))
    world.log.send = send  # type: ignore[method-assign]
    assert (await world.client.post(COUNTS, json={"by": 2}, headers=key("k1"))).status_code == 422
    assert (await world.client.post(COUNTS, json={"by": 1}, headers=key("k1"))).status_code == 200


async def test_the_command_carries_actor_trace_and_only_the_permissions_of_its_context(world: World) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    sent: list[NewRecord] = []
    world.log.fault = lambda what, when, records: sent.extend(records) if (what, when) == ("send", "before") else None
    await world.client.post(COUNTS, json={"by": 1}, headers={**key(), "traceparent": trace})
    (command,) = sent
    assert command.headers["ce_authid"] == "user:operations-officer"
    assert command.headers["traceparent"] == trace
    assert "ls_permissions" not in command.headers
    assert command.headers["ls_reply"] == "1"


BULK = "/api/testing/bulk"


def lines(*counters: str) -> list[dict[str, str]]:
    """Lines of a bulk request."""
    return [{"reference": f"r-{n}", "counter": counter} for n, counter in enumerate(counters)]


async def test_a_bulk_request_answers_every_line(world: World) -> None:
    body = [*lines("a", "b"), {"reference": "r-x", "counter": "c", "by": 11}]
    answer = await world.client.post(BULK, json=body, headers=key("k1"))
    assert answer.status_code == 200
    results = answer.json()["results"]
    assert [(r["reference"], r["status"], r["target"]) for r in results] == [
        ("r-0", "executed", "a"),
        ("r-1", "executed", "b"),
        ("r-x", "refused", "c"),
    ]
    assert results[2]["code"] == "too-many"
    again = await world.client.post(BULK, json=body, headers=key("k1"))
    assert again.json() == answer.json()
    assert await world.commands() == 3


async def test_a_line_that_was_sent_before_is_recognised_in_another_bulk_request(world: World) -> None:
    await world.client.post(BULK, json=lines("a", "b"), headers=key())
    answer = await world.client.post(BULK, json=lines("a", "b", "c"), headers=key())
    assert [r["status"] for r in answer.json()["results"]] == ["already-applied", "already-applied", "executed"]


async def test_undecided_lines_are_pending_and_the_same_request_can_be_sent_again(world: World) -> None:
    world.decides = False
    headers = {**key("k1"), "Prefer": "wait=0.05"}
    answer = await world.client.post(BULK, json=lines("a", "b"), headers=headers)
    assert [r["status"] for r in answer.json()["results"]] == ["pending", "pending"]
    await asyncio.sleep(0)
    assert world.waiter.waiting == 0
    world.decides = True
    again = await world.client.post(BULK, json=lines("a", "b"), headers=key("k1"))
    assert {r["status"] for r in again.json()["results"]} == {"executed"}


async def test_a_reference_that_stands_twice_is_named_and_nothing_sent(world: World) -> None:
    body = [{"reference": "r", "counter": "a"}, {"reference": "r", "counter": "b"}]
    answer = await world.client.post(BULK, json=body, headers=key())
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "items[1].reference")
    assert await world.commands() == 0


async def test_an_empty_bulk_request_is_fine(world: World) -> None:
    answer = await world.client.post(BULK, json=[], headers=key())
    assert (answer.status_code, answer.json()) == (200, {"results": []})


async def test_a_process_that_is_being_stopped_takes_no_more_commands_and_says_so(world: World) -> None:
    world.app.state.stopping.set()
    answer = await world.client.post(COUNTS, json={"by": 1}, headers=key("k1"))
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "stopping", "1")
    assert await world.commands() == 0
