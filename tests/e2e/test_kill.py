"""The small demo run again, and with processes killed with -9 meanwhile: nothing lost, nothing doubled, the same result.

All of them stand here, because they are compared with one undisturbed run, which every file would make for itself.
"""

import json
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from loanstream.cli.occupancy import occupants
from loanstream.runtime.embedded_postgres import EmbeddedPostgres
from tests.e2e.conftest import SMALL
from tests.e2e.system import (
    SHORT_LEASES,
    System,
    command,
    comparable,
    demo_arguments,
    environment,
    eventually,
    good,
    run,
    system_on,
)

pytestmark = pytest.mark.postgres

_DEMO_SECONDS = 400


@contextmanager
def demo_running_against(system: System) -> Iterator["subprocess.Popen[str]"]:
    """The small demo in a process of its own; it tries again whatever gets no answer."""
    demo = subprocess.Popen(
        command(*demo_arguments(system.folder, *SMALL), "--api", system.url),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    try:
        yield demo
    finally:
        if demo.poll() is None:
            demo.kill()
            demo.wait()


def result_of(demo: "subprocess.Popen[str]") -> dict[str, Any]:
    """The JSON of a demo that ends well."""
    out, err = demo.communicate(timeout=_DEMO_SECONDS)
    assert demo.returncode == 0, f"the demo ended with {demo.returncode}: {out}{err}"
    return comparable(json.loads(out))


def without_traces(shown: Mapping[str, Any]) -> dict[str, Any]:
    """A crash leaves one trace of its own: a payout whose outcome was not known for a while is recorded as such."""
    events = {name: count for name, count in shown["events"].items() if name != "DisbursementUnknown"}
    return {**shown, "events": events}


def prove(folder: Path, shown: Mapping[str, Any], undisturbed: Mapping[str, Any]) -> None:
    """Books, streams and read models are those of a run that nobody disturbed."""
    assert shown["books"]["balanced"] is True
    assert without_traces(shown) == without_traces(undisturbed)
    assert "intact" in good("audit", "verify", "--data", str(folder))
    assert "is what it was before" in good("rebuild", "--check", "--data", str(folder))


def test_a_system_killed_twice_ends_with_the_books_of_an_undisturbed_one(
    folder: Path, undisturbed: dict[str, Any]
) -> None:
    with system_on(folder, **SHORT_LEASES) as system, demo_running_against(system) as demo:
        eventually("money is paid out", lambda: system.counted("origination", "DisbursementOrdered"))
        system.kill()
        system.restart()
        eventually("instalments are paid", lambda: system.counted("servicing", "PaymentReceived") > 5)
        system.kill()
        assert demo.poll() is None, "the demo must still run when the system dies"
        system.restart()
        checked = good("rebuild", "--check", "servicing", "--data", str(folder))
        assert "is what it was before" in checked, "a system at work can be checked"
        shown = result_of(demo)
        assert system.interrupt()[0] == 0
    prove(folder, shown, undisturbed)


def test_a_system_whose_database_is_killed_brings_it_back_by_itself(folder: Path, undisturbed: dict[str, Any]) -> None:
    with system_on(folder, **SHORT_LEASES) as system, demo_running_against(system) as demo:
        for what, context, event in (
            ("money is paid out", "origination", "DisbursementOrdered"),
            ("instalments are paid", "servicing", "InstallmentPaid"),
        ):
            eventually(what, partial(system.counted, context, event))
            killed = system.database_pid()
            os.kill(killed, signal.SIGKILL)
            eventually("the database runs again", partial(_another_database, system, killed))
        assert system.process.poll() is None, "the system must outlive its database"
        shown = result_of(demo)
        assert system.interrupt()[0] == 0
    prove(folder, shown, undisturbed)


def test_a_second_start_on_the_same_folder_is_refused_and_ctrl_c_stops_the_first(folder: Path) -> None:
    with system_on(folder) as system:
        second = run("up", "--data", str(folder), "--port", "0")
        assert second.returncode == 1
        assert "already runs" in second.stderr
        assert f"process {system.process.pid}" in second.stderr
        assert "Traceback" not in second.stderr
        refused = run("reset", "--yes", "--data", str(folder))
        assert refused.returncode == 1
        assert f"process {system.process.pid}" in refused.stderr
        assert system.get("/api/servicing/books") is not None, "the first one is not disturbed"
        with system.stream("/api/servicing/events/stream") as lines:
            assert next(lines).startswith("retry")
            code, seconds = system.interrupt()
            assert all(line == "" or line.startswith(":") for line in lines), "an open stream ends, and in order"
        assert code == 0
        assert seconds < 10
        assert "Stopped" in system.output.read_text()
    assert occupants(folder) == []
    assert EmbeddedPostgres(folder).pid is None, "the last one to go stops the database"


def _another_database(system: System, killed: int) -> bool:
    try:
        return system.database_pid() != killed and system.get("/api/servicing/books") is not None
    except (OSError, ValueError):
        return False


def test_the_same_seed_gives_the_same_on_another_folder(undisturbed: dict[str, Any], folder: Path) -> None:
    again = json.loads(good(*demo_arguments(folder, *SMALL)))
    assert comparable(again) == undisturbed
    assert undisturbed["books"]["balanced"] is True
