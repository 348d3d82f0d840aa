"""Caps on the price of credit 利率上限 (precise-rules 7), by lender type and contract date: at signing, and at every posting.

The rules are data with a source and dates. What a rule calls a cap is a rate a year on the principal outstanding.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from fractions import Fraction

from schemas.agreement import LenderType
from services.servicing.domain.cost.lpr import lpr


@dataclass(frozen=True, slots=True)
class CapRule:
    """A cap for contracts signed from ``since`` to before ``before``: a fixed rate, or a multiple of the one-year LPR."""

    lender_types: frozenset[LenderType]
    since: date
    before: date | None
    source: str
    rate: Decimal | None = None
    lpr_multiple: int | None = None
    void_above: Decimal | None = None
    """Above this rate the agreement is void; between the cap and it, what was paid voluntarily stays paid."""


_LICENSED = frozenset({LenderType.BANK, LenderType.CONSUMER_FINANCE})
_SMALL_LOAN = frozenset({LenderType.SMALL_LOAN_COMPANY})
_PRIVATE = frozenset({LenderType.PRIVATE})
_24 = Decimal("0.24")
_COURTS = (
    "法发〔2017〕22号, no 2: courts cut total cost above 24 % at the debtor's request; 金规〔2025〕9号: internet-lending partners "
    "within 24 % (general knowledge, to be confirmed by a person)"
)

RULES = (
    CapRule(
        _PRIVATE,
        date(2015, 9, 1),
        date(2020, 8, 20),
        "Private-lending interpretation 法释〔2015〕18号, art 26: 24 % enforceable, above 36 % void",
        rate=_24,
        void_above=Decimal("0.36"),
    ),
    CapRule(
        _PRIVATE,
        date(2020, 8, 20),
        None,
        "Private-lending interpretation of 2020-12-29, art 25: four times the one-year LPR of the contract date",
        lpr_multiple=4,
    ),
    CapRule(
        _LICENSED | _SMALL_LOAN,
        date(2017, 8, 4),
        date(2028, 1, 1),
        f"{_COURTS}; small-loan companies by the guideline of 2025-12",
        rate=_24,
    ),
    CapRule(
        _LICENSED,
        date(2028, 1, 1),
        None,
        _COURTS,
        rate=_24,
    ),
    CapRule(
        _SMALL_LOAN,
        date(2028, 1, 1),
        None,
        "Guideline for small-loan companies of 2025-12: all new loans within four times the one-year LPR by the end of 2027",
        lpr_multiple=4,
    ),
)
"""Dated parameters: a product may bring its own."""


class NoCap(LookupError):
    """No rule covers the lender type and the date; the text names both."""


@dataclass(frozen=True, slots=True)
class Cap:
    """The cap of one contract."""

    rate: Decimal
    rule: CapRule


OneYear = Callable[[date], Decimal]


def one_year_lpr(day: date) -> Decimal:
    """The one-year LPR in force on a day."""
    return lpr(day).one_year


def cap(
    lender: LenderType, contract_date: date, rules: Iterable[CapRule] = RULES, one_year: OneYear = one_year_lpr
) -> Cap:
    """The cap for a contract of this date. Raises :class:`NoCap`, or what ``one_year`` raises where it knows no value."""
    for rule in rules:
        if (
            lender in rule.lender_types
            and rule.since <= contract_date
            and (rule.before is None or contract_date < rule.before)
        ):
            return Cap(_rate(rule, contract_date, one_year), rule)
    raise NoCap(f"no cap is known for {lender.value} on {contract_date}")


def _rate(rule: CapRule, contract_date: date, one_year: OneYear) -> Decimal:
    if rule.lpr_multiple is not None:
        return rule.lpr_multiple * one_year(contract_date)
    assert rule.rate is not None, rule
    return rule.rate


@dataclass(frozen=True, slots=True)
class Signing:
    """Whether contract rate and total cost in normal performance keep within the cap."""

    cap: Cap
    contract_rate: Decimal
    total_cost: Decimal

    @property
    def exceeding(self) -> tuple[str, ...]:
        """Which of the two are above the cap, by name; empty when the contract may be signed."""
        tested = (("contract-rate", self.contract_rate), ("total-cost", self.total_cost))
        return tuple(name for name, rate in tested if rate > self.cap.rate)


def at_signing(cap: Cap, contract_rate: Decimal, total_cost: Decimal) -> Signing:
    """The first test. ``total_cost`` is the annualised rate of all items of the cost table but the contingent ones."""
    return Signing(cap, contract_rate, total_cost)


@dataclass(frozen=True, slots=True)
class Charged:
    """What is charged for the use of money, by part, in minor units."""

    interest: int = 0
    penalty: int = 0
    damages: int = 0
    fees: int = 0

    @property
    def total(self) -> int:
        """All parts together."""
        return self.interest + self.penalty + self.damages + self.fees


@dataclass(frozen=True, slots=True)
class Posting:
    """What may be posted, and what is not because of the cap, part by part."""

    posted: Charged
    capped: Charged
    ceiling: int


CUT_FIRST = ("fees", "damages", "penalty", "interest")
"""The order in which an excess is cut: what is furthest from the price of the money first."""


def at_posting(
    cap_rate: Decimal,
    balances: Iterable[tuple[int, int]],
    wanted: Charged,
    posted_before: Charged | None = None,
    year_days: int = 365,
) -> Posting:
    """The second test: all charges of a span against the cap on the principal outstanding, day by day.

    ``balances`` are (principal in minor units, days) over the span; ``posted_before`` is what was posted for the same span already.
    The ceiling is rounded down, in the debtor's favour; the excess is cut in the order of :data:`CUT_FIRST` and never posted later.
    """
    worth = sum((Fraction(principal * days) for principal, days in balances), Fraction(0))
    ceiling = int(worth * Fraction(cap_rate) / year_days)
    left = ceiling - (posted_before or Charged()).total
    excess = max(wanted.total - max(left, 0), 0)
    cut: dict[str, int] = {}
    for part in CUT_FIRST:
        cut[part] = min(getattr(wanted, part), excess)
        excess -= cut[part]
    kept = {part.name: getattr(wanted, part.name) - cut[part.name] for part in fields(Charged)}
    return Posting(Charged(**kept), Charged(**cut), ceiling)
