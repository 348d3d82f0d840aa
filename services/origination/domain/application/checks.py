"""Intake checks 受理审查: what is refused outright, and what can be supplemented, each with a stable code."""

from collections.abc import Callable, Iterable

from schemas.decision import Refusal
from schemas.money import of_minor
from schemas.origination.commands import SubmitApplication
from schemas.terms import Document, ReasonCode
from services.origination.domain.amounts import text, units, units_in
from services.origination.domain.application.state import Need

RULE = "intake/1"
"""Version of these checks, named in every reason."""


def _currency(command: SubmitApplication) -> Refusal | None:
    currency = command.product_terms.minimum.currency
    if command.amount.currency == currency:
        return None
    return _refused(
        command, "currency-not-allowed", f"amount.currency: the product lends {currency} only.", "currency", currency
    )


def _amount(command: SubmitApplication) -> Refusal | None:
    terms = command.product_terms
    asked, lowest, highest = units(command.amount), units(terms.minimum), units(terms.maximum)
    if asked is not None and lowest is not None and highest is not None and lowest <= asked <= highest:
        return None
    return _refused(
        command,
        "amount-out-of-range",
        f"amount: {text(command.amount)} is not between {text(terms.minimum)} and {text(terms.maximum)} in whole minor units.",
        "amount",
        f"{text(terms.minimum)} to {text(terms.maximum)}",
    )


def _months(command: SubmitApplication) -> Refusal | None:
    terms = command.product_terms
    if terms.minimum_months <= command.months <= terms.maximum_months:
        return None
    allowed = f"{terms.minimum_months} to {terms.maximum_months} months"
    return _refused(command, "term-out-of-range", f"months: {command.months} is outside {allowed}.", "term", allowed)


def _method(command: SubmitApplication) -> Refusal | None:
    allowed = ", ".join(command.product_terms.methods)
    if command.method in command.product_terms.methods:
        return None
    message = f"method: {command.method} is not one of {allowed}."
    return _refused(command, "repayment-method-not-offered", message, "repayment method", allowed)


def _refused(command: SubmitApplication, code: str, message: str, rule: str, limit: str) -> Refusal:
    return Refusal(code, message, rule, limit, f"product {command.product_id}/{command.product_version}")


_OUTRIGHT: tuple[Callable[[SubmitApplication], Refusal | None], ...] = (_currency, _amount, _months, _method)


def refused_outright(command: SubmitApplication) -> Refusal | None:
    """The first reason why the product cannot give this loan at all: nothing a supplement could mend."""
    return next(filter(None, (check(command) for check in _OUTRIGHT)), None)


def _documents(need: Need) -> Iterable[ReasonCode]:
    handed_in = {document.kind for document in need.documents}
    missing = (kind for kind in need.terms.documents if kind not in handed_in)
    return (_reason("document-missing", f"documents: {kind} is missing from the checklist.") for kind in missing)


def _income(need: Need) -> Iterable[ReasonCode]:
    income = units_in(need.profile.monthly_income, need.currency)
    if income is None or income <= 0:
        yield _reason(
            "income-not-positive",
            f"profile.monthly_income: declare an income above 0 in {need.currency}, in whole minor units.",
        )


def _purpose(need: Need) -> Iterable[ReasonCode]:
    if not need.purpose.strip():
        yield _reason("purpose-missing", "purpose: say what the money is for.")


def _repayment_source(need: Need) -> Iterable[ReasonCode]:
    if not need.repayment_source.strip():
        yield _reason("repayment-source-missing", "repayment_source: say from what the loan will be repaid.")


def _reason(code: str, message: str) -> ReasonCode:
    return ReasonCode(code=code, message=message, rule=RULE)


_SUPPLEMENTABLE: tuple[Callable[[Need], Iterable[ReasonCode]], ...] = (
    _documents,
    _income,
    _purpose,
    _repayment_source,
)


def to_supplement(need: Need) -> tuple[ReasonCode, ...]:
    """Everything that is missing or implausible and can be supplemented 补件原因; empty when the application is complete."""
    return tuple(reason for check in _SUPPLEMENTABLE for reason in check(need))


def merged(old: tuple[Document, ...], new: tuple[Document, ...]) -> tuple[Document, ...]:
    """Documents after a supplement: one a kind, a new one replaces the old, in the order of first appearance."""
    return tuple({document.kind: document for document in (*old, *new)}.values())


def approvable(need: Need, amount: int | None, limit: int, scorecard: str) -> Refusal | None:
    """Why ``amount`` (minor units; ``None`` when it cannot be read) cannot be approved: at least the product's minimum,
    at most what was asked for and what the assessment allows."""
    lowest = units(need.terms.minimum) or 0
    if amount is None or not lowest <= amount <= need.amount:
        allowed = f"{text(need.terms.minimum)} to {text(of_minor(need.amount, need.currency))}"
        return Refusal(
            "amount-out-of-range",
            f"amount: approve {allowed}, the product's minimum to the amount asked for.",
            "amount",
            allowed,
            need.source,
        )
    if amount > limit:
        most = text(of_minor(limit, need.currency))
        return Refusal(
            "limit-exceeded",
            f"amount: {text(of_minor(amount, need.currency))} is above the limit of {most}; approve less or refuse.",
            "limit of the risk assessment",
            most,
            scorecard,
        )
    return None
