"""``topics``, ``audit verify``, ``rebuild``: work on the streams of a data folder, whether a system runs or not."""

import getpass
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from loanstream.cli.installation import (
    Installation,
    make_log,
    open_database,
    open_installation,
    open_log,
    told_once,
    topic_definitions,
)
from loanstream.eventlog.kafka.sign_in import check_sign_in
from loanstream.eventlog.port import EventLog, TopicPartition
from loanstream.runtime.access import access, as_json, as_script
from loanstream.runtime.auditing import Verification, verify
from loanstream.runtime.database import close_pool, open_pool
from loanstream.runtime.decider.digests import digest as fold_digest
from loanstream.runtime.decider.digests import folded, places
from loanstream.runtime.decider.positions import Change, planned
from loanstream.runtime.decider.positions import state_position as write_position
from loanstream.runtime.decider.snapshots import save_snapshot, state_version, take_snapshot
from loanstream.runtime.definitions import Service
from loanstream.runtime.memory_store import MemoryStore
from loanstream.runtime.postgres_store import open_store
from loanstream.runtime.rebuilding import Comparison, rebuild
from loanstream.runtime.settings import Settings
from loanstream.runtime.stores import Audit
from loanstream.runtime.strimzi import as_manifests
from schemas.topics import CONTEXTS, Role, topic
from services.notify.ports.subscribers import load_subscribers
from services.registry import load

_SHOWN_FINDINGS = 20


async def apply_topics(settings: Settings, console: Console) -> int:
    """Create what is missing, check what is there; 1 when something differs."""
    async with open_database(settings) as dsn:
        if settings.kafka is not None:
            await check_sign_in(settings.kafka)
        log = make_log(settings, dsn)
        try:
            before = set(await log.describe())
            differences = await log.apply(topic_definitions(settings), settings.installation_name)
            table = Table("Topic", "Partitions", "Kept", "", box=None)
            for name, state in sorted((await log.describe()).items()):
                kept = "for ever" if state.definition.retention is None else f"{state.definition.retention.days} days"
                table.add_row(name, str(state.definition.partitions), kept, "" if name in before else "new")
            console.print(table)
        finally:
            await log.close()
    for difference in told_once(differences):
        console.print(f"[bold red]✗[/] {difference}", soft_wrap=True)
    return 1 if differences else 0


def access_rights(settings: Settings, principal_prefix: str, *, as_data: bool, strimzi: str = "") -> str:
    """What each service may do on a Kafka cluster: a script of ``kafka-acls`` commands, JSON, or users of a Strimzi cluster.

    The webhook subscribers of the installation count: notify reads every context whose events one of them wants.
    """
    rights = access(_services(settings, CONTEXTS))
    if strimzi:
        return as_manifests(rights, strimzi, principal_prefix)
    return as_json(rights) if as_data else as_script(rights, principal_prefix)


async def show_position(settings: Settings, service: str, partition: int, at: int, console: Console) -> int:
    """What stating that a decider goes on at ``at`` would change; writes nothing."""
    async with _log_of(settings, service) as log:
        _show_change(await planned(log, service, partition, at), service, console)
    return 0


async def state_position(
    settings: Settings, service: str, partition: int, at: int, reason: str, console: Console
) -> int:
    """Write that a partition's decider goes on at ``at``; who and why is kept."""
    async with _log_of(settings, service) as log:
        actor, now = f"operator:{_caller()}", datetime.now(UTC)
        change = await write_position(log, service, partition, at, actor=actor, reason=reason, now=now)
    _show_change(change, service, console)
    console.print(
        "[bold green]✓[/] Written. A decider that stopped goes on there when its process is started again.",
        soft_wrap=True,
    )
    return 0


def _show_change(change: Change, service: str, console: Console) -> None:
    commands, at = change.commands, change.at
    stands = "no outcome tells where it stands" if change.before is None else f"it stands at {change.before}"
    lines = [
        f"The decider of {service} partition {commands.partition} will go on at {at}; {stands}.",
        f"{commands.topic} holds offsets {change.start} to {change.end}, {change.end - at} from there on.",
    ]
    skipped = at - max(change.start, change.before or 0)
    if skipped > 0:
        lines.append(f"{skipped} below that are never decided, where they were not yet.")
    if change.before is None:
        lines.append(
            "Without outcomes no repeat is recognised: what was decided before is decided again from there on."
        )
    else:
        lines.append("Those decided before are answered as repeats.")
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)


@asynccontextmanager
async def _log_of(settings: Settings, service: str) -> AsyncIterator[EventLog]:
    """The log as the service sees it: on Kafka it may see no other topics than those that it knows of."""
    async with open_database(settings) as dsn, open_log(settings, dsn, _services(settings, (service,))) as log:
        yield log


def _services(settings: Settings, names: Iterable[str]) -> tuple[Service, ...]:
    return load(names, {"notify": {"subscribers": load_subscribers(settings.webhooks_path)}})


def _caller() -> str:
    """Who runs this command, for the audit."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have a number and no name
        return f"uid-{os.getuid()}"


async def audit_verify(settings: Settings, services: Sequence[str], console: Console) -> int:
    """Verify chains, sequences and decisions, and keep the result for whoever watches; 1 when something was found."""
    contexts = tuple(services) or CONTEXTS
    async with open_database(settings) as dsn, open_log(settings, dsn) as log:
        started = time.monotonic()
        with progress_bar(console) as bar:
            task = bar.add_task("Verifying", total=await _records(log, contexts))
            result = await verify(log, contexts, lambda count: bar.advance(task, count))
        seconds = time.monotonic() - started
        await _keep(dsn, contexts, result)
    total = result.events + result.outcomes
    for finding in result.findings[:_SHOWN_FINDINGS]:
        where = f"{finding.topic} partition {finding.partition} offset {finding.offset}"
        console.print(f"[bold red]✗[/] {finding.code}: {finding.subject} at {where}: {finding.detail}", highlight=False)
    if len(result.findings) > _SHOWN_FINDINGS:
        console.print(f"… and {len(result.findings) - _SHOWN_FINDINGS} more")
    for stated in result.stated:
        where = f"{stated.topic} partition {stated.partition} offset {stated.offset}"
        console.print(
            f"• position-stated: {where}: its decider went on at {stated.position}, said {stated.actor} at"
            f" {stated.time:%Y-%m-%d %H:%M} UTC: {stated.reason}",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )
    verdict = "[bold green]✓ intact[/]" if result.intact else f"[bold red]✗ {len(result.findings)} findings[/]"
    console.print(
        f"{verdict}: {result.events} events and {result.outcomes} outcomes of {result.aggregates} aggregates on "
        f"{result.partitions} partitions, {total / max(seconds, 1e-9):,.0f} records/s.",
        highlight=False,
    )
    console.print(
        "Vouches for every change, loss, addition or re-ordering inside the streams. Who can rewrite the whole log, or cut "
        "off its end, is found only against checkpoints kept outside, which this release does not make yet.",
        style="dim",
    )
    return 0 if result.intact else 1


async def _keep(dsn: str, contexts: Sequence[str], result: Verification) -> None:
    now = datetime.now(UTC)
    found = Counter(finding.topic for finding in result.findings)
    audits = {
        context: Audit(now, sum(found[topic(context, role)] for role in (Role.EVENTS, Role.OUTCOMES)))
        for context in contexts
    }
    pool = await open_pool(dsn, maximum=1)
    try:
        await (await open_store(pool)).keep_audits(audits)
    finally:
        await close_pool(pool)


async def rebuild_read_models(settings: Settings, services: Sequence[str], check: bool, console: Console) -> int:
    """Compute read models anew beside the live ones and swap them in; 1 when ``check`` finds that something differs.

    A check compares at one position of the log, so a system may be at work.
    """
    different: list[str] = []
    async with open_installation(settings, tuple(services) or CONTEXTS) as installation:
        for service in installation.services:
            with progress_bar(console) as bar:
                task = bar.add_task(f"Rebuilding {service.name}", total=None)
                report = await rebuild(
                    service,
                    installation.log,
                    installation.pool,
                    lambda done, total, task=task: bar.update(task, completed=done, total=total),  # type: ignore[misc]
                    compare=check,
                )
            console.print(
                f"[bold]{service.name}[/]: {report.events} records in {report.seconds:.1f} s, "
                f"{report.events / max(report.seconds, 1e-9):,.0f}/s, swapped in.",
                highlight=False,
            )
            if report.compared is not None:
                different += _shown(service.name, report.compared, console)
            if check:
                different += await _check_folds(installation, service, console)
    for name in different:
        console.print(f"[bold red]✗[/] {name} differs")
    if check and not different:
        console.print("[bold green]✓[/] every table and every folded partition is what it was before.")
    return 1 if different else 0


def _shown(service: str, compared: Comparison, console: Console) -> list[str]:
    live, rebuilt = compared.live, compared.rebuilt
    table = Table("Table", "Before", "After", box=None)
    for name in sorted(live.keys() | rebuilt.keys()):
        table.add_row(f"{service}.{name}", live.get(name, "")[:16], rebuilt.get(name, "")[:16])
    console.print(table)
    return [f"{service}.{name}" for name in compared.different]


async def _check_folds(installation: Installation, service: Service, console: Console) -> list[str]:
    """A partition folded on from a snapshot must be the partition folded from 0.

    A snapshot is made for the check in the middle of the partition; one that a host has stored is checked as well.
    """
    log, different, stored = installation.log, [], 0
    for partition in range(installation.settings.partitions):
        kept = await _stored_snapshot(installation, service, partition)
        # After the snapshot was read: a host at work may store one beyond an earlier end.
        ends = await log.ends(places(service, partition))
        middle = {place: end // 2 for place, end in ends.items()}
        made = MemoryStore()
        half = await folded(service, partition, log, None, middle)
        await save_snapshot(take_snapshot(half), made, state_version(service.deciders))
        stored += kept is not None
        anew = fold_digest(await folded(service, partition, log, None, ends))
        resumed = [
            fold_digest(await folded(service, partition, log, store, ends))
            for store in (made, kept)
            if store is not None
        ]
        if any(other != anew for other in resumed):
            different.append(f"{service.name} partition {partition}")
    found = f"{stored} of them also from a stored one" if stored else "no host has stored one yet"
    console.print(
        f"  {installation.settings.partitions} partitions folded from 0 and from a snapshot at half way; {found}",
        style="dim",
        highlight=False,
        soft_wrap=True,
    )
    return different


async def _stored_snapshot(installation: Installation, service: Service, partition: int) -> MemoryStore | None:
    """A store with the newest snapshot that the hosts have, and no later one."""
    found = await installation.store.load_snapshot(service.name, partition, state_version(service.deciders))
    if found is None:
        return None
    kept = MemoryStore()
    await kept.save_snapshot(*found)
    return kept


async def _records(log: EventLog, contexts: Iterable[str]) -> int:
    wanted = [
        TopicPartition(topic(context, role), partition)
        for context in contexts
        for role in (Role.EVENTS, Role.OUTCOMES)
        for partition in range(await log.partitions(topic(context, role)))
    ]
    return sum((await log.ends(wanted)).values())


def progress_bar(console: Console) -> Progress:
    """The bar of every long command; it shows nothing where nobody looks."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
