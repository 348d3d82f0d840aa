"""Differences between what a case expects and what the engine gives."""

from dataclasses import dataclass
from typing import NamedTuple


class Difference(NamedTuple):
    """One figure that is not as expected."""

    place: str
    field: str
    expected: object
    got: object


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of one case."""

    case: str
    differences: tuple[Difference, ...]

    @property
    def passed(self) -> bool:
        return not self.differences


def report(results: list[Result]) -> int:
    """Print each difference and the closing line; the exit code."""
    for result in results:
        for place, field, expected, got in result.differences:
            print(f"{result.case}  {place}  {field}: expected {expected}, got {got}")
    failed = sum(not result.passed for result in results)
    print(f"{len(results) - failed} passed, {failed} failed")
    return 1 if failed else 0
