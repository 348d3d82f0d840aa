"""How late the event loop of a process is: everything that it serves waits as long."""

import asyncio
from collections.abc import Callable

EVERY = 0.5
"""Seconds between two timers."""


async def watch_loop(tell: Callable[[float], None], every: float = EVERY) -> None:
    """Tell again and again by how many seconds a timer came late, until cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + every
        await asyncio.sleep(every)
        tell(max(0.0, loop.time() - due))
