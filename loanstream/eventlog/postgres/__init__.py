"""The log in PostgreSQL. Importing this imports asyncpg; the port and the memory log do without."""

from loanstream.eventlog.postgres.log import PostgresLog

__all__ = ["PostgresLog"]
