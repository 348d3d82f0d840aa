"""Logs and metrics: one JSON line an occurrence, with the correlation of the request or command and without personal data.

Metrics of HTTP and of the process stand in :data:`REGISTRY`; those of hosts in :mod:`loanstream.runtime.metrics`.
"""

import logging
import re
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any, TextIO

import structlog
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from structlog.typing import EventDict, Processor, WrappedLogger

REGISTRY = CollectorRegistry(auto_describe=True)
"""Every metric of this process."""

METRICS_CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
"""Content type of :func:`metrics_text`."""

ProcessCollector(registry=REGISTRY)
Gauge("loanstream_build_info", "1, with the release that runs.", ("version",), registry=REGISTRY).labels(
    version("loanstream")
).set(1)
# a time of creation beside each series would double what is scraped
disable_created_metrics()  # type: ignore[no-untyped-call]

_LATENCIES = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

HTTP_REQUESTS = Counter(
    "loanstream_http_requests", "HTTP requests answered.", ("method", "route", "status"), registry=REGISTRY
)
HTTP_SECONDS = Histogram(
    "loanstream_http_request_seconds",
    "Time to the last byte.",
    ("method", "route"),
    buckets=_LATENCIES,
    registry=REGISTRY,
)
COMMAND_SECONDS = Histogram(
    "loanstream_command_seconds",
    "Time from a request to its decision, by what became of the command.",
    ("service", "operation", "status"),
    buckets=_LATENCIES,
    registry=REGISTRY,
)
COMMANDS_WAITING = Gauge("loanstream_commands_waiting", "Requests that wait for a decision now.", registry=REGISTRY)
SIGN_INS = Counter("loanstream_sign_ins", "Attempts to sign in with a password.", ("result",), registry=REGISTRY)

_CHATTY = ("httpx", "httpcore", "uvicorn.access", "aiosmtpd", "mail.log")
"""Libraries that would write a line a request, some with addresses in it."""

_TOLD_BY_US = ("aiokafka", "kafka", "faust", "mode")
"""Libraries that write lines by the thousand while a broker is away: what they meet they also raise, and we say it once."""

REDACTED = "[redacted]"

_SECRET_KEYS = frozenset(
    {"authorization", "cookie", "set-cookie", "password", "passwd", "secret", "private_key", "api_key", "smtp_url"}
    | {"token", "access_token", "refresh_token", "database_url", "dsn", "body"}
    | {"identity", "identity_number", "id_number", "full_name", "phone", "mobile", "email", "address"}
    | {"bank_account", "bank_card", "card_number", "iban"}
)
"""Fields whose value is never written."""

_SECRET_TEXT = re.compile(
    r"eyJ[\w-]+\.[\w-]+\.[\w-]+"  # a JWT
    r"|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"  # user and password of an address
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"  # an e-mail address
    r"|(?<![\w-])[1-9]\d{16}[\dXx](?![\w-])"  # a resident identity number 居民身份证号
    r"|(?<![\w-])1[3-9]\d{9}(?![\w-])"  # a mobile number 手机号
    r"|(?<![\w-])\d{16,19}(?![\w-])"  # a bank card 银行卡号
)


def configure_logging(log_format: str = "json", level: str = "info", stream: TextIO | None = None) -> None:
    """Send every log line of the process, also those of libraries, through one redacting pipeline to ``stream`` (stderr)."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(colors=False)
        if log_format == "console"
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for chatty in _CHATTY:
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))
    for library in _TOLD_BY_US:
        logging.getLogger(library).setLevel(logging.CRITICAL)


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Blank out personal data and secrets: by name of the field, and by shape inside texts."""
    return _redacted_mapping(event)


@contextmanager
def correlated(**ids: str) -> Iterator[None]:
    """Every log line inside carries these ids, e.g. ``correlation=<command id>``."""
    with structlog.contextvars.bound_contextvars(**ids):
        yield


def metrics_text() -> bytes:
    """The registry in Prometheus' text format."""
    return generate_latest(REGISTRY)


def _redacted_mapping(values: Mapping[str, Any]) -> MutableMapping[str, Any]:
    return {
        name: REDACTED if str(name).lower() in _SECRET_KEYS and value else _redacted(value)
        for name, value in values.items()
    }


def _redacted(value: Any) -> Any:
    if isinstance(value, str):
        return _SECRET_TEXT.sub(REDACTED, value)
    if isinstance(value, Mapping):
        return _redacted_mapping(value)
    if isinstance(value, (list, tuple)):
        return [_redacted(item) for item in value]
    return value
