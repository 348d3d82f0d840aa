"""The PostgreSQL vault keeps the contract, and nothing readable stands in the database."""

import asyncio
from pathlib import Path

import pytest

from loanstream.vault.crypto import DamagedCiphertext, LocalMasterKeys
from loanstream.vault.postgres import PostgresVault
from tests.vault.contract import FIELDS, IDENTITY, VaultContract

Pool = "asyncpg.Pool[asyncpg.Record]"


@pytest.fixture
async def vault(pool: Pool) -> PostgresVault:
    """An empty vault."""
    made = PostgresVault(pool, LocalMasterKeys.random())
    await made.prepare()
    return made


@pytest.mark.postgres
class TestPostgresVault(VaultContract):
    """The contract on the PostgreSQL adapter."""


@pytest.mark.postgres
async def test_preparing_twice_and_at_the_same_time_changes_nothing(pool: Pool) -> None:
    vault = PostgresVault(pool, LocalMasterKeys.random())
    await asyncio.gather(vault.prepare(), vault.prepare(), vault.prepare())


@pytest.mark.postgres
async def test_no_row_holds_a_plain_value(vault: PostgresVault, pool: Pool) -> None:
    await vault.register(IDENTITY, FIELDS, by="user:desk")
    rows = [
        str(dict(row)).encode() + b"".join(v for v in row.values() if isinstance(v, bytes))
        for table in ("subjects", "fields", "reads", "erasures")
        for row in await pool.fetch(f"SELECT * FROM vault.{table}")
    ]
    everything = b"".join(rows)
    for secret in (IDENTITY, FIELDS["name"], FIELDS["phone"], "0013"):
        assert secret.encode() not in everything


@pytest.mark.postgres
async def test_a_ciphertext_moved_to_another_subject_or_field_does_not_decrypt(
    vault: PostgresVault, pool: Pool
) -> None:
    mine = await vault.register("1", {"name": "mine", "phone": "1"}, by="user:desk")
    await pool.execute(
        "UPDATE vault.fields f SET ciphertext = o.ciphertext FROM vault.fields o WHERE f.field = 'phone' AND o.field = 'name'"
    )
    with pytest.raises(DamagedCiphertext):
        await vault.read(mine, ["phone"], reader="user:o", purpose="p")


@pytest.mark.postgres
async def test_erasure_destroys_the_key_and_the_ciphertext_in_the_tables(vault: PostgresVault, pool: Pool) -> None:
    subject = await vault.register(IDENTITY, FIELDS, by="user:desk")
    await vault.erase(subject, by="user:dpo", reason="r")
    row = await pool.fetchrow("SELECT * FROM vault.subjects WHERE subject = $1", subject)
    assert row is not None
    assert (row["wrapped_key"], row["master_key"], row["identity_index"]) == (None, None, None)
    assert row["erased_at"] is not None
    assert await pool.fetchval("SELECT count(*) FROM vault.fields") == 0


@pytest.mark.postgres
async def test_another_process_with_the_same_key_file_reads_the_same_data(pool: Pool, tmp_path: Path) -> None:
    keyfile = tmp_path / "keys" / "vault.json"
    writer = PostgresVault(pool, LocalMasterKeys.from_file(keyfile))
    await writer.prepare()
    subject = await writer.register(IDENTITY, FIELDS, by="user:desk")
    reader = PostgresVault(pool, LocalMasterKeys.from_file(keyfile))
    assert await reader.find(IDENTITY) == subject
    assert await reader.read(subject, ["name"], reader="user:o", purpose="p") == {"name": FIELDS["name"]}


@pytest.mark.postgres
async def test_data_of_another_master_key_is_refused(pool: Pool, vault: PostgresVault) -> None:
    subject = await vault.register(IDENTITY, FIELDS, by="user:desk")
    stranger = PostgresVault(pool, LocalMasterKeys.random())
    with pytest.raises(DamagedCiphertext):
        await stranger.read(subject, ["name"], reader="user:o", purpose="p")
