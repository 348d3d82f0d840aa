"""``loanstream health``: what a container's health check runs. It asks over HTTP, because that is what has to work."""

import json
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from ipaddress import ip_address

from loanstream.runtime.settings import BadSetting, Settings

_SECONDS = 4.0


def health(port: int | None = None) -> int:
    """Print one sentence; 0 when the process that listens on ``port``, else on that of the settings, is ready.

    1 when it is not or does not answer.
    """
    try:
        settings = Settings.from_environment()
    except BadSetting as error:
        print(error)
        return 1
    ready, sentence = _asked(_reachable(settings.host), settings.port if port is None else port)
    print(sentence)
    return 0 if ready else 1


def _asked(host: str, port: int) -> tuple[bool, str]:
    connection = HTTPConnection(host, port, timeout=_SECONDS)
    try:
        connection.request("GET", "/health/ready")
        answer = connection.getresponse()
        body = json.loads(answer.read())
        waiting = "; ".join(map(str, body.get("waiting_for", ())))
    except (OSError, HTTPException, ValueError, AttributeError, TypeError) as error:
        return False, f"No usable answer from {host}:{port} ({type(error).__name__}: {error})."
    finally:
        connection.close()
    if answer.status == HTTPStatus.OK:
        return True, f"The process on port {port} is ready."
    return False, f"The process on port {port} is not ready: {waiting or f'it answered {answer.status}'}."


def _reachable(host: str) -> str:
    """Where a process that listens on ``host`` answers: one that listens everywhere, on loopback."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not address.is_unspecified:
        return host
    return "127.0.0.1" if address.version == 4 else "::1"
