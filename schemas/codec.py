"""One dataclass, two codecs: pydantic validates at every edge, msgspec reads and writes a host's own topics."""

from collections.abc import Callable
from functools import cache
from typing import Any, Literal, cast

import msgspec
from pydantic import TypeAdapter

_encoder = msgspec.json.Encoder()


def encode(message: Any) -> bytes:
    """JSON bytes of a registered dataclass: decimals as strings, ISO dates."""
    return _encoder.encode(message)


def decode(cls: type[Any], value: bytes) -> Any:
    """A message from a topic that we wrote ourselves. Raises ``msgspec.ValidationError``."""
    decoder: Any = _decoder
    return decoder(cls).decode(value)


def decoder(cls: type[Any]) -> Callable[[bytes], Any]:
    """:func:`decode` for one class, for loops over many records."""
    found: Any = _decoder
    decode_one: Callable[[bytes], Any] = found(cls).decode
    return decode_one


def validate(cls: type[Any], value: bytes | str) -> Any:
    """A message from outside, fully validated, unknown fields refused. Raises ``pydantic.ValidationError``."""
    return adapter(cls).validate_json(value)


def json_schema(cls: type[Any], mode: Literal["validation", "serialization"] = "validation") -> dict[str, Any]:
    """The closed JSON Schema of a message class: of what an edge takes (``validation``) or of what we write."""
    return adapter(cls).json_schema(mode=mode)


def adapter(cls: type[Any]) -> TypeAdapter[Any]:
    """The pydantic adapter of a message class."""
    cached: Any = _adapter
    return cast(TypeAdapter[Any], cached(cls))


@cache
def _adapter(cls: Any) -> TypeAdapter[Any]:
    return TypeAdapter(cls)


@cache
def _decoder(cls: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(cls)
