"""Read models of servicing: loans, instalments, payments, receipts. Money as minor units.

All tables are written from servicing's own events alone. Totals are sums over these rows, never counters of their own.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from loanstream.runtime.definitions import Projection, Row
from schemas import codec
from schemas.agreement import ChargedOffAccrual
from schemas.envelope import EventMeta
from schemas.money import Money, minor
from schemas.servicing import events as happened
from schemas.terms import AssetClass, Bucket, Components, LoanTerms
from services.servicing.domain.loan.evolve import DISCOUNTED_SETTLEMENT
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
            "asset_class": _first_class(terms),
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


def _first_class(terms: LoanTerms) -> str | None:
    """A new loan's class, where its contract asks for one."""
    return AssetClass.NORMAL.value if terms.agreement and terms.agreement.classification else None


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
    component, amount = "compound" if event.kind == "compound" else "penalty", minor(event.amount)
    return [
        _loan(event.loan_id, meta, increments={f"{component}_charged": amount}),
        _instalment(event.loan_id, event.number, {"penalty_through": event.to_date}, {component: amount}),
    ]


def _accelerated(event: happened.LoanAccelerated, meta: EventMeta) -> Sequence[Row]:
    return [_loan(event.loan_id, meta, {"accelerated_on": event.effective})]


def _rate_raised(event: happened.PenaltyRateRaised, meta: EventMeta) -> Sequence[Row]:
    return [_loan(event.loan_id, meta, {"heavier_from": event.since})]


def _fee(event: happened.FeeCharged, meta: EventMeta) -> Sequence[Row]:
    amount = minor(event.amount)
    return [
        _loan(event.loan_id, meta, increments={f"{event.component}s_charged": amount}),
        _instalment(event.loan_id, event.number, {}, {event.component: amount}),
    ]


def _classified(event: happened.AssetClassChanged, meta: EventMeta) -> Sequence[Row]:
    return [_loan(event.loan_id, meta, {"asset_class": event.asset_class.value})]


def _accrual(event: happened.AccrualStatusChanged, meta: EventMeta) -> Sequence[Row]:
    return [_loan(event.loan_id, meta, {"non_accrual_since": None if event.accruing else event.effective})]


def _accrued(event: happened.InterestAccrued, meta: EventMeta) -> Sequence[Row]:
    """Information for accounting: what has accrued is computed as of any day, never stored."""
    return [_loan(event.loan_id, meta)]


def _overdue(event: happened.Overdue, meta: EventMeta) -> Sequence[Row]:
    return [_loan(event.loan_id, meta, {"status": "overdue", "overdue_since": event.since})]


def _bucket(event: happened.DelinquencyBucketChanged, meta: EventMeta) -> Sequence[Row]:
    return [_loan(event.loan_id, meta, {"bucket": event.bucket.value})]


def _cured(event: happened.OverdueCured, meta: EventMeta) -> Sequence[Row]:
    return [_loan(event.loan_id, meta, {"status": "active", "overdue_since": None})]


def _waived(event: happened.AmountWaived, meta: EventMeta) -> Sequence[Row]:
    increments = _prefixed("waived", event.waived)
    increments["forgiven_principal"] = increments.pop("waived_principal")
    values: dict[str, Any] = {"outstanding_principal": minor(event.outstanding_principal)}
    if event.cause == DISCOUNTED_SETTLEMENT:
        values["agreed_status"] = "met"
    loan = _loan(event.loan_id, meta, values, increments)
    rows = (_instalment(event.loan_id, part.number, {}, _prefixed("waived", part)) for part in event.instalments)
    return [loan, *rows]


def _corrected(event: happened.LoanCorrected, meta: EventMeta) -> Sequence[Row]:
    """What is owed changes by what was charged, or by what payments paid on it."""
    rows, charged = [], Counter[str]()
    for part in event.instalments:
        paid = _change(part.previously_paid, part.paid)
        owed = _change(part.previous, part.corrected)
        increments = {name: units + paid[name] for name, units in owed.items()}
        increments |= {f"paid_{name}": units for name, units in paid.items()}
        charged.update({f"{name}_charged": increments[name] for name in ("penalty", "compound")})
        through = {"penalty_through": part.penalty_through} if part.penalty_through else {}
        rows.append(_instalment(event.loan_id, part.number, through, increments))
    for payment in event.payments:
        changes = _change(payment.previous, payment.corrected)
        charged.update({f"repaid_{name}": units for name, units in changes.items()})
        rows.append(_reallocated(event.loan_id, payment))
    outstanding = event.outstanding_principal
    values = {} if outstanding is None else {"outstanding_principal": minor(outstanding)}
    return [_loan(event.loan_id, meta, values, charged), *rows]


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


def _charged_off(event: happened.ChargedOff, meta: EventMeta) -> Sequence[Row]:
    values: dict[str, Any] = {"charged_off_on": event.charged_off_on, "charged_off_accrual": event.accrual.value}
    if event.accrual is ChargedOffAccrual.STOPPED:
        values["penalty_multiplier"] = 0
    return [_loan(event.loan_id, meta, values)]


def _settlement_agreed(event: happened.SettlementAgreed, meta: EventMeta) -> Sequence[Row]:
    values = {
        "agreed_amount": minor(event.amount),
        "agreed_by": event.by,
        "agreed_status": "agreed",
        "agreed_sequence": meta.sequence,
    }
    return [_loan(event.loan_id, meta, values)]


def _settlement_lapsed(event: happened.SettlementLapsed, meta: EventMeta) -> Sequence[Row]:
    values = {"agreed_status": "lapsed", "outstanding_principal": minor(event.outstanding_principal)}
    increments = _negative(_prefixed("waived", event.revived))
    increments["forgiven_principal"] = increments.pop("waived_principal")
    rows = (
        _instalment(
            event.loan_id,
            part.number,
            {"paid_on": None, "penalty_through": part.penalty_through},
            _negative(_prefixed("waived", part)),
        )
        for part in event.instalments
    )
    return [_loan(event.loan_id, meta, values, increments), *rows]


def _sold(event: happened.ClaimSold, meta: EventMeta) -> Sequence[Row]:
    values: dict[str, Any] = {"status": "sold", "outstanding_principal": 0}
    if not event.supplement:
        values |= {"sold_on": event.sold_on, "ended_on": event.sold_on, "buyer": event.buyer}
        values["sale_price"] = minor(event.price)
    return [_loan(event.loan_id, meta, values, {"sold_principal": minor(event.principal)})]


def _assigned(event: happened.LoanAssigned, meta: EventMeta) -> Sequence[Row]:
    return [_loan(event.loan_id, meta, {"unit": event.unit, "officer": event.officer})]


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
    stated = component_units(event.allocation) if event.allocation else {}
    surplus = {"surplus": minor(event.surplus)} if event.surplus else {}
    payment = _payment(event, meta, kind="recovery", **surplus, **stated)
    increments = {"recovered": minor(event.amount), **_of_recovery(event)}
    parts = (_recovered_part(event, part, meta) for part in event.instalments)
    return [_loan(event.loan_id, meta, increments=increments), payment, *parts]


def _recovered_part(event: happened.RecoveryReceived, part: happened.InstalmentAmounts, meta: EventMeta) -> Row:
    key = {"loan_id": event.loan_id, "receipt_id": event.receipt_id, "number": part.number}
    values = {"value_date": event.value_date, **component_units(part), "sequence": meta.sequence}
    return Row("recoveries", key, values)


def _recovery_reversed(event: happened.RecoveryReversed, meta: EventMeta) -> Sequence[Row]:
    increments = {"recovered": minor(event.amount), **_of_recovery(event)}
    return [_loan(event.loan_id, meta, increments=_negative(increments)), _undone(event, meta)]


def _of_recovery(event: happened.RecoveryReceived | happened.RecoveryReversed) -> dict[str, int]:
    return _prefixed("recovered", event.allocation) if event.allocation else {}


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


def _refunded(event: happened.RefundPaid, meta: EventMeta) -> Sequence[Row]:
    """The columns of the receipt; its status says ``refunded`` when nothing is held any more."""
    amount = minor(event.amount)
    values: dict[str, Any] = {"sequence": meta.sequence}
    if not minor(event.suspended):
        values["status"] = "refunded"
    increments = {"refunded": amount, "suspended": -amount}
    return [Row("receipts", {"receipt_id": event.receipt_id}, values, increments)]


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
        happened.LoanAccelerated: _accelerated,
        happened.PenaltyRateRaised: _rate_raised,
        happened.FeeCharged: _fee,
        happened.AssetClassChanged: _classified,
        happened.AccrualStatusChanged: _accrual,
        happened.InterestAccrued: _accrued,
        happened.MoneyReceived: _money_received,
        happened.ReceiptApplied: _receipt_applied,
        happened.PaymentSuspended: _receipt_suspended,
        happened.ReceiptReversalRequested: _reversal_requested,
        happened.ReceiptReversed: _receipt_reversed,
        happened.RefundPaid: _refunded,
        happened.ChargedOff: _charged_off,
        happened.SettlementAgreed: _settlement_agreed,
        happened.SettlementLapsed: _settlement_lapsed,
        happened.ClaimSold: _sold,
        happened.LoanAssigned: _assigned,
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


def _optional(money: Money | None) -> int:
    return 0 if money is None else minor(money)
