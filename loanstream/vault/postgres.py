"""The vault in PostgreSQL, schema ``vault``: one statement a write, every read recorded in the statement that reads."""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from loanstream.vault import crypto
from loanstream.vault.crypto import MasterKeys, WrappedKey
from loanstream.vault.port import SubjectErased, UnknownSubject
from loanstream.vault.records import ErasureRecord, Now, ReadRecord, checked, checked_purpose, utc_now

Connection: TypeAlias = "PoolConnectionProxy[asyncpg.Record]"

_LOCK = 0x7661756C74
"""Advisory lock of the migration: "vault" in ASCII."""

_KEY = "SELECT master_key, wrapped_key FROM vault.subjects WHERE subject = $1"

_FIRST = """
WITH owner AS (
    INSERT INTO vault.subjects (subject, identity_index, master_key, wrapped_key, created_at, created_by)
    VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (subject) DO UPDATE
        SET identity_index = excluded.identity_index, master_key = excluded.master_key,
            wrapped_key = excluded.wrapped_key, created_at = excluded.created_at, created_by = excluded.created_by,
            erased_at = NULL
        WHERE vault.subjects.wrapped_key IS NULL
    RETURNING 1
), stored AS (
    INSERT INTO vault.fields (subject, field, ciphertext, updated_at, updated_by)
    SELECT $1, f.name, f.ciphertext, $5, $6
    FROM unnest($7::text[], $8::bytea[]) AS f (name, ciphertext), owner
    ON CONFLICT (subject, field) DO UPDATE
        SET ciphertext = excluded.ciphertext, updated_at = excluded.updated_at, updated_by = excluded.updated_by
)
SELECT count(*) FROM owner
"""

_MORE = """
WITH owner AS (
    SELECT 1 FROM vault.subjects WHERE subject = $1 AND wrapped_key = $2 FOR SHARE
), stored AS (
    INSERT INTO vault.fields (subject, field, ciphertext, updated_at, updated_by)
    SELECT $1, f.name, f.ciphertext, $3, $4
    FROM unnest($5::text[], $6::bytea[]) AS f (name, ciphertext), owner
    ON CONFLICT (subject, field) DO UPDATE
        SET ciphertext = excluded.ciphertext, updated_at = excluded.updated_at, updated_by = excluded.updated_by
)
SELECT count(*) FROM owner
"""

_READ = """
WITH owner AS (
    SELECT master_key, wrapped_key FROM vault.subjects WHERE subject = $1
), recorded AS (
    INSERT INTO vault.reads (at, subject, fields, reader, purpose)
    SELECT $3, $1, $2::text[], $4, $5 FROM owner WHERE wrapped_key IS NOT NULL
)
SELECT owner.master_key, owner.wrapped_key, stored.field, stored.ciphertext
FROM owner LEFT JOIN vault.fields AS stored ON stored.subject = $1 AND stored.field = ANY ($2::text[])
"""

_ERASE = """
WITH owner AS (
    UPDATE vault.subjects SET wrapped_key = NULL, master_key = NULL, identity_index = NULL, erased_at = $2
    WHERE subject = $1 AND wrapped_key IS NOT NULL
    RETURNING 1
), removed AS (
    DELETE FROM vault.fields USING owner WHERE subject = $1
), recorded AS (
    INSERT INTO vault.erasures (at, subject, by, reason) SELECT $2, $1, $3, $4 FROM owner
)
SELECT EXISTS (SELECT 1 FROM owner) OR EXISTS (SELECT 1 FROM vault.subjects WHERE subject = $1)
"""


class PostgresVault:
    """Personal data of subjects. ``pool`` connects as a role that owns, or may use, schema ``vault``."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", keys: MasterKeys, now: Now = utc_now) -> None:
        self._pool = pool
        self._keys = keys
        self._now = now

    async def prepare(self) -> None:
        """See :func:`prepare_vault`."""
        await prepare_vault(self._pool)

    async def register(self, identity: str, fields: Mapping[str, str], *, by: str) -> str:
        """See :class:`~loanstream.vault.port.Vault`. An erased person who comes back gets a new key.

        A first registration or an erasure by another process between our two statements makes the second one write
        nothing: then the key is read again.
        """
        checked(identity, by)
        index_key = await self._keys.index_key()
        subject = crypto.reference(index_key, identity)
        index = crypto.index_entry(index_key, identity)
        async with self._pool.acquire() as connection:
            while not await self._store(connection, subject, index, fields, by):
                pass
        return subject

    async def read(self, subject: str, fields: Sequence[str], *, reader: str, purpose: str) -> Mapping[str, str]:
        """See :class:`~loanstream.vault.port.Vault`. A field that was never stored is left out."""
        checked_purpose(reader, purpose)
        rows = await self._pool.fetch(_READ, subject, list(fields), self._now(), reader, purpose)
        if not rows:
            raise UnknownSubject(f"no subject {subject!r} in the vault")
        if rows[0]["wrapped_key"] is None:
            raise SubjectErased(f"the data of {subject!r} was erased")
        cipher = crypto.cipher(
            await self._keys.unwrap(subject, WrappedKey(rows[0]["master_key"], rows[0]["wrapped_key"]))
        )
        return {
            row["field"]: crypto.unseal(cipher, row["ciphertext"], crypto.field_place(subject, row["field"])).decode()
            for row in rows
            if row["field"] is not None
        }

    async def find(self, identity: str) -> str | None:
        """See :class:`~loanstream.vault.port.Vault`; an erased person is not found."""
        index = crypto.index_entry(await self._keys.index_key(), identity)
        found: str | None = await self._pool.fetchval(
            "SELECT subject FROM vault.subjects WHERE identity_index = $1", index
        )
        return found

    async def erase(self, subject: str, *, by: str, reason: str) -> None:
        """See :class:`~loanstream.vault.port.Vault`; a second time changes nothing.

        Backups and write-ahead log still hold the wrapped key until they expire: erasures are replayed after a restore.
        """
        checked_purpose(by, reason)
        if not await self._pool.fetchval(_ERASE, subject, self._now(), by, reason):
            raise UnknownSubject(f"no subject {subject!r} in the vault")

    async def reads(self, subject: str) -> list[ReadRecord]:
        """Reads of a subject's data, oldest first."""
        rows = await self._pool.fetch(
            "SELECT at, subject, fields, reader, purpose FROM vault.reads WHERE subject = $1 ORDER BY id", subject
        )
        return [ReadRecord(r["at"], r["subject"], tuple(r["fields"]), r["reader"], r["purpose"]) for r in rows]

    async def erasures(self) -> list[ErasureRecord]:
        """All erasures, oldest first: to be replayed after a restore."""
        rows = await self._pool.fetch("SELECT at, subject, by, reason FROM vault.erasures ORDER BY id")
        return [ErasureRecord(r["at"], r["subject"], r["by"], r["reason"]) for r in rows]

    async def _store(
        self, connection: Connection, subject: str, index: bytes, fields: Mapping[str, str], by: str
    ) -> bool:
        """Write the fields under the subject's key, or a new one; ``False`` when the key changed in between."""
        row = await connection.fetchrow(_KEY, subject)
        if row is not None and row["wrapped_key"] is not None:
            wrapped = WrappedKey(row["master_key"], row["wrapped_key"])
            names, ciphertexts = _sealed(subject, await self._keys.unwrap(subject, wrapped), fields)
            arguments = (subject, wrapped.ciphertext, self._now(), by, names, ciphertexts)
            return bool(await connection.fetchval(_MORE, *arguments))
        data_key = crypto.new_data_key()
        wrapped = await self._keys.wrap(subject, data_key)
        names, ciphertexts = _sealed(subject, data_key, fields)
        first = (subject, index, wrapped.master, wrapped.ciphertext, self._now(), by, names, ciphertexts)
        return bool(await connection.fetchval(_FIRST, *first))


async def prepare_vault(pool: "asyncpg.Pool[asyncpg.Record]") -> None:
    """Make the schema and its tables where they are missing; several processes may do so at once. Needs no key."""
    scripts = sorted((entry.name, entry) for entry in files("loanstream.vault").joinpath("migrations").iterdir())
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
        for name, script in scripts:
            if name.endswith(".sql"):
                await connection.execute(script.read_text(encoding="utf-8"))


def _sealed(subject: str, data_key: bytes, fields: Mapping[str, str]) -> tuple[list[str], list[bytes]]:
    cipher = crypto.cipher(data_key)
    names = list(fields)
    return names, [crypto.seal(cipher, fields[name].encode(), crypto.field_place(subject, name)) for name in names]
