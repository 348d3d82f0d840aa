"""docker-compose.yml as its users start it, under a name, ports and secrets of the test's own."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.deploy.compose_file import ROOT, SECRETS_SCRIPT
from tests.support.ports import free_port

IMAGE = "loanstream:under-test"
BUILD_SECONDS = 900
START_SECONDS = 420


CONNECT = """
import socket, sys

for address in sys.argv[1:]:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), 2).close()
        print(address)
    except OSError:
        pass
"""
"""Run in a container: prints the addresses that take a connection."""


class Stack:
    """The containers of one project."""

    def __init__(self, folder: Path, project: str) -> None:
        self.project = project
        self.secrets = folder / "secrets"
        self.port, self.kafka_port, *more = (free_port() for _ in range(4))
        self._environment = {
            **{
                name: value
                for name, value in os.environ.items()
                if not name.startswith(("LOANSTREAM_", "KAFKA_", "COMPOSE_"))
            },
            "COMPOSE_PROJECT_NAME": project,
            "LOANSTREAM_IMAGE": IMAGE,
            "LOANSTREAM_SECRETS": str(self.secrets),
            "LOANSTREAM_PORT": str(self.port),
            "KAFKA_PORT": str(self.kafka_port),
            "KAFKA_PORT_2": str(more[0]),
            "KAFKA_PORT_3": str(more[1]),
        }
        subprocess.run([SECRETS_SCRIPT, self.secrets], check=True, capture_output=True)

    @property
    def url(self) -> str:
        """Where the API answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def brokers(self) -> str:
        """Where the cluster answers a client on this machine."""
        return f"127.0.0.1:{self.kafka_port}"

    def secret(self, name: str) -> str:
        """One of the secrets that the containers are given as files."""
        return (self.secrets / name).read_text().strip()

    def compose(self, *arguments: str, seconds: float = START_SECONDS, **variables: str) -> str:
        """What a command of docker compose prints; it must succeed."""
        return self._done("docker", "compose", *arguments, seconds=seconds, **variables)

    def make(self, *arguments: str, **variables: str) -> str:
        """What a target of the Makefile prints; it must succeed."""
        return self._done("make", *arguments, seconds=START_SECONDS + BUILD_SECONDS, **variables)

    def _done(self, *command: str, seconds: float, **variables: str) -> str:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=self._environment | variables,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        assert done.returncode == 0, f"{' '.join(command)}:\n{done.stdout}\n{done.stderr}{self.said()}"
        return done.stdout

    def up(self) -> None:
        """Start everything; returns when all is healthy."""
        self.compose("up", "--wait", "--wait-timeout", str(START_SECONDS), seconds=START_SECONDS + BUILD_SECONDS)

    def loanstream(self, *arguments: str) -> str:
        """What a command of ours prints in the API's container."""
        return self.compose("exec", "--no-TTY", "api", "loanstream", *arguments)

    def demo(self, *arguments: str) -> "subprocess.Popen[str]":
        """The demo, from this machine, with the password that the containers were given."""
        return subprocess.Popen(
            [
                sys.executable,
                "-m",
                "loanstream.cli",
                *arguments,
                "--api",
                self.url,
                "--data",
                str(self.secrets / "none"),
            ],
            env=host_environment() | {"LOANSTREAM_INITIAL_PASSWORD_FILE": str(self.secrets / "initial-password")},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def metrics(self, token: str = "") -> httpx.Response:
        """What a scraper is answered."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.get(f"{self.url}/metrics", headers=headers, trust_env=False, timeout=30)

    def kill(self, service: str) -> None:
        """End a container at once; it stays away."""
        self.compose("kill", service)

    def opened(self, network: str, *addresses: str) -> list[str]:
        """Which addresses (``host:port``) a container on one of the networks can connect to."""
        arguments = ["--network", f"{self.project}_{network}", "--entrypoint", "python", IMAGE, "-c", CONNECT]
        done = subprocess.run(
            ["docker", "run", "--rm", *arguments, *addresses], capture_output=True, text=True, check=True
        )
        return done.stdout.split()

    def addresses(self, service: str) -> list[str]:
        """The addresses of a container, on every network that it is in."""
        networks = self.containers()[service]["NetworkSettings"]["Networks"]
        return [network["IPAddress"] for network in networks.values()]

    def containers(self) -> dict[str, dict[str, Any]]:
        """What the engine says of every container, by service."""
        names = self.compose("ps", "--all", "--quiet").split()
        inspected = subprocess.run(["docker", "inspect", *names], capture_output=True, text=True, check=True).stdout
        return {found["Config"]["Labels"]["com.docker.compose.service"]: found for found in json.loads(inspected)}

    def said(self, lines: int = 15) -> str:
        """The last lines of every container, for a failing test."""
        done = subprocess.run(
            ["docker", "compose", "logs", "--no-color", "--tail", str(lines)],
            cwd=ROOT,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return f"\n{done.stdout}"

    def remove(self) -> None:
        """Stop and delete everything, data included."""
        subprocess.run(
            ["docker", "compose", "--profile", "*", "down", "--volumes", "--timeout", "40"],
            cwd=ROOT,
            env=self._environment,
            capture_output=True,
            check=False,
        )


@contextmanager
def stack(folder: Path, project: str) -> Iterator[Stack]:
    """Containers that are removed in the end, however that comes."""
    made = Stack(folder, f"{project}-{os.getpid()}")
    try:
        yield made
    finally:
        made.remove()


def ended(demo: "subprocess.Popen[str]", seconds: float = 900) -> dict[str, Any]:
    """The table of a demo that must succeed."""
    try:
        said, errors = demo.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        demo.kill()
        raise
    assert demo.returncode == 0, f"{said}\n{errors}"
    table: dict[str, Any] = json.loads(said)
    return table


def host_environment() -> dict[str, str]:
    """This process's, without settings of ours."""
    return {name: value for name, value in os.environ.items() if not name.startswith("LOANSTREAM_")}


def build(context: Path, tag: str) -> None:
    """Build an image from a folder with a Dockerfile."""
    arguments = [f"--build-arg={name}={os.environ.get(name, '')}" for name in ("PIP_INDEX_URL", "UV_DEFAULT_INDEX")]
    done = subprocess.run(
        ["docker", "build", *arguments, "--tag", tag, context],
        capture_output=True,
        text=True,
        timeout=BUILD_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]


def copied_context(to: Path) -> Path:
    """A copy of what an image is made of."""
    to.mkdir()
    for name in (
        "Dockerfile",
        ".dockerignore",
        "pyproject.toml",
        "README.md",
        "requirements.lock",
        "requirements-image.lock",
    ):
        shutil.copy2(ROOT / name, to / name)
    for name in ("loanstream", "schemas", "services"):
        shutil.copytree(ROOT / name, to / name, ignore=shutil.ignore_patterns("__pycache__"))
    return to


def exit_codes(containers: dict[str, dict[str, Any]], names: Sequence[str]) -> dict[str, int]:
    """How containers ended."""
    return {name: containers[name]["State"]["ExitCode"] for name in names}
