"""What an aggregate's state is made of where a host keeps a million: a frozen struct, smaller and faster to copy than a dataclass.

The domain imports nothing but ``schemas`` and the standard library; this is its door to the library behind.
"""

from typing import TypeVar

import msgspec

S = TypeVar("S", bound=msgspec.Struct)


class State(msgspec.Struct, frozen=True, gc=False):
    """Base of such a state: fields by annotation, as in a dataclass. Holds no reference cycles, so nothing is traced."""


def replace(state: S, **changes: object) -> S:
    """The state with some fields changed."""
    return msgspec.structs.replace(state, **changes)
