"""What writers leave behind when they end."""

import asyncio
import gc
import time
from collections.abc import Callable
from typing import Any

import pytest

from loanstream.eventlog.kafka import producers
from loanstream.eventlog.kafka.cluster_settings import ClusterSettings
from loanstream.eventlog.kafka.log import KafkaLog
from loanstream.eventlog.port import Fenced, LogUnavailable, OutcomeUnknown
from tests.kafka.rules import EVENTS, Bench, holds_unless
from tests.support import kafka_cluster
from tests.support.counting import A_DAY, count, start_day, with_topics

pytestmark = pytest.mark.kafka


def unheard(*_: Any) -> None:
    """Batches fail, and nobody reads all that aiokafka says of it."""


@pytest.mark.parametrize("hear", [producers._hear_drained, unheard])
async def test_a_fenced_writer_tells_its_error_once_and_leaves_none_unread(
    cluster: Bench, hear: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(producers, "_hear_drained", hear)
    unread: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unread.append(context))
    await cluster.send(start_day(A_DAY), count("c-1", request="r1"), count("c-1", request="r2"))
    old, new = cluster.host(batch=2), cluster.host()
    await old.step()
    await new.open()
    with pytest.raises(Fenced):
        await old.step()
    await old.close()
    del old
    for _ in range(3):
        await asyncio.sleep(0.01)  # the tasks that ended let go of what they held
        gc.collect()
    with holds_unless(hear is unheard):
        assert [context["message"] for context in unread] == []
    assert await cluster.records(EVENTS)


@pytest.mark.skipif(not kafka_cluster.can_run(), reason=kafka_cluster.NO_TOOL)
async def test_while_no_broker_answers_a_send_and_a_commit_end_in_time_and_say_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with kafka_cluster.local_cluster() as broker:
        log = await with_topics(KafkaLog(ClusterSettings(servers=broker.servers)))
        writer = await log.writer("testing", 0)
        await log.send([count("c-1", request="r1")])
        await writer.commit([count("c-1", request="r2")])
        monkeypatch.setattr(producers, "ANSWER_SECONDS", 1.0)
        broker.kill(1)
        begun = time.monotonic()
        with pytest.raises(OutcomeUnknown, match="no acknowledgement within 1 s"):
            await log.send([count("c-1", request="r3")])
        with pytest.raises(LogUnavailable, match="no acknowledgement within 1 s"):
            await writer.commit([count("c-1", request="r4")])
        assert time.monotonic() - begun < 10
        broker.up(1)
        await log.send([count("c-1", request="r5")])
        await log.close()
