"""Where a task waits: the line that an operator, and whoever mends it, needs of one that does not go on."""

import asyncio
from typing import Any

_DEEPEST = 3
"""Places told, the innermost last."""


def where(task: "asyncio.Task[Any]") -> str:
    """The innermost places of a task that waits, ``module.function:line`` each."""
    places: list[str] = []
    waiting: Any = task.get_coro()
    while waiting is not None:
        frame = next((frame for name in _FRAMES if (frame := getattr(waiting, name, None)) is not None), None)
        if frame is not None:
            places.append(f"{frame.f_globals.get('__name__', '?')}.{frame.f_code.co_name}:{frame.f_lineno}")
        waiting = next((inner for name in _AWAITED if (inner := getattr(waiting, name, None)) is not None), None)
    return " > ".join(places[-_DEEPEST:]) or "?"


_FRAMES = ("cr_frame", "gi_frame", "ag_frame")
_AWAITED = ("cr_await", "gi_yieldfrom", "ag_await")
