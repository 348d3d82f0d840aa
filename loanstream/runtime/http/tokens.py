"""Verifying JSON Web Tokens: keys by key id, allowed algorithms, every claim that we rely on required."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import httpx
import jwt
import structlog

ALGORITHMS = ("EdDSA", "ES256", "ES384", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
"""Signatures that are accepted: public keys only, so that nobody who can verify can also sign."""

_LEEWAY_SECONDS = 10
_REQUIRED = ("exp", "iat", "iss", "aud", "sub")
_log = structlog.get_logger("loanstream.tokens")


class InvalidToken(Exception):
    """The token does not prove who calls; the text says why."""


class KeysUnavailable(Exception):
    """The key set of the identity provider cannot be read now."""


class KeySet(Protocol):
    """Where verification keys come from."""

    async def key(self, kid: str) -> jwt.PyJWK:
        """The key with this id. Raises :class:`InvalidToken` for an unknown one, :class:`KeysUnavailable`."""
        ...


@dataclass(frozen=True, slots=True)
class TokenVerifier:
    """Checks signature, issuer, audience and times of a token."""

    keys: KeySet
    issuer: str
    audience: str

    async def claims(self, token: str) -> Mapping[str, Any]:
        """The token's claims. Raises :class:`InvalidToken`, :class:`KeysUnavailable`."""
        try:
            header = jwt.get_unverified_header(token)
            if header.get("alg") not in ALGORITHMS:
                raise InvalidToken("the token is signed with an algorithm that is not accepted")
            key = await self.keys.key(str(header.get("kid", "")))
            verified: Mapping[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[key.algorithm_name],
                audience=self.audience,
                issuer=self.issuer,
                leeway=_LEEWAY_SECONDS,
                options={"require": list(_REQUIRED)},
            )
        except jwt.ExpiredSignatureError:
            raise InvalidToken("the token has expired: sign in again") from None
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
            raise InvalidToken(f"the token is not valid: {error}") from None
        return verified


class FixedKeys:
    """Keys that are known from the start."""

    def __init__(self, keys: Mapping[str, jwt.PyJWK]) -> None:
        self._keys = keys

    async def key(self, kid: str) -> jwt.PyJWK:
        """See :class:`KeySet`."""
        try:
            return self._keys[kid]
        except KeyError:
            raise InvalidToken(f"no key {kid!r}: the token was signed by another issuer or installation") from None


class RemoteKeys:
    """The key set of an OIDC issuer, read when a key id is unknown or an hour has passed, at most every ten seconds."""

    FRESH_SECONDS = 3600.0
    RETRY_SECONDS = 10.0

    def __init__(
        self,
        issuer: str,
        jwks_url: str = "",
        transport: httpx.AsyncBaseTransport | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._issuer = issuer
        self._jwks_url = jwks_url
        self._transport = transport
        self._monotonic = monotonic
        self._keys: Mapping[str, jwt.PyJWK] = {}
        self._read_at = self._tried_at = float("-inf")
        self._reading = asyncio.Lock()

    async def key(self, kid: str) -> jwt.PyJWK:
        """See :class:`KeySet`. Keys that were read stay in use while the issuer cannot be reached."""
        if kid not in self._keys or (self._is_stale() and not self._reading.locked()):
            # who knows no key yet waits for the one that reads: a first moment has many requests
            async with self._reading:
                now = self._monotonic()
                if (kid not in self._keys or self._is_stale()) and now - self._tried_at > self.RETRY_SECONDS:
                    await self._read(now)
        if kid in self._keys:
            return self._keys[kid]
        if self._read_at == float("-inf"):
            raise KeysUnavailable(f"the keys of {self._issuer} cannot be read now")
        raise InvalidToken(f"{self._issuer} has no key {kid!r}")

    def _is_stale(self) -> bool:
        return self._monotonic() - self._read_at > self.FRESH_SECONDS

    async def _read(self, now: float) -> None:
        self._tried_at = now
        try:
            async with httpx.AsyncClient(transport=self._transport, timeout=5.0) as client:
                if not self._jwks_url:
                    found = await client.get(f"{self._issuer}/.well-known/openid-configuration")
                    self._jwks_url = str(found.raise_for_status().json()["jwks_uri"])
                answer = (await client.get(self._jwks_url)).raise_for_status().json()
            self._keys = {key.key_id: key for key in _usable(answer["keys"]) if key.key_id}
            self._read_at = now
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            _log.warning("key set of the issuer cannot be read", issuer=self._issuer, error=repr(error))


def _usable(entries: list[dict[str, Any]]) -> list[jwt.PyJWK]:
    """Public signature keys of a key set; kinds that we do not know are passed over, as the standard says."""
    keys = []
    for entry in entries:
        if entry.get("use", "sig") != "sig" or entry.get("kty") == "oct":
            continue
        try:
            key = jwt.PyJWK(entry)
        except jwt.PyJWTError:
            continue
        if key.algorithm_name in ALGORITHMS:
            keys.append(key)
    return keys
