"""Events of origination. Made from the contract by `make contract`; do not edit."""

import datetime

from loanstream_client.events.values import (
    ApplicantProfile,
    CheckResult,
    Document,
    Language,
    LoanTerms,
    Money,
    ProductTerms,
    ReasonCode,
    RepaymentMethod,
    Side,
)
from loanstream_client.payload import Payload


class AggregateHeld(Payload, frozen=True, kw_only=True):
    """An aggregate failed inside a day: its later commands are refused `on-hold` until it is released."""

    aggregate_id: str
    business_date: datetime.date
    error_id: str
    """Names the dead letter and the log line."""


class AggregateReleased(Payload, frozen=True, kw_only=True):
    """An operator took the aggregate off hold."""

    aggregate_id: str
    reason: str


class ApplicationAccepted(Payload, frozen=True, kw_only=True):
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


class ApplicationAdmitted(Payload, frozen=True, kw_only=True):
    """The party has no other open application: this one may go on. Key: party."""

    party_ref: str
    application_id: str


class ApplicationBarred(Payload, frozen=True, kw_only=True):
    """The party may not apply now. Key: party."""

    party_ref: str
    application_id: str
    reason: str
    """`duplicate` (another application is open) or `reapply-too-early`."""
    open_application: str
    """The application that is open already; empty when none is."""
    reapply_from: datetime.date | None
    """First business date of a new application after a refusal; `None` when there is no waiting time."""


class ApplicationClosed(Payload, frozen=True, kw_only=True):
    """Ended without a contract, and not refused. Key: application.

    Reasons: `withdrawn`, `supplement-expired`, `duplicate`, `reapply-too-early` or `approval-lapsed`.
    """

    application_id: str
    loan_id: str
    party_ref: str
    reason: str


class ApplicationCompleted(Payload, frozen=True, kw_only=True):
    """The contract is signed: the application is done and its approval can no longer lapse. Key:
    application.
    """

    application_id: str
    loan_id: str
    party_ref: str
    contract_id: str


class ApplicationReturned(Payload, frozen=True, kw_only=True):
    """Sent back for supplement 补件, with reasons and a deadline (a business date, inclusive). Key:
    application.
    """

    application_id: str
    loan_id: str
    party_ref: str
    reasons: tuple[ReasonCode, ...]
    deadline: datetime.date


class ApplicationSupplemented(Payload, frozen=True, kw_only=True):
    """The applicant handed in what was missing 补件; the fields hold the application's values after it. Key:
    application.
    """

    application_id: str
    loan_id: str
    party_ref: str
    purpose: str
    repayment_source: str
    profile: ApplicantProfile
    documents: tuple[Document, ...]


class BusinessDayClosed(Payload, frozen=True, kw_only=True):
    """Everything due on a business date was done on one partition: how many aggregates, how many events."""

    business_date: datetime.date
    partition: int
    aggregates: int
    """Aggregates that had something due that day."""
    events: int
    """Events they emitted."""
    held: int
    """Aggregates that failed and were put on hold."""


class BusinessDayStarted(Payload, frozen=True, kw_only=True):
    """A business date opened on one partition; emitted by the partition itself, key `partition-<n>`."""

    business_date: datetime.date
    partition: int
    calendar: str


class ContractClosed(Payload, frozen=True, kw_only=True):
    """Ended without both signatures: `approval-lapsed` or `withdrawn`. Key: contract."""

    contract_id: str
    contract_no: str
    application_id: str
    loan_id: str
    party_ref: str
    reason: str


class ContractDrafted(Payload, frozen=True, kw_only=True):
    """The contract's text stands and waits for both signatures. Key: contract."""

    contract_id: str
    contract_no: str
    application_id: str
    loan_id: str
    party_ref: str
    terms: LoanTerms
    template: str
    """Template and version, e.g. `personal-credit/zh/1`."""
    language: Language
    digest: str
    """SHA-256 (hex) of the text's UTF-8 bytes."""
    valid_until: datetime.date
    approver: str = "system"
    """Who approved the loan: that person may not release the money."""


class ContractFunded(Payload, frozen=True, kw_only=True):
    """The money for the signed contract is available: it can be drawn. Key: contract."""

    contract_id: str
    contract_no: str
    application_id: str
    loan_id: str
    party_ref: str
    amount: Money
    terms: LoanTerms
    digest: str
    effective_date: datetime.date
    approver: str


class ContractSignatureGiven(Payload, frozen=True, kw_only=True):
    """One side accepted the text with this digest. Key: contract."""

    contract_id: str
    application_id: str
    loan_id: str
    side: Side
    signatory: str
    """Who signed: the caller's subject."""
    digest: str


class ContractSigned(Payload, frozen=True, kw_only=True):
    """Both sides accepted the text with this digest 合同签署; nothing changes after. Key: contract."""

    contract_id: str
    contract_no: str
    application_id: str
    loan_id: str
    party_ref: str
    terms: LoanTerms
    digest: str
    signatories: tuple[str, ...]
    effective_date: datetime.date
    language: Language


class Disbursed(Payload, frozen=True, kw_only=True):
    """The bank confirmed amount, payee and value date 放款: interest starts on the value date. Key:
    drawdown.
    """

    drawdown_id: str
    contract_id: str
    contract_no: str
    application_id: str
    loan_id: str
    party_ref: str
    amount: Money
    value_date: datetime.date
    bank_reference: str
    terms: LoanTerms
    payment_id: str = ""
    """Our number of the payment order, the bank's idempotency key."""


class DisbursementFailed(Payload, frozen=True, kw_only=True):
    """Finally refused, cancelled or returned 退汇. Key: drawdown."""

    drawdown_id: str
    application_id: str
    loan_id: str
    party_ref: str
    amount: Money
    reason: str
    payment_id: str = ""


class DisbursementOrdered(Payload, frozen=True, kw_only=True):
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


class DisbursementUnknown(Payload, frozen=True, kw_only=True):
    """The bank's answer to the order is not known; it is asked, and the order is never sent anew. Key:
    drawdown.
    """

    drawdown_id: str
    application_id: str
    loan_id: str
    party_ref: str
    amount: Money
    payment_id: str


class DrawdownReleased(Payload, frozen=True, kw_only=True):
    """The first of two people released the payout. Key: drawdown."""

    drawdown_id: str
    application_id: str
    loan_id: str
    party_ref: str
    releaser: str


class DrawdownRequested(Payload, frozen=True, kw_only=True):
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
    effective_date: datetime.date | None = None
    """Day on which the contract took effect: nothing is paid before it."""
    approver: str = "system"


class LoanApplied(Payload, frozen=True, kw_only=True):
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
    method: RepaymentMethod = "equal-instalment"
    submitted_by: str = ""
    """Who handed it in: the same person never decides on it."""


class LoanApproved(Payload, frozen=True, kw_only=True):
    """Approved terms, by whose authority (`system` for approval by rule), and until when it can be signed.
    Key: application.
    """

    application_id: str
    loan_id: str
    party_ref: str
    terms: LoanTerms
    authority: str
    valid_until: datetime.date
    language: Language


class LoanRefused(Payload, frozen=True, kw_only=True):
    """Refused, with reason codes 拒绝. Key: application."""

    application_id: str
    loan_id: str
    party_ref: str
    reasons: tuple[ReasonCode, ...]
    authority: str
    reapply_from: datetime.date
    language: Language


class PartyReleased(Payload, frozen=True, kw_only=True):
    """The party's open application ended, so that it may apply again (from `reapply_from` on). Key: party."""

    party_ref: str
    application_id: str
    reapply_from: datetime.date | None


class ProductProposed(Payload, frozen=True, kw_only=True):
    """A maker proposed a product version; it is not for sale before another person publishes it. Key:
    product.
    """

    product_id: str
    version: int
    """Counted from 1 per product."""
    terms: ProductTerms
    maker: str


class ProductPublished(Payload, frozen=True, kw_only=True):
    """A product version with all its terms is open for sale, after maker and checker 产品发布. Key: product."""

    product_id: str
    version: int
    terms: ProductTerms
    maker: str
    checker: str


class ProductWithdrawn(Payload, frozen=True, kw_only=True):
    """A product version is closed to new applications 产品下架; running loans are untouched. Key: product."""

    product_id: str
    version: int
    reason: str
    withdrawn_by: str


class ReviewRequested(Payload, frozen=True, kw_only=True):
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


class WithdrawalRequested(Payload, frozen=True, kw_only=True):
    """The applicant withdraws after approval: the contract decides whether it was signed before. Key:
    application.
    """

    application_id: str
    loan_id: str
    party_ref: str
