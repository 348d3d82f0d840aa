"""The generated documents that go with the package."""

import re
from pathlib import Path

_JSON_SCHEMAS = Path(__file__).parent / "generated" / "json"
_TYPE = re.compile(r"[A-Za-z0-9.-]{1,200}")


def json_schema(ce_type: str) -> bytes | None:
    """The JSON Schema of an event or command type, as committed; ``None`` for a type that the contract does not have."""
    path = _JSON_SCHEMAS / f"{ce_type}.json"
    if not _TYPE.fullmatch(ce_type) or not path.is_file():
        return None
    return path.read_bytes()
