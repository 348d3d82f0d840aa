"""Read models of servicing: loans, instalments, payments, receipts. Money as minor units.

All tables are written from servicing's own events alone. Totals are sums over these rows, never counters of their own.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from loanstream.runtime.definitions import Projection, Row
from schemas import codec
from schemas.envelope import EventMeta
from schemas.money import minor
from schemas.servicing import events as happened
from schemas.terms import Bucket, Components
from services.servicing.domain.loan.money import COMPONENT_NAMES, component_units

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
    """The new rows; those that fell away have no due date."""
    loan = _loan(
        event.loan_id,
        meta,
        {"maturity": event.maturity, "outstanding_principal": minor(event.outstanding_principal)},
    )
    ends = event.from_number + len(event.rows)
    gone = {"due_date": None, "principal": 0, "interest": 0}
    dropped = (_instalment(event.loan_id, number, gone) for number in range(ends, event.previous_count + 1))
    return [loan, *(_scheduled(event.loan_id, row) for row in event.rows), *dropped]


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
    """What is owed changes by what was charged, or by what payments paid on it."""
    rows, charged = [], 0
    for part in event.instalments:
        paid = _change(part.previously_paid, part.paid)
        owed = _change(part.previous, part.corrected)
        increments = {name: units + paid[name] for name, units in owed.items()}
        increments |= {f"paid_{name}": units for name, units in paid.items()}
        charged += increments["penalty"]
        through = {"penalty_through": part.penalty_through} if part.penalty_through else {}
        rows.append(_instalment(event.loan_id, part.number, through, increments))
    total = Counter({"penalty_charged": charged})
    for payment in event.payments:
        changes = _change(payment.previous, payment.corrected)
        total.update({f"repaid_{name}": units for name, units in changes.items()})
        rows.append(_reallocated(event.loan_id, payment))
    outstanding = event.outstanding_principal
    values = {} if outstanding is None else {"outstanding_principal": minor(outstanding)}
    return [_loan(event.loan_id, meta, values, total), *rows]


def _change(before: Components | None, after: Components | None) -> dict[str, int]:
    """The difference by component; none where nothing is stated."""
    if before is None or after is None:
        return dict.fromkeys(COMPONENT_NAMES, 0)
    was = component_units(before)
    return {name: units - was[name] for name, units in component_units(after).items()}


def _adopted(event: happened.RulesAdopted, meta: EventMeta) -> Sequence[Row]:
    return [_loan(event.loan_id, meta, {"rules": event.rules})]


def _written_off(event: happened.WrittenOff, meta: EventMeta) -> Sequence[Row]:
    values = {"status": "written-off", "outstanding_principal": 0, "ended_on": meta.business_date}
    return [_loan(event.loan_id, meta, values, _prefixed("written_off", event.written_off))]


def _settled(event: happened.Settled, meta: EventMeta) -> Sequence[Row]:
    values = {"status": "settled", "ended_on": event.settled_on, "settlement_kind": event.kind}
    return [_loan(event.loan_id, meta, values)]


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
        kind=event.kind.value,
        channel=event.channel,
        surplus=minor(event.surplus),
        number=event.number,
        **component_units(event.allocation),
    )
    shares = _allocated(event.loan_id, event.number, component_units(event.allocation))
    rows = (_instalment(event.loan_id, part.number, {}, _prefixed("paid", part)) for part in event.instalments)
    return [loan, payment, shares, *rows]


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
        happened.RulesAdopted: _adopted,
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


def _allocated(loan_id: str, number: int, values: Mapping[str, int]) -> Row:
    """What a payment pays, by component: corrections change it, and know payments by number only."""
    return Row("allocations", {"loan_id": loan_id, "number": number}, values)


def _reallocated(loan_id: str, payment: happened.PaymentCorrection) -> Row:
    values = component_units(payment.corrected) | {"credit": minor(payment.credit)}
    return _allocated(loan_id, payment.number, values)


def _undone(event: Any, meta: EventMeta) -> Row:
    values = {"reversed_on": meta.business_date, "reversal_cause": event.cause}
    return Row("payments", {"loan_id": event.loan_id, "receipt_id": event.receipt_id}, values)


def _receipt(event: Any, meta: EventMeta, status: str, **values: Any) -> Row:
    return Row("receipts", {"receipt_id": event.receipt_id}, {**values, "status": status, "sequence": meta.sequence})


def _prefixed(prefix: str, components: Any) -> dict[str, int]:
    return {f"{prefix}_{name}": units for name, units in component_units(components).items()}


def _negative(amounts: Mapping[str, int]) -> dict[str, int]:
    return {name: -amount for name, amount in amounts.items()}
