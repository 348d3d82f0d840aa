"""Ports of loopback for processes that a test starts."""

import os
import socket
from itertools import count

_FIRST, _ENDS = 10_000, 20_000
"""Below what the system gives to outgoing connections (from 32,768): one of those may hold any port there."""
_STRIDE = 37
"""Test processes that run at once begin far from each other."""

_next = count(os.getpid() * _STRIDE)


def free_port() -> int:
    """A port that nobody listens on, and that nobody in this test process was given before.

    Between a port's choice and its use other ports are chosen: two that came out the same would let one process answer for
    another.
    """
    for number in _next:
        port = _FIRST + number % (_ENDS - _FIRST)
        if is_free(port):
            return port
    raise AssertionError("counting never ends")


def is_free(port: int) -> bool:
    """Whether nobody listens on a port of loopback."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
