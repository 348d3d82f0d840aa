"""Commands and events that tests of origination start from."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from loanstream.runtime.definitions import Decider
from schemas.money import Money, of_minor
from schemas.origination import commands, events
from schemas.origination.events import Side
from schemas.terms import (
    ApplicantProfile,
    Document,
    Language,
    LoanTerms,
    ProductTerms,
    ReasonCode,
    RepaymentMethod,
)
from services.origination.domain.contract.text import Facts, digest, render
from services.origination.service import deciders
from services.origination.shipped import contract_templates, shipped_products
from tests.support.deciding import Given, given

_DECIDERS = {decider.aggregate: decider for decider in deciders()}
PRODUCT: Decider = _DECIDERS["product"]
PARTY: Decider = _DECIDERS["party"]
APPLICATION: Decider = _DECIDERS["application"]
CONTRACT: Decider = _DECIDERS["contract"]
DRAWDOWN: Decider = _DECIDERS["drawdown"]

MAKER, CHECKER = "user:maker", "user:checker"
CLERK, OFFICER = "user:clerk", "user:officer"
FIRST, SECOND = "user:releaser-1", "user:releaser-2"
BORROWER, LENDER = "user:borrower", "user:lender"

TERMS: ProductTerms = shipped_products()["consumer-credit"]
DAY = date(2026, 1, 5)
DEADLINE = date(2026, 1, 15)
"""Supplement deadline of an application of that day."""
VALID_UNTIL = date(2026, 2, 4)
"""Last day of signing of an approval of that day."""

IDENTITY = Document(kind="identity", digest="1" * 64)
INCOME = Document(kind="income", digest="2" * 64)


def cny(amount: str) -> Money:
    """An amount in CNY."""
    return Money(Decimal(amount), "CNY")


PROFILE = ApplicantProfile(
    checking_account="no checking account",
    credit_history="existing credits paid back duly till now",
    savings="... < 100 DM",
    employment="1 <= ... < 4 years",
    instalment_burden=2,
    other_debtors="none",
    residence_years=2,
    property="real estate",
    age_band="25-34",
    other_plans="none",
    housing="own",
    existing_credits=1,
    job="skilled employee / official",
    dependants=1,
    monthly_income=cny("6000.00"),
)

LOAN_TERMS = LoanTerms(
    product_id="consumer-credit",
    product_version=1,
    principal=cny("1200.00"),
    months=12,
    annual_rate=TERMS.annual_rate,
    method=RepaymentMethod.EQUAL_INSTALMENT,
    penalty_multiplier=TERMS.penalty_multiplier,
    day_basis=TERMS.day_basis,
    grace_days=TERMS.grace_days,
    allocation_order=TERMS.allocation_order,
    rules=TERMS.rules,
)

SUBMIT = commands.SubmitApplication(
    loan_id="loan-1",
    party_ref="party-1",
    product_id="consumer-credit",
    product_version=1,
    product_terms=TERMS,
    amount=cny("1200.00"),
    months=12,
    method=RepaymentMethod.EQUAL_INSTALMENT,
    purpose="radio/television",
    repayment_source="salary",
    profile=PROFILE,
    documents=(IDENTITY, INCOME),
    language=Language.ZH,
)

_APPLICATION = {"application_id": "app-1", "loan_id": "loan-1", "party_ref": "party-1"}


def applied(**changes: Any) -> events.LoanApplied:
    """The application of :data:`SUBMIT`, handed in by the clerk."""
    handed_in = replace(SUBMIT, **changes)
    return events.LoanApplied(
        application_id="app-1",
        loan_id="loan-1",
        party_ref="party-1",
        product_id=handed_in.product_id,
        product_version=handed_in.product_version,
        product_terms=handed_in.product_terms,
        amount=handed_in.amount,
        months=handed_in.months,
        purpose=handed_in.purpose,
        repayment_source=handed_in.repayment_source,
        profile=handed_in.profile,
        documents=handed_in.documents,
        language=handed_in.language,
        method=handed_in.method,
        submitted_by=CLERK,
    )


ACCEPTED = events.ApplicationAccepted(
    **_APPLICATION,
    product_id="consumer-credit",
    product_version=1,
    amount=cny("1200.00"),
    months=12,
    annual_rate="0.144",
    purpose="radio/television",
    profile=PROFILE,
)


def reason(code: str) -> ReasonCode:
    """A reason with this code."""
    return ReasonCode(code=code, message=code, rule="test")


def returned(*codes: str) -> events.ApplicationReturned:
    """Returned for these reasons."""
    return events.ApplicationReturned(**_APPLICATION, reasons=tuple(map(reason, codes)), deadline=DEADLINE)


def approved(principal: str = "1200.00", authority: str = "system") -> events.LoanApproved:
    """Approved on :data:`DAY`."""
    terms = replace(LOAN_TERMS, principal=cny(principal))
    return events.LoanApproved(
        **_APPLICATION, terms=terms, authority=authority, valid_until=VALID_UNTIL, language=Language.ZH
    )


def review_requested(limit: str = "1000.00") -> events.ReviewRequested:
    """Referred to a person, who may approve up to ``limit``."""
    return events.ReviewRequested(
        **_APPLICATION,
        amount=cny("1200.00"),
        limit=cny(limit),
        reasons=(reason("limit-exceeded"),),
        score=500,
        rating="C",
        scorecard="consumer/1",
    )


def closed(why: str) -> events.ApplicationClosed:
    """Closed for this reason."""
    return events.ApplicationClosed(**_APPLICATION, reason=why)


COMPLETED = events.ApplicationCompleted(**_APPLICATION, contract_id="contract-1")
WITHDRAWAL = events.WithdrawalRequested(**_APPLICATION)


def assessment(advice: str, limit: str = "20000.00", *reasons: ReasonCode) -> commands.RecordAssessment:
    """The result of an assessment."""
    return commands.RecordAssessment(
        advice=advice, limit=cny(limit), reasons=reasons, score=600, rating="B", scorecard="consumer/1"
    )


DRAFT = commands.DraftContract(
    application_id="app-1",
    loan_id="loan-1",
    party_ref="party-1",
    terms=LOAN_TERMS,
    template="personal-credit/zh/1",
    language=Language.ZH,
    valid_until=VALID_UNTIL,
    approver="system",
)
CONTRACT_NO = "LS20260105-C0117AC70000"
CONTRACT_ID = "c0117ac7-0000-5000-8000-000000000000"
FACTS = Facts(
    contract_no=CONTRACT_NO,
    application_id="app-1",
    loan_id="loan-1",
    party_ref="party-1",
    terms=LOAN_TERMS,
    language=Language.ZH,
    valid_until=VALID_UNTIL,
)
DIGEST = digest(render(contract_templates()["personal-credit/zh/1"], FACTS))

_CONTRACT = {
    "contract_id": CONTRACT_ID,
    "contract_no": CONTRACT_NO,
    "application_id": "app-1",
    "loan_id": "loan-1",
    "party_ref": "party-1",
}

DRAFTED = events.ContractDrafted(
    **_CONTRACT,
    terms=LOAN_TERMS,
    template="personal-credit/zh/1",
    language=Language.ZH,
    digest=DIGEST,
    valid_until=VALID_UNTIL,
    approver="system",
)


def signature(side: Side, by: str) -> events.ContractSignatureGiven:
    """A signature of one side."""
    return events.ContractSignatureGiven(
        contract_id=CONTRACT_ID, application_id="app-1", loan_id="loan-1", side=side, signatory=by, digest=DIGEST
    )


BORROWER_SIGNED = signature(Side.BORROWER, BORROWER)
LENDER_SIGNED = signature(Side.LENDER, LENDER)
SIGNED = events.ContractSigned(
    **_CONTRACT,
    terms=LOAN_TERMS,
    digest=DIGEST,
    signatories=(f"borrower:{BORROWER}", f"lender:{LENDER}"),
    effective_date=DAY,
    language=Language.ZH,
)
FUNDED = events.ContractFunded(
    **_CONTRACT, amount=cny("1200.00"), terms=LOAN_TERMS, digest=DIGEST, effective_date=DAY, approver="system"
)


def contract_closed(why: str) -> events.ContractClosed:
    """The contract ended unsigned."""
    return events.ContractClosed(**_CONTRACT, reason=why)


PAYEE = "party-1/bank_account/app-1"
REQUEST = commands.RequestDrawdown(
    **_CONTRACT,
    amount=cny("1200.00"),
    payee_ref=PAYEE,
    terms=LOAN_TERMS,
    digest=DIGEST,
    effective_date=DAY,
    approver="system",
)
REQUESTED = events.DrawdownRequested(
    drawdown_id="draw-1",
    **_CONTRACT,
    amount=cny("1200.00"),
    payee_ref=PAYEE,
    terms=LOAN_TERMS,
    digest=DIGEST,
    effective_date=DAY,
    approver="system",
)
_DRAWDOWN = {"drawdown_id": "draw-1", **_APPLICATION}
RELEASED = events.DrawdownReleased(**_DRAWDOWN, releaser=FIRST)
ORDERED = events.DisbursementOrdered(
    **_DRAWDOWN,
    amount=cny("1200.00"),
    payee_ref=PAYEE,
    releasers=(FIRST, SECOND),
    contract_id=CONTRACT_ID,
    checks=(
        events.CheckResult(check="contract-digest", result="pass", detail=DIGEST),
        events.CheckResult(check="amount-within-contract", result="pass", detail="1200.00 CNY ≤ 1200.00 CNY"),
        events.CheckResult(check="business-date", result="pass", detail="2026-01-05 ≥ 2026-01-05"),
        events.CheckResult(check="two-releasers", result="pass", detail=f"{FIRST}, {SECOND}; approved by system"),
    ),
)
UNKNOWN = events.DisbursementUnknown(**_DRAWDOWN, amount=cny("1200.00"), payment_id="pay-1")
DISBURSED = events.Disbursed(
    drawdown_id="draw-1",
    **_CONTRACT,
    amount=cny("1200.00"),
    value_date=DAY,
    bank_reference="SBX1",
    terms=LOAN_TERMS,
    payment_id="pay-1",
)
FAILED = events.DisbursementFailed(**_DRAWDOWN, amount=cny("1200.00"), reason="account-closed", payment_id="pay-1")


def application(*history: Any) -> Given:
    """Application ``app-1`` with these events."""
    return given(APPLICATION, *history, aggregate_id="app-1")


def contract(*history: Any) -> Given:
    """The contract of ``app-1`` with these events."""
    return given(CONTRACT, *history, aggregate_id=CONTRACT_ID)


def drawdown(*history: Any) -> Given:
    """The drawdown of ``app-1`` with these events."""
    return given(DRAWDOWN, *history, aggregate_id="draw-1")


def cents(units: int) -> Money:
    """CNY from minor units."""
    return of_minor(units, "CNY")
