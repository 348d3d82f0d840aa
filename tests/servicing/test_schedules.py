"""Schedules: published examples, the month-end rule, and what holds for every schedule."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.terms import RepaymentMethod
from services.servicing.domain.rules import CN_BANK_1, RULES, schedule
from services.servicing.domain.rules.cn_bank_1 import amounts, due_date, instalment, penalty, penalty_days

EXAMPLES = {
    case["id"]: case for case in json.loads(Path(__file__).with_name("published_examples.json").read_text())["cases"]
}
EQUAL_INSTALMENT, EQUAL_PRINCIPAL = RepaymentMethod.EQUAL_INSTALMENT, RepaymentMethod.EQUAL_PRINCIPAL

methods = st.sampled_from(RepaymentMethod)
principals = st.integers(1, 10**12)
months = st.integers(1, 360)
rates = st.decimals(0, 1, places=6)
value_dates = st.dates(date(2000, 1, 1), date(2100, 12, 31))


def cents(text: str) -> int:
    return int(Decimal(text) * 100)


def inputs(name: str) -> tuple[int, int, Decimal]:
    given_as = EXAMPLES[name]["inputs"]
    return cents(given_as["principal"]), given_as["months"], Decimal(given_as["annual_rate"])


def expected(name: str) -> dict[str, Any]:
    figures: dict[str, Any] = EXAMPLES[name]["expected"]
    return figures


@pytest.mark.parametrize("name", ["cn-120w-30y", "cn-30w-30y", "cn-73w-23y"])
def test_equal_instalments_are_those_that_chinese_banks_publish(name: str) -> None:
    assert instalment(*inputs(name)) == cents(expected(name)["monthly_payment"])


@pytest.mark.parametrize("name", ["cn-120w-30y", "cn-73w-23y"])
def test_the_first_row_splits_as_published(name: str) -> None:
    first = amounts(EQUAL_INSTALMENT, *inputs(name))[0]
    assert first == (cents(expected(name)["principal_1"]), cents(expected(name)["interest_1"]))


def test_equal_principal_starts_as_published_and_totals_within_a_yuan() -> None:
    rows = amounts(EQUAL_PRINCIPAL, *inputs("cn-73w-23y"))
    figures = expected("cn-73w-23y")
    assert rows[0][0] == cents(figures["ep_principal"])
    assert sum(rows[0]) == cents(figures["ep_first_payment"])
    # the page sums unrounded interest, a ledger sums cents
    assert abs(sum(interest for _, interest in rows) - cents(figures["ep_total_interest"])) < 100


def test_equal_principal_follows_the_commissions_example() -> None:
    rows = amounts(EQUAL_PRINCIPAL, *inputs("ec-sched-13"))
    figures = expected("ec-sched-13")
    # the example rounds for display only, so a row of ours may differ by a cent
    payments = zip(rows, map(cents, figures["payments_1_3"]), strict=False)
    assert all(abs(sum(row) - published) <= 1 for row, published in payments)
    by_year = [sum(interest for _, interest in rows[12 * y - 12 : 12 * y]) for y in (1, 2, 10, 20)]
    published = [cents(text) for text in figures["interest_by_year_1_2_10_20"]]
    assert all(abs(ours - theirs) <= 15 for ours, theirs in zip(by_year, published, strict=True))


def test_an_unrounded_annuity_rounds_to_our_instalment() -> None:
    assert instalment(*inputs("npf-pmt")) == round(Decimal(expected("npf-pmt")["pmt"]) * 100)


def test_the_second_years_interest_agrees_with_a_spreadsheet_to_the_cents_of_twelve_rows() -> None:
    rows = amounts(EQUAL_INSTALMENT, *inputs("xl-cumipmt"))
    figures = expected("xl-cumipmt")
    assert rows[0][1] == cents(figures["interest_1"])
    second_year = sum(interest for _, interest in rows[12:24])
    assert abs(second_year - Decimal(figures["interest_13_24"]) * 100) <= 6


def test_a_loan_without_interest_is_repaid_in_equal_parts_and_the_last_one_absorbs() -> None:
    for method in RepaymentMethod:
        assert amounts(method, 100_00, 3, Decimal(0)) == [(33_33, 0), (33_33, 0), (33_34, 0)]


def test_due_dates_keep_the_anchor_day_and_fall_on_the_last_day_of_short_months() -> None:
    dues = [due_date(date(2027, 10, 31), number) for number in range(1, 7)]
    assert dues == [
        date(2027, 11, 30),
        date(2027, 12, 31),
        date(2028, 1, 31),
        date(2028, 2, 29),
        date(2028, 3, 31),
        date(2028, 4, 30),
    ]


def test_a_version_of_the_arithmetic_is_found_by_the_name_that_terms_freeze() -> None:
    assert RULES["cn-bank/1"] is CN_BANK_1


@given(methods, principals, months, rates)
def test_principal_parts_sum_to_the_loan_exactly(
    method: RepaymentMethod, principal: int, months: int, rate: Decimal
) -> None:
    rows = amounts(method, principal, months, rate)
    assert len(rows) == months
    assert sum(part for part, _ in rows) == principal
    assert all(part >= 0 and interest >= 0 for part, interest in rows)


@given(st.integers(100_00, 10**11), st.integers(2, 360), rates)
def test_every_equal_instalment_but_the_last_is_the_same_until_the_loan_is_repaid(
    principal: int, months: int, rate: Decimal
) -> None:
    level = instalment(principal, months, rate)
    rows = amounts(EQUAL_INSTALMENT, principal, months, rate)
    balance = principal
    for part, interest in rows[:-1]:
        assert part + interest == level or part == balance
        balance -= part


@given(methods, principals, months, rates)
def test_interest_of_a_row_is_the_balance_times_a_twelfth_of_the_rate_half_up(
    method: RepaymentMethod, principal: int, months: int, rate: Decimal
) -> None:
    balance = principal
    for part, interest in amounts(method, principal, months, rate):
        exact = Decimal(balance) * rate / 12
        assert abs(interest - exact) <= Decimal("0.5000001")
        balance -= part


@given(value_dates, months)
def test_instalments_are_a_month_apart_and_never_leave_their_month(value_date: date, number: int) -> None:
    due = due_date(value_date, number)
    assert (due.year * 12 + due.month) - (value_date.year * 12 + value_date.month) == number
    assert due.day == value_date.day or (due.day < value_date.day and due.day >= 28)


@given(st.integers(0, 10**11), rates, st.sampled_from([360, 365]), st.integers(0, 4000))
def test_a_penalty_is_rounded_once_and_first_posted_when_it_reaches_a_cent(
    base: int, rate: Decimal, basis: int, days: int
) -> None:
    first = penalty_days(base, rate, basis)
    posted = penalty(base, rate, basis, days)
    assert (posted > 0) == (first is not None and days >= first)
    assert abs(posted - Decimal(base) * rate * days / basis) <= Decimal("0.5000001")


@given(methods, principals, months, rates, value_dates)
def test_a_schedule_numbers_its_rows_and_ends_at_maturity(
    method: RepaymentMethod, principal: int, months: int, rate: Decimal, value_date: date
) -> None:
    rows = schedule(CN_BANK_1, method, principal, months, rate, value_date)
    assert [row.number for row in rows] == list(range(1, months + 1))
    assert rows[-1].due_date == due_date(value_date, months)
