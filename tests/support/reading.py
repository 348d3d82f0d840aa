"""A service's queries over HTTP on its real read model, filled by its own projection."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
from fastapi import FastAPI, HTTPException, Request

from loanstream.runtime.database import Pool, open_pool
from loanstream.runtime.definitions import Row, Service
from loanstream.runtime.kit import Principal
from loanstream.runtime.migrations import migrate
from schemas.envelope import EventMeta

STAFF = Principal("user:officer", frozenset(), frozenset())


class Reader:
    """What a service's queries need of the kit; the caller can be changed."""

    def __init__(self, service: Service, pool: Pool) -> None:
        self.caller = STAFF
        self.permissions: list[str] = []
        self.waited_for: list[str] = []
        self._pool = pool
        self._handlers = service.projection.handlers
        app = FastAPI()
        app.include_router(service.api(self))
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://reading")

    async def show(self, event: Any, meta: EventMeta) -> None:
        """Project an event."""
        for row in self._handlers[type(event)](event, meta):
            await self._pool.execute(*upsert(row))

    def require(self, permission: str) -> Callable[[], Principal]:
        """Remembers the permission and lets everybody in."""
        self.permissions.append(permission)
        return lambda: self.caller

    def owns(self, principal: Principal, party_ref: str) -> bool:
        """As the platform does."""
        return not principal.scoped or principal.party == party_ref

    async def fetch(self, sql: str, *args: Any) -> list[Mapping[str, Any]]:
        """Rows of the read model."""
        return [dict(row) for row in await self._pool.fetch(sql, *args)]

    async def at_least(self, _request: Request, subject: str) -> None:
        """Remembers whom the query waits for."""
        self.waited_for.append(subject)

    def problem(self, status: int, code: str, _detail: str, **_members: Any) -> Exception:
        """Only status and code."""
        return HTTPException(status, code)


@asynccontextmanager
async def reading(service: Service, dsn: str) -> AsyncIterator[Reader]:
    """A reader of ``service`` in the database ``dsn``."""
    schema = f"{service.name}_read"
    pool = await open_pool(dsn, schema=schema, maximum=2)
    try:
        async with pool.acquire() as connection:
            await migrate(connection, schema, {service.name: service.projection.migrations}, "")
        reader = Reader(service, pool)
        async with reader.http:
            yield reader
    finally:
        await pool.close()


def upsert(row: Row) -> tuple[Any, ...]:
    """The statement that writes a row, and its values."""
    columns = {**row.key, **row.values}
    places = ", ".join(f"${n}" for n in range(1, len(columns) + 1))
    sets = ", ".join(f"{name} = excluded.{name}" for name in row.values)
    sql = (
        f"INSERT INTO {row.table} ({', '.join(columns)}) VALUES ({places})"
        f" ON CONFLICT ({', '.join(row.key)}) DO UPDATE SET {sets}"
    )
    return sql, *columns.values()
