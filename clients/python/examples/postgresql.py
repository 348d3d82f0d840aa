"""A handler that keeps what events do in PostgreSQL, and the position in the same transaction: nothing is applied twice.

Needs asyncpg. ``CREATE TABLE`` statements are below; run this with the DSN and the bootstrap addresses as arguments.
"""

import asyncio
import sys

import asyncpg

from loanstream_client import Connection, Event, MemoryPositions, Place, Position, Subscription
from loanstream_client.events.servicing import LoanBooked, PaymentReceived

TABLES = """
CREATE TABLE IF NOT EXISTS positions (
    topic text, partition int, next_offset bigint NOT NULL, partitionseq bigint NOT NULL, PRIMARY KEY (topic, partition)
);
CREATE TABLE IF NOT EXISTS loans (
    loan_id text PRIMARY KEY, principal numeric NOT NULL, received numeric NOT NULL DEFAULT 0
);
"""

_MOVE = """
INSERT INTO positions VALUES ($1, $2, $3, $4)
ON CONFLICT (topic, partition) DO UPDATE SET next_offset = $3, partitionseq = $4 WHERE positions.partitionseq = $4 - 1
"""


_AT = "SELECT partitionseq FROM positions WHERE topic = $1 AND partition = $2"


class Missing(Exception):
    """The events between the stored position and this one were not applied."""


async def run(database: asyncpg.Connection, servers: str, *, until_end: bool = False) -> None:
    """Apply the events of servicing, from the position stored last."""
    await database.execute(TABLES)
    rows = await database.fetch("SELECT topic, partition, next_offset, partitionseq FROM positions")
    positions = {Place(row[0], row[1]): Position(row[2], row[3]) for row in rows}
    connection = Connection(servers=servers)
    # positions are stored by `handle`: those in memory are only where this run begins
    async with Subscription(
        connection, ["servicing"], positions=MemoryPositions(positions), until_end=until_end
    ) as events:
        async for event in events:
            await handle(database, event)


async def handle(database: asyncpg.Connection, event: Event) -> None:
    """Apply one event and move the position, or neither; nothing for one that was applied before. Raises :class:`Missing`."""
    async with database.transaction():
        moved = await database.execute(_MOVE, *event.place, *event.position)
        if moved != "INSERT 0 1":
            at = await database.fetchval(_AT, *event.place)
            if at >= event.partitionseq:
                return
            raise Missing(f"{event.place} is at {at}, not at {event.partitionseq - 1}")
        await apply(database, event)


async def apply(database: asyncpg.Connection, event: Event) -> None:
    """What the event does to the tables."""
    match event.data:
        case LoanBooked(loan_id=loan_id, terms=terms):
            await database.execute(
                "INSERT INTO loans (loan_id, principal) VALUES ($1, $2)", loan_id, terms.principal.amount
            )
        case PaymentReceived(loan_id=loan_id, amount=amount):
            await database.execute(
                "UPDATE loans SET received = received + $2 WHERE loan_id = $1", loan_id, amount.amount
            )


async def main(dsn: str, servers: str) -> None:
    """Connect and run until it is stopped."""
    database = await asyncpg.connect(dsn)
    try:
        await run(database, servers)
    finally:
        await database.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:3]))
