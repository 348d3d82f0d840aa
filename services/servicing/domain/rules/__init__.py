"""Versions of the arithmetic 计算规则版本: terms freeze one, and a released version never changes.

A fix is a new module with a new name in :data:`RULES`; a running loan takes it over only by an event.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from schemas.terms import RepaymentMethod
from services.servicing.domain.rules import cn_bank_1


class Row(NamedTuple):
    """One instalment of a schedule, in minor units."""

    number: int
    due_date: date
    principal: int
    interest: int


@dataclass(frozen=True, slots=True)
class Rules:
    """One version: every function that divides, rounds or counts days."""

    name: str
    amounts: Callable[[RepaymentMethod, int, int, Decimal], list[tuple[int, int]]]
    """(method, principal, months, annual rate) -> (principal, interest) of each instalment, minor units."""
    due_date: Callable[[date, int], date]
    """(value date, number) -> due date of that instalment."""
    penalty: Callable[[int, Decimal, int, int], int]
    """(base, penalty rate a year, day basis, days) -> penalty, minor units."""
    penalty_days: Callable[[int, Decimal, int], int | None]
    """(base, penalty rate a year, day basis) -> days after which a penalty is first posted; ``None`` for never."""


CN_BANK_1 = Rules("cn-bank/1", cn_bank_1.amounts, cn_bank_1.due_date, cn_bank_1.penalty, cn_bank_1.penalty_days)

RULES: dict[str, Rules] = {rules.name: rules for rules in (CN_BANK_1,)}
"""Every released version by the name that terms freeze."""


def schedule(
    rules: Rules, method: RepaymentMethod, principal: int, months: int, annual_rate: Decimal, value_date: date
) -> tuple[Row, ...]:
    """The schedule of a loan 还款计划: principal parts sum to ``principal`` exactly."""
    parts = rules.amounts(method, principal, months, annual_rate)
    return tuple(
        Row(number, rules.due_date(value_date, number), *amounts) for number, amounts in enumerate(parts, start=1)
    )
