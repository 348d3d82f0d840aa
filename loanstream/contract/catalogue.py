"""The event catalogue: a page for each context, for people; Markdown.

Of each event: what it means, who emits it and upon which commands, who of ours reads it, its fields, an example.
"""

from collections.abc import Iterable, Iterator, Mapping

from loanstream.contract.entries import EventEntry, FieldEntry, own_events, shared_events
from schemas.topics import CONTEXTS, Role, topic

_SHARED = "every-context.md"
_NOTE = (
    "Generated from the code by `loanstream schemas generate`. How to read a topic, and what is guaranteed:"
    " [for teams that subscribe](../../subscribers.md). Money is an object,"
    ' `{"amount": "12.34", "currency": "CNY"}`: major units with as many decimals as the currency has (ISO 4217), never minor'
    " ones.\n"
)


def pages() -> Mapping[str, str]:
    """Every page by its file name."""
    own = {
        f"{context}.md": _page(
            f"Events of {context}",
            f"Topic `{topic(context, Role.EVENTS)}`; key = id of the aggregate.",
            own_events(context),
        )
        for context in CONTEXTS
    }
    introduction = (
        "Every context has these under its own name: put it where the types below say"
        f" `{CONTEXTS[0]}`. Business days have the key `partition-<n>`, an aggregate on hold has its own."
    )
    return {**own, _SHARED: _page("Events of every context", introduction, shared_events()), "README.md": _contents()}


def _contents() -> str:
    lines = [f"- [{context}]({context}.md)" for context in CONTEXTS]
    listed = sorted((each for c in CONTEXTS for each in own_events(c)), key=lambda each: each.message.ce_type)
    rows = [
        f"| [`{each.message.ce_type}`]({each.message.context}.md#{_anchor(each)}) | {each.message.aggregate}"
        f" | {_cell(each.summary)} |"
        for each in listed
    ]
    head = ["| Type | Emitted by | Meaning |", "| --- | --- | --- |"]
    return "\n".join(
        [
            "# Event catalogue",
            "",
            _NOTE,
            *lines,
            f"- [every context]({_SHARED})",
            "",
            "## All events",
            "",
            *head,
            *rows,
            "",
        ]
    )


def _page(title: str, introduction: str, events: Iterable[EventEntry]) -> str:
    return "\n".join([f"# {title}", "", _NOTE, introduction, "", *(line for each in events for line in _section(each))])


def _section(event: EventEntry) -> Iterator[str]:
    message = event.message
    yield from (f"## {message.name} v{message.version}", "", event.meaning, "")
    yield from (
        f"- Type: `{message.ce_type}`",
        f"- Emitted by: {message.aggregate}",
        f"- Upon: {', '.join(f'`{name}`' for name in event.upon) or 'what the platform itself does'}",
        f"- Read by: {', '.join(event.read_by) or 'none of our services'}",
        f"- Versions: {event.versions}",
        f"- Schema: [`{message.ce_type}.json`](../../../schemas/generated/json/{message.ce_type}.json)",
        "",
    )
    yield from ("| Field | Kind | Meaning |", "| --- | --- | --- |")
    yield from map(_row, event.fields)
    yield ""
    if event.example:
        yield from ("```json", event.example, "```", "")


def _row(field: FieldEntry) -> str:
    optional = ", optional" if field.optional else ""
    return f"| `{field.path}` | {field.kind}{optional} | {_cell(field.meaning or field.of_kind)} |"


def _anchor(event: EventEntry) -> str:
    return f"{event.message.name.lower()}-v{event.message.version}"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
