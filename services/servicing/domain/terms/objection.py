"""Why terms are refused: the field and the reason."""

from typing import NamedTuple


class Objection(NamedTuple):
    """Why terms are refused."""

    field: str
    reason: str
