"""A fix of the arithmetic is a new version: running loans keep their figures until they adopt it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import ROUND_DOWN, Decimal

import pytest

from schemas.decision import Refusal
from schemas.servicing.commands import AdoptRules
from schemas.servicing.events import PenaltyCharged, RulesAdopted
from services.servicing.domain.loan.state import due_date, terms_of
from services.servicing.domain.rules import CN_BANK_1, RULES
from services.servicing.domain.rules.cn_bank_1 import due_date as same_day
from tests.servicing.examples import ALL_PERMISSIONS, a_loan, day, events_of, owed, pay, until, yuan
from tests.support.deciding import Given, Then

FIXED = "cn-bank-fixed/1"


def cut_off(base: int, annual_rate: Decimal, day_basis: int, days: int) -> int:
    """Penalty with what is below a minor unit cut off, where the version before rounded half-up."""
    return int((base * annual_rate * days / day_basis).to_integral_value(ROUND_DOWN))


@pytest.fixture(autouse=True)
def fix() -> Iterator[None]:
    """A released fix: it cuts penalty off, and its due dates are a day later."""
    RULES[FIXED] = replace(
        CN_BANK_1, name=FIXED, penalty=cut_off, due_date=lambda start, n: same_day(start, n) + timedelta(days=1)
    )
    yield
    del RULES[FIXED]


def adopt(
    loan: Given, on: str, rules: str = FIXED, by: tuple[str, ...] = (*ALL_PERMISSIONS, "servicing:adopt-rules")
) -> Then:
    command = AdoptRules(rules=rules, reason="ruling of the supervisor")
    return loan.when(command, on=day(on), by="user:finance", permissions=by)


def odd(**terms: object) -> Given:
    """A loan with 1,009.17 of principal a month: its penalty is 0.605502 a day."""
    return a_loan(principal=yuan("12110"), **terms)


def test_an_old_loan_keeps_its_figures_after_a_fix_and_a_new_one_has_those_of_the_fix() -> None:
    """Four days and ten more, 2.42 + 6.06; the other falls due a day later, four days and nine more, 2.42 + 5.44."""
    old, new = until(odd(), day("03-01")), until(odd(rules=FIXED), day("03-01"))
    assert (due_date(old.state, 1), owed(old)[0].penalty) == (day("02-15"), 8_48)
    assert (due_date(new.state, 1), owed(new)[0].penalty) == (day("02-16"), 7_86)


def test_a_loan_that_adopts_the_fix_is_computed_by_it_from_then_on() -> None:
    loan = until(odd(), day("02-25"))
    penalty, adopted = events_of(adopt(loan, "02-25"))
    assert isinstance(penalty, PenaltyCharged)
    assert (penalty.days, penalty.amount) == (6, yuan("3.63"))
    assert isinstance(adopted, RulesAdopted)
    assert (adopted.previous, adopted.rules, adopted.adopted_on) == ("cn-bank/1", FIXED, day("02-25"))
    moved = adopt(loan, "02-25").applied()
    assert terms_of(moved.state).rules_name == FIXED
    assert [due_date(moved.state, n) for n in range(1, 13)] == [due_date(loan.state, n) for n in range(1, 13)]


def test_money_that_counts_from_before_the_adoption_counts_from_it() -> None:
    moved = adopt(until(odd(), day("02-25")), "02-25").applied()
    after = pay(until(moved, day("03-05")), "500", day("03-05"), value_date=day("02-16")).applied()
    on_the_day = pay(until(moved, day("02-25")), "500", day("02-25")).applied()
    assert owed(after) == owed(until(on_the_day, day("03-05")))


def test_only_a_known_version_is_adopted_by_whoever_may() -> None:
    assert adopt(odd(), "01-16", rules="cn-bank/9").decision.code == "rules-unknown"
    assert adopt(odd(), "01-16", by=ALL_PERMISSIONS).decision.code == "forbidden"
    assert not isinstance(adopt(odd(), "01-16", rules="cn-bank/1").decision, Refusal)
    assert events_of(adopt(odd(), "01-16", rules="cn-bank/1")) == []
