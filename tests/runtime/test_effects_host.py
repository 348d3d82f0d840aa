"""The sender: once where it can be known, never silently twice, in order per recipient, and nothing again after a loss."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pytest
from structlog.testing import capture_logs

from loanstream.eventlog.memory import MemoryLog
from loanstream.eventlog.port import OutcomeUnknown, TopicPartition
from loanstream.runtime import effects_host
from loanstream.runtime.definitions import EffectResult, EffectRow, EffectStatus
from loanstream.runtime.effects_host import EffectsHost, SendingRules
from loanstream.runtime.memory_store import MemoryStore
from loanstream.runtime.messages import read_command_meta
from loanstream.runtime.reaction_host import ReactionHost
from loanstream.runtime.stores import ConsumerDeadLetter
from loanstream.runtime.supervisor import Supervisor
from schemas import ids
from schemas.topics import Role, topic
from tests.runtime.support.carrier import Carrier, broken, busy
from tests.runtime.support.shipping import (
    CONTEXT,
    Ordered,
    RecordShipment,
    Shipped,
    World,
    definitions,
    drain,
    shipping_service,
)

EVENTS = topic(CONTEXT, Role.EVENTS)


class Bench(World):
    """A world with a store, a router, a carrier and a sender."""

    def start(self, store: MemoryStore | None = None, carrier: Carrier | None = None) -> "Bench":
        """All of them, with nothing done yet."""
        self.store = store or MemoryStore()
        self.carrier = carrier or Carrier()
        self.router = ReactionHost(shipping_service(), self.log, self.store, self.clock)
        self.sender = self.new_sender()
        return self

    def new_sender(self, **rules: Any) -> EffectsHost:
        """Another sender on the same store."""
        handlers = {"parcel": self.carrier}
        return EffectsHost(shipping_service(), handlers, self.log, self.store, self.clock, rules=SendingRules(**rules))

    async def order(self, *orders: str, customer: str = "c-1") -> None:
        """Orders happen and are reacted to; the sender was there before."""
        await self.sender.open()
        for order in orders:
            await self.happen(order, Ordered(order_id=order, customer=customer))
            await drain(self.router)

    async def reports(self) -> list[RecordShipment]:
        """What was reported."""
        return [body for _, body in await self.commands() if isinstance(body, RecordShipment)]

    async def statuses(self) -> list[str]:
        """Status of every effect, by order."""
        rows = await self.store.effects(CONTEXT)
        return [row.status.value for row in sorted(rows, key=lambda row: str(row.payload["order"]))]


@pytest.fixture
async def bench() -> Bench:
    log = MemoryLog()
    await log.apply(definitions(2), "test")
    return Bench(log, 2).start()


async def test_an_effect_is_performed_once_and_reported_as_a_command(bench: Bench) -> None:
    await bench.order("o-1")
    await drain(bench.sender)
    [row] = await bench.store.effects(CONTEXT)
    assert await bench.reports() == [RecordShipment(effect=row.id, status="succeeded", attempts=1, unknowns=0)]
    report = (await bench.all_of(Role.COMMANDS))[-1]
    meta = read_command_meta(report)
    assert meta.id == ids.derived("effect-report", row.id, "succeeded")
    assert (meta.actor, meta.correlation, meta.hops) == ("service:shipping", row.correlation, 1)
    assert (row.status, row.detail) == (EffectStatus.SUCCEEDED, {"tracking": row.id})
    assert bench.carrier.calls == [("perform", "o-1")]


async def test_what_the_provider_did_not_take_is_tried_again_later_and_later(bench: Bench) -> None:
    await bench.order("o-1")
    bench.carrier.next = [busy, busy]
    await drain(bench.sender)
    assert await bench.statuses() == ["retry"]
    bench.clock.advance(seconds=1)
    assert not await bench.sender.step()
    bench.clock.advance(seconds=2)
    await drain(bench.sender)
    bench.clock.advance(seconds=3)
    assert not await bench.sender.step()
    bench.clock.advance(seconds=3)
    await drain(bench.sender)
    assert await bench.reports() == [
        RecordShipment(effect=(await bench.store.effects(CONTEXT))[0].id, status="succeeded", attempts=3, unknowns=0)
    ]


async def test_after_the_last_attempt_it_has_failed_for_good(bench: Bench) -> None:
    await bench.order("o-1")
    sender = bench.new_sender(attempts=3)
    bench.carrier.next = [busy] * 5
    for _ in range(5):
        await drain(sender)
        bench.clock.advance(hours=1)
    assert await bench.statuses() == ["failed"]
    assert [(report.status, report.attempts) for report in await bench.reports()] == [("failed", 3)]
    assert len(bench.carrier.calls) == 3


async def test_an_unknown_outcome_is_asked_about_and_never_sent_again(bench: Bench) -> None:
    await bench.order("o-1")
    bench.carrier.next = [broken]
    bench.carrier.answers = [EffectStatus.UNKNOWN]
    await drain(bench.sender)
    [row] = await bench.store.effects(CONTEXT)
    assert (row.status, row.unknowns, row.detail) == (EffectStatus.UNKNOWN, 1, {"error": "ConnectionResetError"})
    assert await bench.reports() == []
    for _ in range(2):
        bench.clock.advance(minutes=1)
        await drain(bench.sender)
    assert bench.carrier.calls == [("perform", "o-1"), ("resolve", "o-1"), ("resolve", "o-1")]
    assert [(report.status, report.unknowns) for report in await bench.reports()] == [("succeeded", 1)]


async def test_what_the_provider_never_saw_is_sent_again_and_the_doubt_stays_on_record(bench: Bench) -> None:
    await bench.order("o-1")
    bench.carrier.next = [broken]
    bench.carrier.answers = [EffectStatus.RETRY]
    for _ in range(3):
        await drain(bench.sender)
        bench.clock.advance(minutes=5)
    assert [call for call, _ in bench.carrier.calls] == ["perform", "resolve", "perform"]
    assert [(report.attempts, report.unknowns) for report in await bench.reports()] == [(2, 1)]


async def test_a_port_that_hangs_leaves_the_outcome_unknown(bench: Bench) -> None:
    await bench.order("o-1")
    bench.carrier.hang = True
    await bench.new_sender(timeout=0.01).step()
    [row] = await bench.store.effects(CONTEXT)
    assert (row.status, row.detail) == (EffectStatus.UNKNOWN, {"error": "TimeoutError"})


async def test_a_sender_that_died_in_the_middle_is_followed_by_one_that_asks(bench: Bench) -> None:
    await bench.order("o-1")
    now = bench.clock.now()
    [row] = await bench.store.claim_effects(CONTEXT, now, bench.clock.advance(minutes=5), 1)
    await bench.carrier.perform(row)
    await drain(bench.new_sender())
    assert bench.carrier.calls == [("perform", "o-1"), ("resolve", "o-1")]
    assert [(report.status, report.attempts, report.unknowns) for report in await bench.reports()] == [
        ("succeeded", 1, 1)
    ]


async def test_a_crash_after_the_report_repeats_it_under_the_same_id(bench: Bench) -> None:
    await bench.order("o-1")
    assert isinstance(bench.log, MemoryLog)

    def lose_the_answer(what: str, when: str, records: object) -> None:
        if when == "after":
            raise OutcomeUnknown("connection lost")

    bench.log.fault = lose_the_answer
    with pytest.raises(OutcomeUnknown):
        await bench.sender.step()
    bench.log.fault = None
    bench.clock.advance(minutes=6)
    await drain(bench.new_sender())
    reported = [read_command_meta(record).id for record in await bench.all_of(Role.COMMANDS)][-2:]
    assert reported[0] == reported[1]
    assert bench.carrier.calls == [("perform", "o-1"), ("resolve", "o-1")]


async def test_a_report_that_cannot_be_made_does_not_send_again(bench: Bench) -> None:
    await bench.order("o-1")
    bench.carrier.report_fails = True
    await drain(bench.sender)
    [row] = await bench.store.effects(CONTEXT)
    assert (row.status, row.detail) == (EffectStatus.UNKNOWN, {"error": "report: RuntimeError"})
    bench.carrier.report_fails = False
    bench.clock.advance(minutes=1)
    await drain(bench.sender)
    assert [call for call, _ in bench.carrier.calls] == ["perform", "resolve"]
    assert await bench.statuses() == ["succeeded"]


async def test_recipients_are_served_at_once_and_each_in_order(bench: Bench) -> None:
    for customer in ("c-1", "c-2", "c-3"):
        await bench.order(f"{customer}/1", f"{customer}/2", customer=customer)
    assert await bench.sender.step()
    assert bench.carrier.most_at_once == 3
    await drain(bench.sender)
    for customer in ("c-1", "c-2", "c-3"):
        assert [order for _, order in bench.carrier.calls if order.startswith(customer)] == [
            f"{customer}/1",
            f"{customer}/2",
        ]


async def test_one_at_a_time_makes_no_task(bench: Bench) -> None:
    await bench.order("o-1", "o-2")
    await bench.order("o-3", customer="c-2")
    sender = bench.new_sender(parallel=1)
    await drain(sender)
    assert bench.carrier.most_at_once == 1
    assert await bench.statuses() == ["succeeded"] * 3


async def test_one_recipients_failure_does_not_hold_up_another(bench: Bench) -> None:
    await bench.order("o-1", "o-2")
    await bench.order("o-3", customer="c-2")
    bench.carrier.next = [busy]
    await drain(bench.sender)
    assert await bench.statuses() == ["retry", "pending", "succeeded"]


async def test_an_effect_of_an_unknown_kind_waits_for_a_release_that_knows_it(bench: Bench) -> None:
    await bench.order("o-1")
    other = EffectsHost(shipping_service(), {"letter": bench.carrier}, bench.log, bench.store, bench.clock)
    for _ in range(20):
        await drain(other)
        bench.clock.advance(hours=2)
    assert await bench.statuses() == ["retry"]
    assert bench.carrier.calls == []


async def test_a_service_without_effects_has_nothing_to_send(bench: Bench) -> None:
    assert not await EffectsHost(shipping_service(), {}, bench.log, bench.store, bench.clock).step()


async def test_effects_lost_with_the_store_are_marked_done_or_suppressed_until_an_operator_releases_them(
    bench: Bench,
) -> None:
    await bench.order("o-1", "o-2")
    await drain(bench.sender)
    [first] = [row for row in await bench.store.effects(CONTEXT) if row.payload["order"] == "o-1"]
    await bench.happen("o-1", Shipped(order_id="o-1", effect=first.id))
    bench.start()
    await bench.sender.open()
    assert await bench.statuses() == ["succeeded", "suppressed"]

    await drain(bench.router, bench.sender)
    assert bench.carrier.calls == []
    await bench.order("o-3", customer="c-2")
    await drain(bench.sender)
    assert bench.carrier.calls == [("perform", "o-3")]

    assert await bench.store.release_effects(CONTEXT) == 1
    await drain(bench.sender)
    assert bench.carrier.calls == [("perform", "o-3"), ("perform", "o-2")]


async def test_a_router_that_was_faster_than_the_guard_changes_nothing(bench: Bench) -> None:
    await bench.order("o-1")
    await drain(bench.sender)
    bench.start()
    await drain(bench.router)
    assert await bench.statuses() == ["pending"]
    await drain(bench.sender)
    assert await bench.statuses() == ["suppressed"]
    assert bench.carrier.calls == []


async def test_a_new_installation_suppresses_nothing(bench: Bench) -> None:
    await bench.sender.open()
    await bench.happen("o-1", Ordered(order_id="o-1", customer="c-1"))
    restarted = bench.new_sender()
    await restarted.open()
    await drain(bench.router, restarted)
    assert await bench.statuses() == ["succeeded"]


async def test_rows_deleted_behind_the_hosts_back_are_found_missing(bench: Bench) -> None:
    await bench.order("o-1")
    bench.store._effects.clear()
    bench.store._lanes.clear()
    await bench.new_sender().open()
    assert await bench.statuses() == ["suppressed"]


async def test_an_event_that_waits_as_a_dead_letter_keeps_its_effect_for_the_replay(bench: Bench) -> None:
    await bench.sender.open()
    await bench.happen("o-1", Ordered(order_id="o-1", customer="c-1", behave="poison"))
    await bench.happen("o-1", Ordered(order_id="o-1", customer="c-1"))
    await drain(bench.router)
    await bench.new_sender().open()
    [cause, waiting] = await bench.store.open_dead_letters("shipping.router", EVENTS, "o-1")
    await bench.store.settle_dead_letter("shipping.router", *_where(cause), "discarded")
    await bench.router.replay(waiting)
    await drain(bench.sender)
    assert bench.carrier.calls == [("perform", "o-1")]


async def test_the_wait_before_a_retry_is_the_same_in_every_run_and_differs_between_rows(bench: Bench) -> None:
    await bench.order("o-1")
    [row] = await bench.store.effects(CONTEXT)
    now = bench.clock.now()
    waits = [bench.sender._wait(replace(row, attempts=n), EffectStatus.RETRY, now) for n in (1, 2, 3, 30)]
    assert waits == [bench.new_sender()._wait(replace(row, attempts=n), EffectStatus.RETRY, now) for n in (1, 2, 3, 30)]
    for n, wait in zip((1, 2, 3), waits, strict=False):
        assert 2**n <= wait.total_seconds() <= 1.25 * 2**n
    assert waits[3].total_seconds() == 3600


def _where(letter: ConsumerDeadLetter) -> tuple[TopicPartition, int]:
    return TopicPartition(letter.record.topic, letter.record.partition), letter.record.offset


async def test_two_senders_that_both_performed_an_effect_make_two_reports(bench: Bench) -> None:
    await bench.order("o-1")
    now = bench.clock.now()
    [held_up] = await bench.store.claim_effects(CONTEXT, now, bench.clock.advance(minutes=5), 1)
    bench.carrier.next = [busy]
    await drain(bench.new_sender())
    bench.clock.advance(minutes=6)
    await drain(bench.new_sender())
    assert bench.carrier.calls == [("resolve", "o-1"), ("perform", "o-1")]
    await bench.sender._serve(held_up)
    reported = [read_command_meta(record).id for record in await bench.all_of(Role.COMMANDS)][-2:]
    assert reported[0] != reported[1]


@dataclass
class Hanging(Carrier):
    """A carrier that answers nothing about the parcels of some customers, ``hanging-…``, until it is let go."""

    let_go: asyncio.Event = field(default_factory=asyncio.Event)

    async def perform(self, row: EffectRow) -> EffectResult:
        """Take the parcel, or hang first."""
        if row.recipient.startswith("hanging"):
            self.calls.append(("hang", row.payload["order"]))
            await self.let_go.wait()
        return await super().perform(row)


class Unreliable(MemoryStore):
    """A store that fails once for each of some orders to keep what came of it, and counts how often it is asked for rows."""

    def __init__(self, *orders: str) -> None:
        super().__init__()
        self.failing = set(orders)
        self.asked = 0

    async def claim_effects(self, service: str, now: datetime, lease_until: datetime, limit: int) -> list[EffectRow]:
        """Count."""
        self.asked += 1
        return await super().claim_effects(service, now, lease_until, limit)

    async def finish_effect(
        self, row: EffectRow, status: EffectStatus, due_at: datetime, detail: Mapping[str, Any]
    ) -> bool:
        """Fail where it is to."""
        order = row.payload["order"]
        if order in self.failing:
            self.failing.remove(order)
            raise ConnectionResetError(order)
        return await super().finish_effect(row, status, due_at, detail)


@asynccontextmanager
async def supervised(bench: Bench) -> AsyncIterator[Supervisor]:
    """A supervisor that runs the sender, as in a process."""
    supervisor = Supervisor(bench.log, [bench.sender])
    running = asyncio.create_task(supervisor.run())
    try:
        yield supervisor
    finally:
        supervisor.stop()
        async with asyncio.timeout(5):
            await running


async def soon(condition: Callable[[], bool]) -> None:
    """Wait, for two seconds at most: nobody is held up longer by the trouble of another."""
    async with asyncio.timeout(2):
        while not condition():  # noqa: ASYNC110 - senders have no event for it
            await asyncio.sleep(0.005)


def under_way() -> int:
    """How many rows any sender serves in a task."""
    return sum(task.get_name().startswith("shipping.effects ") for task in asyncio.all_tasks())


@pytest.fixture
def short_closing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Providers have but a moment to answer when a sender closes."""
    monkeypatch.setattr(effects_host, "_CLOSING", 0.05)


@pytest.mark.usefixtures("short_closing")
async def test_a_provider_that_hangs_for_one_recipient_holds_up_none_of_twenty_others(bench: Bench) -> None:
    carrier = Hanging()
    bench.start(carrier=carrier)
    await bench.order("h/1", customer="hanging-1")
    for n in range(20):
        await bench.order(f"o-{n}/1", f"o-{n}/2", customer=f"c-{n}")
    async with supervised(bench):
        await soon(lambda: len(carrier.taken) == 40)
        await bench.order("late", customer="c-late")
        await soon(lambda: "late" in carrier.taken.values())
        assert await bench.store.effects_under_way(CONTEXT, bench.clock.now()) == 1, "the hanging one is not done"
    for n in range(20):
        assert [order for _, order in carrier.calls if order.startswith(f"o-{n}/")] == [f"o-{n}/1", f"o-{n}/2"]
    assert await bench.store.effect_counts(CONTEXT) == {EffectStatus.SENDING: 1, EffectStatus.SUCCEEDED: 41}


@pytest.mark.usefixtures("short_closing")
async def test_forty_recipients_that_hang_at_once_hold_up_none_of_the_others_for_two_seconds(bench: Bench) -> None:
    carrier = Hanging()
    bench.start(carrier=carrier)
    for n in range(40):
        await bench.order(f"h/{n}", customer=f"hanging-{n}")
    bench.clock.advance(seconds=1)
    for n in range(20):
        await bench.order(f"o-{n}", customer=f"c-{n}")
    async with supervised(bench):
        await soon(lambda: len(carrier.taken) == 20)
        assert under_way() == 40, "the hanging ones"


@pytest.mark.usefixtures("short_closing")
async def test_no_more_rows_hang_at_once_than_the_rules_say(bench: Bench) -> None:
    bench.start(carrier=Hanging())
    for n in range(9):
        await bench.order(f"h/{n}", customer=f"hanging-{n}")
    sender = bench.new_sender(parallel=2, quick=0.0, slow=5)
    for _ in range(8):
        assert await sender.step()
    assert under_way() == 5
    await sender.close()


async def test_what_comes_after_a_hanging_effect_of_the_same_recipient_waits_for_it(bench: Bench) -> None:
    carrier = Hanging()
    bench.start(carrier=carrier)
    await bench.order("h/1", "h/2", customer="hanging-1")
    await bench.order("o-1", "o-2")
    async with supervised(bench):
        await soon(lambda: len(carrier.taken) == 2)
        assert carrier.calls == [("hang", "h/1"), ("perform", "o-1"), ("perform", "o-2")]
        carrier.let_go.set()
        await soon(lambda: len(carrier.taken) == 4)
    assert await bench.statuses() == ["succeeded"] * 4


async def test_no_more_recipients_are_served_at_once_than_the_rules_say(bench: Bench) -> None:
    carrier = Hanging()
    bench.start(carrier=carrier)
    await bench.order("h/1", customer="hanging-1")
    for n in range(8):
        await bench.order(f"o-{n}", customer=f"c-{n}")
    sender = bench.new_sender(parallel=3)
    while len(carrier.taken) < 8:
        assert await sender.step()
        assert under_way() <= 3
    assert carrier.most_at_once == 2, "the third of them hangs"
    carrier.let_go.set()
    await drain(sender)
    assert await bench.statuses() == ["succeeded"] * 9


@pytest.mark.usefixtures("short_closing")
async def test_a_sender_that_waits_for_a_provider_looks_for_other_work_without_haste(bench: Bench) -> None:
    store = Unreliable()
    bench.start(store, Hanging())
    await bench.order("h/1", customer="hanging-1")
    async with supervised(bench):
        await asyncio.sleep(0.5)
    assert 2 <= store.asked <= 12


@pytest.mark.usefixtures("short_closing")
async def test_a_sender_that_can_serve_nobody_more_claims_nothing(bench: Bench) -> None:
    store = Unreliable()
    bench.start(store, Hanging())
    for n in range(4):
        await bench.order(f"h/{n}", customer=f"hanging-{n}")
    sender = bench.new_sender(parallel=2)
    for _ in range(3):
        assert await sender.step()
    assert (store.asked, under_way()) == (1, 2)
    await sender.close()
    assert await bench.statuses() == ["sending", "sending", "pending", "pending"]


async def test_an_error_of_the_store_starts_the_sender_anew_and_costs_no_other_row_its_result(bench: Bench) -> None:
    carrier = Hanging()
    bench.start(Unreliable("o-2"), carrier)
    await bench.order("h/1", customer="hanging-1")
    for n in range(1, 4):
        await bench.order(f"o-{n}", customer=f"c-{n}")
    async with supervised(bench) as supervisor:
        await soon(lambda: supervisor.restarts == 1)
        await bench.order("o-4", customer="c-4")
        await soon(lambda: "o-4" in carrier.taken.values())
        carrier.let_go.set()
        await soon(lambda: "h/1" in carrier.taken.values())
        assert supervisor.restarts == 1
    assert await bench.statuses() == ["succeeded", "succeeded", "sending", "succeeded", "succeeded"]
    bench.clock.advance(minutes=6)
    await drain(bench.sender)
    assert await bench.statuses() == ["succeeded"] * 5
    assert [call for call in carrier.calls if call[1] in ("h/1", "o-2")] == [
        ("hang", "h/1"),
        ("perform", "o-2"),
        ("perform", "h/1"),
        ("resolve", "o-2"),
    ]


async def test_rows_that_one_outage_fails_one_after_the_other_start_the_sender_anew_once(bench: Bench) -> None:
    carrier = Hanging()
    bench.start(Unreliable("o-1", "o-2", "h/1"), carrier)
    await bench.order("o-1", customer="c-1")
    await bench.order("o-2", customer="c-2")
    await bench.order("h/1", customer="hanging-1")
    with capture_logs() as lines:
        with pytest.raises(ConnectionResetError, match="o-1"):
            await bench.sender.step()
        carrier.let_go.set()
        await soon(lambda: not under_way())
        await bench.sender.open()
        await drain(bench.sender)
    assert [(line["event"], line["error"]) for line in lines] == [("effect not finished", "ConnectionResetError")] * 3
    assert await bench.statuses() == ["sending"] * 3


@pytest.mark.usefixtures("short_closing")
async def test_closing_does_not_wait_long_for_a_provider_and_its_row_is_asked_about_later(bench: Bench) -> None:
    bench.start(carrier=Hanging())
    await bench.order("h/1", customer="hanging-1")
    assert await bench.sender.step()
    begun = time.monotonic()
    await bench.sender.close()
    assert time.monotonic() - begun < 1
    assert (under_way(), await bench.statuses()) == (0, ["sending"])
    assert not await bench.new_sender().step(), "it is claimed"
    bench.clock.advance(minutes=6)
    assert await bench.new_sender().step()
    assert bench.carrier.calls == [("hang", "h/1"), ("resolve", "h/1")]


async def test_what_a_provider_answers_while_the_sender_closes_is_kept(bench: Bench) -> None:
    carrier = Hanging()
    bench.start(carrier=carrier)
    await bench.order("h/1", customer="hanging-1")
    assert await bench.sender.step()
    closing = asyncio.create_task(bench.sender.close())
    await asyncio.sleep(0.01)
    carrier.let_go.set()
    async with asyncio.timeout(1):
        await closing
    assert (under_way(), await bench.statuses()) == (0, ["succeeded"])


async def test_a_close_that_is_cut_off_leaves_nothing_running(bench: Bench) -> None:
    bench.start(carrier=Hanging())
    await bench.order("h/1", customer="hanging-1")
    assert await bench.sender.step()
    closing = asyncio.create_task(bench.sender.close())
    await asyncio.sleep(0.01)
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    assert (under_way(), await bench.statuses()) == (0, ["sending"])
