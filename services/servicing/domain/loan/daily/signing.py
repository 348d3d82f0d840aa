"""What a contract may agree 合约条款: the terms are held against lender type, cap and cost table before the loan is booked."""

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from schemas.agreement import Agreement, OverdueInterest, OverdueTerms, SignedCharge
from schemas.calendars import versions
from schemas.decision import Refusal
from schemas.money import Money, minor
from schemas.terms import LoanTerms
from services.servicing.domain.cost.caps import Cap, at_signing
from services.servicing.domain.cost.cost_table import Headline, Item, UnfitTable, cost_table
from services.servicing.domain.cost.lpr import LprUnknown
from services.servicing.domain.loan.daily.overdue_interest import COMPOUNDING_LENDERS, contract_cap
from services.servicing.domain.loan.daily.tables import CLASSIFYING_LENDERS
from services.servicing.domain.rules import Row

_BASIS_POINT = Decimal("0.0001")


def unlawful(terms: LoanTerms, contract_date: date, rows: Sequence[Row]) -> Refusal | None:
    """Why these terms cannot be booked; ``None`` when they can, as terms that agree nothing special always can."""
    agreement = terms.agreement
    if agreement is None:
        return None
    return (
        _for_lender(agreement)
        or _ageing(terms, agreement)
        or _charges(terms, agreement)
        or _price(terms, contract_date, rows)
    )


def _for_lender(agreement: Agreement) -> Refusal | None:
    lender, overdue = agreement.lender_type, agreement.overdue or OverdueTerms()
    if agreement.compound is not None and lender not in COMPOUNDING_LENDERS:
        return Refusal(
            "compound-not-allowed",
            f"A lender of the type {lender.value} charges no compound interest; take it out of the product.",
            rule="agreement.compound",
            limit=", ".join(sorted(COMPOUNDING_LENDERS)),
            source="银发〔1999〕77号, art 20: financial institutions",
        )
    if agreement.classification is not None and lender not in CLASSIFYING_LENDERS:
        return Refusal(
            "class-not-kept",
            f"Claims of a lender of the type {lender.value} are not classified; take the class table out of the product.",
            rule="agreement.classification",
            limit=", ".join(sorted(CLASSIFYING_LENDERS)),
        )
    if (overdue.damages_rate is None) is (overdue.interest is OverdueInterest.DAMAGES):
        return Refusal(
            "terms-not-bookable",
            "Damages have a rate, and take the place of overdue interest: never two on the same principal and day.",
            rule="agreement.overdue.damages_rate",
            source="precise-rules 15",
        )
    return None


def _ageing(terms: LoanTerms, agreement: Agreement) -> Refusal | None:
    ageing = agreement.ageing
    if ageing is None:
        return None
    if ageing.calendar not in versions():
        return Refusal(
            "calendar-unknown",
            f"The terms ask for the calendar {ageing.calendar!r}; this release has {', '.join(versions())}.",
            rule="agreement.ageing.calendar",
            limit=", ".join(versions()),
        )
    if ageing.tolerance is not None and not _fits(ageing.tolerance, terms.principal.currency):
        return Refusal(
            "terms-not-bookable",
            f"The tolerance is an amount of {terms.principal.currency}, zero or more.",
            rule="agreement.ageing.tolerance",
        )
    return None


def _charges(terms: LoanTerms, agreement: Agreement) -> Refusal | None:
    codes = [charge.code for charge in agreement.charges]
    twice = sorted({code for code in codes if codes.count(code) > 1})
    if twice:
        return _broken(f"the charges {', '.join(twice)} stand twice")
    for charge in agreement.charges:
        if charge.most is not None and not _fits(charge.most, terms.principal.currency):
            return _broken(f"the charge {charge.code} is no amount of {terms.principal.currency}")
        if charge.contingent and charge.periods:
            return _broken(f"the charge {charge.code} falls due on default only, so it has no periods")
        if not charge.contingent and (charge.most is None or not charge.periods):
            return _broken(
                f"the charge {charge.code} belongs to normal performance: it needs an amount and its periods"
            )
        if any(period > terms.months for period in charge.periods):
            return _broken(f"the charge {charge.code} falls due after the last instalment")
    return None


def _broken(why: str) -> Refusal:
    return Refusal("terms-not-bookable", f"In the cost table {why}; correct the product.", rule="agreement.charges")


def _price(terms: LoanTerms, contract_date: date, rows: Sequence[Row]) -> Refusal | None:
    """Contract rate and total cost in normal performance against the cap of the contract date."""
    assert terms.agreement is not None
    try:
        cap = contract_cap(terms.agreement, contract_date)
    except LprUnknown as unknown:
        return Refusal(
            "cap-unknown",
            f"The cap follows the one-year LPR of the contract date, and {unknown}; or let the contract state it.",
            rule="agreement.prime_rate",
        )
    if cap is None:
        return None
    try:
        total = _total_cost(terms, rows)
    except (UnfitTable, ArithmeticError, ValueError) as unfit:
        return _broken(f"the total cost cannot be computed: {unfit}")
    exceeding = at_signing(cap, terms.annual_rate, total).exceeding
    return _above(cap, exceeding, terms.annual_rate, total) if exceeding else None


def _above(cap: Cap, exceeding: Sequence[str], rate: Decimal, total: Decimal) -> Refusal:
    return Refusal(
        "price-above-cap",
        f"Contract rate {rate} and total cost {total} a year: {' and '.join(exceeding)} above the cap of {cap.rate}.",
        rule=f"cap.{exceeding[0]}",
        limit=str(cap.rate),
        source=cap.rule.source,
    )


def _total_cost(terms: LoanTerms, rows: Sequence[Row]) -> Decimal:
    """Annualised total cost in normal performance 单利, half-up to a basis point; without charges the contract rate itself."""
    charges = [charge for charge in terms.agreement.charges if not charge.contingent] if terms.agreement else []
    if not charges:
        return terms.annual_rate
    interest = tuple((row.number, row.interest) for row in rows)
    items = [
        Item("interest", "interest", "on the outstanding principal", f"{terms.annual_rate} a year", "lender", interest),
        *(_item(charge) for charge in charges),
    ]
    repayments = [(row.number, row.principal) for row in rows]
    table = cost_table(sum(row.principal for row in rows), repayments, items, Headline.NOMINAL)
    return table.nominal.quantize(_BASIS_POINT, ROUND_HALF_UP)


def _item(charge: SignedCharge) -> Item:
    assert charge.most is not None
    amounts = tuple((period, minor(charge.most)) for period in charge.periods)
    return Item(charge.code, charge.name or charge.code, "as signed", str(charge.most.amount), "lender", amounts)


def _fits(money: Money, currency: str) -> bool:
    try:
        return money.currency == currency and minor(money) >= 0
    except (ValueError, ArithmeticError):
        return False
