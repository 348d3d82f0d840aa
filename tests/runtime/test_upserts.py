"""Merging rows: the same table as if every row had been written on its own."""

import json
import random
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loanstream.runtime.database import Pool, open_pool
from loanstream.runtime.definitions import Row
from loanstream.runtime.upserts import ProjectionDefect, RowBatch, column_types

TYPES = {
    "loans": {"loan_id": "text", "number": "integer", "paid": "bigint", "status": "text", "tags": "text[]"},
}

rows = st.lists(
    st.builds(
        lambda key, column, increment, amount, status: Row(
            "loans",
            {"loan_id": key},
            {"status": status} if not increment else {} if amount else {"paid": amount},
            {"paid": amount} if increment and amount else {},
        ),
        st.sampled_from("abc"),
        st.just("paid"),
        st.booleans(),
        st.integers(-3, 3),
        st.sampled_from(["active", "settled"]),
    ),
    max_size=30,
)


def one_by_one(given_rows: Sequence[Row]) -> dict[str, dict[str, Any]]:
    """What a table holds after each row was written on its own."""
    table: dict[str, dict[str, Any]] = {}
    for row in given_rows:
        _write(table, row.key["loan_id"], row.values, row.increments)
    return table


def values_of(literal: str) -> list[Any]:
    """The values of an array literal; these tests have no odd characters."""
    found: list[Any] = json.loads(f"[{literal[1:-1]}]")
    return found


def _write(table: dict[str, dict[str, Any]], key: str, values: Any, increments: Any) -> None:
    stored = table.setdefault(key, {})
    stored.update(values)
    for column, increment in increments.items():
        stored[column] = (stored.get(column) or 0) + increment


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(rows, rows)
def test_merged_rows_leave_the_table_that_single_rows_would(before: list[Row], after: list[Row]) -> None:
    table = one_by_one(before)
    batch = RowBatch()
    batch.add(after)
    for sql, arrays in batch.statements(TYPES):
        head, _, action = sql.partition(" ON CONFLICT ")
        columns = [name.strip('"') for name in head[head.index("(") + 1 : head.index(")")].split(", ")]
        for place in zip(*(values_of(array) for array in arrays), strict=True):
            written = dict(zip(columns, place, strict=True))
            added = {c: v for c, v in written.items() if f'"{c}" = COALESCE' in action}
            key = written.pop("loan_id")
            _write(table, key, {c: v for c, v in written.items() if c not in added}, added)
    assert table == one_by_one(before + after)


def test_rows_with_the_same_columns_share_a_statement_whatever_their_order() -> None:
    batch = RowBatch()
    batch.add([Row("loans", {"loan_id": "b", "number": 1}, {"status": "x", "paid": 1})])
    batch.add([Row("loans", {"number": 1, "loan_id": "a"}, {"paid": 2, "status": "y"})])
    [(sql, arrays)] = batch.statements(TYPES)
    assert sql == (
        'INSERT INTO "loans" AS t ("loan_id", "number", "paid", "status") '
        "SELECT * FROM unnest($1::text::text[], $2::text::integer[], $3::text::bigint[], $4::text::text[]) "
        'ON CONFLICT ("loan_id", "number") DO UPDATE SET "paid" = EXCLUDED."paid", "status" = EXCLUDED."status"'
    )
    assert arrays == ['{"a","b"}', "{1,1}", "{2,1}", '{"y","x"}']


def test_a_row_with_nothing_but_its_key_is_only_made() -> None:
    batch = RowBatch()
    batch.add([Row("loans", {"loan_id": "a"})])
    [(sql, _)] = batch.statements(TYPES)
    assert sql.endswith('ON CONFLICT ("loan_id") DO NOTHING')


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (Row("lones", {"loan_id": "a"}), "there is no table 'lones'"),
        (Row("loans", {"loan_id": "a"}, {"payed": 1}), "table 'loans' has no column 'payed'"),
        (Row("loans", {"loan_id": "a"}, {"tags": ["x"]}), "is an array: use jsonb"),
        (Row("loans", {"loan_id": "a"}, {"status": object()}), "column 'status' cannot take a value"),
        (Row("loans", {"loan_id": "a"}, {"status": "\ud800"}), "column 'status' cannot take a value"),
    ],
)
def test_a_row_that_the_tables_cannot_take_is_refused_with_its_reason(row: Row, sentence: str) -> None:
    batch = RowBatch()
    batch.add([row])
    with pytest.raises(ProjectionDefect, match=sentence):
        list(batch.statements(TYPES))


@pytest.fixture
async def pool(fresh_database: str) -> AsyncIterator[Pool]:
    async with await open_pool(fresh_database) as pool:
        yield pool


@pytest.mark.postgres
async def test_every_text_arrives_as_it_was(pool: Pool) -> None:
    async with pool.acquire() as connection:
        await connection.execute(
            "SET search_path TO public; CREATE TABLE notes (n integer PRIMARY KEY, body text, data jsonb)"
        )
        types = await column_types(connection, "public")
        given_texts = _examples()
        batch = RowBatch()
        batch.add(
            [Row("notes", {"n": n}, {"body": text, "data": {"text": text}}) for n, text in enumerate(given_texts)]
        )
        batch.add([Row("notes", {"n": -1}, {"body": None, "data": None})])
        for sql, arguments in batch.statements(types):
            await connection.execute(sql, *arguments)
        rows = await connection.fetch("SELECT body, data FROM notes ORDER BY n")
        assert (rows[0]["body"], rows[0]["data"]) == (None, None)
        assert [row["body"] for row in rows[1:]] == given_texts
        assert [row["data"]["text"] for row in rows[1:]] == given_texts


def _examples() -> list[str]:
    """Strings of what SQL and JSON escape differently."""
    chance = random.Random(7)
    pieces = ["\\", '"', "{", "}", ",", "\n", "\t", "\x01", "\x7f", "n", "u00e9", "é", "逾", " ", "NULL", "'"]
    return ["".join(chance.choices(pieces, k=chance.randrange(7))) for _ in range(500)]


@pytest.mark.postgres
async def test_every_type_arrives_as_it_was(pool: Pool) -> None:
    values: dict[str, list[Any]] = {
        "smallint": [-1, 32767, None],
        "integer": [2**31 - 1, None],
        "bigint": [-(2**63), 2**63 - 1, None],
        "boolean": [True, False, None],
        "date": [date(1, 1, 1), date(2026, 12, 31), date.max, None],
        "timestamp with time zone": [datetime(2026, 1, 5, 9, 0, 0, 123456, tzinfo=UTC), None],
        "numeric": [Decimal("0.10"), Decimal("-12345678901234567890.123456789"), Decimal("1E+3"), None],
        "uuid": [UUID(int=1), UUID(int=2**128 - 1), None],
        "jsonb": [{"a": [1, "x", None]}, [], "text", 5, None],
        "bytea": [b"\x00\xff", None],
        "double precision": [0.1, -1e300, None],
        "interval": [None],
    }
    async with pool.acquire() as connection:
        columns = ", ".join(f'"{name}" {name}' for name in values)
        await connection.execute(f"SET search_path TO public; CREATE TABLE kinds (n integer PRIMARY KEY, {columns})")
        types = await column_types(connection, "public")
        batch = RowBatch()
        for n in range(max(map(len, values.values()))):
            batch.add([Row("kinds", {"n": n}, {name: (column[n:] or [None])[0] for name, column in values.items()})])
        for sql, arguments in batch.statements(types):
            await connection.execute(sql, *arguments)
        rows = await connection.fetch("SELECT * FROM kinds ORDER BY n")
        for name, column in values.items():
            assert [row[name] for row in rows[: len(column)]] == column, name
