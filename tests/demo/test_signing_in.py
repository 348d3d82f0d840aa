"""The demo signs in with a password where the key of the system is out of its reach."""

import json

import httpx
import pytest

from loanstream.demo.client import DemoError
from loanstream.demo.signing_in import password_tokens

PASSWORD = "correct horse battery"


def system(request: httpx.Request) -> httpx.Response:
    """Signs in whoever knows the password."""
    assert (request.method, request.url.path) == ("POST", "/api/auth/token")
    asked = json.loads(request.content)
    if asked["password"] != PASSWORD:
        return httpx.Response(401, json={"code": "wrong-credentials"})
    return httpx.Response(200, json={"access_token": f"token of {asked['user']}"})


def test_each_user_gets_a_token_of_their_own() -> None:
    token = password_tokens("http://system", PASSWORD, httpx.MockTransport(system))
    assert [token(user) for user in ("auditor", "borrower")] == ["token of auditor", "token of borrower"]


def test_a_wrong_password_ends_the_demo_with_the_setting_to_mend() -> None:
    token = password_tokens("http://system", "guess", httpx.MockTransport(system))
    with pytest.raises(DemoError, match="does not take auditor with the password of LOANSTREAM_INITIAL_PASSWORD"):
        token("auditor")


def test_a_system_without_users_of_its_own_ends_the_demo() -> None:
    token = password_tokens("http://system", PASSWORD, httpx.MockTransport(lambda _: httpx.Response(404)))
    with pytest.raises(DemoError, match="answered 404 to auditor signing in"):
        token("auditor")


@pytest.mark.parametrize("status", [429, 503])
def test_a_system_that_cannot_answer_now_is_asked_again_with_the_request(status: int) -> None:
    token = password_tokens("http://system", PASSWORD, httpx.MockTransport(lambda _: httpx.Response(status)))
    with pytest.raises(httpx.TransportError):
        token("auditor")
