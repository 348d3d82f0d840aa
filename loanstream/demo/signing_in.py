"""Tokens of a system whose key is out of reach: its users sign in with a password, as a person would."""

from http import HTTPStatus

import httpx

from loanstream.demo.client import PASSING, DemoError, Tokens

_SECONDS = 30.0


def password_tokens(address: str, password: str, transport: httpx.BaseTransport | None = None) -> Tokens:
    """Tokens that the system at ``address`` gives for the password that its demo users were made with.

    They raise :class:`DemoError` where it refuses, and ``httpx.TransportError`` where it cannot answer now, so that the request
    which needs the token is tried again. ``transport`` is another way to the system, for tests.
    """
    with_password = {"password": password}

    def token(user: str) -> str:
        with httpx.Client(base_url=address, timeout=_SECONDS, trust_env=False, transport=transport) as http:
            answer = http.post("/api/auth/token", json={"user": user, **with_password})
        if answer.status_code in PASSING:
            raise httpx.TransportError(f"signing in was answered {answer.status_code}")
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            raise DemoError(
                f"the system at {address} does not take {user} with the password of LOANSTREAM_INITIAL_PASSWORD: name the one that"
                " its users were made with"
            )
        if not answer.is_success:
            raise DemoError(
                f"the system at {address} answered {answer.status_code} to {user} signing in: it has no users of its own; call the"
                " demo on its data folder"
            )
        return str(answer.json()["access_token"])

    return token
