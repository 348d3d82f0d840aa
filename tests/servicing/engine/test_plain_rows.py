"""The short way to a plain schedule gives what the long one gives."""

from dataclasses import replace
from datetime import date
from decimal import Decimal, localcontext

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.servicing.domain.schedule import movements
from services.servicing.domain.schedule.arithmetic import context, share_of, units
from services.servicing.domain.schedule.dates import periods
from services.servicing.domain.schedule.factors import Factors
from services.servicing.domain.schedule.plain import plain_level
from services.servicing.domain.schedule.plan import figures, new_plan
from services.servicing.domain.schedule.rows import scheduled
from services.servicing.domain.terms import DayCount, InterestBy, Rate, Rounding, RoundingMode, Span, Unit
from tests.servicing.engine.samples import PLAIN
from tests.servicing.engine.test_properties import AMOUNTS, DATES, DAY_COUNTS, FREQUENCIES, RATES


@st.composite
def plain(draw):
    return replace(
        PLAIN,
        rate=draw(RATES),
        instalments=draw(st.integers(1, 60)),
        frequency=draw(FREQUENCIES),
        day_count=draw(DAY_COUNTS),
        interest_by=draw(st.sampled_from(InterestBy)),
        rounding=Rounding(draw(st.sampled_from(RoundingMode)), multiple=draw(st.sampled_from([None, None, 100]))),
        recalculation=None,
    )


@settings(deadline=None, max_examples=200)
@given(plain(), AMOUNTS, DATES)
def test_one_pass_gives_the_figures_of_the_plan(terms, amount, day):
    plan = new_plan(terms, day)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(movements, "level_first", lambda *_: False)
        movements.disburse(plan, day, amount)
    by_plan = [(figure.principal, figure.interest) for figure in figures(plan)]
    rows = scheduled(terms, day, [(day, amount)])
    assert [(row.principal, row.interest) for row in rows] == by_plan
    assert [(row.begins, row.due) for row in rows] == periods(terms, day)
    levelled = new_plan(terms, day)
    movements.disburse(levelled, day, amount)
    assert [(one.instalment, one.agreed) for one in levelled.periods] == [
        (one.instalment, one.agreed) for one in plan.periods
    ]


def test_an_ordinary_loan_goes_the_short_way():
    terms = replace(PLAIN, instalments=360, rate=Rate(Decimal("14.4")), day_count=DayCount(365))
    day = date(2026, 1, 31)
    assert plain_level(terms, Factors(terms, day, date.max), periods(terms, day), 12_345_678) is not None


@pytest.mark.parametrize("every", [1, 2, 3, 6])
@pytest.mark.parametrize("leap", [DayCount(360, 30), DayCount(month=30), DayCount(365)])
def test_a_row_on_the_grid_has_the_factor_of_any_row_like_it(every, leap):
    for first in range(25, 32):
        for month in (1, 3, 5, 7, 8, 10, 12):
            day = date(2023, month, first)
            terms = replace(PLAIN, frequency=Span(every, Unit.MONTH), instalments=30 // every, day_count=leap)
            shared = Factors(terms, day, date.max)
            for span in periods(terms, day):
                own = Factors(terms, day, date.max)
                assert shared.whole(span) == (own.level(span, *span), own.interest(span, span[0])), span


@settings(deadline=None, max_examples=500)
@given(st.integers(0, 10**15), st.decimals("0.00000001", "0.9", places=12), st.sampled_from(RoundingMode))
def test_a_share_by_integers_is_the_share_by_steps(amount, rate, mode):
    rounding = Rounding(mode, digits=14)
    exact = context(rounding)

    def stepwise(balance):
        return units(exact.multiply(Decimal(balance), rate), rounding)

    assert share_of(rate, rounding, stepwise)(amount) == stepwise(amount)


@pytest.mark.parametrize("mode", RoundingMode)
def test_ties_follow_the_mode(mode):
    rate, rounding = Decimal("0.5"), Rounding(mode)
    with localcontext() as exact:
        exact.prec = 40
        expected = [int((exact.multiply(Decimal(n), rate)).to_integral_value(mode)) for n in range(20)]
    share = share_of(rate, rounding, lambda n: units(context(rounding).multiply(Decimal(n), rate), rounding))
    assert [share(n) for n in range(20)] == expected
