"""The event catalogue as one HTML file for people: no address of elsewhere in it, so it reads the same without a network.

What it says is what the Markdown pages and the AsyncAPI document say. Its own script filters the events; the policy in its head
allows that script and its style by their hashes, and nothing else.
"""

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from hashlib import sha256
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from loanstream.console.words import LANGUAGES, Words
from loanstream.contract.asyncapi import asyncapi
from loanstream.contract.entries import EventEntry, outcome_fields, own_events, shared_events
from loanstream.contract.headers import headers
from loanstream.contract.outcomes import outcome_schema
from schemas.topics import CONTEXTS, Role, topic

_POLICY = "default-src 'none'; script-src '{script}'; style-src '{style}'; base-uri 'none'; form-action 'none'"
_CODE = re.compile(r"`([^`]+)`")


def page() -> str:
    """The file."""
    document, of_an_event = asyncapi(), headers()["EventHeaders"]
    script, style = _part("catalogue.js"), _part("catalogue.css")
    text: str = (
        _environment()
        .get_template("catalogue.html")
        .render(
            policy=_POLICY.format(script=_hash(script), style=_hash(style)),
            script=Markup(script),  # noqa: S704 - files of ours, and nothing put into them
            style=Markup(style),  # noqa: S704
            info=document["info"],
            headers=[
                (name, each["description"], name in of_an_event["required"])
                for name, each in of_an_event["properties"].items()
            ],
            channels=list(_channels(document["channels"])),
            outcomes=[document["channels"][topic(context, Role.OUTCOMES)] for context in CONTEXTS],
            outcome=outcome_schema()["description"],
            outcome_fields=outcome_fields(),
        )
    )
    return text


def _channels(documented: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any] | None, tuple[EventEntry, ...]]]:
    """Name, what AsyncAPI says, and events of each group; the last are those that every topic of events has."""
    for context in CONTEXTS:
        yield context, documented[topic(context, Role.EVENTS)], own_events(context)
    yield "every context", None, shared_events()


def _environment() -> Environment:
    """What is put into the page is escaped; a name in backquotes becomes code."""
    made = Environment(
        loader=PackageLoader("loanstream.contract"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters |= {"prose": prose, "names": _names}
    return made


def prose(text: str) -> Markup:
    """A text of the source for a page: escaped, what stands in backquotes as code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped just now


def _names(event: EventEntry) -> Mapping[str, str]:
    """What the console calls an event, by language."""
    return {language: Words(language).label("event", event.message.name) for language in LANGUAGES}


def _part(name: str) -> str:
    return files(__package__).joinpath("templates", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
