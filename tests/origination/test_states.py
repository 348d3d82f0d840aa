"""States can be kept in snapshots: what is read back is what was written, and it is small."""

from typing import Any

import msgspec
import pytest

from loanstream.runtime.definitions import Decider
from schemas.origination.events import ApplicationAdmitted, ProductProposed
from tests.origination import samples
from tests.support.deciding import given

PROPOSED = ProductProposed(product_id="p", version=1, terms=samples.TERMS, maker=samples.MAKER)
ADMITTED = ApplicationAdmitted(party_ref="party-1", application_id="app-1")
HISTORIES: list[tuple[Decider, list[Any]]] = [
    (samples.PRODUCT, [PROPOSED]),
    (samples.PARTY, [ADMITTED]),
    (samples.APPLICATION, [samples.applied(), samples.returned("purpose-missing")]),
    (samples.APPLICATION, [samples.applied(), samples.ACCEPTED, samples.review_requested()]),
    (samples.APPLICATION, [samples.applied(), samples.ACCEPTED, samples.approved(), samples.COMPLETED]),
    (samples.CONTRACT, [samples.DRAFTED, samples.BORROWER_SIGNED, samples.LENDER_SIGNED, samples.SIGNED]),
    (samples.DRAWDOWN, [samples.REQUESTED, samples.RELEASED, samples.ORDERED, samples.UNKNOWN]),
]


@pytest.mark.parametrize(("decider", "history"), HISTORIES, ids=lambda value: getattr(value, "aggregate", ""))
def test_a_state_survives_its_snapshot(decider: Decider, history: list[Any]) -> None:
    state = given(decider, *history).state
    written = msgspec.msgpack.encode(state)
    assert msgspec.msgpack.decode(written, type=decider.state) == state


def test_an_ended_application_is_small() -> None:
    ended = given(samples.APPLICATION, samples.applied(), samples.ACCEPTED, samples.approved(), samples.COMPLETED)
    assert len(msgspec.msgpack.encode(ended.state)) < 200
