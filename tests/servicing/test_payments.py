"""Payments: allocation in order, in part, late, early, back-dated, too much; once per receipt; never refused."""

from dataclasses import replace
from decimal import Decimal

from schemas.money import Money
from schemas.servicing.commands import ApplyPayment
from schemas.servicing.events import (
    DelinquencyBucketChanged,
    InstallmentDue,
    InstallmentPaid,
    InstalmentAmounts,
    InstalmentCorrection,
    LoanCorrected,
    OverdueCured,
    PaymentDeclined,
    PaymentReceived,
    PenaltyCharged,
    RecoveryReceived,
    Settled,
)
from schemas.terms import Bucket, Components
from services.servicing.domain.loan.state import outstanding_principal
from tests.servicing.examples import (
    CONTRACT,
    LOAN,
    LOAN_ID,
    PARTY,
    a_loan,
    day,
    events_of,
    owed,
    parts,
    pay,
    until,
    write_off,
    yuan,
)
from tests.support.deciding import given


def on_instalment(number: int, amounts: Components) -> InstalmentAmounts:
    return InstalmentAmounts(
        number=number, principal=amounts.principal, interest=amounts.interest, penalty=amounts.penalty
    )


def received(
    amount: str, allocation: Components, outstanding: str, on: str, *instalments: InstalmentAmounts, surplus: str = "0"
) -> PaymentReceived:
    return PaymentReceived(
        loan_id=LOAN_ID,
        party_ref=PARTY,
        receipt_id="R1",
        value_date=day(on),
        channel="bank-transfer",
        amount=yuan(amount),
        allocation=allocation,
        surplus=yuan(surplus),
        outstanding_principal=yuan(outstanding),
        instalments=instalments,
        number=1,
    )


def paid(number: int, due: str, on: str) -> InstallmentPaid:
    return InstallmentPaid(loan_id=LOAN_ID, party_ref=PARTY, number=number, due_date=day(due), paid_on=day(on))


def test_a_payment_on_the_due_date_pays_the_instalment() -> None:
    whole = parts("1000", "144")
    pay(until(a_loan(), day("02-15")), "1144", day("02-15")).then(
        received("1144", whole, "11000", "02-15", on_instalment(1, whole)), paid(1, "02-15", "02-15")
    )


def test_a_part_payment_covers_interest_before_principal() -> None:
    some = parts("56", "144")
    loan = pay(until(a_loan(), day("02-15")), "200", day("02-15")).then(
        received("200", some, "11944", "02-15", on_instalment(1, some))
    )
    assert owed(loan)[0].principal == 944_00


def test_the_terms_can_put_principal_first() -> None:
    loan = until(a_loan(allocation_order=("principal", "interest", "penalty")), day("02-15"))
    (event, *_) = events_of(pay(loan, "1100", day("02-15")))
    assert event.allocation == parts("1000", "100")


def test_an_order_that_forgets_components_or_names_wider_slots_still_places_all_money() -> None:
    loan = until(a_loan(allocation_order=("cost", "fee", "compound", "interest")), day("02-20"))
    (_, event, *_) = events_of(pay(loan, "50", day("02-20")))
    assert event.allocation == parts(0, "47", "3")


def test_money_goes_to_the_oldest_instalment_first() -> None:
    loan = until(a_loan(grace_days=0, annual_rate=Decimal(0)), day("04-20"))
    (event, first, second, *_) = events_of(pay(loan, "2500", day("04-20")))
    assert [(part.number, part.principal.amount) for part in event.instalments] == [(1, 1000), (2, 1000), (3, 500)]
    assert (first.number, second.number) == (1, 2)


def test_a_late_payment_first_covers_the_penalty_up_to_its_value_date() -> None:
    whole = parts("1000", "144", "3")
    loan = until(a_loan(), day("02-20"))
    pay(loan, "1147", day("02-20")).then(
        PenaltyCharged(
            loan_id=LOAN_ID,
            party_ref=PARTY,
            number=1,
            amount=yuan("0.60"),
            base=yuan("1000"),
            annual_rate=Decimal("0.2160"),
            from_date=day("02-19"),
            to_date=day("02-20"),
            days=1,
        ),
        received("1147", whole, "11000", "02-20", on_instalment(1, whole)),
        paid(1, "02-15", "02-20"),
        DelinquencyBucketChanged(
            loan_id=LOAN_ID,
            party_ref=PARTY,
            previous=Bucket.M1,
            bucket=Bucket.M0,
            days_past_due=0,
            past_due=parts(),
        ),
        OverdueCured(loan_id=LOAN_ID, party_ref=PARTY, since=day("02-15"), cured_on=day("02-20")),
    )


def test_a_payment_within_the_grace_bears_no_penalty() -> None:
    loan = until(a_loan(), day("02-18"))
    pay(loan, "1144", day("02-18")).then_types(PaymentReceived, InstallmentPaid)


def test_part_of_the_arrears_moves_the_bucket_down_and_cures_nothing() -> None:
    loan = until(a_loan(), day("03-20"))
    assert loan.state.bucket is Bucket.M2
    events = pay(loan, "1200", day("03-20")).then_types(
        PenaltyCharged, PenaltyCharged, PaymentReceived, InstallmentPaid, DelinquencyBucketChanged
    )
    assert events.state.bucket is Bucket.M1
    assert events.state.overdue_since == day("02-15")


def test_money_before_the_due_date_pays_the_next_instalments_as_they_stand() -> None:
    loan = pay(a_loan(), "2000", day("01-20")).applied()
    assert [(b.number, b.principal, b.interest) for b in owed(loan)[:2]] == [(2, 276_00, 0), (3, 1000_00, 120_00)]
    loan = until(loan, day("03-25"))
    assert owed(loan)[0].penalty == 66  # 276.00 at 21.6 % for the 4 days to 19 March, when the arrears began
    assert loan.state.overdue_since == day("03-15")


def test_paying_every_scheduled_amount_settles_the_loan_early() -> None:
    events = pay(a_loan(), "12936", day("01-20"))
    loan = events.then_types(PaymentReceived, *[InstallmentPaid] * 12, Settled)
    assert events_of(events)[-1] == Settled(
        loan_id=LOAN_ID, party_ref=PARTY, contract_no=CONTRACT, settled_on=day("01-20"), kind="paid"
    )
    assert outstanding_principal(loan.state) == 0
    assert LOAN.due(loan.state) is None


def test_what_the_loan_does_not_need_stays_on_the_receipt() -> None:
    (event, *_) = events_of(pay(a_loan(), "13000", day("01-20")))
    assert (event.amount, event.surplus) == (yuan("12936"), yuan("64"))


def test_the_same_receipt_is_never_applied_twice() -> None:
    loan = pay(a_loan(), "500", day("01-20")).applied()
    pay(loan, "500", day("01-21")).then()
    pay(loan, "900", day("01-22")).then()


def test_the_last_of_the_arrears_cures_before_the_loan_is_settled() -> None:
    loan = until(a_loan(months=1, principal=yuan(1000)), day("02-20"))
    pay(loan, "1015", day("02-20")).then_types(
        PenaltyCharged, PaymentReceived, InstallmentPaid, DelinquencyBucketChanged, OverdueCured, Settled
    )


def test_money_for_a_loan_nobody_knows_is_declined() -> None:
    declined = PaymentDeclined(loan_id=LOAN_ID, receipt_id="R1", amount=yuan("10"), reason="loan-unknown")
    nothing = pay(given(LOAN, aggregate_id=LOAN_ID), "10", day("01-20")).then(declined)
    assert nothing.state is None


def test_money_for_a_settled_loan_is_declined() -> None:
    loan = pay(a_loan(), "12936", day("01-20")).applied()
    pay(loan, "10", day("01-21"), receipt="R2").then(
        PaymentDeclined(loan_id=LOAN_ID, receipt_id="R2", amount=yuan("10"), reason="loan-settled")
    )


def test_money_of_another_currency_or_of_no_amount_is_declined() -> None:
    command = ApplyPayment(
        receipt_id="R1", amount=Money(Decimal("10"), "EUR"), value_date=day("01-20"), channel="manual"
    )
    (declined,) = events_of(a_loan().when(command))
    assert declined.reason == "currency-differs"
    (declined,) = events_of(a_loan().when(replace(command, amount=Money(Decimal("0.001"), "CNY"))))
    assert declined.reason == "amount-invalid"


def test_money_after_write_off_is_a_recovery_and_leaves_the_books_alone() -> None:
    loan = write_off(until(a_loan(), day("06-01")), day("06-01")).applied()
    after = pay(loan, "300", day("07-01")).then(
        RecoveryReceived(
            loan_id=LOAN_ID,
            party_ref=PARTY,
            receipt_id="R1",
            value_date=day("07-01"),
            amount=yuan("300"),
            allocation=parts("300"),
            memo_interest=yuan(0),
            instalments=(InstalmentAmounts(number=1, principal=yuan("300"), interest=yuan(0), penalty=yuan(0)),),
        )
    )
    assert (after.state.repaid, after.state.written_off) == (0, 12_000_00)
    pay(after, "300", day("07-02")).then()


def test_a_back_dated_payment_takes_back_the_penalty_posted_beyond_its_value_date() -> None:
    """Posted to 1 March: 14 days, 8.40. Paid on 20 February: 5 days, 3.00."""
    loan = until(a_loan(), day("03-01"))
    assert owed(loan)[0].penalty == 8_40
    whole = parts("1000", "144", "3")
    pay(loan, "1147", day("03-02"), value_date=day("02-20")).then(
        LoanCorrected(
            loan_id=LOAN_ID,
            party_ref=PARTY,
            from_date=day("02-20"),
            cause="back-dated-payment",
            reference="R1",
            instalments=(
                InstalmentCorrection(
                    number=1,
                    previous=parts("1000", "144", "8.40"),
                    corrected=parts("1000", "144", "3"),
                ),
            ),
        ),
        received("1147", whole, "11000", "02-20", on_instalment(1, whole)),
        paid(1, "02-15", "02-20"),
        DelinquencyBucketChanged(
            loan_id=LOAN_ID,
            party_ref=PARTY,
            previous=Bucket.M1,
            bucket=Bucket.M0,
            days_past_due=0,
            past_due=parts(),
        ),
        OverdueCured(loan_id=LOAN_ID, party_ref=PARTY, since=day("02-15"), cured_on=day("03-02")),
    )


def test_a_payment_back_dated_into_the_grace_takes_back_all_penalty() -> None:
    loan = until(a_loan(), day("03-01"))
    after = pay(loan, "1144", day("03-02"), value_date=day("02-18")).then_types(
        LoanCorrected, PaymentReceived, InstallmentPaid, DelinquencyBucketChanged, OverdueCured
    )
    assert owed(after)[0].number == 2


def test_a_back_dated_part_payment_leaves_the_penalty_on_the_rest() -> None:
    """As if it had come on its day: 3.00 to 20 February, then 500.00 less to bear penalty to 1 March (9 days, 2.70)."""
    late = until(a_loan(), day("03-01"))
    after = pay(late, "647", day("03-02"), value_date=day("02-20")).applied()
    punctual = until(pay(until(a_loan(), day("02-20")), "647", day("02-20")).applied(), day("03-01"))
    assert owed(after)[0] == owed(punctual)[0]
    assert owed(after)[0].penalty == 2_70


def test_a_payment_dated_after_the_loans_day_counts_from_its_own_day() -> None:
    """The receipt's partition may have opened the next day already."""
    loan = until(a_loan(), day("02-20"))
    (penalty, *_) = events_of(pay(loan, "1147.60", day("02-20"), value_date=day("02-21")))
    assert penalty.to_date == day("02-21")
    after = pay(loan, "1147.60", day("02-20"), value_date=day("02-21")).applied()
    assert owed(after)[0].number == 2


def test_an_instalment_paid_in_advance_still_becomes_due() -> None:
    loan = pay(a_loan(), "1144", day("01-20")).applied()
    assert LOAN.due(loan.state) == day("02-15")
    loan.on_day(day("02-15")).then_types(InstallmentDue)
