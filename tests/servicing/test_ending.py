"""The end of a loan: charge-off, recoveries, discounted settlement, sale, refunds, and the books after each."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given as example
from hypothesis import strategies as st

from schemas.agreement import Agreement, ChargedOffAccrual, ChargeOffTerms
from schemas.money import Money, of_minor
from schemas.servicing.commands import (
    AgreeSettlement,
    ApplyPayment,
    AssignLoan,
    ChargeOffLoan,
    MarkApplied,
    RecordReceipt,
    RefundReceipt,
    RequestReversal,
    SellClaim,
    WaiveAmount,
)
from schemas.servicing.events import (
    AmountWaived,
    ChargedOff,
    ClaimSold,
    InstallmentPaid,
    LoanAssigned,
    PaymentDeclined,
    PaymentReceived,
    PaymentReversed,
    PenaltyCharged,
    RecoveryReceived,
    RefundPaid,
    ScheduleRevised,
    Settled,
    SettlementAgreed,
    SettlementLapsed,
)
from schemas.terms import Components
from services.servicing.domain.books import RECEIPT_TERMS, balanced, book_terms, receipt_terms
from services.servicing.domain.loan.ending.charge_off import interest_until
from services.servicing.domain.loan.ending.claim import claim_on, extinguished
from services.servicing.domain.loan.ending.vertical import allocate, reduce
from services.servicing.domain.loan.money import COMPONENT_NAMES, component_units
from services.servicing.domain.loan.packing import Balance
from services.servicing.domain.loan.state import Status, outstanding_principal, unpaid
from tests.servicing.examples import (
    A_YEAR,
    ALL_PERMISSIONS,
    LOAN,
    RECEIPT,
    a_loan,
    day,
    events_of,
    parts,
    pay,
    reverse,
    until,
    write_off,
    yuan,
)
from tests.support.deciding import Given, Then, given

STAFF = (
    *ALL_PERMISSIONS,
    "servicing:charge-off",
    "servicing:agree-settlement",
    "servicing:sell-claim",
    "servicing:assign",
    "servicing:refund",
)
LATE = day("06-01")


def late_loan() -> Given:
    """On 1 June, 106 days past due: four instalments due and unpaid."""
    return until(a_loan(), LATE)


def staff(loan: Given, command: Any, on: date, permissions: Sequence[str] = STAFF) -> Then:
    return loan.when(command, on=on, by="user:finance", permissions=permissions)


def agree(loan: Given, amount: str, by: date, on: date = LATE, **changes: Any) -> Then:
    command = AgreeSettlement(
        amount=yuan(amount), by=by, reason="illness", maker="user:collector", approvals=("committee-7",)
    )
    return staff(loan, replace(command, **changes), on)


def sell(loan: Given, on: date, **changes: Any) -> Then:
    command = SellClaim(
        buyer="amc-1", price=yuan("3000"), reason="portfolio 9", maker="user:collector", approvals=("board-2",)
    )
    return staff(loan, replace(command, **changes), on)


def books_close(loan: Given) -> bool:
    return all(balanced(terms) for terms in book_terms([loan.state]).values())


# -- charge-off ------------------------------------------------------------------------------------------------------------


def test_a_charged_off_loan_stays_on_the_books_and_takes_payments() -> None:
    decided = staff(late_loan(), ChargeOffLoan(reason="no contact", approvals=("loss-3",)), LATE)
    *_, charged = events_of(decided)
    assert isinstance(charged, ChargedOff)
    assert (charged.charged_off, charged.days_past_due, charged.accrual) == (
        parts("12000", "504", "148.80"),
        106,
        ChargedOffAccrual.CLAIM_ONLY,
    )
    loan = decided.applied()
    assert (loan.state.status, outstanding_principal(loan.state), loan.state.ending.charged_off) == (
        Status.ACTIVE,
        12_000_00,
        LATE,
    )
    assert isinstance(events_of(pay(loan, "500", LATE))[0], PaymentReceived)
    staff(loan, ChargeOffLoan(reason="again"), LATE).then()


def test_where_the_contract_says_so_nothing_accrues_after_a_charge_off() -> None:
    """The running row, 15 May to 15 June: 96.00 of interest, 17 of 31 days earned, 52.65; later rows ask for none."""
    stopping = Agreement(charge_off=ChargeOffTerms(accrual=ChargedOffAccrual.STOPPED))
    loan = until(a_loan(agreement=stopping), LATE)
    decided = staff(loan, ChargeOffLoan(reason="no contact"), LATE)
    after = decided.applied()
    assert [type(event) for event in events_of(decided)][-2:] == [ChargedOff, ScheduleRevised]
    rows = list(unpaid(after.state))
    assert [row.interest for row in rows[3:7]] == [108_00, 52_65, 0, 0]
    penalty = sum(row.penalty for row in rows)
    later = after.through(LATE, day("12-31"))
    assert sum(row.penalty for row in unpaid(later.state)) == penalty
    assert not [e for e in events_of(pay(later, "1", day("12-31"))) if isinstance(e, PenaltyCharged)]
    assert books_close(later)


def test_only_arrears_are_charged_off_and_only_by_the_permitted() -> None:
    staff(a_loan(), ChargeOffLoan(reason="early"), day("01-20")).then_refused("not-in-arrears")
    staff(late_loan(), ChargeOffLoan(reason="x"), LATE, ()).then_refused("forbidden")


@example(st.integers(0, 10**9), st.integers(1, 400), st.integers(-5, 500))
def test_interest_by_days_is_never_negative_nor_above_the_whole(interest: int, days: int, passed: int) -> None:
    start = day("01-01")
    earned = interest_until(interest, start, start + timedelta(days=days), start + timedelta(days=passed))
    assert 0 <= earned <= interest
    assert earned == interest or passed < days


# -- recoveries ------------------------------------------------------------------------------------------------------------


def test_a_recovery_pays_written_off_principal_before_memo_interest() -> None:
    """500.00 of memo interest, oldest first: 144.00 + 63.60 of row 1, 132.00 + 46.80 of row 2, 113.60 of row 3's 120.00."""
    loan = write_off(late_loan(), LATE).applied()
    (first,) = events_of(pay(loan, "11000", day("06-01"), receipt="A"))
    assert (first.allocation, first.memo_interest, first.surplus) == (parts("11000"), yuan(0), None)
    loan = pay(loan, "11000", day("06-01"), receipt="A").applied()
    (second,) = events_of(pay(loan, "1500", day("06-01"), receipt="B"))
    assert (second.allocation, second.memo_interest) == (parts("1000", "389.60", "110.40"), yuan("500"))


def test_what_is_above_the_claim_stays_on_the_receipt_and_a_recovered_claim_takes_no_more() -> None:
    """504.00 of interest was due; of the running row's 96.00, 17 of 31 days are earned, 52.65."""
    loan = write_off(late_loan(), LATE).applied()
    decided = pay(loan, "13000", LATE)
    (event,) = events_of(decided)
    assert (event.amount, event.surplus, event.allocation) == (
        yuan("12705.45"),
        yuan("294.55"),
        parts("12000", "556.65", "148.80"),
    )
    done = decided.applied()
    assert extinguished(done.state)
    assert LOAN.closed(done.state)
    assert not LOAN.closed(loan.state)
    (declined,) = events_of(pay(done, "1", day("08-01"), receipt="B"))
    assert (type(declined), declined.reason) == (PaymentDeclined, "claim-recovered")


def test_memo_interest_runs_by_day_on_principal_that_is_not_recovered() -> None:
    """Row 5 asks 96.00 for 31 days on 8,000.00; half of that was recovered 14 days before its end: 96 × (1 − 14/62)."""
    loan = write_off(late_loan(), LATE).applied()
    untouched = claim_on(loan.state, day("06-15"))
    assert untouched[4].interest == 96_00
    recovered = pay(loan, "8000", LATE, receipt="A").applied()
    after = claim_on(recovered.state, day("06-15"))
    assert after[4].interest == 74_32
    assert [row.principal for row in after[:8]] == [0] * 8


def test_penalty_runs_on_after_the_write_off_as_memo_interest() -> None:
    """1 June to 1 July: 4 rows of 1,000.00 for 30 days at 21.6 %/360 = 18.00 each; row 5 16 days = 9.60."""
    loan = write_off(late_loan(), LATE).applied()
    before = sum(row.penalty for row in claim_on(loan.state, LATE))
    assert sum(row.penalty for row in claim_on(loan.state, day("07-01"))) == before + 4 * 18_00 + 9_60
    assert loan.state == loan.on_day(day("07-01")).applied().state


@example(
    st.lists(st.tuples(st.integers(1, 9_000_00), st.integers(0, 300)), min_size=1, max_size=6),
    st.integers(0, 5),
    st.integers(0, 400),
)
def test_a_recovery_that_is_undone_leaves_the_claim_as_if_it_had_never_come(
    recoveries: list[tuple[int, int]], undone: int, asked: int
) -> None:
    """In the order of their days, as the bank credits them; whatever was taken is what the claim fell by."""
    written_off = write_off(late_loan(), LATE).applied()
    ordered = sorted(recoveries, key=lambda each: each[1])
    chosen = min(undone, len(ordered) - 1)
    loan, books = written_off, book_terms([written_off.state])
    for number, (amount, after) in enumerate(ordered):
        on = LATE + timedelta(days=after)
        before = sum(row.total for row in claim_on(loan.state, on))
        receipt = ApplyPayment(receipt_id=f"R{number}", amount=yuan(0), value_date=on, channel="bank-transfer")
        decided = loan.when(replace(receipt, amount=_cents(amount)), on=on)
        loan = decided.applied()
        left = sum(row.total for row in claim_on(loan.state, on))
        taken = sum(_taken(event) for event in events_of(decided))
        assert taken == min(amount, before)
        assert abs(before - taken - left) <= len(ordered) + 12
        assert book_terms([loan.state]) == books
    last = LATE + timedelta(days=ordered[-1][1])
    with_it = loan
    loan = reverse(loan, f"R{chosen}", last).applied()
    without = written_off
    if chosen == len(ordered) - 1:
        for number, (amount, after) in enumerate(ordered[:-1]):
            without = without.when(
                ApplyPayment(
                    receipt_id=f"R{number}",
                    amount=_cents(amount),
                    value_date=LATE + timedelta(days=after),
                    channel="bank-transfer",
                ),
                on=last,
            ).applied()
        assert claim_on(loan.state, last + timedelta(days=asked)) == claim_on(
            without.state, last + timedelta(days=asked)
        )
    owed = [sum(row.total for row in claim_on(each.state, last)) for each in (with_it, loan)]
    assert owed[1] >= owed[0]


def _cents(amount: int) -> Money:
    return of_minor(amount, "CNY")


def _taken(event: Any) -> int:
    return sum(component_units(event.allocation).values()) if isinstance(event, RecoveryReceived) else 0


# -- discounted settlement -------------------------------------------------------------------------------------------------


def test_a_settlement_states_what_it_would_waive_penalty_first() -> None:
    """Owed: 12,000.00 + 936.00 interest as scheduled + 148.80 penalty = 13,084.80; 1,000.00 less."""
    *_, agreed = events_of(agree(late_loan(), "12084.80", day("06-30")))
    assert isinstance(agreed, SettlementAgreed)
    assert (agreed.claim, agreed.reduction) == (parts("12000", "936", "148.80"), parts("0", "851.20", "148.80"))


def test_the_agreed_sum_paid_in_time_settles_the_loan_at_a_discount() -> None:
    loan = agree(late_loan(), "11000", day("06-30")).applied()
    loan = pay(loan, "5000", day("06-10"), receipt="A").applied()
    assert loan.state.status is Status.ACTIVE
    decided = pay(loan, "6500", day("06-20"), receipt="B")
    events = events_of(decided)
    (received,) = [event for event in events if isinstance(event, PaymentReceived)]
    (waived,) = [event for event in events if isinstance(event, AmountWaived)]
    assert (received.surplus, received.allocation) == (yuan("500"), parts("6000"))
    assert (waived.waived.principal, waived.waived.interest) == (yuan("1000"), yuan("936"))
    assert waived.authority == "user:finance"
    assert (type(events[-1]), events[-1].kind) == (Settled, "discounted")
    settled = decided.applied()
    assert books_close(settled)
    assert (settled.state.forgiven, settled.state.repaid) == (1000_00, 11_000_00)


def test_an_agreed_sum_that_is_not_paid_by_its_date_lapses_and_the_full_claim_stands() -> None:
    agreed = agree(late_loan(), "11000", day("06-30")).applied()
    paid = pay(agreed, "5000", day("06-30")).applied()
    assert (LOAN.due(paid.state) or date.max) <= day("07-01")
    assert not [e for e in events_of(paid.on_day(day("06-30"))) if isinstance(e, SettlementLapsed)]
    decided = until(paid, day("06-30")).on_day(day("07-01"))
    (lapsed,) = [event for event in events_of(decided) if isinstance(event, SettlementLapsed)]
    assert (lapsed.cause, lapsed.paid, lapsed.revived) == ("unpaid", yuan("5000"), parts())
    after = decided.applied()
    owed = sum(row.total for row in unpaid(after.state))
    assert owed > 7_000_00 + 936_00
    assert events_of(pay(after, "6000", day("07-02"), receipt="B"))[-1].__class__ is not Settled
    assert (LOAN.due(after.state) or date.max) > day("07-01")


def test_an_agreed_sum_that_the_bank_takes_back_revives_what_was_waived() -> None:
    loan = agree(late_loan(), "11000", day("06-30")).applied()
    before = loan
    settled = pay(loan, "11000", LATE).applied()
    decided = reverse(settled, "R1", day("06-05"))
    assert [type(event) for event in events_of(decided)] == [PaymentReversed, SettlementLapsed]
    after = decided.applied()
    assert after.state.status is Status.ACTIVE
    assert (after.state.forgiven, after.state.waived, after.state.repaid) == (0, 0, 0)
    assert list(unpaid(after.state)) == list(unpaid(before.state))
    assert books_close(after)


def test_an_agreement_binds_until_it_is_paid_or_lapses() -> None:
    loan = agree(late_loan(), "11000", day("06-30")).applied()
    agree(loan, "10000", day("06-30")).then_refused("settlement-agreed")
    write_off(loan, LATE).then_refused("settlement-agreed")
    sell(loan, LATE).then_refused("settlement-agreed")
    staff(loan, WaiveAmount(amounts=parts("1"), reason="x"), LATE).then_refused("settlement-agreed")


@pytest.mark.parametrize(
    ("amount", "changes", "code"),
    [
        ("11000", {"by": day("05-31")}, "settlement-date-invalid"),
        ("11000", {"by": date(2027, 6, 3)}, "settlement-date-invalid"),
        ("13084.80", {}, "settlement-no-discount"),
        ("0", {}, "amount-invalid"),
        ("11000", {"approvals": ()}, "approval-missing"),
        ("11000", {"approvals": (" ",)}, "approval-missing"),
        ("11000", {"maker": "user:finance"}, "maker-is-checker"),
        ("11000", {"maker": ""}, "maker-is-checker"),
    ],
)
def test_a_settlement_that_cannot_be_is_refused(amount: str, changes: dict[str, Any], code: str) -> None:
    agree(late_loan(), amount, **({"by": day("06-30")} | changes)).then_refused(code)


@example(
    st.lists(st.integers(0, 10**6), min_size=6, max_size=6),
    st.integers(0, 10**7),
)
def test_a_reduction_takes_its_order_and_never_more_than_there_is(owed: list[int], amount: int) -> None:
    by_name = dict(zip(COMPONENT_NAMES, owed, strict=True))
    order = ("penalty", "compound", "interest", "principal")
    reduced = reduce(by_name, amount, order)
    assert sum(reduced.values()) == min(amount, sum(by_name[name] for name in order))
    begun = [name for name in order if reduced[name] < by_name[name]]
    assert all(reduced[name] == 0 for name in order[order.index(begun[0]) + 1 :]) if begun else True
    assert reduced["fee"] == reduced["cost"] == 0


@example(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 90)), min_size=1, max_size=8), st.integers(0, 6000))
def test_vertical_allocation_finishes_a_component_before_the_next(rows: list[tuple[int, int]], amount: int) -> None:
    balances = [Balance(n, LATE, principal, interest, 0, LATE) for n, (principal, interest) in enumerate(rows, 1)]
    shares = allocate(balances, amount, (("principal",), ("interest",)))
    principal, interest = sum(s.principal for s in shares), sum(s.interest for s in shares)
    assert principal == min(amount, sum(row[0] for row in rows))
    assert interest == min(amount - principal, sum(row[1] for row in rows))


# -- tiers -----------------------------------------------------------------------------------------------------------------

_LARGE = replace(A_YEAR, principal=yuan("300000"))


@pytest.mark.parametrize(
    ("amounts", "permissions", "code"),
    [
        (parts("20000.01"), ("servicing:waive",), "waiver-above-tier"),
        (parts("20000.01"), ("servicing:waive-large",), "approval-missing"),
        (parts("200000.01"), ("servicing:waive-large",), "waiver-above-tier"),
    ],
)
def test_a_waiver_above_its_tier_is_refused(amounts: Components, permissions: tuple[str, ...], code: str) -> None:
    loan = a_loan(_LARGE)
    decision = staff(loan, WaiveAmount(amounts=amounts, reason="x"), day("01-20"), permissions)
    decision.then_refused(code)


def test_each_tier_decides_up_to_its_limit() -> None:
    loan = a_loan(_LARGE)
    staff(loan, WaiveAmount(amounts=parts("20000"), reason="x"), day("01-20"), ("servicing:waive",)).then_types(
        AmountWaived
    )
    approved = WaiveAmount(amounts=parts("200000"), reason="x", maker="user:clerk", approvals=("a-1",))
    (waived,) = events_of(staff(loan, approved, day("01-20"), ("servicing:waive-large",)))
    assert (waived.maker, waived.approvals) == ("user:clerk", ("a-1",))
    staff(loan, approved, day("01-20"), ("servicing:waive-any",)).then_types(AmountWaived)
    alone = replace(approved, maker="user:finance")
    staff(loan, alone, day("01-20"), ("servicing:waive-any",)).then_refused("maker-is-checker")


def test_a_settlement_needs_the_tier_of_what_it_waives() -> None:
    loan = a_loan(_LARGE)
    permissions = ("servicing:agree-settlement", "servicing:waive")
    command = AgreeSettlement(
        amount=yuan("250000"), by=day("02-01"), reason="x", maker="user:clerk", approvals=("a-1",)
    )
    staff(loan, command, day("01-20"), permissions).then_refused("waiver-above-tier")
    staff(loan, command, day("01-20"), (*permissions, "servicing:waive-large")).then_types(SettlementAgreed)


# -- sale, settlement, assignment ------------------------------------------------------------------------------------------


def test_a_sold_claim_leaves_the_balance_and_later_money_waits_for_its_owner() -> None:
    decided = sell(late_loan(), LATE)
    *_, sold = events_of(decided)
    assert isinstance(sold, ClaimSold)
    assert (sold.principal, sold.claim, sold.price) == (yuan("12000"), parts("12000", "936", "148.80"), yuan("3000"))
    loan = decided.applied()
    assert books_close(loan)
    assert (book_terms([loan.state])["CNY"]["sold"], outstanding_principal(loan.state)) == (12_000_00, 0)
    (declined,) = events_of(pay(loan, "10", day("06-02")))
    assert (type(declined), declined.reason) == (PaymentDeclined, "claim-sold")
    assert LOAN.due(loan.state) is None
    assert LOAN.closed(loan.state)
    sell(loan, LATE).then_refused("loan-sold")
    write_off(loan, LATE).then_refused("loan-sold")


def test_a_written_off_claim_is_sold_without_touching_the_balance() -> None:
    loan = write_off(late_loan(), LATE).applied()
    decided = sell(pay(loan, "500", LATE).applied(), LATE)
    (sold,) = events_of(decided)
    assert (sold.principal, sold.claim) == (yuan(0), parts("11500", "556.65", "148.80"))
    after = decided.applied()
    assert books_close(after)
    assert after.state.written_off == 12_000_00


def test_a_payment_of_before_the_sale_that_is_taken_back_goes_over_with_the_claim() -> None:
    loan = pay(until(a_loan(), day("02-15")), "1144", day("02-15")).applied()
    sold = sell(until(loan, LATE), LATE).applied()
    after = reverse(sold, "R1", day("06-02")).then_types(PaymentReversed, ClaimSold)
    assert books_close(after)
    assert (after.state.repaid, after.state.ending.sold, after.state.status) == (0, 12_000_00, Status.SOLD)


def test_a_loan_that_a_guarantor_paid_is_settled_as_compensated_until_that_money_goes_back() -> None:
    command = ApplyPayment(receipt_id="G", amount=yuan("12936"), value_date=day("01-20"), channel="compensation")
    decided = a_loan().when(command, on=day("01-20"))
    assert events_of(decided)[-1].kind == "compensated"
    after = reverse(decided.applied(), "G", day("01-21")).applied()
    assert events_of(pay(after, "12936", day("01-21"), receipt="H"))[-1].kind == "paid"


def test_a_loan_is_assigned_by_the_permitted() -> None:
    (assigned,) = events_of(staff(a_loan(), AssignLoan(unit="north", officer="li"), day("01-20")))
    assert (type(assigned), assigned.unit, assigned.officer) == (LoanAssigned, "north", "li")
    staff(a_loan(), AssignLoan(unit="n", officer=""), day("01-20"), ()).then_refused("forbidden")


# -- refunds ---------------------------------------------------------------------------------------------------------------


def suspended_receipt() -> Given:
    receipt = given(RECEIPT, aggregate_id="R-1").when(
        RecordReceipt(loan_id="loan-1", amount=yuan("100"), channel="manual"), on=LATE
    )
    return receipt.applied().when(MarkApplied(applied=yuan("60"), suspended=yuan("40")), on=LATE).applied()


def test_suspended_money_is_refunded_once_and_never_more_than_there_is() -> None:
    receipt = suspended_receipt()
    command = RefundReceipt(amount=yuan("30"), reason="overpaid", refund_reference="OUT-1")
    decided = staff(receipt, command, LATE)
    decided.then(
        RefundPaid(
            receipt_id="R-1",
            loan_id="loan-1",
            amount=yuan("30"),
            suspended=yuan("10"),
            refund_reference="OUT-1",
            reason="overpaid",
            authority="user:finance",
        )
    )
    after = decided.applied()
    staff(after, command, LATE).then()
    staff(after, replace(command, refund_reference="OUT-2"), LATE).then_refused("refund-exceeds-suspense")
    staff(after, replace(command, amount=yuan(0), refund_reference="OUT-2"), LATE).then_refused("amount-invalid")
    staff(after, replace(command, refund_reference="OUT-2"), LATE, ()).then_refused("forbidden")
    terms = receipt_terms([after.state])["CNY"]
    assert {name: terms[name] for name in RECEIPT_TERMS} == {
        "received": 100_00,
        "not_yet_applied": 0,
        "applied": 60_00,
        "suspended": 10_00,
        "refunded": 30_00,
        "reversed": 0,
    }


def test_what_was_refunded_stays_refunded_when_the_bank_takes_the_receipt_back() -> None:
    command = RefundReceipt(amount=yuan("40"), reason="overpaid", refund_reference="OUT-1")
    receipt = given(RECEIPT, aggregate_id="R-1").when(
        RecordReceipt(loan_id="", amount=yuan("100"), channel="manual"), on=LATE
    )
    refunded = staff(receipt.applied(), command, LATE).applied()
    after = refunded.when(RequestReversal(cause="returned"), on=LATE).applied()
    terms = receipt_terms([after.state])["CNY"]
    assert balanced(terms)
    assert (terms["refunded"], terms["reversed"]) == (40_00, 60_00)


def test_instalments_that_the_agreed_sum_clears_are_said_to_be_paid() -> None:
    """3 yuan of penalty are waived at the end: nothing of the principal or interest is."""
    loan = until(a_loan(months=1), day("02-20"))
    loan = agree(loan, "12144", day("02-28"), on=day("02-20")).applied()
    decided = pay(loan, "12144", day("02-20"))
    assert [type(e) for e in events_of(decided)][:2] == [PaymentReceived, AmountWaived]
    assert InstallmentPaid not in {type(e) for e in events_of(decided)}
    assert events_of(decided)[-1].kind == "discounted"
