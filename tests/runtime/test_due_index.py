"""The index of due dates names exactly the aggregates that have something to do, however often their dates moved."""

from dataclasses import dataclass
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from loanstream.runtime.decider.fold import Fold
from loanstream.runtime.definitions import Decider

FIRST = date(2026, 1, 1)


@dataclass(frozen=True)
class Reminder:
    """A state that is nothing but its date."""

    due: date | None


REMINDER = Decider("reminder", Reminder, lambda *_: (), lambda state, _event: state, due=lambda state: state.due)

_moves = st.tuples(st.sampled_from("abcd"), st.none() | st.integers(0, 9))


@given(st.lists(st.tuples(_moves, st.integers(0, 9)), max_size=60))
def test_until_a_day_are_those_whose_date_has_come(moves: list[tuple[tuple[str, int | None], int]]) -> None:
    fold, dates = Fold("servicing", 0, {"reminder": REMINDER}), dict[str, date | None]()
    for (name, days), asked in moves:
        dates[name] = None if days is None else FIRST + timedelta(days=days)
        fold.set_state(name, fold.aggregate(name), REMINDER, Reminder(dates[name]))
        day = FIRST + timedelta(days=asked)
        assert fold.due.until(day) == sorted(n for n, due in dates.items() if due is not None and due <= day)
