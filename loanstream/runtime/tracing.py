"""The port of traces: a span for each request, command decided, event reacted to, effect sent; W3C ``traceparent`` in between.

Whoever is given no tracer makes no span and pays nothing; a ``traceparent`` that came in travels on unchanged all the same.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from enum import StrEnum
from typing import Protocol

from msgspec import structs

from loanstream.eventlog.port import Record
from schemas.envelope import TRACE

Attributes = Mapping[str, str | int]


class SpanKind(StrEnum):
    """Who waits for whom."""

    SERVER = "server"
    """Somebody outside waits for us."""
    CONSUMER = "consumer"
    """Caused by a record; whoever wrote it went on."""
    CLIENT = "client"
    """We wait for somebody outside."""
    INTERNAL = "internal"


class Span(Protocol):
    """Work under way; ended by leaving its context."""

    traceparent: str
    """For the headers of what it causes."""

    def name(self, name: str) -> None:
        """Call it something else, known only later."""
        ...

    def set(self, attributes: Attributes) -> None:
        """Say more about it; references only, never personal data."""
        ...

    def failed(self, why: str) -> None:
        """It did not come to a good end; ``why`` is a code, never a text with data in it."""
        ...


class Tracer(Protocol):
    """Makes spans."""

    def span(
        self,
        name: str,
        kind: SpanKind,
        attributes: Attributes,
        *,
        parent: str = "",
        links: Sequence[str] = (),
    ) -> AbstractContextManager[Span]:
        """A span until the end of the block. ``parent`` and ``links`` are ``traceparent`` values; without a parent it begins a
        trace. An exception that leaves the block fails it with the name of its class.
        """
        ...


def short(ce_type: str) -> str:
    """``loanstream.servicing.BookLoan.v1`` as a span is called: ``servicing.BookLoan``."""
    return ".".join(ce_type.split(".")[1:3])


def is_sampled(traceparent: str) -> bool:
    """Whether a trace is kept, as its flags say."""
    return traceparent[-2:-1].isalnum() and bool(int(traceparent[-2:], 16) & 1)


def continued(record: Record, span: Span) -> Record:
    """The record as if the span had written it, so that all it causes belongs to the span."""
    return structs.replace(record, headers={**record.headers, TRACE: span.traceparent})
