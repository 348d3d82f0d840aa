"""Numbered SQL: applied once, in order, refused when it was changed."""

import asyncio
import shutil
from pathlib import Path

import pytest

from loanstream.eventlog.port import TopicPartition
from loanstream.runtime.database import open_pool
from loanstream.runtime.migrations import STORE_MIGRATIONS, MigrationRefused, load, migrate
from loanstream.runtime.postgres_store import PostgresStore, open_store

pytestmark = pytest.mark.postgres


def _folder(tmp_path: Path, **files: str) -> Path:
    for name, sql in files.items():
        (tmp_path / f"{name.removeprefix('n')}.sql").write_text(sql)
    return tmp_path


async def test_new_files_are_applied_in_order_and_old_ones_are_not_repeated(
    fresh_database: str, tmp_path: Path
) -> None:
    async with await open_pool(fresh_database, schema="servicing_read") as pool, pool.acquire() as connection:
        sets = {"servicing": _folder(tmp_path, n0001_loans="CREATE TABLE loans (id text); CREATE INDEX ON loans (id)")}
        assert await migrate(connection, "servicing_read", sets, "") == ["servicing 0001_loans"]
        _folder(tmp_path, n0002_amount="ALTER TABLE loans ADD amount bigint")
        assert await migrate(connection, "servicing_read", sets, "") == ["servicing 0002_amount"]
        assert await migrate(connection, "servicing_read", sets, "") == []
        await connection.execute("INSERT INTO servicing_read.loans (id, amount) VALUES ('a', 1)")


async def test_sets_in_one_schema_have_numbers_of_their_own(fresh_database: str, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    sets = {
        "platform": _folder(tmp_path / "a", n0001_index="CREATE TABLE event_index (id text)"),
        "servicing": _folder(tmp_path / "b", n0001_loans="CREATE TABLE loans (id text)"),
    }
    async with await open_pool(fresh_database) as pool, pool.acquire() as connection:
        assert await migrate(connection, "x", sets, "") == ["platform 0001_index", "servicing 0001_loans"]


async def test_a_changed_file_is_refused_with_what_to_do_and_changes_nothing(
    fresh_database: str, tmp_path: Path
) -> None:
    async with await open_pool(fresh_database) as pool, pool.acquire() as connection:
        sets = {"servicing": _folder(tmp_path, n0001_loans="CREATE TABLE loans (id text)")}
        await migrate(connection, "x", sets, "")
        _folder(tmp_path, n0001_loans="CREATE TABLE loans (id uuid)", n0002_more="CREATE TABLE more (id text)")
        with pytest.raises(MigrationRefused, match=r"0001_loans was changed after it was applied: put .* Or rebuild\."):
            await migrate(connection, "x", sets, "Or rebuild.")
        assert await connection.fetchval("SELECT to_regclass('x.more')") is None


async def test_a_database_of_a_newer_release_is_refused(fresh_database: str, tmp_path: Path) -> None:
    async with await open_pool(fresh_database) as pool, pool.acquire() as connection:
        sets = {"servicing": _folder(tmp_path, n0001_loans="SELECT 1", n0002_later="SELECT 2")}
        await migrate(connection, "x", sets, "")
        (tmp_path / "0002_later.sql").unlink()
        with pytest.raises(MigrationRefused, match="0002_later was applied but this release does not have it"):
            await migrate(connection, "x", sets, "")


async def test_a_migration_that_fails_leaves_nothing_behind(fresh_database: str, tmp_path: Path) -> None:
    async with await open_pool(fresh_database) as pool, pool.acquire() as connection:
        sets = {"servicing": _folder(tmp_path, n0001_loans="CREATE TABLE loans (id text); SELECT 1/0")}
        with pytest.raises(Exception, match="division by zero"):
            await migrate(connection, "x", sets, "")
        assert await connection.fetchval("SELECT to_regclass('x.loans')") is None


async def test_processes_that_start_at_once_apply_each_file_once(fresh_database: str, tmp_path: Path) -> None:
    sets = {"servicing": _folder(tmp_path, n0001_loans="CREATE TABLE loans (id text)")}

    async def start() -> list[str]:
        async with await open_pool(fresh_database) as pool, pool.acquire() as connection:
            return await migrate(connection, "x", sets, "")

    applied = await asyncio.gather(*(start() for _ in range(4)))
    assert sorted(map(len, applied)) == [0, 0, 0, 1]


async def test_what_the_reactors_kept_as_routers_goes_on_under_their_new_name(
    fresh_database: str, tmp_path: Path
) -> None:
    for shipped in sorted(STORE_MIGRATIONS.glob("000[12]_*.sql")):
        shutil.copy(shipped, tmp_path)
    async with await open_pool(fresh_database) as pool:
        async with pool.acquire() as connection:
            await migrate(connection, "hosts", {"store": tmp_path}, "")
        old = PostgresStore(pool)
        place = TopicPartition("loanstream.origination.events.v1", 0)
        for name in ("risk.router", "funding.router"):
            assert await old.advance(name, {}, {place: 7}, (), ())
        new = await open_store(pool)
        assert await new.positions("risk.reactor") == {place: 7}
        assert await new.positions("risk.router") == {}
        assert await new.positions("funding.router") == {place: 7}


def test_a_gap_in_the_numbers_or_a_bad_name_is_refused(tmp_path: Path) -> None:
    _folder(tmp_path, n0001_loans="", n0003_more="")
    with pytest.raises(MigrationRefused, match="without a gap"):
        load(tmp_path)
    _folder(tmp_path, extra="")
    with pytest.raises(MigrationRefused, match="not named like"):
        load(tmp_path)
