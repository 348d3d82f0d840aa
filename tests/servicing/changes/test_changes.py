"""Extension, restructure, repricing, due dates, holidays, re-age, re-amortise and undo: worked examples and what always holds."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import hypothesis
from hypothesis import strategies as st

from schemas import codec
from schemas.agreement import Agreement, Extension, LprTenor, Repricing
from schemas.decision import Refusal
from schemas.servicing.changes import HolidayDue, HolidayInterest, PrepaymentMode
from schemas.servicing.commands import (
    ChangeDueDate,
    ExtendLoan,
    GrantHoliday,
    Prepay,
    QuotePayoff,
    ReAge,
    ReAmortise,
    ResetRate,
    RestructureLoan,
    UndoChange,
)
from schemas.servicing.events import (
    ChangeUndone,
    DelinquencyBucketChanged,
    HolidayGranted,
    InstallmentDue,
    LoanExtended,
    LoanReAged,
    LoanRestructured,
    ObservationRestarted,
    Overdue,
    OverdueCured,
    RateReset,
    ScheduleRevised,
)
from services.servicing.domain.loan.arrears import accruing
from services.servicing.domain.loan.state import (
    Loan,
    Status,
    balance,
    changes_of,
    months_of,
    outstanding_principal,
    schedule_of,
    terms_of,
    unpaid,
)
from tests.servicing.changes.test_prepayment import balanced, prepaid, quote, rows, terms
from tests.servicing.examples import (
    ALL_PERMISSIONS,
    BOOKED_ON,
    LOAN,
    a_loan,
    day,
    events_of,
    parts,
    pay,
    reverse,
    until,
    waive,
    yuan,
)
from tests.support.deciding import Given, Then

PAPERS = {"supplement": "SUP-1", "approval": "APP-1"}


def change(loan: Given, command: Any, on: date) -> Then:
    """A permitted person changes the loan."""
    return loan.when(command, on=on, permissions=ALL_PERMISSIONS)


def extension(months: int, asked_on: date = BOOKED_ON, **more: str) -> ExtendLoan:
    return ExtendLoan(months=months, asked_on=asked_on, **(PAPERS | more))


def easing(months: int, rate: str | None = None) -> RestructureLoan:
    return RestructureLoan(
        finding="FIND-1", months=months, annual_rate=None if rate is None else Decimal(rate), **PAPERS
    )


def holiday(
    instalments: int,
    interest: HolidayInterest = HolidayInterest.ACCRUES,
    due: HolidayDue = HolidayDue.AT_END,
    extends: bool = True,
) -> GrantHoliday:
    return GrantHoliday(
        instalments=instalments,
        interest=interest,
        interest_due=due,
        extends_term=extends,
        bureau_flag="relief",
        supplement="SUP-1",
    )


# -- extension -------------------------------------------------------------------------------------------------------------


def test_an_extension_spreads_what_is_not_due_over_the_longer_term() -> None:
    decided = change(until(a_loan(), day("02-01")), extension(12), day("02-01"))
    extended, _ = events_of(decided)
    assert isinstance(extended, LoanExtended)
    assert (extended.previous_maturity, extended.maturity) == (day("2027-01-15"), day("2028-01-15"))
    assert extended.security_covers == "original"
    loan = decided.applied()
    assert rows(loan)[:2] == [("2026-02-15", 500_00, 144_00), ("2026-03-15", 500_00, 138_00)]
    assert months_of(loan.state) == 24


def test_extensions_together_keep_within_the_legal_limits() -> None:
    """12 months: 12 more; 24: 12 more; 72: 36 more (General Rules of Lending, article 12)."""
    for months, most in ((6, 6), (12, 12), (13, 6), (24, 12), (60, 30), (61, 36), (72, 36)):
        loan = a_loan(months=months)
        refused = change(loan, extension(most + 1), BOOKED_ON).decision
        assert isinstance(refused, Refusal)
        assert (refused.code, refused.limit) == ("extension-too-long", str(most))
        assert "article 12" in refused.source
        change(loan, extension(most), BOOKED_ON).then_types(LoanExtended, ScheduleRevised)
    once = change(a_loan(), extension(8), BOOKED_ON).applied()
    change(once, extension(5), BOOKED_ON).then_refused("extension-too-long")
    change(once, extension(4), BOOKED_ON).then_types(LoanExtended, ScheduleRevised)


def test_a_persons_extension_keeps_within_the_product_too() -> None:
    loan = a_loan(months=24, agreement=Agreement(extension=Extension(maximum_months=30)))
    change(loan, extension(7), BOOKED_ON).then_refused("term-beyond-product")
    change(loan, extension(6), BOOKED_ON).then_types(LoanExtended, ScheduleRevised)


def test_an_extension_needs_its_papers_and_its_time() -> None:
    loan = a_loan()
    change(loan, extension(1, supplement=" "), BOOKED_ON).then_refused("reference-missing")
    change(loan, extension(1, asked_on=day("01-16")), BOOKED_ON).then_refused("extension-too-late")
    change(until(loan, day("2027-01-15")), extension(1), day("2027-01-15")).then_refused("extension-too-late")
    loan.when(extension(1), on=BOOKED_ON).then_refused("forbidden")
    with_consents = change(loan, extension(1, guarantor_consent="G-1", security_consent="S-1"), BOOKED_ON)
    assert events_of(with_consents)[0].security_covers == "extended"


# -- restructure -----------------------------------------------------------------------------------------------------------


def penalty_owed(loan: Given, on: date) -> Decimal:
    """Penalty posted and not, up to the day."""
    state: Loan = loan.state
    owed = 0
    for row in unpaid(state):
        owed += row.penalty + sum(charge.amount for charge in accruing(state).charges(row, on))
    return Decimal(owed).scaleb(-2)


def without_penalty(loan: Given, on: date) -> Given:
    """All penalty to the day is waived."""
    owed = penalty_owed(loan, on)
    return waive(loan, parts(0, 0, str(owed)), on).applied() if owed else loan


def test_a_restructure_takes_the_arrears_into_the_new_plan_and_is_observed() -> None:
    on = day("03-01")
    overdue = until(a_loan(), on)
    change(overdue, easing(24), on).then_refused("charges-first")
    decided = change(without_penalty(overdue, on), easing(24, "0.072"), on)
    restructured, revised, *rest = events_of(decided)
    assert isinstance(restructured, LoanRestructured)
    assert (restructured.times, restructured.observed_from, restructured.observed_until) == (
        1,
        day("03-15"),
        day("2027-03-15"),
    )
    assert [type(event) for event in rest] == [DelinquencyBucketChanged, OverdueCured]
    loan = decided.applied()
    # 14 of 28 days at 14.4 % are half of 132.00, the rest half as much; the instalment missed brings its 144.00
    assert rows(loan)[:2] == [("2026-02-15", 0, 0), ("2026-03-15", 500_00, 144_00 + 66_00 + 33_00)]
    assert revised.outstanding_principal == yuan(12_000)
    assert terms_of(loan.state).annual_rate == Decimal("0.072")


def test_a_miss_starts_the_observation_again_and_a_second_restructure_is_counted() -> None:
    on = day("03-01")
    loan = change(without_penalty(until(a_loan(), on), on), easing(24), on).applied()
    for later in range(15, 22):
        decided = loan.on_day(date(2026, 3, later))
        loan = decided.applied()
        if any(isinstance(event, Overdue) for event in events_of(decided)):
            (again,) = [event for event in events_of(decided) if isinstance(event, ObservationRestarted)]
            assert (again.observed_from, again.observed_until) == (day("04-15"), day("2027-04-15"))
            break
    else:
        raise AssertionError("nothing was missed")
    twice = change(without_penalty(loan, day("03-19")), easing(30), day("03-19")).applied()
    assert changes_of(twice.state).restructured == 2


def test_a_restructure_eases() -> None:
    change(a_loan(), easing(12, "0.15"), BOOKED_ON).then_refused("rate-not-eased")
    change(a_loan(), easing(361), BOOKED_ON).then_refused("instalments-out-of-range")
    no_finding = RestructureLoan(finding="", months=3, **PAPERS)
    change(a_loan(), no_finding, BOOKED_ON).then_refused("reference-missing")


# -- repricing -------------------------------------------------------------------------------------------------------------

FLOATING = Agreement(
    repricing=Repricing(tenor=LprTenor.ONE_YEAR, spread_bp=100, every_months=6, floor=Decimal("0.042"))
)


def test_the_reset_day_itself_sets_the_rate_within_its_floor() -> None:
    """Booked 2024-06-03 at 4.45 %; on 2024-12-03 the one-year rate is 3.10 %: 4.10 % lies below the floor of 4.20 %."""
    start = date(2024, 6, 3)
    loan = until(
        a_loan(value_date=start, months=24, annual_rate=Decimal("0.0445"), agreement=FLOATING), date(2024, 12, 2)
    )
    decided = loan.on_day(date(2024, 12, 3))
    reset = next(event for event in events_of(decided) if isinstance(event, RateReset))
    assert (reset.index, reset.annual_rate, reset.next_reset) == (Decimal("0.031"), Decimal("0.042"), date(2025, 6, 3))
    after = decided.applied()
    assert isinstance(events_of(decided)[0], InstallmentDue)
    assert schedule_of(after.state).interest[6] == 31_50  # 9,000.00 at 4.2 %/12
    assert LOAN.due is not None
    following = LOAN.due(after.state)
    assert following is not None
    assert following > date(2024, 12, 3)


def test_a_reset_inside_a_period_splits_it_by_days() -> None:
    """31 days from 15 December at 4.45 % and 4.2 %; half way is the 31st."""
    agreed = Agreement(repricing=Repricing(tenor=LprTenor.ONE_YEAR, spread_bp=110, every_months=1))
    loan = until(
        a_loan(value_date=date(2026, 2, 15), annual_rate=Decimal("0.048"), agreement=agreed), date(2026, 3, 25)
    )
    command = ResetRate(
        tenor=LprTenor.ONE_YEAR, index=Decimal("0.013"), published=date(2026, 2, 24), source="PBOC announcement"
    )
    after = change(loan, command, date(2026, 3, 25)).applied()
    # 11,000.00: 44.00 a month at 4.8 %, 22.00 at 2.4 %; 10 of 31 days are gone
    assert schedule_of(after.state).interest[1] == 1419 + 1490
    found = events_of(quote(after, date(2026, 3, 25)))[-1]
    assert found.interest == yuan("14.19")


def test_a_value_that_the_contract_does_not_ask_for_is_refused() -> None:
    def command(**more: Any) -> ResetRate:
        given = {"tenor": LprTenor.ONE_YEAR, "index": Decimal("0.0335"), "published": date(2024, 7, 22), "source": "x"}
        return ResetRate(**(given | more))

    start = date(2024, 3, 1)
    on = date(2024, 9, 1)
    loan = a_loan(value_date=start, months=24, agreement=FLOATING)
    change(loan, command(), start).then_refused("not-a-reset-day")
    change(loan, command(tenor=LprTenor.FIVE_YEARS), on).then_refused("index-differs")
    change(loan, command(index=Decimal("0.03")), on).then_refused("index-differs")
    change(loan, command(published=date(2024, 9, 20)), on).then_refused("index-differs")
    assert [type(event) for event in events_of(change(loan, command(), on))][-2:] == [RateReset, ScheduleRevised]
    change(a_loan(value_date=start), command(), on).then_refused("rate-fixed")


# -- dates, holidays, rows -------------------------------------------------------------------------------------------------


def test_a_later_due_date_lengthens_the_first_period_by_its_days() -> None:
    """Ten days more on 12,000.00 at 14.4 %/360 are 48.00."""
    command = ChangeDueDate(first=day("02-25"), supplement="SUP-1")
    loan = change(a_loan(), command, BOOKED_ON).applied()
    assert rows(loan)[:2] == [("2026-02-25", 1_000_00, 192_00), ("2026-03-25", 1_000_00, 132_00)]
    change(a_loan(), ChangeDueDate(first=day("03-19"), supplement="S"), BOOKED_ON).then_refused("due-date-out-of-range")
    earlier = change(a_loan(), ChangeDueDate(first=day("02-05"), supplement="S"), BOOKED_ON).applied()
    assert rows(earlier)[0] == ("2026-02-05", 1_000_00, 96_00)


def test_a_holiday_asks_for_its_interest_as_agreed() -> None:
    """Two instalments of 12,000.00 at 1.2 % a month are skipped: 288.00."""
    found = {}
    for due in HolidayDue:
        loan = change(a_loan(), holiday(2, due=due), BOOKED_ON).applied()
        found[due] = (rows(loan)[0], sum(row[2] for row in rows(loan)), outstanding_principal(loan.state))
        balanced(loan.state)
    assert found[HolidayDue.AT_END] == (("2026-04-15", 1_000_00, 432_00), 936_00 + 288_00, 12_000_00)
    assert found[HolidayDue.SPREAD] == (("2026-04-15", 1_000_00, 168_00), 936_00 + 288_00, 12_000_00)
    assert found[HolidayDue.CAPITALISED][0] == ("2026-04-15", 1_024_00, 147_46)
    assert found[HolidayDue.CAPITALISED][2] == 12_288_00


def test_a_holiday_can_forgo_interest_and_keep_maturity() -> None:
    decided = change(until(a_loan(), day("01-25")), holiday(2, HolidayInterest.FORGONE, extends=False), day("01-25"))
    granted = events_of(decided)[0]
    assert isinstance(granted, HolidayGranted)
    assert (granted.deferred_interest, granted.forgone_interest) == (yuan(48), yuan(240))
    assert rows(decided.applied())[0] == ("2026-04-15", 1_200_00, 144_00 + 48_00)
    assert months_of(decided.applied().state) == 10
    change(a_loan(), holiday(12, extends=False), BOOKED_ON).then_refused("holiday-too-long")


def test_interest_spread_over_later_rows_is_owed_by_a_payoff() -> None:
    loan = change(a_loan(), holiday(2, due=HolidayDue.SPREAD), BOOKED_ON).applied()
    total = events_of(quote(loan, BOOKED_ON))[-1].interest
    assert total == yuan(
        "264.00"
    )  # eleven of twelve parts; the first one's stands in the running row and is not earned


def test_a_re_aged_loan_is_not_past_due_but_keeps_its_oldest_breach() -> None:
    on = day("03-20")
    overdue = until(a_loan(), on)
    change(overdue, ReAge(approval="A-1"), on).then_refused("charges-first")
    decided = change(without_penalty(overdue, on), ReAge(approval="A-1"), on)
    re_aged = events_of(decided)[0]
    assert isinstance(re_aged, LoanReAged)
    assert (re_aged.oldest_breach, re_aged.moved.principal, re_aged.moved.interest) == (
        day("02-15"),
        yuan(2_000),
        yuan(276),
    )
    loan = decided.applied()
    assert changes_of(loan.state).oldest_breach == day("02-15")
    assert loan.state.overdue_since is None
    assert rows(loan, 3)[0] == ("2026-04-15", 1_200_00, 120_00 + 276_00)
    change(a_loan(), ReAge(approval="A-1"), BOOKED_ON).then_refused("nothing-past-due")


def test_re_amortising_levels_rows_that_are_not_level() -> None:
    short = prepaid(until(a_loan(), BOOKED_ON), BOOKED_ON, PrepaymentMode.SHORTEN_TERM, 1_500_00)
    assert [row[1] for row in rows(short, 2)] == [1_000_00] * 10 + [500_00]
    level = change(short, ReAmortise(approval="A-1"), BOOKED_ON).applied()
    assert {row[1] for row in rows(level, 2)} == {954_55, 954_50}


# -- undo ------------------------------------------------------------------------------------------------------------------


def test_undo_brings_the_old_rows_and_the_old_rate_back() -> None:
    on = day("03-20")
    before = without_penalty(until(a_loan(), on), on)
    eased = change(before, easing(30, "0.05"), on)
    undone = change(eased.applied(), UndoChange(reason="wrong loan"), on)
    assert [type(event) for event in events_of(undone)][:2] == [ChangeUndone, ScheduleRevised]
    after = undone.applied()
    assert rows(after) == rows(before)
    assert terms_of(after.state).annual_rate == Decimal("0.144")
    assert changes_of(after.state).restructured == 0
    change(after, UndoChange(reason="again"), on).then_refused("nothing-to-undo")


def test_undo_ends_with_the_day_and_with_what_depends_on_the_change() -> None:
    loan = change(a_loan(), extension(3), BOOKED_ON).applied()
    change(loan, UndoChange(reason="r"), day("01-16")).then_refused("borrower-notified")
    paid = pay(loan, 10, BOOKED_ON).applied()
    change(paid, UndoChange(reason="r"), BOOKED_ON).then_refused("nothing-to-undo")
    early = prepaid(a_loan(), BOOKED_ON, PrepaymentMode.LOWER_INSTALMENT, 1_000_00)
    change(early, UndoChange(reason="r"), BOOKED_ON).then_refused("reverse-the-receipt")


# -- any loan, any order ---------------------------------------------------------------------------------------------------

dues = st.sampled_from(HolidayDue)
changes = st.one_of(
    st.builds(extension, st.integers(1, 6)),
    st.builds(easing, st.integers(1, 40), st.sampled_from([None, "0", "0.02"])),
    st.builds(holiday, st.integers(1, 3), st.sampled_from(HolidayInterest), dues, st.booleans()),
    st.builds(lambda days: ("due-date", days), st.integers(-20, 31)),
    st.just(ReAge(approval="A")),
    st.just(ReAmortise(approval="A")),
    st.just(UndoChange(reason="r")),
    st.just(QuotePayoff()),
    st.builds(
        lambda mode, size: Prepay(mode=mode, principal=yuan(Decimal(size).scaleb(-2)), valid_until=date(2040, 1, 1)),
        st.sampled_from([PrepaymentMode.SHORTEN_TERM, PrepaymentMode.LOWER_INSTALMENT]),
        st.integers(1, 200_00),
    ),
    st.tuples(st.just("pay"), st.integers(1, 600_00)),
    st.tuples(st.just("pay"), st.integers(1, 600_00)),
    st.tuples(st.just("reverse"), st.integers(0, 9)),
    st.tuples(st.just("days"), st.integers(1, 50)),
    st.tuples(st.just("days"), st.integers(1, 50)),
    st.just(("forgive", 0)),
)


class Life:
    """A loan, its day and its events as they are stored."""

    def __init__(self, agreed: Any) -> None:
        self.loan, self.today = a_loan(agreed), BOOKED_ON
        self.start = self.loan.state
        self.events: list[Any] = []
        self.receipts: list[str] = []

    def take(self, decided: Then) -> None:
        """Apply what was decided, if it was."""
        if not isinstance(decided.decision, Refusal):
            self.events += decided.decision
            self.loan = decided.applied()

    def days(self, count: int) -> None:
        """The next days."""
        for _ in range(count):
            self.today += timedelta(days=1)
            on = LOAN.due(self.loan.state)
            if on is not None and on <= self.today:
                self.take(self.loan.on_day(self.today))
                following = LOAN.due(self.loan.state)
                assert following is None or following > self.today

    def act(self, what: Any) -> None:
        """One thing happens."""
        if not isinstance(what, tuple):
            self.take(change(self.loan, what, self.today))
        elif what[0] == "days":
            self.days(what[1])
        elif what[0] == "pay":
            self.receipts.append(f"R{len(self.receipts)}")
            self.take(pay(self.loan, Decimal(what[1]).scaleb(-2), self.today, receipt=self.receipts[-1]))
        elif what[0] == "reverse" and self.receipts:
            self.take(reverse(self.loan, self.receipts[what[1] % len(self.receipts)], self.today))
        elif what[0] == "forgive" and self.loan.state.status is Status.ACTIVE:
            self.forgive()
        elif what[0] == "due-date" and self.loan.state.status is Status.ACTIVE:
            state: Loan = self.loan.state
            ahead = [balance(state, n).due_date for n in range(1, months_of(state) + 1)]
            nearest = min((due for due in ahead if due > self.today), default=self.today)
            self.take(
                change(self.loan, ChangeDueDate(first=nearest + timedelta(days=what[1]), supplement="S"), self.today)
            )

    def forgive(self) -> None:
        """Penalty is waived, so that arrears can move."""
        owed = penalty_owed(self.loan, self.today)
        if owed:
            self.take(waive(self.loan, parts(0, 0, str(owed)), self.today))


@hypothesis.settings(deadline=None, max_examples=150)
@hypothesis.given(terms, st.lists(changes, min_size=3, max_size=14))
def test_after_any_changes_and_payments_the_books_balance_and_the_fold_is_the_state(
    agreed: Any, life: list[Any]
) -> None:
    led = Life(agreed)
    for what in life:
        led.act(what)
        state: Loan = led.loan.state
        open_rows = [balance(state, number) for number in range(1, months_of(state) + 1)]
        assert all(min(row[2:5]) >= 0 and min(row[6:]) >= 0 for row in open_rows)
        assert state.principal == state.repaid + outstanding_principal(state) + state.forgiven
        owed = sum(row.total for row in open_rows)
        assert (owed == 0) == (state.status is Status.SETTLED)
        for event in led.events[-4:]:
            if isinstance(event, ScheduleRevised) and event is led.events[-1]:
                assert event.outstanding_principal.amount == Decimal(outstanding_principal(state)).scaleb(-2)
    again = led.start
    for event in led.events:
        again = LOAN.evolve(again, codec.decode(type(event), codec.encode(event)))
    assert again == led.loan.state
