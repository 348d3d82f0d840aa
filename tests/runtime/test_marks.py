"""Packed marks answer as a dictionary would, whatever the order and number of sources."""

from hypothesis import given
from hypothesis import strategies as st

from loanstream.runtime.decider.marks import Marks, mark_key, mark_of, mark_value, with_mark

applied = st.lists(st.tuples(st.integers(0, 120), st.integers(1, 2**30), st.integers(0, 9)), max_size=200)


@given(applied)
def test_packed_marks_answer_as_a_dictionary_would(commands: list[tuple[int, int, int]]) -> None:
    marks: Marks = b""
    expected: dict[bytes, int] = {}
    for source, sequence, n in commands:
        key, value = mark_key("reaction", f"s-{source}"), mark_value(sequence, n)
        marks = with_mark(marks, key, value)
        expected[key] = max(expected.get(key, -1), value)
    assert {key: mark_of(marks, key) for key in expected} == expected
    assert mark_of(marks, mark_key("another", "s-0")) == -1


def test_few_sources_cost_fourteen_bytes_each() -> None:
    marks: Marks = b""
    for source in range(36):
        marks = with_mark(marks, mark_key("apply", f"receipt-{source}"), mark_value(1, 0))
    assert isinstance(marks, bytes)
    assert len(marks) == 36 * 14


def test_many_sources_are_kept_in_a_dictionary() -> None:
    marks: Marks = b""
    for source in range(100):
        marks = with_mark(marks, mark_key("credit", f"loan-{source}"), mark_value(source + 1, 0))
    assert isinstance(marks, dict)
    assert mark_of(marks, mark_key("credit", "loan-99")) == mark_value(100, 0)
