"""A partition's first record tells which log it is."""

import pytest

from loanstream_client import Identity, Place, Remade
from loanstream_client.envelope import IDENTITY_TYPE, Record
from loanstream_client.identity import compare, identity_of

PLACE = Place("t", 0)
HERE = Identity("here", 7)


def first(ce_type: str, value: bytes) -> Record:
    """A first record."""
    return Record(
        topic="t", partition=0, offset=0, timestamp=7, key="identity", headers={"ce_type": ce_type}, value=value
    )


def test_an_identity_record_names_the_installation_and_has_a_time() -> None:
    assert identity_of(first(IDENTITY_TYPE, b'{"installation": "here", "partitions": 1, "topic": "t"}')) == HERE
    assert identity_of(first(IDENTITY_TYPE, b"[")) is None
    assert identity_of(first("loanstream.servicing.LoanBooked.v1", b"{}")) is None


@pytest.mark.parametrize("now", [Identity("there", 7), Identity("here", 8), None])
def test_another_identity_is_another_log_and_says_what_to_do(now: Identity | None) -> None:
    with pytest.raises(
        Remade, match=r"t partition 0 is not the one .*'here', made at 7 .* remove the stored positions"
    ):
        compare({PLACE: HERE}, {PLACE: now})


def test_what_is_not_known_is_not_compared() -> None:
    compare({PLACE: HERE}, {PLACE: HERE})
    compare({PLACE: HERE}, {})
    compare({}, {PLACE: HERE})
