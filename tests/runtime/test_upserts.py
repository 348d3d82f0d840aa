"""Merging rows: the same table as if every row had been written on its own."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loanstream.runtime.definitions import Row
from loanstream.runtime.upserts import ProjectionDefect, RowBatch

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
    for row in after:
        batch.add(row)
    for sql, arrays in batch.statements(TYPES):
        head, _, action = sql.partition(" ON CONFLICT ")
        columns = [name.strip('"') for name in head[head.index("(") + 1 : head.index(")")].split(", ")]
        for place in zip(*arrays, strict=True):
            written = dict(zip(columns, place, strict=True))
            added = {c: v for c, v in written.items() if f'"{c}" = COALESCE' in action}
            key = written.pop("loan_id")
            _write(table, key, {c: v for c, v in written.items() if c not in added}, added)
    assert table == one_by_one(before + after)


def test_rows_with_the_same_columns_share_a_statement_whatever_their_order() -> None:
    batch = RowBatch()
    batch.add(Row("loans", {"loan_id": "b", "number": 1}, {"status": "x", "paid": 1}))
    batch.add(Row("loans", {"number": 1, "loan_id": "a"}, {"paid": 2, "status": "y"}))
    [(sql, arrays)] = batch.statements(TYPES)
    assert sql == (
        'INSERT INTO "loans" AS t ("loan_id", "number", "paid", "status") '
        "SELECT * FROM unnest($1::text[], $2::integer[], $3::bigint[], $4::text[]) "
        'ON CONFLICT ("loan_id", "number") DO UPDATE SET "paid" = EXCLUDED."paid", "status" = EXCLUDED."status"'
    )
    assert arrays == [["a", "b"], [1, 1], [2, 1], ["y", "x"]]


def test_a_row_with_nothing_but_its_key_is_only_made() -> None:
    batch = RowBatch()
    batch.add(Row("loans", {"loan_id": "a"}))
    [(sql, _)] = batch.statements(TYPES)
    assert sql.endswith('ON CONFLICT ("loan_id") DO NOTHING')


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (Row("lones", {"loan_id": "a"}), "there is no table 'lones'"),
        (Row("loans", {"loan_id": "a"}, {"payed": 1}), "table 'loans' has no column 'payed'"),
        (Row("loans", {"loan_id": "a"}, {"tags": ["x"]}), "is an array: use jsonb"),
    ],
)
def test_a_row_that_the_tables_cannot_take_is_refused_with_its_reason(row: Row, sentence: str) -> None:
    batch = RowBatch()
    batch.add(row)
    with pytest.raises(ProjectionDefect, match=sentence):
        list(batch.statements(TYPES))
