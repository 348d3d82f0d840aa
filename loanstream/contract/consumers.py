"""Who does something with which event: reactions and read models of our own services, read from what they declare."""

from collections.abc import Mapping
from functools import cache

from loanstream.runtime.definitions import Service
from loanstream.runtime.reacting import LEADING_CONTEXT
from loanstream.runtime.reaction_graph import reaction_graph
from schemas import registry
from schemas.platform import BUSINESS_DAY_STARTED
from services.registry import load


@cache
def consumers() -> Mapping[str, tuple[str, ...]]:
    """Names of the services by type string of the event."""
    found: dict[str, set[str]] = {}
    for service in load():
        for ce_type in _consumed(service):
            found.setdefault(ce_type, set()).add(service.name)
    return {ce_type: tuple(sorted(names)) for ce_type, names in found.items()}


@cache
def triggers() -> Mapping[str, tuple[str, ...]]:
    """Type strings of the commands that can lead to an event, by the event's."""
    found: dict[str, set[str]] = {}
    commands = {message.ce_type for message in registry.all_types("command")}
    for source, targets in reaction_graph(load()).items():
        for target in targets:
            if source in commands:
                found.setdefault(target, set()).add(source)
    return {event: tuple(sorted(names)) for event, names in found.items()}


def _consumed(service: Service) -> set[str]:
    classes = {reaction.on for reaction in service.reactions} | set(service.projection.handlers)
    if service.follows_days and service.name != LEADING_CONTEXT:
        classes.add(BUSINESS_DAY_STARTED[LEADING_CONTEXT])
    return {registry.by_class(cls).ce_type for cls in classes}
