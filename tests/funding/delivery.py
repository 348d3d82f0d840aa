"""All aggregates of funding joined by its reactions, with a delivery of commands that is worse than the platform's.

Commands wait in a heap and are delivered in any order, as often as one likes. Only what the platform promises is kept: a
command's id is decided once. It does not even keep the order of one source's commands to one target.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from loanstream.runtime.definitions import Send
from schemas import ids, registry
from schemas.decision import Actor, Context, Refusal
from schemas.envelope import EventMeta
from schemas.money import minor
from services.funding.service import service
from tests.funding.graph import EMITS
from tests.support.deciding import A_DAY, A_TIME

_SERVICE = service()
_DECIDERS = {decider.aggregate: decider for decider in _SERVICE.deciders}


@dataclass(frozen=True, slots=True)
class Waiting:
    """A command under way."""

    id: str
    target: str
    command: Any


@dataclass(slots=True)
class Delivery:
    """Funding's world: states, books, and commands under way."""

    day: date = A_DAY
    states: dict[str, Any] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    events: list[Any] = field(default_factory=list)
    books: Counter[str] = field(default_factory=Counter)
    """Minor units by account, from postings alone; all in one currency."""
    waiting: list[Waiting] = field(default_factory=list)
    decided: set[str] = field(default_factory=set)
    refused: list[Refusal] = field(default_factory=list)
    sent: int = 0

    def ask(self, target: str, command: Any) -> None:
        """A request of a person, decided at once."""
        self.sent += 1
        self._decide(Waiting(ids.derived("request", self.sent), target, command))

    def hear(self, event: Any) -> None:
        """A fact of another context."""
        self.sent += 1
        self._react(event, ids.derived("foreign", self.sent))

    def deliver(self, index: int, *, keep: bool = False) -> None:
        """Deliver one of the waiting commands; ``keep`` lets it come again."""
        index %= len(self.waiting)
        waiting = self.waiting[index] if keep else self.waiting.pop(index)
        self._decide(waiting)

    def deliver_all(self, *, newest_first: bool = False) -> None:
        """Deliver until nothing is under way."""
        while self.waiting:
            self.deliver(-1 if newest_first else 0)

    def next_day(self, day: date) -> None:
        """Run a business day for every aggregate with something due."""
        self.day = day
        for target, state in list(self.states.items()):
            decider = _DECIDERS[self.kinds[target]]
            due = decider.due(state)
            if due is not None and due <= day:
                self._apply(target, decider.business_day(state, self._context(target)))
                due = decider.due(self.states[target])
                assert due is None or due > day, f"{target} is still due on {due}"

    def of(self, *classes: type[Any]) -> list[Any]:
        """Events of these classes so far."""
        return [event for event in self.events if isinstance(event, classes)]

    def _decide(self, waiting: Waiting) -> None:
        if waiting.id in self.decided:
            return
        self.decided.add(waiting.id)
        kind = registry.by_class(type(waiting.command)).aggregate
        assert self.kinds.setdefault(waiting.target, kind) == kind, "an id of two kinds"
        decision = _DECIDERS[kind].decide(
            self.states.get(waiting.target), waiting.command, self._context(waiting.target)
        )
        if isinstance(decision, Refusal):
            self.refused.append(decision)
        else:
            assert {type(event) for event in decision} <= set(EMITS[type(waiting.command)])
            self._apply(waiting.target, decision)

    def _apply(self, target: str, events: Sequence[Any]) -> None:
        decider = _DECIDERS[self.kinds[target]]
        for event in events:
            self.states[target] = decider.evolve(self.states.get(target), event)
            self._post(event)
            self.events.append(event)
            self._react(event, ids.derived("event", len(self.events)))

    def _post(self, event: Any) -> None:
        postings = getattr(event, "postings", ())
        assert sum(minor(posting.amount) for posting in postings) == 0, event
        for posting in postings:
            self.books[posting.account] += minor(posting.amount)

    def _react(self, event: Any, event_id: str) -> None:
        meta = EventMeta(event_id, "", "", "", 0, 0, 0, A_TIME, self.day, "", "", "")
        for reaction in _SERVICE.reactions:
            if reaction.on is type(event):
                for n, send in enumerate(reaction.react(event, meta)):
                    assert isinstance(send, Send)
                    command_id = ids.reaction_command_id(event_id, reaction.name, send.target, n)
                    self.waiting.append(Waiting(command_id, send.target, send.command))

    def _context(self, target: str) -> Context:
        return Context(target, self.day, A_TIME, Actor("test"))
