"""Commands of origination. The target of each is the id of the aggregate that decides; bodies do not repeat it."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from schemas.fields import Line
from schemas.money import Money
from schemas.origination.events import Side
from schemas.registry import command
from schemas.terms import (
    MAX_DOCUMENTS,
    ApplicantProfile,
    Document,
    Language,
    LoanTerms,
    ProductTerms,
    ReasonCode,
    RepaymentMethod,
)

_MAX_REASONS = 20

Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$", description="SHA-256, hex")]


class Verdict(StrEnum):
    """What a person decides on an application 审批结论."""

    APPROVE = "approve"
    REFUSE = "refuse"


class PayoutStatus(StrEnum):
    """What the bank answered to a payment order, or that its answer is not known."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNKNOWN = "unknown"


@command("origination", "product")
@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeProduct:
    """Propose the next version of a product, as its maker. Target: product."""

    terms: ProductTerms


@command("origination", "product")
@dataclass(frozen=True, slots=True, kw_only=True)
class PublishProduct:
    """Publish a proposed version, as a checker who is not its maker. Target: product."""

    version: int


@command("origination", "product")
@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawProduct:
    """Close a published version to new applications, or drop a proposed one. Target: product."""

    version: int
    reason: str


@command("origination", "party")
@dataclass(frozen=True, slots=True, kw_only=True)
class AdmitApplication:
    """Take a party's one place for an open application. Target: party."""

    application_id: str


@command("origination", "party")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseParty:
    """Give the place back when the application ended; after a refusal, with the waiting time. Target: party."""

    application_id: str
    reapply_from: date | None = None


@command("origination", "application")
@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitApplication:
    """Hand an application in, with the published terms of the product version as they stand. Target: application."""

    loan_id: str
    party_ref: str
    product_id: str
    product_version: int
    product_terms: ProductTerms
    amount: Money
    months: int
    method: RepaymentMethod
    purpose: str
    repayment_source: str
    profile: ApplicantProfile
    documents: tuple[Document, ...]
    language: Language


@command("origination", "application")
@dataclass(frozen=True, slots=True, kw_only=True)
class RecordAdmission:
    """What the party's aggregate answered: go on with the checks, or close the application. Target: application."""

    admitted: bool
    reason: str = ""
    """Why not: ``duplicate`` or ``reapply-too-early``."""


@command("origination", "application")
@dataclass(frozen=True, slots=True, kw_only=True)
class SupplementApplication:
    """Hand in what was missing; what is ``None`` stays, a document replaces the one of its kind. Target: application."""

    documents: Annotated[tuple[Document, ...], Field(max_length=MAX_DOCUMENTS)] = ()
    purpose: Line | None = None
    repayment_source: Line | None = None
    profile: ApplicantProfile | None = None


@command("origination", "application")
@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawApplication:
    """The applicant does not want the loan any more. Target: application."""


@command("origination", "application")
@dataclass(frozen=True, slots=True, kw_only=True)
class RecordAssessment:
    """The result of the risk assessment, by which the rules approve, refuse or refer. Target: application."""

    advice: str
    """``approve``, ``refer`` or ``refuse``."""
    limit: Money
    reasons: tuple[ReasonCode, ...]
    score: int
    rating: str
    scorecard: str


@command("origination", "application")
@dataclass(frozen=True, slots=True, kw_only=True)
class DecideApplication:
    """A person's decision on an application that the rules referred. Target: application."""

    verdict: Verdict
    reasons: Annotated[tuple[ReasonCode, ...], Field(max_length=_MAX_REASONS)] = ()
    """Required for a refusal."""
    amount: Money | None = None
    """A smaller amount than asked for; ``None`` approves the amount asked for."""


@command("origination", "application")
@dataclass(frozen=True, slots=True, kw_only=True)
class MarkSigned:
    """Both sides signed the contract. Target: application."""

    contract_id: str


@command("origination", "application")
@dataclass(frozen=True, slots=True, kw_only=True)
class CloseApproval:
    """The contract ended unsigned: ``approval-lapsed`` or ``withdrawn``. Target: application."""

    reason: str


@command("origination", "contract")
@dataclass(frozen=True, slots=True, kw_only=True)
class DraftContract:
    """Render the contract of an approved loan. Target: contract."""

    application_id: str
    loan_id: str
    party_ref: str
    terms: LoanTerms
    template: str
    """Template and version, e.g. ``personal-credit/zh/1``."""
    language: Language
    valid_until: date
    """Last day of signing."""
    approver: str


@command("origination", "contract")
@dataclass(frozen=True, slots=True, kw_only=True)
class SignContract:
    """Accept the contract's text for one side, naming its digest. Target: contract."""

    side: Side
    digest: Digest


@command("origination", "contract")
@dataclass(frozen=True, slots=True, kw_only=True)
class CancelContract:
    """Close a contract that is not yet signed by both sides. Target: contract."""

    reason: str


@command("origination", "contract")
@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFunding:
    """The money for the contract is available. Target: contract."""

    amount: Money


@command("origination", "drawdown")
@dataclass(frozen=True, slots=True, kw_only=True)
class RequestDrawdown:
    """Draw a funded contract in full. Target: drawdown."""

    contract_id: str
    contract_no: str
    application_id: str
    loan_id: str
    party_ref: str
    amount: Money
    payee_ref: str
    terms: LoanTerms
    digest: Digest
    effective_date: date
    approver: str


@command("origination", "drawdown")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseDrawdown:
    """Release the payout, as one of two different people. Target: drawdown."""

    contract_digest: Digest
    """Digest of the contract's text as it renders now: it must still be the signed one."""


@command("origination", "drawdown")
@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPayout:
    """What the bank answered to the payment order. Target: drawdown."""

    status: PayoutStatus
    payment_id: str
    """Our number of the order, the bank's idempotency key."""
    bank_reference: str = ""
    value_date: date | None = None
    """Required when it succeeded: interest starts on it."""
    reason: str = ""
    """Why it failed, with the bank's code."""
