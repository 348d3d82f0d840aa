"""Options are understood, or refused with a sentence that names them."""

from datetime import date

import pytest

from loanstream.demo.options import BadOption, DemoOptions, until_of


@pytest.mark.parametrize(
    ("text", "day"),
    [
        (None, None),
        ("2027-03-01", date(2027, 3, 1)),
        ("+12m", date(2027, 1, 5)),
        ("+90d", date(2026, 4, 5)),
        ("+2y", date(2028, 1, 5)),
    ],
)
def test_until_is_a_date_or_a_time_after_the_first_day(text: str | None, day: date | None) -> None:
    assert until_of(text) == day


@pytest.mark.parametrize("text", ["", "12m", "+12", "+m", "2027-13-01", "tomorrow"])
def test_another_until_is_refused(text: str) -> None:
    with pytest.raises(BadOption, match="--until"):
        until_of(text)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"loans": 0}, "--loans"),
        ({"loans": 1001}, "--loans"),
        ({"seed": -1}, "--seed"),
        ({"until": date(2025, 1, 1)}, "--until"),
    ],
)
def test_values_out_of_range_are_refused(wrong: dict[str, object], named: str) -> None:
    with pytest.raises(BadOption, match=named):
        DemoOptions(**wrong)  # type: ignore[arg-type]
