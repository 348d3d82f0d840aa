"""What writers leave behind when they end."""

import asyncio
import gc
from collections.abc import Callable
from typing import Any

import pytest

from loanstream.eventlog.kafka import producers
from loanstream.eventlog.port import Fenced
from tests.kafka.rules import EVENTS, Bench, holds_unless
from tests.support.counting import A_DAY, count, start_day

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
