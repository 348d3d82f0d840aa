"""Caps by lender type and date, at signing and at posting; the LPR they refer to; the cost table."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.agreement import LenderType
from services.servicing.domain.cost.caps import (
    CUT_FIRST,
    RULES,
    Charged,
    NoCap,
    at_posting,
    at_signing,
    cap,
)
from services.servicing.domain.cost.cost_table import Headline, Item, UnfitTable, cost_table
from services.servicing.domain.cost.lpr import KNOWN_UNTIL, TABLE, LprUnknown, lpr

PRIVATE, BANK, SMALL = LenderType.PRIVATE, LenderType.BANK, LenderType.SMALL_LOAN_COMPANY
amounts = st.integers(0, 10**9)


@pytest.mark.parametrize(
    ("lender", "signed", "rate"),
    [
        (PRIVATE, date(2020, 8, 19), "0.24"),
        (PRIVATE, date(2020, 8, 20), "0.154"),
        (PRIVATE, date(2022, 9, 1), "0.146"),
        (PRIVATE, date(2025, 6, 1), "0.12"),
        (BANK, date(2024, 1, 1), "0.24"),
        (SMALL, date(2025, 1, 1), "0.24"),
    ],
)
def test_the_cap_is_that_of_the_lender_and_of_the_contract_date(lender: LenderType, signed: date, rate: str) -> None:
    assert cap(lender, signed).rate == Decimal(rate)


def test_a_private_contract_of_the_old_regime_knows_where_it_is_void() -> None:
    assert cap(PRIVATE, date(2019, 1, 1)).rule.void_above == Decimal("0.36")


def test_small_loan_companies_come_under_four_times_the_lpr_in_2028() -> None:
    assert cap(SMALL, date(2028, 1, 1), one_year=lambda _: Decimal("0.03")).rate == Decimal("0.12")


def test_a_date_without_a_rule_is_refused_and_not_guessed() -> None:
    with pytest.raises(NoCap, match="bank on 2010-01-01"):
        cap(BANK, date(2010, 1, 1))


def test_rules_for_one_lender_never_overlap_and_leave_no_gap() -> None:
    for lender in LenderType:
        mine = [rule for rule in RULES if lender in rule.lender_types]
        assert [rule.since for rule in mine[1:]] == [rule.before for rule in mine[:-1]]
        assert mine[-1].before is None


def test_the_lpr_is_that_of_the_last_publication() -> None:
    assert lpr(date(2022, 8, 21)).one_year == Decimal("0.037")
    assert lpr(date(2022, 8, 22)).one_year == Decimal("0.0365")
    assert lpr(date(2024, 11, 20)).one_year == Decimal("0.031")
    assert [row.on for row in TABLE] == sorted(row.on for row in TABLE)


@pytest.mark.parametrize("day", [date(2019, 8, 19), date.fromordinal(KNOWN_UNTIL.toordinal() + 1)])
def test_outside_its_table_the_lpr_is_unknown(day: date) -> None:
    with pytest.raises(LprUnknown, match="bring a newer one"):
        lpr(day)


def test_at_signing_contract_rate_and_total_cost_are_two_tests() -> None:
    limit = cap(PRIVATE, date(2025, 6, 1))
    assert at_signing(limit, Decimal("0.12"), Decimal("0.12")).exceeding == ()
    assert at_signing(limit, Decimal("0.11"), Decimal("0.1201")).exceeding == ("total-cost",)
    assert at_signing(limit, Decimal("0.13"), Decimal("0.14")).exceeding == ("contract-rate", "total-cost")


def test_of_too_much_fees_go_first_and_the_posting_says_what_was_cut() -> None:
    # 10,000.00 for 73 days at 12 %: 240.00
    found = at_posting(
        Decimal("0.12"), [(1_000_000, 73)], Charged(interest=20_000, penalty=5_000, damages=1_000, fees=500)
    )
    assert found.ceiling == 24_000
    assert found.posted == Charged(interest=20_000, penalty=4_000)
    assert found.capped == Charged(penalty=1_000, damages=1_000, fees=500)


def test_what_was_posted_before_counts_against_the_same_ceiling() -> None:
    found = at_posting(Decimal("0.12"), [(1_000_000, 73)], Charged(penalty=5_000), Charged(interest=23_000))
    assert found.posted.penalty == 1_000


@settings(deadline=None)
@given(
    st.decimals("0.01", "0.5", places=4),
    st.lists(st.tuples(amounts, st.integers(0, 400)), max_size=5),
    st.builds(Charged, amounts, amounts, amounts, amounts),
    st.builds(Charged, amounts, amounts),
)
def test_posted_and_capped_are_all_that_was_wanted_and_never_above_the_ceiling(
    rate: Decimal, balances: list[tuple[int, int]], wanted: Charged, before: Charged
) -> None:
    found = at_posting(rate, balances, wanted, before)
    for part in CUT_FIRST:
        kept, cut = getattr(found.posted, part), getattr(found.capped, part)
        assert kept + cut == getattr(wanted, part)
        assert kept >= 0
        assert cut >= 0
    assert found.posted.total <= max(found.ceiling - before.total, 0)
    exact = sum(Fraction(principal * days) for principal, days in balances) * Fraction(rate) / 365
    assert 0 <= exact - found.ceiling < 1


INTEREST = Item(
    "interest",
    "Interest 利息",
    "on the outstanding principal, monthly",
    "7.2 % a year",
    "the lender",
    ((1, 600), (2, 301)),
)
GUARANTEE = Item("guarantee", "Guarantee fee 担保费", "once, at payout", "1 %", "the guarantee company", ((0, 1_000),))
PENALTY = Item(
    "penalty",
    "Penalty interest 罚息",
    "on overdue principal, by day",
    "150 % of the rate",
    "the lender",
    contingent=True,
)
BACK = ((1, 50_000), (2, 50_000))


def test_a_cost_table_has_every_item_and_two_rates_and_default_apart() -> None:
    table = cost_table(100_000, BACK, (INTEREST, GUARANTEE, PENALTY), Headline.EFFECTIVE)
    assert table.items == (INTEREST, GUARANTEE)
    assert table.contingent == (PENALTY,)
    assert table.total_cost == 1_901
    assert table.effective > table.nominal == table.periodic_irr * 12
    assert table.allows("penalty")
    assert not table.allows("service-fee")


def test_a_charge_at_payout_makes_the_same_loan_dearer() -> None:
    without, charged = (
        cost_table(100_000, BACK, items, Headline.NOMINAL) for items in ((INTEREST,), (INTEREST, GUARANTEE))
    )
    assert charged.nominal > without.nominal


@pytest.mark.parametrize(
    ("item", "problem"),
    [
        (replace(INTEREST, collected_by=""), "has no collected by"),
        (replace(PENALTY, amounts=((1, 5),)), "falls due on default only"),
        (replace(INTEREST, amounts=((1, -5),)), "negative"),
        (replace(GUARANTEE, code="interest"), "stands twice"),
    ],
)
def test_a_table_that_does_not_say_everything_is_refused_with_the_item(item: Item, problem: str) -> None:
    with pytest.raises(UnfitTable, match=problem):
        cost_table(
            100_000,
            BACK,
            (INTEREST, item) if item.code != INTEREST.code or problem == "stands twice" else (item,),
            Headline.NOMINAL,
        )


def test_principal_that_is_not_repaid_is_refused() -> None:
    with pytest.raises(UnfitTable, match="sum to 50000"):
        cost_table(100_000, BACK[:1], (INTEREST,), Headline.NOMINAL)
