"""A real Prometheus on loopback with the shipped configuration."""

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.deploy.shipped import FOLDER, RULES, read
from tests.e2e.system import eventually
from tests.support.ports import free_port

NEEDED = "prometheus is not installed (Debian package prometheus)"
_START_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Prometheus:
    """One that runs."""

    url: str

    def ask(self, expression: str) -> list[dict[str, Any]]:
        """The answer to a query; no error, and no warning either."""
        answer = httpx.get(f"{self.url}/api/v1/query", params={"query": expression}, trust_env=False, timeout=10)
        body = answer.json()
        assert body["status"] == "success", f"{expression}: {body}"
        assert not body.get("warnings"), f"{expression}: {body}"
        result: list[dict[str, Any]] = body["data"]["result"]
        return result

    def firing(self) -> list[dict[str, str]]:
        """Labels of the alerts that fire."""
        return [found["metric"] for found in self.ask('ALERTS{alertstate="firing"}')]


@contextmanager
def scraping(folder: Path, address: str = "", named: Mapping[str, str] | None = None) -> Iterator[Prometheus]:
    """The shipped configuration, fifteen times as quick, with the process at one address, or ``named`` ones, as its targets."""
    own = f"127.0.0.1:{free_port()}"
    (folder / "metrics-token").write_text("a-token-that-nobody-asks-for\n")
    (folder / "prometheus.yml").write_text(yaml.safe_dump(_configuration(folder, address, named or {})))
    command = ["prometheus", f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'series'}"]
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen([*command, f"--web.listen-address={own}"], stdout=log, stderr=log)
    try:
        running = Prometheus(f"http://{own}")
        eventually("Prometheus answers", lambda: _answers(running, process, folder), _START_SECONDS)
        yield running
    finally:
        process.terminate()
        process.wait(20)


def _configuration(folder: Path, address: str, named: Mapping[str, str]) -> Any:
    config = read(FOLDER / "prometheus" / "prometheus.yml")
    config["global"] = dict.fromkeys(("scrape_interval", "scrape_timeout", "evaluation_interval"), "1s")
    config["rule_files"] = [str(path) for path in RULES.glob("*.yml")]
    [ours] = [job for job in config["scrape_configs"] if job["job_name"] == "loanstream"]
    ours["authorization"]["credentials_file"] = str(folder / "metrics-token")
    if named:  # on one machine hosts do not tell processes apart
        del ours["relabel_configs"]
        ours["static_configs"] = [{"targets": [at], "labels": {"instance": name}} for name, at in named.items()]
    else:
        ours["static_configs"] = [{"targets": [address]}]
    config["scrape_configs"] = [ours]
    return config


def _answers(running: Prometheus, process: "subprocess.Popen[bytes]", folder: Path) -> bool:
    assert process.poll() is None, (folder / "prometheus.log").read_text()
    try:
        return httpx.get(f"{running.url}/-/ready", trust_env=False, timeout=5).is_success
    except httpx.TransportError:
        return False
