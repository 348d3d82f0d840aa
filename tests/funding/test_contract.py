"""Funding as the platform and other teams see it: messages, states in snapshots, reactions, read models."""

from graphlib import TopologicalSorter
from typing import Any

import msgspec
import pytest

from loanstream.runtime.definitions import Decider, Send
from schemas import codec
from schemas.envelope import EventMeta
from schemas.funding import events as happened
from schemas.funding.commands import Credit, DistributeRepayment, RegisterShares
from schemas.platform import PARTITION_AGGREGATE
from schemas.registry import all_types, by_class
from services.funding.reactions import REACTIONS
from services.funding.service import ACCOUNT, FUNDING, REPAYMENT, service
from services.funding.service import TRANSFER as TRANSFER_DECIDER
from tests.funding import examples
from tests.funding.graph import EMITS
from tests.support.deciding import A_DAY, A_TIME, given

META = EventMeta("e", "", "", "", 1, 0, 1, A_TIME, A_DAY, "", "", "")
SHARES = happened.SharesRegistered(loan_id=examples.LOAN, shares=(examples.share(examples.OWN, "1000.00", "1"),))
PENDING = happened.RepaymentPending(
    loan_id=examples.LOAN,
    receipt_id="R-1",
    amount=examples.cny("90.00"),
    components=examples.components("90.00"),
    kind="payment",
    reversal=False,
)
CANCELLED = happened.ReservationRefused(
    account_id=examples.OWN, transfer_id=examples.TRANSFER, amount=examples.cny("1.00"), reason="cancelled"
)
HISTORIES: list[tuple[Decider, list[Any]]] = [
    (ACCOUNT, [examples.opened(), examples.deposited("9.00"), examples.reserved("4.00", balance="5.00"), CANCELLED]),
    (TRANSFER_DECIDER, [examples.transfer_opened()]),
    (FUNDING, [examples.funding_requested()]),
    (REPAYMENT, [PENDING]),
    (REPAYMENT, [SHARES]),
]


@pytest.mark.parametrize(("decider", "history"), HISTORIES, ids=lambda value: getattr(value, "aggregate", ""))
def test_a_state_survives_its_snapshot(decider: Decider, history: list[Any]) -> None:
    state = given(decider, *history).state
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(state), type=decider.state) == state


@pytest.mark.parametrize(("_decider", "history"), HISTORIES, ids=lambda value: getattr(value, "aggregate", ""))
def test_every_event_reads_back_through_both_codecs(_decider: Decider, history: list[Any]) -> None:
    for event in history:
        value = codec.encode(event)
        assert codec.decode(type(event), value) == event
        assert codec.validate(type(event), value) == event


def test_the_repayments_of_a_loan_stay_small() -> None:
    repaid = given(REPAYMENT, aggregate_id=examples.LOAN).when(RegisterShares(shares=SHARES.shares)).applied()
    for number in range(36):
        receipt = DistributeRepayment(
            receipt_id=f"R-{number}",
            amount=examples.cny("90.00"),
            components=examples.components("90.00"),
            kind="payment",
            reversal=False,
        )
        repaid = repaid.when(receipt).applied()
    assert len(msgspec.msgpack.encode(repaid.state)) < 36 * 16 + 120


ENDS = {(happened.RepaymentDistributed, Credit)}
"""Where the types come round but the facts do not: a distribution's credit ends there, because no transfer waits for it."""


def test_no_reaction_leads_back_to_itself() -> None:
    """Event → command → event never comes round, so no history runs for ever."""
    graph = TopologicalSorter[str]()
    for command, events in EMITS.items():
        for event in events:
            graph.add(by_class(event).ce_type, by_class(command).ce_type)
    for event, command in edges() - ENDS:
        graph.add(by_class(command).ce_type, by_class(event).ce_type)
    graph.prepare()


def edges() -> set[tuple[type[Any], type[Any]]]:
    """Event and command classes joined by a reaction, of one example each."""
    money = examples.cny("1.00")
    distributed: dict[str, Any] = {
        "loan_id": examples.LOAN,
        "receipt_id": "R-1",
        "amount": money,
        "components": examples.components("1.00"),
        "shares": (examples.share(examples.OWN, "1.00", "1"),),
        "postings": (),
        "distribution_id": "d",
        "kind": "payment",
    }
    between: dict[str, Any] = {
        "transfer_id": examples.TRANSFER,
        "from_account": examples.OWN,
        "to_account": "reserve-CNY",
        "amount": money,
    }
    ended: dict[str, Any] = {
        "transfer_id": examples.TRANSFER,
        "amount": money,
        "purpose": "funding",
        "reference": examples.APPLICATION,
    }
    of_account: dict[str, Any] = {"account_id": examples.OWN, "transfer_id": examples.TRANSFER, "amount": money}
    facts = [
        examples.contract_signed(money),
        examples.funding_requested(),
        examples.transfer_opened(),
        examples.reserved("1.00", balance="0.00"),
        CANCELLED,
        happened.TransferReserved(**between),
        examples.credited("1.00", balance="1.00"),
        happened.CreditRefused(**of_account, reason="unknown-account"),
        happened.TransferCredited(**between),
        happened.ReservationCaptured(**of_account),
        happened.TransferCancelled(
            transfer_id=examples.TRANSFER, from_account=examples.OWN, amount=money, reason="expired"
        ),
        happened.ReservationReleased(**of_account, balance=money, postings=()),
        happened.TransferCaptured(**ended),
        happened.TransferReleased(**ended, reason="expired"),
        happened.Funded(
            application_id=examples.APPLICATION,
            loan_id=examples.LOAN,
            contract_id=examples.CONTRACT,
            amount=money,
            loan_account=f"loan:{examples.LOAN}",
            sources=SHARES.shares,
        ),
        examples.disbursed(money),
        examples.disbursement_failed(money),
        examples.payment(money),
        examples.payment_reversed(money),
        examples.recovery(money),
        examples.recovery_reversed(money),
        happened.RepaymentDistributed(**distributed, reversal=False),
        happened.RepaymentDistributed(**distributed, reversal=True),
    ]
    assert {type(fact) for fact in facts} == {reaction.on for reaction in REACTIONS}
    found = set()
    for fact in facts:
        for reaction in REACTIONS:
            if reaction.on is type(fact):
                sends = [send for send in reaction.react(fact, META) if isinstance(send, Send)]
                assert sends, reaction.name
                found |= {(type(fact), type(send.command)) for send in sends}
    return found


def test_reactions_have_names_of_their_own() -> None:
    names = [reaction.name for reaction in REACTIONS]
    assert len(set(names)) == len(names)


def test_a_transfer_of_a_person_concerns_no_funding_and_a_distribution_no_transfer() -> None:
    by_name = {reaction.name: reaction.react for reaction in REACTIONS}
    captured = happened.TransferCaptured(
        transfer_id=examples.TRANSFER, amount=examples.cny("1.00"), purpose="transfer", reference="x"
    )
    assert by_name["confirm-funding"](captured, META) == []
    credited = examples.credited("1.00", balance="1.00", purpose="distribution")
    assert by_name["mark-credited"](credited, META) == []
    assert by_name["distribute-payment"](examples.payment(examples.cny("0.00")), META) == []


def test_every_command_has_a_decider_and_every_event_that_people_ask_for_shows() -> None:
    aggregates = {decider.aggregate for decider in service().deciders}
    assert {t.aggregate for t in all_types("command", "funding")} <= aggregates | {PARTITION_AGGREGATE}
    ours = {t.cls for t in all_types("event", "funding") if t.aggregate != PARTITION_AGGREGATE}
    silent = {happened.ReservationRefused, happened.CreditRefused, happened.SharesRegistered}
    assert ours - set(service().projection.handlers) == silent
    assert set(EMITS) == {t.cls for t in all_types("command", "funding") if t.aggregate != PARTITION_AGGREGATE}
