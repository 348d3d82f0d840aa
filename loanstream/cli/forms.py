"""Forms in which a command writes its answer."""

from enum import StrEnum


class Form(StrEnum):
    """How the answer is written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
