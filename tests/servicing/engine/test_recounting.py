"""Interest recalculation in the cumulative family: rows counted anew from what was repaid."""

from dataclasses import replace
from datetime import date

import pytest

from services.servicing.domain.schedule.recounted import recounts
from services.servicing.domain.terms import (
    Component,
    DayCount,
    Family,
    Method,
    Preclosure,
    Prepaid,
    Recalculation,
    Rest,
    objections,
)
from services.servicing.domain.transactions import DayEnded, Status, Undone, run
from tests.servicing.engine.samples import PLAIN, asked, disbursed, fee, paid, rows

START = date(2026, 3, 1)
LOAN = disbursed(day=START)
FIXED = replace(PLAIN, family=Family.CUMULATIVE, day_count=DayCount(360, 30), instalments=4, recalculation=None)
HALF = date(2026, 3, 16)
"""15 of the 31 days of March: 6,000 × 15 ÷ 31 = 2,903."""


def terms(**rules):
    return replace(FIXED, recalculation=Recalculation(**rules))


def test_paid_on_time_it_is_the_schedule():
    on_time = [LOAN, paid(153_769, date(2026, 4, 1)), paid(153_769, date(2026, 5, 1))]
    assert asked(run(terms(), on_time)) == asked(run(FIXED, [LOAN]))


@pytest.mark.parametrize(
    ("rule", "later"),
    [
        (Prepaid.INSTALMENT, [(115_223, 3_491), (116_375, 2_339), (117_537, 1_175)]),
        (Prepaid.NUMBER, [(150_278, 3_491), (151_780, 1_989), (47_077, 471)]),
        (Prepaid.NEXT, [(48_477, 3_491), (150_762, 3_007), (149_896, 1_499)]),
    ],
)
def test_what_is_prepaid_lowers_the_interest_and_the_rows_by_the_rule(rule, later):
    position = run(terms(prepaid=rule), [LOAN, paid(253_768, HALF)])
    # 349,135 left bear 1 % × 16 ÷ 31 = 1,802 in March; from April on a full month: 3,491
    assert asked(position) == [(250_865, 2_903 + 1_802), *later]
    assert position.totals.principal == 600_000


def test_at_rest_dates_only_it_counts_from_the_next_due_date():
    first, second, *_ = asked(run(terms(rest=Rest.PERIOD), [LOAN, paid(253_768, HALF)]))
    assert first == (247_768, 6_000)
    assert second[1] == 3_522  # 352,232 × 1 %


def test_weekly_rests_are_counted_from_the_first_day():
    # Sunday 22 March is the first rest on or after the 16th: 21 of 31 days on 600,000, 10 on 350,297
    assert asked(run(terms(rest=Rest.WEEKLY), [LOAN, paid(253_768, HALF)]))[0] == (249_703, 4_065 + 1_130)
    # every second Sunday: the 29th, 28 of 31 days, then 3 on 351,651
    assert asked(run(terms(rest=Rest.WEEKLY, rest_every=2), [LOAN, paid(253_768, HALF)]))[0] == (248_349, 5_419 + 340)


def test_monthly_rests_are_the_due_dates_of_a_monthly_loan():
    entries = [LOAN, paid(253_768, HALF), DayEnded(known=date(2026, 5, 11))]
    assert asked(run(terms(rest=Rest.MONTHLY), entries)) == asked(run(terms(rest=Rest.PERIOD), entries))


@pytest.mark.parametrize("rest", Rest)
def test_paid_on_the_due_date_it_is_the_schedule_whenever_it_rests(rest):
    on_time = [LOAN, paid(153_769, date(2026, 4, 1)), paid(153_769, date(2026, 5, 1))]
    assert asked(run(terms(rest=rest), on_time)) == asked(run(FIXED, [LOAN]))


def test_overdue_principal_bears_until_the_rest_after_the_day_the_loan_is_looked_at():
    ended = run(terms(rest=Rest.WEEKLY), [LOAN, DayEnded(known=date(2026, 4, 11))])
    assert rows(ended)[1].interest == 2_200 + 2_864  # until 12 April: 11 of 30 days on 600,000, 19 on 452,231


@pytest.mark.parametrize(
    ("rules", "family", "field"),
    [
        (Recalculation(rest_every=0), Family.CUMULATIVE, "recalculation.rest_every"),
        (Recalculation(rest=Rest.PERIOD, rest_every=2), Family.CUMULATIVE, "recalculation.rest_every"),
        (Recalculation(rest=Rest.WEEKLY), Family.PROGRESSIVE, "recalculation.rest"),
        (Recalculation(rest_every=2), Family.PROGRESSIVE, "recalculation.rest"),
    ],
)
def test_rests_that_cannot_be_are_refused(rules, family, field):
    assert [one.field for one in objections(replace(FIXED, family=family, recalculation=rules))] == [field]


@pytest.mark.parametrize(("preclosure", "interest"), [(Preclosure.CLOSING_DATE, 2_903), (Preclosure.REST_DATE, 6_000)])
def test_a_loan_closed_early_bears_to_the_day_or_to_the_rest_date(preclosure, interest):
    position = run(terms(preclosure=preclosure), [LOAN, paid(610_000, HALF)])
    assert (position.status, position.totals.interest) == (Status.OVERPAID, interest)
    assert position.overpaid == 10_000 - interest


def test_overdue_principal_bears_until_the_day_the_loan_is_looked_at():
    ended = run(terms(), [LOAN, DayEnded(known=date(2026, 4, 11))])
    assert rows(ended)[1].interest == 5_015  # 452,231 × 1 %, and 147,769 × 1 % × 10 ÷ 30
    twice = run(terms(), [LOAN, DayEnded(known=date(2026, 5, 11))])
    assert [line.interest for line in rows(twice)][:3] == [6_000, 6_000, 3_997]


def test_unless_it_is_agreed_that_it_does_not():
    ended = run(terms(on_past_due=False), [LOAN, DayEnded(known=date(2026, 5, 11))])
    assert asked(ended) == asked(run(FIXED, [LOAN]))


def test_undone_it_never_was():
    undone = run(terms(), [LOAN, paid(253_768, HALF), Undone(known=HALF, entry=1)])
    assert asked(undone) == asked(run(terms(), [LOAN]))


def test_too_much_pays_a_charge_that_comes_after_maturity():
    late = fee(500, date(2026, 9, 1), date(2026, 7, 2))
    position = run(terms(), [LOAN, paid(610_000, HALF), late])
    assert (position.overpaid, position.totals.outstanding) == (10_000 - 2_903 - 500, 0)
    assert position.postings[-1].allocation[Component.FEE] == 500


@pytest.mark.parametrize("method", [Method.EQUAL_PRINCIPAL, Method.INTEREST_ONLY, Method.BULLET])
def test_it_serves_every_method_on_a_balance(method):
    base = replace(terms(), method=method)
    position = run(base, [LOAN, paid(300_000, HALF)])
    assert recounts(base)
    assert position.totals.principal == 600_000
    assert position.totals.interest < run(replace(base, recalculation=None), [LOAN]).totals.interest


def test_flat_interest_follows_no_balance():
    assert not recounts(replace(terms(), method=Method.FLAT))
