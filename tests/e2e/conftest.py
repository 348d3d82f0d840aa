"""Data folders, and one undisturbed run of the small demo that all others are compared with."""

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from loanstream.runtime.embedded_postgres import EmbeddedPostgres
from tests.e2e.system import comparable, demo_arguments, good

SMALL = (12, "+3m")
"""Loans and time of the demo that is run several times."""

NewFolder = Callable[[], Path]


@pytest.fixture(scope="session")
def new_folder() -> Iterator[NewFolder]:
    """Makes data folders; in the end their database servers are stopped and they are deleted."""
    made: list[Path] = []

    def make() -> Path:
        # not pytest's own folder: its parents are closed to the user that root's database server runs as
        folder = Path(tempfile.mkdtemp(prefix="loanstream-e2e-"))
        made.append(folder)
        return folder

    yield make
    for folder in made:
        if (folder / "postgres" / "data" / "postmaster.pid").exists():
            # a killed system leaves its server behind: hold it, and let go as the last one
            with EmbeddedPostgres(folder):
                pass
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def folder(new_folder: NewFolder) -> Path:
    """A fresh data folder."""
    return new_folder()


@pytest.fixture(scope="session")
def undisturbed(new_folder: NewFolder) -> dict[str, Any]:
    """What the small demo comes to where nothing goes wrong."""
    return comparable(json.loads(good(*demo_arguments(new_folder(), *SMALL))))
