"""In which order a payment settles a debt."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.agreement import (
    Agreement,
    AllocationOrder,
    AllocationTerms,
    FutureInstalments,
    PaymentKind,
    Processing,
)
from schemas.servicing.commands import ApplyPayment
from schemas.servicing.events import PaymentReceived
from services.servicing.domain.loan.allocation import CLASSES, SLOTS, allocate, unfit_order
from services.servicing.domain.loan.money import COMPONENT_NAMES
from services.servicing.domain.loan.packing import Allocation, Balance
from services.servicing.domain.loan.terms import Conditions, condition_text, conditions
from tests.servicing.examples import A_YEAR, LOAN, a_loan, booking, day, events_of, until, yuan
from tests.support.deciding import given as no_loan

COST_FIRST = ("cost", "fee", "penalty", "compound", "interest", "principal")
EIGHTEEN = tuple(f"{due}.{component}" for due, component in product(CLASSES, COST_FIRST))
TWELVE = tuple(slot for slot in EIGHTEEN if not slot.endswith((".cost", ".compound")))
ON = day("03-15")
ROWS = [
    Balance(1, day("02-15"), 100, 10, 3, day("03-15"), compound=2, fee=5, cost=7),
    Balance(2, day("03-15"), 100, 9, 0, day("03-15")),
    Balance(3, day("04-15"), 100, 8, 0, day("04-15")),
    Balance(4, day("05-15"), 100, 7, 0, day("05-15")),
]
"""Past due, due today, and two in advance."""


def terms(*orders: AllocationOrder, processing: Processing = Processing.HORIZONTAL) -> Conditions:
    agreed = Agreement(allocation=AllocationTerms(orders=orders, processing=processing))
    return conditions(condition_text(replace(A_YEAR, agreement=agreed)))


def paid(amount: int, agreed: Conditions, kind: PaymentKind = PaymentKind.REPAYMENT) -> list[tuple[int, int]]:
    """(instalment, what it gets), in the order of instalments."""
    return [(part.number, part.total) for part in allocate(ROWS, amount, agreed, kind, ON)]


def test_horizontally_an_instalment_is_settled_before_the_next() -> None:
    agreed = terms(AllocationOrder(slots=EIGHTEEN))
    assert paid(127 + 50, agreed) == [(1, 127), (2, 50)]
    (first, *_) = allocate(ROWS, 20, agreed, PaymentKind.REPAYMENT, ON)
    assert first == Allocation(1, 0, 3, 3, compound=2, fee=5, cost=7)


def test_vertically_a_component_is_settled_over_all_instalments_of_a_class() -> None:
    agreed = terms(AllocationOrder(slots=EIGHTEEN), processing=Processing.VERTICAL)
    parts = allocate(ROWS, 127 + 109 + 8 + 7 + 10, agreed, PaymentKind.REPAYMENT, ON)
    assert [(part.number, part.interest, part.principal) for part in parts[2:]] == [(3, 8, 10), (4, 7, 0)]


def test_an_order_may_take_what_is_in_advance_before_what_is_due() -> None:
    advance_first = tuple(f"{due}.{component}" for due, component in product(reversed(CLASSES), COST_FIRST))
    assert paid(150, terms(AllocationOrder(slots=advance_first))) == [(3, 108), (4, 42)]


def test_money_in_advance_may_pay_the_last_instalment_first() -> None:
    agreed = terms(AllocationOrder(slots=EIGHTEEN, future=FutureInstalments.LAST))
    assert paid(127 + 109 + 50, agreed) == [(1, 127), (2, 109), (4, 50)]


def test_each_kind_of_payment_has_its_order_and_others_the_one_for_all() -> None:
    principal_first = tuple(f"{due}.{component}" for due, component in product(CLASSES, reversed(COST_FIRST)))
    agreed = terms(
        AllocationOrder(slots=EIGHTEEN), AllocationOrder(slots=principal_first, kind=PaymentKind.MERCHANT_REFUND)
    )
    (refund, *_) = allocate(ROWS, 50, agreed, PaymentKind.MERCHANT_REFUND, ON)
    (credit, *_) = allocate(ROWS, 12, agreed, PaymentKind.GOODWILL_CREDIT, ON)
    assert (refund.principal, credit.cost, credit.fee) == (50, 7, 5)


def test_an_order_of_twelve_pays_cost_with_fees_and_compound_interest_with_penalty() -> None:
    assert paid(17, terms(AllocationOrder(slots=TWELVE))) == paid(17, terms(AllocationOrder(slots=EIGHTEEN)))


@given(st.integers(0, 1_000), st.permutations(SLOTS), st.sampled_from(Processing), st.sampled_from(FutureInstalments))
def test_whatever_the_order_no_money_is_lost_and_nothing_is_paid_twice(
    amount: int, slots: Sequence[str], processing: Processing, future: FutureInstalments
) -> None:
    agreed = terms(AllocationOrder(slots=tuple(slots), future=future), processing=processing)
    parts = {part.number: part for part in allocate(ROWS, amount, agreed, PaymentKind.REPAYMENT, ON)}
    assert sum(part.total for part in parts.values()) == min(amount, sum(row.total for row in ROWS))
    for row in ROWS:
        left = row.less(parts.get(row.number, Allocation(row.number, 0, 0, 0)))
        assert min(getattr(left, name) for name in COMPONENT_NAMES) >= 0


@pytest.mark.parametrize(
    ("orders", "said"),
    [
        ((AllocationOrder(slots=EIGHTEEN, kind=PaymentKind.REPAYMENT),), "no order holds for the kinds"),
        ((AllocationOrder(slots=EIGHTEEN), AllocationOrder(slots=TWELVE)), "two orders"),
        ((AllocationOrder(slots=(*EIGHTEEN[:-1], "due.principle")),), "due.principle, which is no slot"),
        ((AllocationOrder(slots=(*EIGHTEEN[:-1], EIGHTEEN[0])),), "names a slot twice"),
        ((AllocationOrder(slots=EIGHTEEN[:-1]),), "misses in-advance.principal"),
    ],
)
def test_an_order_that_cannot_be_is_refused_before_anything_is_booked(orders: tuple[Any, ...], said: str) -> None:
    agreed = Agreement(allocation=AllocationTerms(orders=orders))
    assert said in (unfit_order(AllocationTerms(orders=orders)) or "")
    decided = no_loan(LOAN).when(booking(replace(A_YEAR, agreement=agreed)), on=day("01-15"))
    assert decided.decision.code == "allocation-not-bookable"
    assert said in decided.decision.message


def test_a_refund_counts_by_its_own_order_also_when_the_ledger_is_written_anew() -> None:
    principal_first = tuple(f"{due}.{component}" for due, component in product(CLASSES, reversed(COST_FIRST)))
    orders = (AllocationOrder(slots=EIGHTEEN), AllocationOrder(slots=principal_first, kind=PaymentKind.MERCHANT_REFUND))
    loan = a_loan(agreement=Agreement(allocation=AllocationTerms(orders=orders)))
    command = ApplyPayment(
        receipt_id="R1", amount=yuan(600), value_date=day("02-15"), channel="merchant", kind=PaymentKind.MERCHANT_REFUND
    )
    loan = until(loan, day("02-15")).when(command, on=day("02-15")).applied()
    early = ApplyPayment(receipt_id="R2", amount=yuan(100), value_date=day("02-10"), channel="bank-transfer")
    late = until(loan, day("02-20")).when(early, on=day("02-20"))
    (received,) = [event for event in events_of(late) if isinstance(event, PaymentReceived)]
    assert (received.allocation.interest, received.number) == (yuan(100), 2)
    assert late.applied().state.repaid == 600_00
