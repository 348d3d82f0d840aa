"""Numbered SQL files applied once each, in order, with their checksums kept beside the tables.

Files are named ``0001_what_it_does.sql`` and use unqualified names: the schema that they go into is the search path. Several
sets (a service's own tables, the platform's) live in one schema, each with numbers of its own.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from loanstream.runtime.database import Connection, quoted

STORE_MIGRATIONS = Path(__file__).parent / "migrations" / "store"
"""Tables of the hosts: positions, effects, idempotency, dead letters, snapshots."""

READ_MIGRATIONS = Path(__file__).parent / "migrations" / "read"
"""Read tables that every service has."""

BOOKKEEPING = "schema_migrations"
"""The table of what was applied; it is part of every schema."""

_FILE_NAME = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")


class MigrationRefused(Exception):
    """The shipped files do not continue what was applied; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered SQL file."""

    number: int
    name: str
    sql: str
    checksum: str


def load(folder: Path) -> tuple[Migration, ...]:
    """The migrations of a folder, in order. Raises :class:`MigrationRefused` for a bad name or a gap in the numbers."""
    found = tuple(_read(path) for path in sorted(folder.glob("*.sql")))
    numbers = [migration.number for migration in found]
    if numbers != list(range(1, len(found) + 1)):
        raise MigrationRefused(f"migrations in {folder} are numbered {numbers}: number them 0001, 0002 … without a gap")
    return found


async def migrate(connection: Connection, schema: str, sets: Mapping[str, Path], advice: str) -> list[str]:
    """Bring ``schema`` up to date with every set (name → folder) in one transaction; returns what was applied.

    An advisory lock lets several processes start at once. Raises :class:`MigrationRefused`, with ``advice`` at its end, when
    an applied file was changed or is unknown to this release; nothing is then changed.
    """
    shipped = {name: load(folder) for name, folder in sets.items()}
    async with connection.transaction():
        await connection.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"loanstream.migrate.{schema}"
        )
        await connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(schema)}")
        before = await connection.fetchval("SELECT current_setting('search_path')")
        await connection.execute(f"SET LOCAL search_path TO {quoted(schema)}")
        applied = await _applied(connection)
        done = [
            await _apply(connection, name, migration)
            for name, migrations in shipped.items()
            for migration in _missing(name, migrations, applied.get(name, []), advice)
        ]
        # a transaction of the caller's would keep our search path
        await connection.execute("SELECT set_config('search_path', $1, true)", before)
    return done


async def _applied(connection: Connection) -> dict[str, list[tuple[int, str, str]]]:
    await connection.execute(
        f"CREATE TABLE IF NOT EXISTS {BOOKKEEPING} (part text NOT NULL, number integer NOT NULL, name text NOT NULL,"
        " checksum text NOT NULL, PRIMARY KEY (part, number))"
    )
    applied: dict[str, list[tuple[int, str, str]]] = {}
    for row in await connection.fetch(f"SELECT part, number, name, checksum FROM {BOOKKEEPING} ORDER BY part, number"):
        applied.setdefault(row["part"], []).append((row["number"], row["name"], row["checksum"]))
    return applied


def _missing(
    part: str, shipped: tuple[Migration, ...], applied: list[tuple[int, str, str]], advice: str
) -> tuple[Migration, ...]:
    known = {migration.number: migration for migration in shipped}
    for number, name, checksum in applied:
        if number not in known:
            raise MigrationRefused(
                f"{part} migration {number:04}_{name} was applied but this release does not have it: "
                f"run the release that made it, or a newer one. {advice}"
            )
        if known[number].checksum != checksum:
            raise MigrationRefused(
                f"{part} migration {number:04}_{known[number].name} was changed after it was applied: "
                f"put its text back and write a new migration. {advice}"
            )
    return shipped[len(applied) :]


async def _apply(connection: Connection, part: str, migration: Migration) -> str:
    await connection.execute(migration.sql)
    await connection.execute(
        f"INSERT INTO {BOOKKEEPING} (part, number, name, checksum) VALUES ($1, $2, $3, $4)",
        part,
        migration.number,
        migration.name,
        migration.checksum,
    )
    return f"{part} {migration.number:04}_{migration.name}"


def _read(path: Path) -> Migration:
    matched = _FILE_NAME.fullmatch(path.name)
    if matched is None:
        raise MigrationRefused(f"{path} is not named like 0001_what_it_does.sql")
    text = path.read_text(encoding="utf-8")
    return Migration(int(matched[1]), matched[2], text, sha256(text.encode()).hexdigest())
