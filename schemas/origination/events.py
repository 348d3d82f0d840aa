"""Public events of origination: products, applications, contracts, drawdowns."""

from dataclasses import dataclass
from datetime import date

from schemas.money import Money
from schemas.registry import event
from schemas.terms import (
    ApplicantProfile,
    Document,
    Language,
    LoanTerms,
    ProductTerms,
    ReasonCode,
)


@event("origination", "product")
@dataclass(frozen=True, slots=True, kw_only=True)
class ProductPublished:
    """A product version with all its terms is open for sale, after maker and checker 产品发布. Key: product."""

    product_id: str
    version: int
    terms: ProductTerms
    maker: str
    checker: str


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
    """Ended without approval or refusal: ``withdrawn``, ``supplement-expired``, ``duplicate`` or ``approval-lapsed``."""

    application_id: str
    loan_id: str
    party_ref: str
    reason: str


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
