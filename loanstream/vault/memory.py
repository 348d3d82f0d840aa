"""The vault in memory, with the same cryptography as the real one: for tests and the simulation."""

from collections.abc import Mapping, Sequence

from loanstream.vault import crypto
from loanstream.vault.crypto import LocalMasterKeys, MasterKeys, WrappedKey
from loanstream.vault.port import SubjectErased, UnknownSubject
from loanstream.vault.records import ErasureRecord, Now, ReadRecord, checked, checked_purpose, utc_now


class MemoryVault:
    """Personal data of subjects, gone with the object."""

    def __init__(self, keys: MasterKeys | None = None, now: Now = utc_now) -> None:
        self._keys: MasterKeys = keys or LocalMasterKeys.random()
        self._now = now
        self._wrapped: dict[str, WrappedKey | None] = {}
        self._fields: dict[str, dict[str, bytes]] = {}
        self._index: dict[bytes, str] = {}
        self._reads: list[ReadRecord] = []
        self._erasures: list[ErasureRecord] = []

    async def register(self, identity: str, fields: Mapping[str, str], *, by: str) -> str:
        """See :class:`~loanstream.vault.port.Vault`. An erased person who comes back gets a new key."""
        checked(identity, by)
        index_key = await self._keys.index_key()
        subject = crypto.reference(index_key, identity)
        data_key = await self._key_of(subject)
        self._index[crypto.index_entry(index_key, identity)] = subject
        cipher = crypto.cipher(data_key)
        self._fields.setdefault(subject, {}).update(
            (name, crypto.seal(cipher, text.encode(), crypto.field_place(subject, name)))
            for name, text in fields.items()
        )
        return subject

    async def read(self, subject: str, fields: Sequence[str], *, reader: str, purpose: str) -> Mapping[str, str]:
        """See :class:`~loanstream.vault.port.Vault`. A field that was never stored is left out."""
        checked_purpose(reader, purpose)
        cipher = crypto.cipher(await self._keys.unwrap(subject, self._live(subject)))
        self._reads.append(ReadRecord(self._now(), subject, tuple(fields), reader, purpose))
        stored = self._fields[subject]
        return {
            name: crypto.unseal(cipher, stored[name], crypto.field_place(subject, name)).decode()
            for name in fields
            if name in stored
        }

    async def find(self, identity: str) -> str | None:
        """See :class:`~loanstream.vault.port.Vault`; an erased person is not found."""
        return self._index.get(crypto.index_entry(await self._keys.index_key(), identity))

    async def erase(self, subject: str, *, by: str, reason: str) -> None:
        """See :class:`~loanstream.vault.port.Vault`; a second time changes nothing."""
        checked_purpose(by, reason)
        if subject not in self._wrapped:
            raise UnknownSubject(f"no subject {subject!r} in the vault")
        if self._wrapped[subject] is None:
            return
        self._wrapped[subject] = None
        self._fields.pop(subject, None)
        self._index = {entry: found for entry, found in self._index.items() if found != subject}
        self._erasures.append(ErasureRecord(self._now(), subject, by, reason))

    async def reads(self, subject: str) -> list[ReadRecord]:
        """Reads of a subject's data, oldest first."""
        return [record for record in self._reads if record.subject == subject]

    async def erasures(self) -> list[ErasureRecord]:
        """All erasures, oldest first: to be replayed after a restore."""
        return list(self._erasures)

    async def _key_of(self, subject: str) -> bytes:
        wrapped = self._wrapped.get(subject)
        if wrapped is not None:
            return await self._keys.unwrap(subject, wrapped)
        data_key = crypto.new_data_key()
        self._wrapped[subject] = await self._keys.wrap(subject, data_key)
        return data_key

    def _live(self, subject: str) -> WrappedKey:
        try:
            wrapped = self._wrapped[subject]
        except KeyError:
            raise UnknownSubject(f"no subject {subject!r} in the vault") from None
        if wrapped is None:
            raise SubjectErased(f"the data of {subject!r} was erased")
        return wrapped
