"""Golden schedules of the engine as readable tables, one file a case; a change of any figure is a visible diff.

``python -m tests.golden.servicing.engine`` writes the files anew.
"""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from schemas.calendars import CHINA
from schemas.money import of_minor
from services.servicing.domain.terms import (
    Adjustment,
    Balloon,
    BusinessDays,
    DayCount,
    DownPayment,
    FutureRule,
    Grace,
    Growth,
    InterestBy,
    Leap,
    Method,
    MonthEnd,
    NthWeekday,
    Planned,
    Rate,
    Rounding,
    Settlement,
    Span,
    Stub,
    Terms,
    Tranche,
    Unit,
)
from services.servicing.domain.transactions import DayEnded, Entry, run
from tests.servicing.engine.samples import CHINESE, PLAIN, START, disbursed, fee, paid, terms

FOLDER = Path(__file__).parent / "engine"


@dataclass(frozen=True, slots=True)
class Case:
    """One loan and what happened to it."""

    name: str
    terms: Terms
    entries: tuple[Entry, ...] = (disbursed(),)


_RATE = Rate(Decimal("9.4822"))
_ACTUAL = replace(PLAIN, rate=_RATE, day_count=DayCount())

_GRADED = replace(CHINESE, method=Method.GRADED, instalments=9)
_CUSTOM = replace(
    CHINESE,
    method=Method.CUSTOM,
    instalments=3,
    plan=(
        Planned(date(2026, 6, 30), 100_000),
        Planned(date(2026, 9, 30), 200_000),
        Planned(date(2026, 12, 15), 300_000),
    ),
)
_TWO = (Tranche(START, 400_000), Tranche(date(2026, 5, 6), 200_000))
_EUROPEAN = replace(CHINESE, method=Method.EQUAL_PRINCIPAL, interest_by=InterestBy.DAY)

CASES = (
    Case("actual-days", _ACTUAL),
    Case(
        "actual-days-leap-day-only",
        replace(_ACTUAL, day_count=DayCount(leap=Leap.PERIOD_WITH_LEAP_DAY), instalments=24),
    ),
    Case("thirty-day-months-multiples", replace(PLAIN, rounding=Rounding(multiple=1_000))),
    Case("every-two-weeks", replace(_ACTUAL, frequency=Span(2, Unit.WEEK), day_count=DayCount(364))),
    Case("spread-over-all-rows", replace(PLAIN, instalments=36, rate=Rate(Decimal("35.99")))),
    Case("flat-by-day", replace(_ACTUAL, method=Method.FLAT, recalculation=None)),
    Case(
        "flat-second-disbursement",
        replace(PLAIN, method=Method.FLAT, recalculation=None, interest_by=InterestBy.PERIOD, partial_periods=False),
        (disbursed(300_000), disbursed(120_000, date(2026, 5, 10))),
    ),
    Case("principal-grace", replace(PLAIN, grace=Grace(principal=2))),
    Case(
        "down-payment-and-second-disbursement",
        replace(PLAIN, down_payment=DownPayment(Decimal(25), automatic=True)),
        (disbursed(400_000), disbursed(200_000, date(2026, 5, 15))),
    ),
    Case("planned-tranche", replace(PLAIN, tranches=(Tranche(START, 600_000), Tranche(date(2026, 6, 30), 100_000)))),
    Case(
        "full-term-tranche",
        replace(PLAIN, full_term_tranches=True),
        (disbursed(300_000), disbursed(300_000, date(2026, 6, 15))),
    ),
    Case("known-late", _ACTUAL, (disbursed(known=date(2026, 7, 10)),)),
    Case("paid-early", _ACTUAL, (disbursed(), paid(150_000, date(2026, 4, 12)), paid(100_000, date(2026, 5, 20)))),
    Case("paid-late", _ACTUAL, (disbursed(), paid(103_000, date(2026, 6, 12)), DayEnded(known=date(2026, 6, 20)))),
    Case("paid-on-the-last-row", terms(_ACTUAL, FutureRule.LAST), (disbursed(), paid(250_000, date(2026, 4, 12)))),
    Case("spread-payment", terms(_ACTUAL, FutureRule.REAMORTISE), (disbursed(), paid(60_000, date(2026, 4, 12)))),
    Case("charge-after-maturity", PLAIN, (disbursed(), fee(2_500, date(2026, 11, 9), START))),
    Case("chinese-equal-principal", replace(CHINESE, method=Method.EQUAL_PRINCIPAL)),
    Case("chinese-interest-only", replace(CHINESE, method=Method.INTEREST_ONLY)),
    Case("chinese-bullet", replace(CHINESE, method=Method.BULLET)),
    Case("chinese-flat", replace(CHINESE, method=Method.FLAT, instalments=7)),
    Case("graded-by-percent", replace(_GRADED, growth=Growth(3, percent=Decimal(5)))),
    Case("graded-by-amount-after-grace", replace(_GRADED, growth=Growth(2, amount=2_000), grace=Grace(principal=2))),
    Case("balloon-agreed-amount", replace(CHINESE, method=Method.BALLOON, balloon=Balloon(amount=200_000))),
    Case("balloon-of-a-longer-series", replace(CHINESE, method=Method.BALLOON, balloon=Balloon(over=24))),
    Case("custom-plan", replace(_CUSTOM, interest_by=InterestBy.DAY)),
    Case(
        "custom-plan-settled-on-the-20th",
        replace(_CUSTOM, interest_by=InterestBy.DAY, settlement=Settlement(), tranches=_TWO),
        tuple(disbursed(part.amount, part.expected) for part in _TWO),
    ),
    Case(
        "equal-principal-yearly-settled-quarterly",
        replace(
            CHINESE,
            method=Method.EQUAL_PRINCIPAL,
            instalments=3,
            frequency=Span(12, Unit.MONTH),
            interest_by=InterestBy.DAY,
            settlement=Settlement(every=3),
        ),
    ),
    Case("third-fridays-progressive", replace(_ACTUAL, nth_weekday=NthWeekday(3, 5), recalculation=None)),
    Case("twice-a-month", replace(CHINESE, month_days=(5, 20), stub=Stub.FIRST_LONG)),
    Case(
        "chinese-business-days",
        replace(
            CHINESE,
            first_due=date(2026, 5, 2),
            interest_by=InterestBy.DAY,
            business_days=BusinessDays(Adjustment.MODIFIED_FOLLOWING, CHINA),
        ),
    ),
    Case(
        "chinese-business-days-interest-as-agreed",
        replace(
            CHINESE,
            first_due=date(2026, 5, 2),
            business_days=BusinessDays(Adjustment.FOLLOWING, CHINA, adjusts_interest=False),
        ),
    ),
    Case(
        "maturity-long-first-period-act-act",
        replace(
            _EUROPEAN,
            day_count=DayCount(convention="ACT/ACT ISDA"),
            instalments=5,
            matures=date(2026, 9, 15),
            stub=Stub.FIRST_LONG,
        ),
    ),
    Case(
        "maturity-short-last-period-30e-isda",
        replace(
            _EUROPEAN,
            day_count=DayCount(convention="30E/360 ISDA"),
            instalments=6,
            matures=date(2026, 9, 15),
            stub=Stub.LAST_SHORT,
            month_end=MonthEnd.LAST_DAY,
        ),
    ),
    Case("chinese-three-graces", replace(CHINESE, grace=Grace(2, 1, 1))),
)


def table(case: Case) -> str:
    """The position as text: a line for each row and disbursement, sums, credit balance."""
    position = run(case.terms, case.entries)
    lines = [
        f"{case.terms.family.value}  {case.terms.method.value}  {case.terms.rate.percent} % a {case.terms.rate.per.value}",
        "",
        _line("no", "day", "days", "principal", "interest", "fee", "due", "paid", "balance"),
    ]
    for line in position.lines:
        amounts = (line.principal, line.interest, line.fee, line.due, line.paid, line.balance)
        number = line.number or "+"
        lines.append(_line(number, line.day, line.days, *map(_yuan, amounts)))
    totals = position.totals
    sums = (totals.principal, totals.interest, totals.fee, totals.due, totals.paid)
    lines += [
        _line("sum", "", "", *map(_yuan, sums)),
        "",
        f"{position.status.value}, credit {_yuan(position.overpaid)}",
    ]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def path(case: Case) -> Path:
    """Where the case's table is committed."""
    return FOLDER / f"{case.name}.txt"


def regenerate() -> None:
    """Write every table."""
    FOLDER.mkdir(exist_ok=True)
    for case in CASES:
        path(case).write_text(table(case), encoding="utf-8")


def _line(number: object, day: object, days: object, *amounts: object) -> str:
    return f"{number!s:>4}  {day!s:<10}  {days!s:>4}" + "".join(f"  {amount!s:>12}" for amount in amounts)


def _yuan(units: int) -> str:
    return str(of_minor(units, "CNY").amount)


if __name__ == "__main__":
    regenerate()
