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
    """Id of the aggregate: of the loan, application and so on that the other events name."""
    business_date: datetime.date
    """Business date 营业日."""
    error_id: str
    """Names the dead letter and the log line."""


class AggregateReleased(Payload, frozen=True, kw_only=True):
    """An operator took the aggregate off hold."""

    aggregate_id: str
    """Id of the aggregate: of the loan, application and so on that the other events name."""
    reason: str
    """Why, in the words of the operator."""


class ApplicationAccepted(Payload, frozen=True, kw_only=True):
    """Complete and plausible 受理: it goes to risk assessment. Key: application."""

    application_id: str
    """Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it."""
    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    product_id: str
    """Loan product 贷款产品 by its code."""
    product_version: int
    """Number of the product's version, counted from 1."""
    amount: Money
    """Amount of what the message is about."""
    months: int
    """Term 期限: number of monthly instalments."""
    annual_rate: str
    """Contract rate of the product version as a fraction, for affordability."""
    purpose: str
    """What the loan is for 借款用途, in the applicant's words."""
    profile: ApplicantProfile


class ApplicationAdmitted(Payload, frozen=True, kw_only=True):
    """The party has no other open application: this one may go on. Key: party."""

    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    application_id: str
    """Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it."""


class ApplicationBarred(Payload, frozen=True, kw_only=True):
    """The party may not apply now. Key: party."""

    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    application_id: str
    """Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it."""
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
    """Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it."""
    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    reason: str
    """`withdrawn`, `supplement-expired`, `duplicate`, `reapply-too-early` or `approval-lapsed`."""


class ApplicationCompleted(Payload, frozen=True, kw_only=True):
    """The contract is signed: the application is done and its approval can no longer lapse. Key:
    application.
    """

    application_id: str
    """Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it."""
    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    contract_id: str
    """Loan contract 借款合同 of the application, a UUID; empty where none is known."""


class ApplicationReturned(Payload, frozen=True, kw_only=True):
    """Sent back for supplement 补件, with reasons and a deadline (a business date, inclusive). Key:
    application.
    """

    application_id: str
    """Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it."""
    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    reasons: tuple[ReasonCode, ...]
    deadline: datetime.date
    """Last business date for the supplement, inclusive."""


class ApplicationSupplemented(Payload, frozen=True, kw_only=True):
    """The applicant handed in what was missing 补件; the fields hold the application's values after it. Key:
    application.
    """

    application_id: str
    """Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it."""
    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    purpose: str
    """What the loan is for 借款用途, in the applicant's words."""
    repayment_source: str
    """From what the loan will be repaid 还款来源, in the applicant's words."""
    profile: ApplicantProfile
    documents: tuple[Document, ...]


class BusinessDayClosed(Payload, frozen=True, kw_only=True):
    """Everything due on a business date was done on one partition: how many aggregates, how many events."""

    business_date: datetime.date
    """Business date 营业日."""
    partition: int
    """Number of the partition, counted from 0."""
    aggregates: int
    """Aggregates that had something due that day."""
    events: int
    """Events they emitted."""
    held: int
    """Aggregates that failed and were put on hold."""


class BusinessDayStarted(Payload, frozen=True, kw_only=True):
    """A business date opened on one partition; emitted by the partition itself, key `partition-<n>`."""

    business_date: datetime.date
    """Business date 营业日."""
    partition: int
    """Number of the partition, counted from 0."""
    calendar: str
    """Version of the calendar that says it is a business day, e.g. `every-day/1`."""


class ContractClosed(Payload, frozen=True, kw_only=True):
    """Ended without both signatures: `approval-lapsed` or `withdrawn`. Key: contract."""

    contract_id: str
    """Loan contract 借款合同 of the application, a UUID; empty where none is known."""
    contract_no: str
    """Number of the contract 合同编号 as people read it: `LS<business date>-<12 hex digits>`."""
    application_id: str
    """Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it."""
    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    reason: str
    """`approval-lapsed` or `withdrawn`."""


class ContractDrafted(Payload, frozen=True, kw_only=True):
    """The contract's text stands and waits for both signatures. Key: contract."""

    contract_id: str
    """Loan contract 借款合同 of the application, a UUID; empty where none is known."""
    contract_no: str
    """Number of the contract 合同编号 as people read it: `LS<business date>-<12 hex digits>`."""
    application_id: str
    """Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it."""
    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    terms: LoanTerms
    template: str
    """Template and version, e.g. `personal-credit/zh/1`."""
    language: Language
    digest: str
    """SHA-256 (hex) of the text's UTF-8 bytes."""
    valid_until: datetime.date
    """Last business date on which the contract can be signed, inclusive."""
    approver: str = "system"
    """Who approved the loan: that person may not release the money."""


class ContractFunded(Payload, frozen=True, kw_only=True):
    """The money for the signed contract is available: it can be drawn. Key: contract."""

    contract_id: str
    """Loan contract 借款合同 of the application, a UUID; empty where none is known."""
    contract_no: str
    """Number of the contract 合同编号 as people read it: `LS<business date>-<12 hex digits>`."""
    application_id: str
    """Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it."""
    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    amount: Money
    """Amount of what the message is about."""
    terms: LoanTerms
    digest: str
    """SHA-256 in 64 hexadecimal digits."""
    effective_date: datetime.date
    """Business date on which the contract took effect 生效日: that of the second signature."""
    approver: str
    """Who approved the loan 审批人: the subject of the access token, no personal data, or `system` where the
    rules did.
    """


class ContractSignatureGiven(Payload, frozen=True, kw_only=True):
    """One side accepted the text with this digest. Key: contract."""

    contract_id: str
    """Loan contract 借款合同 of the application, a UUID; empty where none is known."""
    application_id: str
    """Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it."""
    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    side: Side
    signatory: str
    """Who signed: the caller's subject."""
    digest: str
    """SHA-256 in 64 hexadecimal digits."""


class ContractSigned(Payload, frozen=True, kw_only=True):
    """Both sides accepted the text with this digest 合同签署; nothing changes after. Key: contract."""

    contract_id: str
    """Loan contract 借款合同 of the application, a UUID; empty where none is known."""
    contract_no: str
    """Number of the contract 合同编号 as people read it: `LS<business date>-<12 hex digits>`."""
    application_id: str
    """Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it."""
    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    terms: LoanTerms
    digest: str
    """SHA-256 in 64 hexadecimal digits."""
    signatories: tuple[str, ...]
    """Who signed, `<side>:<person>` for each side, borrower first; the person is the subject of the access
    token, no personal data.
    """
    effective_date: datetime.date
    """Business date on which the contract took effect 生效日: that of the second signature."""
    language: Language


class Disbursed(Payload, frozen=True, kw_only=True):
    """The bank confirmed amount, payee and value date 放款: interest starts on the value date. Key:
    drawdown.
    """

    drawdown_id: str
    """Payout of the contract 放款单, a UUID."""
    contract_id: str
    """Loan contract 借款合同 of the application, a UUID; empty where none is known."""
    contract_no: str
    """Number of the contract 合同编号 as people read it: `LS<business date>-<12 hex digits>`."""
    application_id: str
    """Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it."""
    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    amount: Money
    """Amount of what the message is about."""
    value_date: datetime.date
    """The bank's value date 起息日: from this day on the money counts."""
    bank_reference: str
    """The custody bank's own reference of the movement 银行流水号."""
    terms: LoanTerms
    payment_id: str = ""
    """Our number of the payment order, the bank's idempotency key."""


class DisbursementFailed(Payload, frozen=True, kw_only=True):
    """Finally refused, cancelled or returned 退汇. Key: drawdown."""

    drawdown_id: str
    """Payout of the contract 放款单, a UUID."""
    application_id: str
    """Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it."""
    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    amount: Money
    """Amount of what the message is about."""
    reason: str
    """The bank's answer in its words, or why the order was not sent."""
    payment_id: str = ""
    """Our number of the payment order, the bank's idempotency key; empty where no order was sent."""


class DisbursementOrdered(Payload, frozen=True, kw_only=True):
    """Last check passed, two different people released, the order goes to the bank. Key: drawdown."""

    drawdown_id: str
    """Payout of the contract 放款单, a UUID."""
    application_id: str
    """Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it."""
    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    amount: Money
    """Amount of what the message is about."""
    payee_ref: str
    """Vault reference of the account that is paid 收款账户: `<party>/bank_account/<application>`."""
    releasers: tuple[str, ...]
    """The two who released the payout, in order: of each the subject of the access token, no personal
    data.
    """
    contract_id: str = ""
    """Loan contract 借款合同 of the application, a UUID; empty where none is known."""
    checks: tuple[CheckResult, ...] = ()
    """Every result of the last check."""


class DisbursementUnknown(Payload, frozen=True, kw_only=True):
    """The bank's answer to the order is not known; it is asked, and the order is never sent anew. Key:
    drawdown.
    """

    drawdown_id: str
    """Payout of the contract 放款单, a UUID."""
    application_id: str
    """Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it."""
    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    amount: Money
    """Amount of what the message is about."""
    payment_id: str
    """Our number of the payment order, the bank's idempotency key; empty where no order was sent."""


class DrawdownReleased(Payload, frozen=True, kw_only=True):
    """The first of two people released the payout. Key: drawdown."""

    drawdown_id: str
    """Payout of the contract 放款单, a UUID."""
    application_id: str
    """Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it."""
    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    releaser: str
    """Who released the payout: the subject of the access token, no personal data."""


class DrawdownRequested(Payload, frozen=True, kw_only=True):
    """The funded contract is to be paid out; two people must release it 放款申请. Key: drawdown."""

    drawdown_id: str
    """Payout of the contract 放款单, a UUID."""
    contract_id: str
    """Loan contract 借款合同 of the application, a UUID; empty where none is known."""
    contract_no: str
    """Number of the contract 合同编号 as people read it: `LS<business date>-<12 hex digits>`."""
    application_id: str
    """Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it."""
    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    amount: Money
    """Amount of what the message is about."""
    payee_ref: str
    """Vault reference of the payee account."""
    terms: LoanTerms
    digest: str = ""
    """Digest of the signed contract; compared again at each release."""
    effective_date: datetime.date | None = None
    """Day on which the contract took effect: nothing is paid before it."""
    approver: str = "system"
    """Who approved the loan 审批人: the subject of the access token, no personal data, or `system` where the
    rules did.
    """


class LoanApplied(Payload, frozen=True, kw_only=True):
    """A person asked for a loan 贷款申请: need, amount, term, purpose, source of repayment. Key: application."""

    application_id: str
    """Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it."""
    loan_id: str
    """The loan that it becomes, if it does."""
    party_ref: str
    """Vault subject of the borrower: no personal data."""
    product_id: str
    """Loan product 贷款产品 by its code."""
    product_version: int
    """Number of the product's version, counted from 1."""
    product_terms: ProductTerms
    """The version's terms as they stood when it was handed in."""
    amount: Money
    """Amount of what the message is about."""
    months: int
    """Term 期限: number of monthly instalments."""
    purpose: str
    """What the loan is for 借款用途, in the applicant's words."""
    repayment_source: str
    """From what the loan will be repaid 还款来源, in the applicant's words."""
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
    """Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it."""
    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    terms: LoanTerms
    authority: str
    """By whose authority: the subject of the access token, no personal data, or `system` where the rules
    decided.
    """
    valid_until: datetime.date
    """Last business date on which the contract can be signed, inclusive."""
    language: Language


class LoanRefused(Payload, frozen=True, kw_only=True):
    """Refused, with reason codes 拒绝. Key: application."""

    application_id: str
    """Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it."""
    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    reasons: tuple[ReasonCode, ...]
    authority: str
    """By whose authority: the subject of the access token, no personal data, or `system` where the rules
    decided.
    """
    reapply_from: datetime.date
    """First business date on which the party may apply again; none when there is no waiting time."""
    language: Language


class PartyReleased(Payload, frozen=True, kw_only=True):
    """The party's open application ended, so that it may apply again (from `reapply_from` on). Key: party."""

    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    application_id: str
    """Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it."""
    reapply_from: datetime.date | None
    """First business date on which the party may apply again; none when there is no waiting time."""


class ProductProposed(Payload, frozen=True, kw_only=True):
    """A maker proposed a product version; it is not for sale before another person publishes it. Key:
    product.
    """

    product_id: str
    """Loan product 贷款产品 by its code."""
    version: int
    """Counted from 1 per product."""
    terms: ProductTerms
    maker: str
    """Who proposed it 经办人: the subject of the access token, no personal data."""


class ProductPublished(Payload, frozen=True, kw_only=True):
    """A product version with all its terms is open for sale, after maker and checker 产品发布. Key: product."""

    product_id: str
    """Loan product 贷款产品 by its code."""
    version: int
    """Counted from 1 per product."""
    terms: ProductTerms
    maker: str
    """Who proposed it 经办人: the subject of the access token, no personal data."""
    checker: str
    """Who checked and published it 复核人: the subject of the access token, no personal data; another person
    than the maker.
    """


class ProductWithdrawn(Payload, frozen=True, kw_only=True):
    """A product version is closed to new applications 产品下架; running loans are untouched. Key: product."""

    product_id: str
    """Loan product 贷款产品 by its code."""
    version: int
    """The version that is closed; counted from 1 per product."""
    reason: str
    """Why: a stable code, or the words of who did it."""
    withdrawn_by: str
    """Who closed it: the subject of the access token, no personal data."""


class ReviewRequested(Payload, frozen=True, kw_only=True):
    """The rules refer the application to a person 人工审批, who then approves or refuses it. Key: application."""

    application_id: str
    """Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it."""
    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    amount: Money
    """Amount of what the message is about."""
    limit: Money
    """The most that may be approved, by the risk assessment."""
    reasons: tuple[ReasonCode, ...]
    score: int
    """Points of the scorecard 评分, a whole number without unit: more points, less risk."""
    rating: str
    """Rating by the score 评级: `A` (best) to `E`."""
    scorecard: str
    """Scorecard and version, e.g. `consumer/1`."""


class WithdrawalRequested(Payload, frozen=True, kw_only=True):
    """The applicant withdraws after approval: the contract decides whether it was signed before. Key:
    application.
    """

    application_id: str
    """Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it."""
    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
