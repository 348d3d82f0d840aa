"""A process with one reactor of the shipping service, as ``loanstream serve`` runs one: ended by SIGTERM, or killed.

``python -m tests.kafka.reactor_worker SERVERS DSN NAME`` prints ``ready`` when it reads its partitions.
"""

import asyncio
import signal
import sys
from contextlib import suppress

import uvloop

from loanstream.eventlog.kafka.cluster_settings import ClusterSettings
from loanstream.runtime.clock import SystemClock
from loanstream.runtime.database import open_pool
from loanstream.runtime.faust_reactor.reactor import Reactor
from loanstream.runtime.postgres_store import open_store
from tests.runtime.support.shipping import shipping_service


async def main(servers: str, dsn: str, name: str) -> None:
    """Run until SIGTERM."""
    pool = await open_pool(dsn)
    reactor = Reactor(
        shipping_service(), ClusterSettings(servers=servers), await open_store(pool), SystemClock(), name=name
    )
    task = asyncio.create_task(reactor.run())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    while not task.done() and await reactor.not_ready():  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    print("ready", flush=True)
    with suppress(asyncio.CancelledError):
        await task
    await pool.close()


if __name__ == "__main__":
    uvloop.run(main(*sys.argv[1:]))
