"""The contract's text: one pure function from template and facts, the same bytes at every rendering.

It holds no personal data: the borrower stands in it by reference, and the signatures name accounts of the system.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from hashlib import sha256
from string import Template

from schemas.money import minor, of_minor
from schemas.terms import Language, LoanTerms, RepaymentMethod
from services.origination.domain.contract import cost


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the text depends on besides the template."""

    contract_no: str
    application_id: str
    loan_id: str
    party_ref: str
    terms: LoanTerms
    language: Language
    valid_until: date


_METHODS: dict[Language, dict[RepaymentMethod, str]] = {
    Language.ZH: {RepaymentMethod.EQUAL_INSTALMENT: "等额本息", RepaymentMethod.EQUAL_PRINCIPAL: "等额本金"},
    Language.EN: {
        RepaymentMethod.EQUAL_INSTALMENT: "equal instalments",
        RepaymentMethod.EQUAL_PRINCIPAL: "equal principal parts",
    },
}
_COMPONENTS: dict[Language, dict[str, str]] = {
    Language.ZH: {"penalty": "罚息", "interest": "利息", "principal": "本金"},
    Language.EN: {"penalty": "penalty interest", "interest": "interest", "principal": "principal"},
}
_LIST_SEPARATOR = {Language.ZH: "、", Language.EN: ", then "}


def render(template: str, facts: Facts) -> str:
    """The text of the contract. Raises ``KeyError`` when the template asks for a value that does not exist."""
    terms = facts.terms
    currency = terms.principal.currency
    rows = cost.cost_rows(terms)
    irr = cost.periodic_irr(sum(row.principal for row in rows), [row.total for row in rows])
    interest = sum(row.interest for row in rows)
    return Template(template).substitute(
        contract_no=facts.contract_no,
        application_id=facts.application_id,
        loan_id=facts.loan_id,
        party_ref=facts.party_ref,
        product=f"{terms.product_id}/{terms.product_version}",
        currency=currency,
        principal=_amount(minor(terms.principal), currency),
        months=terms.months,
        method=_METHODS[facts.language][terms.method],
        annual_percent=_percent(terms.annual_rate),
        nominal_percent=cost.nominal_percent(irr),
        effective_percent=cost.effective_percent(irr),
        penalty_percent=_percent(cost.penalty_rate(terms)),
        penalty_multiplier=_plain(terms.penalty_multiplier),
        day_basis=terms.day_basis,
        grace_days=terms.grace_days,
        order=_LIST_SEPARATOR[facts.language].join(_COMPONENTS[facts.language][c] for c in terms.allocation_order),
        rules=terms.rules,
        valid_until=facts.valid_until.isoformat(),
        rows="\n".join(_row(row, currency) for row in rows),
        total_interest=_amount(interest, currency),
        total=_amount(sum(row.total for row in rows), currency),
    )


def digest(text: str) -> str:
    """SHA-256 (hex) of the text's UTF-8 bytes: what both sides sign."""
    return sha256(text.encode()).hexdigest()


def _row(row: cost.CostRow, currency: str) -> str:
    figures = (row.principal, row.interest, row.total, row.balance)
    return f"{row.number:>4}" + "".join(f" | {_amount(units, currency):>14}" for units in figures)


def _amount(units: int, currency: str) -> str:
    return f"{of_minor(units, currency).amount:,}"


def _percent(fraction: Decimal) -> str:
    """A fraction as percent, exactly: 0.144 is 14.4."""
    return _plain(fraction * 100)


def _plain(number: Decimal) -> str:
    """Decimal digits without exponent and without trailing zeros, at least one decimal."""
    text = f"{number:f}"
    if "." not in text:
        return f"{text}.0"
    text = text.rstrip("0")
    return f"{text}0" if text.endswith(".") else text
