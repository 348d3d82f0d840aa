"""The composition root: everything of one installation, opened in order and closed in reverse."""

import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import asyncpg

from loanstream.cli.watching import kept_running
from loanstream.eventlog.kafka.log import KafkaLog
from loanstream.eventlog.kafka.sign_in import check_sign_in
from loanstream.eventlog.port import EventLog, TopicDefinition
from loanstream.eventlog.postgres.log import PostgresLog
from loanstream.runtime.access import topics_of
from loanstream.runtime.clock import Clock, SystemClock
from loanstream.runtime.database import Pool, close_pool, open_pool
from loanstream.runtime.definitions import Service
from loanstream.runtime.embedded_postgres import EmbeddedPostgres
from loanstream.runtime.http.issuer import LocalIssuer
from loanstream.runtime.http.issuing import IssuerApart
from loanstream.runtime.http.kit import HttpServiceKit
from loanstream.runtime.http.reading import PostgresReads
from loanstream.runtime.http.security import Authenticator
from loanstream.runtime.http.tokens import RemoteKeys, TokenVerifier
from loanstream.runtime.http.waiting import OutcomeWaiter
from loanstream.runtime.keys import MASTER_FILE, issuer_folder, keys_folder
from loanstream.runtime.postgres_store import PostgresStore, open_store
from loanstream.runtime.projector import prepare, read_schema
from loanstream.runtime.settings import (
    BadSetting,
    Settings,
    is_installed,
    made_folder,
    usable_folder,
)
from loanstream.vault.crypto import LocalMasterKeys
from loanstream.vault.postgres import PostgresVault, prepare_vault
from schemas.topics import CONTEXTS, topic_specs
from services.notify.ports.choice import make_mail, make_webhooks
from services.notify.ports.subscribers import load_subscribers
from services.origination.ports.choice import make_bank
from services.registry import load

_POOL_CONNECTIONS = 12


class TopicsDiffer(Exception):
    """The topics that exist are not those that this installation needs; the text names each difference."""


class NothingHere(Exception):
    """The data folder holds no installation yet; the text says how to make one."""


@dataclass(frozen=True, slots=True)
class Installation:
    """What hosts, the HTTP application and commands share."""

    settings: Settings
    dsn: str
    clock: Clock
    log: EventLog
    pool: Pool
    store: PostgresStore
    vault: PostgresVault
    services: tuple[Service, ...]
    kits: Mapping[str, HttpServiceKit]
    waiter: OutcomeWaiter
    authenticator: Authenticator
    issuer: LocalIssuer | IssuerApart | None


def existing(settings: Settings) -> Settings:
    """The settings of a command that only looks: it makes no installation. Raises :class:`NothingHere`."""
    if not is_there(settings):
        raise NothingHere(
            f"nothing here yet: {settings.data_dir} holds no installation. Start one with `loanstream up`, or name the folder"
            " with --data or LOANSTREAM_DATA_DIR"
        )
    return settings


def is_there(settings: Settings) -> bool:
    """Whether an installation was ever made: the data folder says so, or the settings name one and the database it is in."""
    return is_installed(usable_folder(settings.data_dir)) or bool(settings.installation and settings.database_url)


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[str]:
    """DSN of the installation's database: the one of the settings, or the embedded server, held while in here."""
    made_folder(settings.data_dir)
    if settings.database_url:
        await _check_database(settings.database_url)
        yield settings.database_url
        return
    embedded = EmbeddedPostgres(settings.data_dir)
    async with embedded as dsn, kept_running(embedded):
        yield dsn


async def _check_database(url: str) -> None:
    """Raises :class:`BadSetting` for a database that cannot be used; the text does not show the address, a secret."""
    try:
        await (await asyncpg.connect(url)).close()
    except (OSError, asyncpg.PostgresError) as error:
        raise BadSetting(
            f"LOANSTREAM_DATABASE_URL: the database does not answer ({type(error).__name__}: {error}): check that it runs and"
            " that the address is right"
        ) from None
    except (asyncpg.InterfaceError, ValueError) as error:
        raise BadSetting(
            f"LOANSTREAM_DATABASE_URL: no usable address ({type(error).__name__}): it should look like"
            " postgresql://user@host/loanstream"
        ) from None


def make_log(settings: Settings, dsn: str) -> EventLog:
    """The log of the installation: on Kafka where a cluster is set, else in its database."""
    cluster = settings.kafka
    return PostgresLog(dsn) if cluster is None else KafkaLog(cluster)


@asynccontextmanager
async def open_log(settings: Settings, dsn: str, services: Iterable[Service] | None = None) -> AsyncIterator[EventLog]:
    """The event log with its topics as they must be. Raises :class:`TopicsDiffer`.

    In its own database they are made when missing. On a cluster that others administer they are only checked: those that
    the services know of, where they are given, since a service sees no others there.
    """
    if settings.kafka is not None:
        await check_sign_in(settings.kafka)
    log = make_log(settings, dsn)
    look = log.check if settings.kafka_servers else log.apply
    known = None if services is None else {name for service in services for name in topics_of(service)}
    wanted = [each for each in topic_definitions(settings) if known is None or each.name in known]
    try:
        differences = await look(wanted, settings.installation_name)
        if differences:
            raise TopicsDiffer("; ".join(told_once(differences)))
        yield log
    finally:
        await log.close()


def told_once(differences: Iterable[str]) -> list[str]:
    """Differences of topics; what many topics have in common is said of the first, with how many others."""
    alike: dict[str, list[str]] = {}
    for difference in differences:
        words = difference.split(" ", 2)
        alike.setdefault(words[2] if words[0] == "Topic" and len(words) == 3 else difference, []).append(difference)
    return [
        first if not others else f"{first} The same for {len(others)} other topics."
        for first, *others in alike.values()
    ]


def topic_definitions(settings: Settings) -> list[TopicDefinition]:
    """Every topic of the installation as it must exist."""
    specs = topic_specs(settings.partitions)
    return [TopicDefinition(s.name, s.partitions, s.retention, s.identity) for s in specs]


@asynccontextmanager
async def open_installation(
    settings: Settings, names: Iterable[str] = CONTEXTS, own_issuer: LocalIssuer | None = None
) -> AsyncIterator[Installation]:
    """Open everything for the named services: database, log, stores, vault, ports, kits. Nothing runs yet.

    ``own_issuer`` is of a command that asks only itself: its tokens count instead of those of the settings' issuer.
    """
    keys = keys_folder(settings)
    async with AsyncExitStack() as stack:
        dsn = await stack.enter_async_context(open_database(settings))
        services = load(names, {"notify": {"subscribers": load_subscribers(settings.webhooks_path)}})
        log = await stack.enter_async_context(open_log(settings, dsn, services))
        pool = await open_pool(dsn, maximum=_POOL_CONNECTIONS)
        stack.push_async_callback(close_pool, pool)
        clock = SystemClock()
        store = await _open_tables(pool, services)
        vault = PostgresVault(pool, LocalMasterKeys.from_file(keys / MASTER_FILE), clock.now)
        issuer = own_issuer or _issuer(settings)
        authenticator = _authenticator(settings, issuer)
        waiter = OutcomeWaiter(log, [service.name for service in services])
        ports = await _ports(settings, clock, stack)
        kits = {}
        for service in services:
            reads = await PostgresReads.open(dsn, service.name, settings.database_pool)
            stack.push_async_callback(reads.close)
            kits[service.name] = HttpServiceKit(
                service.name,
                log=log,
                store=store,
                clock=clock,
                vault=vault,
                waiter=waiter,
                authenticator=authenticator,
                ports=ports,
                reads=reads,
                settings=settings,
            )
        yield Installation(settings, dsn, clock, log, pool, store, vault, services, kits, waiter, authenticator, issuer)


async def migrate_database(settings: Settings) -> None:
    """Make every table, or bring it up to date, as every process does when it opens the installation. Needs no key."""
    async with AsyncExitStack() as stack:
        pool = await open_pool(await stack.enter_async_context(open_database(settings)), maximum=1)
        stack.push_async_callback(close_pool, pool)
        await _open_tables(pool, load(CONTEXTS))


async def _open_tables(pool: Pool, services: Iterable[Service]) -> PostgresStore:
    """What hosts keep, the vault and the services' read models, with their tables up to date."""
    store = await open_store(pool)
    await prepare_vault(pool)
    async with pool.acquire() as connection:
        for service in services:
            await prepare(connection, service, read_schema(service.name))
    return store


def open_issuer(settings: Settings) -> LocalIssuer:
    """The issuer of the keys' folder, as the settings want it. Raises :class:`BadSetting`."""
    folder = issuer_folder(settings)
    return LocalIssuer.open(folder, _life(settings), settings.initial_password, settings.issuer_url)


def _issuer(settings: Settings) -> LocalIssuer | IssuerApart | None:
    """Who signs, and checks passwords; none where an identity provider does."""
    if not settings.local_issuer:
        return None
    return IssuerApart(settings.issuer_url) if settings.issuer_url else open_issuer(settings)


async def _ports(settings: Settings, clock: Clock, stack: AsyncExitStack) -> Mapping[str, Any]:
    """The outside: a bank, a mail server, webhooks; sandboxes where no address is set."""
    mail = make_mail(
        url=settings.smtp_url, sender=settings.smtp_sender, spool=settings.data_dir / "outbox" / "mail.jsonl"
    )
    stack.push_async_callback(mail.close)
    webhooks = make_webhooks(settings.webhooks_path, clock)
    stack.push_async_callback(webhooks.close)
    bank = make_bank(
        url=settings.bank_url, token=settings.bank_token, ledger=settings.data_dir / "bank" / "payments.jsonl"
    )
    return {"smtp": mail, "webhook": webhooks, "bank": bank}


def _authenticator(settings: Settings, issuer: LocalIssuer | IssuerApart | None) -> Authenticator:
    if issuer is not None:
        return Authenticator(issuer.verifier(), time.time)
    keys = RemoteKeys(settings.oidc_issuer, settings.oidc_jwks_url)
    verifier = TokenVerifier(keys, settings.oidc_issuer, settings.oidc_audience)
    return Authenticator(verifier, time.time, settings.oidc_roles_claim)


def _life(settings: Settings) -> timedelta:
    return timedelta(minutes=settings.token_minutes)
