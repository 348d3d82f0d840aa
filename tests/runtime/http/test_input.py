"""Bad input is the caller's error: a 4xx problem that names the field, and nothing is written."""

import json
from typing import Any

import httpx
import pytest

from loanstream.runtime.http.errors import field_name
from loanstream.runtime.http.inputs import MAX_TEXT, check_command
from loanstream.runtime.http.problems import Problem
from schemas.money import Money
from tests.runtime.http.world import World, key

COUNTS = "/api/testing/counters/c-1/counts"
PAYMENTS = "/api/testing/payments"
JSON = {"Content-Type": "application/json"}


def is_problem(answer: httpx.Response) -> bool:
    """Whether an answer is a whole problem object."""
    body = answer.json()
    return (
        answer.headers["content-type"] == "application/problem+json"
        and body["status"] == answer.status_code
        and body["type"] == f"urn:loanstream:problem:{body['code']}"
        and bool(body["title"] and body["detail"])
    )


def payment(**changes: Any) -> dict[str, Any]:
    """A valid body, changed."""
    return {"amount": {"amount": "12.34", "currency": "CNY"}, "name": "n", **changes}


def amount(value: Any, currency: str = "CNY") -> dict[str, Any]:
    """A body with this amount."""
    return payment(amount={"amount": value, "currency": currency})


async def test_the_valid_body_is_accepted(client: httpx.AsyncClient) -> None:
    assert (await client.post(PAYMENTS, json=payment(note="一句话"), headers=key())).status_code == 200
    for body in (amount("0.01"), amount("100", "JPY"), amount("1.50000"), amount("10"), amount("999999999999999.99")):
        assert (await client.post(PAYMENTS, json=body, headers=key())).status_code == 200, body


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (amount("12.345"), "amount"),
        (amount("1.5", "JPY"), "amount"),
        (amount("1", "XYZ"), "amount"),
        (amount("0"), "amount"),
        (amount("-1"), "amount"),
        (amount("9" * 16), "amount"),
        (amount("1e1"), "amount.amount"),
        (amount("1e30"), "amount.amount"),
        (amount("1e999999999"), "amount.amount"),
        (amount("1e-999999999"), "amount.amount"),
        (amount(10.1), "amount.amount"),
        (amount(10), "amount.amount"),
        (amount("1_0"), "amount.amount"),
        (amount("１０"), "amount.amount"),
        (amount(" 10 "), "amount.amount"),
        (amount("+1"), "amount.amount"),
        (amount(".5"), "amount.amount"),
        (amount("5."), "amount.amount"),
        (amount("1" * 200), "amount.amount"),
        (amount("0." + "0" * 40 + "1"), "amount"),
        (amount("NaN"), "amount.amount"),
        (amount("sNaN"), "amount.amount"),
        (amount("Infinity"), "amount.amount"),
        (amount("-Infinity"), "amount.amount"),
        (amount("twelve"), "amount.amount"),
        (amount(None), "amount.amount"),
        (amount(True), "amount.amount"),
        (amount("1", "cny"), "amount.currency"),
        (payment(amount="12.34"), "amount"),
        (payment(amount={"amount": "1", "currency": "CNY", "scale": 2}), "amount.scale"),
        (payment(name=""), "name"),
        (payment(name="x" * 201), "name"),
        (payment(name=5), "name"),
        (payment(note="x" * (MAX_TEXT + 1)), "note"),
        (payment(references=["ok", "not ok"]), "references[1]"),
        (payment(references=["a"] * 4), "references"),
        (payment(unknown=1), "unknown"),
        ({"name": "n"}, "amount"),
        ([], "body"),
        (None, "body"),
    ],
)
async def test_a_wrong_field_is_named_and_nothing_is_written(world: World, body: Any, field: str) -> None:
    answer = await world.client.post(PAYMENTS, json=body, headers=key("k1"))
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-input"), answer.text
    assert is_problem(answer)
    assert field in [error["field"] for error in answer.json()["errors"]]
    assert await world.commands() == 0
    assert (await world.client.post(PAYMENTS, json=payment(), headers=key("k1"))).status_code == 200


@pytest.mark.parametrize(
    ("body", "position"),
    [
        (b"{", 1),
        (b'{"by": 1', 8),
        (b"", None),
        (b'{"by": NaN}', 7),
        (b'{"by": Infinity}', 7),
        (b'{"by": 1,}', 9),
        (b'{"padding": "\xff"}', 13),
        (b'{"padding": "\\ud800"}', None),
        (b'{"padding": "\x00"}', None),
        (b"[" * 200_000, None),
        (b'{"by": ' + b"9" * 10_000 + b"}", None),
        (b"hello", 0),
    ],
)
async def test_a_body_that_is_not_json_is_a_400(world: World, body: bytes, position: int | None) -> None:
    answer = await world.client.post(COUNTS, content=body, headers={**JSON, **key()})
    assert answer.status_code == 400, answer.text
    assert is_problem(answer)
    if position is not None:
        assert answer.json()["code"] == "malformed-json"
        assert answer.json()["position"] == position
    assert await world.commands() == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"by": 1, "padding": "a\x00b"}, "padding"),
        ({"by": 1, "lines": [{}, {"x": "\x00"}]}, "lines[1].x"),
        ({"by": 1, "na\x00me": 1}, "name"),
        ("\x00", "body"),
    ],
)
async def test_a_nul_character_is_named(world: World, body: Any, field: str) -> None:
    answer = await world.client.post(COUNTS, content=json.dumps(body), headers={**JSON, **key()})
    assert (answer.status_code, answer.json()["errors"]) == (
        400,
        [{"field": field, "message": "holds a NUL character"}],
    )
    assert await world.commands() == 0


async def test_an_escaped_backslash_before_u0000_is_no_nul_character(client: httpx.AsyncClient) -> None:
    answer = await client.post(COUNTS, content=b'{"by": 1, "padding": "\\\\u0000"}', headers={**JSON, **key()})
    assert answer.status_code == 200


@pytest.mark.parametrize("path", ["/api/testing/counters/%00", "/api/testing/counters/c?at-least=%00"])
async def test_a_nul_character_in_the_address_is_refused(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-input")


async def test_a_body_above_the_limit_is_a_413_announced_or_not(world: World) -> None:
    body = b'{"by": 1, "padding": "' + b"x" * world.settings.max_body_bytes + b'"}'

    async def pieces() -> Any:
        for start in range(0, len(body), 65_536):
            yield body[start : start + 65_536]

    for content in (body, pieces()):
        answer = await world.client.post(COUNTS, content=content, headers={**JSON, **key()})
        assert (answer.status_code, answer.json()["code"]) == (413, "too-large")
        assert is_problem(answer)
    assert await world.commands() == 0


@pytest.mark.parametrize("header", [{}, {"Content-Type": "text/plain"}, {"Content-Type": "application/octet-stream"}])
async def test_a_body_without_the_content_type_of_json_is_read_for_errors_but_not_taken(
    world: World, header: dict[str, str]
) -> None:
    malformed = await world.client.post(COUNTS, content=b'{"by": 1,}', headers={**header, **key()})
    assert (malformed.status_code, malformed.json()["code"], malformed.json()["position"]) == (400, "malformed-json", 9)
    answer = await world.client.post(COUNTS, content=b'{"by": 1}', headers={**header, **key()})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (415, "Content-Type")
    assert is_problem(answer)
    assert await world.commands() == 0


@pytest.mark.parametrize(
    ("method", "path", "field", "said"),
    [
        ("GET", "/api/testing/counters/c-1?sinze=1", "sinze", "did you mean since?; there are since, at-least"),
        ("GET", "/api/testing/counters/c-1?since=1&x=", "x", "is no parameter here; there are since, at-least"),
        ("GET", "/api/testing/lag?at-least=3", "at-least", "is no parameter here; it has none"),
        ("GET", "/api/auth/me?who=1", "who", "is no parameter here; it has none"),
        ("POST", "/api/testing/counters/c-1/counts?by=2", "by", "is no parameter here; it has none"),
        ("GET", "/api/testing/events?type=counted", "type", "did you mean Counted?; testing has "),
        ("GET", "/api/testing/events?type=Counted&type=Bogus", "type", "'Bogus' is no event type; testing has "),
        ("GET", "/api/testing/events/stream?type=Bogus", "type", "'Bogus' is no event type"),
        ("GET", "/api/testing/effects?status=bogus", "status", "'pending'"),
    ],
)
async def test_a_query_that_can_mean_nothing_is_refused_with_what_there_is(
    world: World, method: str, path: str, field: str, said: str
) -> None:
    client = world.client_of(world.app, "administrator")
    answer = await client.request(method, path, headers=key(), json={"by": 1} if method == "POST" else None)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-input"), answer.text
    assert answer.json()["errors"][0]["field"] == field
    assert said in answer.json()["errors"][0]["message"]
    assert await world.commands() == 0


async def test_an_event_type_of_another_service_is_none_of_this_one_but_no_mistake(world: World) -> None:
    client = world.client_of(world.app, "administrator")
    answer = await client.get("/api/testing/events?type=PaymentReceived")
    assert (answer.status_code, answer.json()["events"]) == (200, [])


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/testing/nothing", 404, "no-such-route"),
        ("GET", "/nothing", 404, "no-such-route"),
        ("GET", "/api/testing/counters/c-1/", 404, "no-such-route"),
        ("DELETE", "/api/testing/counters/c-1", 405, "method-not-allowed"),
        ("GET", "/api/testing/counters/c%20x", 400, "invalid-input"),
        ("GET", "/api/testing/counters/c-1?since=soon", 400, "invalid-input"),
        ("GET", "/api/testing/counters/c-1?at-least=-1", 400, "invalid-input"),
        ("GET", f"/api/testing/counters/c-1?at-least={'9' * 5000}", 400, "invalid-input"),
        ("GET", "/api/testing/events?limit=0", 400, "invalid-input"),
        ("GET", "/api/testing/events?after=../etc", 400, "invalid-input"),
    ],
)
async def test_every_refusal_is_a_problem(world: World, method: str, path: str, status: int, code: str) -> None:
    client = world.client_of(world.app, "operations-officer")
    answer = await client.request(method, path, headers=key())
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert is_problem(answer)


async def test_a_bug_is_a_500_with_an_error_id_and_no_detail(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/testing/broken")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal-error")
    assert is_problem(answer)
    assert answer.json()["error_id"]
    assert "13800138000" not in answer.text
    assert "Traceback" not in answer.text


async def test_a_target_that_cannot_be_a_key_is_refused(client: httpx.AsyncClient) -> None:
    for counter in ("x" * 201, "%0A", "%E2%80%AE"):
        answer = await client.post(f"/api/testing/counters/{counter}/counts", json={"by": 1}, headers=key())
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "id")


async def test_every_answer_carries_the_security_headers_and_its_id(client: httpx.AsyncClient) -> None:
    for path in ("/health/live", "/nothing", "/api/testing/broken"):
        answer = await client.get(path, headers={"X-Request-Id": "r-1"})
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-request-id"] == "r-1"
        assert "server" not in answer.headers
    assert (await client.get("/api/auth/me")).headers["cache-control"] == "no-store"
    assert (await client.get("/health/live", headers={"X-Request-Id": "x" * 65})).headers["x-request-id"] != "x" * 65


def test_fields_are_named_as_callers_write_them() -> None:
    assert field_name(("body", "items", 2, "amount")) == "items[2].amount"
    assert field_name(("query", "limit")) == "limit"
    assert field_name(("body",)) == "body"
    assert field_name(("body", 2, "reference")) == "[2].reference"


def test_a_command_with_what_no_service_can_mean_is_refused_whatever_its_body_allowed() -> None:
    command = {"amount": Money(-1, "CNY"), "items": ("ok", "a\x00"), "text": "x" * (MAX_TEXT + 1)}  # type: ignore[arg-type]
    with pytest.raises(Problem) as caught:
        check_command(command)
    assert [error["field"] for error in caught.value.members["errors"]] == [".amount", ".items[1]", ".text"]
