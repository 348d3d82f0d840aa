"""Overdue and compound interest 逾期利息与复利 as agreed (precise-rules 15 to 17): rates by day, amounts, the cap.

Base of overdue interest is the unpaid principal of an instalment past due, which is the whole balance once the loan is called: the
rest then is one instalment. Base of compound interest is unpaid contract interest, never penalty and never compound interest.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import NamedTuple

from schemas.agreement import Agreement, LenderType, OverdueInterest, OverdueTerms, SettlementCycle
from services.servicing.domain.cost.caps import Cap, Charged, NoCap, at_posting, cap, one_year_lpr
from services.servicing.domain.cost.lpr import LprUnknown
from services.servicing.domain.loan.daily.ageing import grace_over
from services.servicing.domain.loan.packing import Balance
from services.servicing.domain.loan.terms import Conditions

CAPPED_LENDERS = frozenset({LenderType.PRIVATE, LenderType.SMALL_LOAN_COMPANY})
"""Lenders that are no banks: each posting is held against the cap (precise-rules 7 and 17)."""

COMPOUNDING_LENDERS = frozenset({LenderType.BANK, LenderType.CONSUMER_FINANCE})
"""Lenders that may charge compound interest where it is agreed (银发〔1999〕77号, art 20: financial institutions)."""

PENALTY, COMPOUND, DAMAGES = "penalty", "compound", "damages"

_AGREED = OverdueTerms()
_NOTHING = Decimal(0)
_LONGEST_WAIT = 36_525
"""Days: a charge that takes a century to reach one minor unit is posted by no settlement day."""
_MONTHS = {SettlementCycle.MONTHLY: 1, SettlementCycle.QUARTERLY: 3}


class Charge(NamedTuple):
    """One posting on one instalment, minor units; ``amount`` is what the cap leaves, ``capped`` what it cut."""

    number: int
    base: int
    from_date: date
    to_date: date
    days: int
    amount: int
    annual_rate: Decimal
    kind: str = PENALTY
    capped: int = 0


@dataclass(frozen=True)
class Accruing:
    """What one loan's arrears bear, day by day."""

    terms: Conditions
    maturity: date
    """Compound interest runs at the penalty rate from here on: the last due date, or the day on which the loan was called."""
    heavier_from: date | None
    """From when misused funds 挪用 bear the heavier rate."""
    cap: Cap | None
    """The cap that each posting is held against; ``None`` for lenders without one."""

    def charges(self, balance: Balance, until: date) -> list[Charge]:
        """What is not posted yet on an instalment up to ``until``, exclusive; none within the grace.

        It runs from the due date, inclusive, once the grace has passed. What rounds to nothing is left for the next posting.
        """
        if until <= balance.through or until < grace_over(balance.due_date, self.terms):
            return []
        number, first = balance.number, balance.through
        return [
            *self.on_principal(number, balance.principal, first, until),
            *self.on_interest(number, balance.interest, first, until),
        ]

    def on_principal(self, number: int, base: int, first: date, until: date) -> list[Charge]:
        """Overdue interest or damages on principal past due."""
        spans = _spans(first, until, self.heavier_from, self.rate, self.heavier_rate)
        return [charge for span in spans if (charge := self._charge(number, base, self.kind, *span))]

    def on_interest(self, number: int, base: int, first: date, until: date) -> list[Charge]:
        """Compound interest on unpaid contract interest; none where it is not agreed."""
        if self.terms.agreement.compound is None:
            return []
        spans = _spans(first, until, self.maturity, self.terms.annual_rate, max(self.rate, self.terms.annual_rate))
        return [charge for span in spans if (charge := self._charge(number, base, COMPOUND, *span))]

    def settlement_day(self, balance: Balance) -> date | None:
        """The first day of a month, or of a quarter, on which what the days before bore is posted 结息.

        The last day is charged when the next day opens: a payment counts from its own day on, so that day's charge is only
        certain when it is over.
        """
        waits = [self._wait(balance.principal, self.rate)]
        if self.terms.agreement.compound is not None:
            waits.append(self._wait(balance.interest, self.terms.annual_rate))
        days = min((wait for wait in waits if wait is not None and wait <= _LONGEST_WAIT), default=None)
        if days is None:
            return None
        earliest = max(date.fromordinal(balance.through.toordinal() + days), grace_over(balance.due_date, self.terms))
        return _first_of(earliest, _MONTHS[self.terms.agreement.compound or SettlementCycle.MONTHLY])

    @cached_property
    def kind(self) -> str:
        """What principal past due bears: penalty or damages."""
        return DAMAGES if self._agreed.interest is OverdueInterest.DAMAGES else PENALTY

    @cached_property
    def rate(self) -> Decimal:
        """What principal past due bears a year."""
        if self._agreed.interest is OverdueInterest.DAMAGES:
            return self._agreed.damages_rate or _NOTHING
        continues = self._agreed.interest is OverdueInterest.CONTRACT_RATE
        return self.terms.annual_rate if continues else self.terms.penalty_rate

    @cached_property
    def heavier_rate(self) -> Decimal:
        """The rate for misused funds where it is the heavier one; never both."""
        return max(self.rate, self.terms.annual_rate * (self._agreed.misuse_multiplier or 1))

    @property
    def _agreed(self) -> OverdueTerms:
        return self.terms.agreement.overdue or _AGREED

    def _wait(self, base: int, rate: Decimal) -> int | None:
        return self.terms.rules.penalty_days(base, rate, self.terms.day_basis)

    def _charge(self, number: int, base: int, kind: str, first: date, until: date, rate: Decimal) -> Charge | None:
        days = (until - first).days
        wanted = self.terms.rules.penalty(base, rate, self.terms.day_basis, days)
        if wanted == 0:
            return None
        posted = wanted if self.cap is None else _within(self.cap, base, days, wanted)
        return Charge(number, base, first, until, days, posted, rate, kind, wanted - posted)


def contract_cap(agreement: Agreement, contract_date: date) -> Cap | None:
    """The cap of a contract; ``None`` before the first rule for its lender type. Raises :class:`LprUnknown`.

    Where the shipped table of the LPR ends before the contract date, the value that the contract states holds.
    """

    def one_year(day: date) -> Decimal:
        try:
            return one_year_lpr(day)
        except LprUnknown:
            if agreement.prime_rate is None:
                raise
            return agreement.prime_rate.one_year

    try:
        return cap(agreement.lender_type, contract_date, one_year=one_year)
    except NoCap:
        return None


@lru_cache(maxsize=4096)
def posting_cap(agreement: Agreement, contract_date: date) -> Cap | None:
    """The cap that postings are held against: for lenders that are no banks."""
    if agreement.lender_type not in CAPPED_LENDERS:
        return None
    return contract_cap(agreement, contract_date)


def _within(cap: Cap, base: int, days: int, wanted: int) -> int:
    return at_posting(cap.rate, [(base, days)], Charged(penalty=wanted)).posted.total


def _spans(
    first: date, until: date, change: date | None, before: Decimal, after: Decimal
) -> list[tuple[date, date, Decimal]]:
    """The days from ``first`` to ``until`` in parts of one rate each."""
    if until <= first:
        return []
    if change is None:
        return [(first, until, before)]
    if first < change < until and before != after:
        return [(first, change, before), (change, until, after)]
    return [(first, until, after if first >= change else before)]


def _first_of(day: date, months: int) -> date:
    """``day`` when it is the first of a cycle of so many months of the year, else the first of the next one."""
    if day.day == 1 and (day.month - 1) % months == 0:
        return day
    cycles = (day.month - 1) // months + 1
    year, month = divmod(cycles * months, 12)
    return date(day.year + year, month + 1, 1)
