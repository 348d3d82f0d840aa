"""An example of every event that notify has a rule for, and of an envelope."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from schemas import contract, registry
from schemas.envelope import EventMeta
from schemas.money import Money
from schemas.origination.events import (
    ApplicationReturned,
    ContractDrafted,
    Disbursed,
    LoanApproved,
    LoanRefused,
)
from schemas.servicing.events import (
    DelinquencyBucketChanged,
    InstallmentDue,
    Overdue,
    OverdueCured,
    PaymentReceived,
    Settled,
    WrittenOff,
)
from schemas.terms import Bucket, Components, Language, LoanTerms, ReasonCode, RepaymentMethod

A_DAY = date(2026, 3, 5)
A_TIME = datetime(2026, 3, 5, 2, 30, tzinfo=UTC)


def cny(amount: str) -> Money:
    """Yuan."""
    return Money(Decimal(amount), "CNY")


TERMS = LoanTerms(
    product_id="consumer",
    product_version=1,
    principal=cny("12345.60"),
    months=24,
    annual_rate=Decimal("0.144"),
    method=RepaymentMethod.EQUAL_INSTALMENT,
    penalty_multiplier=Decimal("1.5"),
    day_basis=360,
    grace_days=3,
    allocation_order=("penalty", "interest", "principal"),
    rules="cn-bank/1",
)
PAST_DUE = Components(principal=cny("1000.00"), interest=cny("234.50"), penalty=cny("0.07"))
REASONS = (
    ReasonCode(code="document-missing", message="documents: income is missing from the checklist.", rule="intake/1"),
    ReasonCode(code="score-savings", message="Savings: 30 of at most 106 points.", rule="consumer/1"),
    ReasonCode(code="from-a-later-release", message="Something new.", rule="later/1"),
)
_APPLICATION = {"application_id": "application-1", "loan_id": "loan-1", "party_ref": "party-1"}
_LOAN = {"loan_id": "loan-1", "party_ref": "party-1"}

EVENTS: tuple[Any, ...] = (
    ApplicationReturned(**_APPLICATION, reasons=REASONS, deadline=A_DAY),
    LoanApproved(**_APPLICATION, terms=TERMS, authority="system", valid_until=A_DAY, language=Language.ZH),
    LoanRefused(**_APPLICATION, reasons=REASONS, authority="system", reapply_from=A_DAY, language=Language.EN),
    ContractDrafted(
        **_APPLICATION,
        contract_id="contract-1",
        contract_no="LS-2026-000001",
        terms=TERMS,
        template="personal-credit/zh/1",
        language=Language.ZH,
        digest="ab" * 32,
        valid_until=A_DAY,
    ),
    Disbursed(
        **_APPLICATION,
        drawdown_id="drawdown-1",
        contract_id="contract-1",
        contract_no="LS-2026-000001",
        amount=cny("12345.60"),
        value_date=A_DAY,
        bank_reference="bank-1",
        terms=TERMS,
    ),
    InstallmentDue(
        **_LOAN, number=3, due_date=A_DAY, principal=cny("500.00"), interest=cny("80.00"), unpaid=cny("580.00")
    ),
    PaymentReceived(
        **_LOAN,
        receipt_id="receipt-1",
        value_date=A_DAY,
        channel="bank",
        amount=cny("580.00"),
        allocation=PAST_DUE,
        surplus=cny("0.00"),
        outstanding_principal=cny("9000.00"),
    ),
    Overdue(**_LOAN, since=A_DAY, days_past_due=4, past_due=PAST_DUE),
    DelinquencyBucketChanged(**_LOAN, previous=Bucket.M1, bucket=Bucket.M2, days_past_due=31, past_due=PAST_DUE),
    OverdueCured(**_LOAN, since=A_DAY, cured_on=A_DAY),
    Settled(**_LOAN, contract_no="LS-2026-000001", settled_on=A_DAY, kind="paid"),
    WrittenOff(**_LOAN, written_off=PAST_DUE, days_past_due=200, authority="user:officer"),
)
SAMPLES: dict[type[Any], Any] = {type(event): event for event in EVENTS}


def sample(cls: type[Any], **changes: Any) -> Any:
    """The example of an event class, changed."""
    return replace(SAMPLES[cls], **changes)


def meta_of(event: Any, event_id: str = "event-1") -> EventMeta:
    """An envelope for an event."""
    message = registry.by_class(type(event))
    assert message in contract.event_types()
    return EventMeta(
        id=event_id,
        type=message.ce_type,
        context=message.context,
        subject="subject-1",
        sequence=7,
        partition=2,
        partitionseq=99,
        time=A_TIME,
        business_date=A_DAY,
        correlation="correlation-1",
        causation="command-1",
        actor="system",
    )
