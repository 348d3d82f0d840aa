"""Servicing in one place: commands are decided, events folded, reactions followed and rows projected, one after the other."""

from collections import defaultdict, deque
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from loanstream.runtime.definitions import Decider, Row, Send
from loanstream.runtime.roles import roles
from schemas import codec, registry
from schemas.decision import Actor, Context, Refusal
from schemas.envelope import EventMeta
from services.servicing.domain.loan.state import Loan
from services.servicing.domain.receipt.state import Receipt
from services.servicing.projections import PROJECTION
from services.servicing.reactions import REACTIONS
from tests.servicing.examples import LOAN, RECEIPT

TIME = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
ACTOR = Actor("user:officer", frozenset(roles().permissions))
_DECIDERS: dict[str, Decider] = {"loan": LOAN, "receipt": RECEIPT}

Key = tuple[tuple[str, Any], ...]


class Ledger:
    """All loans and receipts of a test, with their events in order and their read models."""

    def __init__(self, today: date) -> None:
        self.today = today
        self.states: dict[tuple[str, str], Any] = {}
        self.events: list[tuple[str, str, Any]] = []
        """(aggregate, id, event) in the order in which they were decided."""
        self.tables: dict[str, dict[Key, dict[str, Any]]] = defaultdict(dict)
        self.refusals: list[Refusal] = []

    def send(self, target: str, command: Any) -> list[Any]:
        """Decide a command and everything that follows from it; returns the command's own events."""
        first: list[Any] | None = None
        queue = deque([Send(target, command)])
        while queue:
            sent = queue.popleft()
            decided = self._decide(sent.target, sent.command)
            first = decided if first is None else first
            for event in decided:
                queue.extend(self._react(sent.target, event))
        return first or []

    def days(self, count: int) -> None:
        """The next ``count`` business days; only loans with something due are touched."""
        for _ in range(count):
            self.today += timedelta(days=1)
            for aggregate, identifier in sorted(self.states):
                decider = _DECIDERS[aggregate]
                state = self.states[aggregate, identifier]
                due = decider.due(state)
                if due is not None and due <= self.today:
                    context = Context(identifier, self.today, TIME, Actor("system"))
                    self._take(aggregate, identifier, decider.business_day(state, context))
                    following = decider.due(self.states[aggregate, identifier])
                    assert following is None or following > self.today

    def loans(self) -> list[Loan]:
        """Every loan as it stands."""
        return [state for (aggregate, _), state in self.states.items() if aggregate == "loan"]

    def receipts(self) -> list[Receipt]:
        """Every receipt as it stands."""
        return [state for (aggregate, _), state in self.states.items() if aggregate == "receipt"]

    def refolded(self) -> dict[tuple[str, str], Any]:
        """The states again, from the events as their topic holds them."""
        states: dict[tuple[str, str], Any] = {}
        for aggregate, identifier, event in self.events:
            stored = codec.decode(type(event), codec.encode(event))
            state = _DECIDERS[aggregate].evolve(states.get((aggregate, identifier)), stored)
            if state is not None:
                states[aggregate, identifier] = state
        return states

    def _decide(self, target: str, command: Any) -> list[Any]:
        aggregate = registry.by_class(type(command)).aggregate
        context = Context(target, self.today, TIME, ACTOR)
        decision = _DECIDERS[aggregate].decide(self.states.get((aggregate, target)), command, context)
        if isinstance(decision, Refusal):
            self.refusals.append(decision)
            return []
        self._take(aggregate, target, decision)
        return list(decision)

    def _take(self, aggregate: str, identifier: str, events: Sequence[Any]) -> None:
        for event in events:
            self.events.append((aggregate, identifier, event))
            state = _DECIDERS[aggregate].evolve(self.states.get((aggregate, identifier)), event)
            if state is not None:
                self.states[aggregate, identifier] = state
            handler = PROJECTION.handlers.get(type(event))
            for row in handler(event, self._meta(identifier, event)) if handler else ():
                self._store(row)

    def _react(self, identifier: str, event: Any) -> list[Send]:
        meta = self._meta(identifier, event)
        return [
            sent
            for reaction in REACTIONS
            if reaction.on is type(event)
            for sent in reaction.react(event, meta)
            if isinstance(sent, Send)
        ]

    def _store(self, row: Row) -> None:
        stored = self.tables[row.table].setdefault(tuple(row.key.items()), {**row.key})
        stored.update(row.values)
        for column, by in row.increments.items():
            stored[column] = stored.get(column, 0) + by

    def _meta(self, identifier: str, event: Any) -> EventMeta:
        return EventMeta(
            id="",
            type=registry.by_class(type(event)).ce_type,
            context="servicing",
            subject=identifier,
            sequence=len(self.events),
            partition=0,
            partitionseq=len(self.events),
            time=TIME,
            business_date=self.today,
            correlation="",
            causation="",
            actor=ACTOR.subject,
        )
