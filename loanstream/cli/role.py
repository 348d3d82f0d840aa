"""What a process does; apart from the hosts, so that the command line starts without loading them."""

from enum import StrEnum


class Role(StrEnum):
    """What a process does for a service. Every process answers HTTP; ``api`` does nothing else."""

    API = "api"
    DECIDER = "decider"
    ROUTER = "router"
    REACTOR = "reactor"
    PROJECTOR = "projector"
    SENDER = "sender"
    SCHEDULER = "scheduler"
    ALL = "all"
