"""Containers run when they are asked for: building and starting everything takes minutes and both cores."""

import os
import shutil
import subprocess

import pytest

from tests.e2e.conftest import new_folder

__all__ = ["new_folder", "pytest_collection_modifyitems"]

ASKED = "LOANSTREAM_DOCKER"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip, and say why."""
    if not os.environ.get(ASKED):
        reason = f"takes minutes and Docker: `make test-compose`, or {ASKED}=1"
    elif (missing := _missing()) is not None:
        reason = missing
    else:
        return
    for item in items:
        if item.get_closest_marker("docker"):
            item.add_marker(pytest.mark.skip(reason=reason))


def _missing() -> str | None:
    """What a test with containers has not got here."""
    docker = shutil.which("docker")
    if docker is None:
        return "needs Docker: there is no command `docker`"
    for what, command in (("an engine that answers", ["info"]), ("its plugin compose", ["compose", "version"])):
        asked = subprocess.run([docker, *command], capture_output=True, text=True, check=False)
        if asked.returncode:
            said = (asked.stderr or asked.stdout).strip().splitlines()
            return f"needs Docker with {what}: {said[-1] if said else 'no answer'}"
    return None
