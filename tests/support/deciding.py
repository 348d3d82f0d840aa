"""given(events).when(command).then(events | refusal) on the pure domain."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from loanstream.runtime.definitions import Decider, Decision
from schemas.decision import Actor, Context, Refusal

A_DAY = date(2026, 1, 5)
A_TIME = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
AN_ACTOR = Actor("user:tester")


@dataclass(frozen=True, slots=True)
class Given:
    """A decider with a history; ``state`` is the fold of it."""

    decider: Decider
    aggregate_id: str
    state: Any

    def when(
        self,
        command: Any,
        *,
        on: date = A_DAY,
        by: str = AN_ACTOR.subject,
        permissions: Sequence[str] = (),
        at: datetime = A_TIME,
    ) -> "Then":
        """Decide ``command`` on business day ``on`` as actor ``by``."""
        context = Context(self.aggregate_id, on, at, Actor(by, frozenset(permissions)))
        return Then(self, self.decider.decide(self.state, command, context))

    def on_day(self, day: date) -> "Then":
        """Run the business day for the aggregate."""
        context = Context(self.aggregate_id, day, A_TIME, Actor("system"))
        return Then(self, self.decider.business_day(self.state, context))

    def through(self, first: date, last: date) -> "Given":
        """Run every business day from ``first`` to ``last`` on which something is due, applying what it decides."""
        given = self
        for ordinal in range(first.toordinal(), last.toordinal() + 1):
            day = date.fromordinal(ordinal)
            due = given.decider.due(given.state)
            if due is not None and due <= day:
                given = given.on_day(day).applied()
        return given


@dataclass(frozen=True, slots=True)
class Then:
    """A decision, to be compared or applied."""

    given: Given
    decision: Decision

    def then(self, *expected: Any) -> "Given":
        """The decision is exactly these events, or this refusal (compared by code)."""
        if len(expected) == 1 and isinstance(expected[0], Refusal):
            assert isinstance(self.decision, Refusal), f"expected refusal {expected[0].code}, got {self.decision}"
            assert self.decision.code == expected[0].code, self.decision
            return self.given
        assert not isinstance(self.decision, Refusal), self.decision
        assert list(self.decision) == list(expected)
        return self.applied()

    def then_refused(self, code: str) -> "Given":
        """The decision is a refusal with this code."""
        assert isinstance(self.decision, Refusal), self.decision
        assert self.decision.code == code, self.decision
        return self.given

    def then_types(self, *expected: type[Any]) -> "Given":
        """The decision is events of exactly these types, in this order."""
        assert not isinstance(self.decision, Refusal), self.decision
        assert [type(event) for event in self.decision] == list(expected), self.decision
        return self.applied()

    def applied(self) -> "Given":
        """The same decider after the decided events."""
        assert not isinstance(self.decision, Refusal), self.decision
        state = self.given.state
        for event in self.decision:
            state = self.given.decider.evolve(state, event)
        return replace(self.given, state=state)


def given(decider: Decider, *events: Any, aggregate_id: str = "a-1") -> Given:
    """A decider whose aggregate has had these events."""
    state = None
    for event in events:
        state = decider.evolve(state, event)
    return Given(decider, aggregate_id, state)
