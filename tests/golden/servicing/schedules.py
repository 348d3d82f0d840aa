"""Golden schedules as readable tables, one file a case; a change of any figure is a visible diff.

``python -m tests.golden.servicing.schedules`` writes the files anew. Do that for a NEW version of the rules only: the tables of
a released version never change.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from schemas.money import of_minor
from schemas.terms import RepaymentMethod
from services.servicing.domain.rules import RULES, schedule

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Case:
    """One schedule."""

    name: str
    rules: str
    method: RepaymentMethod
    principal: int
    """Minor units of CNY."""
    months: int
    annual_rate: str
    value_date: date


_EI, _EP = RepaymentMethod.EQUAL_INSTALMENT, RepaymentMethod.EQUAL_PRINCIPAL

CASES = (
    Case("equal-instalment-12", "cn-bank/1", _EI, 1_000_000, 12, "0.144", date(2026, 1, 15)),
    Case("equal-instalment-36-month-end", "cn-bank/1", _EI, 5_000_000, 36, "0.12", date(2026, 1, 31)),
    Case("equal-instalment-leap-day", "cn-bank/1", _EI, 888_888, 14, "0.0999", date(2028, 2, 29)),
    Case("equal-instalment-no-interest", "cn-bank/1", _EI, 100_000, 7, "0", date(2026, 3, 30)),
    Case("equal-instalment-one-month", "cn-bank/1", _EI, 250_000, 1, "0.18", date(2026, 12, 31)),
    Case("equal-instalment-mortgage-360", "cn-bank/1", _EI, 120_000_000, 360, "0.049", date(2026, 6, 1)),
    Case("equal-instalment-tiny", "cn-bank/1", _EI, 5, 12, "0.144", date(2026, 1, 15)),
    Case("equal-principal-12", "cn-bank/1", _EP, 1_200_000, 12, "0.144", date(2026, 1, 15)),
    Case("equal-principal-24-uneven", "cn-bank/1", _EP, 1_000_001, 24, "0.0735", date(2026, 8, 31)),
    Case("equal-principal-no-interest", "cn-bank/1", _EP, 100_000, 3, "0", date(2026, 5, 29)),
    Case("equal-principal-mortgage-276", "cn-bank/1", _EP, 73_000_000, 276, "0.049", date(2026, 6, 30)),
)


def table(case: Case) -> str:
    """The schedule as text: terms, a row an instalment, totals."""
    rows = schedule(
        RULES[case.rules], case.method, case.principal, case.months, Decimal(case.annual_rate), case.value_date
    )
    lines = [
        f"rules {case.rules}  method {case.method.value}  principal {_yuan(case.principal)} CNY  months {case.months}"
        f"  annual rate {case.annual_rate}  value date {case.value_date}",
        "",
        _line("no", "due date", "principal", "interest", "instalment", "balance"),
    ]
    balance = case.principal
    for row in rows:
        balance -= row.principal
        total = row.principal + row.interest
        lines.append(_line(row.number, row.due_date, *map(_yuan, (row.principal, row.interest, total, balance))))
    principal, interest = sum(row.principal for row in rows), sum(row.interest for row in rows)
    lines.append(_line("sum", "", *map(_yuan, (principal, interest, principal + interest))))
    return "\n".join(line.rstrip() for line in lines) + "\n"


def path(case: Case) -> Path:
    """Where the case's table is committed."""
    return FOLDER / case.rules.replace("/", "-") / f"{case.name}.txt"


def regenerate() -> None:
    """Write every table."""
    for case in CASES:
        path(case).parent.mkdir(exist_ok=True)
        path(case).write_text(table(case), encoding="utf-8")


def _line(number: object, due: object, *amounts: object) -> str:
    return f"{number!s:>4}  {due!s:<10}" + "".join(f"  {amount!s:>14}" for amount in amounts)


def _yuan(units: int) -> str:
    return str(of_minor(units, "CNY").amount)


if __name__ == "__main__":
    regenerate()
