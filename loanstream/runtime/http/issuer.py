"""The local issuer: signs tokens for the users of the data folder, until an identity provider takes over.

Files, made on first use, readable by the owner only: ``issuer.json`` (Ed25519 key), ``users.json`` (roles and scrypt hashes),
``initial-password`` (one random password of all demo users, unless one is given). Whoever can read the folder is the
installation's owner: the command line signs tokens with the folder's key, without a password.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm

from loanstream.runtime.http.tokens import FixedKeys, TokenVerifier
from loanstream.runtime.roles import roles
from loanstream.vault.secretfile import secret_file

AUDIENCE = "loanstream"
ISSUER_FILE = "issuer.json"
USERS_FILE = "users.json"
DEFAULT_LIFE = timedelta(hours=8)

_SCRYPT = {"n": 2**14, "r": 8, "p": 1}
_SCRYPT_MEMORY = 64 * 1024 * 1024
_HASH_BYTES = 32


class UnknownUser(LookupError):
    """The users' file has nobody of this name."""


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who can sign in here."""

    name: str
    roles: tuple[str, ...]
    party: str
    """The party they act for, ``*`` for any (a counter clerk, the demo), empty for none."""
    salt: bytes
    password_hash: bytes


class LocalIssuer:
    """Signs and verifies tokens with the key of one data folder."""

    def __init__(self, name: str, kid: str, key: Ed25519PrivateKey, users: Mapping[str, User], life: timedelta) -> None:
        self._name = name
        self._kid = kid
        self._key = key
        self._users = users
        self.life = life

    @classmethod
    def open(
        cls, data_dir: Path, life: timedelta = DEFAULT_LIFE, password: str = "", address: str = ""
    ) -> "LocalIssuer":
        """The issuer of a data folder. Key and users are made when missing, these with ``password``, else a random one.

        Where it is a process of its own, ``address`` is what its tokens name as their issuer.
        """
        stored = json.loads(secret_file(data_dir / ISSUER_FILE, _new_key))
        key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(stored["private"]))
        users = json.loads(
            secret_file(data_dir / USERS_FILE, lambda: _new_users(password or initial_password(data_dir)))
        )
        name = address or stored["issuer"]
        return cls(name, stored["kid"], key, {entry["name"]: _user(entry) for entry in users["users"]}, life)

    @classmethod
    def in_memory(cls) -> "LocalIssuer":
        """An issuer that nobody else trusts and that leaves no file, for a command that asks only itself."""
        users = json.loads(_new_users(secrets.token_urlsafe()))
        named = {entry["name"]: _user(entry) for entry in users["users"]}
        return cls("urn:loanstream:command", str(uuid4()), Ed25519PrivateKey.generate(), named, DEFAULT_LIFE)

    @property
    def users(self) -> tuple[str, ...]:
        """Names that can sign in."""
        return tuple(self._users)

    @property
    def name(self) -> str:
        """What its tokens name as their issuer."""
        return self._name

    def key_set(self) -> dict[str, Any]:
        """The public key, as a JSON Web Key Set."""
        public = OKPAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        return {"keys": [{**public, "kid": self._kid, "alg": "EdDSA", "use": "sig"}]}

    def verifier(self) -> TokenVerifier:
        """Verifies what this issuer signs."""
        [public] = self.key_set()["keys"]
        return TokenVerifier(FixedKeys({self._kid: jwt.PyJWK(public)}), self._name, AUDIENCE)

    def issue(self, user: str, now: datetime | None = None) -> str:
        """A token for a user. Raises :class:`UnknownUser`."""
        try:
            found = self._users[user]
        except KeyError:
            raise UnknownUser(f"no user {user!r}; there are: {', '.join(sorted(self._users))}") from None
        issued = now or datetime.now(UTC)
        claims: dict[str, Any] = {
            "iss": self._name,
            "aud": AUDIENCE,
            "sub": found.name,
            "iat": issued,
            "exp": issued + self.life,
            "jti": str(uuid4()),
            "roles": list(found.roles),
        }
        if found.party:
            claims["party"] = found.party
        return jwt.encode(claims, self._key, algorithm="EdDSA", headers={"kid": self._kid})

    async def sign_in(self, user: str, password: str) -> str | None:
        """A token when the password fits, else ``None``; takes as long for an unknown user as for a wrong password."""
        found = self._users.get(user)
        salt, expected = (found.salt, found.password_hash) if found else (b"nobody", bytes(_HASH_BYTES))
        given = await asyncio.to_thread(_hashed, password, salt)
        if found is None or not hmac.compare_digest(given, expected):
            return None
        return self.issue(user)


def local_token(data_dir: Path, user: str, life: timedelta = DEFAULT_LIFE, address: str = "") -> str:
    """A token signed with the folder's key, for commands of the machine's own user. Raises :class:`UnknownUser`."""
    return LocalIssuer.open(data_dir, life, address=address).issue(user)


def initial_password(data_dir: Path) -> str:
    """The random password that all demo users of this folder start with; it holds until ``users.json`` is changed."""
    return (
        secret_file(data_dir / "initial-password", lambda: secrets.token_urlsafe(15).encode() + b"\n").decode().strip()
    )


def user_entry(name: str, user_roles: list[str], password: str, party: str = "") -> dict[str, Any]:
    """An entry of ``users.json``."""
    salt = os.urandom(16)
    return {
        "name": name,
        "roles": user_roles,
        "party": party,
        "salt": base64.b64encode(salt).decode(),
        "scrypt": base64.b64encode(_hashed(password, salt)).decode(),
    }


def _user(entry: Mapping[str, Any]) -> User:
    return User(
        name=entry["name"],
        roles=tuple(entry["roles"]),
        party=entry.get("party", ""),
        salt=base64.b64decode(entry["salt"]),
        password_hash=base64.b64decode(entry["scrypt"]),
    )


def _hashed(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, maxmem=_SCRYPT_MEMORY, dklen=_HASH_BYTES, **_SCRYPT)


def _new_key() -> bytes:
    identifier = str(uuid4())
    private = base64.b64encode(Ed25519PrivateKey.generate().private_bytes_raw()).decode()
    issuer = f"urn:loanstream:local:{identifier}"
    return json.dumps({"issuer": issuer, "kid": identifier, "private": private}, indent=2).encode()


def _new_users(password: str) -> bytes:
    """The demo users. They share one password on purpose, so they can share its hash, which is slow to make."""
    shared = user_entry("", [], password)
    entries = [{**shared, "party": "", **entry, "name": name} for name, entry in roles().demo_users.items()]
    return json.dumps({"users": entries}, indent=2).encode()
