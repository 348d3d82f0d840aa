"""How every aggregate of this context decides and folds: one table from message class to function."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from schemas.decision import Context, Refusal

Decision = Sequence[Any] | Refusal
"""Events, nothing to do (empty), or a refusal."""

Decide = Callable[[Any, Any, Context], Decision]
Evolve = Callable[[Any, Any], Any]


def decided_by(aggregate: str, opening: Mapping[type[Any], Decide], running: Mapping[type[Any], Decide]) -> Decide:
    """A ``decide`` over tables: ``opening`` commands may meet no aggregate, ``running`` ones are then refused.

    The refusal's code is ``unknown-<aggregate>``.
    """

    def decide(state: Any, command: Any, context: Context) -> Decision:
        handler = opening.get(type(command))
        if handler is None:
            if state is None:
                return unknown(aggregate, context)
            handler = running[type(command)]
        return handler(state, command, context)

    return decide


def folded_by(handlers: Mapping[type[Any], Evolve]) -> Evolve:
    """An ``evolve`` over a table from event class to function."""

    def evolve(state: Any, event: Any) -> Any:
        return handlers[type(event)](state, event)

    return evolve


def unknown(aggregate: str, context: Context) -> Refusal:
    """The refusal of a command for an aggregate that does not exist."""
    return Refusal(
        f"unknown-{aggregate}",
        f"There is no {aggregate} {context.aggregate_id}; check the id, or wait until it was made.",
    )
