"""A network between a client and a broker that can be cut: nothing arrives, and nobody is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

_CHUNK = 65_536


@dataclass
class Cut:
    """Passes bytes on in both directions, until the cut begins."""

    port: int = 0
    passing: asyncio.Event = field(default_factory=asyncio.Event)
    connections: int = 0

    def begin(self) -> None:
        """Nothing passes from now on; connections stay open."""
        self.passing.clear()

    def end(self) -> None:
        """Everything passes again, also what was sent meanwhile."""
        self.passing.set()


@asynccontextmanager
async def a_cut(listen: int, target: int) -> AsyncIterator[Cut]:
    """A way from ``listen`` to ``target``, both on loopback."""
    cut = Cut(port=listen)
    cut.passing.set()
    tasks: set[asyncio.Task[None]] = set()

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(_CHUNK):
                await cut.passing.wait()
                sink.write(data)
                await sink.drain()
        except OSError:
            pass
        finally:
            sink.close()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        cut.connections += 1
        try:
            onward_reader, onward_writer = await asyncio.open_connection("127.0.0.1", target)
        except OSError:
            writer.close()
            return
        for source, sink in ((reader, onward_writer), (onward_reader, writer)):
            task = asyncio.create_task(pump(source, sink))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", listen)
    try:
        yield cut
    finally:
        cut.end()
        server.close()
        for task in list(tasks):
            task.cancel()
