"""A fake system for each test."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from loanstream.runtime.http.issuer import LocalIssuer
from tests.console.fake import FakeSystem


@pytest.fixture(scope="session")
def console_data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the issuer's key and users, made once: hashing takes a while."""
    folder = tmp_path_factory.mktemp("console")
    LocalIssuer.open(folder)
    return folder


@pytest.fixture(scope="session")
def running_system(console_data_dir: Path) -> FakeSystem:
    """The console on the fake API, for all tests."""
    return FakeSystem(console_data_dir)


@pytest.fixture
def system(running_system: FakeSystem) -> FakeSystem:
    """The console on the fake API, as if new."""
    running_system.reset()
    return running_system


@pytest.fixture(autouse=True, scope="package")
def few_log_lines() -> Iterator[None]:
    """Warnings only, as in production."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    yield
    structlog.reset_defaults()
