"""Overdue interest by agreement, compound interest, caps, acceleration: each figure beside a second calculation by hand."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from schemas.agreement import (
    AgeingTerms,
    Agreement,
    LenderType,
    OverdueInterest,
    OverdueTerms,
    PrimeRate,
    SettlementCycle,
)
from schemas.servicing.commands import AccelerateLoan, RaisePenaltyRate
from schemas.servicing.events import (
    Capped,
    DelinquencyBucketChanged,
    InstallmentDue,
    LoanAccelerated,
    LoanCorrected,
    Overdue,
    PenaltyCharged,
    PenaltyRateRaised,
    ScheduleRevised,
    Settled,
)
from schemas.terms import Bucket
from services.servicing.domain.loan.state import months_of, outstanding_principal
from tests.servicing.examples import (
    BOOKED_ON,
    LOAN,
    LOAN_ID,
    PARTY,
    a_loan,
    booking,
    day,
    events_of,
    owed,
    parts,
    pay,
    reverse,
    until,
    waive,
    yuan,
)
from tests.support.deciding import Given, Then, given

PERMISSIONS = ("servicing:accelerate", "servicing:raise-penalty")
CALL = AccelerateLoan(reason="three instalments missed", notice="letter-1", notified_on=day("04-01"))


def agreeing(**parts: Any) -> Given:
    """A loan of the example with these parts agreed."""
    return a_loan(agreement=Agreement(**parts))


def charges(decided: Then, kind: str = "penalty") -> list[PenaltyCharged]:
    return [event for event in events_of(decided) if isinstance(event, PenaltyCharged) and event.kind == kind]


def call(loan: Given, on: date) -> Then:
    return loan.when(CALL, on=on, by="user:credit", permissions=PERMISSIONS)


# -- overdue interest ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("terms", "kind", "rate", "amount"),
    [
        (OverdueTerms(), "penalty", "0.2160", "2.40"),  # 1,000 × 21.6 % ÷ 360 × 4
        (OverdueTerms(interest=OverdueInterest.CONTRACT_RATE), "penalty", "0.144", "1.60"),
        (OverdueTerms(interest=OverdueInterest.DAMAGES, damages_rate=Decimal("0.18")), "damages", "0.18", "2.00"),
    ],
)
def test_principal_past_due_bears_the_one_thing_that_is_agreed(
    terms: OverdueTerms, kind: str, rate: str, amount: str
) -> None:
    decided = until(agreeing(overdue=terms), day("02-18")).on_day(day("02-19"))
    (charged,) = [event for event in events_of(decided) if isinstance(event, PenaltyCharged)]
    assert (charged.kind, charged.annual_rate, charged.amount) == (kind, Decimal(rate), yuan(amount))
    assert owed(decided.applied())[0].penalty == int(Decimal(amount) * 100)


def test_an_agreement_without_overdue_terms_charges_as_the_plain_loan_does() -> None:
    for on in ("02-19", "03-01", "03-19", "06-20"):
        assert owed(until(agreeing(), day(on))) == owed(until(a_loan(), day(on)))


def test_misused_funds_bear_the_heavier_rate_from_the_day_up_to_which_nothing_was_posted() -> None:
    loan = until(agreeing(overdue=OverdueTerms(misuse_multiplier=Decimal(2))), day("02-20"))
    raised = loan.when(
        RaisePenaltyRate(since=day("02-17"), reference="inspection-7"),
        on=day("02-20"),
        by="user:credit",
        permissions=PERMISSIONS,
    )
    loan = raised.then(
        PenaltyRateRaised(
            loan_id=LOAN_ID,
            party_ref=PARTY,
            since=day("02-19"),
            annual_rate=Decimal("0.288"),
            reference="inspection-7",
            authority="user:credit",
        )
    )
    (charged,) = charges(pay(loan, "1", day("02-24")))
    assert (charged.annual_rate, charged.days, charged.amount) == (Decimal("0.288"), 5, yuan("4.00"))


def test_a_heavier_rate_that_begins_inside_the_days_to_post_splits_them() -> None:
    loan = until(agreeing(overdue=OverdueTerms(misuse_multiplier=Decimal(2))), day("02-16"))
    command = RaisePenaltyRate(since=day("02-16"), reference="inspection-7")
    loan = loan.when(command, on=day("02-16"), permissions=PERMISSIONS).applied()
    first, second = charges(until(loan, day("02-18")).on_day(day("02-19")))
    assert (first.days, first.annual_rate, first.amount) == (1, Decimal("0.216"), yuan("0.60"))
    assert (second.days, second.annual_rate, second.amount) == (3, Decimal("0.288"), yuan("2.40"))


def test_a_heavier_rate_has_to_be_agreed() -> None:
    command = RaisePenaltyRate(since=day("02-16"), reference="inspection-7")
    loan = until(a_loan(), day("02-20"))
    loan.when(command, on=day("02-20"), permissions=PERMISSIONS).then_refused("heavier-rate-not-agreed")
    loan.when(command, on=day("02-20")).then_refused("forbidden")


# -- compound interest -----------------------------------------------------------------------------------------------------


def test_unpaid_interest_bears_compound_interest_at_the_contract_rate_until_maturity() -> None:
    decided = until(agreeing(compound=SettlementCycle.MONTHLY), day("02-18")).on_day(day("02-19"))
    (compound,) = charges(decided, "compound")
    assert (compound.base, compound.annual_rate, compound.amount) == (yuan("144"), Decimal("0.144"), yuan("0.23"))
    now = owed(decided.applied())[0]
    assert (now.penalty, now.compound) == (2_40, 23)


def test_compound_interest_runs_at_the_penalty_rate_after_maturity_and_never_on_itself() -> None:
    loan = until(agreeing(compound=SettlementCycle.MONTHLY, ageing=AgeingTerms()), date(2027, 1, 20))
    paid = pay(loan, "1", date(2027, 2, 1))
    kinds = {charge.number: charge for charge in charges(paid, "compound")}
    last = kinds[12]
    # 12.00 × 21.6 % ÷ 360 × the 13 days since the day that opened the episode of this row
    assert last.annual_rate == Decimal("0.216")
    assert last.base == yuan("12")
    for charge in charges(paid, "compound"):
        assert charge.base == yuan(Decimal(144) - 12 * (charge.number - 1))


def test_a_quarterly_cycle_posts_on_the_first_of_a_quarter() -> None:
    loan = until(agreeing(compound=SettlementCycle.QUARTERLY), day("02-20"))
    assert LOAN.due(loan.state) == day("03-15")  # no first of March
    loan = until(pay(loan, "1", day("02-20")).applied(), day("03-31"))
    (first, *_rest) = charges(loan.on_day(day("04-01")), "compound")
    assert first.to_date == day("04-01")


def test_a_back_dated_payment_gives_back_the_compound_interest_on_the_interest_that_it_pays() -> None:
    loan = until(agreeing(compound=SettlementCycle.MONTHLY), day("03-10"))
    before = owed(loan)[0]
    assert before.compound > 0
    decided = pay(loan, "1144", day("03-10"), value_date=day("02-17"))
    assert LoanCorrected in [type(event) for event in events_of(decided)]
    assert owed(decided.applied())[0].number == 2


def test_a_reversal_brings_back_what_the_interest_bore_meanwhile() -> None:
    never = until(agreeing(compound=SettlementCycle.MONTHLY), day("03-05"))
    loan = until(agreeing(compound=SettlementCycle.MONTHLY), day("02-20"))
    loan = until(pay(loan, "700", day("02-20")).applied(), day("03-05"))
    loan = reverse(loan, "R1", day("03-05")).applied()
    loan, never = (pay(each, "0.01", day("03-05"), receipt="R2").applied() for each in (loan, never))
    for mine, theirs in zip(owed(loan), owed(never), strict=True):
        assert (mine.number, mine.interest) == (theirs.number, theirs.interest)
        assert abs(mine.compound - theirs.compound) <= 2  # half a cent a posting


@pytest.mark.parametrize("lender", [LenderType.PRIVATE, LenderType.SMALL_LOAN_COMPANY])
def test_lenders_that_are_no_financial_institutions_charge_no_compound_interest(lender: LenderType) -> None:
    terms = replace(booking().terms, agreement=Agreement(lender_type=lender, compound=SettlementCycle.MONTHLY))
    given(LOAN).when(booking(terms), on=BOOKED_ON).then_refused("compound-not-allowed")


# -- caps ------------------------------------------------------------------------------------------------------------------

THREE = PrimeRate(one_year=Decimal("0.03"), source="contract, clause 4")


def test_a_posting_above_the_cap_is_cut_and_says_so() -> None:
    loan = a_loan(annual_rate=Decimal("0.12"), agreement=Agreement(lender_type=LenderType.PRIVATE, prime_rate=THREE))
    (charged,) = charges(until(loan, day("02-18")).on_day(day("02-19")))
    # 1,000 × 18 % ÷ 360 × 4 = 2.00 against 1,000 × 12 % ÷ 365 × 4 = 1.315 rounded down
    assert (charged.amount, charged.annual_rate) == (yuan("1.31"), Decimal("0.180"))
    assert charged.capped is not None
    assert (charged.capped.amount, charged.capped.annual_rate) == (yuan("0.69"), Decimal("0.12"))
    assert isinstance(charged.capped, Capped)
    assert "art 25" in charged.capped.source


def test_a_bank_is_not_held_against_a_cap_at_each_posting() -> None:
    (charged,) = charges(until(agreeing(), day("02-18")).on_day(day("02-19")))
    assert charged.capped is None


@pytest.mark.parametrize(
    ("lender", "signed", "rate", "refused"),
    [
        (LenderType.PRIVATE, "2025-06-01", "0.12", ""),
        (LenderType.PRIVATE, "2025-06-01", "0.1201", "price-above-cap"),
        (LenderType.PRIVATE, "2019-06-01", "0.24", ""),
        (LenderType.PRIVATE, "2026-06-01", "0.10", "cap-unknown"),
        (LenderType.BANK, "2026-06-01", "0.24", ""),
        (LenderType.BANK, "2026-06-01", "0.25", "price-above-cap"),
    ],
)
def test_terms_above_the_cap_of_the_contract_date_are_not_booked(
    lender: LenderType, signed: str, rate: str, refused: str
) -> None:
    terms = replace(booking().terms, annual_rate=Decimal(rate), agreement=Agreement(lender_type=lender))
    decided = given(LOAN).when(booking(terms, day(signed)), on=day(signed))
    if refused:
        decided.then_refused(refused)
    else:
        decided.applied()


# -- acceleration ----------------------------------------------------------------------------------------------------------


def test_a_called_loan_owes_everything_in_one_row_and_bears_penalty_on_the_whole_balance() -> None:
    loan = until(a_loan(), day("04-20"))
    decided = call(loan, day("04-20"))
    called = decided.then_types(
        PenaltyCharged, PenaltyCharged, PenaltyCharged, LoanAccelerated, ScheduleRevised, InstallmentDue
    )
    accelerated = next(event for event in events_of(decided) if isinstance(event, LoanAccelerated))
    # rows 4 to 12: 9,000.00; 9,000 × 14.4 % ÷ 360 × 5 days since 15 April = 18.00
    assert (accelerated.called.principal, accelerated.called.interest) == (yuan("9000"), yuan("18.00"))
    assert (months_of(called.state), outstanding_principal(called.state)) == (4, 12_000_00)
    row = owed(called)[-1]
    assert (row.number, row.due_date, row.principal, row.interest) == (4, day("04-20"), 9_000_00, 18_00)
    (charge,) = [event for event in charges(pay(called, "1", day("04-30"))) if event.number == 4]
    assert (charge.base, charge.from_date, charge.days) == (yuan("9000"), day("04-20"), 10)
    assert charge.amount == yuan("54.00")  # 9,000 × 21.6 % ÷ 360 × 10


def test_a_called_loan_is_settled_by_what_is_left_and_never_called_twice() -> None:
    called = call(until(a_loan(), day("04-20")), day("04-20")).applied()
    assert call(called, day("04-21")).decision == ()
    paid = pay(called, sum(balance.total for balance in owed(called)) // 100 + 1, day("04-20"))
    assert isinstance(events_of(paid)[-1], Settled)


def test_a_loan_of_which_only_later_interest_is_left_is_settled_by_the_call() -> None:
    loan = waive(a_loan(), parts("12000"), day("01-20")).applied()
    early = replace(CALL, notified_on=day("01-20"))
    decided = loan.when(early, on=day("01-20"), permissions=PERMISSIONS)
    assert isinstance(events_of(decided)[-1], Settled)


def test_interest_of_a_called_loan_never_exceeds_the_row_that_was_running() -> None:
    loan = call(until(a_loan(), day("08-14")), day("08-14")).applied()  # 30 days of a row of 31
    assert owed(loan)[-1].interest <= 72_00


def test_money_paid_in_advance_counts_for_a_called_loan() -> None:
    paid = pay(a_loan(), "5000", day("01-20")).applied()
    loan = call(until(paid, day("04-20")), day("04-20")).applied()
    assert sum(balance.principal for balance in owed(loan)) == outstanding_principal(loan.state)
    assert outstanding_principal(loan.state) == 12_000_00 - paid.state.repaid


def test_compound_interest_of_a_called_loan_runs_at_the_penalty_rate() -> None:
    called = call(until(agreeing(compound=SettlementCycle.MONTHLY), day("04-20")), day("04-20")).applied()
    rates = {charge.annual_rate for charge in charges(pay(called, "1", day("04-30")), "compound")}
    assert rates == {Decimal("0.2160")}


def test_a_loan_is_called_by_a_permitted_person_after_notice_and_before_maturity() -> None:
    loan = until(a_loan(), day("03-20"))
    loan.when(CALL, on=day("04-20")).then_refused("forbidden")
    call(loan, day("03-20")).then_refused("notice-not-served")
    call(until(a_loan(), date(2027, 1, 15)), date(2027, 1, 15)).then_refused("loan-matured")
    call(given(LOAN), day("04-20")).then_refused("not-found")
    call(pay(a_loan(), "20000", day("01-20")).applied(), day("04-20")).then_refused("loan-settled")


# -- ageing ----------------------------------------------------------------------------------------------------------------


def test_a_due_date_on_a_free_day_moves_to_the_next_business_day() -> None:
    loan = a_loan(grace_days=0, agreement=Agreement(ageing=AgeingTerms(calendar="china/2026a")))
    # 15 to 23 February 2026 are free for the Spring Festival: the first instalment may be paid on the 24th
    loan = until(loan, day("02-24"))
    assert loan.state.overdue_since is None
    decided = loan.on_day(day("02-25"))
    (overdue,) = [event for event in events_of(decided) if isinstance(event, Overdue)]
    assert overdue.days_past_due == 1
    (charged,) = charges(decided)
    assert charged.from_date == day("02-15")


def test_amounts_below_the_tolerance_do_not_age() -> None:
    loan = a_loan(agreement=Agreement(ageing=AgeingTerms(tolerance=yuan("10"))))
    loan = until(pay(loan, "1135", day("02-10")).applied(), day("03-14"))
    assert (owed(loan)[0].total, loan.state.overdue_since) == (9_00, None)
    decided = until(loan, day("03-18")).on_day(day("03-19"))
    (overdue,) = [event for event in events_of(decided) if isinstance(event, Overdue)]
    assert overdue.days_past_due == 4  # of the second instalment, with which the rest reaches ten
    (moved,) = [event for event in events_of(decided) if isinstance(event, DelinquencyBucketChanged)]
    assert moved.bucket is Bucket.M1
