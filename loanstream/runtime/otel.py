"""Traces through OpenTelemetry, exported by OTLP over HTTP. Imported only where somebody asked for traces."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)
from opentelemetry.trace import Span as ApiSpan
from opentelemetry.trace import SpanKind as ApiKind

from loanstream.runtime.tracing import Attributes, SpanKind

_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_KINDS = {
    SpanKind.SERVER: ApiKind.SERVER,
    SpanKind.CONSUMER: ApiKind.CONSUMER,
    SpanKind.CLIENT: ApiKind.CLIENT,
    SpanKind.INTERNAL: ApiKind.INTERNAL,
}
_EXPORT_SECONDS = 5.0


class OtelSpan:
    """One span; see :class:`~loanstream.runtime.tracing.Span`."""

    def __init__(self, span: ApiSpan) -> None:
        self._span = span
        context = span.get_span_context()
        self.traceparent = f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"

    def name(self, name: str) -> None:
        """See the port."""
        self._span.update_name(name)

    def set(self, attributes: Attributes) -> None:
        """See the port."""
        self._span.set_attributes(attributes)

    def failed(self, why: str) -> None:
        """See the port."""
        self._span.set_status(Status(StatusCode.ERROR, why))


class OtelTracer:
    """Spans of one process; see :class:`~loanstream.runtime.tracing.Tracer`. What is kept says ``OTEL_TRACES_SAMPLER``."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("loanstream")

    @contextmanager
    def span(
        self,
        name: str,
        kind: SpanKind,
        attributes: Attributes,
        *,
        parent: str = "",
        links: Sequence[str] = (),
    ) -> Iterator[OtelSpan]:
        """See the port."""
        context = _context_of(parent)
        # an explicit context, also an empty one: what another task is at is no parent
        made = self._tracer.start_span(
            name,
            Context() if context is None else set_span_in_context(NonRecordingSpan(context), Context()),
            _KINDS[kind],
            attributes,
            [Link(found) for link in links if (found := _context_of(link)) is not None],
        )
        span = OtelSpan(made)
        try:
            yield span
        except BaseException as error:
            # its text may hold personal data
            span.failed(type(error).__name__)
            raise
        finally:
            made.end()

    def close(self) -> None:
        """Export what is left; takes some seconds at most. Blocks: call it from a thread."""
        self._provider.shutdown()


def otlp_tracer(endpoint: str, name: str, version: str) -> OtelTracer:
    """A tracer that sends in the background to a collector, e.g. ``http://collector:4318``. One that is gone costs spans only."""
    provider = TracerProvider(
        resource=Resource.create({"service.name": name, "service.version": version}), shutdown_on_exit=False
    )
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces", timeout=_EXPORT_SECONDS)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return OtelTracer(provider)


def _context_of(traceparent: str) -> SpanContext | None:
    """The context of a W3C header; ``None`` for none, and for one that is malformed or all zeros."""
    found = _TRACEPARENT.fullmatch(traceparent)
    if found is None:
        return None
    context = SpanContext(
        int(found[1], 16), int(found[2], 16), is_remote=True, trace_flags=TraceFlags(int(found[3], 16))
    )
    return context if context.is_valid else None
