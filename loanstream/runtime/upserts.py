"""Many rows in few statements: rows of one key merged, one ``INSERT … SELECT FROM unnest … ON CONFLICT`` per set of columns."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from loanstream.runtime.database import Connection, json_text, quoted
from loanstream.runtime.definitions import Row

Types = Mapping[str, Mapping[str, str]]
"""SQL type by table and column."""

Statement = tuple[str, list[Any]]
"""SQL and its arguments, an array per column."""

AS_LITERAL = frozenset(
    {"text", "character varying", "boolean", "smallint", "integer", "bigint", "numeric"}
) | frozenset({"date", "timestamp with time zone", "uuid", "json", "jsonb"})
"""Types whose arrays travel as text literals, made by the JSON encoder: a tenth of the time of encoding value by value."""


class ProjectionDefect(Exception):
    """A row names a table or column that the migrations do not make, or one that cannot be written."""


@dataclass(frozen=True, slots=True)
class _Shape:
    """What one statement writes."""

    table: str
    key: tuple[str, ...]
    values: tuple[str, ...]
    increments: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns, in the order of the arguments."""
        return self.key + self.values + self.increments


_Rows = dict[tuple[Any, ...], tuple[dict[str, Any], dict[str, Any]]]
"""Values and increments by the values of the key."""


class RowBatch:
    """Rows waiting to be written; later values win, increments add up, as if the rows came one after the other."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, tuple[str, ...]], _Rows] = {}
        self._spellings: dict[tuple[str, tuple[str, ...]], tuple[tuple[str, ...], _Rows]] = {}
        self._appended: dict[str, tuple[tuple[str, ...], list[tuple[Any, ...]]]] = {}

    def add(self, rows: Iterable[Row]) -> None:
        """Merge rows."""
        for row in rows:
            key = row.key
            spelling = (row.table, tuple(key))
            columns, there = self._spellings.get(spelling) or self._spelled(spelling)
            place = tuple([key[column] for column in columns])
            known = there.get(place)
            if known is None:
                there[place] = (dict(row.values), dict(row.increments))
            else:
                _merge(known, row)

    def _spelled(self, spelling: tuple[str, tuple[str, ...]]) -> tuple[tuple[str, ...], "_Rows"]:
        """Key columns in one order, however a projection spells them, and the rows under them."""
        table, columns = spelling[0], tuple(sorted(spelling[1]))
        found = self._spellings[spelling] = (columns, self._rows.setdefault((table, columns), {}))
        return found

    def append(self, table: str, columns: tuple[str, ...], values: tuple[Any, ...]) -> None:
        """A row of a table where each key comes once and all rows have the same columns: inserted as it is."""
        known = self._appended.get(table)
        if known is None:
            known = self._appended[table] = (columns, [])
        known[1].append(values)

    def statements(self, types: Types) -> Iterator[Statement]:
        """What to execute, tables in order and rows by key, so that projectors lock in one order.

        Raises :class:`ProjectionDefect`.
        """
        for table, (columns, appended) in self._appended.items():
            yield insert_sql(types, table, columns), _arguments(types[table], columns, zip(*appended, strict=True))
        for (table, key), merged in sorted(self._rows.items(), key=lambda item: item[0]):
            for shape, rows in _by_shape(table, key, merged):
                yield upsert_sql(types, shape), _arguments(types[table], shape.columns, _arrays(shape, rows))


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


def _arrays(shape: _Shape, rows: list[_Merged]) -> Iterator[list[Any]]:
    rows.sort(key=_place)
    for index in range(len(shape.key)):
        yield [row[0][index] for row in rows]
    for column in shape.values:
        yield [row[1][column] for row in rows]
    for column in shape.increments:
        yield [row[2][column] for row in rows]


def _arguments(types: Mapping[str, str], columns: Sequence[str], arrays: Iterable[Sequence[Any]]) -> list[Any]:
    arguments: list[Any] = []
    for column, array in zip(columns, arrays, strict=True):
        try:
            arguments.append(_argument(types[column], array))
        except (TypeError, ValueError, OverflowError) as error:
            raise ProjectionDefect(f"column {column!r} cannot take a value: {error}") from error
    return arguments


def _argument(sql_type: str, array: Sequence[Any]) -> Any:
    if sql_type not in AS_LITERAL:
        return list(array)
    if sql_type in ("json", "jsonb"):
        array = [None if value is None else json_text(value) for value in array]
    return array_literal(array)


def array_literal(array: Sequence[Any]) -> str:
    """An SQL array as text. JSON is written the same way but for the brackets and the escapes of control characters."""
    encoded = msgspec.json.encode(array)
    if b"\\" in encoded and _has_other_escapes(encoded):
        return "{" + ",".join(map(_quoted_value, array)) + "}"
    return "{" + encoded[1:-1].decode() + "}"


def _has_other_escapes(encoded: bytes) -> bool:
    """Whether JSON escaped anything but a quote or a backslash, which SQL would read differently."""
    return b"\\" in encoded.replace(b"\\\\", b"").replace(b'\\"', b"")


def _quoted_value(value: Any) -> str:
    if not isinstance(value, str):
        return msgspec.json.encode(value).decode()
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _place(row: _Merged) -> tuple[Any, ...]:
    return row[0]


def insert_sql(types: Types, table: str, columns: Sequence[str]) -> str:
    """A plain insert: a key that is there already is an error."""
    names = ", ".join(map(quoted, columns))
    return f"INSERT INTO {quoted(table)} ({names}) SELECT * FROM {_unnest(types, table, columns)}"


def upsert_sql(types: Types, shape: _Shape) -> str:
    """Set values and add increments; the row is made when missing."""
    columns = shape.columns
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
    return f"unnest({', '.join(_parameter(n, known[column]) for n, column in enumerate(columns, 1))})"


def _parameter(number: int, sql_type: str) -> str:
    return f"${number}::text::{sql_type}[]" if sql_type in AS_LITERAL else f"${number}::{sql_type}[]"


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
