"""One request, one decision: idempotency key, command, outcome, answer.

The key is claimed before anything is sent and its answer is stored when the decision is known, also when that is after the
202. A process that dies in between leaves a claim whose lease runs out: the repeat sends the same command id again, which the
decider knows, and the first answer is found in the read model of outcomes.
"""

import asyncio
import re
import time
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

import msgspec
import structlog
from fastapi import Request
from starlette.responses import Response

from loanstream.eventlog.port import EventLog, LogError, LogUnavailable, NewRecord, OutcomeUnknown, RecordRefused
from loanstream.runtime.clock import Clock
from loanstream.runtime.http.answering import Answer, Decided, answer, decided, full, json_answer, pending
from loanstream.runtime.http.inputs import MAX_ITEMS, MAX_KEY, check_command
from loanstream.runtime.http.problems import Problem, invalid, invalid_fields
from loanstream.runtime.http.reading import ReadModels, until_outcome
from loanstream.runtime.http.waiting import OutcomeWaiter
from loanstream.runtime.kit import BulkItem, Principal
from loanstream.runtime.messages import command_record, command_type
from loanstream.runtime.stores import Claim, HostStore
from loanstream.runtime.telemetry import COMMAND_SECONDS, COMMANDS_WAITING
from schemas import codec, ids
from schemas.envelope import TRACE, CommandMeta
from schemas.outcomes import Outcome, Status
from schemas.topics import Role, topic

KEY_HEADER = "idempotency-key"
REPLAYED = "Idempotency-Replayed"
BODY_SCOPE = "loanstream.body"
"""Where the guard leaves the request's raw body in the ASGI scope."""
TRACE_SCOPE = "loanstream.trace"
"""Where it leaves the ``traceparent`` of the request's span, where spans are made."""

MAX_WAIT = 60.0
_SENDS = 3
_LATE_SECONDS = 600.0
_ORIGINAL_SECONDS = 2.0
_RACE_SECONDS = 0.25
_KEY = re.compile(r"[\x21-\x7e]{1,200}")
_WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,6}(?:\.\d{1,3})?)\"?(?=$|[,;\s])", re.IGNORECASE)
_TRACE = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
_ENTITY_TAG = re.compile(r'"(\d{1,18})"')

_log = structlog.get_logger("loanstream.submitting")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One claimed request."""

    principal: Principal
    operation: str
    """With the service's name in front: two services never share a key."""
    key: str
    command_id: str
    digest: str
    replay: bool = False
    """Whether an earlier attempt may have sent the command."""


class Submitter:
    """Sends the commands of one service and answers with what became of them."""

    def __init__(
        self,
        service: str,
        log: EventLog,
        store: HostStore,
        clock: Clock,
        waiter: OutcomeWaiter,
        reads: ReadModels,
        wait_seconds: float,
        lease_seconds: float,
    ) -> None:
        self._service = service
        self._log = log
        self._store = store
        self._clock = clock
        self._waiter = waiter
        self._reads = reads
        self._wait_seconds = wait_seconds
        self._lease = timedelta(seconds=lease_seconds)
        self._partitions = 0
        self._tasks: set[asyncio.Task[None]] = set()

    # -- one command ---------------------------------------------------------------------------------------------------

    async def submit(
        self,
        request: Request,
        principal: Principal,
        operation: str,
        target: str,
        command: Any,
        extra: Mapping[str, Any] | None = None,
    ) -> Response:
        """See :class:`~loanstream.runtime.kit.ServiceKit`."""
        started = time.perf_counter()
        check_command(command)
        expected = expected_sequence(request)
        attempt = self._attempt(request, principal, operation, target, [(target, command)], expected)
        claim = await self._claim(attempt)
        if claim.state != "new":
            earlier = await self._earlier(attempt, claim, extra)
            if earlier is not None:
                return earlier
        record = await self._record(request, principal, attempt.command_id, target, command, expected)
        future = self._waiter.expect(attempt.command_id)
        COMMANDS_WAITING.inc()
        try:
            await self._send([record], attempt)
            await asyncio.wait((future,), timeout=self.wait_seconds(request))
        except BaseException:
            future.cancel()
            raise
        finally:
            COMMANDS_WAITING.dec()
        if not future.done():
            self._complete_late(attempt, future, extra)
            COMMAND_SECONDS.labels(self._service, operation, "pending").observe(time.perf_counter() - started)
            return pending(attempt.command_id, target, self.location(attempt.command_id), extra).response()
        patience = _RACE_SECONDS if claim.state == "new" else _ORIGINAL_SECONDS
        what, replayed = await self._original(decided(future.result()), patience)
        COMMAND_SECONDS.labels(self._service, operation, what.status).observe(time.perf_counter() - started)
        return await self._finish(attempt, what, extra, replayed=replayed)

    # -- many commands -------------------------------------------------------------------------------------------------

    async def submit_many(
        self, request: Request, principal: Principal, operation: str, items: Sequence[BulkItem]
    ) -> Response:
        """See :class:`~loanstream.runtime.kit.ServiceKit`. A line still undecided when the wait ends is ``pending``.

        A line's command id comes from its reference alone, whatever the key: sent again within the dedupe window it is
        ``already-applied``, or refused as before, so a corrected line needs a new reference. The answer is stored only
        when every line is decided: until then the same request can be sent again at once.
        """
        started = time.perf_counter()
        _check_items(items)
        contents = [(item.target, item.command) for item in items]
        attempt = self._attempt(request, principal, operation, "", contents, None)
        claim = await self._claim(attempt)
        if claim.state in ("done", "in-flight"):
            earlier = await self._earlier(attempt, claim, None)
            assert earlier is not None
            return earlier
        command_ids = [
            ids.request_command_id(principal.subject, attempt.operation, f"item:{i.reference}") for i in items
        ]
        records = [
            await self._record(request, principal, command_id, item.target, item.command, None)
            for command_id, item in zip(command_ids, items, strict=True)
        ]
        futures = [self._waiter.expect(command_id) for command_id in command_ids]
        COMMANDS_WAITING.inc(len(items))
        try:
            await self._send(records, attempt)
            if futures:
                await asyncio.wait(futures, timeout=self.wait_seconds(request))
        except BaseException:
            _cancel(futures)
            raise
        finally:
            COMMANDS_WAITING.dec(len(items))
        results = [
            {"reference": item.reference, **self._line(command_id, item.target, future)}
            for item, command_id, future in zip(items, command_ids, futures, strict=True)
        ]
        answered = json_answer(200, {"results": results})
        if any(line["status"] in ("pending", Status.FAILED) for line in results):
            await self._store.release_key(principal.subject, attempt.operation, attempt.key)
        else:
            await self._complete(attempt, answered)
        COMMAND_SECONDS.labels(self._service, operation, "bulk").observe(time.perf_counter() - started)
        return answered.response()

    async def replay(self, request: Request, record: NewRecord, command_id: str) -> Response:
        """Send a command again that failed, under its own id: it is decided anew, once, however often it is replayed."""
        idempotency_key(request)
        future = self._waiter.expect(command_id)
        try:
            await self._append([record])
            await asyncio.wait((future,), timeout=self.wait_seconds(request))
            if not future.done():
                return pending(command_id, record.key, self.location(command_id), None).response()
            return answer(decided(future.result())).response()
        except LogError as error:
            raise _unsent(error, 1) from None
        finally:
            future.cancel()

    # -- questions ------------------------------------------------------------------------------------------------------

    async def outcome(self, request: Request, command_id: str) -> Decided | None:
        """What became of a command, waiting for it as long as ``Prefer: wait`` says (default: not at all)."""
        return await until_outcome(self._reads, command_id, prefer_wait(request, 0.0))

    def location(self, command_id: str) -> str:
        """Where the outcome of a command can be read."""
        return f"/api/{self._service}/outcomes/{command_id}"

    def wait_seconds(self, request: Request) -> float:
        """How long this request waits for decisions."""
        return prefer_wait(request, self._wait_seconds)

    async def close(self) -> None:
        """Let answers that are being stored finish."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # -- the key ----------------------------------------------------------------------------------------------------------

    def _attempt(
        self,
        request: Request,
        principal: Principal,
        operation: str,
        target: str,
        contents: Sequence[tuple[str, Any]],
        expected: int | None,
    ) -> Attempt:
        key = idempotency_key(request)
        named = f"{self._service}.{operation}"
        command_id = ids.request_command_id(principal.subject, named, key)
        digest = sha256(_canonical(request.scope.get(BODY_SCOPE, b"")))
        for part in (named, target, str(expected)):
            digest.update(f"{len(part)}:{part}".encode())
        for one_target, command in contents:
            digest.update(f"{len(one_target)}:{one_target}{command_type(command)}".encode())
            digest.update(codec.encode(command))
        # in every later line of this request, as in those of the hosts that go on with it
        structlog.contextvars.bind_contextvars(correlation=command_id)
        return Attempt(principal, named, key, command_id, digest.hexdigest())

    async def _claim(self, attempt: Attempt) -> Claim:
        now = self._clock.now()
        claim = await self._store.claim_key(
            attempt.principal.subject,
            attempt.operation,
            attempt.key,
            attempt.command_id,
            attempt.digest,
            now,
            now + self._lease,
        )
        if claim.state == "mismatch":
            raise Problem(
                422,
                "idempotency-key-reused",
                "This Idempotency-Key was used for another request: use a new key for each new request.",
            )
        return claim

    async def _earlier(self, attempt: Attempt, claim: Claim, extra: Mapping[str, Any] | None) -> Response | None:
        """The answer that an earlier attempt left; ``None`` when the command has to be sent (again)."""
        if claim.state == "done":
            return Answer(claim.response_status, claim.response_body.encode()).response(**{REPLAYED: "true"})
        what = await self._reads.outcome(attempt.command_id)
        if what is not None and what.status != Status.FAILED:
            return await self._finish(attempt, what, extra, replayed=True)
        if claim.state == "resumed":
            return None
        raise Problem(
            409,
            "request-in-flight",
            "A request with this Idempotency-Key is being decided: send it again in a moment for its answer.",
            {"Retry-After": "1"},
            command_id=attempt.command_id,
            outcome=self.location(attempt.command_id),
        )

    async def _original(self, what: Decided, seconds: float) -> tuple[Decided, bool]:
        """For ``already applied`` the first outcome of the command, with its events, once the projector has it.

        A decider may also say so of a new command, when there is nothing left to do: then there is no first one.
        """
        if what.status != Status.ALREADY_APPLIED:
            return what, False
        return await until_outcome(self._reads, what.command_id, seconds) or what, True

    async def _finish(
        self, attempt: Attempt, what: Decided, extra: Mapping[str, Any] | None, *, replayed: bool
    ) -> Response:
        answered = answer(what, extra)
        await self._complete(attempt, answered)
        return answered.response(**({REPLAYED: "true"} if replayed else {}))

    async def _complete(self, attempt: Attempt, answered: Answer) -> None:
        """Store a decision under its key. What failed on our side is forgotten: the same request may be sent again."""
        place = (attempt.principal.subject, attempt.operation, attempt.key)
        if answered.status >= 500:
            await self._store.release_key(*place)
        else:
            await self._store.complete_key(*place, answered.status, answered.body.decode())

    def _complete_late(
        self, attempt: Attempt, future: "asyncio.Future[Outcome]", extra: Mapping[str, Any] | None
    ) -> None:
        """After a 202: store the answer when the outcome comes, for as long as it may reasonably come."""
        give_up = asyncio.get_running_loop().call_later(_LATE_SECONDS, future.cancel)

        def arrived(done: "asyncio.Future[Outcome]") -> None:
            give_up.cancel()
            if not done.cancelled():
                self._spawn(self._store_late(attempt, decided(done.result()), extra))

        future.add_done_callback(arrived)

    async def _store_late(self, attempt: Attempt, what: Decided, extra: Mapping[str, Any] | None) -> None:
        try:
            original, _ = await self._original(what, _ORIGINAL_SECONDS)
            await self._complete(attempt, answer(original, extra))
        except Exception as error:
            _log.warning("late answer not stored", command=attempt.command_id, error=repr(error))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # -- the command ------------------------------------------------------------------------------------------------------

    async def _record(
        self,
        request: Request,
        principal: Principal,
        command_id: str,
        target: str,
        command: Any,
        expected: int | None,
    ) -> NewRecord:
        if not self._partitions:
            self._partitions = await self._log.partitions(topic(self._service, Role.COMMANDS))
        trace = request.scope.get(TRACE_SCOPE) or request.headers.get(TRACE, "")
        meta = CommandMeta(
            id=command_id,
            type=command_type(command),
            target=target,
            time=self._clock.now(),
            actor=principal.subject,
            # only those of this context: headers cost as much as the value
            permissions=frozenset(p for p in principal.permissions if p.startswith(f"{self._service}:")),
            expected_sequence=expected,
            reply=True,
            trace=trace if _TRACE.fullmatch(trace) else "",
        )
        return command_record(meta, command, self._partitions)

    async def _send(self, records: Sequence[NewRecord], attempt: Attempt) -> None:
        """Send. When certainly nothing was written the key is free again; else only for the same request, and at once."""
        place = (attempt.principal.subject, attempt.operation, attempt.key)
        try:
            await self._append(records)
        except (RecordRefused, LogUnavailable) as error:
            await self._store.release_key(*place)
            raise _unsent(error, len(records)) from None
        except LogError as error:
            await self._store.end_lease(*place)
            raise _unsent(error, len(records)) from None
        except BaseException:
            await self._store.end_lease(*place)
            raise

    async def _append(self, records: Sequence[NewRecord]) -> None:
        """Send, again where it is unknown whether it worked. Raises what the log raises."""
        for left in reversed(range(_SENDS)):
            try:
                await self._log.send(records)
                return
            except OutcomeUnknown:
                if not left:
                    raise

    def _line(self, command_id: str, target: str, future: "asyncio.Future[Outcome]") -> dict[str, Any]:
        if not future.done():
            future.cancel()
            location = self.location(command_id)
            return {"command_id": command_id, "status": "pending", "target": target, "outcome": location}
        line = full(decided(future.result()))
        del line["events"]
        return line


def _unsent(error: LogError, count: int) -> Problem:
    """What a client hears when its command did not surely get into the log."""
    if isinstance(error, RecordRefused):
        return Problem(413, "too-large", f"The command is too large for the log: {error}")
    _log.warning("commands not sent", count=count, error=repr(error))
    return Problem(
        503,
        "log-unavailable",
        "The log cannot be reached: send the same request with the same Idempotency-Key again.",
        {"Retry-After": "1"},
    )


def idempotency_key(request: Request) -> str:
    """The request's key. Raises :class:`Problem` 400 ``idempotency-key-missing`` or ``invalid-input``."""
    key = request.headers.get(KEY_HEADER)
    if not key:
        raise Problem(
            400,
            "idempotency-key-missing",
            "Send the header Idempotency-Key with a new random value, e.g. a UUID, for each new request:"
            " the repeat of a request with the same key is answered once.",
        )
    if not _KEY.fullmatch(key):
        raise invalid("Idempotency-Key", f"must be 1 to {MAX_KEY} visible ASCII characters")
    return key


def prefer_wait(request: Request, default: float) -> float:
    """Seconds of ``Prefer: wait=``, at most a minute; ``default`` when it does not say."""
    found = _WAIT.search(request.headers.get("prefer", ""))
    return min(float(found[1]), MAX_WAIT) if found else default


def expected_sequence(request: Request) -> int | None:
    """The sequence in ``If-Match: "<sequence>"``; ``None`` without one or for ``*``. Raises :class:`Problem` 400."""
    tag = request.headers.get("if-match")
    if tag is None or tag.strip() == "*":
        return None
    found = _ENTITY_TAG.fullmatch(tag.strip())
    if found is None:
        raise invalid("If-Match", 'must be the sequence in quotes, e.g. "3"')
    return int(found[1])


def _cancel(futures: Iterable["asyncio.Future[Outcome]"]) -> None:
    for future in futures:
        future.cancel()


def _canonical(body: bytes) -> bytes:
    """One spelling of a JSON body, so that a client that writes its members in another order repeats the same request."""
    if not body:
        return b""
    try:
        return msgspec.json.encode(msgspec.json.decode(body), order="deterministic")
    except (msgspec.MsgspecError, RecursionError):
        return body


def _check_items(items: Sequence[BulkItem]) -> None:
    if len(items) > MAX_ITEMS:
        raise invalid("items", f"has {len(items)} lines, at most {MAX_ITEMS} are accepted")
    seen: set[str] = set()
    errors = []
    for index, item in enumerate(items):
        if item.reference in seen:
            errors.append((f"items[{index}].reference", f"{item.reference!r} stands twice"))
        seen.add(item.reference)
    if errors:
        raise invalid_fields(errors)
    for item in items:
        check_command(item.command)
