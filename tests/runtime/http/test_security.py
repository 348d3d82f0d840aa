"""Who calls, and what they may do."""

import asyncio
import base64
import json
import stat
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import ECAlgorithm

from loanstream.runtime.http.issuer import LocalIssuer, UnknownUser, initial_password, local_token
from loanstream.runtime.http.problems import Problem
from loanstream.runtime.http.security import Authenticator, owns
from loanstream.runtime.http.signing_in import Brake
from loanstream.runtime.http.tokens import InvalidToken, KeysUnavailable, RemoteKeys, TokenVerifier
from loanstream.runtime.kit import Principal
from loanstream.runtime.roles import parse, roles
from tests.runtime.http.world import World, key

COUNTS = "/api/testing/counters/c-1/counts"
COUNTER = "/api/testing/counters/c-1"


def bearer(token: str) -> dict[str, str]:
    """The header of a token."""
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def anonymous(world: World) -> httpx.AsyncClient:
    """A client without a token."""
    return world.client_of(world.app, user="")


# -- tokens ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header", [None, "", "Basic eA==", "Bearer", "Bearer  ", "Bearer x.y.z", "Bearer " + "a" * 5000]
)
async def test_without_a_valid_token_it_is_a_401_with_a_challenge(
    anonymous: httpx.AsyncClient, header: str | None
) -> None:
    answer = await anonymous.get(COUNTER, headers={} if header is None else {"Authorization": header})
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_without_the_permission_it_is_a_403_that_names_it_and_nothing_is_sent(world: World) -> None:
    client = world.client_of(world.app, "auditor")
    answer = await client.post(COUNTS, json={"by": 1}, headers=key())
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert answer.json()["permission"] == "servicing:record-receipt"
    assert await world.commands() == 0


async def test_permission_is_asked_before_the_input_is_looked_at(anonymous: httpx.AsyncClient) -> None:
    assert (await anonymous.post(COUNTS, json={"by": 1000}, headers=key())).status_code in (400, 401)


def claims(**changes: Any) -> dict[str, Any]:
    """Claims of a valid token."""
    now = datetime.now(UTC)
    valid = {"iss": "https://idp", "aud": "loanstream", "sub": "u", "iat": now, "exp": now + timedelta(hours=1)}
    return {name: value for name, value in {**valid, **changes}.items() if value is not None}


class OneKey:
    """A key set with one Ed25519 key."""

    def __init__(self) -> None:
        self.private = Ed25519PrivateKey.generate()
        public = self.private.public_key().public_bytes_raw()
        text = base64.urlsafe_b64encode(public).rstrip(b"=").decode()
        self.public = jwt.PyJWK({"kty": "OKP", "crv": "Ed25519", "x": text, "kid": "k", "alg": "EdDSA"})

    async def key(self, kid: str) -> jwt.PyJWK:
        """The key."""
        return self.public

    def sign(self, content: Mapping[str, Any]) -> str:
        """A token."""
        return jwt.encode(dict(content), self.private, algorithm="EdDSA", headers={"kid": "k"})


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": datetime.now(UTC) - timedelta(minutes=1)},
        {"exp": None},
        {"iat": None},
        {"sub": None},
        {"iss": "https://other"},
        {"aud": "other"},
        {"aud": None},
        {"nbf": datetime.now(UTC) + timedelta(hours=1)},
    ],
)
async def test_a_token_with_a_wrong_or_missing_claim_is_refused(changes: dict[str, Any]) -> None:
    keys = OneKey()
    verifier = TokenVerifier(keys, "https://idp", "loanstream")
    assert (await verifier.claims(keys.sign(claims())))["sub"] == "u"
    with pytest.raises(InvalidToken):
        await verifier.claims(keys.sign(claims(**changes)))


async def test_tokens_that_are_not_signed_or_signed_with_a_shared_secret_are_refused() -> None:
    keys = OneKey()
    verifier = TokenVerifier(keys, "https://idp", "loanstream")
    public = keys.private.public_key().public_bytes_raw()
    unsigned = jwt.encode(claims(), None, algorithm="none", headers={"kid": "k"})
    with_public_key_as_secret = jwt.encode(claims(), public, algorithm="HS256", headers={"kid": "k"})
    for token in (unsigned, with_public_key_as_secret, keys.sign(claims())[:-4] + "AAAA"):
        with pytest.raises(InvalidToken):
            await verifier.claims(token)


def test_a_verified_token_is_remembered_until_it_expires() -> None:
    keys, now = OneKey(), [0.0]
    counted = 0

    class Counting(TokenVerifier):
        async def claims(self, token: str) -> Mapping[str, Any]:
            nonlocal counted
            counted += 1
            return {"sub": "u", "exp": 100, "roles": ["auditor"]}

    authenticator = Authenticator(Counting(keys, "", ""), lambda: now[0])
    for now[0] in (0.0, 50.0, 99.0, 100.0):
        asyncio.run(authenticator.principal_of("t"))
    assert counted == 2


@pytest.mark.parametrize(
    ("given", "held"),
    [
        (["auditor", "nobody"], {"auditor", "nobody"}),
        ("auditor", set()),
        ({"a": 1}, set()),
        ([1, "auditor"], {"auditor"}),
    ],
)
async def test_roles_are_taken_from_a_list_of_texts_only(given: Any, held: set[str]) -> None:
    keys = OneKey()
    authenticator = Authenticator(TokenVerifier(keys, "https://idp", "loanstream"), time.time, "access.roles")
    principal = await authenticator.principal_of(keys.sign(claims(access={"roles": given})))
    assert principal.roles == held
    assert principal.permissions == (roles().granted["auditor"] if held else frozenset())


async def test_a_token_cannot_speak_as_the_system() -> None:
    keys = OneKey()
    authenticator = Authenticator(TokenVerifier(keys, "https://idp", "loanstream"), time.time)
    assert (await authenticator.principal_of(keys.sign(claims(sub="system")))).subject == "user:system"


# -- an OIDC issuer ------------------------------------------------------------------------------------------------------


class Provider:
    """An identity provider behind a mock transport."""

    def __init__(self) -> None:
        self.private = generate_private_key(SECP256R1())
        self.keys = [{**ECAlgorithm.to_jwk(self.private.public_key(), as_dict=True), "kid": "e1", "alg": "ES256"}]
        self.asked = 0
        self.away = False

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer discovery and key set."""
        self.asked += 1
        if self.away:
            return httpx.Response(502)
        if request.url.path.endswith("openid-configuration"):
            return httpx.Response(200, json={"jwks_uri": "https://idp/keys"})
        return httpx.Response(200, json={"keys": [*self.keys, {"kty": "oct", "k": "AAAA", "kid": "s"}, {"kty": "new"}]})

    def sign(self, kid: str = "e1") -> str:
        """A token of the provider."""
        return jwt.encode(claims(roles=["auditor"]), self.private, algorithm="ES256", headers={"kid": kid})


async def test_tokens_of_an_oidc_issuer_are_verified_with_its_key_set() -> None:
    provider, now = Provider(), [0.0]
    keys = RemoteKeys("https://idp", transport=httpx.MockTransport(provider), monotonic=lambda: now[0])
    verifier = TokenVerifier(keys, "https://idp", "loanstream")
    assert (await verifier.claims(provider.sign()))["roles"] == ["auditor"]
    await verifier.claims(provider.sign())
    assert provider.asked == 2

    provider.away = True
    now[0] = 4000.0
    assert await verifier.claims(provider.sign())

    provider.away, now[0] = False, 4005.0
    with pytest.raises(InvalidToken):
        await verifier.claims(provider.sign("unknown"))
    asked = provider.asked
    with pytest.raises(InvalidToken):
        await verifier.claims(provider.sign("unknown"))
    assert provider.asked == asked

    with pytest.raises(InvalidToken):
        await keys.key("s")


async def test_an_issuer_that_was_never_reached_is_not_the_callers_fault() -> None:
    provider = Provider()
    provider.away = True
    keys = RemoteKeys("https://idp", transport=httpx.MockTransport(provider))
    with pytest.raises(KeysUnavailable):
        await keys.key("e1")
    authenticator = Authenticator(TokenVerifier(keys, "https://idp", "loanstream"), time.time)
    with pytest.raises(Problem, match="issuer-unavailable"):
        await authenticator.principal_of(provider.sign())


# -- the local issuer ------------------------------------------------------------------------------------------------------


def test_the_files_of_the_issuer_are_private_and_stay(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    LocalIssuer.open(folder)
    content = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert set(content) == {"issuer.json", "users.json", "initial-password"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    LocalIssuer.open(folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == content
    assert initial_password(folder).encode() not in content["users.json"]


async def test_users_that_are_made_with_a_given_password_have_no_file_of_it(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    issuer = LocalIssuer.open(folder, password="correct horse battery")
    assert {path.name for path in folder.iterdir()} == {"issuer.json", "users.json"}
    assert await issuer.sign_in("auditor", "correct horse battery") is not None
    assert await issuer.sign_in("auditor", "another") is None
    # who the users are is settled: a later password is not theirs
    later = LocalIssuer.open(folder, password="a later password")
    assert await later.sign_in("auditor", "a later password") is None


async def test_the_machines_own_user_gets_tokens_without_a_password(data_dir: Path) -> None:
    issuer = LocalIssuer.open(data_dir)
    authenticator = Authenticator(issuer.verifier(), time.time)
    principal = await authenticator.principal_of(local_token(data_dir, "releaser-2"))
    assert (principal.subject, principal.roles) == ("user:releaser-2", {"releaser"})
    assert not principal.scoped
    with pytest.raises(UnknownUser, match=r"no user 'nobody'; there are: .*auditor"):
        local_token(data_dir, "nobody")


async def test_a_token_of_another_installation_is_refused(world: World, tmp_path: Path) -> None:
    answer = await world.client.get(COUNTER, headers=bearer(local_token(tmp_path, "operations-officer")))
    assert answer.status_code == 401


async def test_signing_in_gives_a_token_for_the_right_password_only(
    anonymous: httpx.AsyncClient, data_dir: Path
) -> None:
    right = {"user": "auditor", "password": initial_password(data_dir)}
    answer = await anonymous.post("/api/auth/token", json=right)
    assert (answer.status_code, answer.json()["token_type"], answer.json()["expires_in"]) == (200, "Bearer", 28800)
    me = await anonymous.get("/api/auth/me", headers=bearer(answer.json()["access_token"]))
    assert (me.json()["subject"], me.json()["roles"]) == ("user:auditor", ["auditor"])
    for wrong in ({**right, "password": "guess"}, {**right, "user": "nobody"}):
        answer = await anonymous.post("/api/auth/token", json=wrong)
        assert (answer.status_code, answer.json()["code"]) == (401, "wrong-credentials")


def test_guessing_is_slowed_down_per_user() -> None:
    now = [0.0]
    brake = Brake(lambda: now[0])
    for _ in range(5):
        brake.check("auditor")
        brake.failed("auditor")
    with pytest.raises(Problem, match="too-many-attempts"):
        brake.check("auditor")
    brake.check("other")
    now[0] += 3
    brake.check("auditor")
    brake.failed("auditor")
    now[0] += 3
    with pytest.raises(Problem, match="wait 2 s"):
        brake.check("auditor")
    now[0] += 2
    brake.passed("auditor")
    brake.check("auditor")


async def test_a_console_session_is_a_cookie_that_other_sites_cannot_use(
    anonymous: httpx.AsyncClient, data_dir: Path
) -> None:
    credentials = {"user": "operations-officer", "password": initial_password(data_dir)}
    answer = await anonymous.post("/api/auth/session", json=credentials)
    assert answer.status_code == 204
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Secure" not in cookie

    assert (await anonymous.get(COUNTER)).status_code == 200
    forged = await anonymous.post(COUNTS, json={"by": 1})
    assert (forged.status_code, forged.json()["code"]) == (403, "cross-site")
    assert (await anonymous.post(COUNTS, json={"by": 1}, headers=key())).status_code == 200

    await anonymous.delete("/api/auth/session")
    assert (await anonymous.get(COUNTER)).status_code == 401


async def test_a_session_can_start_from_a_token_of_the_identity_provider(world: World) -> None:
    client = world.client_of(world.app, user="")
    token = world.issuer.issue("auditor")
    assert (await client.put("/api/auth/session", headers=bearer(token))).status_code == 204
    assert (await client.get("/api/auth/me")).json()["subject"] == "user:auditor"
    assert (await client.put("/api/auth/session")).status_code == 401


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
async def test_a_form_of_another_site_cannot_sign_anybody_in(
    anonymous: httpx.AsyncClient, data_dir: Path, content_type: str
) -> None:
    body = json.dumps({"user": "auditor", "password": initial_password(data_dir)}).encode()
    answer = await anonymous.post("/api/auth/session", content=body, headers={"Content-Type": content_type})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported-media-type")
    assert "set-cookie" not in answer.headers


# -- roles -------------------------------------------------------------------------------------------------------------------


def test_maker_and_checker_and_the_two_releasers_are_different_people() -> None:
    known = roles()
    for one, other in (("propose-product", "publish-product"), ("sign-as-borrower", "sign-as-lender")):
        for role, granted in known.granted.items():
            assert not {f"origination:{one}", f"origination:{other}"} <= granted, role
    releasers = [name for name, user in known.demo_users.items() if "releaser" in user["roles"]]
    assert releasers == ["releaser-1", "releaser-2"]


def test_every_permission_is_granted_to_somebody_and_every_demo_user_does_something() -> None:
    known = roles()
    assert frozenset().union(*known.granted.values()) == set(known.permissions)
    assert all(known.permissions_of(user["roles"]) for user in known.demo_users.values())


def test_an_unknown_role_gives_nothing_and_sees_nothing_of_others() -> None:
    assert roles().permissions_of(["superuser"]) == frozenset()
    assert roles().is_scoped(["superuser"])


@pytest.mark.parametrize(
    "stored",
    [
        {"permissions": {}, "roles": {"r": {"permissions": ["x"]}}, "demo_users": {}},
        {"permissions": {}, "roles": {}, "demo_users": {"u": {"roles": ["r"]}}},
    ],
)
def test_a_roles_file_whose_names_do_not_fit_is_refused(stored: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="unknown"):
        parse(stored)


def test_a_misspelt_permission_of_a_route_is_found_when_the_route_is_made(world: World) -> None:
    with pytest.raises(ValueError, match=r"not in roles\.json"):
        world.kit.require("servicing:raed")


def test_a_borrower_sees_the_things_of_their_own_party_only() -> None:
    nothing: frozenset[str] = frozenset()
    staff = Principal("user:o", nothing, nothing)
    mine = Principal("user:b", nothing, nothing, party="party-1", scoped=True)
    desk = Principal("user:d", nothing, nothing, party="*", scoped=True)
    without = Principal("user:b", nothing, nothing, scoped=True)
    assert owns(staff, "party-1")
    assert owns(desk, "party-1")
    assert owns(mine, "party-1")
    assert not owns(mine, "party-2")
    assert not owns(without, "party-1")
    assert not owns(without, "")
