"""Golden events: an example of every version of every event that was ever released, in ``schemas/golden``.

They are written once and never changed: they stand for what lies in the logs of installations.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import schemas

GOLDEN = Path(schemas.__file__).parent / "golden"


@dataclass(frozen=True, slots=True)
class GoldenEvent:
    """An event as it lies in a log."""

    ce_type: str
    subject: str
    data: Mapping[str, Any]

    @property
    def value(self) -> bytes:
        """The record's value."""
        return json.dumps(self.data, ensure_ascii=False).encode()


def golden_events(folder: Path = GOLDEN) -> Mapping[str, GoldenEvent]:
    """Every example by type string."""
    stored = (json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json")))
    return {each["type"]: GoldenEvent(each["type"], each["subject"], each["data"]) for each in stored}
