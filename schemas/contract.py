"""Public events of every context: this module imports them all, so that a lookup here misses none."""

from types import ModuleType

from schemas import platform, registry, upcasting
from schemas.funding import events as funding
from schemas.notify import events as notify
from schemas.origination import events as origination
from schemas.registry import MessageType
from schemas.risk import events as risk
from schemas.servicing import events as servicing

MODULES: tuple[ModuleType, ...] = (origination, servicing, funding, risk, notify, platform)
"""Where public events are defined."""


def event_types() -> tuple[MessageType, ...]:
    """All public event types, sorted by type string."""
    return registry.all_types("event")


def event_class(ce_type: str) -> type:
    """The class of a public event type. Raises :class:`~schemas.registry.UnknownType`."""
    message = upcasting.message_type(ce_type)
    if message.kind != "event":
        raise registry.UnknownType(f"{ce_type!r} is a {message.kind}, not an event")
    return message.cls
