"""The base of what events carry."""

from collections.abc import Mapping
from typing import Any

import msgspec


class Payload(msgspec.Struct, frozen=True, kw_only=True):
    """The value of an event, or a part of one. Frozen. Fields that a class does not know are passed over when it is read."""


class Generic(Payload, frozen=True, kw_only=True):
    """The value of an event of a type that this release of the kit does not know, or that is not as its schema says."""

    fields: Mapping[str, Any]
    """The value as JSON gives it; empty where it is no JSON object."""
    reason: str
    """Why there is no class: ``unknown type``, or what is wrong with the value."""
