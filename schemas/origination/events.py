"""Public events of origination: products, applications, contracts, drawdowns."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pydantic import ConfigDict

from schemas.money import Money
from schemas.registry import event
from schemas.terms import (
    ApplicantProfile,
    Document,
    Language,
    LoanTerms,
    ProductTerms,
    ReasonCode,
    RepaymentMethod,
)


class Side(StrEnum):
    """A side of a loan contract 合同当事人."""

    BORROWER = "borrower"
    """借款人."""
    LENDER = "lender"
    """出借人."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """One item of the last check before a payout 放款前核查: what was compared, and that it held."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    check: str
    """``contract-digest``, ``amount-within-contract``, ``business-date`` or ``two-releasers``."""
    result: str
    """``pass``: an item that does not hold refuses the release instead."""
    detail: str
    """The values that were compared."""


@event("origination", "product")
@dataclass(frozen=True, slots=True, kw_only=True)
class ProductProposed:
    """A maker proposed a product version; it is not for sale before another person publishes it. Key: product."""

    product_id: str
    version: int
    """Counted from 1 per product."""
    terms: ProductTerms
    maker: str


@event("origination", "product")
@dataclass(frozen=True, slots=True, kw_only=True)
class ProductPublished:
    """A product version with all its terms is open for sale, after maker and checker 产品发布. Key: product."""

    product_id: str
    version: int
    """Counted from 1 per product."""
    terms: ProductTerms
    maker: str
    checker: str


@event("origination", "product")
@dataclass(frozen=True, slots=True, kw_only=True)
class ProductWithdrawn:
    """A product version is closed to new applications 产品下架; running loans are untouched. Key: product."""

    product_id: str
    version: int
    """The version that is closed; counted from 1 per product."""
    reason: str
    withdrawn_by: str


@event("origination", "application")
@dataclass(frozen=True, slots=True, kw_only=True)
class LoanApplied:
    """A person asked for a loan 贷款申请: need, amount, term, purpose, source of repayment. Key: application."""

    application_id: str
    loan_id: str
    """The loan that it becomes, if it does."""
    party_ref: str
    """Vault subject of the borrower: no personal data."""
    product_id: str
    product_version: int
    product_terms: ProductTerms
    """The version's terms as they stood when it was handed in."""
    amount: Money
    months: int
    purpose: str
    repayment_source: str
    profile: ApplicantProfile
    documents: tuple[Document, ...]
    language: Language
    method: RepaymentMethod = RepaymentMethod.EQUAL_INSTALMENT
    submitted_by: str = ""
    """Who handed it in: the same person never decides on it."""


@event("origination", "party")
@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationAdmitted:
    """The party has no other open application: this one may go on. Key: party."""

    party_ref: str
    application_id: str


@event("origination", "party")
@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationBarred:
    """The party may not apply now. Key: party."""

    party_ref: str
    application_id: str
    reason: str
    """``duplicate`` (another application is open) or ``reapply-too-early``."""
    open_application: str
    """The application that is open already; empty when none is."""
    reapply_from: date | None
    """First business date of a new application after a refusal; ``None`` when there is no waiting time."""


@event("origination", "party")
@dataclass(frozen=True, slots=True, kw_only=True)
class PartyReleased:
    """The party's open application ended, so that it may apply again (from ``reapply_from`` on). Key: party."""

    party_ref: str
    application_id: str
    reapply_from: date | None


@event("origination", "application")
@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationSupplemented:
    """The applicant handed in what was missing 补件; the fields hold the application's values after it. Key: application."""

    application_id: str
    loan_id: str
    party_ref: str
    purpose: str
    repayment_source: str
    profile: ApplicantProfile
    documents: tuple[Document, ...]


@event("origination", "application")
@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationReturned:
    """Sent back for supplement 补件, with reasons and a deadline (a business date, inclusive). Key: application."""

    application_id: str
    loan_id: str
    party_ref: str
    reasons: tuple[ReasonCode, ...]
    deadline: date


@event("origination", "application")
@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationAccepted:
    """Complete and plausible 受理: it goes to risk assessment. Key: application."""

    application_id: str
    loan_id: str
    party_ref: str
    product_id: str
    product_version: int
    amount: Money
    months: int
    annual_rate: str
    """Contract rate of the product version as a fraction, for affordability."""
    purpose: str
    profile: ApplicantProfile


@event("origination", "application")
@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationClosed:
    """Ended without a contract, and not refused. Key: application.

    Reasons: ``withdrawn``, ``supplement-expired``, ``duplicate``, ``reapply-too-early`` or ``approval-lapsed``.
    """

    application_id: str
    loan_id: str
    party_ref: str
    reason: str
    """``withdrawn``, ``supplement-expired``, ``duplicate``, ``reapply-too-early`` or ``approval-lapsed``."""


@event("origination", "application")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRequested:
    """The rules refer the application to a person 人工审批, who then approves or refuses it. Key: application."""

    application_id: str
    loan_id: str
    party_ref: str
    amount: Money
    limit: Money
    """The most that may be approved, by the risk assessment."""
    reasons: tuple[ReasonCode, ...]
    score: int
    rating: str
    scorecard: str


@event("origination", "application")
@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalRequested:
    """The applicant withdraws after approval: the contract decides whether it was signed before. Key: application."""

    application_id: str
    loan_id: str
    party_ref: str


@event("origination", "application")
@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationCompleted:
    """The contract is signed: the application is done and its approval can no longer lapse. Key: application."""

    application_id: str
    loan_id: str
    party_ref: str
    contract_id: str


@event("origination", "application")
@dataclass(frozen=True, slots=True, kw_only=True)
class LoanApproved:
    """Approved terms, by whose authority (``system`` for approval by rule), and until when it can be signed. Key: application."""

    application_id: str
    loan_id: str
    party_ref: str
    terms: LoanTerms
    authority: str
    valid_until: date
    language: Language


@event("origination", "application")
@dataclass(frozen=True, slots=True, kw_only=True)
class LoanRefused:
    """Refused, with reason codes 拒绝. Key: application."""

    application_id: str
    loan_id: str
    party_ref: str
    reasons: tuple[ReasonCode, ...]
    authority: str
    reapply_from: date
    language: Language


@event("origination", "contract")
@dataclass(frozen=True, slots=True, kw_only=True)
class ContractDrafted:
    """The contract's text stands and waits for both signatures. Key: contract."""

    contract_id: str
    contract_no: str
    application_id: str
    loan_id: str
    party_ref: str
    terms: LoanTerms
    template: str
    """Template and version, e.g. ``personal-credit/zh/1``."""
    language: Language
    digest: str
    """SHA-256 (hex) of the text's UTF-8 bytes."""
    valid_until: date
    approver: str = "system"
    """Who approved the loan: that person may not release the money."""


@event("origination", "contract")
@dataclass(frozen=True, slots=True, kw_only=True)
class ContractSignatureGiven:
    """One side accepted the text with this digest. Key: contract."""

    contract_id: str
    application_id: str
    loan_id: str
    side: Side
    signatory: str
    """Who signed: the caller's subject."""
    digest: str


@event("origination", "contract")
@dataclass(frozen=True, slots=True, kw_only=True)
class ContractSigned:
    """Both sides accepted the text with this digest 合同签署; nothing changes after. Key: contract."""

    contract_id: str
    contract_no: str
    application_id: str
    loan_id: str
    party_ref: str
    terms: LoanTerms
    digest: str
    signatories: tuple[str, ...]
    effective_date: date
    language: Language


@event("origination", "contract")
@dataclass(frozen=True, slots=True, kw_only=True)
class ContractClosed:
    """Ended without both signatures: ``approval-lapsed`` or ``withdrawn``. Key: contract."""

    contract_id: str
    contract_no: str
    application_id: str
    loan_id: str
    party_ref: str
    reason: str
    """``approval-lapsed`` or ``withdrawn``."""


@event("origination", "contract")
@dataclass(frozen=True, slots=True, kw_only=True)
class ContractFunded:
    """The money for the signed contract is available: it can be drawn. Key: contract."""

    contract_id: str
    contract_no: str
    application_id: str
    loan_id: str
    party_ref: str
    amount: Money
    terms: LoanTerms
    digest: str
    effective_date: date
    approver: str


@event("origination", "drawdown")
@dataclass(frozen=True, slots=True, kw_only=True)
class DrawdownRequested:
    """The funded contract is to be paid out; two people must release it 放款申请. Key: drawdown."""

    drawdown_id: str
    contract_id: str
    contract_no: str
    application_id: str
    loan_id: str
    party_ref: str
    amount: Money
    payee_ref: str
    """Vault reference of the payee account."""
    terms: LoanTerms
    digest: str = ""
    """Digest of the signed contract; compared again at each release."""
    effective_date: date | None = None
    """Day on which the contract took effect: nothing is paid before it."""
    approver: str = "system"


@event("origination", "drawdown")
@dataclass(frozen=True, slots=True, kw_only=True)
class DrawdownReleased:
    """The first of two people released the payout. Key: drawdown."""

    drawdown_id: str
    application_id: str
    loan_id: str
    party_ref: str
    releaser: str


@event("origination", "drawdown")
@dataclass(frozen=True, slots=True, kw_only=True)
class DisbursementOrdered:
    """Last check passed, two different people released, the order goes to the bank. Key: drawdown."""

    drawdown_id: str
    application_id: str
    loan_id: str
    party_ref: str
    amount: Money
    payee_ref: str
    releasers: tuple[str, ...]
    contract_id: str = ""
    checks: tuple[CheckResult, ...] = ()
    """Every result of the last check."""


@event("origination", "drawdown")
@dataclass(frozen=True, slots=True, kw_only=True)
class DisbursementUnknown:
    """The bank's answer to the order is not known; it is asked, and the order is never sent anew. Key: drawdown."""

    drawdown_id: str
    application_id: str
    loan_id: str
    party_ref: str
    amount: Money
    payment_id: str


@event("origination", "drawdown")
@dataclass(frozen=True, slots=True, kw_only=True)
class Disbursed:
    """The bank confirmed amount, payee and value date 放款: interest starts on the value date. Key: drawdown."""

    drawdown_id: str
    contract_id: str
    contract_no: str
    application_id: str
    loan_id: str
    party_ref: str
    amount: Money
    value_date: date
    bank_reference: str
    terms: LoanTerms
    payment_id: str = ""
    """Our number of the payment order, the bank's idempotency key."""


@event("origination", "drawdown")
@dataclass(frozen=True, slots=True, kw_only=True)
class DisbursementFailed:
    """Finally refused, cancelled or returned 退汇. Key: drawdown."""

    drawdown_id: str
    application_id: str
    loan_id: str
    party_ref: str
    amount: Money
    reason: str
    """The bank's answer in its words, or why the order was not sent."""
    payment_id: str = ""
