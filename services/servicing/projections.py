"""Read models of servicing: loans, instalments, payments, receipts. Money as minor units.

All tables are written from servicing's own events alone. Totals are sums over these rows, never counters of their own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from loanstream.runtime.definitions import Projection, Row
from schemas import codec
from schemas.envelope import EventMeta
from schemas.money import Money, minor
from schemas.servicing import events as happened
from schemas.terms import Bucket
from services.servicing.domain.loan.money import component_units

# -- loans ---------------------------------------------------------------------------------------------------------------


def _booked(event: happened.LoanBooked, meta: EventMeta) -> Sequence[Row]:
    terms = event.terms
    principal = minor(terms.principal)
    loan = _loan(
        event.loan_id,
        meta,
        {
            "application_id": event.application_id,
            "contract_no": event.contract_no,
            "party_ref": event.party_ref,
            "status": "active",
            "currency": terms.principal.currency,
            "product_id": terms.product_id,
            "product_version": terms.product_version,
            "rules": terms.rules,
            "method": terms.method.value,
            "months": terms.months,
            "annual_rate": terms.annual_rate,
            "penalty_multiplier": terms.penalty_multiplier,
            "day_basis": terms.day_basis,
            "grace_days": terms.grace_days,
            "allocation_order": ",".join(terms.allocation_order),
            "agreement": codec.encode(terms.agreement).decode() if terms.agreement else None,
            "unit": event.unit,
            "officer": event.officer,
            "value_date": event.value_date,
            "maturity": event.maturity,
            "booked_on": meta.business_date,
            "bucket": Bucket.M0.value,
            "principal": principal,
            "outstanding_principal": principal,
        },
    )
    return [loan, *(_scheduled(event.loan_id, row) for row in event.schedule)]


def _revised(event: happened.ScheduleRevised, meta: EventMeta) -> Sequence[Row]:
    """The new rows; those that fell away have no due date. Interest that now pays principal moves within what was paid."""
    credited = sum(_optional(row.credited) for row in event.rows)
    loan = _loan(
        event.loan_id,
        meta,
        {
            "maturity": event.maturity,
            "outstanding_principal": minor(event.outstanding_principal),
            "accrued": _optional(event.earned),
            "accrued_to": event.accrues_from,
            "booked_months": event.booked_months,
        },
        {
            "principal": _optional(event.capitalised),
            "repaid_principal": credited,
            "repaid_interest": -credited,
        },
    )
    ends = event.from_number + len(event.rows)
    gone = {"due_date": None, "fell_due_on": None, "paid_on": None, "principal": 0, "interest": 0, "fee": 0}
    dropped = (_instalment(event.loan_id, number, gone) for number in range(ends, event.previous_count + 1))
    return [loan, *(_revised_row(event, row) for row in event.rows), *dropped]


def _revised_row(event: happened.ScheduleRevised, row: happened.RevisedInstalment) -> Row:
    values: dict[str, Any] = {
        "due_date": row.due_date,
        "penalty_through": row.penalty_through or row.due_date,
        "principal": minor(row.principal),
        "interest": minor(row.interest),
    }
    if row.due_date > event.effective:
        values["fell_due_on"] = None
    if any(component_units(row.unpaid).values()):
        values["paid_on"] = None
    credited = _optional(row.credited)
    increments = {"fee": _optional(row.fee), "paid_principal": credited, "paid_interest": -credited}
    return _instalment(event.loan_id, row.number, values, increments)


def _due(event: happened.InstallmentDue, meta: EventMeta) -> Sequence[Row]:
    fell_due = _instalment(event.loan_id, event.number, {"fell_due_on": meta.business_date})
    return [_loan(event.loan_id, meta), fell_due]


def _penalty(event: happened.PenaltyCharged, meta: EventMeta) -> Sequence[Row]:
    amount = minor(event.amount)
    return [
        _loan(event.loan_id, meta, increments={"penalty_charged": amount}),
        _instalment(event.loan_id, event.number, {"penalty_through": event.to_date}, {"penalty": amount}),
    ]


def _overdue(event: happened.Overdue, meta: EventMeta) -> Sequence[Row]:
    return [_loan(event.loan_id, meta, {"status": "overdue", "overdue_since": event.since})]


def _bucket(event: happened.DelinquencyBucketChanged, meta: EventMeta) -> Sequence[Row]:
    return [_loan(event.loan_id, meta, {"bucket": event.bucket.value})]


def _cured(event: happened.OverdueCured, meta: EventMeta) -> Sequence[Row]:
    return [_loan(event.loan_id, meta, {"status": "active", "overdue_since": None})]


def _waived(event: happened.AmountWaived, meta: EventMeta) -> Sequence[Row]:
    increments = _prefixed("waived", event.waived)
    increments["forgiven_principal"] = increments.pop("waived_principal")
    loan = _loan(event.loan_id, meta, {"outstanding_principal": minor(event.outstanding_principal)}, increments)
    rows = (_instalment(event.loan_id, part.number, {}, _prefixed("waived", part)) for part in event.instalments)
    return [loan, *rows]


def _corrected(event: happened.LoanCorrected, meta: EventMeta) -> Sequence[Row]:
    rows, penalty = [], 0
    for part in event.instalments:
        before, after = component_units(part.previous), component_units(part.corrected)
        changes = {name: after[name] - units for name, units in before.items()}
        penalty += changes["penalty"]
        rows.append(_instalment(event.loan_id, part.number, {}, changes))
    return [_loan(event.loan_id, meta, increments={"penalty_charged": penalty}), *rows]


def _written_off(event: happened.WrittenOff, meta: EventMeta) -> Sequence[Row]:
    values = {"status": "written-off", "outstanding_principal": 0, "ended_on": meta.business_date}
    return [_loan(event.loan_id, meta, values, _prefixed("written_off", event.written_off))]


def _settled(event: happened.Settled, meta: EventMeta) -> Sequence[Row]:
    values = {"status": "settled", "ended_on": event.settled_on, "settlement_kind": event.kind}
    return [_loan(event.loan_id, meta, values)]


# -- changes -------------------------------------------------------------------------------------------------------------


def _changed(event: Any, meta: EventMeta) -> Sequence[Row]:
    """A change in the list of them, and what of its facts a later one depends on."""
    written = {
        "kind": type(event).__name__,
        "changed_on": meta.business_date,
        "details": codec.encode(event).decode(),
    }
    listed = Row("loan_changes", {"loan_id": event.loan_id, "sequence": meta.sequence}, written)
    facts = _FACTS.get(type(event), lambda _event: {})
    return [_loan(event.loan_id, meta, facts(event)), listed]


_FACTS: dict[type[Any], Callable[[Any], dict[str, Any]]] = {
    happened.LoanExtended: lambda event: {"extended_months": event.months_in_all},
    happened.LoanRestructured: lambda event: {
        "restructured": event.times,
        "annual_rate": event.annual_rate,
        "observed_from": event.observed_from,
        "observed_until": event.observed_until,
    },
    happened.ObservationRestarted: lambda event: {
        "observed_from": event.observed_from,
        "observed_until": event.observed_until,
    },
    happened.RateReset: lambda event: {"annual_rate": event.annual_rate, "reset_on": event.reset_on},
    happened.HolidayGranted: lambda event: {"holiday_until": event.until},
    happened.LoanReAged: lambda event: {"oldest_breach": event.oldest_breach},
    happened.ChangeUndone: lambda event: {
        "annual_rate": event.annual_rate,
        **{field.name: getattr(event.facts, field.name) for field in fields(event.facts)},
    },
}


# -- payments ------------------------------------------------------------------------------------------------------------


def _received(event: happened.PaymentReceived, meta: EventMeta) -> Sequence[Row]:
    loan = _loan(
        event.loan_id,
        meta,
        {"outstanding_principal": minor(event.outstanding_principal)},
        _prefixed("repaid", event.allocation),
    )
    payment = _payment(
        event,
        meta,
        kind="repayment",
        channel=event.channel,
        surplus=minor(event.surplus),
        **component_units(event.allocation),
    )
    rows = (_instalment(event.loan_id, part.number, {}, _prefixed("paid", part)) for part in event.instalments)
    return [loan, payment, *rows]


def _paid(event: happened.InstallmentPaid, meta: EventMeta) -> Sequence[Row]:
    return [_loan(event.loan_id, meta), _instalment(event.loan_id, event.number, {"paid_on": event.paid_on})]


def _payment_reversed(event: happened.PaymentReversed, meta: EventMeta) -> Sequence[Row]:
    values: dict[str, Any] = {"outstanding_principal": minor(event.outstanding_principal)}
    if event.reopened:
        values |= {"status": "active", "ended_on": None, "settlement_kind": None}
    loan = _loan(event.loan_id, meta, values, _negative(_prefixed("repaid", event.allocation)))
    rows = (
        _instalment(
            event.loan_id,
            part.number,
            {"paid_on": None, "penalty_through": part.penalty_through},
            _negative(_prefixed("paid", part)),
        )
        for part in event.instalments
    )
    return [loan, _undone(event, meta), *rows]


def _recovered(event: happened.RecoveryReceived, meta: EventMeta) -> Sequence[Row]:
    payment = _payment(event, meta, kind="recovery")
    return [_loan(event.loan_id, meta, increments={"recovered": minor(event.amount)}), payment]


def _recovery_reversed(event: happened.RecoveryReversed, meta: EventMeta) -> Sequence[Row]:
    loan = _loan(event.loan_id, meta, increments={"recovered": -minor(event.amount)})
    return [loan, _undone(event, meta)]


# -- receipts ------------------------------------------------------------------------------------------------------------


def _money_received(event: happened.MoneyReceived, meta: EventMeta) -> Sequence[Row]:
    values = {
        "loan_id": event.loan_id,
        "currency": event.amount.currency,
        "amount": minor(event.amount),
        "value_date": event.value_date,
        "channel": event.channel,
        "received_on": meta.business_date,
    }
    return [_receipt(event, meta, "received", **values)]


def _receipt_applied(event: happened.ReceiptApplied, meta: EventMeta) -> Sequence[Row]:
    places = {"applied": minor(event.applied), "suspended": minor(event.suspended)}
    return [_receipt(event, meta, "applied", **places)]


def _receipt_suspended(event: happened.PaymentSuspended, meta: EventMeta) -> Sequence[Row]:
    return [_receipt(event, meta, "suspended", suspended=minor(event.amount), reason=event.reason)]


def _reversal_requested(event: happened.ReceiptReversalRequested, meta: EventMeta) -> Sequence[Row]:
    return [_receipt(event, meta, "reversal-requested", reason=event.cause)]


def _receipt_reversed(event: happened.ReceiptReversed, meta: EventMeta) -> Sequence[Row]:
    places = {"applied": 0, "suspended": 0, "reversed": minor(event.amount)}
    return [_receipt(event, meta, "reversed", reason=event.cause, **places)]


PROJECTION = Projection(
    migrations=Path(__file__).parent / "migrations",
    handlers={
        happened.LoanBooked: _booked,
        happened.ScheduleRevised: _revised,
        happened.PayoffQuoted: _changed,
        happened.PrepaymentInstructed: _changed,
        happened.Prepaid: _changed,
        happened.LoanExtended: _changed,
        happened.LoanRestructured: _changed,
        happened.ObservationRestarted: _changed,
        happened.RateReset: _changed,
        happened.DueDateChanged: _changed,
        happened.HolidayGranted: _changed,
        happened.LoanReAged: _changed,
        happened.LoanReAmortised: _changed,
        happened.ChangeUndone: _changed,
        happened.InstallmentDue: _due,
        happened.PenaltyCharged: _penalty,
        happened.Overdue: _overdue,
        happened.DelinquencyBucketChanged: _bucket,
        happened.OverdueCured: _cured,
        happened.AmountWaived: _waived,
        happened.LoanCorrected: _corrected,
        happened.WrittenOff: _written_off,
        happened.Settled: _settled,
        happened.PaymentReceived: _received,
        happened.InstallmentPaid: _paid,
        happened.PaymentReversed: _payment_reversed,
        happened.RecoveryReceived: _recovered,
        happened.RecoveryReversed: _recovery_reversed,
        happened.MoneyReceived: _money_received,
        happened.ReceiptApplied: _receipt_applied,
        happened.PaymentSuspended: _receipt_suspended,
        happened.ReceiptReversalRequested: _reversal_requested,
        happened.ReceiptReversed: _receipt_reversed,
    },
)


def _loan(
    loan_id: str, meta: EventMeta, values: Mapping[str, Any] | None = None, increments: Mapping[str, int] | None = None
) -> Row:
    return Row("loans", {"loan_id": loan_id}, {**(values or {}), "sequence": meta.sequence}, increments or {})


def _instalment(
    loan_id: str, number: int, values: Mapping[str, Any], increments: Mapping[str, int] | None = None
) -> Row:
    return Row("instalments", {"loan_id": loan_id, "number": number}, values, increments or {})


def _scheduled(loan_id: str, row: Any) -> Row:
    values = {
        "due_date": row.due_date,
        "penalty_through": row.due_date,
        "principal": minor(row.principal),
        "interest": minor(row.interest),
    }
    return _instalment(loan_id, row.number, values)


def _payment(event: Any, meta: EventMeta, **values: Any) -> Row:
    common = {
        "value_date": event.value_date,
        "booked_on": meta.business_date,
        "currency": event.amount.currency,
        "amount": minor(event.amount),
        "sequence": meta.sequence,
    }
    return Row("payments", {"loan_id": event.loan_id, "receipt_id": event.receipt_id}, {**common, **values})


def _undone(event: Any, meta: EventMeta) -> Row:
    values = {"reversed_on": meta.business_date, "reversal_cause": event.cause}
    return Row("payments", {"loan_id": event.loan_id, "receipt_id": event.receipt_id}, values)


def _receipt(event: Any, meta: EventMeta, status: str, **values: Any) -> Row:
    return Row("receipts", {"receipt_id": event.receipt_id}, {**values, "status": status, "sequence": meta.sequence})


def _prefixed(prefix: str, components: Any) -> dict[str, int]:
    return {f"{prefix}_{name}": units for name, units in component_units(components).items()}


def _negative(amounts: Mapping[str, int]) -> dict[str, int]:
    return {name: -amount for name, amount in amounts.items()}


def _optional(money: Money | None) -> int:
    return 0 if money is None else minor(money)
