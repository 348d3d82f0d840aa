"""Extension 展期: maturity is moved within the legal limits."""

from collections.abc import Sequence
from typing import Any

from schemas.decision import Context, Refusal
from schemas.servicing.commands import ExtendLoan
from schemas.servicing.events import LoanExtended
from services.servicing.domain.loan.changes.conditions import ended, unfit, without
from services.servicing.domain.loan.changes.rows import dates_after, revise, spread, with_deferred
from services.servicing.domain.loan.changes.running import Running, running
from services.servicing.domain.loan.draft import Draft
from services.servicing.domain.loan.state import Loan, changes_of, due_date, months_of, terms_of

LIMIT_SOURCE = "General Rules of Lending 贷款通则 (PBOC 1996) article 12"
PERSONAL_SOURCE = "Measures for Personal Loans 个人贷款管理办法: extension and term; precise-rules 23"
_YEAR, _FIVE_YEARS, _THREE_YEARS = 12, 60, 36


def extend(loan: Loan | None, command: ExtendLoan, context: Context) -> Sequence[Any] | Refusal:
    """``LoanExtended``: what is not due is spread over the longer term; never one instalment alone."""
    papers = {"supplement": command.supplement, "approval": command.approval}
    refusal = unfit(loan, context) or without(papers)
    if refusal is not None:
        return refusal
    assert loan is not None
    now = running(loan, context.business_date)
    refusal = _late(loan, command, context) or _too_long(loan, command) or ended(loan, now.free_from)
    if refusal is not None:
        return refusal
    draft, maturity = Draft(loan, context), due_date(loan, months_of(loan))
    dates = [row.unpaid.due_date for row in now.free] + dates_after(loan, maturity, command.months)
    consents = bool(command.guarantor_consent.strip() and command.security_consent.strip())
    draft.add(
        LoanExtended(
            loan_id=context.aggregate_id,
            party_ref=loan.party_ref,
            months=command.months,
            months_in_all=changes_of(loan).extended_months + command.months,
            previous_maturity=maturity,
            maturity=dates[-1],
            supplement=command.supplement,
            approval=command.approval,
            guarantor_consent=command.guarantor_consent,
            security_consent=command.security_consent,
            security_covers="extended" if consents else "original",
        )
    )
    rows = spread(terms_of(loan), now.free_principal, dates, first_interest(now))
    revise(draft, "extension", now.day, now.free_from, with_deferred(rows, now.deferred), now.earned)
    return draft.events


def first_interest(now: Running) -> int | None:
    """The running row's interest stays; a later first row has a whole month's."""
    return now.interest if now.free_from == now.first else None


def _late(loan: Loan, command: ExtendLoan, context: Context) -> Refusal | None:
    maturity, today = due_date(loan, months_of(loan)), context.business_date
    if command.asked_on < maturity and command.asked_on <= today < maturity:
        return None
    return Refusal(
        "extension-too-late",
        f"An extension is asked for and decided before maturity, {maturity}.",
        rule="extension.before-maturity",
        limit=str(maturity),
        source=LIMIT_SOURCE,
    )


def _too_long(loan: Loan, command: ExtendLoan) -> Refusal | None:
    facts = changes_of(loan)
    original = facts.booked_months or months_of(loan)
    asked = facts.extended_months + command.months
    most = original if original <= _YEAR else original // 2 if original <= _FIVE_YEARS else _THREE_YEARS
    if command.months < 1 or asked > most:
        return _beyond(
            "extension-too-long", f"All extensions of a loan of {original} months come to", most, LIMIT_SOURCE
        )
    agreed = terms_of(loan).agreement.extension
    if agreed is not None and original > _YEAR and original + asked > agreed.maximum_months:
        most = max(0, agreed.maximum_months - original)
        return _beyond(
            "term-beyond-product", "With the longest term of its product, extensions come to", most, PERSONAL_SOURCE
        )
    return None


def _beyond(code: str, sentence: str, most: int, source: str) -> Refusal:
    return Refusal(code, f"{sentence} at most {most} months.", rule="extension.months", limit=str(most), source=source)
