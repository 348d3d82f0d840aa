"""A request's trace goes over the bus: request, decision, reaction, decision of another service, effect and its report."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from loanstream.eventlog.port import TopicDefinition, TopicPartition
from loanstream.runtime.decider.host import DeciderHost
from loanstream.runtime.definitions import Decider, Effect, Reaction, Send, Service
from loanstream.runtime.effects_host import EffectsHost
from loanstream.runtime.http.app import build_app
from loanstream.runtime.memory_store import MemoryStore
from loanstream.runtime.otel import OtelTracer, otlp_tracer
from loanstream.runtime.reaction_host import ReactionHost
from loanstream.runtime.tracing import SpanKind, is_sampled
from schemas.decision import Context
from schemas.envelope import TRACE, EventMeta
from schemas.topics import Role, topic, topic_specs
from tests.runtime.http.world import World, a_world, api, key
from tests.runtime.support.carrier import Carrier
from tests.runtime.support.shipping import Pack, Shipped, shipping_service
from tests.support.counting import (
    A_DAY,
    CONTEXT,
    Counted,
    SteppedClock,
    count,
    counting_log,
    counting_service,
    start_day,
)

OUTSIDE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
UNKEPT = OUTSIDE[:-1] + "0"


@dataclass(frozen=True, slots=True)
class Order:
    """State of an order."""

    effect: str = ""


def _decide(_state: Order | None, command: Any, context: Context) -> Sequence[Any]:
    return [Shipped(order_id=context.aggregate_id, effect=getattr(command, "effect", ""))]


ORDERS = Decider("order", Order, _decide, lambda state, event: Order(event.effect))
REACTIONS = (
    Reaction("shipping.pack-counted", Counted, lambda event, meta: [Send("o-1", Pack(order_id="o-1"))]),
    Reaction("shipping.send-shipped", Shipped, lambda event, meta: _parcel(event, meta)),
)


def _parcel(event: Shipped, _meta: EventMeta) -> Sequence[Send | Effect]:
    return [] if event.effect else [Effect("parcel", "c-1", {"order": event.order_id})]


def traced() -> tuple[OtelTracer, InMemorySpanExporter]:
    """A tracer, and the spans that it made."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return OtelTracer(provider), exporter


def named(exporter: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    """The first finished span of each name."""
    return {span.name: span for span in reversed(exporter.get_finished_spans())}


def parent_of(span: ReadableSpan) -> int:
    """Id of the span that caused it."""
    assert span.parent is not None
    return span.parent.span_id


def id_of(span: ReadableSpan) -> int:
    """Its own."""
    assert span.context is not None
    return span.context.span_id


class Bus:
    """The counters' API and decider, and a second service that packs and sends a parcel for each count."""

    def __init__(self, world: World, tracer: OtelTracer) -> None:
        self.world = world
        log, store, clock = world.log, world.store, world.clock
        world.host = DeciderHost(counting_service(), 0, log, clock, store, tracer=tracer)
        shipping = replace(shipping_service(REACTIONS), deciders=(ORDERS,))
        handlers = {"parcel": Carrier()}
        self.sender = EffectsHost(shipping, handlers, log, store, clock, tracer=tracer)
        self.hosts = [
            ReactionHost(shipping, log, store, clock, tracer=tracer),
            DeciderHost(shipping, 0, log, clock, store, tracer=tracer),
            self.sender,
        ]
        service: Service = replace(counting_service(), api=api)
        app = build_app([(service, world.kit)], world.settings, world.authenticator, issuer=world.issuer, tracer=tracer)
        self.client = world.client_of(app)

    async def settle(self) -> None:
        """Step until nothing is to do."""
        while any([await host.step() for host in self.hosts]):
            pass


@contextmanager
def collector() -> Iterator[tuple[str, list[ExportTraceServiceRequest], threading.Event]]:
    """An OTLP collector on loopback: its address, and what it received."""
    received: list[ExportTraceServiceRequest] = []
    arrived = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.path == "/v1/traces"
            received.append(ExportTraceServiceRequest.FromString(body))
            self.send_response(200)
            self.end_headers()
            arrived.set()

        def log_message(self, *_arguments: Any) -> None:
            """Not to standard error."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", received, arrived
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


async def a_bus(tmp_path: Path, tracer: OtelTracer) -> Bus:
    """Both services on one log; the day of shipping is open as well."""
    world = await a_world(tmp_path)
    specs = topic_specs(1, ("shipping", "servicing"))
    await world.log.apply([TopicDefinition(s.name, s.partitions, s.retention, s.identity) for s in specs], "test")
    bus = Bus(world, tracer)
    await bus.sender.open()
    return bus


async def test_one_requests_trace_goes_from_the_api_over_decider_and_router_to_the_decider_of_another_service(
    tmp_path: Path,
) -> None:
    tracer, exporter = traced()
    bus = await a_bus(tmp_path, tracer)
    answer = await bus.client.post(
        f"/api/{CONTEXT}/counters/c-1/counts", json={"by": 1}, headers={**key(), TRACE: OUTSIDE}
    )
    assert answer.status_code == 200
    await bus.settle()
    await bus.world.stop()
    spans = named(exporter)
    course = [
        f"POST /api/{CONTEXT}/counters/{{counter}}/counts",
        f"decide {CONTEXT}.Count",
        f"react shipping to {CONTEXT}.Counted",
        "decide shipping.Pack",
        "react shipping to shipping.Shipped",
        "send parcel",
        "decide shipping.RecordShipment",
    ]
    assert {f"{spans[name].context.trace_id:032x}" for name in course} == {OUTSIDE.split("-")[1]}
    assert f"{parent_of(spans[course[0]]):016x}" == OUTSIDE.split("-")[2]
    for cause, caused in pairwise(course):
        assert parent_of(spans[caused]) == id_of(spans[cause]), f"{caused} is not caused by {cause}"
    request = spans[course[0]].attributes or {}
    assert (request["http.request.method"], request["http.response.status_code"]) == ("POST", 200)
    decided = spans[course[1]].attributes or {}
    assert (decided["loanstream.service"], decided["loanstream.status"]) == (CONTEXT, "executed")
    reacted = spans[course[2]].attributes or {}
    assert reacted["loanstream.correlation"] == decided["loanstream.command"]


async def test_a_batch_of_one_commits_inside_its_commands_span_and_a_larger_one_links_all_of_them() -> None:
    tracer, exporter = traced()
    log = await counting_log()
    host = DeciderHost(counting_service(), 0, log, SteppedClock(), MemoryStore(), tracer=tracer)
    await log.send([start_day(A_DAY)])
    await host.step()
    [alone] = [span for span in exporter.get_finished_spans() if span.name.startswith("commit")]
    [day] = [span for span in exporter.get_finished_spans() if span.name.startswith("decide")]
    assert parent_of(alone) == id_of(day)
    exporter.clear()
    await log.send([count("a", trace=OUTSIDE), count("b"), count("c", trace=UNKEPT)])
    await host.step()
    spans = exporter.get_finished_spans()
    [commit] = [span for span in spans if span.name.startswith("commit")]
    decided = {id_of(span) for span in spans if span.name.startswith("decide")}
    assert commit.parent is None
    assert {link.context.span_id for link in commit.links} == decided
    assert len(decided) == 2, "the command of a trace that is not kept makes no span that is"


async def test_failures_and_refusals_show_in_their_span_without_the_text_of_the_error() -> None:
    tracer, exporter = traced()
    log = await counting_log()
    host = DeciderHost(counting_service(), 0, log, SteppedClock(), MemoryStore(), tracer=tracer)
    await log.send([start_day(A_DAY), count("a", fail=True), count("b", by=11)])
    await host.step()
    spans = {
        (span.attributes or {})["loanstream.aggregate"]: span
        for span in exporter.get_finished_spans()
        if span.name == f"decide {CONTEXT}.Count"
    }
    assert spans["a"].status.status_code is StatusCode.ERROR
    assert "a bug in the domain" not in spans["a"].to_json()
    refused = spans["b"].attributes or {}
    assert (refused["loanstream.status"], refused["loanstream.code"]) == ("refused", "too-many")
    assert spans["b"].status.status_code is StatusCode.UNSET


async def test_a_span_that_an_exception_leaves_names_its_class_only() -> None:
    tracer, exporter = traced()
    with pytest.raises(ValueError, match="wang"), tracer.span("work", SpanKind.INTERNAL, {}):
        raise ValueError("wang@example.com")
    [span] = exporter.get_finished_spans()
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, "ValueError")
    assert "wang" not in span.to_json()


async def test_without_a_tracer_a_callers_trace_travels_on_unchanged(tmp_path: Path) -> None:
    world = await a_world(tmp_path)
    await world.client.post(f"/api/{CONTEXT}/counters/c-1/counts", json={"by": 1}, headers={**key(), TRACE: OUTSIDE})
    await world.stop()
    records = await world.log.read({TopicPartition(topic(CONTEXT, Role.EVENTS), 0): 0}, 100)
    assert records[-1].headers[TRACE] == OUTSIDE


@pytest.mark.parametrize("bad", ["", "x", "00-" + "0" * 32 + "-" + "0" * 16 + "-01", OUTSIDE.upper(), OUTSIDE + "-1"])
async def test_a_malformed_parent_begins_a_trace_of_its_own(bad: str) -> None:
    tracer, exporter = traced()
    with tracer.span("work", SpanKind.INTERNAL, {}, parent=bad) as span:
        assert is_sampled(span.traceparent)
    assert exporter.get_finished_spans()[0].parent is None


async def test_a_span_is_no_child_of_what_another_task_is_at() -> None:
    tracer, exporter = traced()
    with tracer.span("one", SpanKind.INTERNAL, {}), tracer.span("other", SpanKind.INTERNAL, {}):
        pass
    assert [span.parent for span in exporter.get_finished_spans()] == [None, None]


async def test_spans_are_exported_to_the_collector_and_the_rest_at_the_end() -> None:
    with collector() as (address, received, arrived):
        tracer = otlp_tracer(address, "loanstream serve servicing", "1.2")
        with tracer.span("work", SpanKind.CONSUMER, {"loanstream.service": "servicing"}, parent=OUTSIDE):
            pass
        await asyncio.to_thread(tracer.close)
        assert arrived.is_set()
    [resource] = received[0].resource_spans
    assert {a.key: a.value.string_value for a in resource.resource.attributes}["service.name"] == (
        "loanstream serve servicing"
    )
    [span] = resource.scope_spans[0].spans
    assert (span.name, span.trace_id.hex()) == ("work", OUTSIDE.split("-")[1])
