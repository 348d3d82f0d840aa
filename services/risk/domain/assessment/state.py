"""State of an assessment: that it was made, and what it advised."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Assessment:
    """A finished assessment."""

    advice: str
