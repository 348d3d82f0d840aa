"""What a process does; apart from the hosts, so that the command line starts without loading them."""

from enum import StrEnum


class Role(StrEnum):
    """What a process does for a service."""

    API = "api"
    DECIDER = "decider"
    ROUTER = "router"
    PROJECTOR = "projector"
    SENDER = "sender"
    ALL = "all"
