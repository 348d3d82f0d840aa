"""Tables of the documentation that the code determines; ``make docs-tables`` writes them into their pages."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from loanstream.contract.openapi import document
from loanstream.eventlog.memory import MemoryLog
from loanstream.runtime.access import Kind, Operation, Pattern, Right, access
from loanstream.runtime.memory_store import MemoryStore
from loanstream.runtime.metrics import HostMetrics
from loanstream.runtime.roles import roles
from loanstream.runtime.settings import describe
from loanstream.runtime.telemetry import REGISTRY
from schemas.contract import event_types
from schemas.platform import PARTITION_AGGREGATE
from schemas.registry import MessageType
from schemas.topics import CONTEXTS, Role, topic_specs
from services.registry import load
from tests.docs.error_codes import PLATFORM, Code, error_codes

DOCS = Path(__file__).parents[2] / "docs"
METHODS = ("get", "post", "put", "patch", "delete")

_MARKED = re.compile(r"(<!-- table: ([a-z-]+) -->\n).*?(<!-- end of table -->)", re.S)
_EVERY = PLATFORM
_EXPLAINED = DOCS / "reference" / "errors.json"
_PURPOSES = {
    Role.COMMANDS: "private: what is asked of the service",
    Role.EVENTS: "**public**: what happened, the only truth",
    Role.OUTCOMES: "what became of every command, refusals included",
    Role.DEADLETTERS: "private: commands that could not be decided",
}


def settings_table() -> str:
    """Every setting, from ``loanstream.runtime.settings.describe()``."""
    rows = ((f"`{s.variable}`", s.kind, f"`{s.default}`" if s.default else "", s.meaning) for s in describe())
    return _table(("Variable", "Kind", "Default", "Meaning"), rows)


def roles_table() -> str:
    """Who may do what, from ``roles.json``."""
    known = roles()
    users = {role: [name for name, user in known.demo_users.items() if role in user["roles"]] for role in known.granted}
    rows = (
        (role, ", ".join(users[role]), ", ".join(f"`{p}`" for p in sorted(granted)))
        for role, granted in known.granted.items()
    )
    return _table(("Role", "Demo users", "Permissions"), rows)


def topics_table() -> str:
    """The four topics of a context."""
    rows = (
        (f"`{spec.name}`", "for ever" if spec.retention is None else f"{spec.retention.days} days", _PURPOSES[role])
        for spec, role in zip(topic_specs(1, ("<context>",)), Role, strict=True)
    )
    return _table(("Topic", "Kept", "What it holds"), rows)


def access_table() -> str:
    """What each user of a Kafka cluster may do, from ``loanstream.runtime.access``."""
    rows = (
        (
            f"`{name}`",
            _named(rights, Kind.TOPIC, Operation.WRITE),
            _named((r for r in rights if Operation.WRITE not in r.operations), Kind.TOPIC, Operation.READ),
            _named(rights, Kind.TOPIC, Operation.CREATE),
            _named(rights, Kind.TOPIC, Operation.DELETE),
            _named(rights, Kind.TRANSACTIONAL_ID, Operation.WRITE),
            _named(rights, Kind.GROUP, Operation.READ),
        )
        for name, rights in access(load()).items()
    )
    heads = ("User", "Writes", "Reads besides", "Makes", "Drops records of", "Transactional ids", "Groups")
    return _table(heads, rows)


def events_table() -> str:
    """Every public event type with its meaning, from the registry and the docstrings."""
    parts = []
    for context in CONTEXTS:
        own = [t for t in event_types() if t.context == context and t.aggregate != PARTITION_AGGREGATE]
        parts.append(f"### {context}\n\n{_events(own, lambda t: t.ce_type)}")
    shared = [t for t in event_types() if t.context == CONTEXTS[0] and t.aggregate == PARTITION_AGGREGATE]
    shown = _events(shared, lambda t: t.ce_type.replace(f".{CONTEXTS[0]}.", ".<context>."))
    return "\n".join([*parts, f"### every context\n\n{shown}"])


def api_table() -> str:
    """Every route with its permission, from the OpenAPI document."""
    routes = list(_routes(document()))
    paths = {path for _, path, _, _ in routes}
    tails = {path.split("/", 3)[3] for path in paths if path.startswith(f"/api/{CONTEXTS[-1]}/")}
    shared = {tail for tail in tails if all(f"/api/{context}/{tail}" in paths for context in CONTEXTS)}
    sections: dict[str, list[tuple[str, ...]]] = {}
    for method, path, permission, meaning in routes:
        parts = path.split("/", 3)
        section = parts[2] if path.startswith("/api/") else "the process"
        if section in CONTEXTS and parts[3] in shared and (method, parts[3]) != ("POST", "business-days"):
            if section != CONTEXTS[0]:
                continue
            section, path = _EVERY, f"/api/<service>/{parts[3]}"
        sections.setdefault(section, []).append((method, f"`{path}`", permission, meaning))
    sections[_EVERY] = sections.pop(_EVERY)
    heads = ("Method", "Path", "Permission", "What it does")
    return "\n".join(f"## {name}\n\n{_table(heads, rows)}" for name, rows in sections.items())


def metrics_table() -> str:
    """Every metric of ours, from the registries."""
    families = [*REGISTRY.collect(), *HostMetrics(MemoryLog(), MemoryStore()).registry.collect()]
    rows = (
        (f"`{family.name}{'_total' if family.type == 'counter' else ''}`", family.type, family.documentation)
        for family in sorted(families, key=lambda family: family.name)
        if family.name.startswith("loanstream_")
    )
    return _table(("Metric", "Kind", "Meaning"), rows)


def errors_table() -> str:
    """Every code of refusals and problems, found in the source, with what ``errors.json`` says of it."""
    sections: dict[str, list[tuple[str, ...]]] = {name: [] for name in (PLATFORM, *CONTEXTS)}
    explained = explained_errors()
    for name, code in error_codes().items():
        statuses = ", ".join(str(status) for status in sorted(code.statuses))
        sections[_section(code)].append((f"`{name}`", statuses, explained[name]["means"], explained[name]["do"]))
    heads = ("Code", "Status", "Means", "Do")
    return "\n".join(f"### {name}\n\n{_table(heads, rows)}" for name, rows in sections.items() if rows)


def explained_errors() -> Mapping[str, Mapping[str, str]]:
    """What each code means and what to do, written by hand."""
    explained: Mapping[str, Mapping[str, str]] = json.loads(_EXPLAINED.read_text(encoding="utf-8"))
    return explained


TABLES: Mapping[str, Callable[[], str]] = {
    "settings": settings_table,
    "roles": roles_table,
    "topics": topics_table,
    "access": access_table,
    "events": events_table,
    "api": api_table,
    "metrics": metrics_table,
    "errors": errors_table,
}


def with_tables(text: str) -> str:
    """A page with its marked tables made anew."""
    return _MARKED.sub(lambda found: f"{found[1]}\n{TABLES[found[2]]()}\n{found[3]}", text)


def marked(text: str) -> list[str]:
    """Names of the tables that a page has."""
    return [found[2] for found in _MARKED.finditer(text)]


def _section(code: Code) -> str:
    """The one service that has the code; else the platform's part."""
    return min(code.sources) if len(code.sources) == 1 else PLATFORM


def _routes(document: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    for path, operations in document["paths"].items():
        for method in METHODS:
            if operation := operations.get(method):
                asked = "any valid token" if "security" in operation else "none"
                permission = f"`{operation['x-permission']}`" if "x-permission" in operation else asked
                yield method.upper(), path, permission, _first(operation.get("description", ""))


def _named(rights: Iterable[Right], kind: Kind, operation: Operation) -> str:
    """Names for which a right has the operation; those of topics without what all have in common."""
    found = (right for right in rights if right.kind is kind and operation in right.operations)
    names = (f"{right.name}{'*' if right.pattern is Pattern.PREFIXED else ''}" for right in found)
    short = (re.sub(r"^loanstream\.(.+)\.v1$", r"\1", name) for name in names)
    return ", ".join(f"`{name}`" for name in short)


def _events(types: Iterable[MessageType], shown: Callable[[MessageType], str]) -> str:
    rows = ((f"`{shown(t)}`", t.aggregate, _first(t.cls.__doc__ or "")) for t in types)
    return _table(("Type", "Emitted by", "Meaning"), rows)


def _first(docstring: str) -> str:
    """The first paragraph on one line, in Markdown."""
    paragraph = " ".join(docstring.strip().split("\n\n")[0].split())
    return re.sub(r":\w+:`~?([\w.]+)`", r"`\1`", paragraph).replace("``", "`").replace("|", "\\|")


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    heads = tuple(heads)
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def main() -> None:
    """Write every table anew."""
    for page in sorted(DOCS.rglob("*.md")):
        before = page.read_text(encoding="utf-8")
        after = with_tables(before)
        if after != before:
            page.write_text(after, encoding="utf-8")
            print(f"{page.relative_to(DOCS.parent)}: written anew")


if __name__ == "__main__":
    main()
