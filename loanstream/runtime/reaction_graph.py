"""Which event leads to which, over all services: event → reaction → command → events, read from the code that does it.

A service declares its reactions and decision tables as data; the messages that a function can make are those that it, or a
function or class of the services that it names, names in turn. That is more than it makes in one run, so a cycle that is not in
the graph does not happen. Each cycle that is in it needs a condition that stops it. Whatever escapes this reading is stopped by
the count of hops.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from types import CodeType, FunctionType, ModuleType
from typing import Any

from loanstream.runtime.definitions import Decider, Effect, Service
from loanstream.runtime.reacting import LEADING_CONTEXT
from schemas import registry
from schemas.platform import BUSINESS_DAY_CLOSED, BUSINESS_DAY_STARTED, CONTINUE_BUSINESS_DAY, START_BUSINESS_DAY

Graph = Mapping[str, frozenset[str]]
"""Type strings of events and commands, each with those that it can lead to."""

_OURS = "services."


def reaction_graph(services: Iterable[Service]) -> Graph:
    """The graph of the given services, with business days and with the commands that report effects."""
    edges: dict[str, set[str]] = {}
    for service in services:
        reports = _types(service.effects, "command")
        for reaction in service.reactions:
            reached = edges.setdefault(registry.by_class(reaction.on).ce_type, set())
            reached |= _types(reaction.react, "command")
            if Effect in _mentioned(reaction.react):
                reached |= reports
        for decider in service.deciders:
            for message in registry.all_types("command", service.name):
                if message.aggregate == decider.aggregate:
                    edges.setdefault(message.ce_type, set()).update(_types(_handler(decider, message.cls), "event"))
        for source, targets in _days(service):
            edges.setdefault(source, set()).update(targets)
    return {source: frozenset(targets) for source, targets in edges.items()}


def _days(service: Service) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What the hosts themselves do: days are followed, begun, gone on with and closed; each may emit what falls due."""
    tables = (START_BUSINESS_DAY, CONTINUE_BUSINESS_DAY, BUSINESS_DAY_STARTED, BUSINESS_DAY_CLOSED)
    start, go_on, started, closed = (registry.by_class(table[service.name]).ce_type for table in tables)
    due = {ce_type for decider in service.deciders for ce_type in _types(decider.business_day, "event")}
    if service.follows_days and service.name != LEADING_CONTEXT:
        yield registry.by_class(BUSINESS_DAY_STARTED[LEADING_CONTEXT]).ce_type, (start,)
    yield start, (started, go_on, closed, *due)
    yield go_on, (go_on, closed, *due)


def cycles(graph: Graph) -> set[frozenset[str]]:
    """Sets of types that lead to each other: the strongly connected parts of the graph that hold an edge."""
    reach = {node: _reachable(graph, node) for node in graph}
    return {
        frozenset(other for other in reach[node] if node in reach.get(other, frozenset()))
        for node in graph
        if node in reach[node]
    }


def _reachable(graph: Graph, start: str) -> frozenset[str]:
    seen: set[str] = set()
    ahead = list(graph.get(start, ()))
    while ahead:
        node = ahead.pop()
        if node not in seen:
            seen.add(node)
            ahead.extend(graph.get(node, ()))
    return frozenset(seen)


def _handler(decider: Decider, command: type[Any]) -> Any:
    """What decides the command: its entry in a decision table, else the whole decision function."""
    for found in _mentioned(decider.decide):
        if isinstance(found, dict) and command in found:
            return found[command]
    return decider.decide


def _types(function: Any, kind: str) -> set[str]:
    """Type strings of the registered messages of a kind that a function can make."""
    found = (_registered(each) for each in _mentioned(function) if isinstance(each, type))
    return {message.ce_type for message in found if message is not None and message.kind == kind}


def _registered(cls: type[Any]) -> registry.MessageType | None:
    try:
        return registry.by_class(cls)
    except registry.UnknownType:
        return None


def _mentioned(function: Any) -> Iterator[Any]:
    """Everything that a function of ours names, and what the functions that it names name in turn."""
    seen: set[int] = set()
    ahead: list[Any] = [function]
    while ahead:
        thing = ahead.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        yield thing
        ahead.extend(_inside(thing))


def _inside(thing: Any) -> Iterable[Any]:
    if isinstance(thing, partial):
        return (thing.func, *thing.args, *thing.keywords.values())
    if isinstance(thing, FunctionType):
        return _named(thing) if thing.__module__.startswith(_OURS) else ()
    if isinstance(thing, type):
        return vars(thing).values() if thing.__module__.startswith(_OURS) else ()
    if isinstance(thing, Mapping):
        # keys of a table are what it takes, values are what it makes or calls
        return thing.values()
    if isinstance(thing, tuple | list | set | frozenset):
        return thing
    inner: Callable[..., Any] | None = getattr(thing, "__func__", None) or getattr(thing, "__wrapped__", None)
    return () if inner is None else (inner,)


def _named(function: FunctionType) -> Iterator[Any]:
    names = {name for code in _codes(function.__code__) for name in code.co_names}
    for name in names:
        value = function.__globals__.get(name)
        if isinstance(value, ModuleType):
            yield from (vars(value)[inner] for inner in names if inner in vars(value))
        elif value is not None:
            yield value
    yield from (cell.cell_contents for cell in function.__closure__ or ())


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)
