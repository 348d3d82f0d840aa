"""Deciding with a span for each command; a batch's commit links them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from msgspec import structs

from loanstream.eventlog.port import NewRecord, Record
from loanstream.runtime.decider.deciding import Answer, Deciding, OnError
from loanstream.runtime.decider.fold import Fold
from loanstream.runtime.tracing import Span, SpanKind, Tracer, is_sampled, short
from schemas.envelope import CORRELATION, ID, TRACE, CommandMeta
from schemas.outcomes import Status


class TracedDeciding(Deciding):
    """Decides as :class:`Deciding` does; events of a command continue its span."""

    def __init__(self, tracer: Tracer, fold: Fold, now: Callable[[], datetime], on_error: OnError) -> None:
        super().__init__(fold, now, on_error)
        self._tracer = tracer
        self._span: Span | None = None
        self._decided: list[str] = []

    def decide(
        self, record: Record, platform: Callable[[CommandMeta, Any, datetime], Answer | None]
    ) -> list[NewRecord]:
        """See :meth:`Deciding.decide`."""
        with self._tracer.span(
            f"decide {short(record.type)}",
            SpanKind.CONSUMER,
            {
                "loanstream.service": self.context,
                "loanstream.partition": self.fold.partition,
                "loanstream.aggregate": record.key,
                "loanstream.command": record.headers.get(ID, ""),
                "loanstream.correlation": record.headers.get(CORRELATION, ""),
            },
            parent=record.headers.get(TRACE, ""),
        ) as span:
            self._span = span
            try:
                return super().decide(record, platform)
            finally:
                self._span = None

    def taken(self) -> list[str]:
        """Spans of the commands decided since the last call, those that are kept."""
        decided, self._decided = self._decided, []
        return decided

    def _finish(self, record: Record, meta: CommandMeta, answer: Answer, time: datetime) -> list[NewRecord]:
        span = self._span
        if span is not None:
            span.set({"loanstream.status": answer.status.value})
            if answer.refusal is not None:
                span.set({"loanstream.code": answer.refusal.code})
            if answer.status is Status.FAILED:
                span.failed(answer.error_id)
            if is_sampled(span.traceparent):
                self._decided.append(span.traceparent)
            meta = structs.replace(meta, trace=span.traceparent)
        return super()._finish(record, meta, answer, time)
