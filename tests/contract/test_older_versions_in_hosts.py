"""An event of an older version in the log: a fold applies it, a reaction answers it, a read model shows it."""

import json

import pytest

from loanstream.eventlog.port import Record
from loanstream.runtime.decider.fold import Fold, FoldError
from loanstream.runtime.projecting import Projecting, UnknownEvent
from loanstream.runtime.reacting import plan, react_to
from loanstream.runtime.upserts import RowBatch
from schemas import chain, upcasting
from schemas.envelope import EventMeta, event_headers
from tests.runtime.support.shipping import shipping_service
from tests.support.counting import A_TIME, counting_service

OLD_ORDER = "loanstream.shipping.Ordered.v0"
OLD_COUNT = "loanstream.testing.Counted.v0"


@pytest.fixture(autouse=True)
def _older_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the first versions there were others: an order had a number, a counter grew by a text."""
    monkeypatch.setattr(upcasting, "_UPCASTS", dict(upcasting._UPCASTS))
    upcasting.upcaster(OLD_ORDER)(lambda data: {"order_id": data["number"], "amount": 7})
    upcasting.upcaster(OLD_COUNT)(lambda data: {"by": int(data["more"])})


def a_record(ce_type: str, subject: str, value: bytes) -> Record:
    """The first event of an aggregate and of its partition."""
    context = ce_type.split(".")[1]
    meta = EventMeta(
        id="e-1",
        type=ce_type,
        context=context,
        subject=subject,
        sequence=1,
        partition=0,
        partitionseq=1,
        time=A_TIME,
        business_date=None,
        correlation="correlation",
        causation="command",
        actor="user:t",
    )
    headers = event_headers(meta, chain.chain_text(bytes(32)))
    return Record(f"loanstream.{context}.events.v1", 0, 1, subject, ce_type, headers, value, A_TIME)


AN_ORDER = a_record(OLD_ORDER, "o-1", json.dumps({"number": "o-1"}).encode())
A_COUNT = a_record(OLD_COUNT, "c-1", json.dumps({"more": "3"}).encode())


def test_a_reaction_answers_it_as_it_answers_the_newest() -> None:
    reacted = react_to(plan(shipping_service(), 1), AN_ORDER, A_TIME)
    assert reacted.failure is None
    assert [command.key for command in reacted.commands] == ["o-1"]


def test_a_read_model_shows_it() -> None:
    batch = RowBatch()
    Projecting(shipping_service()).add(batch, AN_ORDER)
    [rows] = [rows for (table, _), rows in batch._rows.items() if table == "orders"]
    [(values, _)] = rows.values()
    assert values["amount"] == 7


def test_a_fold_applies_it() -> None:
    fold = Fold("testing", 0, {decider.aggregate: decider for decider in counting_service().deciders})
    fold.apply_events([A_COUNT])
    assert fold.aggregates["c-1"].state.total == 3


def test_without_an_upcaster_all_of_them_stop_instead_of_guessing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upcasting, "_UPCASTS", {})
    failure = react_to(plan(shipping_service(), 1), AN_ORDER, A_TIME).failure
    assert failure is not None
    assert failure.reason == "unknown-type"
    with pytest.raises(UnknownEvent):
        Projecting(shipping_service()).add(RowBatch(), AN_ORDER)
    fold = Fold("testing", 0, {decider.aggregate: decider for decider in counting_service().deciders})
    with pytest.raises(FoldError, match="not in the contract of this release"):
        fold.apply_events([A_COUNT])
