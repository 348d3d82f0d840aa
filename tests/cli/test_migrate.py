"""``loanstream migrate``: every table of a release before its processes start, as often as one likes."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from schemas.topics import CONTEXTS
from tests.e2e.system import run

pytestmark = pytest.mark.postgres

TABLES = "SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname !~ '^(pg_|information_schema)'"


def tables(dsn: str) -> set[str]:
    """Every table of a database."""

    async def look() -> set[str]:
        connection = await asyncpg.connect(dsn)
        try:
            return {row[0] for row in await connection.fetch(TABLES)}
        finally:
            await connection.close()

    return asyncio.run(look())


def test_it_makes_every_table_and_a_second_time_changes_nothing(tmp_path: Path, fresh_database: str) -> None:
    for _ in range(2):
        done = run("migrate", "--data", str(tmp_path), LOANSTREAM_DATABASE_URL=fresh_database)
        assert done.returncode == 0, done.stderr
        assert "The tables of every service are those of this release." in done.stdout
    made = tables(fresh_database)
    for context in CONTEXTS:
        assert f"{context}_read.event_index" in made
    assert {"hosts.positions", "hosts.effects"} <= made
    assert any(name.startswith("vault.") for name in made)


def test_a_database_that_does_not_answer_is_told_in_a_sentence(tmp_path: Path) -> None:
    done = run("migrate", "--data", str(tmp_path), LOANSTREAM_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    assert done.returncode == 1
    assert "LOANSTREAM_DATABASE_URL: the database does not answer" in done.stderr
    assert "Traceback" not in done.stderr
