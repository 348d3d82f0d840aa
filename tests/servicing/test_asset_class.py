"""Five-category class, accrual status and the month's accrual: floors, decisions, tests of return."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from schemas.agreement import AccrualTerms, AgeingTerms, Agreement, ClassTable, LenderType
from schemas.servicing.commands import SetAssetClass
from schemas.servicing.events import AccrualStatusChanged, AssetClassChanged, InterestAccrued
from schemas.terms import AssetClass
from services.servicing.domain.loan.arrears import past_due
from services.servicing.domain.loan.daily.accrual import accrued
from services.servicing.domain.loan.daily.tables import TABLES
from services.servicing.domain.loan.state import Loan
from tests.servicing.examples import LOAN, a_loan, booking, day, events_of, owed, parts, pay, until, waive, yuan
from tests.support.deciding import Given, Then, given

QUIET = AccrualTerms(month_end=False)


def classified(table: ClassTable = ClassTable.GENERAL, **changes: Any) -> Given:
    return a_loan(agreement=Agreement(classification=table, **changes))


def class_of(loan: Given) -> AssetClass:
    state: Loan = loan.state
    return state.standing.asset_class if state.standing else AssetClass.NORMAL


def set_class(loan: Given, asset_class: AssetClass, on: date, *, technical: bool = False) -> Then:
    command = SetAssetClass(asset_class=asset_class, reason="review", technical=technical)
    return loan.when(command, on=on, by="user:credit", permissions=("servicing:classify",))


def punctually(loan: Given, first: date, last: date) -> Given:
    """The loan with each instalment paid on its due date."""
    state: Loan = loan.state
    number = 0
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        today = date.fromordinal(ordinal)
        loan = loan.through(today, today)
        due = [balance for balance in owed(loan) if balance.due_date == today]
        if due:
            number += 1
            amount = f"{due[0].total // 100}.{due[0].total % 100:02d}"
            loan = pay(loan, amount, today, receipt=f"{state.contract_no}-{today}").applied()
    return loan


def clear(loan: Given, on: date, receipt: str = "all") -> Given:
    """Everything past due is paid."""
    loan = pay(loan, "0.01", on, receipt=f"{receipt}-first").applied()  # posts the penalty up to the day
    units = sum(balance.total for balance in past_due(loan.state, on))
    return pay(loan, f"{units // 100}.{units % 100:02d}", on, receipt=receipt).applied()


# -- floors ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "days", "asset_class"),
    [
        (ClassTable.GENERAL, 0, AssetClass.NORMAL),
        (ClassTable.GENERAL, 1, AssetClass.SPECIAL_MENTION),
        (ClassTable.GENERAL, 90, AssetClass.SPECIAL_MENTION),
        (ClassTable.GENERAL, 91, AssetClass.SUBSTANDARD),
        (ClassTable.GENERAL, 271, AssetClass.DOUBTFUL),
        (ClassTable.GENERAL, 361, AssetClass.LOSS),
        (ClassTable.CARD, 121, AssetClass.DOUBTFUL),
        (ClassTable.CARD, 181, AssetClass.LOSS),
    ],
)
def test_days_past_due_allow_no_better_class(table: ClassTable, days: int, asset_class: AssetClass) -> None:
    assert TABLES[table].floor(days) is asset_class


def test_the_class_falls_on_the_first_day_of_each_floor() -> None:
    loan, seen = classified(), list[tuple[AssetClass, int]]()
    for ordinal in range(day("01-15").toordinal(), day("01-15").toordinal() + 420):
        today = date.fromordinal(ordinal)
        due = LOAN.due(loan.state)
        if due is not None and due <= today:
            decided = loan.on_day(today)
            seen += [(e.asset_class, e.days_past_due) for e in events_of(decided) if isinstance(e, AssetClassChanged)]
            loan = decided.applied()
    assert seen == [
        (AssetClass.SPECIAL_MENTION, 4),  # the contract's grace is over
        (AssetClass.SUBSTANDARD, 91),
        (AssetClass.DOUBTFUL, 271),
        (AssetClass.LOSS, 361),
    ]


def test_a_grace_that_is_not_in_the_contract_does_not_keep_the_class() -> None:
    loan = until(classified(ageing=AgeingTerms(grace_in_contract=False)), day("02-15"))
    decided = loan.on_day(day("02-16"))
    (changed,) = events_of(decided)
    assert (changed.asset_class, changed.days_past_due) == (AssetClass.SPECIAL_MENTION, 1)
    assert decided.applied().state.overdue_since is None


def test_no_class_is_kept_where_none_is_agreed_nor_for_claims_on_a_platform() -> None:
    set_class(a_loan(), AssetClass.LOSS, day("02-20")).then_refused("class-not-kept")
    terms = booking().terms
    agreement = Agreement(lender_type=LenderType.PRIVATE, classification=ClassTable.GENERAL)
    command = booking(type(terms)(**{**_fields(terms), "agreement": agreement}))
    given(LOAN).when(command, on=day("01-15")).then_refused("class-not-kept")


def _fields(terms: Any) -> dict[str, Any]:
    return {name: getattr(terms, name) for name in terms.__dataclass_fields__}


# -- decisions -------------------------------------------------------------------------------------------------------------


def test_a_person_may_set_a_worse_class_at_once_and_no_better_one_than_the_arrears_allow() -> None:
    loan = until(classified(), day("03-20"))
    loan = set_class(loan, AssetClass.DOUBTFUL, day("03-20")).applied()
    assert class_of(loan) is AssetClass.DOUBTFUL
    set_class(loan, AssetClass.DOUBTFUL, day("03-20")).then()
    set_class(loan, AssetClass.NORMAL, day("03-20")).then_refused("class-below-floor")
    set_class(loan, AssetClass.SPECIAL_MENTION, day("03-20")).then_refused("class-too-early")
    loan.when(SetAssetClass(asset_class=AssetClass.LOSS, reason="x"), on=day("03-20")).then_refused("forbidden")


def test_a_better_class_needs_two_punctual_periods_or_six_months_the_longer() -> None:
    loan = clear(until(classified(), day("03-20")), day("03-20"))
    assert class_of(loan) is AssetClass.SPECIAL_MENTION
    loan = punctually(loan, day("03-21"), day("09-19"))
    set_class(loan, AssetClass.NORMAL, day("09-19")).then_refused("class-too-early")
    loan = set_class(loan, AssetClass.NORMAL, day("09-20")).applied()
    assert class_of(loan) is AssetClass.NORMAL


def test_new_arrears_begin_the_test_of_return_anew() -> None:
    loan = clear(until(classified(), day("03-20")), day("03-20"))
    loan = until(loan, day("05-20"))  # April is missed
    loan = punctually(clear(loan, day("05-20"), "again"), day("05-21"), day("11-19"))
    set_class(loan, AssetClass.NORMAL, day("11-19")).then_refused("class-too-early")
    set_class(loan, AssetClass.NORMAL, day("11-20")).applied()


def test_a_retail_claim_returns_with_the_cure_but_not_a_class_that_a_person_set() -> None:
    loan = until(classified(ClassTable.RETAIL), day("03-20"))
    assert class_of(clear(loan, day("03-20"))) is AssetClass.NORMAL
    by_person = set_class(loan, AssetClass.SUBSTANDARD, day("03-20")).applied()
    assert class_of(clear(by_person, day("03-20"))) is AssetClass.SUBSTANDARD


def test_a_technical_cause_excepts_seven_days_by_decision() -> None:
    loan = until(classified(), day("02-20"))  # five days past due
    loan = set_class(loan, AssetClass.NORMAL, day("02-20"), technical=True).applied()
    assert class_of(until(loan, day("02-22"))) is AssetClass.NORMAL
    assert class_of(until(loan, day("02-23"))) is AssetClass.SPECIAL_MENTION  # the eighth
    late = until(classified(), day("02-23"))
    set_class(late, AssetClass.NORMAL, day("02-23"), technical=True).then_refused("cause-not-technical")


# -- accrual ---------------------------------------------------------------------------------------------------------------


def test_income_stops_beyond_ninety_days_and_what_is_unpaid_is_reversed_while_the_claim_goes_on() -> None:
    loan = until(a_loan(agreement=Agreement(accrual=QUIET)), day("05-16"))  # 90 days after 15 February
    decided = loan.on_day(day("05-17"))
    (changed,) = [event for event in events_of(decided) if isinstance(event, AccrualStatusChanged)]
    # due and unpaid: 144 + 132 + 120 + 108 = 504.00; running since 15 May: 8,000 × 14.4 % ÷ 360 × 2 = 6.40
    assert (changed.accruing, changed.days_past_due, changed.reversed.interest) == (False, 91, yuan("510.40"))
    stopped = decided.applied()
    later = until(stopped, day("06-02"))
    assert owed(later)[0].penalty > owed(stopped)[0].penalty
    assert changed.reversed.penalty == yuan(Decimal(sum(b.penalty for b in owed(stopped))) / 100)


def test_a_loan_accrues_again_when_it_has_proven_itself() -> None:
    loan = until(a_loan(agreement=Agreement(accrual=QUIET)), day("05-20"))
    loan = clear(loan, day("05-20"))
    assert loan.state.standing.non_accrual is not None
    loan = punctually(loan, day("05-21"), day("11-19"))
    assert loan.state.standing.non_accrual is not None
    assert LOAN.due(loan.state) == day("11-20")
    (back,) = events_of(loan.on_day(day("11-20")))
    assert (back.accruing, back.reversed) == (True, parts())
    assert loan.on_day(day("11-20")).applied().state.standing.non_accrual is None


def test_what_has_accrued_is_stated_when_a_month_is_over() -> None:
    loan = until(a_loan(agreement=Agreement(accrual=AccrualTerms())), day("01-31"))
    decided = loan.on_day(day("02-01"))
    (stated,) = [event for event in events_of(decided) if isinstance(event, InterestAccrued)]
    # 12,000 × 14.4 % ÷ 360 × 17 days
    assert (stated.until, stated.accrued, stated.accruing) == (day("02-01"), parts(interest="81.60"), True)
    assert LOAN.due(decided.applied().state) == day("02-15")


def test_accrued_is_what_is_computed_and_not_posted() -> None:
    loan = until(classified(), day("03-10"))
    # 11,000 × 14.4 % ÷ 360 × 23 days since 15 February; 1,000 × 21.6 % ÷ 360 × 9 days since the posting of 1 March
    assert accrued(loan.state, day("03-10")) == {"interest": 101_20, "penalty": 5_40, "compound": 0}
    posted = pay(loan, "0.01", day("03-10")).applied()
    assert owed(posted)[0].penalty == owed(loan)[0].penalty + 5_40 - 1
    assert accrued(posted.state, day("03-10"))["penalty"] == 0


def test_a_waiver_that_cures_returns_a_retail_claim() -> None:
    loan = until(classified(ClassTable.RETAIL), day("02-20"))
    cured = waive(loan, parts("1000", "144", "3"), day("02-20")).applied()
    assert class_of(cured) is AssetClass.NORMAL


def test_a_loan_of_which_nothing_is_agreed_never_has_a_standing() -> None:
    loan = clear(until(a_loan(), day("06-20")), day("06-20"))
    assert loan.state.standing is None
