"""Registry of the public contract: which dataclass is which event or command type, in which context.

An event class is registered by ``@event("servicing")``, a command class by ``@command("servicing", "loan")``. The public
type string is ``loanstream.<context>.<ClassName>.v<major>``, never a class path, so that code can move.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import ConfigDict

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class MessageType:
    """One registered event or command type."""

    kind: str
    """``event`` or ``command``."""
    context: str
    name: str
    version: int
    aggregate: str
    """Which aggregate of the context decides (commands) or emits (events) it."""
    cls: type[Any]

    @property
    def ce_type(self) -> str:
        """The public type string."""
        return f"loanstream.{self.context}.{self.name}.v{self.version}"


class UnknownType(LookupError):
    """A type string or class that the registry does not hold."""


_BY_TYPE: dict[str, MessageType] = {}
_BY_CLASS: dict[type[Any], MessageType] = {}


def event(context: str, aggregate: str, *, version: int = 1) -> Callable[[type[T]], type[T]]:
    """Class decorator: register a public event of ``context`` that ``aggregate`` emits."""
    return _registrar("event", context, aggregate, version)


def command(context: str, aggregate: str, *, version: int = 1) -> Callable[[type[T]], type[T]]:
    """Class decorator: register a command of ``context`` that ``aggregate`` decides."""
    return _registrar("command", context, aggregate, version)


def by_type(ce_type: str) -> MessageType:
    """The message type of a public type string. Raises :class:`UnknownType`."""
    try:
        return _BY_TYPE[ce_type]
    except KeyError:
        raise UnknownType(f"type {ce_type!r} is not in the contract of this release") from None


def by_class(cls: type[Any]) -> MessageType:
    """The message type of a registered class. Raises :class:`UnknownType`."""
    try:
        return _BY_CLASS[cls]
    except KeyError:
        raise UnknownType(f"class {cls.__name__} is not registered; decorate it with @event or @command") from None


def all_types(kind: str | None = None, context: str | None = None) -> tuple[MessageType, ...]:
    """All registered types, filtered, sorted by type string."""
    found = (t for t in _BY_TYPE.values() if kind in (None, t.kind) and context in (None, t.context))
    return tuple(sorted(found, key=lambda t: t.ce_type))


def register(kind: str, context: str, aggregate: str, version: int, cls: type[Any]) -> MessageType:
    """Register ``cls``; raises ``ValueError`` when the type string is taken by another class."""
    message = MessageType(kind, context, cls.__name__, version, aggregate, cls)
    taken = _BY_TYPE.setdefault(message.ce_type, message)
    if taken.cls is not cls:
        raise ValueError(f"type {message.ce_type} is already registered for {taken.cls!r}")
    _BY_CLASS[cls] = message
    cls.__pydantic_config__ = ConfigDict(extra="forbid")
    return message


def _registrar(kind: str, context: str, aggregate: str, version: int) -> Callable[[type[T]], type[T]]:
    def decorate(cls: type[T]) -> type[T]:
        register(kind, context, aggregate, version, cls)
        return cls

    return decorate
