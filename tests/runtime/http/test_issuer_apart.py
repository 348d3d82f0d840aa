"""The local issuer as a process of its own: others verify what it signs and pass passwords on, and none of them holds its key."""

import asyncio
import time
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from fastapi import APIRouter

from loanstream.runtime.http.app import build_app
from loanstream.runtime.http.issuer import LocalIssuer
from loanstream.runtime.http.issuing import IssuerApart, issuer_app
from loanstream.runtime.http.security import Authenticator
from loanstream.runtime.http.tokens import RemoteKeys
from loanstream.runtime.settings import BadSetting, Settings
from tests.runtime.http.world import World
from tests.support.counting import counting_service

ADDRESS = "http://issuer.example:8600"
PASSWORD = "correct horse battery"
RIGHT = {"user": "auditor", "password": PASSWORD}


class Line(httpx.AsyncBaseTransport):
    """The way to the issuer, which can be cut; counts what goes over it."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self.inner = inner
        self.cut = False
        self.asked: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Passed on, a moment later, unless the way is cut."""
        self.asked.append(request.url.path)
        await asyncio.sleep(0.01)
        if self.cut:
            raise httpx.ConnectError("nobody there")
        return await self.inner.handle_async_request(request)


@pytest.fixture
def issuer(tmp_path: Path) -> LocalIssuer:
    """The issuer of a folder of its own."""
    return LocalIssuer.open(tmp_path / "issuer", password=PASSWORD, address=ADDRESS)


@pytest.fixture
def line(issuer: LocalIssuer, tmp_path: Path) -> Line:
    """The way to its process."""
    settings = Settings(data_dir=tmp_path / "issuer", auth="local", issuer_url=ADDRESS)
    app = issuer_app(issuer, settings, Authenticator(issuer.verifier(), time.time))
    return Line(httpx.ASGITransport(app))


@pytest.fixture
def client(world: World, line: Line) -> httpx.AsyncClient:
    """Somebody who asks a process that does not sign."""
    apart = IssuerApart(ADDRESS, line)
    authenticator = Authenticator(apart.verifier(), time.time)
    service = replace(counting_service(), api=lambda _kit: APIRouter())
    app = build_app([(service, world.kit)], world.settings, authenticator, issuer=apart)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x")


async def test_a_password_is_passed_on_and_the_token_verified_by_the_key_set(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/auth/token", json=RIGHT)
    assert (answer.status_code, answer.json()["expires_in"]) == (200, 28800)
    me = await client.get("/api/auth/me", headers={"Authorization": f"Bearer {answer.json()['access_token']}"})
    assert (me.json()["subject"], me.json()["roles"]) == ("user:auditor", ["auditor"])


async def test_the_console_signs_in_the_same_way(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/auth/session", json=RIGHT)
    assert answer.status_code == 204
    assert "Max-Age=28800" in answer.headers["set-cookie"]
    assert (await client.get("/api/auth/me")).json()["subject"] == "user:auditor"


async def test_a_wrong_password_is_refused_and_guessing_braked_by_the_issuer(client: httpx.AsyncClient) -> None:
    answers = [await client.post("/api/auth/token", json={**RIGHT, "password": "guess"}) for _ in range(6)]
    assert [(each.status_code, each.json()["code"]) for each in answers[:5]] == [(401, "wrong-credentials")] * 5
    assert (answers[5].status_code, answers[5].json()["code"]) == (429, "too-many-attempts")
    assert int(answers[5].headers["retry-after"]) > 0


async def test_while_the_issuer_is_away_nobody_new_signs_in_and_who_has_a_token_works_on(
    client: httpx.AsyncClient, line: Line, issuer: LocalIssuer
) -> None:
    first = {"Authorization": f"Bearer {issuer.issue('auditor')}"}
    assert (await client.get("/api/auth/me", headers=first)).status_code == 200
    line.cut = True
    refused = await client.post("/api/auth/token", json=RIGHT)
    assert (refused.status_code, refused.json()["code"]) == (503, "issuer-unavailable")
    another = {"Authorization": f"Bearer {issuer.issue('operator')}"}
    assert (await client.get("/api/auth/me", headers=another)).status_code == 200, "the key set is known"


async def test_a_token_that_somebody_else_signed_is_refused(client: httpx.AsyncClient, tmp_path: Path) -> None:
    for other in (LocalIssuer.open(tmp_path / "other", address=ADDRESS), LocalIssuer.in_memory()):
        token = {"Authorization": f"Bearer {other.issue('administrator')}"}
        assert (await client.get("/api/auth/me", headers=token)).status_code == 401


async def test_the_first_requests_wait_together_for_the_key_set(
    client: httpx.AsyncClient, line: Line, issuer: LocalIssuer
) -> None:
    tokens = [{"Authorization": f"Bearer {issuer.issue('auditor')}"} for _ in range(8)]
    answers = await asyncio.gather(*(client.get("/api/auth/me", headers=token) for token in tokens))
    assert {answer.status_code for answer in answers} == {200}
    assert line.asked == ["/.well-known/openid-configuration", "/.well-known/jwks.json"]


async def test_the_waiting_end_when_the_key_set_cannot_be_read(line: Line, issuer: LocalIssuer) -> None:
    line.cut = True
    keys = RemoteKeys(ADDRESS, transport=line)
    failed = await asyncio.gather(*(keys.key("any") for _ in range(8)), return_exceptions=True)
    assert {type(each).__name__ for each in failed} == {"KeysUnavailable"}
    assert len(line.asked) == 1, "it is asked once, not once for each who waits"


async def test_the_key_set_holds_nothing_private(line: Line) -> None:
    async with httpx.AsyncClient(transport=line, base_url=ADDRESS) as asking:
        [key] = (await asking.get("/.well-known/jwks.json")).json()["keys"]
        assert key.keys() == {"crv", "x", "kty", "kid", "alg", "use"}
        assert (await asking.get("/health/ready")).status_code == 200
        assert (await asking.get("/api/openapi.json")).status_code == 404


def test_an_identity_provider_leaves_no_place_for_the_issuer() -> None:
    with pytest.raises(BadSetting, match="has another"):
        Settings(auth="oidc", oidc_issuer="https://identity.example", issuer_url=ADDRESS).check()
