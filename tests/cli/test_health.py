"""``loanstream health``: one sentence and an exit code for whoever watches a container."""

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.e2e.system import command, environment


@contextmanager
def answering(status: int, body: bytes) -> Iterator[int]:
    """A server on loopback that gives one answer to every request for the readiness; yields its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            good = self.path == "/health/ready"
            self.send_response(status if good else 404)
            self.end_headers()
            self.wfile.write(body if good else b"{}")

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def health(*arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Ask."""
    return subprocess.run(
        command("health", *arguments),
        capture_output=True,
        text=True,
        timeout=60,
        env=environment(**variables),
        check=False,
    )


def ready() -> bytes:
    """What a ready process says."""
    return json.dumps({"status": "ready"}).encode()


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_a_ready_process_is_asked_where_it_listens(host: str) -> None:
    with answering(200, ready()) as port:
        asked = health(LOANSTREAM_HOST=host, LOANSTREAM_PORT=str(port), LOANSTREAM_AUTH="local")
    assert (asked.returncode, asked.stdout) == (0, f"The process on port {port} is ready.\n")


def test_a_port_can_be_named() -> None:
    with answering(200, ready()) as port:
        asked = health("--port", str(port), LOANSTREAM_PORT="1")
    assert asked.returncode == 0, asked.stdout


def test_one_that_is_not_ready_is_told_with_what_is_missing() -> None:
    body = {"status": "not-ready", "waiting_for": ["decider servicing 3: folds, 40 of 90", "projector"]}
    with answering(503, json.dumps(body).encode()) as port:
        asked = health(LOANSTREAM_PORT=str(port))
    assert asked.returncode == 1
    assert (
        asked.stdout == f"The process on port {port} is not ready: decider servicing 3: folds, 40 of 90; projector.\n"
    )


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"waiting_for": 3}'])
def test_another_program_on_the_port_is_no_health(body: bytes) -> None:
    with answering(503, body) as port:
        asked = health(LOANSTREAM_PORT=str(port))
    assert asked.returncode == 1
    assert f"No usable answer from 127.0.0.1:{port}" in asked.stdout


def test_nobody_there_is_told_in_a_sentence() -> None:
    asked = health(LOANSTREAM_PORT="1")
    assert asked.returncode == 1
    assert "No usable answer from 127.0.0.1:1 (ConnectionRefusedError" in asked.stdout
    assert asked.stderr == ""


def test_a_wrong_setting_is_told_in_a_sentence() -> None:
    asked = health(LOANSTREAM_PORT="http")
    assert asked.returncode == 1
    assert "LOANSTREAM_PORT" in asked.stdout
    assert asked.stderr == ""
