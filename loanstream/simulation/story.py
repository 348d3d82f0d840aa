"""The course of a history: phases on business days that lie days or months apart, each with what must have come of it.

What clients do and which host steps when is random throughout. What every history must contain comes by insisting: where a
phase ends without it, somebody tries again, under the same faults, until it is there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from random import Random

from loanstream.simulation.clients import Clients
from loanstream.simulation.days import FIRST_DAY, morning
from loanstream.simulation.faults import NO_FAULTS
from loanstream.simulation.world import World
from schemas.servicing.events import LoanBooked, PaymentReceived, PaymentReversed
from schemas.topics import CONTEXTS

_COURSES: tuple[tuple[date, ...], ...] = (
    (date(2026, 1, 6), date(2026, 1, 9)),
    (date(2026, 1, 6), date(2026, 2, 9)),
    (date(2026, 1, 9), date(2026, 2, 5), date(2026, 3, 9)),
    (date(2026, 2, 5), date(2026, 2, 20), date(2026, 3, 20)),
    (date(2026, 2, 9), date(2026, 5, 9), date(2026, 5, 20)),
)
"""The days of the phases after the first: loans of the first day fall due on 5 February, are overdue on the 9th and may be
written off from 7 May on."""

_FEWEST_TICKS, _MOST_TICKS = 60, 140
"""Of a phase, before anything is insisted on."""
_LOOK_EVERY = 25
"""Ticks between two looks at whether a goal is reached."""
_MOST_LOOKS = 1_000
_TRIES = 40
"""So often somebody tries again; then the history goes on without, and is found to lack it."""


@dataclass(frozen=True, slots=True)
class Goal:
    """Something that must have happened before the history goes on."""

    reached: Callable[[Clients], bool]
    insist: Callable[[Clients], None]


def _nothing(_clients: Clients) -> None:
    """Time alone brings it."""


_LOAN = Goal(lambda c: c.seen[LoanBooked] > 0, Clients.insist_on_a_loan)
_TRANSFER = Goal(lambda c: c.captured, Clients.insist_on_a_transfer)
_PAYMENT = Goal(lambda c: c.seen[PaymentReceived] > 0, Clients.insist_on_a_payment)
_REVERSAL = Goal(lambda c: c.seen[PaymentReversed] > 0, Clients.insist_on_a_reversal)


class Story:
    """One history on its way."""

    def __init__(self, world: World, clients: Clients, random: Random) -> None:
        self.world = world
        self.clients = clients
        self.random = random
        self.days = random.choice(_COURSES)
        self.scheduled = random.random() < 0.5
        """Whether the scheduler opens the days, or an officer by command."""

    async def begin(self) -> None:
        """The first business day, without faults: before it there is nothing to be decided."""
        if self.scheduled:
            self.world.schedule_days()
        await self._open(FIRST_DAY)
        await self.world.rest()
        self.world.break_things()

    async def go_on(self) -> None:
        """All phases, under faults."""
        await self._phase(_LOAN, _TRANSFER)
        for day in self.days[:-1]:
            await self._open(day)
            await self._phase(_closed_everywhere(day))
        await self._open(self.days[-1])
        await self._phase(_closed_everywhere(self.days[-1]), _PAYMENT, _REVERSAL)

    async def end(self) -> tuple[str, ...]:
        """Without faults, until nobody has anything left to do; answers the hosts that never came to rest."""
        self.world.kit.calm()
        busy = await self.world.rest()
        while not busy and await self.clients.act():
            while await self.clients.act():
                pass
            busy = await self.world.rest()
        return busy

    async def _open(self, day: date) -> None:
        if self.scheduled:
            self.world.clock.advance_to(morning(day))
        else:
            await self.clients.start_day(day)

    async def _phase(self, *goals: Goal) -> None:
        await self._ticks(self.random.randint(_FEWEST_TICKS, _MOST_TICKS))
        for goal in goals:
            await self._until(goal)

    async def _until(self, goal: Goal) -> None:
        """Go on until the goal is reached. Somebody tries again only when nothing is under way that may still bring it."""
        tries = 0
        for _ in range(_MOST_LOOKS):
            await self.clients.look()
            if goal.reached(self.clients):
                return
            if not self.clients.intents and await self.world.quiet():
                if tries == _TRIES:
                    return
                tries += 1
                goal.insist(self.clients)
            # What waits for its time, such as the retry of an effect, must not be waited for in tenths of a second.
            self.world.clock.advance(20)
            await self._ticks(_LOOK_EVERY)

    async def _ticks(self, count: int) -> None:
        """Clients act while hosts step."""
        for _ in range(count):
            chance = self.random.random()
            if chance < 0.25:
                await self.clients.act()
            elif chance < 0.255 and self.world.rates is not NO_FAULTS:
                await self.clients.poison()
            await self.world.tick()


def _closed_everywhere(day: date) -> Goal:
    """All partitions of all contexts closed the day."""

    def reached(clients: Clients) -> bool:
        return all(clients.closed[context, day] >= clients.partitions for context in CONTEXTS)

    return Goal(reached, _nothing)
