"""From what became of a command to an HTTP answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from starlette.responses import Response

from loanstream.runtime.http.problems import MEDIA_TYPE, problem_body
from schemas.outcomes import DecidedEvent, Outcome, Status

REFUSED = 409
REFUSAL_STATUS = {"not-found": 404, "forbidden": 403, "maker-is-checker": 403, "stale": 412}
"""HTTP status of refusals by code; every other code is 409."""

_JSON = "application/json"
_encoder = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it is sent, and stored under the idempotency key."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self, **headers: str) -> Response:
        """The answer with further headers."""
        return Response(
            self.body, self.status, {**self.headers, **headers}, MEDIA_TYPE if self.status >= 400 else _JSON
        )


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of a command, from its outcome record or from the read model of outcomes."""

    command_id: str
    target: str
    status: str
    sequence: int = 0
    code: str = ""
    message: str = ""
    rule: str = ""
    limit: str = ""
    source: str = ""
    error_id: str = ""
    actor: str = ""
    events: tuple[DecidedEvent, ...] = ()


def decided(outcome: Outcome) -> Decided:
    """The part of an outcome that a caller is told."""
    return Decided(
        command_id=outcome.command_id,
        target=outcome.target,
        status=outcome.status,
        sequence=outcome.sequence,
        code=outcome.code,
        message=outcome.message,
        rule=outcome.rule,
        limit=outcome.limit,
        source=outcome.source,
        error_id=outcome.error_id,
        actor=outcome.actor,
        events=outcome.events,
    )


def answer(what: Decided, extra: Mapping[str, Any] | None = None) -> Answer:
    """200 for executed and already applied; a problem for the rest."""
    if what.status in (Status.EXECUTED, Status.ALREADY_APPLIED):
        headers = {"ETag": f'"{what.sequence}"'} if what.sequence else {}
        return Answer(200, _encoder.encode({**summary(what), **(extra or {})}), headers)
    return Answer(*_PROBLEMS[what.status](what))


def summary(what: Decided) -> dict[str, Any]:
    """Members of a decided command's answer."""
    return {
        "command_id": what.command_id,
        "status": what.status,
        "target": what.target,
        "sequence": what.sequence,
        "events": what.events,
    }


def full(what: Decided) -> dict[str, Any]:
    """Every member of an outcome that says something, for queries and for the lines of a bulk request."""
    reasons = {name: getattr(what, name) for name in ("code", "message", "rule", "limit", "source", "error_id")}
    return {**summary(what), **{name: value for name, value in reasons.items() if value}}


def pending(command_id: str, target: str, location: str, extra: Mapping[str, Any] | None) -> Answer:
    """202: the command is sent, its decision takes longer than the wait."""
    body = {"command_id": command_id, "status": "pending", "target": target, "outcome": location, **(extra or {})}
    return Answer(202, _encoder.encode(body), {"Location": location})


def json_answer(status: int, body: Any) -> Answer:
    """Any JSON."""
    return Answer(status, _encoder.encode(body))


def _refused(what: Decided) -> tuple[int, bytes]:
    status = REFUSAL_STATUS.get(what.code, REFUSED)
    members = {"rule": what.rule, "limit": what.limit, "source": what.source, "command_id": what.command_id}
    return status, problem_body(status, what.code, what.message, **members)


def _failed(what: Decided) -> tuple[int, bytes]:
    detail = (
        f"The command failed on our side and changed nothing. Tell an operator the error id {what.error_id};"
        " once the cause is mended, the same request can be sent again."
    )
    return 500, problem_body(500, "command-failed", detail, error_id=what.error_id, command_id=what.command_id)


def _expired(what: Decided) -> tuple[int, bytes]:
    detail = "The command is older than the window in which repeats are recognised; send it with a new Idempotency-Key."
    return 410, problem_body(410, "expired", detail, command_id=what.command_id)


_PROBLEMS: Mapping[str, Callable[[Decided], tuple[int, bytes]]] = {
    Status.REFUSED: _refused,
    Status.FAILED: _failed,
    Status.EXPIRED: _expired,
}
