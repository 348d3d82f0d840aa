"""Security to the cluster, on a real node with TLS, SCRAM, client certificates and the rights of every service.

Each refusal stands beside the same call by who may make it.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import faust
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic, RecordsToDelete
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    KafkaConnectionError,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
)
from aiokafka.protocol.fetch import FetchRequest

from loanstream.eventlog.kafka.cluster_settings import ClusterSettings, ClusterSettingsRefused
from loanstream.eventlog.kafka.sign_in import SignInRefused, check_sign_in
from loanstream.runtime.access import AUDIT_PRINCIPAL, TOPICS_PRINCIPAL, Operation, Pattern, access
from loanstream.runtime.faust_credentials import faust_credentials
from schemas.topics import CONTEXTS, Role, topic
from services.registry import load
from tests.support.certificates import authority
from tests.support.kafka_cluster import NO_TOOL, broker_tool
from tests.support.secured_cluster import SecuredCluster, secured_cluster

pytestmark = pytest.mark.kafka

ACCESS = access(load())
TOPICS = [topic(context, role) for context in CONTEXTS for role in Role]
SOON = 10.0
"""Seconds in which a refusal must have come."""


@pytest.fixture(scope="module")
def cluster() -> Iterator[SecuredCluster]:
    """A node whose topics ``topics`` has made, with one record each."""
    if broker_tool() is None:
        pytest.skip(NO_TOOL)
    with secured_cluster(ACCESS) as secured, ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, _filled(secured)).result()
        yield secured


async def _filled(cluster: SecuredCluster) -> None:
    async with admin(cluster.of(TOPICS_PRINCIPAL)) as client:
        await client.create_topics([NewTopic(name, 1, 1) for name in TOPICS])
    for context in CONTEXTS:
        async with producer(cluster.of(context)) as own:
            for role in Role:
                await own.send_and_wait(topic(context, role), b"the first", partition=0)


# -- what a service may do -----------------------------------------------------------------------------------------------


async def test_a_decider_commits_events_outcomes_and_commands_in_one_transaction(cluster: SecuredCluster) -> None:
    async with producer(cluster.of("servicing"), transactional_id="servicing-p0") as decider, decider.transaction():
        for role in Role:
            await decider.send_and_wait(topic("servicing", role), b"decided", partition=0)
    for role in Role:
        assert b"decided" in await values(cluster.of("servicing"), topic("servicing", role))


async def test_a_router_reads_foreign_events_in_a_group_of_its_service(cluster: SecuredCluster) -> None:
    read = await values(cluster.of("risk"), topic("origination", Role.EVENTS), group="risk.reactor")
    assert read[0] == b"the first"


async def test_a_service_signs_in_by_a_certificate_of_its_own_too(cluster: SecuredCluster) -> None:
    async with producer(cluster.by_certificate("funding")) as own:
        await own.send_and_wait(topic("funding", Role.EVENTS), b"certified", partition=0)
        with pytest.raises(TopicAuthorizationFailedError):
            await own.send_and_wait(topic("risk", Role.EVENTS), b"certified", partition=0)


async def test_a_faust_worker_reads_over_tls_with_its_service_s_password(cluster: SecuredCluster) -> None:
    assert await read_by_faust(cluster.of("risk"), topic("origination", Role.EVENTS)) == b"the first"


# -- what it may not -----------------------------------------------------------------------------------------------------


async def test_a_foreign_write_to_events_is_refused(cluster: SecuredCluster) -> None:
    events = topic("servicing", Role.EVENTS)
    async with producer(cluster.of("servicing")) as owner:
        await owner.send_and_wait(events, b"mine", partition=0)
    async with producer(cluster.of("funding")) as stranger:
        with pytest.raises(TopicAuthorizationFailedError):
            await stranger.send_and_wait(events, b"forged", partition=0)
    assert b"forged" not in await values(cluster.of("servicing"), events)


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


@pytest.mark.parametrize("principal", [*CONTEXTS, TOPICS_PRINCIPAL, AUDIT_PRINCIPAL])
async def test_the_cluster_lets_everybody_write_what_the_rights_say_and_nothing_else(
    cluster: SecuredCluster, principal: str
) -> None:
    assert await writable(cluster.of(principal), TOPICS) == allowed(principal, Operation.WRITE)


@pytest.mark.parametrize("principal", [*CONTEXTS, TOPICS_PRINCIPAL, AUDIT_PRINCIPAL])
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
        await read_by_faust(replace(cluster.of("risk"), password="a guess"), topic("origination", Role.EVENTS))


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


async def writable(settings: ClusterSettings, names: Iterable[str]) -> set[str]:
    """The topics to which a record can be sent; of the others the cluster says that it is not allowed."""
    good = set()
    async with producer(settings) as client:
        for name in names:
            try:
                await soon(client.send_and_wait(name, b"tried", partition=0))
            except TopicAuthorizationFailedError:
                continue
            good.add(name)
    return good


async def readable(settings: ClusterSettings, names: Iterable[str]) -> set[str]:
    """The topics that one fetch gives; of the others the cluster says that it is not allowed."""
    client = AIOKafkaClient(**settings.client_options())
    try:
        await soon(client.bootstrap())
        node = client.get_random_node()
        places = [(name, [(0, 0, 1_000)]) for name in names]
        response = await soon(client.send(node, FetchRequest(100, 1, 1_000_000, 1, places)))
    finally:
        await client.close()
    errors = {name: partition[1] for name, partitions in response.topics for partition in partitions}
    assert set(errors.values()) <= {0, TopicAuthorizationFailedError.errno}
    return {name for name, error in errors.items() if error == 0}


async def soon(call: Awaitable[Any]) -> Any:
    """The call, which must come back in time, whatever it comes to."""
    async with asyncio.timeout(SOON):
        return await call


async def refused_to_clients(settings: ClusterSettings) -> None:
    """A producer with these settings does not start, and says so in time."""
    with pytest.raises(KafkaConnectionError):
        async with producer(settings):
            pass


@asynccontextmanager
async def producer(settings: ClusterSettings, **options: Any) -> AsyncIterator[AIOKafkaProducer]:
    """A producer as ours are made."""
    made = AIOKafkaProducer(**settings.client_options(), retry_backoff_ms=5, **options)
    try:
        await soon(made.start())
        yield made
    finally:
        await made.stop()


@asynccontextmanager
async def admin(settings: ClusterSettings) -> AsyncIterator[AIOKafkaAdminClient]:
    """An admin client."""
    made = AIOKafkaAdminClient(**settings.client_options())
    try:
        await soon(made.start())
        yield made
    finally:
        await made.close()


async def created(settings: ClusterSettings, name: str) -> int:
    """The cluster's answer to making a topic: 0, or a code."""
    async with admin(settings) as client:
        response = await client.create_topics([NewTopic(name, 1, 1)])
    return int(response.topic_errors[0][1])


async def values(settings: ClusterSettings, name: str, group: str | None = None) -> list[bytes]:
    """What a committed reader finds in the topic, from its start."""
    made = AIOKafkaConsumer(
        **settings.client_options(),
        group_id=group,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        retry_backoff_ms=5,
    )
    try:
        await soon(made.start())
        if group is None:
            made.assign([TopicPartition(name, 0)])
        else:
            made.subscribe([name])
        found: list[bytes] = []
        while batch := await made.getmany(timeout_ms=500 if found else 5_000):
            found += [record.value for records in batch.values() for record in records]
        return found
    finally:
        await made.stop()


async def read_by_faust(settings: ClusterSettings, name: str) -> bytes:
    """The first record of a topic as a Faust agent gets it."""
    app = faust.App(
        f"{settings.user}.reactor",
        broker=f"kafka://{settings.servers}",
        broker_credentials=faust_credentials(settings),
        topic_disable_leader=True,
        topic_allow_declare=False,
        web_enabled=False,
        loop=asyncio.get_running_loop(),
    )
    first: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    @app.agent(app.topic(name, value_serializer="raw"))
    async def take(stream: Any) -> None:
        async for value in stream:
            if not first.done():
                first.set_result(value)

    try:
        async with asyncio.timeout(2 * SOON):
            await app.start()
            return await first
    finally:
        await app.stop()
