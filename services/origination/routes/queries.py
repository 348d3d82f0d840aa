"""Read models as answers: one list query for every table, paged by key, and rows as JSON."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Query

from loanstream.runtime.http.parameters import unknown_cursor
from loanstream.runtime.kit import Principal, ServiceKit
from schemas.money import of_minor

Limit = Annotated[int, Query(ge=1, le=1000)]
"""How many rows a page has."""

Identifier = Annotated[str | None, Query(min_length=1, max_length=200)]
"""An id to filter by."""

Cursor = Annotated[str | None, Query(min_length=1, max_length=200, description="`next` of an earlier answer")]
"""After which row a page begins."""

ANY_PARTY = "*"

View = Callable[[Mapping[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Table:
    """A read model that is listed in the order in which its aggregates were opened."""

    name: str
    key: str
    view: View


async def one(kit: ServiceKit, table: Table, identifier: str) -> Mapping[str, Any] | None:
    """The row with this key. A row that only another topic's columns have made does not count yet."""
    rows = await kit.fetch(f"SELECT * FROM {table.name} WHERE {table.key} = $1 AND state IS NOT NULL", identifier)
    return rows[0] if rows else None


async def visible(kit: ServiceKit, principal: Principal, table: Table, identifier: str) -> Mapping[str, Any]:
    """The row, if the caller may see it; 404 else: who may not see a thing does not learn that it exists."""
    row = await one(kit, table, identifier)
    if row is None or not kit.owns(principal, row["party_ref"]):
        raise missing(kit, table, identifier)
    return row


async def check_ownership(kit: ServiceKit, principal: Principal, table: Table, identifier: str) -> None:
    """404 when the caller sees the things of one party only and this is not one of them."""
    if principal.scoped and principal.party != ANY_PARTY:
        await visible(kit, principal, table, identifier)


async def page(
    kit: ServiceKit,
    principal: Principal,
    table: Table,
    filters: Mapping[str, Any],
    after: str | None,
    limit: int,
) -> dict[str, Any]:
    """Rows that match ``filters`` (column to value, ``None`` is no filter), oldest first, after the row ``after``.

    Answers ``{<table>: [...], "next": id | null}``; ``next`` is ``after`` of the following page. Raises 400 when ``after`` is no
    row that the caller may see.
    """
    wanted = {column: value for column, value in filters.items() if value is not None}
    if principal.scoped and principal.party != ANY_PARTY:
        wanted["party_ref"] = principal.party
    if after is not None:
        await _check_cursor(kit, principal, table, after)
    conditions = ["state IS NOT NULL", *(f"{column} = ${n}" for n, column in enumerate(wanted, 1))]
    values = list(wanted.values())
    if after is not None:
        values.append(after)
        conditions.append(
            f"(opened_at, {table.key}) > (SELECT opened_at, {table.key} FROM {table.name} WHERE {table.key} = ${len(values)})"
        )
    values.append(limit + 1)
    rows = await kit.fetch(
        f"SELECT * FROM {table.name} WHERE {' AND '.join(conditions)} ORDER BY opened_at, {table.key} LIMIT ${len(values)}",
        *values,
    )
    more = len(rows) > limit
    return {
        table.name: [table.view(row) for row in rows[:limit]],
        "next": rows[limit - 1][table.key] if more else None,
    }


async def _check_cursor(kit: ServiceKit, principal: Principal, table: Table, after: str) -> None:
    row = await one(kit, table, after)
    if row is None or not kit.owns(principal, row["party_ref"]):
        raise unknown_cursor(after)


def missing(kit: ServiceKit, table: Table, identifier: str) -> Exception:
    """The 404 problem of a thing that is not there, or not for this caller."""
    thing = table.name.removesuffix("s")
    return kit.problem(404, f"unknown-{thing}", f"There is no {thing} {identifier} that you may see; check the id.")


def viewer(plain: tuple[str, ...], amounts: Mapping[str, str], documents: tuple[str, ...]) -> View:
    """A view of a row: columns as they are, ``amounts`` (name to column of minor units) as money, ``documents`` from JSON."""

    def view(row: Mapping[str, Any]) -> dict[str, Any]:
        return {
            **{name: row[name] for name in plain},
            **{name: money(row[column], row["currency"]) for name, column in amounts.items()},
            **{name: json.loads(row[name] or "null") for name in documents},
        }

    return view


def money(units: int | None, currency: str | None) -> dict[str, str] | None:
    """Minor units as the contract's money, ``None`` when there are none."""
    if units is None or currency is None:
        return None
    made = of_minor(units, currency)
    return {"amount": str(made.amount), "currency": currency}
