"""Deterministic ids are plain uuid5, so that anybody can recompute them."""

from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import ids


@given(st.lists(st.text() | st.integers(), min_size=1, max_size=4))
def test_a_derived_id_is_the_uuid5_of_its_parts(parts: list[str | int]) -> None:
    assert ids.derived(*parts) == str(uuid5(ids.NAMESPACE, "\x1f".join(map(str, parts))))


@given(st.uuids())
def test_a_packed_id_is_the_uuids_bytes(uuid: UUID) -> None:
    assert ids.packed(str(uuid)) == uuid.bytes


@pytest.mark.parametrize("text", ["", "x", "1234", "g" * 32])
def test_what_is_no_uuid_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"uuid|hexadecimal"):
        ids.packed(text)


def test_parts_do_not_run_into_each_other() -> None:
    assert ids.derived("ab", "c") != ids.derived("a", "bc")
