"""Group membership by session advisory locks: a partition belongs to whose connection holds its lock.

The connection is the sign of life. The server ends it, and frees the locks, when the process dies, and after some seconds of
silence when the process hangs and no longer says anything. A process that comes back from the dead finds its writers fenced:
the epoch is what makes the change of owner safe, the locks only make it orderly.
"""

import asyncio
import hashlib

import asyncpg
import structlog

from loanstream.eventlog.port import LogUnavailable
from loanstream.eventlog.postgres.connections import BROKEN, Connections
from loanstream.eventlog.postgres.topics import Topics

_TAKE = "SELECT key, pg_try_advisory_lock(key) AS taken FROM unnest($1::bigint[]) key"
_FREE = "SELECT pg_advisory_unlock(key) FROM unnest($1::bigint[]) key"
_log = structlog.get_logger(__name__)


class Members:
    """The memberships of this process and the one connection that holds their locks.

    ``silence`` is after how many seconds the server takes the process for hung.
    """

    def __init__(self, connections: Connections, topics: Topics, silence: float) -> None:
        self._silence = silence
        self._connections = connections
        self._topics = topics
        self._connection: asyncpg.Connection[asyncpg.Record] | None = None
        self._turn = asyncio.Lock()
        self._holders: dict[int, PostgresMembership] = {}
        self._pulse: asyncio.Task[None] | None = None

    def join(self, group: str, topic: str) -> "PostgresMembership":
        """A member that owns nothing before its first refresh."""
        return PostgresMembership(self, group, topic)

    async def refresh(self, member: "PostgresMembership") -> None:
        """Take every free partition of the member's topic."""
        count = (await self._topics.get(member.topic)).definition.partitions
        keys = {_lock_key(member.group, member.topic, number): number for number in range(count)}
        async with self._turn:
            try:
                connection = await self._opened()
                # a lock is the session's: what another member of this process holds would be given again
                free = [key for key in keys if key not in self._holders]
                for row in await connection.fetch(_TAKE, free) if free else ():
                    if row["taken"]:
                        self._holders[row["key"]] = member
            except (*BROKEN, asyncpg.PostgresError, LogUnavailable) as error:
                _log.warning("membership lost", group=member.group, topic=member.topic, error=str(error))
                self._lose_all()
            except asyncio.CancelledError:
                # the server may have given locks that nobody here will know of
                self._lose_all()
                raise
            member.hold(frozenset(number for key, number in keys.items() if self._holders.get(key) is member))

    async def leave(self, member: "PostgresMembership") -> None:
        """Free what the member holds."""
        async with self._turn:
            keys = [key for key, holder in self._holders.items() if holder is member]
            for key in keys:
                del self._holders[key]
            member.hold(frozenset())
            if keys and self._connection is not None:
                try:
                    await self._connection.execute(_FREE, keys)
                except (*BROKEN, asyncpg.PostgresError):
                    self._lose_all()

    async def close(self) -> None:
        """Leave every group."""
        if self._pulse is not None:
            self._pulse.cancel()
            await asyncio.gather(self._pulse, return_exceptions=True)
            self._pulse = None
        self._lose_all()

    async def _opened(self) -> "asyncpg.Connection[asyncpg.Record]":
        if self._connection is None or self._connection.is_closed():
            self._lose_all()
            self._connection = await self._connections.own(idle_session_timeout=f"{round(self._silence * 1000)}ms")
            self._connection.add_termination_listener(self._terminated)
            if self._pulse is None:
                self._pulse = asyncio.create_task(self._beat())
        return self._connection

    async def _beat(self) -> None:
        """Say something often enough to count as alive."""
        while True:
            await asyncio.sleep(self._silence / 4)
            async with self._turn:
                try:
                    if self._connection is not None:
                        await self._connection.execute("SELECT 1")
                except (*BROKEN, asyncpg.PostgresError):
                    self._lose_all()

    def _terminated(self, connection: object) -> None:
        if connection is self._connection:
            self._lose_all()

    def _lose_all(self) -> None:
        connection, self._connection = self._connection, None
        for holder in set(self._holders.values()):
            holder.hold(frozenset())
        self._holders.clear()
        if connection is not None and not connection.is_closed():
            connection.terminate()


class PostgresMembership:
    """One member of a group."""

    def __init__(self, members: Members, group: str, topic: str) -> None:
        self.group = group
        self.topic = topic
        self._members = members
        self._owned: frozenset[int] = frozenset()

    def owned(self) -> frozenset[int]:
        """The partitions whose locks this process holds, as far as it knows; empty as soon as the connection is gone."""
        return self._owned

    def settling(self) -> bool:
        """Never: a partition goes from one member to another and touches no third."""
        return False

    async def refresh(self) -> frozenset[int]:
        """Take what is free, drop what was lost. Owns nothing while the database does not answer."""
        await self._members.refresh(self)
        return self._owned

    async def close(self) -> None:
        """Leave the group."""
        await self._members.leave(self)

    def hold(self, partitions: frozenset[int]) -> None:
        """What it owns from now on."""
        self._owned = partitions


def _lock_key(group: str, topic: str, partition: int) -> int:
    text = "\x1f".join(("loanstream.membership", group, topic, str(partition)))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big", signed=True)
