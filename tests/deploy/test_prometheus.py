"""A real Prometheus with the shipped rules scrapes a real system that lives a small demo, and is asked every shipped query."""

import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.deploy import promql
from tests.deploy.shipped import (
    FOLDER,
    RULES,
    Query,
    dashboard_queries,
    read,
    rule_queries,
    rules,
    shown,
    variable_queries,
)
from tests.e2e.system import System, demo_arguments, eventually, good, system_on

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(
        shutil.which("prometheus") is None, reason="prometheus is not installed (Debian package prometheus)"
    ),
]

SMALL = (12, "+3m")
"""Loans and time of the demo."""
QUIET = (" > 0", "== 0", "rebuild_running == 1", "ALERTS{")
"""What an expression has that shows trouble only: a healthy system answers it with nothing."""


@dataclass(frozen=True, slots=True)
class Prometheus:
    """A Prometheus on loopback."""

    url: str

    def ask(self, expression: str) -> list[dict[str, Any]]:
        """The answer to a query; no error, and no warning either."""
        answer = httpx.get(f"{self.url}/api/v1/query", params={"query": expression}, trust_env=False, timeout=10)
        body = answer.json()
        assert body["status"] == "success", f"{expression}: {body}"
        assert not body.get("warnings"), f"{expression}: {body}"
        result: list[dict[str, Any]] = body["data"]["result"]
        return result


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """It has scraped a system for the length of a demo, and evaluated its rules."""
    # not pytest's own folder: its parents are closed to the user that root's database server runs as
    with (
        tempfile.TemporaryDirectory(prefix="loanstream-observed-", ignore_cleanup_errors=True) as data,
        system_on(Path(data)) as system,
        _scraping(system, tmp_path_factory.mktemp("prometheus")) as running,
    ):
        _live(system)
        eventually("rates are recorded", lambda: running.ask("service:loanstream_decider_commit_seconds:p99_5m"))
        eventually("the end is scraped", lambda: running.ask("loanstream_business_day_open == 0"))
        yield running


def _live(system: System) -> None:
    """A small demo, and one who knows no password."""
    good(*demo_arguments(system.folder, *SMALL), "--api", system.url)
    for user in ("auditor", "nobody"):
        credentials = {"user": user, "password": (system.folder / "initial-password").read_text().strip()}
        httpx.post(f"{system.url}/api/auth/token", json=credentials, trust_env=False, timeout=10)


@contextmanager
def _scraping(system: System, folder: Path) -> Iterator[Prometheus]:
    """The shipped configuration, thirty times as quick, with the system as its one target."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    config = read(FOLDER / "prometheus" / "prometheus.yml")
    config["global"] = dict.fromkeys(("scrape_interval", "scrape_timeout", "evaluation_interval"), "500ms")
    config["rule_files"] = [str(path) for path in RULES.glob("*.yml")]
    [ours] = [job for job in config["scrape_configs"] if job["job_name"] == "loanstream"]
    ours["static_configs"] = [{"targets": [system.url.removeprefix("http://")]}]
    ours["authorization"]["credentials_file"] = str(folder / "metrics-token")
    config["scrape_configs"] = [ours]
    (folder / "metrics-token").write_text("a-token-that-nobody-asks-for\n")
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    command = ["prometheus", f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'series'}"]
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen([*command, f"--web.listen-address={address}"], stdout=log, stderr=log)
    try:
        running = Prometheus(f"http://{address}")
        eventually("Prometheus answers", lambda: _answers(running, process, folder), 60)
        yield running
    finally:
        process.terminate()
        process.wait(20)


def _answers(running: Prometheus, process: "subprocess.Popen[bytes]", folder: Path) -> bool:
    assert process.poll() is None, (folder / "prometheus.log").read_text()
    try:
        return httpx.get(f"{running.url}/-/ready", trust_env=False, timeout=5).is_success
    except httpx.TransportError:
        return False


def test_the_system_is_scraped(prometheus: Prometheus) -> None:
    [up] = prometheus.ask("up")
    assert up["value"][1] == "1"
    assert (up["metric"]["job"], up["metric"]["instance"]) == ("loanstream", "127.0.0.1")


@pytest.mark.parametrize("query", [*rule_queries(), *dashboard_queries(), *variable_queries()], ids=lambda q: q.where)
def test_every_query_is_answered(prometheus: Prometheus, query: Query) -> None:
    prometheus.ask(query.expression)


@pytest.mark.parametrize(
    "query",
    [q for q in dashboard_queries() if not any(sign in q.expression for sign in QUIET)],
    ids=lambda query: query.where,
)
def test_every_panel_that_is_not_about_trouble_shows_something(prometheus: Prometheus, query: Query) -> None:
    assert prometheus.ask(query.expression)


def test_every_series_that_rules_and_panels_read_is_there(prometheus: Prometheus) -> None:
    asked = set[str]().union(*(promql.metrics(q.expression) for q in (*rule_queries(), *dashboard_queries())))
    assert [name for name in sorted(asked & shown().keys()) if not prometheus.ask(f"count({name})")] == []


def test_every_recording_has_values(prometheus: Prometheus) -> None:
    assert [name for name in rules("record") if not prometheus.ask(name)] == []


def test_no_alert_fires_on_a_healthy_system(prometheus: Prometheus) -> None:
    assert prometheus.ask('ALERTS{alertstate="firing"}') == []
