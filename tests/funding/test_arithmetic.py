"""Sharing out, and the packed set of keys, for any input."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.funding.domain import packed
from services.funding.domain.books import in_transit, moved, postings
from services.funding.domain.shares import fractions, split

WEIGHTS = st.lists(
    st.tuples(st.text("abcdef", min_size=1, max_size=4), st.integers(1, 10**15)),
    min_size=1,
    max_size=12,
    unique_by=lambda w: w[0],
)


@given(st.integers(0, 10**15), WEIGHTS)
def test_parts_sum_to_the_whole_and_are_within_a_unit_a_lender_of_the_exact_share(
    units: int, weights: list[tuple[str, int]]
) -> None:
    parts = split(units, weights)
    total = sum(weight for _, weight in weights)
    largest = min(weights, key=lambda w: (-w[1], w[0]))
    assert sum(parts) == units
    for lender, part in zip(weights, parts, strict=True):
        exact_down = units * lender[1] // total
        assert part == exact_down if lender is not largest else 0 <= part - exact_down < len(weights)


@given(WEIGHTS)
def test_fractions_sum_to_one(weights: list[tuple[str, int]]) -> None:
    assert sum(fractions(weights)) == 1
    assert all(fraction >= 0 for fraction in fractions(weights))


@given(st.integers(0, 10**15), WEIGHTS, st.randoms())
def test_the_order_of_lenders_does_not_change_anybodys_part(
    units: int, weights: list[tuple[str, int]], random: object
) -> None:
    shuffled = sorted(weights, key=lambda w: random.random())  # type: ignore[attr-defined]
    by_lender = dict(zip((name for name, _ in weights), split(units, weights), strict=True))
    assert by_lender == dict(zip((name for name, _ in shuffled), split(units, shuffled), strict=True))


@given(st.lists(st.text(max_size=3)), st.text(max_size=3))
def test_packed_keys_are_a_set(texts: list[str], other: str) -> None:
    keys = b""
    for text in texts:
        keys = packed.added(keys, packed.key(text))
    assert len(keys) == 16 * len(set(texts))
    assert packed.contains(keys, packed.key(other)) == (other in texts)


def test_postings_that_do_not_close_are_never_made() -> None:
    assert len(moved("a", in_transit("t"), 5, "CNY")) == 2
    with pytest.raises(ValueError, match="not to zero"):
        postings("CNY", {"a": 5, "b": -4})
