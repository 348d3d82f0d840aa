"""Generated requests against the real server: whatever is sent, no 5xx, no undocumented status, nothing half written."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from loanstream.runtime.http.app import server
from tests.runtime.http.world import World, a_world

EXAMPLES = 8
"""Per route in the test run; `make soak` may raise it."""


class Served:
    """The sample system behind a real socket, in a thread with an event loop of its own."""

    def __init__(self, data_dir: Path) -> None:
        self.port = 0
        self.token = ""
        self._data_dir = data_dir
        self._ready = threading.Event()
        self._server: Any = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    def __enter__(self) -> "Served":
        self._thread.start()
        assert self._ready.wait(20)
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.should_exit = True
        self._thread.join(20)

    async def _serve(self) -> None:
        world: World = await a_world(self._data_dir, port=0, wait_seconds=1.0)
        self.token = world.issuer.issue("administrator")
        self._server = server(world.app, world.settings)
        running = asyncio.create_task(self._server.serve())
        while not self._server.started:  # noqa: ASYNC110 - the server has no event for it
            await asyncio.sleep(0.01)
        self.port = self._server.servers[0].sockets[0].getsockname()[1]
        self._ready.set()
        await running
        await world.stop()


@pytest.fixture(scope="module")
def served(data_dir: Path) -> Iterator[Served]:
    """The system, served for the whole module."""
    with Served(data_dir) as served:
        yield served


NOT_HERE = "/events/stream|/events/counts|/dead-letters|/business-days|/auth|/broken|/schemas|/health|/metrics|/lag"
"""Routes that never end, need a database, hash passwords, fail on purpose, or take no input."""


def test_no_generated_request_breaks_the_server(served: Served) -> None:
    schema = schemathesis.openapi.from_url(f"http://127.0.0.1:{served.port}/api/openapi.json")
    operations = [found.ok() for found in schema.exclude(path_regex=NOT_HERE).get_all_operations()]
    assert len(operations) >= 8
    for operation in operations:
        _fuzz(operation, served)


def _fuzz(operation: Any, served: Served) -> None:
    """Valid and broken requests for one route, from the document alone."""
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def sent(case: Any) -> None:
            headers = {"Authorization": f"Bearer {served.token}"}
            if operation.method.upper() != "GET":
                headers["Idempotency-Key"] = str(uuid4())
            case.call_and_validate(
                headers=headers, checks=[not_a_server_error, status_code_conformance, response_schema_conformance]
            )

        sent()
