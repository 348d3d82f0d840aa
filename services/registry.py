"""The services of the system, by name. They share nothing but event streams, so they are only ever listed, never mixed."""

from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any

from loanstream.runtime.definitions import Service
from schemas.topics import CONTEXTS


def load(
    names: Iterable[str] = CONTEXTS, options: Mapping[str, Mapping[str, Any]] | None = None
) -> tuple[Service, ...]:
    """The named services as their ``service.py`` assembles them, each with its options (e.g. notify's subscribers).

    Raises ``KeyError`` for a name that is none.
    """
    return tuple(_load(name, (options or {}).get(name, {})) for name in names)


def _load(name: str, options: Mapping[str, Any]) -> Service:
    if name not in CONTEXTS:
        raise KeyError(f"no service {name!r}; there are {', '.join(CONTEXTS)}")
    service: Service = import_module(f"services.{name}.service").service(**options)
    return service
