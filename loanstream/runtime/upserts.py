"""Many rows in few statements: rows of one key merged, one ``INSERT … SELECT FROM unnest … ON CONFLICT`` per set of columns."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from loanstream.runtime.database import Connection, quoted
from loanstream.runtime.definitions import Row

Types = Mapping[str, Mapping[str, str]]
"""SQL type by table and column."""

Statement = tuple[str, list[list[Any]]]
"""SQL and its arguments, an array per column."""


class ProjectionDefect(Exception):
    """A row names a table or column that the migrations do not make, or one that cannot be written."""


@dataclass(frozen=True, slots=True)
class _Shape:
    """What one statement writes."""

    table: str
    key: tuple[str, ...]
    values: tuple[str, ...]
    increments: tuple[str, ...]


_Rows = dict[tuple[Any, ...], tuple[dict[str, Any], dict[str, Any]]]
"""Values and increments by the values of the key."""


class RowBatch:
    """Rows waiting to be written; later values win, increments add up, as if the rows came one after the other."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, tuple[str, ...]], _Rows] = {}
        self._spellings: dict[tuple[str, tuple[str, ...]], tuple[tuple[str, ...], _Rows]] = {}
        self._appended: dict[tuple[str, tuple[str, ...]], list[tuple[Any, ...]]] = {}

    def add(self, row: Row) -> None:
        """Merge one row."""
        key = row.key
        spelling = (row.table, tuple(key))
        known = self._spellings.get(spelling)
        columns, rows = known or self._spelled(spelling)
        place = tuple([key[column] for column in columns])
        there = rows.get(place)
        if there is None:
            rows[place] = (dict(row.values), dict(row.increments))
        else:
            _merge(there, row)

    def _spelled(self, spelling: tuple[str, tuple[str, ...]]) -> tuple[tuple[str, ...], "_Rows"]:
        """Key columns in one order, however a projection spells them, and the rows under them."""
        table, columns = spelling[0], tuple(sorted(spelling[1]))
        found = self._spellings[spelling] = (columns, self._rows.setdefault((table, columns), {}))
        return found

    def append(self, table: str, columns: tuple[str, ...], values: tuple[Any, ...]) -> None:
        """A row of a table where each key comes once: inserted as it is."""
        self._appended.setdefault((table, columns), []).append(values)

    def statements(self, types: Types) -> Iterator[Statement]:
        """What to execute, tables in order and rows by key, so that projectors lock in one order.

        Raises :class:`ProjectionDefect`.
        """
        for (table, columns), rows in self._appended.items():
            yield insert_sql(types, table, columns), [list(column) for column in zip(*rows, strict=True)]
        for (table, key), merged in sorted(self._rows.items(), key=lambda item: item[0]):
            for shape, rows in _by_shape(table, key, merged):
                yield upsert_sql(types, shape), _arrays(shape, rows)


_Merged = tuple[tuple[Any, ...], dict[str, Any], dict[str, Any]]


def _merge(known: tuple[dict[str, Any], dict[str, Any]], row: Row) -> None:
    values, increments = known
    for column, value in row.values.items():
        values[column] = value
        increments.pop(column, None)
    for column, increment in row.increments.items():
        if column in values:
            values[column] += increment
        else:
            increments[column] = increments[column] + increment if column in increments else increment


def _by_shape(
    table: str, key: tuple[str, ...], merged: Mapping[tuple[Any, ...], tuple[dict[str, Any], dict[str, Any]]]
) -> Iterable[tuple[_Shape, list[_Merged]]]:
    shapes: dict[tuple[tuple[str, ...], tuple[str, ...]], list[_Merged]] = {}
    groups: dict[_Shape, list[_Merged]] = {}
    for place, (values, increments) in merged.items():
        spelling = (tuple(values), tuple(increments))
        group = shapes.get(spelling)
        if group is None:
            shape = _Shape(table, key, tuple(sorted(values)), tuple(sorted(increments)))
            group = shapes[spelling] = groups.setdefault(shape, [])
        group.append((place, values, increments))
    return groups.items()


def _arrays(shape: _Shape, rows: list[_Merged]) -> list[list[Any]]:
    rows.sort(key=_place)
    return [
        *([row[0][index] for row in rows] for index in range(len(shape.key))),
        *([row[1][column] for row in rows] for column in shape.values),
        *([row[2][column] for row in rows] for column in shape.increments),
    ]


def _place(row: _Merged) -> tuple[Any, ...]:
    return row[0]


def insert_sql(types: Types, table: str, columns: Sequence[str]) -> str:
    """A plain insert: a key that is there already is an error."""
    names = ", ".join(map(quoted, columns))
    return f"INSERT INTO {quoted(table)} ({names}) SELECT * FROM {_unnest(types, table, columns)}"


def upsert_sql(types: Types, shape: _Shape) -> str:
    """Set values and add increments; the row is made when missing."""
    columns = (*shape.key, *shape.values, *shape.increments)
    target = quoted(shape.table)
    changes = [
        *(f"{quoted(column)} = EXCLUDED.{quoted(column)}" for column in shape.values),
        *(
            f"{quoted(column)} = COALESCE(t.{quoted(column)}, 0) + EXCLUDED.{quoted(column)}"
            for column in shape.increments
        ),
    ]
    action = f"UPDATE SET {', '.join(changes)}" if changes else "NOTHING"
    return (
        f"INSERT INTO {target} AS t ({', '.join(map(quoted, columns))}) "
        f"SELECT * FROM {_unnest(types, shape.table, columns)} "
        f"ON CONFLICT ({', '.join(map(quoted, shape.key))}) DO {action}"
    )


def _unnest(types: Types, table: str, columns: Sequence[str]) -> str:
    if table not in types:
        raise ProjectionDefect(f"there is no table {table!r}: add it to the service's migrations")
    known = types[table]
    for column in columns:
        if column not in known:
            raise ProjectionDefect(f"table {table!r} has no column {column!r}: it has {', '.join(known)}")
        if known[column].endswith("[]"):
            raise ProjectionDefect(
                f"column {column!r} of table {table!r} is an array: use jsonb, arrays cannot be unnested"
            )
    return f"unnest({', '.join(f'${n}::{known[column]}[]' for n, column in enumerate(columns, 1))})"


async def column_types(connection: Connection, schema: str) -> dict[str, dict[str, str]]:
    """SQL types of all tables of a schema, from the catalog; generated columns are left out."""
    rows = await connection.fetch(
        "SELECT c.relname, a.attname, format_type(a.atttypid, NULL) AS type FROM pg_attribute a"
        " JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''"
        " ORDER BY c.relname, a.attnum",
        schema,
    )
    types: dict[str, dict[str, str]] = {}
    for row in rows:
        types.setdefault(row["relname"], {})[row["attname"]] = row["type"]
    return types
