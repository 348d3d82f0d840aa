"""No chain of reactions runs in a circle, but for those listed here with what stops them."""

from collections.abc import Sequence
from typing import Any

import pytest

from loanstream.runtime.definitions import Decider, Reaction, Send, Service
from loanstream.runtime.reaction_graph import Graph, cycles, reaction_graph
from schemas.topics import CONTEXTS
from services.registry import load
from tests.runtime.support.shipping import Ordered, Pack, shipping_service

LISTED = {
    frozenset({f"loanstream.{context}.ContinueBusinessDay.v1"}): (
        "A chunk of the open day sends for the next one until nothing is due: each aggregate's business day moves its due "
        "date past the day, and one that does not is put on hold."
    )
    for context in CONTEXTS
} | {
    frozenset(
        f"loanstream.funding.{name}.v1"
        for name in (
            *("Funded", "RegisterShares", "RepaymentDistributed", "Credit", "MoneyCredited", "MarkCredited"),
            *(
                "TransferCredited",
                "Capture",
                "ReservationCaptured",
                "MarkCaptured",
                "TransferCaptured",
                "ConfirmFunding",
            ),
        )
    ): (
        "Money credited by a distribution has no transfer, so mark-credited sends nothing for it; and a loan is funded once."
    ),
    frozenset(
        f"loanstream.servicing.{name}.v1"
        for name in ("PaymentReceived", "MarkApplied", "ReceiptReversalRequested", "ReversePayment")
    ): (
        "A reversal undoes the payment of its receipt and makes none; a payment is reversed once, and a receipt asks once."
    ),
}
"""Cycles of the system, each with its stopping condition."""


@pytest.fixture(scope="module")
def graph() -> Graph:
    return reaction_graph(load())


def test_every_cycle_is_listed_with_what_stops_it(graph: Graph) -> None:
    assert cycles(graph) == set(LISTED)


@pytest.mark.parametrize(
    ("cause", "consequence"),
    [
        ("origination.LoanApplied", "risk.RiskAssessed"),
        ("origination.LoanApplied", "origination.ContractDrafted"),
        ("origination.ContractSigned", "funding.Funded"),
        ("origination.ContractSigned", "origination.DrawdownRequested"),
        ("origination.DisbursementOrdered", "servicing.LoanBooked"),
        ("servicing.MoneyReceived", "servicing.Settled"),
        ("servicing.MoneyReceived", "funding.MoneyCredited"),
        ("servicing.StartBusinessDay", "notify.NotificationSent"),
        ("servicing.StartBusinessDay", "funding.BusinessDayClosed"),
    ],
)
def test_the_graph_knows_the_way_of_a_loan(graph: Graph, cause: str, consequence: str) -> None:
    assert f"loanstream.{consequence}.v1" in _reached(graph, f"loanstream.{cause}.v1")


def _reached(graph: Graph, start: str) -> set[str]:
    seen: set[str] = set()
    ahead = [start]
    while ahead:
        for following in graph.get(ahead.pop(), ()):
            if following not in seen:
                seen.add(following)
                ahead.append(following)
    return seen


def _order_again(_event: Ordered, _meta: Any) -> Sequence[Send]:
    return [Send("order-1", Pack(order_id="order-1"))]


def _pack_by_ordering(_state: Any, _command: Any, _context: Any) -> Sequence[Any]:
    return [Ordered(order_id="order-1")]


_TABLE = {Pack: _pack_by_ordering}


def _decide(state: Any, command: Any, context: Any) -> Sequence[Any]:
    return _TABLE[type(command)](state, command, context)


def test_a_cycle_through_a_decision_table_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loanstream.runtime.reaction_graph._OURS", __package__)
    decider = Decider("order", object, _decide, lambda state, event: state)
    shipping = shipping_service([Reaction("again", Ordered, _order_again)])
    circling = Service(
        name=shipping.name,
        deciders=(decider,),
        reactions=shipping.reactions,
        projection=shipping.projection,
        effects=lambda kit: {},
        api=shipping.api,
    )
    found = cycles(reaction_graph([circling]))
    assert frozenset({"loanstream.shipping.Ordered.v1", "loanstream.shipping.Pack.v1"}) in found
