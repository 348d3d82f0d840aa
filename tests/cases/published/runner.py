"""Compares every published figure of a case with ours and prints each difference."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from services.servicing.domain.cost.roots import NoRate
from tests.cases.published import (
    american,
    conversions,
    day_counts,
    european,
    flat,
    losses,
    mortgages,
    prepaid,
    returns,
    schedules,
    scorecards,
    timed,
)
from tests.cases.published.figures import Answer, Value
from tests.cases.published.words import Inputs, number

GROUPS: dict[str, Callable[[Inputs, Mapping[str, Any]], Answer]] = {
    "apr-uk": timed.apr_uk,
    "apr-us": american.answers,
    "aprc-eu": european.answers,
    "cn-mortgage": mortgages.mortgage,
    "day-count": day_counts.answers,
    "ecl": losses.ecl,
    "eir": returns.eir,
    "flat-rate": flat.flat,
    "irr": returns.irr,
    "prepayment-full": prepaid.full,
    "prepayment-partial": prepaid.partially,
    "rate-conversion": conversions.conversion,
    "scorecard": scorecards.scorecard,
    "xirr": returns.xirr_of,
}
"""A mapping per group; all ``schedule-…`` groups share one."""


def mapping(group: str) -> Callable[[Inputs, Mapping[str, Any]], Answer] | None:
    """The mapping of a group."""
    return _schedule if group.startswith("schedule-") else GROUPS.get(group)


def _schedule(inputs: Inputs, case: Mapping[str, Any]) -> Answer:
    return (flat.flat if "flat_rate" in inputs else schedules.schedule)(inputs, case)


NOTHING = ("none", "null", "nan", "error", "undefined", "#num!", "no solution", "")
"""What sources print where no rate exists."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure that is not as published, or the words that were not understood."""

    case: str
    figure: str
    expected: Any
    got: Any

    def __str__(self) -> str:
        return f"{self.case}: {self.figure}: expected {self.expected}, got {self.got}"


def cases(path: Path) -> list[dict[str, Any]]:
    """The cases of a file: under ``cases``, or the file is the list."""
    content = json.loads(path.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = content["cases"] if isinstance(content, dict) else content
    return found


def differences(case: Mapping[str, Any]) -> Iterator[Difference]:
    """Every figure of the case that is not ours within its tolerance; none when it passes."""
    if not isinstance(case, Mapping):
        yield Difference("?", "case", "a record", case)
        return
    name, group = str(case.get("id", "?")), str(case.get("group", "?"))
    expected = case.get("expected")
    if not isinstance(expected, Mapping) or not expected:
        yield Difference(name, "expected", "some figure", "nothing to compare")
        return
    read = mapping(group)
    if read is None:
        yield Difference(name, "group", group, "a group that no mapping reads")
        return
    try:
        inputs = Inputs(case["inputs"])
        answer = read(inputs, case)
        inputs.done()
    except NoRate as problem:
        nothing = [value for value in expected.values() if str(value).lower() not in NOTHING]
        if nothing:
            yield Difference(name, "inputs", nothing, f"NoRate: {problem}")
        return
    except Exception as problem:  # one case that no mapping can take must not hide the others
        yield Difference(name, "inputs", case.get("inputs"), f"{type(problem).__name__}: {problem}")
        return
    for figure, value in expected.items():
        yield from _difference(case, figure, value, answer)


def _difference(case: Mapping[str, Any], figure: str, expected: Any, answer: Answer) -> Iterator[Difference]:
    name = str(case.get("id", "?"))
    parts = _parts(figure, expected)
    if parts is not None:
        for names, value in parts:
            yield from _difference(case, figure, value, lambda _, one, names=names: _known(answer, names, one))
        return
    try:
        got = answer(figure.lower(), expected)
        agreed = got is not None and agrees(got, expected, tolerance(case, figure))
    except Exception as problem:  # as above: a figure of its own
        yield Difference(name, figure, expected, f"{type(problem).__name__}: {problem}")
        return
    if got is None:
        yield Difference(name, figure, expected, "a figure whose name is not known")
    elif not agreed:
        yield Difference(name, figure, expected, [str(one) for one in got] if isinstance(got, list) else str(got))


def _parts(figure: str, expected: Any) -> list[tuple[tuple[str, ...], Any]] | None:
    """A figure with figures in it (by name, or rows with their columns) as single ones, each with the names it may have."""
    if isinstance(expected, Mapping):
        return [((f"{figure}_{key}".lower(), str(key).lower()), value) for key, value in expected.items()]
    if isinstance(expected, list) and expected and all(isinstance(row, Mapping) for row in expected):
        numbers = [next((row[key] for key in ROW_NUMBERS if key in row), n) for n, row in enumerate(expected, 1)]
        return [
            ((f"{column}_{n}".lower(),), value)
            for n, row in zip(numbers, expected, strict=True)
            for column, value in row.items()
            if column not in ROW_NUMBERS
        ]
    return None


ROW_NUMBERS = ("period", "number", "n", "month", "no", "k")


def _known(answer: Answer, names: Sequence[str], expected: Any) -> Value | None:
    return next((value for name in names if (value := answer(name, expected)) is not None), None)


def tolerance(case: Mapping[str, Any], figure: str) -> Decimal:
    """The case's own for this figure: by its name, ``*`` for the others, one for all; nothing stated is exact."""
    stated = case.get("tolerance")
    if isinstance(stated, Mapping):
        stated = stated.get(figure, stated.get("*"))
    if stated is None or str(stated).strip().lower() in ("", "exact", "none"):
        return Decimal(0)
    return number(str(stated).replace("±", "").replace("+/-", ""))


def agrees(got: Value, expected: Any, within: Decimal) -> bool:
    """Whether each figure is within the tolerance; exact means equal when rounded half-up to as many places as were published."""
    if isinstance(expected, list):
        return (
            isinstance(got, list) and len(got) == len(expected) and all(map(agrees, got, expected, [within] * len(got)))
        )
    if isinstance(got, list):
        return False
    published = _figure(expected)
    if within == 0:
        places = published.as_tuple().exponent
        assert isinstance(places, int)
        return got.quantize(Decimal(1).scaleb(min(places, 0)), ROUND_HALF_UP) == published
    return abs(got - published) <= within


def _figure(expected: Any) -> Decimal:
    """A published figure: a percent sign is a unit here, not a hundredth."""
    return number(str(expected).replace("%", ""))


def report(paths: Sequence[Path]) -> int:
    """Print each difference and the line ``N passed, N failed``; 1 when any failed or nothing was there to compare."""
    passed = failed = 0
    for path in paths:
        try:
            listed = cases(path)
        except (OSError, ValueError, KeyError) as problem:
            print(f"{path}: no cases can be read: {type(problem).__name__}: {problem}")
            failed += 1
            continue
        for case in listed:
            found = list(differences(case))
            for difference in found:
                print(difference)
            passed, failed = (passed, failed + 1) if found else (passed + 1, failed)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0
