"""Cryptography of the vault: one data key per subject, wrapped by a master key; keyed references 信封加密.

AES-256-GCM with a fresh 96-bit nonce a message. The associated data binds every ciphertext to its place (subject and field),
so that a row copied elsewhere does not decrypt. References and the index are HMAC-SHA-256 under a key of their own, each with
its label, so that neither can be computed without the key nor turned into the other.
"""

import base64
import hmac
import json
import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from loanstream.vault.secretfile import secret_file

KEY_BYTES = 32
NONCE_BYTES = 12
REFERENCE_LETTERS = 26
"""130 bits of the HMAC in base32: no two of a billion identities meet by chance."""


class DamagedCiphertext(ValueError):
    """A ciphertext was altered, moved to another place, or made with another key."""


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A data key as stored: encrypted by the master key with this name."""

    master: str
    ciphertext: bytes


class MasterKeys(Protocol):
    """Where master keys live: a file here, a key-management service elsewhere (KMS port)."""

    async def wrap(self, subject: str, data_key: bytes) -> WrappedKey:
        """Encrypt a subject's data key with the current master key."""
        ...

    async def unwrap(self, subject: str, wrapped: WrappedKey) -> bytes:
        """Decrypt a data key. Raises :class:`DamagedCiphertext`, and ``KeyError`` for a master key that is not there."""
        ...

    async def index_key(self) -> bytes:
        """The fixed key of references and index; it is never rotated, or the same person would get another reference."""
        ...


class LocalMasterKeys:
    """Master keys held in memory, by name; new data keys are wrapped by the current one."""

    def __init__(self, keys: dict[str, bytes], current: str, index: bytes) -> None:
        self._keys = {name: AESGCM(key) for name, key in keys.items()}
        self._current = current
        self._index = index

    @classmethod
    def random(cls) -> "LocalMasterKeys":
        """Keys that live as long as the object."""
        return cls({"1": os.urandom(KEY_BYTES)}, "1", os.urandom(KEY_BYTES))

    @classmethod
    def from_file(cls, path: Path) -> "LocalMasterKeys":
        """Keys of a JSON file ``{"current", "keys": {name: base64}, "index": base64}``, made on first use, mode 0600.

        To rotate, add a key and make it current: older ones stay for the data keys that they wrapped. Losing the file loses
        all personal data: back it up apart from the database. Raises ``ValueError`` when the file is malformed.
        """
        content = secret_file(path, _new_file)
        try:
            stored = json.loads(content)
            keys = {name: _key(text) for name, text in stored["keys"].items()}
            index = _key(stored["index"])
            current = stored["current"]
            if current not in keys:
                raise ValueError(f"current key {current!r} is not among the keys")
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"master key file {path} is malformed: {error}; restore it from a backup") from None
        return cls(keys, current, index)

    async def wrap(self, subject: str, data_key: bytes) -> WrappedKey:
        """See :class:`MasterKeys`."""
        return WrappedKey(self._current, seal(self._keys[self._current], data_key, _wrap_place(subject)))

    async def unwrap(self, subject: str, wrapped: WrappedKey) -> bytes:
        """See :class:`MasterKeys`."""
        return unseal(self._keys[wrapped.master], wrapped.ciphertext, _wrap_place(subject))

    async def index_key(self) -> bytes:
        """See :class:`MasterKeys`."""
        return self._index


def new_data_key() -> bytes:
    """A random data key for one subject."""
    return AESGCM.generate_key(bit_length=256)


def cipher(data_key: bytes) -> AESGCM:
    """The cipher of a data key."""
    return AESGCM(data_key)


def seal(cipher: AESGCM, plaintext: bytes, place: bytes) -> bytes:
    """Nonce and ciphertext; ``place`` is authenticated, not stored."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, plaintext, place)


def unseal(cipher: AESGCM, sealed: bytes, place: bytes) -> bytes:
    """The plaintext of :func:`seal`. Raises :class:`DamagedCiphertext`."""
    try:
        return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place)
    except (InvalidTag, ValueError):
        raise DamagedCiphertext(
            "a ciphertext does not fit its key and place: altered, moved, or another installation's"
        ) from None


def field_place(subject: str, field: str) -> bytes:
    """What a field's ciphertext is bound to."""
    return _joined("field", subject, field)


def reference(index_key: bytes, identity: str) -> str:
    """The subject reference of an identity number: ``party-`` and 26 letters that say nothing without the key."""
    letters = base64.b32encode(_keyed(index_key, "subject", identity)).decode().lower()
    return f"party-{letters[:REFERENCE_LETTERS]}"


def index_entry(index_key: bytes, identity: str) -> bytes:
    """The entry by which an identity number is found again: 32 bytes."""
    return _keyed(index_key, "identity", identity)


def normal_identity(identity: str) -> str:
    """One spelling of an identity number: no blanks, capitals (the check digit of a resident identity card may be x)."""
    return "".join(identity.split()).upper()


def _keyed(key: bytes, label: str, identity: str) -> bytes:
    return hmac.digest(key, _joined(label, normal_identity(identity)), sha256)


def _wrap_place(subject: str) -> bytes:
    return _joined("data-key", subject)


def _joined(*parts: str) -> bytes:
    """Length-prefixed, so that no two lists of parts give the same bytes."""
    encoded = [part.encode() for part in parts]
    return b"".join(len(raw).to_bytes(4, "big") + raw for raw in encoded)


def _key(text: str) -> bytes:
    key = base64.b64decode(text, validate=True)
    if len(key) != KEY_BYTES:
        raise ValueError(f"a key has {len(key)} bytes instead of {KEY_BYTES}")
    return key


def _new_file() -> bytes:
    def key() -> str:
        return base64.b64encode(os.urandom(KEY_BYTES)).decode()

    return json.dumps({"current": "1", "keys": {"1": key()}, "index": key()}, indent=2).encode()
