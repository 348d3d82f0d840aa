"""A real Prometheus with the shipped rules scrapes a real system that lives a small demo, and is asked every shipped query."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.deploy import promql
from tests.deploy.scraping import NEEDED, Prometheus, scraping
from tests.deploy.shipped import Query, dashboard_queries, rule_queries, rules, shown, variable_queries
from tests.e2e.system import System, demo_arguments, eventually, good, system_on

pytestmark = [pytest.mark.postgres, pytest.mark.skipif(shutil.which("prometheus") is None, reason=NEEDED)]

SMALL = (12, "+3m")
"""Loans and time of the demo."""
QUIET = (" > 0", "== 0", "rebuild_running == 1", "ALERTS{")
"""What an expression has that shows trouble only: a healthy system answers it with nothing."""


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """It has scraped a system for the length of a demo, and evaluated its rules."""
    # not pytest's own folder: its parents are closed to the user that root's database server runs as
    with (
        tempfile.TemporaryDirectory(prefix="loanstream-observed-", ignore_cleanup_errors=True) as data,
        system_on(Path(data)) as system,
        scraping(tmp_path_factory.mktemp("prometheus"), system.url.removeprefix("http://")) as running,
    ):
        _live(system)
        eventually("rates are recorded", lambda: running.ask("service:loanstream_decider_commit_seconds:p99_5m"))
        eventually("the audit is scraped", lambda: running.ask("loanstream_audit_findings == 0"))
        eventually("the end is scraped", lambda: running.ask("loanstream_business_day_open == 0"))
        yield running


def _live(system: System) -> None:
    """A small demo, an audit, and one who knows no password."""
    good(*demo_arguments(system.folder, *SMALL), "--api", system.url)
    good("audit", "verify", "--data", str(system.folder))
    for user in ("auditor", "nobody"):
        credentials = {"user": user, "password": (system.folder / "initial-password").read_text().strip()}
        httpx.post(f"{system.url}/api/auth/token", json=credentials, trust_env=False, timeout=10)


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
    assert prometheus.firing() == []
