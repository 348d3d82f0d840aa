"""``loanstream demo``: on the system that runs on the data folder, or on one started for it and stopped after."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from urllib.parse import urlsplit

from rich.console import Console

from loanstream.cli.installation import open_issuer
from loanstream.cli.listening import StartFailed
from loanstream.cli.process import running
from loanstream.cli.up import LOG_FILE
from loanstream.demo.client import DemoError, Rejected, client_for
from loanstream.demo.driver import run_demo
from loanstream.demo.options import BadOption, DemoOptions
from loanstream.demo.report import DemoReport
from loanstream.demo.signing_in import password_tokens
from loanstream.runtime.http.issuer import ISSUER_FILE
from loanstream.runtime.settings import Settings, made_folder, usable_folder

_START_SECONDS = 120.0
_STOP_SECONDS = 30.0
_FOLDER_ADVICE = (
    "name the data folder of that system with --data or LOANSTREAM_DATA_DIR, or the password of its users with"
    " LOANSTREAM_INITIAL_PASSWORD"
)


def demo(settings: Settings, options: DemoOptions, progress: Console | None) -> DemoReport:
    """Run the demo and answer its report.

    Raises :class:`~loanstream.demo.options.BadOption` for an address that none can be, or where the data folder has no key to
    sign tokens with; :class:`~loanstream.demo.client.DemoError`, :class:`StartFailed`.
    """
    if options.api is not None:
        _check_api(settings, options.api)
    with _system(settings, options.api, progress) as url:
        by_password = _signs_in_by_password(settings, options.api)
        tokens = password_tokens(url, settings.initial_password) if by_password else open_issuer(settings).issue
        try:
            return asyncio.run(run_demo(options, lambda: client_for(url), tokens, progress))
        except Rejected as error:
            if error.status != HTTPStatus.UNAUTHORIZED or options.api is None or by_password:
                raise
            raise DemoError(
                f"the system at {url} does not take tokens signed with the key of {settings.keys_path}: {_FOLDER_ADVICE}"
                f" ({error})"
            ) from None


def _signs_in_by_password(settings: Settings, api: str | None) -> bool:
    """Whether the users of a system elsewhere sign in: then its key need not be here."""
    return api is not None and bool(settings.initial_password)


def _check_api(settings: Settings, api: str) -> None:
    """Before anything is sent: an address that can be one, and a password or a key that signs."""
    try:
        address = urlsplit(api)
        good = address.scheme in ("http", "https") and bool(address.hostname) and address.port != 0
    except ValueError:
        good = False
    if not good:
        raise BadOption(f"--api {api}: an address like http://127.0.0.1:8600")
    usable_folder(settings.data_dir)
    if not settings.initial_password and not (settings.keys_path / ISSUER_FILE).exists():
        raise BadOption(f"--api {api}: {settings.keys_path} has no key to sign tokens with: {_FOLDER_ADVICE}")


@contextmanager
def _system(settings: Settings, api: str | None, progress: Console | None) -> Iterator[str]:
    """Address of the system to use."""
    there = running(settings.data_dir)
    if api is not None or there is not None:
        yield api or there.url  # type: ignore[union-attr]
        return
    made_folder(settings.data_dir)
    if progress is not None:
        progress.print(f"No system runs on {settings.data_dir}: starting one for the demo …", style="dim")
    signal.signal(signal.SIGTERM, _end)
    # A process of its own: server and client would share one core otherwise.
    server = subprocess.Popen(  # noqa: S603 - our own command line
        [sys.executable, "-m", "loanstream.cli", "up", "--data", str(settings.data_dir), "--port", "0"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        yield _address(settings, server)
    finally:
        server.terminate()
        server.wait(_STOP_SECONDS)


def _end(_number: int, _frame: object) -> None:
    """Leave by the front door, so that the server started for the demo is stopped too."""
    raise SystemExit(128 + signal.SIGTERM)


def _address(settings: Settings, server: "subprocess.Popen[bytes]") -> str:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        there = running(settings.data_dir)
        if there is not None and there.pid == server.pid:
            return there.url
        if server.poll() is not None:
            raise StartFailed(f"the system did not start: {_reason(settings, server)}")
        time.sleep(0.1)
    raise StartFailed(f"the system was not ready after {_START_SECONDS:g} s; see {settings.data_dir / LOG_FILE}")


def _reason(settings: Settings, server: "subprocess.Popen[bytes]") -> str:
    """What the server said last."""
    assert server.stderr is not None
    said = server.stderr.read().decode(errors="replace").strip().removeprefix("✗ ")
    return said or f"it ended with exit code {server.returncode}; see {settings.data_dir / LOG_FILE}"
