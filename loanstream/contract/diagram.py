"""A diagram of services and topics, made from what the services declare; Mermaid in Markdown."""

from collections.abc import Iterable, Mapping

from loanstream.contract.consumers import consumers
from loanstream.contract.json_schemas import message_types
from schemas.topics import CONTEXTS, Role, topic
from services.registry import load


def page() -> str:
    """The page: the picture, and for each line of it the events behind it."""
    return "\n".join([_HEAD, "```mermaid", *_picture(), "```", "", _TABLE_HEAD, *_rows(), ""])


_HEAD = """# Services and topics

Generated from the code by `loanstream schemas generate`. Every service also writes outcomes (what became of each command) and has
private topics for its commands and dead letters; they are left out here.
"""
_TABLE_HEAD = """## Who reads what

| From | To | Events |
| --- | --- | --- |"""


def _picture() -> Iterable[str]:
    yield "flowchart LR"
    for service in load():
        kind = "reactor" if service.is_reactor else "router"
        yield f'  {service.name}["{service.name}<br/><small>deciders · {kind} · projector · sender</small>"]'
        yield f'  {service.name}_events[("{topic(service.name, Role.EVENTS)}")]'
        yield f"  {service.name} ==> {service.name}_events"
    for source, target in _lines():
        yield f"  {source}_events --> {target}"
    yield "  subscribers([other teams])"
    for name in CONTEXTS:
        yield f"  {name}_events -.-> subscribers"


def _rows() -> Iterable[str]:
    for (source, target), names in _lines().items():
        yield f"| {source} | {target} | {', '.join(f'`{name}`' for name in names)} |"


def _lines() -> Mapping[tuple[str, str], list[str]]:
    """Names of the events by the service that emits and the service that reads them."""
    found: dict[tuple[str, str], list[str]] = {}
    for message in message_types():
        for reader in consumers().get(message.ce_type, ()):
            if reader != message.context:
                found.setdefault((message.context, reader), []).append(message.name)
    return dict(sorted(found.items()))
