"""The generated documents that go with the package."""

import re
from functools import cache
from html import unescape
from pathlib import Path

_GENERATED = Path(__file__).parent / "generated"
_TYPE = re.compile(r"[A-Za-z0-9.-]{1,200}")
_POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]+)">')


def json_schema(ce_type: str) -> bytes | None:
    """The JSON Schema of an event or command type, as committed; ``None`` for a type that the contract does not have."""
    path = _GENERATED / "json" / f"{ce_type}.json"
    if not _TYPE.fullmatch(ce_type) or not path.is_file():
        return None
    return path.read_bytes()


@cache
def catalogue() -> tuple[bytes, str]:
    """The event catalogue as HTML, and the content policy that stands in it: its own script and style, nothing else."""
    text = (_GENERATED / "catalogue.html").read_text(encoding="utf-8")
    found = _POLICY.search(text)
    if found is None:
        raise ValueError("the catalogue states no content policy: run `make contract`")
    return text.encode(), unescape(found[1])
