"""Sends through Faust's producer, over when the broker has acknowledged every record."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, TypeAlias, cast

from aiokafka.errors import KafkaError, MessageSizeTooLargeError
from faust.exceptions import FaustError

from loanstream.eventlog.kafka.wire import headers_of, milliseconds
from loanstream.eventlog.port import NewRecord, RecordRefused
from loanstream.runtime.faust_reactor.received import Received
from loanstream.runtime.stores import ConsumerDeadLetter
from schemas.envelope import SOURCE_AGGREGATE

Send = Callable[..., Awaitable[Awaitable[Any]]]
"""``faust.App.producer.send``: the awaited call answers a future of the broker's acknowledgement."""

_Sent: TypeAlias = asyncio.Future[Any]

_LONGEST_ERROR = 1000


class NotSent(Exception):
    """The broker did not acknowledge; what was sent may stand there all the same, and may be sent again."""


class Sending:
    """Commands and dead letters of one reactor."""

    def __init__(self, send: Send, deadletters: str) -> None:
        self._send = send
        self._deadletters = deadletters

    async def commands(self, records: Sequence[NewRecord]) -> None:
        """Send commands. Raises :class:`NotSent`, and :class:`RecordRefused` for one that is too large.

        Of two commands of one source to one target the second is sent when the first is acknowledged: a target takes a later
        one as proof that it has the earlier, so the first must never be the one that is missing.
        """
        for wave in waves(records):
            await self._acknowledged(self._command(record) for record in wave)

    async def letters(self, letters: Sequence[tuple[Received, ConsumerDeadLetter]]) -> None:
        """Send dead letters: the record as it came, and in further headers where it stood and what was wrong with it."""
        for each, letter in letters:
            try:
                await self._acknowledged(iter([self._letter(each, letter, each.value)]))
            except RecordRefused:
                await self._acknowledged(iter([self._letter(each, letter, None)]))

    async def _acknowledged(self, sends: Iterable[Awaitable[_Sent]]) -> None:
        try:
            futures = [await send for send in sends]
            for future in futures:
                future.add_done_callback(_looked_at)
            if futures:
                await asyncio.wait(futures)
            for future in futures:
                future.result()
        except MessageSizeTooLargeError as error:
            raise RecordRefused(f"larger than the broker takes: {error!r}") from error
        except (KafkaError, FaustError, asyncio.CancelledError) as error:
            if isinstance(error.__cause__, MessageSizeTooLargeError):
                raise RecordRefused(f"larger than the broker takes: {error.__cause__!r}") from error
            if isinstance(error, asyncio.CancelledError) and _being_cancelled():
                raise
            raise NotSent(f"Kafka did not acknowledge what was sent: {error!r}") from error

    async def _command(self, record: NewRecord) -> _Sent:
        at = (milliseconds(record.time) + 0.5) / 1000
        headers = headers_of(record)
        sent = await self._send(record.topic, record.key.encode(), record.value, record.partition, at, headers)
        return cast(_Sent, sent)

    async def _letter(self, each: Received, letter: ConsumerDeadLetter, value: bytes | None) -> _Sent:
        said = {
            "dlq_topic": each.record.topic,
            "dlq_partition": str(each.record.partition),
            "dlq_offset": str(each.record.offset),
            "dlq_consumer": letter.consumer,
            "dlq_reason": letter.reason,
            "dlq_error": letter.error[:_LONGEST_ERROR],
            "dlq_time": letter.created_at.isoformat(),
        }
        if value is None and each.value is not None:
            said["dlq_omitted"] = f"{len(each.value)} bytes: see the record itself"
        if value is None and each.key is None:
            value = b""  # the producer takes no record of nothing
        headers = [*each.headers, *((name, text.encode(errors="backslashreplace")) for name, text in said.items())]
        at = (milliseconds(letter.created_at) + 0.5) / 1000
        return cast(_Sent, await self._send(self._deadletters, each.key, value, each.record.partition, at, headers))


def waves(records: Sequence[NewRecord]) -> list[list[NewRecord]]:
    """The records in as few groups as possible, none with two commands of one source to one target, in order."""
    depths: Counter[tuple[str, str, str]] = Counter()
    groups: list[list[NewRecord]] = []
    for record in records:
        lane = record.topic, record.key, record.headers.get(SOURCE_AGGREGATE, "")
        depth = depths[lane]
        depths[lane] += 1
        if depth == len(groups):
            groups.append([])
        groups[depth].append(record)
    return groups


def _looked_at(future: _Sent) -> None:
    """An error that nobody waits for any more is no news."""
    if not future.cancelled():
        future.exception()


def _being_cancelled() -> bool:
    task = asyncio.current_task()
    return bool(task and task.cancelling())
