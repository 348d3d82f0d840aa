"""Charges 收费: only what stands in the signed cost table, within its amount and within the cap (precise-rules 7 and 8)."""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import Any

from schemas.agreement import ChargeComponent, SignedCharge
from schemas.decision import Context, Refusal
from schemas.money import of_minor
from schemas.servicing.commands import ChargeFee
from schemas.servicing.events import FeeCharged
from services.servicing.domain.cost.caps import Cap, Charged, at_posting
from services.servicing.domain.loan.daily.accrual import accrued
from services.servicing.domain.loan.daily.overdue_interest import posting_cap
from services.servicing.domain.loan.daily.postings import capped
from services.servicing.domain.loan.daily.running import not_running
from services.servicing.domain.loan.draft import Draft
from services.servicing.domain.loan.money import units
from services.servicing.domain.loan.packing import payments
from services.servicing.domain.loan.permissions import missing
from services.servicing.domain.loan.state import (
    Loan,
    due_date,
    months_of,
    schedule_of,
    terms_of,
    unpaid,
)

PERMISSION = "servicing:charge-fee"

_TABLE_SOURCE = (
    "个人贷款业务明示综合融资成本规定, in force 2026-08-01: no charge beyond the table that was shown and confirmed"
)


def charge_fee(loan: Loan | None, command: ChargeFee, context: Context) -> Sequence[Any] | Refusal:
    """``FeeCharged`` on the instalment with which it falls due; refused when the signed cost table does not know it.

    What the cap leaves no room for is not charged, and the event says so. Cost of enforcing the claim is no price of the money: no
    cap cuts it.
    """
    refusal = missing(PERMISSION, context) or _unfit(loan, command, context)
    if refusal is not None:
        return refusal
    assert loan is not None
    row, wanted, currency = _signed(loan, command.code), units(command.amount), terms_of(loan).currency
    assert row is not None
    assert wanted is not None
    draft = Draft(loan, context)
    draft.post_penalty(context.business_date)
    cap = posting_cap(terms_of(loan).agreement, loan.value_date) if row.component is ChargeComponent.FEE else None
    charged = wanted if cap is None else _within(draft.loan, cap, wanted, context.business_date)
    number = _instalment(draft.loan, command.due_date or context.business_date)
    draft.add(
        FeeCharged(
            loan_id=context.aggregate_id,
            party_ref=loan.party_ref,
            code=command.code,
            component=row.component.value,
            number=number,
            charged_on=context.business_date,
            due_date=due_date(loan, number),
            amount=of_minor(charged, currency),
            capped=capped(wanted - charged, cap, currency),
            reason=command.reason,
            authority=context.actor.subject,
        )
    )
    return draft.events


def _unfit(loan: Loan | None, command: ChargeFee, context: Context) -> Refusal | None:
    refusal = not_running(loan, context.aggregate_id, "nothing can be charged")
    if refusal is not None:
        return refusal
    assert loan is not None
    row, currency, wanted = _signed(loan, command.code), terms_of(loan).currency, units(command.amount)
    if row is None:
        signed = ", ".join(charge.code for charge in terms_of(loan).agreement.charges) or "no charge"
        return Refusal(
            "charge-not-signed",
            f"The signed cost table has {signed}, not {command.code!r}: any other charge is refused.",
            rule="agreement.charges",
            limit=signed,
            source=_TABLE_SOURCE,
        )
    if command.amount.currency != currency or wanted is None or wanted <= 0:
        return Refusal("charge-invalid", f"Charge a positive amount in {currency}.", rule="charge.amount")
    if row.most is not None and command.amount.amount > row.most.amount:
        return Refusal(
            "charge-above-table",
            f"The signed cost table allows {row.most.amount} {row.most.currency} at a time for {row.code}.",
            rule="agreement.charges.most",
            limit=str(row.most.amount),
            source=_TABLE_SOURCE,
        )
    return _early(loan, command.due_date, context.business_date)


def _early(loan: Loan, due: date | None, day: date) -> Refusal | None:
    """A charge lies on the next instalment at the latest: nearer to its own day more is known."""
    upcoming = due_date(loan, min(loan.announced + 1, months_of(loan)))
    if due is None or day <= due <= max(upcoming, day):
        return None
    return Refusal(
        "charge-due-date-invalid",
        f"A charge falls due between {day} and {max(upcoming, day)}, with the next instalment at the latest.",
        rule="charge.due-date",
        limit=str(upcoming),
    )


def _signed(loan: Loan, code: str) -> SignedCharge | None:
    return next((row for row in terms_of(loan).agreement.charges if row.code == code), None)


def _instalment(loan: Loan, due: date) -> int:
    """The first instalment due on or after the day; once all are due, the last one that is unpaid."""
    for number in range(1, months_of(loan) + 1):
        if due_date(loan, number) >= due:
            return number
    return [balance.number for balance in unpaid(loan)][-1]


def _within(loan: Loan, cap: Cap, wanted: int, day: date) -> int:
    """What of a fee the cap leaves room for over the life of the loan so far."""
    posting = at_posting(cap.rate, _principal_days(loan, day), Charged(fees=wanted), _charged(loan, day))
    return posting.posted.fees


def _principal_days(loan: Loan, day: date) -> list[tuple[int, int]]:
    """Principal outstanding and for how many days, from the value date to ``day``; waived principal counts for none of them."""
    changes = sorted(
        (payment.value_date, sum(part.principal for part in payment.allocations))
        for _, payment in payments(loan.payments, schedule_of(loan))
    )
    principal, spans = loan.principal - loan.forgiven, []
    starts = [loan.value_date, *(max(on, loan.value_date) for on, _ in changes), max(day, loan.value_date)]
    for (first, until), paid in zip(pairwise(starts), [*(amount for _, amount in changes), 0], strict=True):
        spans.append((max(principal, 0), max((until - first).days, 0)))
        principal -= paid
    return spans


def _charged(loan: Loan, day: date) -> Charged:
    """What was charged for the money so far: paid, or unpaid of what fell due, or earned and not due yet."""
    sums = {"interest": 0, "penalty": 0, "compound": 0, "fee": 0}
    parts: list[Any] = [balance for balance in unpaid(loan) if balance.due_date <= day]
    parts += (part for _, payment in payments(loan.payments, schedule_of(loan)) for part in payment.allocations)
    for name in sums:
        sums[name] = sum(getattr(part, name) for part in parts)
    running = accrued(loan, day)
    return Charged(
        interest=sums["interest"] + running["interest"],
        penalty=sums["penalty"] + running["penalty"] + sums["compound"] + running["compound"],
        fees=sums["fee"] + sum(balance.fee for balance in unpaid(loan) if balance.due_date > day),
    )
