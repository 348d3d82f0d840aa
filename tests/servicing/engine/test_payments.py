"""Payments, and what comes back."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from services.servicing.domain.terms import (
    Allocation,
    Component,
    CreditOrder,
    DownPayment,
    FutureRule,
    Preclosure,
    Processing,
    Rate,
    Recalculation,
    Rounding,
    Slot,
    TransactionKind,
)
from services.servicing.domain.terms import Due as Class
from services.servicing.domain.transactions import Chargeback, DayEnded, Refunded, Status, Undone, run
from tests.servicing.engine.samples import (
    CHINESE,
    ORDER,
    PLAIN,
    START,
    asked,
    disbursed,
    fee,
    paid,
    rows,
    simple,
    terms,
)

FIRST, SECOND = date(2026, 4, 30), date(2026, 5, 31)
INSTALMENT = 103_529
FREE = terms(recalculation=None)


def pays(position):
    return [(line.paid, line.in_advance, line.late) for line in rows(position)]


class TestOrder:
    def test_an_instalment_on_its_day_is_neither_early_nor_late(self):
        position = run(PLAIN, [disbursed(), paid(INSTALMENT, FIRST)])
        assert pays(position)[:2] == [(INSTALMENT, 0, 0), (0, 0, 0)]
        assert rows(position)[0].paid_on == FIRST
        assert position.postings[-1].allocation[Component.INTEREST] == 6_000

    def test_a_part_settles_penalty_and_fee_before_interest_and_principal(self):
        position = run(FREE, [disbursed(), fee(500, FIRST, START), paid(2_000, FIRST)])
        parts = position.postings[-1].allocation
        assert (parts[Component.FEE], parts[Component.INTEREST], parts[Component.PRINCIPAL]) == (500, 1_500, 0)

    def test_what_is_past_due_comes_before_what_is_due(self):
        assert pays(run(FREE, [disbursed(), paid(150_000, SECOND)]))[:2] == [(103_529, 0, 103_529), (46_471, 0, 0)]

    def test_vertical_settles_one_component_in_all_rows_first(self):
        order = tuple(Slot(due, part) for due in Class for part in (Component.PRINCIPAL, *tuple(Component)[:3]))
        base = replace(FREE, processing=Processing.VERTICAL, allocations=(Allocation(None, order),))
        parts = run(base, [disbursed(), paid(150_000, date(2026, 6, 15))]).postings[-1].allocation
        assert parts[Component.INTEREST] == 0

    def test_vertical_asks_a_row_for_no_more_than_its_instalment(self):
        base = replace(PLAIN, processing=Processing.VERTICAL)
        lines = rows(run(base, [disbursed(), paid(350_000, date(2026, 5, 5))]))
        assert lines[1].principal + lines[1].interest == INSTALMENT
        assert sum(line.principal for line in lines) == 600_000

    def test_a_kind_may_have_an_order_of_its_own(self):
        last = Allocation(TransactionKind.GOODWILL_CREDIT, ORDER, FutureRule.LAST)
        base = replace(FREE, allocations=(*FREE.allocations, last))
        credit = paid(1_000, START, kind=TransactionKind.GOODWILL_CREDIT)
        assert [line.paid for line in rows(run(base, [disbursed(), credit]))] == [0, 0, 0, 0, 0, 1_000]

    def test_in_runs_the_interest_of_all_that_is_overdue_comes_before_any_principal(self):
        overdue = [Slot(due, part) for due in (Class.PAST_DUE, Class.DUE) for part in tuple(Component)[:3]]
        principal = [Slot(due, Component.PRINCIPAL) for due in (Class.PAST_DUE, Class.DUE)]
        order = (*overdue, *principal, *(Slot(Class.IN_ADVANCE, part) for part in Component))
        base = replace(FREE, processing=Processing.IN_RUNS, allocations=(Allocation(None, order),))
        parts = run(base, [disbursed(), paid(12_000, date(2026, 6, 15))]).postings[-1].allocation
        assert (parts[Component.INTEREST], parts[Component.PRINCIPAL]) == (6_000 + 5_025, 975)

    def test_a_charge_may_be_due_from_its_own_date_on(self):
        order = tuple(Slot(due, part) for due in Class for part in (*tuple(Component)[2:], *tuple(Component)[:2]))
        own = replace(FREE, allocations=(Allocation(None, order, charges_by_own_date=True),))
        entries = [disbursed(), fee(500, date(2026, 4, 10), START), paid(2_000, date(2026, 4, 15))]
        assert run(own, entries).postings[-1].allocation[Component.FEE] == 500
        plain = replace(FREE, allocations=(Allocation(None, order),))
        assert run(plain, entries).postings[-1].allocation[Component.FEE] == 0
        early = [*entries[:2], paid(2_000, date(2026, 4, 9))]
        assert run(own, early).postings[-1].allocation[Component.FEE] == 0


class TestInAdvance:
    def test_next_instalment(self):
        assert [part for part, *_ in pays(run(FREE, [disbursed(), paid(INSTALMENT + 100, START)]))][:3] == [
            INSTALMENT,
            100,
            0,
        ]

    def test_last_instalment(self):
        base = terms(FREE, FutureRule.LAST)
        assert [part for part, *_ in pays(run(base, [disbursed(), paid(1_000, START)]))] == [0, 0, 0, 0, 0, 1_000]

    def test_evenly_over_all(self):
        base = terms(FREE, FutureRule.REAMORTISE)
        assert [part for part, *_ in pays(run(base, [disbursed(), paid(6_004, START)]))] == [1_001] * 5 + [999]

    def test_early_payment_bears_interest_to_its_day_only(self):
        position = run(PLAIN, [disbursed(), paid(INSTALMENT, date(2026, 4, 15))])
        assert rows(position)[0].interest == 3_000  # fifteen of thirty days

    def test_paying_all_on_the_first_day_owes_no_interest(self):
        position = run(PLAIN, [disbursed(), paid(600_000, START)])
        assert (position.status, position.totals.interest) == (Status.CLOSED, 0)


class TestLate:
    def test_overdue_principal_goes_on_bearing_interest(self):
        on_time, late = (
            run(PLAIN, [disbursed(), paid(INSTALMENT, day), paid(INSTALMENT, SECOND)])
            for day in (FIRST, date(2026, 5, 15))
        )
        assert rows(late)[1].interest > rows(on_time)[1].interest

    def test_the_end_of_day_shows_what_is_overdue(self):
        quiet = run(PLAIN, [disbursed()])
        ended = run(PLAIN, [disbursed(), DayEnded(known=date(2026, 5, 15))])
        assert rows(ended)[1].interest > rows(quiet)[1].interest
        assert rows(ended)[0] == rows(quiet)[0]

    def test_a_charge_that_falls_due_later_looks_at_no_interest(self):
        day = date(2026, 5, 15)
        quiet = asked(run(PLAIN, [disbursed()]))
        later = run(PLAIN, [disbursed(), fee(500, date(2026, 5, 20), day)])
        assert asked(later) == quiet
        assert rows(later)[1].fee == 500
        earlier = run(PLAIN, [disbursed(), fee(500, START, day)])
        assert asked(earlier) != quiet  # all is made anew and looked at on 15 May, with the first row overdue

    def test_rows_of_a_later_disbursement_may_stand_from_the_start(self):
        base = replace(
            CHINESE,
            rate=Rate(Decimal(0)),
            instalments=3,
            down_payment=DownPayment(Decimal(25), automatic=True),
            allocations=(Allocation(None, ORDER, rows_from_the_start=True),),
        )
        later = [paid(85_000, date(2026, 4, 10)), disbursed(40_000, date(2026, 5, 10))]
        position = run(base, [disbursed(100_000), *later])
        # the first row, the second down payment of 10,000, the next row of 25,000 + 15,000, and 10,000 of the last one
        assert [line.paid for line in rows(position)] == [25_000, 25_000, 10_000, 40_000, 10_000]
        assert [(posting.amount, posting.balance) for posting in position.postings] == [
            (100_000, 100_000),
            (25_000, 75_000),
            (85_000, 0),
            (40_000, 30_000),
        ]

    def test_a_charge_may_stand_from_the_start(self):
        day = date(2026, 4, 10)
        later = [disbursed(), paid(10_000, day), fee(500, FIRST, FIRST)]
        for stands, expected in ((False, (0, 6_000, 4_000)), (True, (500, 6_000, 3_500))):
            base = replace(CHINESE, allocations=(Allocation(None, ORDER, rows_from_the_start=stands),))
            payment = run(base, later).postings[1]
            parts = payment.allocation
            assert (parts[Component.FEE], parts[Component.INTEREST], parts[Component.PRINCIPAL]) == expected
            assert payment.replayed is stands

    def test_closed_early_it_owes_interest_to_the_rest_date_in_a_row_that_was_paid_before(self):
        base = terms(
            PLAIN, principal=10_000, rate=Rate(Decimal(7)), recalculation=Recalculation(preclosure=Preclosure.REST_DATE)
        )
        start, early, close = (date(2024, 1, day) for day in (1, 10, 20))
        position = run(base, [disbursed(10_000, start), paid(1_701, early), paid(20_000, close)])
        # 10,000 for nine days of January, 8,316 for twenty-two
        assert asked(position)[0] == (1_684, 17 + 34)
        assert (position.overpaid, position.totals.outstanding) == (21_701 - 10_000 - 51, 0)


class TestTooMuch:
    def test_what_nobody_owes_is_a_credit_balance(self):
        position = run(PLAIN, [disbursed(), paid(600_100, START)])
        assert (position.status, position.overpaid, position.totals.outstanding) == (Status.OVERPAID, 100, 0)

    def test_it_can_be_paid_back(self):
        back = Refunded(known=FIRST, value_date=FIRST, amount=100)
        position = run(PLAIN, [disbursed(), paid(600_100, START), back])
        assert (position.status, position.overpaid) == (Status.CLOSED, 0)

    def test_what_is_paid_back_beyond_it_bears_interest_and_no_more(self):
        day = date(2026, 5, 10)
        back = Refunded(known=day, value_date=day, amount=80_000)
        owed = simple().totals.principal + 6_000
        beyond = run(PLAIN, [disbursed(), paid(owed + 50_000, FIRST), back])
        # 30,000 for 21 of 31 days of May; the row is paid but for them and their interest
        assert rows(beyond)[1].interest == 203
        assert (beyond.overpaid, beyond.totals.outstanding, beyond.postings[-1].balance) == (0, 30_203, 30_000)

    def test_it_pays_a_charge_that_comes_later(self):
        position = run(PLAIN, [disbursed(), paid(600_100, START), fee(60, date(2026, 4, 10), date(2026, 4, 10))])
        assert (position.overpaid, position.totals.fee, position.totals.outstanding) == (40, 60, 0)

    def test_it_pays_a_second_disbursement(self):
        position = run(PLAIN, [disbursed(), paid(600_100, START), disbursed(1_000, date(2026, 4, 10))])
        assert (position.overpaid, position.totals.outstanding) == (0, 900 + position.totals.interest)

    def test_a_second_down_payment_is_what_the_credit_leaves_of_it(self):
        base = terms(FREE, down_payment=DownPayment(Decimal(25), automatic=True))
        owed = simple(base).totals.outstanding
        later = [paid(owed + 100, START), disbursed(1_000, FIRST)]
        down = run(base, [disbursed(), *later]).postings[-1]
        assert (down.kind, down.amount) == (TransactionKind.DOWN_PAYMENT, 150)
        covered = run(base, [disbursed(), paid(owed + 300, START), disbursed(1_000, FIRST)])
        assert [posting.kind for posting in covered.postings].count(TransactionKind.DOWN_PAYMENT) == 1

    def test_a_down_payment_once_made_stays_whatever_becomes_known_later(self):
        base = terms(FREE, down_payment=DownPayment(Decimal(25), automatic=True))
        owed = simple(base).totals.outstanding
        later = [disbursed(1_000, FIRST), paid(owed + 100, START, known=SECOND)]
        position = run(base, [disbursed(), *later])
        assert [posting.amount for posting in position.postings if posting.kind is TransactionKind.DOWN_PAYMENT] == [
            150_000,
            250,
        ]

    def test_what_a_row_no_longer_asks_for_pays_those_that_ask_for_more(self):
        base = terms(FREE, FutureRule.LAST, rounding=Rounding(multiple=100_000))
        last = rows(run(base, [disbursed()]))[-1].due
        position = run(base, [disbursed(), paid(last, START), disbursed(300_000, date(2026, 4, 10))])
        assert all(line.outstanding >= 0 for line in rows(position))
        assert (position.totals.paid, position.overpaid) == (last, 0)

    def test_what_is_disbursed_after_maturity_is_the_extra_row(self):
        day = date(2026, 12, 1)
        position = run(CHINESE, [disbursed(), disbursed(1_000, day)])
        assert (rows(position)[-1].day, rows(position)[-1].principal, position.lines[-1].balance) == (day, 1_000, 0)

    def test_a_claim_stays_when_a_disbursement_makes_the_rows_anew(self):
        day = date(2026, 5, 10)
        back = Chargeback(known=day, value_date=day, amount=INSTALMENT, payment=1)
        for base in (FREE, CHINESE):
            position = run(base, [disbursed(), paid(INSTALMENT, FIRST), back, disbursed(1_000, date(2026, 5, 20))])
            assert position.totals.principal == 601_000 + INSTALMENT


class TestBackDated:
    def test_it_is_as_if_it_had_been_known_in_time(self):
        in_time = run(PLAIN, [disbursed(), paid(50_000, date(2026, 4, 10)), paid(INSTALMENT, SECOND)])
        later = run(PLAIN, [disbursed(), paid(INSTALMENT, SECOND), paid(50_000, date(2026, 4, 10), known=SECOND)])
        assert later.lines == in_time.lines

    def test_the_payment_after_it_is_marked_as_replayed(self):
        position = run(PLAIN, [disbursed(), paid(INSTALMENT, SECOND), paid(50_000, date(2026, 4, 10), known=SECOND)])
        assert [(posting.day, posting.replayed) for posting in position.postings[1:]] == [
            (date(2026, 4, 10), False),
            (SECOND, True),
        ]

    def test_so_is_a_disbursement_that_a_credit_balance_pays_after_all(self):
        early = paid(700_000, START, known=SECOND)
        postings = run(FREE, [disbursed(), disbursed(1_000, FIRST), early]).postings
        assert [(posting.day, posting.replayed) for posting in postings] == [
            (START, False),
            (START, False),
            (FIRST, True),
        ]

    def test_what_was_replayed_stays_so_when_it_is_undone(self):
        early = paid(50_000, date(2026, 4, 10), known=SECOND)
        entries = [disbursed(), paid(INSTALMENT, SECOND), early, Undone(known=SECOND, entry=1)]
        undone = run(PLAIN, entries).postings[-1]
        assert (undone.reverted, undone.replayed) == (True, True)


class TestReversal:
    def test_an_undone_payment_leaves_the_figures_without_it(self):
        undone = Undone(known=FIRST, entry=1)
        position = run(PLAIN, [disbursed(), paid(INSTALMENT, FIRST), undone])
        assert asked(position) == asked(simple())
        assert pays(position) == [(0, 0, 0)] * 6

    def test_it_stays_in_sight_as_reverted(self):
        undone = Undone(known=FIRST, entry=1)
        postings = run(PLAIN, [disbursed(), paid(INSTALMENT, FIRST), undone]).postings
        assert [(posting.kind, posting.reverted) for posting in postings] == [
            (TransactionKind.DISBURSEMENT, False),
            (TransactionKind.REPAYMENT, True),
        ]

    def test_the_automatic_down_payment_can_be_undone_alone(self):
        base = replace(PLAIN, down_payment=DownPayment(Decimal(25), automatic=True))
        held = run(base, [disbursed()])
        undone = run(base, [disbursed(), Undone(known=START, entry=0, down_payment=True)])
        assert (rows(held)[0].paid, rows(undone)[0].paid) == (150_000, 0)


class TestChargeback:
    def test_it_is_a_new_claim_in_the_row_after_its_day(self):
        back = Chargeback(known=date(2026, 5, 10), value_date=date(2026, 5, 10), amount=INSTALMENT, payment=1)
        position = run(FREE, [disbursed(), paid(INSTALMENT, FIRST), back])
        first, second, *_ = rows(position)
        assert first.paid == INSTALMENT
        assert second.principal == asked(simple(FREE))[1][0] + INSTALMENT
        assert position.lines[-1].balance == 0

    def test_an_agreed_order_claims_back_what_the_payment_had_settled(self):
        base = replace(FREE, credit_order=CreditOrder(tuple(Component)))
        back = Chargeback(known=date(2026, 5, 10), value_date=date(2026, 5, 10), amount=10_000, payment=1)
        parts = run(base, [disbursed(), paid(INSTALMENT, FIRST), back]).postings[-1].allocation
        assert (parts[Component.INTEREST], parts[Component.PRINCIPAL]) == (6_000, 4_000)

    def test_a_second_one_claims_what_the_first_has_left(self):
        base = replace(FREE, credit_order=CreditOrder(tuple(Component)))
        day = date(2026, 5, 10)
        back = Chargeback(known=day, value_date=day, amount=10_000, payment=1)
        parts = run(base, [disbursed(), paid(INSTALMENT, FIRST), back, back]).postings[-1].allocation
        assert (parts[Component.INTEREST], parts[Component.PRINCIPAL]) == (0, 10_000)

    def test_with_recalculation_it_bears_interest_from_its_day(self):
        back = Chargeback(known=FIRST, value_date=FIRST, amount=INSTALMENT, payment=1)
        plain, again = (run(PLAIN, [disbursed(), paid(INSTALMENT, FIRST), *more]) for more in ([], [back]))
        extra = rows(again)[1].interest - rows(plain)[1].interest
        assert extra == 1_035  # 103,529 × 1 %

    def test_what_a_credit_balance_covers_is_asked_for_in_no_row(self):
        position = run(FREE, [disbursed(), paid(simple(FREE).totals.due + 500, START)])
        back = Chargeback(known=FIRST, value_date=FIRST, amount=400, payment=1)
        claimed = run(FREE, [disbursed(), paid(simple(FREE).totals.due + 500, START), back])
        assert (claimed.lines, claimed.overpaid, claimed.postings[-1].balance) == (position.lines, 100, 0)

    def test_of_a_refund_it_claims_what_the_refund_settled_and_not_its_interest(self):
        kinds = frozenset({TransactionKind.MERCHANT_ISSUED_REFUND})
        base = replace(PLAIN, interest_refund_for=kinds, credit_order=CreditOrder(tuple(Component)))
        refund = paid(120_000, date(2026, 4, 15), kind=TransactionKind.MERCHANT_ISSUED_REFUND)
        back = Chargeback(known=date(2026, 5, 10), value_date=date(2026, 5, 10), amount=120_000, payment=1)
        position = run(base, [disbursed(), refund, back])
        assert position.postings[-1].allocation == position.postings[1].allocation

    def test_of_a_payment_that_never_was_it_claims_nothing(self):
        base = replace(FREE, credit_order=CreditOrder(tuple(Component)))
        back = Chargeback(known=FIRST, value_date=FIRST, amount=400, payment=1)
        position = run(base, [disbursed(), paid(500, START), back, Undone(known=FIRST, entry=1)])
        assert position.totals.outstanding == simple(base).totals.outstanding

    def test_after_maturity_it_is_an_extra_row(self):
        day = date(2026, 12, 1)
        entries = [disbursed(), paid(700_000, START), Refunded(known=START, value_date=START, amount=100_000)]
        back = Chargeback(known=day, value_date=day, amount=700_000, payment=1)
        extra = rows(run(PLAIN, [*entries, back]))[-1]
        assert (extra.day, extra.principal) == (day, 700_000)


class TestInterestRefund:
    def test_a_refund_gives_back_the_interest_its_amount_has_borne(self):
        base = replace(PLAIN, interest_refund_for=frozenset({TransactionKind.MERCHANT_ISSUED_REFUND}))
        refund = paid(120_000, date(2026, 4, 15), kind=TransactionKind.MERCHANT_ISSUED_REFUND)
        posting = run(base, [disbursed(), refund]).postings[-1]
        assert (posting.kind, posting.amount) == (TransactionKind.INTEREST_REFUND, 600)  # fifteen days of 120,000

    def test_unless_it_says_not_to(self):
        base = replace(PLAIN, interest_refund_for=frozenset({TransactionKind.MERCHANT_ISSUED_REFUND}))
        refund = paid(120_000, date(2026, 4, 15), kind=TransactionKind.MERCHANT_ISSUED_REFUND)
        assert len(run(base, [disbursed(), replace(refund, refund_interest=False)]).postings) == 2

    def test_an_earlier_payment_that_becomes_known_later_changes_what_is_given_back(self):
        base = replace(PLAIN, interest_refund_for=frozenset({TransactionKind.MERCHANT_ISSUED_REFUND}))
        refund = paid(120_000, date(2026, 4, 15), kind=TransactionKind.MERCHANT_ISSUED_REFUND)
        early = paid(60_000, date(2026, 4, 8), known=date(2026, 4, 20))
        posting = run(base, [disbursed(), refund, early]).postings[-1]
        # 600,000 for 8 days of April and 541,600 for 7: 1,600 + 1,264; never disbursed, 480,000 and 421,280: 1,280 + 983
        assert (posting.kind, posting.amount, posting.replayed) == (TransactionKind.INTEREST_REFUND, 601, True)

    def test_what_was_given_back_stays_where_nothing_before_it_changes(self):
        kinds = frozenset({TransactionKind.MERCHANT_ISSUED_REFUND})
        refund = paid(120_000, date(2026, 4, 15), kind=TransactionKind.MERCHANT_ISSUED_REFUND)
        undone = [disbursed(), refund, paid(100, SECOND), Undone(known=SECOND, entry=2)]
        position = run(replace(PLAIN, interest_refund_for=kinds), undone)
        assert [posting.amount for posting in position.postings if not posting.reverted] == [600_000, 120_000, 600]
