"""Notify on the real hosts: event → reaction → effect → mail server → command → event."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from loanstream.eventlog.memory import MemoryLog
from loanstream.eventlog.port import TopicDefinition
from loanstream.runtime.decider.host import DeciderHost
from loanstream.runtime.definitions import EffectStatus
from loanstream.runtime.effects_host import EffectsHost
from loanstream.runtime.memory_store import MemoryStore
from loanstream.runtime.messages import read_event
from loanstream.runtime.reaction_host import ReactionHost
from schemas.notify.events import NotificationSent
from schemas.servicing.events import InstallmentDue, Overdue
from schemas.topics import Role, topic_specs
from services.notify.ports.smtp import SmtpMail, server_of
from services.notify.ports.webhook import Webhooks
from services.notify.service import service
from tests.notify.handling import vault_with
from tests.notify.samples import sample
from tests.notify.servers import DROPPED, MailServer, mail_server
from tests.runtime.support.shipping import World, drain

PARTITIONS = 2


class Notify(World):
    """A log on which servicing's events happen, and every host of notify."""

    async def start(self, port: int) -> "Notify":
        """Hosts that know one party and a mail server on ``port``."""
        specs = topic_specs(PARTITIONS)
        await self.log.apply([TopicDefinition(s.name, s.partitions, s.retention, s.identity) for s in specs], "test")
        self.vault, self.party = await vault_with({"email": "wang@example.com", "name": "王安宁"})
        self.store = MemoryStore()
        self.mail = SmtpMail(server_of(f"smtp://127.0.0.1:{port}"), "bank@loans.example", timeout=2)
        ports = {"smtp": self.mail, "webhook": Webhooks((), self.clock)}
        kit = SimpleNamespace(vault=self.vault, clock=self.clock, ports=ports)
        notify = service()
        self.router = ReactionHost(notify, self.log, self.store, self.clock)
        self.sender = EffectsHost(notify, notify.effects(kit), self.log, self.store, self.clock)
        self.deciders = [DeciderHost(notify, n, self.log, self.clock, self.store) for n in range(PARTITIONS)]
        await self.sender.open()
        return self

    async def run(self) -> None:
        """Let every host do what it can now."""
        await drain(self.router, self.sender, *self.deciders)

    async def notifications(self) -> list[Any]:
        """What notify decided."""
        return [read_event(record)[0] for record in await self.all_of(Role.EVENTS, "notify")]


async def started(server: MailServer) -> Notify:
    return await Notify(MemoryLog(), PARTITIONS).start(server.port)


async def test_each_event_is_one_letter_and_one_notification_however_often_the_hosts_look() -> None:
    async with mail_server() as server:
        notify = await started(server)
        await notify.happen("loan-1", sample(InstallmentDue, party_ref=notify.party))
        await notify.happen("loan-1", sample(Overdue, party_ref=notify.party))
        await notify.run()
        await notify.run()
        await notify.mail.close()
    assert [letter["X-Loanstream-Category"] for letter in server.letters] == ["installment-due", "overdue"]
    sent = await notify.notifications()
    assert {type(event) for event in sent} == {NotificationSent}
    assert sorted(event.category for event in sent) == ["installment-due", "overdue"]


async def test_an_outage_of_a_day_is_survived_and_the_letter_arrives_once() -> None:
    async with mail_server() as server:
        notify = await started(server)
    await notify.happen("loan-1", sample(Overdue, party_ref=notify.party))
    for _ in range(24 * 4):
        await notify.run()
        notify.clock.time += timedelta(minutes=15)
    (row,) = await notify.store.effects("notify")
    assert row.status is EffectStatus.RETRY
    assert row.attempts > notify.sender.rules.attempts
    async with mail_server(server.port) as up:
        notify.clock.time += timedelta(hours=1)
        await notify.run()
        await notify.mail.close()
    assert len(up.letters) == 1
    (event,) = await notify.notifications()
    assert event.uncertain is False


async def test_a_letter_that_may_have_arrived_twice_says_so_in_the_log() -> None:
    async with mail_server() as server:
        server.on_data = [DROPPED]
        notify = await started(server)
        await notify.happen("loan-1", sample(Overdue, party_ref=notify.party))
        for _ in range(4):
            await notify.run()
            notify.clock.time += timedelta(minutes=1)
        await notify.mail.close()
    assert len(server.letters) == 2
    (event,) = await notify.notifications()
    assert event.uncertain is True


async def test_effects_lost_with_the_store_are_not_sent_again() -> None:
    async with mail_server() as server:
        notify = await started(server)
        await notify.happen("loan-1", sample(Overdue, party_ref=notify.party))
        await notify.run()
        notify.store = MemoryStore()
        kit = SimpleNamespace(
            vault=notify.vault, clock=notify.clock, ports={"smtp": notify.mail, "webhook": Webhooks((), notify.clock)}
        )
        sender = EffectsHost(service(), service().effects(kit), notify.log, notify.store, notify.clock)
        router = ReactionHost(service(), notify.log, notify.store, notify.clock)
        await drain(sender, router)
        await notify.mail.close()
    (row,) = await notify.store.effects("notify")
    assert (row.status, len(server.letters)) == (EffectStatus.SUCCEEDED, 1)


@pytest.mark.parametrize("party", ["nobody", ""])
async def test_an_event_about_nobody_we_know_is_suppressed_and_holds_nothing_up(party: str) -> None:
    async with mail_server() as server:
        notify = await started(server)
        await notify.happen("loan-1", sample(Overdue, party_ref=party))
        await notify.run()
    (event,) = await notify.notifications()
    assert event.reason == "unknown-subject"
