"""Whether anything is under way: told from hosts, effects and the ends of the log, whatever happens meanwhile."""

from collections.abc import Collection, Mapping
from datetime import timedelta

from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from loanstream.eventlog.memory import MemoryLog
from loanstream.runtime.decider.host import DeciderHost
from loanstream.runtime.definitions import EffectStatus
from loanstream.runtime.http import errors
from loanstream.runtime.http.idle import idle_routes
from loanstream.runtime.http.security import Authenticator
from loanstream.runtime.idleness import under_way
from loanstream.runtime.kit import Principal
from loanstream.runtime.memory_store import MemoryStore
from tests.runtime.stores_contract import NOW, effect
from tests.support.counting import A_DAY, CONTEXT, SteppedClock, count, counting_log, counting_service, start_day


class System:
    """One decider host on the memory log."""

    def __init__(self, log: MemoryLog) -> None:
        self.log = log
        self.clock = SteppedClock(NOW)
        self.store = MemoryStore()
        self.host = DeciderHost(counting_service(), 0, log, self.clock, self.store)

    async def waiting(self, *of: str) -> Mapping[str, int]:
        """What is under way."""
        return await under_way(self.log, self.store, self.clock, lambda: [self.host], [CONTEXT], of)


async def a_system() -> System:
    """A system whose first day is open."""
    system = System(await counting_log())
    await system.log.send([start_day(A_DAY)])
    while await system.host.step():
        pass
    return system


async def test_a_system_is_idle_when_every_command_is_decided() -> None:
    system = await a_system()
    assert await system.waiting() == {}
    await system.log.send([count("a"), count("b")])
    assert await system.waiting() == {system.host.name: 2}
    await system.host.step()
    assert await system.waiting() == {}


async def test_an_effect_that_is_due_is_under_way_and_one_that_waits_long_is_not() -> None:
    system = await a_system()
    await system.store.restore_effects([effect(1, service=CONTEXT)])
    assert await system.waiting() == {f"{CONTEXT}.effects": 1}
    [row] = await system.store.claim_effects(CONTEXT, NOW, NOW + timedelta(minutes=5), 1)
    assert await system.waiting() == {f"{CONTEXT}.effects": 1}
    await system.store.finish_effect(row, EffectStatus.RETRY, NOW + timedelta(hours=1), {})
    assert await system.waiting() == {}


async def test_one_service_may_be_asked_about_while_another_is_busy() -> None:
    system = await a_system()
    await system.log.send([count("a")])
    assert await system.waiting("other") == {}
    assert await system.waiting("other", CONTEXT) == {system.host.name: 1}


async def test_what_is_appended_while_we_look_is_under_way() -> None:
    system = await a_system()

    class Busy(MemoryStore):
        """Somebody sends a command between the two looks at the ends."""

        async def effects_under_way(self, service: str, soon: object) -> int:
            await system.log.send([count("late")])
            return 0

    system.store = Busy()
    assert sum((await system.waiting()).values()) == 1


class Anybody(Authenticator):
    """Everybody may."""

    def __init__(self) -> None:
        """No keys."""

    async def principal(self, _request: object) -> Principal:
        return Principal(subject="user:t", roles=frozenset(), permissions=frozenset({"platform:read-lag"}))


async def _ask(answers: list[dict[str, int]], query: str) -> dict[str, object]:
    async def waiting(of: Collection[str]) -> Mapping[str, int]:
        left = answers.pop(0) if len(answers) > 1 else answers[0]
        return {name: count for name, count in left.items() if not of or name in of}

    app = FastAPI()
    errors.install(app)
    app.include_router(idle_routes(Anybody(), waiting, ("a", "b", "c")), prefix="/api/platform")
    async with AsyncClient(transport=ASGITransport(app), base_url="http://x") as client:
        answer = await client.get(f"/api/platform/idle{query}")
    body: dict[str, object] = answer.json()
    return body


async def test_the_route_waits_as_long_as_it_is_asked_to() -> None:
    assert await _ask([{"a": 1}, {"a": 1}, {}], "?wait=5") == {"idle": True, "waiting": {}}
    assert await _ask([{"a": 1}], "?wait=0.05") == {"idle": False, "waiting": {"a": 1}}
    assert await _ask([{"a": 1}], "?service=b&service=c") == {"idle": True, "waiting": {}}
    assert await _ask([{"a": 1}, {}], "") == {"idle": False, "waiting": {"a": 1}}


async def test_a_service_that_this_process_does_not_run_is_never_called_idle() -> None:
    answer = await _ask([{}], "?service=a&service=bogus")
    assert answer["errors"] == [
        {"field": "service", "message": "'bogus' is no service of this process; there are a, b, c"}
    ]


async def test_a_wait_of_more_than_a_minute_is_refused() -> None:
    assert "code" in await _ask([{}], "?wait=600")
