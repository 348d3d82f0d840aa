"""What a decider host tells about its commits, rebuilds, dead letters and snapshots."""

import pytest

from loanstream.eventlog.memory import MemoryLog
from loanstream.eventlog.port import OutcomeUnknown
from loanstream.runtime.decider.host import DeciderHost, DeciderSettings
from loanstream.runtime.measuring import DeciderMeasures, labels_of
from loanstream.runtime.memory_store import MemoryStore
from tests.support.counting import A_DAY, SteppedClock, count, counting_log, counting_service, start_day


def a_host(log: MemoryLog, measures: DeciderMeasures, read_ahead: int = 5_000) -> DeciderHost:
    """A host of counters."""
    settings = DeciderSettings(read_ahead=read_ahead)
    return DeciderHost(counting_service(), 0, log, SteppedClock(), MemoryStore(), settings, measures)


async def test_each_commit_is_told_with_the_commands_of_its_batch() -> None:
    batches: list[tuple[int, float]] = []
    log = await counting_log()
    host = a_host(log, DeciderMeasures(committed=lambda commands, seconds: batches.append((commands, seconds))))
    await log.send([start_day(A_DAY), count("a"), count("b")])
    assert await host.step()
    await log.send([count("c")])
    assert await host.step()
    assert not await host.step()
    assert [commands for commands, _ in batches] == [3, 1]
    assert all(seconds >= 0 for _, seconds in batches)


async def test_a_rebuild_tells_how_far_it_is_and_how_much_there_is() -> None:
    log = await counting_log()
    await log.send([start_day(A_DAY), *(count(f"c-{n}") for n in range(10))])
    await a_host(log, DeciderMeasures()).step()
    seen = []
    measures = DeciderMeasures()
    host = a_host(log, measures, read_ahead=4)
    read = log.read

    async def watched(*arguments: object) -> object:
        seen.append((measures.rebuild.running, measures.rebuild.done))
        return await read(*arguments)  # type: ignore[arg-type]

    log.read = watched  # type: ignore[method-assign,assignment]
    await host.open()
    # 13 events (identity, day started and closed, ten counts), then 12 outcomes
    assert seen[:7] == [(True, done) for done in (0, 4, 8, 12, 13, 17, 21)]
    rebuild = measures.rebuild
    assert (rebuild.running, rebuild.done, rebuild.total, str(rebuild)) == (False, 25, 25, "")
    assert rebuild.rate == pytest.approx(25 / rebuild.seconds)


async def test_dead_letters_count_by_reason_and_only_once_when_a_commit_has_to_be_made_again() -> None:
    log = await counting_log()
    measures = DeciderMeasures()
    host = a_host(log, measures)
    await log.send([start_day(A_DAY), count("a", fail=True)])
    commit, failures = host.commit, [OutcomeUnknown("hung up")]

    async def once_broken(*arguments: object) -> object:
        if failures:
            raise failures.pop()
        return await commit(*arguments)  # type: ignore[arg-type]

    host.commit = once_broken  # type: ignore[method-assign,assignment]
    with pytest.raises(OutcomeUnknown):
        await host.step()
    assert await host.step()
    await log.send([count("b")])
    assert await host.step()
    assert measures.dead_letters == {"poison": 1}


async def test_snapshots_count_by_what_became_of_them() -> None:
    log = await counting_log()
    measures = DeciderMeasures()
    host = a_host(log, measures)
    await log.send([start_day(A_DAY), count("a")])
    await host.step()
    await host.snapshot()
    host.store = object()  # type: ignore[assignment]
    await host.snapshot()
    assert measures.snapshots == {"written": 1, "failed": 1}


@pytest.mark.parametrize(
    ("host", "labels"),
    [
        ("servicing.decider.3", {"service": "servicing", "role": "decider", "partition": "3"}),
        ("risk.reactor", {"service": "risk", "role": "reactor"}),
        ("scheduler", {"role": "scheduler"}),
    ],
)
def test_a_hosts_name_tells_its_labels(host: str, labels: dict[str, str]) -> None:
    assert labels_of(host) == labels
