"""Events of servicing. Made from the contract by `make contract`; do not edit."""

import datetime

from loanstream_client.events.values import (
    AssetClass,
    Bucket,
    Capped,
    ChangeFacts,
    ChargedOffAccrual,
    Components,
    HolidayDue,
    HolidayInterest,
    InstalmentAmounts,
    InstalmentCorrection,
    LoanTerms,
    LprTenor,
    Money,
    PaymentCorrection,
    PaymentKind,
    PrepaymentMode,
    RestoredInstalment,
    RevisedInstalment,
    ScheduledInstalment,
)
from loanstream_client.payload import Payload


class AccrualStatusChanged(Payload, frozen=True, kw_only=True):
    """To or from non-accrual status 非应计. Key: loan.

    It is about the lender's income: the debtor's claim goes on.
    """

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    accruing: bool
    """Whether interest counts as income from now on."""
    effective: datetime.date
    """Business date from which the status holds."""
    days_past_due: int
    """Legal days past due."""
    reversed: Components
    """Interest, penalty and compound interest that is unpaid, posted or not, and no longer counts as
    income; zero on the return.
    """
    reason: str
    """Why: a stable code, or the words of who did it."""


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


class AmountWaived(Payload, frozen=True, kw_only=True):
    """A component was reduced by somebody's authority 减免; waived principal is forgiven. Key: loan."""

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    waived: Components
    instalments: tuple[InstalmentAmounts, ...]
    """The waiver again, instalment by instalment, oldest first; its parts sum to `waived`."""
    outstanding_principal: Money
    """Principal still owed on the loan after it 剩余本金."""
    authority: str
    """Who decided it: the subject of the command."""
    reason: str
    """Why: a stable code, or the words of who did it."""
    waived_on: datetime.date | None = None
    """Business day from which the waiver counts; absent in events of before it was given."""
    cause: str = ""
    """`discounted-settlement` when it follows from an agreed settlement that was paid; empty for a waiver
    on its own.
    """
    maker: str = ""
    """Who proposed it; empty within the first tier."""
    approvals: tuple[str, ...] = ()
    """References of what was approved."""


class AssetClassChanged(Payload, frozen=True, kw_only=True):
    """The five-category class 五级分类 of the loan changed. Key: loan."""

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    effective: datetime.date
    """Business date from which the class holds."""
    previous: AssetClass
    asset_class: AssetClass
    """The class from now on."""
    days_past_due: int
    """Legal days past due: a grace that is not in the contract does not count."""
    by: str
    """`floor`: the days past due; `person`: somebody's decision; `cured`: a table by which a claim returns
    by itself.
    """
    reason: str
    """Why: a stable code, or the words of who did it."""
    source: str
    """The rule behind the table of days."""
    authority: str
    """Who decided it: the subject of the command, `system` for the days past due."""
    excepted_since: datetime.date | None = None
    """Arrears since this day have a technical cause: up to seven days past due they do not count; absent
    when none have.
    """


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


class ChangeUndone(Payload, frozen=True, kw_only=True):
    """A change is taken back before the borrower was told; `ScheduleRevised` with the old rows follows.
    Key: loan.
    """

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    change: str
    """The cause that the undone `ScheduleRevised` named."""
    annual_rate: str
    """The rate that holds again, fraction a year."""
    facts: ChangeFacts
    """Those that hold again."""
    reason: str
    """Why: a stable code, or the words of who did it."""


class ChargedOff(Payload, frozen=True, kw_only=True):
    """Counted as lost while it stays on the books and takes payments. Key: loan."""

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    charged_off_on: datetime.date
    """Business day from which the loan counts as lost."""
    charged_off: Components
    """All principal, the interest already due, penalty, fees and costs."""
    days_past_due: int
    """Days past due 逾期天数: calendar days from the oldest unpaid due date to the business date."""
    accrual: ChargedOffAccrual
    """What the debtor's claim does from now on; income stops either way."""
    authority: str
    """By whose authority: the subject of the access token, no personal data, or `system` where the rules
    decided.
    """
    reason: str
    """Why: a stable code, or the words of who did it."""
    approvals: tuple[str, ...] = ()
    """References of what was approved."""


class ClaimSold(Payload, frozen=True, kw_only=True):
    """The claim was sold and left the books 债权转让; later money is held for its owner. Key: loan."""

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    buyer: str
    """Reference of the buyer."""
    price: Money
    sold_on: datetime.date
    """Business day on which the claim left the books."""
    claim: Components
    """What the debtor owes on that day."""
    principal: Money
    """Principal that leaves the balance: zero where it was written off before."""
    authority: str
    """By whose authority: the subject of the access token, no personal data, or `system` where the rules
    decided.
    """
    approvals: tuple[str, ...] = ()
    """References of what was approved."""
    reason: str = ""
    """Why: a stable code, or the words of who did it."""
    supplement: bool = False
    """A payment of before the sale was taken back: what it had paid goes over, too; the price is zero."""


class DelinquencyBucketChanged(Payload, frozen=True, kw_only=True):
    """The bucket moved up or down 逾期阶段. Key: loan."""

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    previous: Bucket
    bucket: Bucket
    days_past_due: int
    """Days past due 逾期天数: calendar days from the oldest unpaid due date to the business date."""
    past_due: Components


class DueDateChanged(Payload, frozen=True, kw_only=True):
    """Later instalments fall due on another day of the month 变更还款日; `ScheduleRevised` follows. Key: loan."""

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    previous_first: datetime.date
    """Due date of the next instalment so far."""
    first: datetime.date
    """Next due date from now on; later ones follow month by month."""
    supplement: str
    """Reference of the signed supplement 补充协议."""


class FeeCharged(Payload, frozen=True, kw_only=True):
    """A charge of the signed cost table was claimed 收取费用. Key: loan."""

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    code: str
    """Its row in the cost table."""
    component: str
    """`fee`, or `cost` for the cost of enforcing the claim."""
    number: int
    """Instalment with which it falls due, counted from 1."""
    charged_on: datetime.date
    """Business date from which it is owed."""
    due_date: datetime.date
    """Due date of that instalment."""
    amount: Money
    """Amount of what the message is about."""
    capped: Capped | None = None
    """Absent when the cap cut nothing; `amount` is what was charged besides."""
    reason: str
    """Why: a stable code, or the words of who did it."""
    authority: str
    """Who decided it: the subject of the command."""


class HolidayGranted(Payload, frozen=True, kw_only=True):
    """Instalments are skipped 延期还本付息; `ScheduleRevised` follows. The bureau is told. Key: loan."""

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    from_date: datetime.date
    """First day, inclusive."""
    until: datetime.date
    """First due date after it."""
    instalments: int
    """Number of instalments that are skipped."""
    interest: HolidayInterest
    """Interest 利息."""
    interest_due: HolidayDue
    extends_term: bool
    """Whether the loan ends that many instalments later."""
    deferred_interest: Money
    """Interest of the days skipped that is asked for later."""
    forgone_interest: Money
    """Interest of the days skipped that is never asked for."""
    bureau_flag: str
    """How the credit bureau is told."""
    supplement: str
    """Reference of the signed supplement 补充协议."""


class InstallmentDue(Payload, frozen=True, kw_only=True):
    """An instalment became due today, by component. Key: loan."""

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    number: int
    """Number of the instalment in the loan's schedule 期次, counted from 1."""
    due_date: datetime.date
    """Day on which the instalment is due 应还日."""
    principal: Money
    """Principal 本金."""
    interest: Money
    """Interest 利息."""
    unpaid: Money
    """What of it is not yet paid (early payments count)."""


class InstallmentPaid(Payload, frozen=True, kw_only=True):
    """An instalment is fully paid. Key: loan."""

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    number: int
    """Number of the instalment in the loan's schedule 期次, counted from 1."""
    due_date: datetime.date
    """Day on which the instalment is due 应还日."""
    paid_on: datetime.date
    """Value date of the payment that paid the last of it."""


class InterestAccrued(Payload, frozen=True, kw_only=True):
    """What was earned and not posted yet when a month was over 计提. Key: loan.

    Information for accounting; nothing is claimed by it. It replaces the figure of the month before.
    """

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    until: datetime.date
    """Up to this day, exclusive: the first of the next month."""
    accrued: Components
    """Contract interest of the running period, penalty and compound interest not posted, by component."""
    accruing: bool
    """Whether it counts as income; in non-accrual status it is a memorandum figure."""


class LoanAccelerated(Payload, frozen=True, kw_only=True):
    """The lender called the loan: everything is due 提前到期. Key: loan.

    `ScheduleRevised` follows with one row for what was not due yet, and `InstallmentDue` for that row.
    """

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    effective: datetime.date
    """Business date on which everything became due."""
    reason: str
    """Why: a stable code, or the words of who did it."""
    notice: str
    """Reference of the notice that was served on the borrower."""
    notified_on: datetime.date
    """When the notice was served."""
    called: Components
    """What became due by it: the principal not due yet and the interest on it up to `effective`,
    exclusive.
    """
    authority: str
    """Who decided it: the subject of the command."""


class LoanAssigned(Payload, frozen=True, kw_only=True):
    """Who looks after the loan changed 管户变更. Key: loan."""

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    unit: str
    """Unit 机构; empty when none is named."""
    officer: str
    """Officer 客户经理; empty when none is named."""


class LoanBooked(Payload, frozen=True, kw_only=True):
    """A disbursed loan is on the books with frozen terms and its first schedule. Key: loan."""

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    application_id: str
    """Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it."""
    contract_no: str
    """Number of the contract 合同编号 as people read it: `LS<business date>-<12 hex digits>`."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    terms: LoanTerms
    value_date: datetime.date
    """Interest runs from this day, inclusive 起息日."""
    maturity: datetime.date
    """Due date of the last instalment 到期日."""
    schedule: tuple[ScheduledInstalment, ...]
    unit: str = ""
    """Unit that looks after the loan 机构; empty when none is named."""
    officer: str = ""
    """Officer who looks after it 客户经理; empty when none is named."""


class LoanCorrected(Payload, frozen=True, kw_only=True):
    """Amounts already published were wrong from `from_date` on, old and new by component 更正. Key: loan.

    Emitted when a payment counts from an earlier day than today, or one is undone, and the ledger
    written anew from that day differs from what was published. Nothing that was published (`Overdue`,
    bucket, penalty) is withdrawn.
    """

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    from_date: datetime.date
    """First day from which the published amounts were wrong."""
    cause: str
    """`back-dated-payment` or `reversal`."""
    reference: str
    """What caused it: the receipt."""
    instalments: tuple[InstalmentCorrection, ...]
    payments: tuple[PaymentCorrection, ...] = ()
    """Other payments whose money pays something else now."""
    outstanding_principal: Money | None = None
    """Unpaid principal after the correction; absent when no payment was corrected."""


class LoanExtended(Payload, frozen=True, kw_only=True):
    """Maturity is moved 展期; `ScheduleRevised` follows. Key: loan."""

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    months: int
    """By how many months, this time."""
    months_in_all: int
    """Number of months of all extensions of the loan together."""
    previous_maturity: datetime.date
    """Due date of the last instalment until now."""
    maturity: datetime.date
    """Due date of the last instalment 到期日."""
    supplement: str
    """Reference of the signed supplement."""
    approval: str
    """Reference of the approval."""
    guarantor_consent: str = ""
    """Reference of the guarantor's consent; empty when there is none."""
    security_consent: str = ""
    """Reference of the consent of who gave security; empty when there is none."""
    security_covers: str
    """`extended` with the consents, else `original`: the security covers the old terms only (Civil Code
    695).
    """


class LoanReAged(Payload, frozen=True, kw_only=True):
    """Arrears of principal and interest are moved into later instalments; `ScheduleRevised` follows. Key:
    loan.
    """

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    moved: Components
    oldest_breach: datetime.date
    """Legal days past due, class and bureau status go on from here."""
    approval: str
    """Reference of the approval."""


class LoanReAmortised(Payload, frozen=True, kw_only=True):
    """What is not yet due is spread anew over the same dates; `ScheduleRevised` follows. Key: loan."""

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    approval: str
    """Reference of the approval."""


class LoanRestructured(Payload, frozen=True, kw_only=True):
    """Terms are eased because the borrower is in difficulty 重组; `ScheduleRevised` follows. Key: loan."""

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    finding: str
    """Reference of the recorded finding of financial difficulty."""
    times: int
    """How often by now; from the second on the class is at least substandard 次级."""
    months: int
    """Number of instalments from now on."""
    previous_rate: str
    """Rate until now, a fraction a year: 0.144 = 14.4 %."""
    annual_rate: str
    """Fraction a year."""
    observed_from: datetime.date
    """First repayment date after it."""
    observed_until: datetime.date
    """At least a year and two periods later; a miss starts it again."""
    supplement: str
    """Reference of the signed supplement 补充协议."""
    approval: str
    """Reference of the approval."""


class MoneyReceived(Payload, frozen=True, kw_only=True):
    """The bank credited money for a loan; not yet applied. Key: receipt = bank reference."""

    receipt_id: str
    """Receipt 收款: the bank's reference of the incoming payment."""
    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    amount: Money
    """Amount of what the message is about."""
    value_date: datetime.date
    """The bank's value date 起息日: from this day on the money counts."""
    channel: str
    """How the money came 支付渠道: a code of whoever records it, such as `bank-transfer`; `manual` when left
    out.
    """
    kind: PaymentKind = "repayment"
    """Kind of document by the product's checklist."""


class ObservationRestarted(Payload, frozen=True, kw_only=True):
    """An instalment was missed while a restructured loan is observed 观察期重新计算. Key: loan."""

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    observed_from: datetime.date
    """First day of the observation that begins anew."""
    observed_until: datetime.date
    """Its last day."""


class Overdue(Payload, frozen=True, kw_only=True):
    """An arrears episode began, after grace; once per episode 逾期. Key: loan."""

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    since: datetime.date
    """Oldest unpaid due date."""
    days_past_due: int
    """Days past due 逾期天数: calendar days from the oldest unpaid due date to the business date."""
    past_due: Components


class OverdueCured(Payload, frozen=True, kw_only=True):
    """Nothing is past due any more: the arrears episode ended. Key: loan."""

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    since: datetime.date
    """Oldest unpaid due date when the arrears episode began."""
    cured_on: datetime.date
    """Business date from which nothing is past due any more."""


class PaymentDeclined(Payload, frozen=True, kw_only=True):
    """The loan could not take the money of a receipt (unknown, settled, sold): the receipt goes to
    suspense. Key: loan.
    """

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    receipt_id: str
    """Receipt 收款: the bank's reference of the incoming payment."""
    amount: Money
    """Amount of what the message is about."""
    reason: str
    """`loan-unknown`, `loan-settled`, `claim-sold`, `claim-recovered`, `currency-differs` or `amount-
    invalid`.
    """


class PaymentReceived(Payload, frozen=True, kw_only=True):
    """Money was credited to the loan: value date, channel, allocation by component 还款. Key: loan.

    After a write-off money comes as `RecoveryReceived`; what came in whatever became of it is in
    `MoneyReceived`.
    """

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    receipt_id: str
    """Receipt 收款: the bank's reference of the incoming payment."""
    value_date: datetime.date
    """The bank's value date 起息日: from this day on the money counts."""
    channel: str
    """How the money came 支付渠道: a code of whoever records it, such as `bank-transfer`; `manual` when left
    out.
    """
    amount: Money
    """Applied to the loan; what is left of the receipt is `surplus`."""
    allocation: Components
    surplus: Money
    """Not needed by the loan: stays on the receipt as suspense."""
    outstanding_principal: Money
    """Principal still owed on the loan after it 剩余本金."""
    instalments: tuple[InstalmentAmounts, ...] = ()
    """The allocation again, instalment by instalment, oldest first; its parts sum to `allocation`."""
    number: int = 0
    """Number of the payment on its loan, counted from 1 in the order of booking; 0 in events of before it
    was given.
    """
    kind: PaymentKind = "repayment"
    """Kind of document by the product's checklist."""


class PaymentReversed(Payload, frozen=True, kw_only=True):
    """A payment was undone: bank error or chargeback 冲正. Key: loan.

    It undoes the `PaymentReceived` of the same loan and receipt, which stands before it in the
    partition: channel and value date are there. A receipt gives a loan one payment at most.
    """

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    receipt_id: str
    """Receipt 收款: the bank's reference of the incoming payment."""
    amount: Money
    """What the loan had applied of the receipt, without its surplus."""
    allocation: Components
    """What is owed again, by component."""
    cause: str
    """Why the bank took the money back, in the words of who recorded it."""
    outstanding_principal: Money
    """Principal still owed on the loan after it 剩余本金."""
    instalments: tuple[RestoredInstalment, ...] = ()
    """What is owed again, instalment by instalment; its parts sum to `allocation`."""
    reopened: bool = False
    """Whether the loan was settled and is open again."""


class PaymentSuspended(Payload, frozen=True, kw_only=True):
    """Held unallocated 挂账: loan unknown or closed. Key: receipt."""

    receipt_id: str
    """Receipt 收款: the bank's reference of the incoming payment."""
    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    amount: Money
    """Amount of what the message is about."""
    reason: str
    """As in `PaymentDeclined`."""


class PayoffQuoted(Payload, frozen=True, kw_only=True):
    """What settles the loan on a day 结清试算. Good to that day's end; any other event of the loan voids it.
    Key: loan.
    """

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    on: datetime.date
    """Business day for which it is quoted; valid to its end."""
    due: Components
    """What is due by then, arrears and penalty to the day included."""
    principal: Money
    """Not yet due, after `unused_prepaid`."""
    interest: Money
    """Of the running period, to the day exclusive, not paid yet."""
    fee: Money
    """For prepaying."""
    unused_prepaid: Money
    """Interest paid in advance for days that do not come: taken off the principal."""
    total: Money
    """Paid on the day it settles the loan exactly."""


class PenaltyCharged(Payload, frozen=True, kw_only=True):
    """Penalty interest 罚息 posted: base × rate ÷ day basis × days, half-up to the minor unit. Key: loan."""

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    number: int
    """Instalment in arrears, counted from 1."""
    amount: Money
    """Amount of what the message is about."""
    base: Money
    """Unpaid principal of the instalment."""
    annual_rate: str
    """Penalty rate per year 罚息利率 as a fraction, 0.216 = 21.6 %: contract rate × penalty multiplier."""
    from_date: datetime.date
    """First day charged, inclusive."""
    to_date: datetime.date
    """Last day, exclusive."""
    days: int
    """Calendar days charged: from `from_date` to `to_date`."""
    kind: str = "penalty"
    """`penalty`; `compound`: compound interest 复利, whose base is unpaid contract interest; `damages`:
    agreed damages.
    """
    capped: Capped | None = None
    """Absent when the cap cut nothing; `amount` is what was posted besides."""


class PenaltyRateRaised(Payload, frozen=True, kw_only=True):
    """Funds were misused 挪用: the heavier penalty rate holds from `since` on. Key: loan.

    `since` is the day of the misuse, or the day up to which penalty was posted already when that is
    later.
    """

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    since: datetime.date
    """Oldest unpaid due date when the arrears episode began."""
    annual_rate: str
    """Penalty rate per year from then on as a fraction, 0.288 = 28.8 %."""
    reference: str
    """The finding of misuse."""
    authority: str
    """Who decided it: the subject of the command."""


class Prepaid(Payload, frozen=True, kw_only=True):
    """Principal is repaid early 提前还款; `ScheduleRevised` and `PaymentReceived` follow. Key: loan."""

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    receipt_id: str
    """Receipt 收款: the bank's reference of the incoming payment."""
    mode: PrepaymentMode
    on: datetime.date
    """The day from which the new schedule counts."""
    number: int
    """Number of the row that the prepayment is in the new schedule."""
    principal: Money
    """Principal 本金."""
    interest: Money
    """To the day, exclusive, paid with it."""
    fee: Money
    unused_prepaid: Money
    """Interest paid in advance for days that do not come, which pays principal now."""
    interest_saved: Money
    """Interest not yet earned, before less after."""


class PrepaymentInstructed(Payload, frozen=True, kw_only=True):
    """The borrower asks that money to come repays early 提前还款申请. Key: loan."""

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    mode: PrepaymentMode
    principal: Money | None = None
    """Principal to prepay; absent for all of it."""
    receipt_id: str = ""
    """The receipt that brings the money; empty: the first one that suffices."""
    valid_until: datetime.date
    """Last value date of such money."""
    to_pay: Money
    """What would carry it out today: what is due, interest, fee and principal."""


class RateReset(Payload, frozen=True, kw_only=True):
    """The rate is set anew under the contract 重定价; `ScheduleRevised` follows when it changes the rows.
    Key: loan.
    """

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    reset_on: datetime.date
    """The day from which the new rate counts, inclusive."""
    tenor: LprTenor
    index: str
    """Loan prime rate, fraction a year."""
    published: datetime.date
    """Day on which the index value was published."""
    source: str
    """Who published it."""
    spread_bp: int
    """Spread over the index in basis points: 100 points are 1 %."""
    previous_rate: str
    """Rate until now, a fraction a year: 0.144 = 14.4 %."""
    annual_rate: str
    """Index plus spread within cap and floor, fraction a year."""
    next_reset: datetime.date
    """Next day on which the rate is set anew; absent after the last one."""


class ReceiptApplied(Payload, frozen=True, kw_only=True):
    """The receipt's money was applied to its loan; the rest is suspended. Key: receipt."""

    receipt_id: str
    """Receipt 收款: the bank's reference of the incoming payment."""
    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    applied: Money
    """Part of the receipt that the loan took."""
    suspended: Money
    """Part of the receipt that no loan took: held unallocated 挂账."""


class ReceiptReversalRequested(Payload, frozen=True, kw_only=True):
    """The bank took the money back: the loan must undo the payment. Key: receipt."""

    receipt_id: str
    """Receipt 收款: the bank's reference of the incoming payment."""
    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    amount: Money
    """Amount of what the message is about."""
    cause: str
    """Why the bank took the money back, in the words of who recorded it."""


class ReceiptReversed(Payload, frozen=True, kw_only=True):
    """The receipt is undone: none of its money counts any more. Key: receipt."""

    receipt_id: str
    """Receipt 收款: the bank's reference of the incoming payment."""
    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    amount: Money
    """The receipt's, without what of it had been refunded."""
    cause: str
    """Why the bank took the money back, in the words of who recorded it."""


class RecoveryReceived(Payload, frozen=True, kw_only=True):
    """Money came in after write-off 核销后收回. Key: loan."""

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    receipt_id: str
    """Receipt 收款: the bank's reference of the incoming payment."""
    value_date: datetime.date
    """The bank's value date 起息日: from this day on the money counts."""
    amount: Money
    """Taken as recovery; what is left of the receipt is `surplus`."""
    allocation: Components | None = None
    """`amount` by component, in the order cost, principal, memo interest, rest; absent in events of before
    it was stated.
    """
    memo_interest: Money | None = None
    """What of it is memo interest 表外利息: contract interest, penalty and compound interest, written off or
    accrued since.
    """
    surplus: Money | None = None
    """Above the whole claim: stays on the receipt as suspense; absent when there is none."""
    instalments: tuple[InstalmentAmounts, ...] = ()
    """The allocation again, instalment by instalment; its parts sum to `allocation`."""


class RecoveryReversed(Payload, frozen=True, kw_only=True):
    """A recovery was undone: bank error or chargeback 冲正. Key: loan."""

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    receipt_id: str
    """Receipt 收款: the bank's reference of the incoming payment."""
    amount: Money
    """Amount of what the message is about."""
    cause: str
    """Why the bank took the money back, in the words of who recorded it."""
    allocation: Components | None = None
    """What the recovery had paid, by component; absent where that was not stated."""


class RefundPaid(Payload, frozen=True, kw_only=True):
    """Suspended money goes back to who paid it 退款. Key: receipt."""

    receipt_id: str
    """Receipt 收款: the bank's reference of the incoming payment."""
    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    amount: Money
    """Amount of what the message is about."""
    suspended: Money
    """What of the receipt is still held."""
    refund_reference: str
    """The payout's own reference."""
    reason: str
    """Why: a stable code, or the words of who did it."""
    authority: str
    """By whose authority: the subject of the access token, no personal data, or `system` where the rules
    decided.
    """


class RulesAdopted(Payload, frozen=True, kw_only=True):
    """The loan moved to another version of the arithmetic 规则升级: what is computed from that day on follows
    it. Key: loan.

    The schedule, and everything that was posted, stays as it was decided.
    """

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    previous: str
    """Version until now, e.g. `cn-bank/1`."""
    rules: str
    """Version from now on."""
    adopted_on: datetime.date
    """Business day from which it holds."""
    reason: str
    """Why: a stable code, or the words of who did it."""
    authority: str
    """Who decided it: the subject of the command."""


class ScheduleRevised(Payload, frozen=True, kw_only=True):
    """The rows from one number on are replaced 还款计划变更; rows before it stand, later ones that are not named
    are gone.

    Key: loan. It follows the event that says what happened: a prepayment, an extension, a new rate.
    """

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    cause: str
    """What changed the schedule, e.g. `prepayment`, `extension`, `undo`."""
    effective: datetime.date
    """From when the new rows count."""
    from_number: int
    """Number of the first row that is replaced, counted from 1."""
    previous_count: int
    """Number of rows that the schedule had before."""
    rows: tuple[RevisedInstalment, ...]
    maturity: datetime.date
    """Due date of the last instalment 到期日."""
    outstanding_principal: Money
    """Principal still owed on the loan after it 剩余本金."""
    earned: Money | None = None
    """Of the first later row's interest, what was earned before `accrues_from`; from then on it accrues by
    day.
    """
    accrues_from: datetime.date | None = None
    """Absent when the running row's interest accrues from the due date before it."""
    booked_months: int = 0
    """Number of instalments that the loan was booked with."""
    capitalised: Money | None = None
    """Interest that became principal; absent when none did, negative when that is undone."""


class Settled(Payload, frozen=True, kw_only=True):
    """Closed: every component is zero 结清. Key: loan."""

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    contract_no: str
    """Number of the contract 合同编号 as people read it: `LS<business date>-<12 hex digits>`."""
    settled_on: datetime.date
    """Business date on which the loan closed 结清日."""
    kind: str
    """`paid` (in full), `discounted` (a part was waived) or `compensated` (somebody who answers for the
    debtor paid).
    """


class SettlementAgreed(Payload, frozen=True, kw_only=True):
    """A smaller sum, paid by a date, will settle the loan 减免结清. Key: loan.

    Nothing is waived yet. While it stands, money goes to costs, fees, principal and interest first:
    what is waived is penalty before compound interest before interest before principal.
    """

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    agreed_on: datetime.date
    """Business day on which it was agreed."""
    amount: Money
    """To be paid from now on, in one or more payments."""
    by: datetime.date
    """Last value date that counts."""
    claim: Components
    """What is owed when it is agreed."""
    reduction: Components
    """What of it would be waived: `claim` less `amount`."""
    authority: str
    """By whose authority: the subject of the access token, no personal data, or `system` where the rules
    decided.
    """
    maker: str
    """Who proposed it 经办人: the subject of the access token, no personal data."""
    approvals: tuple[str, ...]
    """References of what was approved."""
    reason: str
    """Why: a stable code, or the words of who did it."""


class SettlementLapsed(Payload, frozen=True, kw_only=True):
    """The agreed sum was not paid by its date, or was taken back: the full claim stands again. Key: loan."""

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    lapsed_on: datetime.date
    """Business day from which the full claim stands again."""
    cause: str
    """`unpaid` or `payment-reversed`."""
    amount: Money
    """The agreed sum."""
    by: datetime.date
    """Last value date that would have counted."""
    paid: Money
    """Paid of `amount`, reversals taken off; it stays credited."""
    revived: Components
    """What was waived under the agreement and is owed again; zero when it was never paid in full."""
    outstanding_principal: Money
    """Principal still owed on the loan after it 剩余本金."""
    instalments: tuple[RestoredInstalment, ...] = ()
    """`revived` instalment by instalment."""


class WrittenOff(Payload, frozen=True, kw_only=True):
    """Off the balance, the claim is kept 核销. Key: loan."""

    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    written_off: Components
    days_past_due: int
    """Days past due 逾期天数: calendar days from the oldest unpaid due date to the business date."""
    authority: str
    """By whose authority: the subject of the access token, no personal data, or `system` where the rules
    decided.
    """
    approvals: tuple[str, ...] = ()
    """References of what was approved."""
