"""Tables of the documentation that the code determines; ``make docs-tables`` writes them into their pages."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

from loanstream.cli.forms import Form
from loanstream.cli.quote_text import states_text
from loanstream.cli.quoting import quote_of
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
from services.servicing.quoting.documents import parsed, read
from services.servicing.quoting.simulation import simulate
from services.servicing.quoting.terms_document import QuoteDocument
from services.servicing.quoting.transactions_document import SimulationDocument, Transaction
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


def quote_terms_table() -> str:
    """Every field of the JSON form of a quote, from its classes."""
    return _table(("Field", "Values", "Default", "Meaning"), _fields(QuoteDocument, ""))


def quote_transactions_table() -> str:
    """Every type of transaction of a simulation, from its class."""
    rows = []
    for form in get_args(get_args(Transaction)[0]):
        names = [f"`{value}`" for value in get_args(form.model_fields["type"].annotation)]
        own = [f"`{name}`" for name in form.model_fields if name not in ("type", "date", "recorded")]
        rows.append((", ".join(names), ", ".join(own), _first(form.__doc__ or "")))
    return _table(("Type", "Besides `date` and `recorded`", "Meaning"), rows)


def quote_example() -> str:
    """What the page's command prints."""
    return f"```text\n{quote_of(QUOTED, Form.TABLE, None)}```"


def simulation_example() -> str:
    """What the page's own life of a loan comes to."""
    [life] = re.findall(r"```json\n(.*?)```", (DOCS / "reference" / "quotes.md").read_text(encoding="utf-8"), re.S)
    return f"```text\n{states_text(*simulate(read(SimulationDocument, parsed(life))))}```"


QUOTED = {"principal": "12000.00", "rate": "7.2", "months": "3", "start": "2025-01-31", "fee": "1%"}
"""Options of the quote that the page shows."""


def _fields(form: type[BaseModel], before: str) -> Iterator[tuple[str, ...]]:
    for name, field in form.model_fields.items():
        default = "required" if field.is_required() else _default(field.default)
        classes = [part for part in _parts(field.annotation) if isinstance(part, type)]
        values = (value.value for part in classes if issubclass(part, Enum) for value in part)
        said = "" if "amount" in name else ", ".join(f"`{value}`" for value in values)
        yield f"`{before}{name}`", said, default, (field.description or "").replace("|", "\\|")
        for part in classes:
            if issubclass(part, BaseModel):
                several = "[]" if "tuple" in str(field.annotation) else ""
                yield from _fields(part, f"{before}{name}{several}.")


def _parts(annotation: Any) -> Iterator[Any]:
    """The plain types inside an annotation."""
    inner = get_args(annotation)
    if not inner:
        yield annotation
    for part in inner:
        yield from _parts(part)


def _default(value: Any) -> str:
    if isinstance(value, BaseModel):
        stated = value.model_dump(mode="json", exclude_unset=True)
        return f"`{json.dumps(stated)}`" if stated else ""
    if value is None or value == ():
        return "none"
    return f"`{json.dumps(value)}`"


TABLES: Mapping[str, Callable[[], str]] = {
    "settings": settings_table,
    "roles": roles_table,
    "topics": topics_table,
    "access": access_table,
    "events": events_table,
    "api": api_table,
    "metrics": metrics_table,
    "errors": errors_table,
    "quote-example": quote_example,
    "simulation-example": simulation_example,
    "quote-terms": quote_terms_table,
    "quote-transactions": quote_transactions_table,
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
