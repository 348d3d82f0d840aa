"""Security to the cluster, on a real node with TLS, SCRAM, client certificates and the rights of every service.

Each refusal stands beside the same call by who may make it.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import faust
import pytest
from aiokafka.admin import RecordsToDelete
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    KafkaConnectionError,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
)
from msgspec import structs

from loanstream.eventlog.kafka.cluster_settings import ClusterSettings, ClusterSettingsRefused
from loanstream.eventlog.kafka.log import KafkaLog
from loanstream.eventlog.kafka.sign_in import SignInRefused, check_sign_in
from loanstream.eventlog.port import LogError, Membership, TopicDefinition, TopicPartition, UnknownTopic
from loanstream.runtime.access import (
    API_PRINCIPAL,
    AUDIT_PRINCIPAL,
    TOPICS_PRINCIPAL,
    Operation,
    Pattern,
    access,
    topics_of,
)
from loanstream.runtime.clock import SystemClock
from loanstream.runtime.definitions import Service
from loanstream.runtime.faust_credentials import faust_credentials
from loanstream.runtime.faust_reactor.reactor import Reactor
from loanstream.runtime.http.waiting import OutcomeWaiter
from loanstream.runtime.memory_store import MemoryStore
from loanstream.runtime.reacting import plan
from schemas.topics import CONTEXTS, Role, context_of, topic, topic_specs
from services.registry import load
from tests.eventlog.records import A_TIME, a_record, everything, keys
from tests.support.certificates import authority
from tests.support.kafka_clients import admin, created, producer, read_by_faust, readable, soon, values, writable
from tests.support.kafka_cluster import NO_TOOL, can_run
from tests.support.secured_cluster import SecuredCluster, secured_cluster

pytestmark = pytest.mark.kafka

SERVICES = load()
ACCESS = access(SERVICES)
TOPICS = [topic(context, role) for context in CONTEXTS for role in Role]
DEFINITIONS = [TopicDefinition(s.name, s.partitions, s.retention, s.identity) for s in topic_specs(1)]
INSTALLATION = "a-secured-one"
FIRST = b"the first"


@pytest.fixture(scope="module")
def cluster() -> Iterator[SecuredCluster]:
    """A node whose topics ``topics`` has made, with one record each."""
    if not can_run():
        pytest.skip(NO_TOOL)
    with secured_cluster(ACCESS) as secured, ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, _filled(secured)).result()
        yield secured


async def _filled(cluster: SecuredCluster) -> None:
    async with kafka_log(cluster.of(TOPICS_PRINCIPAL)) as log:
        assert await log.apply(DEFINITIONS, INSTALLATION) == []
    for context in CONTEXTS:
        async with producer(cluster.of(context)) as own:
            for role in Role:
                await own.send_and_wait(topic(context, role), FIRST, partition=0)


# -- what a service may do -----------------------------------------------------------------------------------------------


async def test_a_decider_commits_events_outcomes_and_commands_in_one_transaction(cluster: SecuredCluster) -> None:
    async with producer(cluster.of("servicing"), transactional_id="servicing-p0") as decider, decider.transaction():
        for role in Role:
            await decider.send_and_wait(topic("servicing", role), b"decided", partition=0)
    for role in Role:
        assert b"decided" in await values(cluster.of("servicing"), topic("servicing", role))


async def test_a_router_reads_foreign_events_in_a_group_of_its_service(cluster: SecuredCluster) -> None:
    read = await values(cluster.of("risk"), topic("origination", Role.EVENTS), group="risk.reactor")
    assert FIRST in read


async def test_a_service_signs_in_by_a_certificate_of_its_own_too(cluster: SecuredCluster) -> None:
    async with producer(cluster.by_certificate("funding")) as own:
        await own.send_and_wait(topic("funding", Role.EVENTS), b"certified", partition=0)
        with pytest.raises(TopicAuthorizationFailedError):
            await own.send_and_wait(topic("risk", Role.EVENTS), b"certified", partition=0)


async def test_a_faust_worker_reads_over_tls_with_its_service_s_password(cluster: SecuredCluster) -> None:
    assert FIRST in await read_by_faust(cluster.of("risk"), topic("origination", Role.EVENTS), until=FIRST)


async def test_a_reactor_under_faust_needs_no_other_rights_than_those_of_its_service(cluster: SecuredCluster) -> None:
    (risk,) = load(["risk"])
    events, letters = topic("origination", Role.EVENTS), TopicPartition(topic("risk", Role.DEADLETTERS), 0)
    named = next(ce_type for ce_type in plan(risk, 1).reactions if context_of(ce_type) == "origination")
    async with kafka_log(cluster.of("origination")) as log:
        decider = await log.writer("origination", 0)
        await decider.commit([structs.replace(a_record(events, key="unreadable"), type=named)])
    store = MemoryStore()
    task = asyncio.create_task(Reactor(risk, cluster.of("risk"), store, SystemClock()).run())
    try:
        for _ in range(400):
            if await store.open_dead_letters("risk.reactor", events, "unreadable"):
                break
            await asyncio.sleep(0.05)
    finally:
        task.cancel()
        await asyncio.wait([task])
    async with kafka_log(cluster.of("risk")) as log:
        assert "unreadable" in keys(await everything(log, [letters]))


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
async def test_a_service_can_check_the_topics_that_it_knows_of_and_no_others(
    cluster: SecuredCluster, service: Service
) -> None:
    known = set(topics_of(service))
    async with kafka_log(cluster.of(service.name)) as log:
        assert set(await log.describe()) == known
        assert await log.check([d for d in DEFINITIONS if d.name in known], INSTALLATION) == []
        assert await log.check([d for d in DEFINITIONS if d.name in known], "another")


async def test_an_auditor_can_check_every_topic(cluster: SecuredCluster) -> None:
    async with kafka_log(cluster.of(AUDIT_PRINCIPAL)) as log:
        assert await log.check(DEFINITIONS, INSTALLATION) == []


async def test_the_hosts_of_a_service_need_no_other_rights_than_its_own(cluster: SecuredCluster) -> None:
    own = [topic("notify", role) for role in Role]
    foreign = TopicPartition(topic("servicing", Role.EVENTS), 0)
    async with kafka_log(cluster.of("notify")) as log:
        await log.send([a_record(own[0], key="sent")])
        member = log.membership("notify.decider", own[0])
        assert await owned_by(member) == {0}
        writer = await log.writer("notify", 0)
        await writer.commit([a_record(name, key="committed") for name in own])
        assert "committed" in keys(await everything(log, [TopicPartition(name, 0) for name in own]))
        assert FIRST in [record.value for record in await everything(log, [foreign])]
        assert await log.trim(TopicPartition(own[0], 0), A_TIME) >= 0
        await writer.close()
        await member.close()


async def test_an_api_for_all_services_sends_commands_and_waits_for_outcomes(cluster: SecuredCluster) -> None:
    async with kafka_log(cluster.of(API_PRINCIPAL)) as log:
        assert await log.check(DEFINITIONS, INSTALLATION) == []
        await OutcomeWaiter(log, CONTEXTS).start()
        commands = topic("funding", Role.COMMANDS)
        await log.send([a_record(commands, key="asked")])
        assert "asked" in keys(await everything(log, [TopicPartition(commands, 0)]))


# -- what it may not -----------------------------------------------------------------------------------------------------


async def test_a_foreign_write_to_events_is_refused(cluster: SecuredCluster) -> None:
    events = topic("servicing", Role.EVENTS)
    async with producer(cluster.of("servicing")) as owner:
        await owner.send_and_wait(events, b"mine", partition=0)
    async with producer(cluster.of("funding")) as stranger:
        with pytest.raises(TopicAuthorizationFailedError):
            await stranger.send_and_wait(events, b"forged", partition=0)
    assert b"forged" not in await values(cluster.of("servicing"), events)


async def test_an_api_decides_nothing(cluster: SecuredCluster) -> None:
    async with kafka_log(cluster.of(API_PRINCIPAL)) as log:
        with pytest.raises(LogError, match="TransactionalIdAuthorizationFailed"):
            await soon(log.writer("funding", 0))
        with pytest.raises(LogError, match="TopicAuthorizationFailed"):
            await soon(log.send([a_record(topic("servicing", Role.EVENTS))]))


async def test_a_service_cannot_fence_the_deciders_of_another(cluster: SecuredCluster) -> None:
    async with producer(cluster.of("notify"), transactional_id="notify-p0"):
        pass
    with pytest.raises(TransactionalIdAuthorizationFailed):
        async with producer(cluster.of("risk"), transactional_id="notify-p0"):
            pass


async def test_a_service_cannot_take_partitions_in_a_group_of_another(cluster: SecuredCluster) -> None:
    events = topic("origination", Role.EVENTS)
    assert await values(cluster.of("risk"), events, group="risk.router")
    with pytest.raises(GroupAuthorizationFailedError):
        await values(cluster.of("risk"), events, group="funding.router")


async def test_the_log_says_that_it_is_refused_and_does_not_try_for_ever(cluster: SecuredCluster) -> None:
    async with kafka_log(cluster.of("risk")) as log:
        with pytest.raises(LogError, match="TransactionalIdAuthorizationFailed"):
            await soon(log.writer("funding", 0))
        with pytest.raises(UnknownTopic):
            await soon(log.send([a_record(topic("funding", Role.COMMANDS))]))
        with pytest.raises(LogError, match="TopicAuthorizationFailed"):
            await soon(log.send([a_record(topic("origination", Role.EVENTS))]))
        assert await owned_by(log.membership("funding.decider", topic("origination", Role.EVENTS))) == set()


async def test_only_the_own_commands_can_be_dropped(cluster: SecuredCluster) -> None:
    async def drop(name: str) -> None:
        async with admin(cluster.of("risk")) as client:
            await client.delete_records({TopicPartition(name, 0): RecordsToDelete(before_offset=0)})

    await drop(topic("risk", Role.COMMANDS))
    for name in (topic("risk", Role.EVENTS), topic("origination", Role.EVENTS)):
        with pytest.raises(TopicAuthorizationFailedError):
            await drop(name)


async def test_only_topics_makes_topics(cluster: SecuredCluster) -> None:
    assert await created(cluster.of(TOPICS_PRINCIPAL), "loanstream.care.events.v1") == 0
    assert await created(cluster.of("servicing"), "loanstream.care.commands.v1") == TopicAuthorizationFailedError.errno
    assert await created(cluster.of(TOPICS_PRINCIPAL), "ledger") == TopicAuthorizationFailedError.errno


@pytest.mark.parametrize("principal", [*CONTEXTS, API_PRINCIPAL, TOPICS_PRINCIPAL, AUDIT_PRINCIPAL])
async def test_the_cluster_lets_everybody_write_what_the_rights_say_and_nothing_else(
    cluster: SecuredCluster, principal: str
) -> None:
    assert await writable(cluster.of(principal), TOPICS) == allowed(principal, Operation.WRITE)


@pytest.mark.parametrize("principal", [*CONTEXTS, API_PRINCIPAL, TOPICS_PRINCIPAL, AUDIT_PRINCIPAL])
async def test_the_cluster_lets_everybody_read_what_the_rights_say_and_nothing_else(
    cluster: SecuredCluster, principal: str
) -> None:
    assert await readable(cluster.of(principal), TOPICS) == allowed(principal, Operation.READ)


# -- signing in ----------------------------------------------------------------------------------------------------------


async def test_a_wrong_password_is_refused_and_the_sentence_says_so(cluster: SecuredCluster) -> None:
    right = cluster.of("servicing")
    await check_sign_in(right)
    with pytest.raises(SignInRefused, match=r"does not know user 'servicing'.* LOANSTREAM_KAFKA_PASSWORD") as refusal:
        await soon(check_sign_in(replace(right, password="a guess")))
    assert "a guess" not in str(refusal.value)
    await refused_to_clients(replace(right, password="a guess"))


async def test_a_user_that_there_is_not_is_refused_like_a_wrong_password(cluster: SecuredCluster) -> None:
    with pytest.raises(SignInRefused, match=r"does not know user 'nobody'"):
        await soon(check_sign_in(replace(cluster.of("servicing"), user="nobody")))


async def test_a_cluster_whose_authority_is_unknown_is_refused(cluster: SecuredCluster, tmp_path: Path) -> None:
    right = cluster.of("servicing")
    await check_sign_in(right)
    for unknown in (authority("somebody-else", tmp_path).file, None):
        with pytest.raises(SignInRefused, match=r"certificate is not trusted .*LOANSTREAM_KAFKA_CA_FILE"):
            await soon(check_sign_in(replace(right, ca_file=unknown)))
        await refused_to_clients(replace(right, ca_file=unknown))


async def test_a_server_by_a_name_that_its_certificate_has_not_is_refused(cluster: SecuredCluster) -> None:
    by_name = replace(cluster.of("servicing"), servers=cluster.signed.replace("127.0.0.1", "localhost"))
    with pytest.raises(SignInRefused, match=r"not valid for 'localhost'"):
        await soon(check_sign_in(by_name))
    await check_sign_in(replace(by_name, check_hostname=False))


@pytest.mark.parametrize("protocol", ["PLAINTEXT", "SASL_PLAINTEXT"])
async def test_a_client_without_tls_fails_at_once(cluster: SecuredCluster, protocol: str) -> None:
    right = cluster.of("servicing")
    await check_sign_in(right)
    with pytest.raises(SignInRefused, match=rf"something else than {protocol} \(LOANSTREAM_KAFKA_PROTOCOL\)"):
        await soon(check_sign_in(replace(right, protocol=protocol)))
    await refused_to_clients(replace(right, protocol=protocol))


async def test_a_client_without_a_certificate_is_refused_where_one_is_asked_for(cluster: SecuredCluster) -> None:
    right = cluster.by_certificate("servicing")
    await check_sign_in(right)
    with pytest.raises(SignInRefused, match=r"LOANSTREAM_KAFKA_CERTIFICATE_FILE"):
        await soon(check_sign_in(replace(right, certificate_file=None, key_file=None)))


async def test_a_certificate_of_another_authority_is_refused(cluster: SecuredCluster, tmp_path: Path) -> None:
    right = cluster.by_certificate("servicing")
    await check_sign_in(right)
    certificate, key = authority("somebody-else", tmp_path).sign("servicing", tmp_path)
    with pytest.raises(SignInRefused):
        await soon(check_sign_in(replace(right, certificate_file=certificate, key_file=key)))


async def test_a_mechanism_that_the_cluster_does_not_offer_is_named(cluster: SecuredCluster) -> None:
    with pytest.raises(SignInRefused, match=r"does not offer PLAIN: check LOANSTREAM_KAFKA_MECHANISM"):
        await soon(check_sign_in(replace(cluster.of("servicing"), mechanism="PLAIN")))


async def test_one_server_that_lets_us_in_is_enough_and_else_each_is_told(cluster: SecuredCluster) -> None:
    right = cluster.of("servicing")
    await check_sign_in(replace(right, servers=f"127.0.0.1:1,{right.servers}"))
    with pytest.raises(SignInRefused, match=r"127.0.0.1:1: it cannot be reached.*127.0.0.1:2: it cannot be reached"):
        await soon(check_sign_in(replace(right, servers="127.0.0.1:1, 127.0.0.1:2")))


async def test_a_server_that_says_nothing_is_given_up_in_time() -> None:
    silent = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
    async with silent:
        port = silent.sockets[0].getsockname()[1]
        with pytest.raises(SignInRefused, match="does not answer in time"):
            await soon(check_sign_in(ClusterSettings(servers=f"127.0.0.1:{port}"), seconds=0.5))


async def test_a_faust_worker_with_a_wrong_password_reads_nothing(cluster: SecuredCluster) -> None:
    with pytest.raises(KafkaConnectionError):
        await read_by_faust(replace(cluster.of("risk"), password="a guess"), topic("origination", Role.EVENTS), FIRST)


# -- settings ------------------------------------------------------------------------------------------------------------


def test_faust_signs_in_with_what_every_other_client_signs_in_with(cluster: SecuredCluster) -> None:
    signed = faust_credentials(cluster.of("risk"))
    assert isinstance(signed, faust.SASLCredentials)
    assert (signed.username, signed.password) == ("risk", "risk-secret")
    assert (signed.protocol.value, signed.mechanism.value) == ("SASL_SSL", "SCRAM-SHA-512")
    assert isinstance(signed.ssl_context, ssl.SSLContext)
    certified = faust_credentials(cluster.by_certificate("risk"))
    assert isinstance(certified, faust.SSLCredentials)
    assert certified.protocol.value == "SSL"
    assert faust_credentials(ClusterSettings(servers="127.0.0.1:9092")) is None


def test_passwords_are_not_shown(cluster: SecuredCluster) -> None:
    settings = cluster.of("risk")
    assert settings.password not in repr(settings)
    assert settings.password not in repr(faust_credentials(settings))


def test_a_certificate_file_that_cannot_be_used_is_told_before_anything_connects(tmp_path: Path) -> None:
    (tmp_path / "empty.crt").touch()
    for name in ("missing.crt", "empty.crt"):
        settings = ClusterSettings(servers="127.0.0.1:1", protocol="SSL", ca_file=tmp_path / name)
        with pytest.raises(ClusterSettingsRefused, match="TLS files cannot be used"):
            faust_credentials(settings)


# -- helpers -------------------------------------------------------------------------------------------------------------


def allowed(principal: str, operation: Operation) -> set[str]:
    """The topics for which the table of rights says so."""
    rights = [right for right in ACCESS[principal] if operation in right.operations]
    return {
        name
        for name in TOPICS
        for right in rights
        if name == right.name or (right.pattern is Pattern.PREFIXED and name.startswith(right.name))
    }


@asynccontextmanager
async def kafka_log(settings: ClusterSettings) -> AsyncIterator[KafkaLog]:
    """The log of a process that signs in so."""
    log = KafkaLog(settings)
    try:
        yield log
    finally:
        await log.close()


async def owned_by(member: Membership) -> frozenset[int]:
    """What a member owns once it has joined."""
    for _ in range(20):
        if owned := await soon(member.refresh()):
            return owned
        await asyncio.sleep(0.1)
    return frozenset()


async def refused_to_clients(settings: ClusterSettings) -> None:
    """A producer with these settings does not start, and says so in time."""
    with pytest.raises(KafkaConnectionError):
        async with producer(settings):
            pass
