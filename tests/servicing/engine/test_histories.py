"""What holds for every history of a loan, however wild: back-dated, undone, charged back, disbursed again, re-amortised."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from services.servicing.domain.terms import (
    AfterChargeOff,
    Allocation,
    Component,
    CreditOrder,
    DayCount,
    DownPayment,
    Family,
    FutureRule,
    Method,
    Preclosure,
    Prepaid,
    Processing,
    Rate,
    Recalculation,
    Rest,
    Rounding,
    Span,
    Terms,
    TransactionKind,
    Unit,
)
from services.servicing.domain.transactions import (
    Chargeback,
    ChargedOff,
    DayEnded,
    Entry,
    Extended,
    InterestPaused,
    Paid,
    Position,
    RateChanged,
    Reamortised,
    Refunded,
    Status,
    Undone,
    WrittenOff,
    refusal,
    run,
)
from services.servicing.domain.transactions.position import Posting
from tests.servicing.engine.samples import ORDER, PLAIN, START, disbursed, fee, paid, rows

GAPS = st.sampled_from([0, 0, 1, 5, 14, 15, 16, 30, 31, 60])
KINDS = st.sampled_from(
    [TransactionKind.REPAYMENT, TransactionKind.MERCHANT_ISSUED_REFUND, TransactionKind.GOODWILL_CREDIT]
)
RECALCULATIONS = st.builds(
    Recalculation, st.sampled_from(Rest), st.sampled_from(Preclosure), st.booleans(), st.sampled_from(Prepaid)
)


_WITHOUT_MORE = [method for method in Method if method not in (Method.GRADED, Method.BALLOON, Method.CUSTOM)]
"""Methods that need no terms of their own, so that any principal and any number of instalments will do."""


@st.composite
def agreements(draw: st.DrawFn) -> Terms:
    """Terms of both families."""
    family = draw(st.sampled_from([Family.PROGRESSIVE, Family.PROGRESSIVE, Family.CUMULATIVE]))
    progressive = family is Family.PROGRESSIVE
    methods = [Method.EQUAL_INSTALMENT, Method.EQUAL_INSTALMENT, Method.FLAT] if progressive else _WITHOUT_MORE
    method = draw(st.sampled_from(methods))
    recalculates = method is Method.EQUAL_INSTALMENT if progressive else method is not Method.FLAT
    return replace(
        PLAIN,
        family=family,
        method=method,
        rate=Rate(Decimal(draw(st.sampled_from([0, 1, 7, 12, 24, 36])))),
        instalments=draw(st.sampled_from([1, 2, 3, 6, 12])),
        frequency=draw(st.sampled_from([Span(1, Unit.MONTH), Span(15, Unit.DAY)])),
        day_count=draw(
            st.sampled_from([DayCount(360, 30), DayCount(365), DayCount()] if progressive else [DayCount(365)])
        ),
        recalculation=draw(st.none() | RECALCULATIONS) if recalculates else None,
        processing=draw(st.sampled_from(Processing)),
        allocations=(Allocation(None, ORDER, draw(st.sampled_from(FutureRule))),),
        credit_order=draw(st.sampled_from([None, CreditOrder(tuple(Component))])),
        down_payment=draw(st.sampled_from([None, None, DownPayment(Decimal(25)), DownPayment(Decimal(25), True)])),
        rounding=Rounding(multiple=draw(st.sampled_from([None, None, 100]))),
    )


@dataclass(slots=True)
class Life:
    """The entries of a loan so far, each of which can be."""

    entries: list[Entry]
    day: date
    undone: set[int]

    def back(self, payment: int) -> int:
        """What has been claimed back of a payment."""
        return sum(entry.amount for entry in self.entries if isinstance(entry, Chargeback) and entry.payment == payment)

    def payments(self) -> list[int]:
        """Payments that hold."""
        return [n for n, entry in enumerate(self.entries) if isinstance(entry, Paid) and n not in self.undone]


@st.composite
def lives(draw: st.DrawFn, *, claims: bool = True) -> list[Entry]:
    """Entries in the order of recording."""
    principal = draw(st.sampled_from([10_000, 123_456, 600_000]))
    life = Life([disbursed(principal)], START, set())
    for _ in range(draw(st.integers(0, 9))):
        life.day += timedelta(days=draw(GAPS))
        step = draw(st.sampled_from([*_STEPS, *_CLAIMS] if claims else _STEPS))
        if (entry := step(draw, life, principal)) is not None:
            life.entries.append(entry)
    return life.entries


def _payment(draw: st.DrawFn, life: Life, principal: int) -> Entry:
    day = max(START, life.day - timedelta(days=draw(st.sampled_from([0, 0, 0, 7, 40]))))
    amount = draw(st.sampled_from([1, principal]) | st.integers(1, principal))
    return paid(amount, day, known=life.day, kind=draw(KINDS))


def _fee(draw: st.DrawFn, life: Life, principal: int) -> Entry:
    due = life.day + timedelta(days=draw(st.sampled_from([0, 10, 40])))
    return fee(draw(st.integers(1, principal // 50)), due, life.day)


def _day_end(_draw: st.DrawFn, life: Life, _principal: int) -> Entry:
    return DayEnded(known=life.day)


def _undo(draw: st.DrawFn, life: Life, _principal: int) -> Entry | None:
    free = [number for number in life.payments() if not life.back(number)]
    if not free:
        return None
    number = draw(st.sampled_from(free))
    life.undone.add(number)
    return Undone(known=life.day, entry=number)


def _again(draw: st.DrawFn, life: Life, principal: int) -> Entry:
    return disbursed(draw(st.integers(100, principal)), life.day)


def _chargeback(draw: st.DrawFn, life: Life, _principal: int) -> Entry | None:
    left = {number: life.entries[number].amount - life.back(number) for number in life.payments()}  # type: ignore[attr-defined]
    open_ones = [number for number, amount in left.items() if amount > 0]
    if not open_ones:
        return None
    number = draw(st.sampled_from(open_ones))
    return Chargeback(known=life.day, value_date=life.day, amount=draw(st.integers(1, left[number])), payment=number)


def _refund(draw: st.DrawFn, life: Life, principal: int) -> Entry:
    return Refunded(known=life.day, value_date=life.day, amount=draw(st.integers(1, principal // 10)))


_STEPS = [_payment, _payment, _payment, _fee, _day_end, _undo, _again]
_CLAIMS = [_chargeback, _refund]


def sound(position: Position) -> None:
    """No figure is negative, everything asked for ends at zero, and nobody owes while holding a credit balance."""
    for line in rows(position):
        assert min(line.principal, line.interest, line.fee, line.penalty, line.outstanding) >= 0, line
        assert line.in_advance + line.late <= line.paid
    assert all(line.balance >= 0 for line in position.lines)
    assert position.lines[-1].balance == 0
    assert position.overpaid >= 0
    assert position.overpaid == 0 or position.totals.outstanding == 0
    assert position.status is not Status.CLOSED or position.totals.outstanding == 0
    assert all(amount >= 0 for posting in position.postings for amount in posting.allocation.values())


@settings(max_examples=120, deadline=None)
@given(agreements(), lives())
def test_every_history_leaves_sound_rows(base, entries):
    sound(run(base, entries))


@settings(max_examples=80, deadline=None)
@given(agreements(), lives(claims=False))
def test_money_and_principal_are_neither_lost_nor_made(base, entries):
    position = run(base, entries)
    held = [posting for posting in position.postings if not posting.reverted]
    out = sum(posting.amount for posting in held if posting.kind is TransactionKind.DISBURSEMENT)
    received = sum(posting.amount for posting in held if posting.kind is not TransactionKind.DISBURSEMENT)
    assert position.totals.principal == out
    assert position.totals.paid + position.overpaid == received


@settings(max_examples=60, deadline=None)
@given(agreements(), lives(), st.integers(0, 9))
def test_a_loan_can_be_re_amortised_at_any_moment(base, entries, place):
    base = replace(base, family=Family.PROGRESSIVE, method=Method.EQUAL_INSTALMENT)
    place = 1 + place % len(entries)
    known = entries[place - 1].known
    numbered = [_shifted(entry, place) for entry in entries[place:]]
    sound(run(base, [*entries[:place], Reamortised(known=known, value_date=known), *numbered]))


@settings(max_examples=80, deadline=None)
@given(agreements(), lives())
def test_made_anew_in_the_order_of_value_dates_a_loan_is_where_it_stood(base, entries):
    """Adding nothing, a reversal of nothing makes the loan anew from its first day: the figures are those of going on."""
    known = entries[-1].known
    stood = run(base, [*entries, DayEnded(known=known)])
    nothing = Paid(known=known, value_date=START, amount=0)
    anew = run(base, [*entries, nothing, Undone(known=known, entry=len(entries))])
    assert anew.lines == stood.lines
    assert [_shares(one) for one in anew.postings if not one.reverted] == [
        _shares(one) for one in stood.postings if not one.reverted
    ]


def _shares(posting: Posting) -> tuple[object, ...]:
    return posting.entry, posting.kind, posting.amount, posting.allocation, posting.balance


@settings(max_examples=40, deadline=None)
@given(agreements(), st.data())
def test_when_all_is_due_it_is_the_same_row_by_row_and_component_by_component(base, data):
    base = replace(base, recalculation=None)
    owed = run(base, [disbursed()])
    late = owed.lines[-1].day + timedelta(days=1)
    whole = data.draw(st.integers(0, 100)) + owed.totals.outstanding
    ways = [
        run(replace(base, processing=way, allocations=(Allocation(None, ORDER),)), [disbursed(), paid(whole, late)])
        for way in Processing
    ]
    assert all(
        (way.lines, way.postings, way.overpaid) == (ways[0].lines, ways[0].postings, ways[0].overpaid) for way in ways
    )


def _changes(day: date) -> st.SearchStrategy[Entry]:
    """What may happen to a loan beside payments."""
    entry = {"known": day, "value_date": day}
    return st.one_of(
        st.just(WrittenOff(**entry)),
        st.sampled_from(AfterChargeOff).map(lambda interest: ChargedOff(**entry, interest=interest)),
        st.sampled_from([0, 5, 30]).map(lambda percent: RateChanged(**entry, percent=Decimal(percent))),
        st.integers(0, 50).map(lambda days: InterestPaused(**entry, until=day + timedelta(days=days))),
        st.integers(1, 3).map(lambda more: Extended(**entry, instalments=more)),
    )


@settings(max_examples=120, deadline=None)
@given(agreements(), lives(), st.integers(0, 9), st.data())
def test_a_loan_can_be_changed_or_given_up_at_any_moment(base, entries, place, data):
    place = 1 + place % len(entries)
    change = data.draw(_changes(entries[place - 1].known).filter(lambda one: refusal(base, one) is None))
    numbered = [_shifted(entry, place) for entry in entries[place:]]
    sound(run(base, [*entries[:place], change, *numbered]))


def _shifted(entry: Entry, place: int) -> Entry:
    """The entry, where one more stands before it at ``place``."""
    if isinstance(entry, Undone) and entry.entry >= place:
        return replace(entry, entry=entry.entry + 1)
    if isinstance(entry, Chargeback) and entry.payment >= place:
        return replace(entry, payment=entry.payment + 1)
    return entry


@settings(max_examples=60, deadline=None)
@given(agreements(), lives())
def test_paying_the_payoff_closes_the_loan(base, entries):
    """Paying what closes the loan on a day, and not a minor unit more, closes it; interest up to that day only."""
    if base.recalculation is not None:
        base = replace(base, recalculation=replace(base.recalculation, preclosure=Preclosure.CLOSING_DATE))
    day = max(entry.known for entry in entries)
    known = run(base, [*entries, DayEnded(known=day)])
    quote = run(base, [*entries, paid(10**12, day)])
    payoff = 10**12 - (quote.overpaid - known.overpaid)
    if payoff > 0:
        closed = run(base, [*entries, paid(payoff, day)])
        assert (closed.totals.outstanding, closed.overpaid) == (0, 0)


def test_a_cent_paid_out_on_a_loan_with_a_credit_leaves_sound_rows():
    base = replace(
        PLAIN,
        rate=Rate(Decimal(24)),
        frequency=Span(15, Unit.DAY),
        day_count=DayCount(360, 30),
        recalculation=Recalculation(),
        allocations=(Allocation(None, ORDER, FutureRule.NEXT),),
    )
    first, day = START + timedelta(days=14), START + timedelta(days=42)
    sound(run(base, [disbursed(10_000), paid(10_000, first), paid(10_000, day), disbursed(1, day)]))


def test_what_is_paid_in_a_row_with_a_claim_is_known_when_a_disbursement_makes_it_ask_for_more():
    rules = {"recalculation": Recalculation(), "credit_order": CreditOrder(tuple(Component)), "instalments": 3}
    base = replace(PLAIN, family=Family.CUMULATIVE, method=Method.EQUAL_PRINCIPAL, day_count=DayCount(365), **rules)
    back = Chargeback(known=START + timedelta(days=36), value_date=START + timedelta(days=36), amount=1, payment=1)
    sound(run(base, [disbursed(1), paid(3, START), back, disbursed(1, back.known)]))


def test_the_rest_date_of_a_payment_on_a_due_date_is_that_day():
    base = replace(PLAIN, instalments=12, recalculation=Recalculation(preclosure=Preclosure.REST_DATE))
    entries = [disbursed(76), paid(28, START + timedelta(days=61)), paid(51, START + timedelta(days=91))]
    sound(run(base, entries))


def test_a_disbursement_after_an_extension_finds_the_rows_that_kept_what_was_paid_on_them():
    last = (Allocation(None, ORDER, FutureRule.LAST),)
    base = replace(PLAIN, rate=Rate(Decimal(36)), instalments=2, recalculation=None, allocations=last)
    longer = Extended(known=START + timedelta(days=1), value_date=START + timedelta(days=1), instalments=2)
    position = run(base, [disbursed(4), paid(2, START), longer, disbursed(1, START + timedelta(days=63))])
    sound(position)
    assert position.totals.principal == 5
