"""Read models of origination: one row a product version, an application, a contract, a drawdown.

Columns ``score``, ``rating``, ``advice`` and ``scorecard`` come from risk's topic, ``funding_failure`` from funding's, all
others from our own.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from loanstream.runtime.definitions import Projection, Row
from schemas.codec import encode
from schemas.envelope import EventMeta
from schemas.funding.events import FundingFailed
from schemas.money import minor
from schemas.origination import events
from schemas.origination.events import Side
from schemas.risk.events import RiskAssessed
from schemas.terms import ReasonCode
from services.origination import identifiers

Rows = Sequence[Row]


def _json(value: Any) -> str:
    return encode(value).decode()


def _step(meta: EventMeta, state: str, **values: Any) -> dict[str, Any]:
    """Columns that every event of an aggregate moves, and its own."""
    return {"state": state, "changed_on": meta.business_date, "sequence": meta.sequence, **values}


def _opened(meta: EventMeta, state: str, **values: Any) -> dict[str, Any]:
    return _step(meta, state, opened_at=meta.time, opened_on=meta.business_date, **values)


def _product(event: Any, meta: EventMeta, **values: Any) -> Rows:
    key = {"product_id": event.product_id, "version": event.version}
    return (Row("products", key, {"sequence": meta.sequence, **values}),)


def _proposed(event: events.ProductProposed, meta: EventMeta) -> Rows:
    return _product(
        event,
        meta,
        state="proposed",
        name_zh=event.terms.name_zh,
        name_en=event.terms.name_en,
        kind=event.terms.kind,
        terms=_json(event.terms),
        maker=event.maker,
        proposed_on=meta.business_date,
    )


def _published(event: events.ProductPublished, meta: EventMeta) -> Rows:
    return _product(event, meta, state="published", checker=event.checker, published_on=meta.business_date)


def _withdrawn(event: events.ProductWithdrawn, meta: EventMeta) -> Rows:
    return _product(event, meta, state="withdrawn", reason=event.reason, withdrawn_on=meta.business_date)


def _application(event: Any, values: Mapping[str, Any]) -> Rows:
    return (Row("applications", {"application_id": event.application_id}, values),)


def _applied(event: events.LoanApplied, meta: EventMeta) -> Rows:
    values = _opened(
        meta,
        "submitted",
        loan_id=event.loan_id,
        party_ref=event.party_ref,
        product_id=event.product_id,
        product_version=event.product_version,
        amount_minor=minor(event.amount),
        currency=event.amount.currency,
        months=event.months,
        method=event.method.value,
        purpose=event.purpose,
        repayment_source=event.repayment_source,
        language=event.language.value,
        submitted_by=event.submitted_by,
        contract_id=identifiers.contract_id(event.application_id),
        drawdown_id=identifiers.drawdown_id(event.application_id),
    )
    return _application(event, values)


def _returned(event: events.ApplicationReturned, meta: EventMeta) -> Rows:
    return _application(event, _step(meta, "returned", reasons=_json(event.reasons), deadline=event.deadline))


def _supplemented(event: events.ApplicationSupplemented, meta: EventMeta) -> Rows:
    values = {"purpose": event.purpose, "repayment_source": event.repayment_source, "sequence": meta.sequence}
    return _application(event, values)


def _accepted(event: events.ApplicationAccepted, meta: EventMeta) -> Rows:
    return _application(event, _step(meta, "accepted", reasons="[]", deadline=None))


def _referred(event: events.ReviewRequested, meta: EventMeta) -> Rows:
    limit = minor(event.limit)
    return _application(event, _step(meta, "review", reasons=_json(event.reasons), review_limit_minor=limit))


def _approved(event: events.LoanApproved, meta: EventMeta) -> Rows:
    values = _step(
        meta,
        "approved",
        reasons="[]",
        approved_minor=minor(event.terms.principal),
        annual_rate=event.terms.annual_rate,
        authority=event.authority,
        valid_until=event.valid_until,
    )
    return _application(event, values)


def _refused(event: events.LoanRefused, meta: EventMeta) -> Rows:
    reasons = _json(event.reasons)
    values = _step(meta, "refused", reasons=reasons, authority=event.authority, reapply_from=event.reapply_from)
    return _application(event, values)


def _withdrawing(event: events.WithdrawalRequested, meta: EventMeta) -> Rows:
    return _application(event, _step(meta, "withdrawing"))


def _completed(event: events.ApplicationCompleted, meta: EventMeta) -> Rows:
    return _application(event, _step(meta, "completed"))


def _closed(event: events.ApplicationClosed, meta: EventMeta) -> Rows:
    reason = ReasonCode(code=event.reason, message="")
    return _application(event, _step(meta, "closed", reasons=_json([reason])))


def _assessed(event: RiskAssessed, _meta: EventMeta) -> Rows:
    values = {
        "score": event.score,
        "rating": event.rating,
        "advice": event.advice,
        "scorecard": event.scorecard,
    }
    return _application(event, values)


def _contract(event: Any, values: Mapping[str, Any]) -> Rows:
    return (Row("contracts", {"contract_id": event.contract_id}, values),)


def _drafted(event: events.ContractDrafted, meta: EventMeta) -> Rows:
    values = _opened(
        meta,
        "drafted",
        contract_no=event.contract_no,
        application_id=event.application_id,
        loan_id=event.loan_id,
        party_ref=event.party_ref,
        principal_minor=minor(event.terms.principal),
        currency=event.terms.principal.currency,
        months=event.terms.months,
        annual_rate=event.terms.annual_rate,
        terms=_json(event.terms),
        template=event.template,
        language=event.language.value,
        digest=event.digest,
        valid_until=event.valid_until,
        approver=event.approver,
    )
    return _contract(event, values)


def _signature(event: events.ContractSignatureGiven, meta: EventMeta) -> Rows:
    column = "borrower" if event.side is Side.BORROWER else "lender"
    return _contract(event, _step(meta, "drafted", **{column: event.signatory}))


def _signed(event: events.ContractSigned, meta: EventMeta) -> Rows:
    return _contract(event, _step(meta, "signed", effective_date=event.effective_date))


def _contract_closed(event: events.ContractClosed, meta: EventMeta) -> Rows:
    return _contract(event, _step(meta, "closed", reason=event.reason))


def _contract_funded(event: events.ContractFunded, meta: EventMeta) -> Rows:
    return _contract(event, _step(meta, "funded"))


def _funding_failed(event: FundingFailed, _meta: EventMeta) -> Rows:
    return _contract(event, {"funding_failure": event.reason})


def _drawdown(event: Any, values: Mapping[str, Any]) -> Rows:
    return (Row("drawdowns", {"drawdown_id": event.drawdown_id}, values),)


def _requested(event: events.DrawdownRequested, meta: EventMeta) -> Rows:
    values = _opened(
        meta,
        "requested",
        contract_id=event.contract_id,
        contract_no=event.contract_no,
        application_id=event.application_id,
        loan_id=event.loan_id,
        party_ref=event.party_ref,
        payee_ref=event.payee_ref,
        amount_minor=minor(event.amount),
        currency=event.amount.currency,
        approver=event.approver,
        releasers="[]",
        checks="[]",
    )
    return _drawdown(event, values)


def _released(event: events.DrawdownReleased, meta: EventMeta) -> Rows:
    return _drawdown(event, _step(meta, "released", releasers=json.dumps([event.releaser])))


def _ordered(event: events.DisbursementOrdered, meta: EventMeta) -> Rows:
    return _drawdown(event, _step(meta, "ordered", releasers=_json(event.releasers), checks=_json(event.checks)))


def _unknown(event: events.DisbursementUnknown, meta: EventMeta) -> Rows:
    return _drawdown(event, _step(meta, "unknown", payment_id=event.payment_id))


def _disbursed(event: events.Disbursed, meta: EventMeta) -> Rows:
    values = _step(
        meta,
        "disbursed",
        payment_id=event.payment_id,
        bank_reference=event.bank_reference,
        value_date=event.value_date,
    )
    return _drawdown(event, values)


def _failed(event: events.DisbursementFailed, meta: EventMeta) -> Rows:
    return _drawdown(event, _step(meta, "failed", payment_id=event.payment_id, reason=event.reason))


HANDLERS: Mapping[type[Any], Callable[[Any, EventMeta], Rows]] = {
    events.ProductProposed: _proposed,
    events.ProductPublished: _published,
    events.ProductWithdrawn: _withdrawn,
    events.LoanApplied: _applied,
    events.ApplicationReturned: _returned,
    events.ApplicationSupplemented: _supplemented,
    events.ApplicationAccepted: _accepted,
    events.ReviewRequested: _referred,
    events.LoanApproved: _approved,
    events.LoanRefused: _refused,
    events.WithdrawalRequested: _withdrawing,
    events.ApplicationCompleted: _completed,
    events.ApplicationClosed: _closed,
    RiskAssessed: _assessed,
    events.ContractDrafted: _drafted,
    events.ContractSignatureGiven: _signature,
    events.ContractSigned: _signed,
    events.ContractClosed: _contract_closed,
    events.ContractFunded: _contract_funded,
    FundingFailed: _funding_failed,
    events.DrawdownRequested: _requested,
    events.DrawdownReleased: _released,
    events.DisbursementOrdered: _ordered,
    events.DisbursementUnknown: _unknown,
    events.Disbursed: _disbursed,
    events.DisbursementFailed: _failed,
}

PROJECTION = Projection(migrations=Path(__file__).parent / "migrations", handlers=HANDLERS)
