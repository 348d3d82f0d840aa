"""A running sample system for each test."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import structlog

from loanstream.runtime.http.issuer import LocalIssuer
from tests.runtime.http.world import World, a_world


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the issuer's key and users: making the users' hashes takes a second, so once for all."""
    folder = tmp_path_factory.mktemp("data")
    LocalIssuer.open(folder)
    return folder


@pytest.fixture(autouse=True, scope="package")
def plain_log_lines() -> Iterator[None]:
    """One line an occurrence, as in production: the default's tracebacks with every variable take seconds each."""
    structlog.configure(processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()])
    yield
    structlog.reset_defaults()


@pytest.fixture
async def world(data_dir: Path) -> AsyncIterator[World]:
    """A system with its hosts running."""
    world = await a_world(data_dir, wait_seconds=2.0)
    yield world
    await world.stop()


@pytest.fixture
def client(world: World) -> httpx.AsyncClient:
    """A client of the system, signed in as operations officer."""
    return world.client
