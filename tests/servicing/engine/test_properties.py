"""What holds for every loan."""

from dataclasses import fields, replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from services.servicing.domain.calendar.day_count import DAY_COUNTS as DAY_COUNTS_BY_NAME
from services.servicing.domain.terms import (
    Balloon,
    Counting,
    DayCount,
    DownPayment,
    Family,
    FutureRule,
    Grace,
    Growth,
    InterestBy,
    Leap,
    Method,
    Planned,
    Rate,
    Recalculation,
    Rounding,
    Span,
    TransactionKind,
    Unit,
    objections,
)
from services.servicing.domain.transactions import Position, Undone, run
from services.servicing.domain.transactions.position import Line, RowKind
from tests.servicing.engine.samples import PLAIN, START, asked, disbursed, fee, paid, rows, terms

AMOUNTS = st.integers(10_000, 50_000_000)
RATES = st.decimals(0, 36, places=4).map(Rate)
DAY_COUNTS = st.sampled_from([DayCount(360, 30), DayCount(365), DayCount(), DayCount(leap=Leap.PERIOD_WITH_LEAP_DAY)])
FREQUENCIES = st.sampled_from([Span(1, Unit.MONTH), Span(2, Unit.WEEK), Span(15, Unit.DAY), Span(3, Unit.MONTH)])
FIXED_YEARS = st.sampled_from([DayCount(365), DayCount(360), DayCount(360, 30)])
COUNTING = st.sampled_from(Counting)
DATES = st.dates(date(2023, 1, 1), date(2028, 12, 31))


@st.composite
def progressive(draw):
    """Terms of the progressive family."""
    method = draw(st.sampled_from([Method.EQUAL_INSTALMENT, Method.EQUAL_INSTALMENT, Method.FLAT]))
    recalculates = method is Method.EQUAL_INSTALMENT and draw(st.booleans())
    return terms(
        PLAIN,
        draw(st.sampled_from(FutureRule)),
        method=method,
        rate=draw(RATES),
        instalments=draw(st.integers(1, 36)),
        frequency=draw(FREQUENCIES),
        day_count=draw(DAY_COUNTS),
        rounding=Rounding(multiple=draw(st.sampled_from([None, None, 100]))),
        recalculation=Recalculation() if recalculates else None,
        down_payment=draw(st.sampled_from([None, None, DownPayment(Decimal(25))])),
    )


@st.composite
def cumulative(draw, day=START):
    """Terms of the cumulative family; days of a custom plan come after ``day``."""
    count = draw(st.integers(1, 36))
    method = draw(st.sampled_from(Method))
    grace = Grace(*(draw(st.integers(0, count - 1)) for _ in range(3)), averages=draw(st.booleans()))
    named = draw(st.sampled_from([None, None, *DAY_COUNTS_BY_NAME]))
    changes = {}
    if method is Method.GRADED:
        percent = draw(st.one_of(st.none(), st.decimals(-2, 10, places=2)))
        changes["growth"] = Growth(draw(st.integers(1, 12)), percent, None if percent is not None else 5)
    elif method is Method.BALLOON:
        changes["balloon"] = draw(st.sampled_from([Balloon(amount=4_000), Balloon(over=count + 20)]))
    elif method is Method.CUSTOM:
        changes["plan"] = tuple(_planned(draw, count, day))
        grace = replace(grace, principal=0)
    return terms(
        PLAIN,
        family=Family.CUMULATIVE,
        method=method,
        principal=sum(row.principal for row in changes.get("plan", ())) or 600_000,
        rate=draw(RATES),
        instalments=count,
        frequency=draw(FREQUENCIES),
        day_count=draw(FIXED_YEARS) if named is None else DayCount(convention=named, counting=draw(COUNTING)),
        interest_by=draw(st.sampled_from(InterestBy)) if named is None else InterestBy.DAY,
        grace=grace,
        recalculation=None,
        **changes,
    )


def _planned(draw, count, day):
    for number in range(1, count + 1):
        day += timedelta(days=draw(st.integers(1, 90)))
        yield Planned(day, draw(st.integers(0 if number < count else 1, 2_000_000)))


@settings(deadline=None, max_examples=200)
@given(st.one_of(progressive(), cumulative(day=date(2028, 12, 31))), AMOUNTS, DATES)
def test_the_principal_parts_sum_to_what_was_disbursed(base, amount, day):
    assert objections(base) == ()
    position = run(base, [disbursed(amount, day)])
    assert position.totals.principal == amount
    assert all(line.principal >= 0 and line.interest >= 0 for line in rows(position))
    assert position.lines[-1].balance == 0


@settings(deadline=None)
@given(st.one_of(progressive(), cumulative(day=date(2028, 12, 31))), AMOUNTS, DATES, st.data())
def test_what_is_disbursed_in_two_parts_on_one_day_is_disbursed_at_once(base, amount, day, data):
    base = replace(base, down_payment=None)  # of each part it is rounded for itself
    part = data.draw(st.integers(1, amount - 1))
    whole, split, turned = (
        asked(run(base, [disbursed(one, day) for one in parts]))
        for parts in ([amount], [part, amount - part], [amount - part, part])
    )
    assert split == turned
    assert split == whole


@settings(deadline=None)
@given(st.one_of(progressive(), cumulative()), AMOUNTS, st.decimals(0, 10, places=4))
def test_a_higher_rate_never_costs_less_than_a_minor_unit_a_row(base, amount, more):
    # rows free of interest ask for the level instalment, too: the higher it is, the more of it they repay
    base = replace(base, grace=replace(base.grace, interest_charged=0))
    dearer = replace(base, rate=Rate(base.rate.percent + more))
    cheap, dear = (run(one, [disbursed(amount)]).totals.interest for one in (base, dearer))
    unit = base.rounding.multiple or 1
    assert dear >= cheap - base.instalments * unit


@st.composite
def histories(draw):
    """Payments and fees in the order of their days, all known in time."""
    day, entries = START, [disbursed(draw(AMOUNTS))]
    for _ in range(draw(st.integers(0, 6))):
        day += timedelta(days=draw(st.integers(0, 50)))
        amount = draw(st.integers(1, entries[0].amount))
        if draw(st.integers(0, 4)) == 0:
            entries.append(fee(amount // 100 + 1, day + timedelta(days=draw(st.integers(0, 60))), day))
        else:
            entries.append(paid(amount, day))
    return entries


@settings(max_examples=40, deadline=None)
@given(progressive(), histories())
def test_money_is_neither_made_nor_lost(base, entries):
    position = run(base, entries)
    received = sum(posting.amount for posting in position.postings if posting.kind is not TransactionKind.DISBURSEMENT)
    assert received == position.totals.paid + position.overpaid
    for posting in position.postings[1:]:
        assert sum(posting.allocation.values()) <= posting.amount


@settings(max_examples=40, deadline=None)
@given(progressive(), histories())
def test_nothing_outstanding_is_negative_and_credit_stands_apart(base, entries):
    position = run(base, entries)
    assert all(line.outstanding >= 0 for line in rows(position))
    assert position.overpaid == 0 or position.totals.outstanding == 0
    assert position.totals.principal == entries[0].amount


@settings(max_examples=40, deadline=None)
@given(progressive(), histories(), st.data())
def test_an_undone_payment_leaves_the_figures_without_the_pair(base, entries, data):
    last = max(entry.known for entry in entries)
    number = data.draw(st.integers(1, len(entries)))
    extra = paid(data.draw(st.integers(1, entries[0].amount)), last)
    pair = [*entries, extra, Undone(known=last, entry=len(entries))]
    without = [*entries, Undone(known=last, entry=len(entries) + number)]  # undoes nothing: both are made anew
    assert run(base, pair).lines == run(base, without).lines


@given(progressive(), histories())
@settings(max_examples=20, deadline=None)
def test_there_is_no_float_in_money(base, entries):
    position = run(base, entries)
    for line in position.lines:
        assert not any(isinstance(getattr(line, field.name), float) for field in fields(Line))
    assert all(type(amount) is int for pair in asked(position) for amount in pair)
    assert isinstance(position, Position)


@settings(deadline=None)
@given(AMOUNTS, DATES)
def test_a_loan_without_interest_asks_for_its_principal_only(amount, day):
    position = run(replace(PLAIN, rate=Rate(Decimal(0))), [disbursed(amount, day)])
    assert position.totals.due == amount
    assert [line.kind for line in position.lines].count(RowKind.DISBURSEMENT) == 1
