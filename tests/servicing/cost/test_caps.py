"""Caps by lender type and date, at signing and at posting; the LPR they refer to; the cost table."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.agreement import LenderType
from schemas.calendars import CHINA, calendar
from services.servicing.domain.calendar.business_days import Adjustment, adjusted
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
CONSUMER = LenderType.CONSUMER_FINANCE
amounts = st.integers(0, 10**9)


@pytest.mark.parametrize(
    ("lender", "signed", "rate"),
    [
        (PRIVATE, date(2015, 9, 1), "0.24"),
        (PRIVATE, date(2020, 8, 19), "0.24"),
        (PRIVATE, date(2020, 8, 20), "0.154"),
        (PRIVATE, date(2021, 12, 19), "0.154"),
        (PRIVATE, date(2021, 12, 20), "0.152"),
        (PRIVATE, date(2022, 9, 1), "0.146"),
        (PRIVATE, date(2025, 6, 1), "0.12"),
        (PRIVATE, KNOWN_UNTIL, "0.12"),
        (BANK, date(2017, 8, 4), "0.24"),
        (BANK, date(2020, 8, 20), "0.24"),
        (BANK, date(2028, 1, 1), "0.24"),
        (CONSUMER, date(2017, 8, 4), "0.24"),
        (CONSUMER, date(2020, 8, 20), "0.24"),
        (CONSUMER, date(2028, 1, 1), "0.24"),
        (SMALL, date(2017, 8, 4), "0.24"),
        (SMALL, date(2020, 8, 20), "0.24"),
        (SMALL, date(2027, 12, 31), "0.24"),
    ],
)
def test_the_cap_is_that_of_the_lender_and_of_the_contract_date(lender: LenderType, signed: date, rate: str) -> None:
    assert cap(lender, signed).rate == Decimal(rate)


def test_only_a_private_contract_of_the_old_regime_has_a_rate_above_which_it_is_void() -> None:
    old = cap(PRIVATE, date(2020, 8, 19))
    assert (old.rate, old.rule.void_above) == (Decimal("0.24"), Decimal("0.36"))
    assert cap(PRIVATE, date(2020, 8, 20)).rule.void_above is None
    assert {cap(lender, date(2020, 8, 19)).rule.void_above for lender in (BANK, CONSUMER, SMALL)} == {None}


@pytest.mark.parametrize("rate", ["0.2", "0.24", "0.24000001", "0.36", "0.37"])
@pytest.mark.parametrize("lender", [PRIVATE, BANK, SMALL, CONSUMER])
def test_both_tests_change_with_the_regime_on_the_day_of_the_change(lender: LenderType, rate: str) -> None:
    """The same contract signed on the last day of a regime and on the first of the next, at signing and at every posting."""
    wanted, figure = Charged(interest=30_000, penalty=8_000), Decimal(rate)
    for signed in (date(2020, 8, 19), date(2020, 8, 20)):
        limit = Decimal("0.154") if lender is PRIVATE and signed.day == 20 else Decimal("0.24")
        found = cap(lender, signed)
        assert at_signing(found, figure, Decimal("0.1")).exceeding == (("contract-rate",) if figure > limit else ())
        assert at_signing(found, Decimal("0.1"), figure).exceeding == (("total-cost",) if figure > limit else ())
        posting = at_posting(found.rate, [(1_000_000, 73)], wanted)
        assert posting.ceiling == int(limit * 200_000)
        assert posting.posted.total == min(posting.ceiling, wanted.total)


def test_every_cap_rule_names_its_source() -> None:
    assert all(len(rule.source) > 20 for rule in RULES)


def test_small_loan_companies_come_under_four_times_the_lpr_in_2028() -> None:
    assert cap(SMALL, date(2028, 1, 1), one_year=lambda _: Decimal("0.03")).rate == Decimal("0.12")


@pytest.mark.parametrize(
    ("lender", "day"),
    [
        (BANK, date(2017, 8, 3)),
        (CONSUMER, date(2017, 8, 3)),
        (SMALL, date(2017, 8, 3)),
        (PRIVATE, date(2015, 8, 31)),
    ],
)
def test_a_date_without_a_rule_is_refused_and_not_guessed(lender: LenderType, day: date) -> None:
    with pytest.raises(NoCap, match=f"{lender.value} on {day}"):
        cap(lender, day)


def test_a_contract_after_the_last_known_lpr_has_no_cap_by_it_and_is_told_so() -> None:
    with pytest.raises(LprUnknown, match=f"to {KNOWN_UNTIL}, not 2026-11-22: bring a newer one"):
        cap(PRIVATE, date(2026, 11, 22))
    with pytest.raises(LprUnknown, match="not 2028-01-01"):
        cap(SMALL, date(2028, 1, 1))


def test_the_table_of_the_lpr_ends_on_the_eve_of_the_first_publication_that_it_does_not_know() -> None:
    twentieth = KNOWN_UNTIL.replace(day=20)
    assert adjusted(twentieth, Adjustment.FOLLOWING, calendar(CHINA)) == KNOWN_UNTIL + timedelta(days=1)
    assert lpr(date(2026, 1, 20)).one_year == Decimal("0.03")
    assert lpr(date(2026, 1, 20)).five_years == Decimal("0.035")


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
