"""What Prometheus is shown of the hosts of a process: lag, commits, rebuilds, days, restarts, dead letters, effects, snapshots.

Hosts know nothing of it. Each family is a line of :data:`SHOWN`: name, meaning and where its values come from. Values are taken
from the hosts when somebody asks; ends of the log and counts in the store are looked up in the background, so that asking costs
nothing.
"""

import asyncio
import time
from calendar import timegm
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from loanstream.eventlog.port import EventLog, TopicPartition
from loanstream.runtime.clock import Clock, SystemClock
from loanstream.runtime.decider.fold import Fold
from loanstream.runtime.decider.owned import OwnedDecider
from loanstream.runtime.definitions import EffectStatus
from loanstream.runtime.effects_host import EffectsHost
from loanstream.runtime.lagging import Ends
from loanstream.runtime.loop_delay import watch_loop
from loanstream.runtime.measuring import Counting
from loanstream.runtime.stores import Audit, HostStore
from loanstream.runtime.supervisor import Host, Supervisor
from loanstream.runtime.telemetry import metrics_text

_log = structlog.get_logger("loanstream.metrics")

LOOK_EVERY = timedelta(seconds=2)
"""Between two looks at the ends of the log."""
COUNT_EVERY = timedelta(seconds=15)
"""Between two counts in the store, which take the longer the more there is."""

_BATCHES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000)
_COMMITS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)

_DELAYS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

_PARTS = frozenset({"reacted", "other", "unknown"})
"""What a reaction host counts besides dead letters."""
_UNDECIDABLE = ("poison", "parked", "on-hold", "hops")
"""Reasons of a decider's dead letters. All are shown from the start: a rate sees no first step from nothing to one."""
_UNHANDLED = ("poison", "unknown-type", "hops", "exhausted", "parked")
"""Reasons of a router's or reactor's."""

_LOG, _STORE = "log", "store"

Sample = tuple[tuple[str, ...], float]


@dataclass(slots=True)
class Looked:
    """The hosts, and what was looked up for them."""

    hosts: Sequence[Host] = ()
    supervisor: Supervisor | None = None
    ends: Ends = field(default_factory=Ends)
    effects: dict[str, Mapping[str, int]] = field(default_factory=dict)
    """Rows by service and status."""
    overdue: dict[str, float] = field(default_factory=dict)
    """Seconds by service, see :meth:`~loanstream.runtime.stores.HostStore.effects_overdue`."""
    dead_letters: dict[str, Mapping[TopicPartition, int]] = field(default_factory=dict)
    """Open ones of routers and reactors, by consumer."""
    audits: Mapping[str, Audit] = field(default_factory=dict)
    """The last verification of each service's streams, by whomever."""
    at: dict[str, float] = field(default_factory=dict)
    """When the log and the store answered last, by the monotonic clock."""


@dataclass(frozen=True, slots=True)
class Family:
    """One metric with labels: how it is called, what it means and what its values are now."""

    name: str
    meaning: str
    labels: tuple[str, ...]
    samples: Callable[[Looked], Iterable[Sample]]

    def collect(self, looked: Looked) -> Metric:
        """The family as the library takes it; a name that ends in ``_total`` is a counter."""
        make = CounterMetricFamily if self.name.endswith("_total") else GaugeMetricFamily
        family = make(self.name, self.meaning, labels=self.labels)
        for labels, value in self.samples(looked):
            family.add_metric(labels, value)
        return family


class HostMetrics:
    """The metrics of one process: a registry of its own, so that two processes in one interpreter do not mix."""

    def __init__(self, log: EventLog, store: HostStore, clock: Clock | None = None) -> None:
        self.registry = CollectorRegistry(auto_describe=True)
        self.looked = Looked()
        self._log = log
        self._store = store
        self._clock = clock or SystemClock()
        self._batches = Histogram(
            "loanstream_decider_batch_commands",
            "Commands decided in one transaction, by service.",
            ("service",),
            buckets=_BATCHES,
            registry=self.registry,
        )
        self._commits = Histogram(
            "loanstream_decider_commit_seconds",
            "Time of one decider transaction from sending its records to its commit, by service.",
            ("service",),
            buckets=_COMMITS,
            registry=self.registry,
        )
        self._delays = Histogram(
            "loanstream_event_loop_delay_seconds",
            "By how much a timer of the process came late, twice a second: whatever it serves waits as long.",
            buckets=_DELAYS,
            registry=self.registry,
        )
        self.registry.register(self)

    def show(self, supervisor: Supervisor) -> None:
        """Show these hosts from now on, and be told of every commit of their deciders."""
        self.looked.supervisor = supervisor
        self.looked.hosts = supervisor.hosts
        for host in supervisor.hosts:
            if isinstance(host, OwnedDecider):
                host.host.measures.committed = self._told(host.host.service.name)

    def _told(self, service: str) -> Callable[[int, float], None]:
        batches, commits = self._batches.labels(service), self._commits.labels(service)

        def committed(commands: int, seconds: float) -> None:
            batches.observe(commands)
            commits.observe(seconds)

        return committed

    async def run(self, every: timedelta = LOOK_EVERY, count_every: timedelta = COUNT_EVERY) -> None:
        """Look at the log and count in the store again and again, until cancelled; a look that fails is told and left out."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._again(_LOG, lambda: self.look(time.monotonic()), every))
            group.create_task(self._again(_STORE, self.count, count_every))
            group.create_task(watch_loop(self._delays.observe))

    async def _again(self, where: str, look: Callable[[], Awaitable[None]], every: timedelta) -> None:
        self.looked.at[where] = time.monotonic()
        while True:
            try:
                await look()
                self.looked.at[where] = time.monotonic()
            except Exception as error:
                _log.warning("metrics not looked up", where=where, error=repr(error))
            await asyncio.sleep(every.total_seconds())

    async def look(self, now: float) -> None:
        """Note where the partitions end that the hosts read."""
        lowest: dict[TopicPartition, int] = {}
        for _, place, position in _positions(self.looked):
            lowest[place] = min(position, lowest.get(place, position))
        self.looked.ends.look(now, await self._log.ends(sorted(lowest)), lowest)

    async def count(self) -> None:
        """Count the effects of the services whose senders run here, and the dead letters of the routers and reactors."""
        for host in self.looked.hosts:
            if isinstance(host, EffectsHost):
                service = host.service.name
                counts = await self._store.effect_counts(service)
                self.looked.effects[service] = {status.value: counts.get(status, 0) for status in EffectStatus}
                self.looked.overdue[service] = await self._store.effects_overdue(service, self._clock.now())
            elif isinstance(host, Counting):
                self.looked.dead_letters[host.name] = await self._store.open_dead_letter_counts(host.name)
        self.looked.audits = await self._store.audits()

    def text(self) -> bytes:
        """Every metric of the process in Prometheus' text format."""
        return metrics_text() + generate_latest(self.registry)

    def describe(self) -> Iterable[Metric]:
        """The families without values."""
        return [family.collect(Looked()) for family in SHOWN]

    def collect(self) -> Iterable[Metric]:
        """The families with their values now."""
        return [family.collect(self.looked) for family in SHOWN]


def _positions(looked: Looked) -> Iterable[tuple[str, TopicPartition, int]]:
    """Consumer, place and position of every host that is open and knows where it stands; stopped partitions included."""
    opened = looked.supervisor.opened if looked.supervisor is not None else set()
    for host in looked.hosts:
        if host.name in opened:
            # projectors also stop at a record, reactors are woken elsewhere: both wait for less than they read
            positions = getattr(host, "positions", None) or host.waiting_on()
            for place, position in positions.items():
                yield _consumer(host), place, position


def _consumer(host: Host) -> str:
    """``servicing.decider`` for each of its partitions."""
    return ".".join(host.name.split(".")[:2])


def _lag_events(looked: Looked) -> Iterable[Sample]:
    for consumer, place, position in _positions(looked):
        yield (consumer, place.topic, str(place.partition)), looked.ends.events(place, position)


def _lag_seconds(looked: Looked) -> Iterable[Sample]:
    now = time.monotonic()
    for consumer, place, position in _positions(looked):
        yield (consumer, place.topic, str(place.partition)), looked.ends.seconds(place, position, now)


def _of_deciders(value: Callable[[OwnedDecider], float | None]) -> Callable[[Looked], Iterable[Sample]]:
    """One value a partition, left out where there is none."""

    def samples(looked: Looked) -> Iterable[Sample]:
        for host in looked.hosts:
            if isinstance(host, OwnedDecider) and (found := value(host)) is not None:
                yield (host.host.service.name, str(host.host.partition)), found

    return samples


def _owned(looked: Looked) -> Iterable[tuple[OwnedDecider, Fold]]:
    """Deciders whose partition is theirs now, rebuilt: one that gave it up keeps what it knew."""
    opened = looked.supervisor.opened if looked.supervisor is not None else set()
    for host in looked.hosts:
        if isinstance(host, OwnedDecider) and host.name in opened and host.waiting_on() and host.host.fold is not None:
            yield host, host.host.fold


def _of_folds(value: Callable[[Fold], float | None]) -> Callable[[Looked], Iterable[Sample]]:
    """One value a partition that is owned here, left out where there is none."""

    def samples(looked: Looked) -> Iterable[Sample]:
        for host, fold in _owned(looked):
            if (found := value(fold)) is not None:
                yield (host.host.service.name, str(host.host.partition)), found

    return samples


def _day(fold: Fold) -> float | None:
    day = fold.day.business_date
    return None if day is None else float(timegm(day.timetuple()))


def _day_open(fold: Fold) -> float | None:
    return None if fold.day.business_date is None else float(fold.day.open)


def _snapshots(looked: Looked) -> Iterable[Sample]:
    for host in looked.hosts:
        if isinstance(host, OwnedDecider):
            for result in ("failed", "written"):
                yield (host.host.service.name, str(host.host.partition), result), host.host.measures.snapshots[result]


def _dead_letters(looked: Looked) -> Iterable[Sample]:
    """Of all partitions of a service together."""
    counts: dict[tuple[str, ...], float] = {}
    for host in looked.hosts:
        if isinstance(host, OwnedDecider):
            found: Mapping[str, int] = dict.fromkeys(_UNDECIDABLE, 0) | host.host.measures.dead_letters
        elif isinstance(host, Counting):
            told = {reason: count for reason, count in host.counts.items() if reason not in _PARTS}
            found = dict.fromkeys(_UNHANDLED, 0) | told
        else:
            continue
        for reason, count in found.items():
            labels = (_consumer(host), reason)
            counts[labels] = counts.get(labels, 0) + count
    return sorted(counts.items())


def _dead_letters_open(looked: Looked) -> Iterable[Sample]:
    """Those of deciders as they fold them, those of the others as the store counts them, of the partitions owned here."""
    for host, fold in _owned(looked):
        waiting = sum(len(ids) for sources in fold.parked.values() for ids in sources.values())
        yield (_consumer(host), host.host.commands.topic, str(host.host.partition)), waiting
    for consumer, place, _ in _positions(looked):
        if consumer in looked.dead_letters:
            yield (consumer, place.topic, str(place.partition)), looked.dead_letters[consumer].get(place, 0)


def _reactions(looked: Looked) -> Iterable[Sample]:
    for host in looked.hosts:
        if isinstance(host, Counting):
            for what in sorted(_PARTS):
                yield (host.name, what), host.counts[what]


def _effects(looked: Looked) -> Iterable[Sample]:
    for service, counts in sorted(looked.effects.items()):
        for status, count in sorted(counts.items()):
            yield (service, status), count


def _overdue(looked: Looked) -> Iterable[Sample]:
    for service, seconds in sorted(looked.overdue.items()):
        yield (service,), seconds


def _of_audits(value: Callable[[Audit], float]) -> Callable[[Looked], Iterable[Sample]]:
    """One value a service whose streams were ever verified."""

    def samples(looked: Looked) -> Iterable[Sample]:
        for service, audit in sorted(looked.audits.items()):
            yield (service,), value(audit)

    return samples


def _ages(looked: Looked) -> Iterable[Sample]:
    now = time.monotonic()
    for where, at in sorted(looked.at.items()):
        yield (where,), now - at


def _restarts(looked: Looked) -> Iterable[Sample]:
    for host in looked.hosts if looked.supervisor is not None else ():
        assert looked.supervisor is not None
        yield (host.name,), looked.supervisor.restarted[host.name] + getattr(host, "restarts", 0)


def _of_hosts(value: Callable[[Supervisor, str], float]) -> Callable[[Looked], Iterable[Sample]]:
    """One value a host."""

    def samples(looked: Looked) -> Iterable[Sample]:
        for host in looked.hosts if looked.supervisor is not None else ():
            assert looked.supervisor is not None
            yield (host.name,), value(looked.supervisor, host.name)

    return samples


_PLACE = ("consumer", "topic", "partition")
_PARTITION = ("service", "partition")

SHOWN: tuple[Family, ...] = (
    Family(
        "loanstream_lag_events",
        "Records that wait for a consumer (decider, router, reactor, projector), by topic partition that it owns.",
        _PLACE,
        _lag_events,
    ),
    Family(
        "loanstream_lag_seconds",
        "For how long a consumer's oldest waiting record has waited, to about two seconds; at most since the process started.",
        _PLACE,
        _lag_seconds,
    ),
    Family(
        "loanstream_decider_rebuild_running",
        "1 while a decider reads its own log to get its state back, by service and partition; its commands wait.",
        _PARTITION,
        _of_deciders(lambda host: float(host.rebuild.running)),
    ),
    Family(
        "loanstream_decider_rebuild_records",
        "Records of its own events and outcomes that the present or last rebuild has to read.",
        _PARTITION,
        _of_deciders(lambda host: host.rebuild.total),
    ),
    Family(
        "loanstream_decider_rebuild_records_done",
        "How many of its records the present or last rebuild has read.",
        _PARTITION,
        _of_deciders(lambda host: host.rebuild.done),
    ),
    Family(
        "loanstream_decider_rebuild_seconds",
        "How long the present or last rebuild has taken.",
        _PARTITION,
        _of_deciders(lambda host: host.rebuild.seconds),
    ),
    Family(
        "loanstream_decider_rebuild_records_per_second",
        "Rate of the present or last rebuild.",
        _PARTITION,
        _of_deciders(lambda host: host.rebuild.rate),
    ),
    Family(
        "loanstream_decider_aggregates",
        "Aggregates that a decider keeps in memory, by service and partition.",
        _PARTITION,
        _of_deciders(lambda host: len(host.host.fold.aggregates) if host.host.fold is not None else None),
    ),
    Family(
        "loanstream_aggregates_held",
        "Aggregates on hold: they failed in a business day and wait until somebody releases them.",
        _PARTITION,
        _of_folds(lambda fold: len(fold.held)),
    ),
    Family(
        "loanstream_business_day_timestamp_seconds",
        "The newest business day of a partition, as the Unix time of its midnight in UTC.",
        _PARTITION,
        _of_folds(_day),
    ),
    Family(
        "loanstream_business_day_open",
        "1 while that day is open, 0 once the partition has closed it.",
        _PARTITION,
        _of_folds(_day_open),
    ),
    Family(
        "loanstream_decider_snapshots_total",
        "Snapshots of a partition since the start, by result: `written` or `failed`.",
        (*_PARTITION, "result"),
        _snapshots,
    ),
    Family(
        "loanstream_host_open",
        "1 while a host works, 0 while it starts, starts anew after an error, or has stopped.",
        ("host",),
        _of_hosts(lambda supervisor, host: float(host in supervisor.opened)),
    ),
    Family(
        "loanstream_host_stopped",
        "1 for a host that stopped because its log cannot be trusted: somebody must mend that, `/health/ready` says what.",
        ("host",),
        _of_hosts(lambda supervisor, host: float(host in supervisor.stopped)),
    ),
    Family(
        "loanstream_host_dead",
        "1 for a host that ended although nobody stopped it: only a new process brings it back, `/health/live` says so.",
        ("host",),
        _of_hosts(lambda supervisor, host: float(host in supervisor.dead)),
    ),
    Family(
        "loanstream_host_restarts_total",
        "How often a host was started anew after an error.",
        ("host",),
        _restarts,
    ),
    Family(
        "loanstream_host_fenced_total",
        "How often a host was started anew because another owner had taken its partition over.",
        ("host",),
        _of_hosts(lambda supervisor, host: supervisor.fenced[host]),
    ),
    Family(
        "loanstream_reactions_total",
        "Events read by a router or reactor, by what they were: `reacted`, `other` (nobody reacts) or `unknown` types.",
        ("consumer", "result"),
        _reactions,
    ),
    Family(
        "loanstream_dead_letters_total",
        "Commands and events that became dead letters since the start, by reason; `parked` ones wait behind another.",
        ("consumer", "reason"),
        _dead_letters,
    ),
    Family(
        "loanstream_dead_letters_open",
        "Dead letters that wait for a replay, by the topic partition of their records, which the consumer owns.",
        _PLACE,
        _dead_letters_open,
    ),
    Family(
        "loanstream_effects",
        "Mails, webhooks and payouts in the table of effects, by status; counted every 15 seconds where the sender runs.",
        ("service", "status"),
        _effects,
    ),
    Family(
        "loanstream_effects_overdue_seconds",
        "For how long the effect that is due longest has waited for a sender; 0 when none waits.",
        ("service",),
        _overdue,
    ),
    Family(
        "loanstream_audit_findings",
        "What the last `loanstream audit verify` of a service's streams found; 0 when they are intact. Every process shows it.",
        ("service",),
        _of_audits(lambda audit: audit.findings),
    ),
    Family(
        "loanstream_audit_ended_timestamp_seconds",
        "When that verification came to its end, as Unix time; nothing for a service that was never verified.",
        ("service",),
        _of_audits(lambda audit: audit.ended_at.timestamp()),
    ),
    Family(
        "loanstream_metrics_age_seconds",
        "How long ago the `log` (lag) and the `store` (effects, open dead letters) answered: what is shown of them is that old.",
        ("where",),
        _ages,
    ),
)
"""Every family whose values come from the hosts."""
