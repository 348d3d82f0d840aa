// Made from the contract by `make contract`; do not edit.

/** Decimal text such as "12.34". Never read it as a float: amounts must stay exact. */
export type Decimal = string;

/** A day as ISO text, "2026-05-31". */
export type IsoDate = string;

/**
 * An amount in major units with as many decimals as the currency has, and the ISO 4217 code.
 *
 * JSON: `{"amount": "12.34", "currency": "CNY"}`. An edge takes the amount as a string of plain digits only, and
 * gives one with fewer decimals those of its currency. State keeps integer minor units instead (see minor).
 */
export interface Money {
  /** major units, exact decimal */
  readonly amount: Decimal;
  /** ISO 4217 code */
  readonly currency: string;
}

/**
 * What an applicant declares for the assessment: banded, without identifiers and without protected attributes.
 *
 * The bands are closed vocabularies (schemas.bands), the readable values of the Statlog German credit data.
 * Names, identity numbers, contact and bank data are personal data and stand in the vault alone.
 */
export interface ApplicantProfile {
  /** Balance band of the existing current account. */
  readonly checking_account: "... < 0 DM" | "0 <= ... < 200 DM" | "... >= 200 DM / salary assignments for at least 1 year" | "no checking account";
  readonly credit_history: "no credits taken/ all credits paid back duly" | "all credits at this bank paid back duly" | "existing credits paid back duly till now" | "delay in paying off in the past" | "critical account/ other credits existing (not at this bank)";
  readonly savings: "... < 100 DM" | "100 <= ... < 500 DM" | "500 <= ... < 1000 DM" | "... >= 1000 DM" | "unknown/ no savings account";
  /** How long in the present employment. */
  readonly employment: "unemployed" | "... < 1 year" | "1 <= ... < 4 years" | "4 <= ... < 7 years" | "... >= 7 years";
  /**
   * Instalment as a share of disposable income, in four classes: 1 below 20 %, 2 20–25 %, 3 25–35 %, 4 35 % and
   * more.
   */
  readonly instalment_burden: number;
  readonly other_debtors: "none" | "co-applicant" | "guarantor";
  /** Years at the present address. */
  readonly residence_years: number;
  readonly property: "real estate" | "building society savings agreement/ life insurance" | "car or other, not in attribute Savings account/bonds" | "unknown / no property";
  /** E.g. `25-34`. */
  readonly age_band: "18-24" | "25-34" | "35-44" | "45-54" | "55-64" | "65-";
  /** Instalment plans with banks or stores. */
  readonly other_plans: "none" | "bank" | "stores";
  readonly housing: "rent" | "own" | "for free";
  readonly existing_credits: number;
  readonly job: "unemployed/ unskilled - non-resident" | "unskilled - resident" | "skilled employee / official" | "management/ self-employed/ highly qualified employee/ officer";
  readonly dependants: number;
  /** Disposable income a month, declared. */
  readonly monthly_income: Money;
}

/** Delinquency bucket by days past due: M0 = 0, M1 = 1–30, M2 = 31–60 … M6 = 151–180, M7 = more than 180 (M6+). */
export type Bucket = "M0" | "M1" | "M2" | "M3" | "M4" | "M5" | "M6" | "M7";

/** One item of the last check before a payout 放款前核查: what was compared, and that it held. */
export interface CheckResult {
  /** `contract-digest`, `amount-within-contract`, `business-date` or `two-releasers`. */
  readonly check: string;
  /** `pass`: an item that does not hold refuses the release instead. */
  readonly result: string;
  /** The values that were compared. */
  readonly detail: string;
}

/** An amount by component 按科目. */
export interface Components {
  readonly principal: Money;
  readonly interest: Money;
  /** 罚息. */
  readonly penalty: Money;
}

/** A document handed in: kind by the product's checklist and the SHA-256 of the file. */
export interface Document {
  readonly kind: string;
  readonly digest: string;
}

/** What of a payment, waiver or correction falls on one instalment, by component. */
export interface InstalmentAmounts {
  readonly number: number;
  readonly principal: Money;
  readonly interest: Money;
  readonly penalty: Money;
}

/** What is owed on one instalment before and after a correction, by component. */
export interface InstalmentCorrection {
  readonly number: number;
  readonly previous: Components;
  readonly corrected: Components;
}

/** Language of what a person is sent or signs. */
export type Language = "zh" | "en";

/** How a loan is repaid 还款方式. */
export type RepaymentMethod = "equal-instalment" | "equal-principal";

/** The terms a loan is made with; frozen into its first event and never changed by a later product version. */
export interface LoanTerms {
  readonly product_id: string;
  readonly product_version: number;
  /** Amount lent 本金. */
  readonly principal: Money;
  /** Number of monthly instalments 期数. */
  readonly months: number;
  /**
   * Contract rate per year 年利率; monthly = annual/12 (Chinese bank practice). (a rate as a fraction, 0.144 = 14.4
   * %)
   */
  readonly annual_rate: Decimal;
  readonly method: RepaymentMethod;
  /** Penalty rate 罚息 = contract rate × this: 1.3 to 1.5 when overdue (银发〔2003〕251号). */
  readonly penalty_multiplier: Decimal;
  /** Days of the year for daily interest and penalty: annual/360. */
  readonly day_basis: number;
  /** Arrears grace 宽限期: days without penalty and `Overdue`; once missed, both count from the due date. */
  readonly grace_days: number;
  /** Order of components in which money is applied, e.g. penalty, interest, principal 冲账顺序. */
  readonly allocation_order: readonly string[];
  /** Version of the arithmetic, e.g. `cn-bank/1`. */
  readonly rules: string;
}

/**
 * One leg of a double entry on the custody ledger: positive credits the account, negative debits it.
 *
 * The postings of one event sum to zero. `bank` is the custody bank's mirror account; `in-transit/<transfer>`
 * holds money between two accounts.
 */
export interface Posting {
  readonly account: string;
  readonly amount: Money;
}

/** What a product version allows and fixes 产品条款. */
export interface ProductTerms {
  readonly name_zh: string;
  readonly name_en: string;
  /** `personal-credit` 信用贷 for now. */
  readonly kind: string;
  readonly minimum: Money;
  readonly maximum: Money;
  readonly minimum_months: number;
  readonly maximum_months: number;
  /** a rate as a fraction, 0.144 = 14.4 % */
  readonly annual_rate: Decimal;
  readonly methods: readonly RepaymentMethod[];
  readonly penalty_multiplier: Decimal;
  readonly day_basis: number;
  readonly grace_days: number;
  readonly allocation_order: readonly string[];
  readonly rules: string;
  /** Checklist: kinds of document an application must carry. */
  readonly documents: readonly string[];
  /** Days from approval to the last day of signing. */
  readonly approval_valid_days: number;
  /** Days an applicant has to supplement a returned application 补件. */
  readonly supplement_days: number;
  /** Waiting time after a refusal. */
  readonly reapply_after_days: number;
}

/** A reason of a decision: stable code, sentence, and the rule with its version. */
export interface ReasonCode {
  readonly code: string;
  readonly message: string;
  readonly rule?: string;
}

/** What is owed again on one instalment after a payment was undone, by component. */
export interface RestoredInstalment {
  readonly number: number;
  readonly principal: Money;
  readonly interest: Money;
  readonly penalty: Money;
  /** Penalty is charged up to this day, exclusive; from it on it runs on all unpaid principal of the instalment. */
  readonly penalty_through: IsoDate;
}

/** One rule as it was applied: version, inputs, outcome. */
export interface RuleResult {
  readonly rule: string;
  readonly version: string;
  readonly inputs: string;
  /** `pass`, `refer` or `refuse`. */
  readonly outcome: string;
}

/** One row of a schedule 还款计划. */
export interface ScheduledInstalment {
  readonly number: number;
  readonly due_date: IsoDate;
  readonly principal: Money;
  readonly interest: Money;
}

/** A lender's part of a loan or of a repayment. */
export interface Share {
  readonly account_id: string;
  readonly amount: Money;
  /** Fraction of the whole, the shares sum to 1. */
  readonly share: string;
}

/** A side of a loan contract 合同当事人. */
export type Side = "borrower" | "lender";

/** Events of origination. */
export namespace origination {
  /** An aggregate failed inside a day: its later commands are refused `on-hold` until it is released. */
  export interface AggregateHeld {
    readonly aggregate_id: string;
    readonly business_date: IsoDate;
    /** Names the dead letter and the log line. */
    readonly error_id: string;
  }
  /** An operator took the aggregate off hold. */
  export interface AggregateReleased {
    readonly aggregate_id: string;
    readonly reason: string;
  }
  /** Complete and plausible 受理: it goes to risk assessment. Key: application. */
  export interface ApplicationAccepted {
    readonly application_id: string;
    readonly loan_id: string;
    readonly party_ref: string;
    readonly product_id: string;
    readonly product_version: number;
    readonly amount: Money;
    readonly months: number;
    /** Contract rate of the product version as a fraction, for affordability. */
    readonly annual_rate: string;
    readonly purpose: string;
    readonly profile: ApplicantProfile;
  }
  /** The party has no other open application: this one may go on. Key: party. */
  export interface ApplicationAdmitted {
    readonly party_ref: string;
    readonly application_id: string;
  }
  /** The party may not apply now. Key: party. */
  export interface ApplicationBarred {
    readonly party_ref: string;
    readonly application_id: string;
    /** `duplicate` (another application is open) or `reapply-too-early`. */
    readonly reason: string;
    /** The application that is open already; empty when none is. */
    readonly open_application: string;
    /** First business date of a new application after a refusal; `None` when there is no waiting time. */
    readonly reapply_from: IsoDate | null;
  }
  /**
   * Ended without a contract, and not refused. Key: application.
   *
   * Reasons: `withdrawn`, `supplement-expired`, `duplicate`, `reapply-too-early` or `approval-lapsed`.
   */
  export interface ApplicationClosed {
    readonly application_id: string;
    readonly loan_id: string;
    readonly party_ref: string;
    readonly reason: string;
  }
  /** The contract is signed: the application is done and its approval can no longer lapse. Key: application. */
  export interface ApplicationCompleted {
    readonly application_id: string;
    readonly loan_id: string;
    readonly party_ref: string;
    readonly contract_id: string;
  }
  /** Sent back for supplement 补件, with reasons and a deadline (a business date, inclusive). Key: application. */
  export interface ApplicationReturned {
    readonly application_id: string;
    readonly loan_id: string;
    readonly party_ref: string;
    readonly reasons: readonly ReasonCode[];
    readonly deadline: IsoDate;
  }
  /**
   * The applicant handed in what was missing 补件; the fields hold the application's values after it. Key:
   * application.
   */
  export interface ApplicationSupplemented {
    readonly application_id: string;
    readonly loan_id: string;
    readonly party_ref: string;
    readonly purpose: string;
    readonly repayment_source: string;
    readonly profile: ApplicantProfile;
    readonly documents: readonly Document[];
  }
  /** Everything due on a business date was done on one partition: how many aggregates, how many events. */
  export interface BusinessDayClosed {
    readonly business_date: IsoDate;
    readonly partition: number;
    /** Aggregates that had something due that day. */
    readonly aggregates: number;
    /** Events they emitted. */
    readonly events: number;
    /** Aggregates that failed and were put on hold. */
    readonly held: number;
  }
  /** A business date opened on one partition; emitted by the partition itself, key `partition-<n>`. */
  export interface BusinessDayStarted {
    readonly business_date: IsoDate;
    readonly partition: number;
    readonly calendar: string;
  }
  /** Ended without both signatures: `approval-lapsed` or `withdrawn`. Key: contract. */
  export interface ContractClosed {
    readonly contract_id: string;
    readonly contract_no: string;
    readonly application_id: string;
    readonly loan_id: string;
    readonly party_ref: string;
    readonly reason: string;
  }
  /** The contract's text stands and waits for both signatures. Key: contract. */
  export interface ContractDrafted {
    readonly contract_id: string;
    readonly contract_no: string;
    readonly application_id: string;
    readonly loan_id: string;
    readonly party_ref: string;
    readonly terms: LoanTerms;
    /** Template and version, e.g. `personal-credit/zh/1`. */
    readonly template: string;
    readonly language: Language;
    /** SHA-256 (hex) of the text's UTF-8 bytes. */
    readonly digest: string;
    readonly valid_until: IsoDate;
    /** Who approved the loan: that person may not release the money. */
    readonly approver?: string;
  }
  /** The money for the signed contract is available: it can be drawn. Key: contract. */
  export interface ContractFunded {
    readonly contract_id: string;
    readonly contract_no: string;
    readonly application_id: string;
    readonly loan_id: string;
    readonly party_ref: string;
    readonly amount: Money;
    readonly terms: LoanTerms;
    readonly digest: string;
    readonly effective_date: IsoDate;
    readonly approver: string;
  }
  /** One side accepted the text with this digest. Key: contract. */
  export interface ContractSignatureGiven {
    readonly contract_id: string;
    readonly application_id: string;
    readonly loan_id: string;
    readonly side: Side;
    /** Who signed: the caller's subject. */
    readonly signatory: string;
    readonly digest: string;
  }
  /** Both sides accepted the text with this digest 合同签署; nothing changes after. Key: contract. */
  export interface ContractSigned {
    readonly contract_id: string;
    readonly contract_no: string;
    readonly application_id: string;
    readonly loan_id: string;
    readonly party_ref: string;
    readonly terms: LoanTerms;
    readonly digest: string;
    readonly signatories: readonly string[];
    readonly effective_date: IsoDate;
    readonly language: Language;
  }
  /** The bank confirmed amount, payee and value date 放款: interest starts on the value date. Key: drawdown. */
  export interface Disbursed {
    readonly drawdown_id: string;
    readonly contract_id: string;
    readonly contract_no: string;
    readonly application_id: string;
    readonly loan_id: string;
    readonly party_ref: string;
    readonly amount: Money;
    readonly value_date: IsoDate;
    readonly bank_reference: string;
    readonly terms: LoanTerms;
    /** Our number of the payment order, the bank's idempotency key. */
    readonly payment_id?: string;
  }
  /** Finally refused, cancelled or returned 退汇. Key: drawdown. */
  export interface DisbursementFailed {
    readonly drawdown_id: string;
    readonly application_id: string;
    readonly loan_id: string;
    readonly party_ref: string;
    readonly amount: Money;
    readonly reason: string;
    readonly payment_id?: string;
  }
  /** Last check passed, two different people released, the order goes to the bank. Key: drawdown. */
  export interface DisbursementOrdered {
    readonly drawdown_id: string;
    readonly application_id: string;
    readonly loan_id: string;
    readonly party_ref: string;
    readonly amount: Money;
    readonly payee_ref: string;
    readonly releasers: readonly string[];
    readonly contract_id?: string;
    /** Every result of the last check. */
    readonly checks?: readonly CheckResult[];
  }
  /** The bank's answer to the order is not known; it is asked, and the order is never sent anew. Key: drawdown. */
  export interface DisbursementUnknown {
    readonly drawdown_id: string;
    readonly application_id: string;
    readonly loan_id: string;
    readonly party_ref: string;
    readonly amount: Money;
    readonly payment_id: string;
  }
  /** The first of two people released the payout. Key: drawdown. */
  export interface DrawdownReleased {
    readonly drawdown_id: string;
    readonly application_id: string;
    readonly loan_id: string;
    readonly party_ref: string;
    readonly releaser: string;
  }
  /** The funded contract is to be paid out; two people must release it 放款申请. Key: drawdown. */
  export interface DrawdownRequested {
    readonly drawdown_id: string;
    readonly contract_id: string;
    readonly contract_no: string;
    readonly application_id: string;
    readonly loan_id: string;
    readonly party_ref: string;
    readonly amount: Money;
    /** Vault reference of the payee account. */
    readonly payee_ref: string;
    readonly terms: LoanTerms;
    /** Digest of the signed contract; compared again at each release. */
    readonly digest?: string;
    /** Day on which the contract took effect: nothing is paid before it. */
    readonly effective_date?: IsoDate | null;
    readonly approver?: string;
  }
  /** A person asked for a loan 贷款申请: need, amount, term, purpose, source of repayment. Key: application. */
  export interface LoanApplied {
    readonly application_id: string;
    /** The loan that it becomes, if it does. */
    readonly loan_id: string;
    /** Vault subject of the borrower: no personal data. */
    readonly party_ref: string;
    readonly product_id: string;
    readonly product_version: number;
    /** The version's terms as they stood when it was handed in. */
    readonly product_terms: ProductTerms;
    readonly amount: Money;
    readonly months: number;
    readonly purpose: string;
    readonly repayment_source: string;
    readonly profile: ApplicantProfile;
    readonly documents: readonly Document[];
    readonly language: Language;
    readonly method?: RepaymentMethod;
    /** Who handed it in: the same person never decides on it. */
    readonly submitted_by?: string;
  }
  /**
   * Approved terms, by whose authority (`system` for approval by rule), and until when it can be signed. Key:
   * application.
   */
  export interface LoanApproved {
    readonly application_id: string;
    readonly loan_id: string;
    readonly party_ref: string;
    readonly terms: LoanTerms;
    readonly authority: string;
    readonly valid_until: IsoDate;
    readonly language: Language;
  }
  /** Refused, with reason codes 拒绝. Key: application. */
  export interface LoanRefused {
    readonly application_id: string;
    readonly loan_id: string;
    readonly party_ref: string;
    readonly reasons: readonly ReasonCode[];
    readonly authority: string;
    readonly reapply_from: IsoDate;
    readonly language: Language;
  }
  /** The party's open application ended, so that it may apply again (from `reapply_from` on). Key: party. */
  export interface PartyReleased {
    readonly party_ref: string;
    readonly application_id: string;
    readonly reapply_from: IsoDate | null;
  }
  /** A maker proposed a product version; it is not for sale before another person publishes it. Key: product. */
  export interface ProductProposed {
    readonly product_id: string;
    /** Counted from 1 per product. */
    readonly version: number;
    readonly terms: ProductTerms;
    readonly maker: string;
  }
  /** A product version with all its terms is open for sale, after maker and checker 产品发布. Key: product. */
  export interface ProductPublished {
    readonly product_id: string;
    readonly version: number;
    readonly terms: ProductTerms;
    readonly maker: string;
    readonly checker: string;
  }
  /** A product version is closed to new applications 产品下架; running loans are untouched. Key: product. */
  export interface ProductWithdrawn {
    readonly product_id: string;
    readonly version: number;
    readonly reason: string;
    readonly withdrawn_by: string;
  }
  /** The rules refer the application to a person 人工审批, who then approves or refuses it. Key: application. */
  export interface ReviewRequested {
    readonly application_id: string;
    readonly loan_id: string;
    readonly party_ref: string;
    readonly amount: Money;
    /** The most that may be approved, by the risk assessment. */
    readonly limit: Money;
    readonly reasons: readonly ReasonCode[];
    readonly score: number;
    readonly rating: string;
    readonly scorecard: string;
  }
  /** The applicant withdraws after approval: the contract decides whether it was signed before. Key: application. */
  export interface WithdrawalRequested {
    readonly application_id: string;
    readonly loan_id: string;
    readonly party_ref: string;
  }
}

/** Events of servicing. */
export namespace servicing {
  /** An aggregate failed inside a day: its later commands are refused `on-hold` until it is released. */
  export interface AggregateHeld {
    readonly aggregate_id: string;
    readonly business_date: IsoDate;
    /** Names the dead letter and the log line. */
    readonly error_id: string;
  }
  /** An operator took the aggregate off hold. */
  export interface AggregateReleased {
    readonly aggregate_id: string;
    readonly reason: string;
  }
  /** A component was reduced by somebody's authority 减免; waived principal is forgiven. Key: loan. */
  export interface AmountWaived {
    readonly loan_id: string;
    readonly party_ref: string;
    readonly waived: Components;
    /** The waiver again, instalment by instalment, oldest first; its parts sum to `waived`. */
    readonly instalments: readonly InstalmentAmounts[];
    readonly outstanding_principal: Money;
    /** Who decided it: the subject of the command. */
    readonly authority: string;
    readonly reason: string;
  }
  /** Everything due on a business date was done on one partition: how many aggregates, how many events. */
  export interface BusinessDayClosed {
    readonly business_date: IsoDate;
    readonly partition: number;
    /** Aggregates that had something due that day. */
    readonly aggregates: number;
    /** Events they emitted. */
    readonly events: number;
    /** Aggregates that failed and were put on hold. */
    readonly held: number;
  }
  /** A business date opened on one partition; emitted by the partition itself, key `partition-<n>`. */
  export interface BusinessDayStarted {
    readonly business_date: IsoDate;
    readonly partition: number;
    readonly calendar: string;
  }
  /** The bucket moved up or down 逾期阶段. Key: loan. */
  export interface DelinquencyBucketChanged {
    readonly loan_id: string;
    readonly party_ref: string;
    readonly previous: Bucket;
    readonly bucket: Bucket;
    readonly days_past_due: number;
    readonly past_due: Components;
  }
  /** An instalment became due today, by component. Key: loan. */
  export interface InstallmentDue {
    readonly loan_id: string;
    readonly party_ref: string;
    readonly number: number;
    readonly due_date: IsoDate;
    readonly principal: Money;
    readonly interest: Money;
    /** What of it is not yet paid (early payments count). */
    readonly unpaid: Money;
  }
  /** An instalment is fully paid. Key: loan. */
  export interface InstallmentPaid {
    readonly loan_id: string;
    readonly party_ref: string;
    readonly number: number;
    readonly due_date: IsoDate;
    readonly paid_on: IsoDate;
  }
  /** A disbursed loan is on the books with frozen terms and its first schedule. Key: loan. */
  export interface LoanBooked {
    readonly loan_id: string;
    readonly application_id: string;
    readonly contract_no: string;
    readonly party_ref: string;
    readonly terms: LoanTerms;
    /** Interest runs from this day, inclusive 起息日. */
    readonly value_date: IsoDate;
    readonly maturity: IsoDate;
    readonly schedule: readonly ScheduledInstalment[];
  }
  /**
   * Amounts already published were wrong from `from_date` on, old and new by component 更正. Key: loan.
   *
   * Emitted when a payment counts from an earlier day than the penalty was already posted to. Nothing that was
   * published (`Overdue`, bucket, penalty) is withdrawn.
   */
  export interface LoanCorrected {
    readonly loan_id: string;
    readonly party_ref: string;
    readonly from_date: IsoDate;
    /** `back-dated-payment`. */
    readonly cause: string;
    /** What caused it: the receipt. */
    readonly reference: string;
    readonly instalments: readonly InstalmentCorrection[];
  }
  /** The bank credited money for a loan; not yet applied. Key: receipt = bank reference. */
  export interface MoneyReceived {
    readonly receipt_id: string;
    readonly loan_id: string;
    readonly amount: Money;
    readonly value_date: IsoDate;
    readonly channel: string;
  }
  /** An arrears episode began, after grace; once per episode 逾期. Key: loan. */
  export interface Overdue {
    readonly loan_id: string;
    readonly party_ref: string;
    /** Oldest unpaid due date. */
    readonly since: IsoDate;
    readonly days_past_due: number;
    readonly past_due: Components;
  }
  /** Nothing is past due any more: the arrears episode ended. Key: loan. */
  export interface OverdueCured {
    readonly loan_id: string;
    readonly party_ref: string;
    readonly since: IsoDate;
    readonly cured_on: IsoDate;
  }
  /** The loan could not take the money of a receipt (unknown, settled): the receipt goes to suspense. Key: loan. */
  export interface PaymentDeclined {
    readonly loan_id: string;
    readonly receipt_id: string;
    readonly amount: Money;
    readonly reason: string;
  }
  /** Money was credited to the loan: value date, channel, allocation by component 还款. Key: loan. */
  export interface PaymentReceived {
    readonly loan_id: string;
    readonly party_ref: string;
    readonly receipt_id: string;
    readonly value_date: IsoDate;
    readonly channel: string;
    /** Applied to the loan; what is left of the receipt is `surplus`. */
    readonly amount: Money;
    readonly allocation: Components;
    /** Not needed by the loan: stays on the receipt as suspense. */
    readonly surplus: Money;
    readonly outstanding_principal: Money;
    /** The allocation again, instalment by instalment, oldest first; its parts sum to `allocation`. */
    readonly instalments?: readonly InstalmentAmounts[];
  }
  /** A payment was undone: bank error or chargeback 冲正. Key: loan. */
  export interface PaymentReversed {
    readonly loan_id: string;
    readonly party_ref: string;
    readonly receipt_id: string;
    readonly amount: Money;
    /** What is owed again, by component. */
    readonly allocation: Components;
    readonly cause: string;
    readonly outstanding_principal: Money;
    /** What is owed again, instalment by instalment; its parts sum to `allocation`. */
    readonly instalments?: readonly RestoredInstalment[];
    /** Whether the loan was settled and is open again. */
    readonly reopened?: boolean;
  }
  /** Held unallocated 挂账: loan unknown or closed. Key: receipt. */
  export interface PaymentSuspended {
    readonly receipt_id: string;
    readonly loan_id: string;
    readonly amount: Money;
    readonly reason: string;
  }
  /** Penalty interest 罚息 posted: base × rate ÷ day basis × days, half-up to the minor unit. Key: loan. */
  export interface PenaltyCharged {
    readonly loan_id: string;
    readonly party_ref: string;
    /** Instalment in arrears. */
    readonly number: number;
    readonly amount: Money;
    /** Unpaid principal of the instalment. */
    readonly base: Money;
    readonly annual_rate: string;
    /** First day charged, inclusive. */
    readonly from_date: IsoDate;
    /** Last day, exclusive. */
    readonly to_date: IsoDate;
    readonly days: number;
  }
  /** The receipt's money was applied to its loan; the rest is suspended. Key: receipt. */
  export interface ReceiptApplied {
    readonly receipt_id: string;
    readonly loan_id: string;
    readonly applied: Money;
    readonly suspended: Money;
  }
  /** The bank took the money back: the loan must undo the payment. Key: receipt. */
  export interface ReceiptReversalRequested {
    readonly receipt_id: string;
    readonly loan_id: string;
    readonly amount: Money;
    readonly cause: string;
  }
  /** The receipt is undone: none of its money counts any more. Key: receipt. */
  export interface ReceiptReversed {
    readonly receipt_id: string;
    readonly loan_id: string;
    readonly amount: Money;
    readonly cause: string;
  }
  /** Money came in after write-off 核销后收回. Key: loan. */
  export interface RecoveryReceived {
    readonly loan_id: string;
    readonly party_ref: string;
    readonly receipt_id: string;
    readonly value_date: IsoDate;
    readonly amount: Money;
  }
  /** A recovery was undone: bank error or chargeback 冲正. Key: loan. */
  export interface RecoveryReversed {
    readonly loan_id: string;
    readonly party_ref: string;
    readonly receipt_id: string;
    readonly amount: Money;
    readonly cause: string;
  }
  /** Closed: every component is zero 结清. Key: loan. */
  export interface Settled {
    readonly loan_id: string;
    readonly party_ref: string;
    readonly contract_no: string;
    readonly settled_on: IsoDate;
    /** `paid` (in full) or `discounted` (a part was waived). */
    readonly kind: string;
  }
  /** Off the balance, the claim is kept 核销. Key: loan. */
  export interface WrittenOff {
    readonly loan_id: string;
    readonly party_ref: string;
    readonly written_off: Components;
    readonly days_past_due: number;
    readonly authority: string;
  }
}

/** Events of funding. */
export namespace funding {
  /** A custody sub-account exists 存管子账户. Key: account. */
  export interface AccountOpened {
    readonly account_id: string;
    /** `own-capital` or `loan:<loan id>`. */
    readonly owner: string;
    readonly currency: string;
  }
  /** An aggregate failed inside a day: its later commands are refused `on-hold` until it is released. */
  export interface AggregateHeld {
    readonly aggregate_id: string;
    readonly business_date: IsoDate;
    /** Names the dead letter and the log line. */
    readonly error_id: string;
  }
  /** An operator took the aggregate off hold. */
  export interface AggregateReleased {
    readonly aggregate_id: string;
    readonly reason: string;
  }
  /** Everything due on a business date was done on one partition: how many aggregates, how many events. */
  export interface BusinessDayClosed {
    readonly business_date: IsoDate;
    readonly partition: number;
    /** Aggregates that had something due that day. */
    readonly aggregates: number;
    /** Events they emitted. */
    readonly events: number;
    /** Aggregates that failed and were put on hold. */
    readonly held: number;
  }
  /** A business date opened on one partition; emitted by the partition itself, key `partition-<n>`. */
  export interface BusinessDayStarted {
    readonly business_date: IsoDate;
    readonly partition: number;
    readonly calendar: string;
  }
  /** The account cannot take the money of a transfer: unknown, or of another currency. Key: account. */
  export interface CreditRefused {
    readonly account_id: string;
    readonly transfer_id: string;
    readonly amount: Money;
    readonly reason: string;
  }
  /** Money for the loan is available on its custody account: sources and shares 资金到位. Key: application. */
  export interface Funded {
    readonly application_id: string;
    readonly loan_id: string;
    readonly contract_id: string;
    readonly amount: Money;
    readonly loan_account: string;
    readonly sources: readonly Share[];
  }
  /** The lender's account could not give the money. Key: application. */
  export interface FundingFailed {
    readonly application_id: string;
    readonly loan_id: string;
    readonly contract_id: string;
    readonly amount: Money;
    readonly reason: string;
  }
  /** A signed contract needs money: a transfer from the lender's account is opened. Key: application. */
  export interface FundingRequested {
    readonly application_id: string;
    readonly loan_id: string;
    readonly contract_id: string;
    readonly amount: Money;
    readonly transfer_id: string;
    readonly lender_account: string;
    readonly loan_account: string;
  }
  /** Money in transit arrived on this account. Key: account. */
  export interface MoneyCredited {
    readonly account_id: string;
    /** The transfer, or the distribution of a repayment, that it belongs to. */
    readonly transfer_id: string;
    readonly amount: Money;
    readonly balance: Money;
    readonly postings: readonly Posting[];
    /** `distribution` of a repayment, or `transfer`. */
    readonly purpose: string;
  }
  /** 充值 confirmed by the bank. Key: account. */
  export interface MoneyDeposited {
    readonly account_id: string;
    readonly amount: Money;
    readonly bank_reference: string;
    /** Available after it. */
    readonly balance: Money;
    readonly postings: readonly Posting[];
  }
  /** Taken from the available balance for a transfer 冻结; it stands in transit. Key: account. */
  export interface MoneyReserved {
    readonly account_id: string;
    readonly transfer_id: string;
    readonly amount: Money;
    readonly balance: Money;
    readonly postings: readonly Posting[];
  }
  /** A reversed repayment was taken back from its lender, as far as available, the rest as a debt. Key: account. */
  export interface MoneyTakenBack {
    readonly account_id: string;
    /** The distribution that takes it back. */
    readonly transfer_id: string;
    readonly amount: Money;
    readonly balance: Money;
    /** What the owner owes after it. */
    readonly due_back: Money;
    readonly postings: readonly Posting[];
  }
  /** 提现, or the payout of a loan, confirmed by the bank. Key: account. */
  export interface MoneyWithdrawn {
    readonly account_id: string;
    readonly amount: Money;
    readonly bank_reference: string;
    readonly balance: Money;
    readonly postings: readonly Posting[];
  }
  /**
   * One repayment shared out by lender, once per receipt and direction. Key: loan.
   *
   * Each part is the amount by share, rounded down to the minor unit; the residual goes to the largest share, ties
   * to the smaller account id. Principal, interest and penalty all go to the lenders.
   */
  export interface RepaymentDistributed {
    readonly loan_id: string;
    readonly receipt_id: string;
    readonly amount: Money;
    /** The receipt's allocation; of a recovery the whole amount stands under principal. */
    readonly components: Components;
    readonly shares: readonly Share[];
    /** Whether it takes an earlier distribution back. */
    readonly reversal: boolean;
    readonly postings: readonly Posting[];
    /** Names the in-transit account and the credits of the lenders. */
    readonly distribution_id: string;
    /** `payment` or `recovery` (after write-off). */
    readonly kind: string;
  }
  /**
   * A repayment came before the loan's shares were known: it is distributed once they are. Key: loan.
   *
   * It moves no money: the custody books take a repayment up when it is distributed.
   */
  export interface RepaymentPending {
    readonly loan_id: string;
    readonly receipt_id: string;
    readonly amount: Money;
    readonly components: Components;
    readonly kind: string;
    readonly reversal: boolean;
  }
  /** The reserved money is finally gone: the transfer completed. Key: account. */
  export interface ReservationCaptured {
    readonly account_id: string;
    readonly transfer_id: string;
    readonly amount: Money;
  }
  /** The account cannot give the money of a transfer. Key: account. */
  export interface ReservationRefused {
    readonly account_id: string;
    readonly transfer_id: string;
    readonly amount: Money;
    /** `unknown-account`, `currency-mismatch`, `insufficient-money`, or `cancelled`: it will never be reserved. */
    readonly reason: string;
  }
  /** Money in transit came back: the transfer was not completed 解冻. Key: account. */
  export interface ReservationReleased {
    readonly account_id: string;
    readonly transfer_id: string;
    readonly amount: Money;
    readonly balance: Money;
    readonly postings: readonly Posting[];
  }
  /** Who lent how much of a loan: its repayments are shared out by it. Key: loan. */
  export interface SharesRegistered {
    readonly loan_id: string;
    readonly shares: readonly Share[];
  }
  /** It will not complete and nothing was or will be credited: a reservation is to be released. Key: transfer. */
  export interface TransferCancelled {
    readonly transfer_id: string;
    readonly from_account: string;
    readonly amount: Money;
    /** `expired`, or why the receiving account refused. */
    readonly reason: string;
  }
  /** Completed: nothing is in transit any more. Key: transfer. */
  export interface TransferCaptured {
    readonly transfer_id: string;
    readonly amount: Money;
    readonly purpose: string;
    readonly reference: string;
  }
  /** The receiving account has the money. Key: transfer. */
  export interface TransferCredited {
    readonly transfer_id: string;
    readonly from_account: string;
    readonly to_account: string;
    readonly amount: Money;
  }
  /** Money is to move between two accounts 划转: Opened → Reserved → Credited → Captured, or Released. Key: transfer. */
  export interface TransferOpened {
    readonly transfer_id: string;
    readonly from_account: string;
    readonly to_account: string;
    readonly amount: Money;
    /**
     * `funding` of a loan, `return` of its money after a failed payout (`reference` is its application), or
     * `transfer` by a person.
     */
    readonly purpose: string;
    /** What it is for: the application's id, or a person's words. */
    readonly reference: string;
    /**
     * Business date on which it is cancelled when the paying account has not reserved the money by then; a return
     * never.
     */
    readonly expires_on: IsoDate | null;
  }
  /** Not completed: the money is back, or was never taken. Key: transfer. */
  export interface TransferReleased {
    readonly transfer_id: string;
    readonly amount: Money;
    readonly purpose: string;
    readonly reference: string;
    readonly reason: string;
  }
  /** The paying account reserved the money. Key: transfer. */
  export interface TransferReserved {
    readonly transfer_id: string;
    readonly from_account: string;
    readonly to_account: string;
    readonly amount: Money;
  }
}

/** Events of risk. */
export namespace risk {
  /** An aggregate failed inside a day: its later commands are refused `on-hold` until it is released. */
  export interface AggregateHeld {
    readonly aggregate_id: string;
    readonly business_date: IsoDate;
    /** Names the dead letter and the log line. */
    readonly error_id: string;
  }
  /** An operator took the aggregate off hold. */
  export interface AggregateReleased {
    readonly aggregate_id: string;
    readonly reason: string;
  }
  /** Everything due on a business date was done on one partition: how many aggregates, how many events. */
  export interface BusinessDayClosed {
    readonly business_date: IsoDate;
    readonly partition: number;
    /** Aggregates that had something due that day. */
    readonly aggregates: number;
    /** Events they emitted. */
    readonly events: number;
    /** Aggregates that failed and were put on hold. */
    readonly held: number;
  }
  /** A business date opened on one partition; emitted by the partition itself, key `partition-<n>`. */
  export interface BusinessDayStarted {
    readonly business_date: IsoDate;
    readonly partition: number;
    readonly calendar: string;
  }
  /** An application was assessed: score, rating, reasons, limit, advice, versions 风险评估. Key: application. */
  export interface RiskAssessed {
    readonly application_id: string;
    readonly loan_id: string;
    readonly party_ref: string;
    readonly score: number;
    /** `A` (best) to `E`. */
    readonly rating: string;
    /** PD = 1/(1+odds) of the scorecard's calibration. */
    readonly probability_of_default: string;
    /** Attributes with the largest shortfall from their best points, and rules that refer or refuse. */
    readonly reasons: readonly ReasonCode[];
    readonly rules: readonly RuleResult[];
    /** The most that may be lent to this applicant; zero when the advice is to refuse. */
    readonly limit: Money;
    /** `approve`, `refer` (a person decides) or `refuse`. */
    readonly advice: string;
    /** Scorecard and version, e.g. `consumer/1`. */
    readonly scorecard: string;
  }
}

/** Events of notify. */
export namespace notify {
  /** An aggregate failed inside a day: its later commands are refused `on-hold` until it is released. */
  export interface AggregateHeld {
    readonly aggregate_id: string;
    readonly business_date: IsoDate;
    /** Names the dead letter and the log line. */
    readonly error_id: string;
  }
  /** An operator took the aggregate off hold. */
  export interface AggregateReleased {
    readonly aggregate_id: string;
    readonly reason: string;
  }
  /** Everything due on a business date was done on one partition: how many aggregates, how many events. */
  export interface BusinessDayClosed {
    readonly business_date: IsoDate;
    readonly partition: number;
    /** Aggregates that had something due that day. */
    readonly aggregates: number;
    /** Events they emitted. */
    readonly events: number;
    /** Aggregates that failed and were put on hold. */
    readonly held: number;
  }
  /** A business date opened on one partition; emitted by the partition itself, key `partition-<n>`. */
  export interface BusinessDayStarted {
    readonly business_date: IsoDate;
    readonly partition: number;
    readonly calendar: string;
  }
  /** Finally undeliverable. Key: message. */
  export interface NotificationFailed {
    readonly message_id: string;
    readonly party_ref: string;
    readonly channel: string;
    readonly category: string;
    readonly cause: string;
    readonly loan_id: string;
    readonly reason: string;
    /** Party reference, or name of a webhook subscriber. */
    readonly recipient?: string;
  }
  /**
   * A message recorded as sent was handed to its channel once more 重复发送, by a sender that could not know. Key:
   * message.
   *
   * It happens when a sender is held up for longer than its lease between the channel's answer and its own report.
   */
  export interface NotificationRepeated {
    readonly message_id: string;
    readonly party_ref: string;
    readonly channel: string;
    /** Id of the event that it is about. */
    readonly cause: string;
    readonly loan_id: string;
    /** Party reference, or name of a webhook subscriber. */
    readonly recipient?: string;
  }
  /** A message was handed to a channel. Key: message. */
  export interface NotificationSent {
    readonly message_id: string;
    /** The party that it is about; empty when its event names none. */
    readonly party_ref: string;
    /** `email` or `webhook`. */
    readonly channel: string;
    /** Which rule sent it, e.g. `installment-due`. */
    readonly category: string;
    /** Template and version, e.g. `installment-due/zh/1`; for a webhook the type of the event. */
    readonly template: string;
    /** Id of the event that it is about. */
    readonly cause: string;
    readonly loan_id: string;
    /** Whether an earlier attempt's outcome was unknown, so that it may have arrived twice. */
    readonly uncertain: boolean;
    /** Party reference, or name of a webhook subscriber. */
    readonly recipient?: string;
  }
  /** Not sent: preference, no address, quiet hours or duplicate. Key: message. */
  export interface NotificationSuppressed {
    readonly message_id: string;
    readonly party_ref: string;
    readonly channel: string;
    readonly category: string;
    readonly cause: string;
    readonly loan_id: string;
    readonly reason: string;
    /** Party reference, or name of a webhook subscriber. */
    readonly recipient?: string;
  }
}

/** The value of each event type. */
export interface EventData {
  "loanstream.origination.AggregateHeld.v1": origination.AggregateHeld;
  "loanstream.origination.AggregateReleased.v1": origination.AggregateReleased;
  "loanstream.origination.ApplicationAccepted.v1": origination.ApplicationAccepted;
  "loanstream.origination.ApplicationAdmitted.v1": origination.ApplicationAdmitted;
  "loanstream.origination.ApplicationBarred.v1": origination.ApplicationBarred;
  "loanstream.origination.ApplicationClosed.v1": origination.ApplicationClosed;
  "loanstream.origination.ApplicationCompleted.v1": origination.ApplicationCompleted;
  "loanstream.origination.ApplicationReturned.v1": origination.ApplicationReturned;
  "loanstream.origination.ApplicationSupplemented.v1": origination.ApplicationSupplemented;
  "loanstream.origination.BusinessDayClosed.v1": origination.BusinessDayClosed;
  "loanstream.origination.BusinessDayStarted.v1": origination.BusinessDayStarted;
  "loanstream.origination.ContractClosed.v1": origination.ContractClosed;
  "loanstream.origination.ContractDrafted.v1": origination.ContractDrafted;
  "loanstream.origination.ContractFunded.v1": origination.ContractFunded;
  "loanstream.origination.ContractSignatureGiven.v1": origination.ContractSignatureGiven;
  "loanstream.origination.ContractSigned.v1": origination.ContractSigned;
  "loanstream.origination.Disbursed.v1": origination.Disbursed;
  "loanstream.origination.DisbursementFailed.v1": origination.DisbursementFailed;
  "loanstream.origination.DisbursementOrdered.v1": origination.DisbursementOrdered;
  "loanstream.origination.DisbursementUnknown.v1": origination.DisbursementUnknown;
  "loanstream.origination.DrawdownReleased.v1": origination.DrawdownReleased;
  "loanstream.origination.DrawdownRequested.v1": origination.DrawdownRequested;
  "loanstream.origination.LoanApplied.v1": origination.LoanApplied;
  "loanstream.origination.LoanApproved.v1": origination.LoanApproved;
  "loanstream.origination.LoanRefused.v1": origination.LoanRefused;
  "loanstream.origination.PartyReleased.v1": origination.PartyReleased;
  "loanstream.origination.ProductProposed.v1": origination.ProductProposed;
  "loanstream.origination.ProductPublished.v1": origination.ProductPublished;
  "loanstream.origination.ProductWithdrawn.v1": origination.ProductWithdrawn;
  "loanstream.origination.ReviewRequested.v1": origination.ReviewRequested;
  "loanstream.origination.WithdrawalRequested.v1": origination.WithdrawalRequested;
  "loanstream.servicing.AggregateHeld.v1": servicing.AggregateHeld;
  "loanstream.servicing.AggregateReleased.v1": servicing.AggregateReleased;
  "loanstream.servicing.AmountWaived.v1": servicing.AmountWaived;
  "loanstream.servicing.BusinessDayClosed.v1": servicing.BusinessDayClosed;
  "loanstream.servicing.BusinessDayStarted.v1": servicing.BusinessDayStarted;
  "loanstream.servicing.DelinquencyBucketChanged.v1": servicing.DelinquencyBucketChanged;
  "loanstream.servicing.InstallmentDue.v1": servicing.InstallmentDue;
  "loanstream.servicing.InstallmentPaid.v1": servicing.InstallmentPaid;
  "loanstream.servicing.LoanBooked.v1": servicing.LoanBooked;
  "loanstream.servicing.LoanCorrected.v1": servicing.LoanCorrected;
  "loanstream.servicing.MoneyReceived.v1": servicing.MoneyReceived;
  "loanstream.servicing.Overdue.v1": servicing.Overdue;
  "loanstream.servicing.OverdueCured.v1": servicing.OverdueCured;
  "loanstream.servicing.PaymentDeclined.v1": servicing.PaymentDeclined;
  "loanstream.servicing.PaymentReceived.v1": servicing.PaymentReceived;
  "loanstream.servicing.PaymentReversed.v1": servicing.PaymentReversed;
  "loanstream.servicing.PaymentSuspended.v1": servicing.PaymentSuspended;
  "loanstream.servicing.PenaltyCharged.v1": servicing.PenaltyCharged;
  "loanstream.servicing.ReceiptApplied.v1": servicing.ReceiptApplied;
  "loanstream.servicing.ReceiptReversalRequested.v1": servicing.ReceiptReversalRequested;
  "loanstream.servicing.ReceiptReversed.v1": servicing.ReceiptReversed;
  "loanstream.servicing.RecoveryReceived.v1": servicing.RecoveryReceived;
  "loanstream.servicing.RecoveryReversed.v1": servicing.RecoveryReversed;
  "loanstream.servicing.Settled.v1": servicing.Settled;
  "loanstream.servicing.WrittenOff.v1": servicing.WrittenOff;
  "loanstream.funding.AccountOpened.v1": funding.AccountOpened;
  "loanstream.funding.AggregateHeld.v1": funding.AggregateHeld;
  "loanstream.funding.AggregateReleased.v1": funding.AggregateReleased;
  "loanstream.funding.BusinessDayClosed.v1": funding.BusinessDayClosed;
  "loanstream.funding.BusinessDayStarted.v1": funding.BusinessDayStarted;
  "loanstream.funding.CreditRefused.v1": funding.CreditRefused;
  "loanstream.funding.Funded.v1": funding.Funded;
  "loanstream.funding.FundingFailed.v1": funding.FundingFailed;
  "loanstream.funding.FundingRequested.v1": funding.FundingRequested;
  "loanstream.funding.MoneyCredited.v1": funding.MoneyCredited;
  "loanstream.funding.MoneyDeposited.v1": funding.MoneyDeposited;
  "loanstream.funding.MoneyReserved.v1": funding.MoneyReserved;
  "loanstream.funding.MoneyTakenBack.v1": funding.MoneyTakenBack;
  "loanstream.funding.MoneyWithdrawn.v1": funding.MoneyWithdrawn;
  "loanstream.funding.RepaymentDistributed.v1": funding.RepaymentDistributed;
  "loanstream.funding.RepaymentPending.v1": funding.RepaymentPending;
  "loanstream.funding.ReservationCaptured.v1": funding.ReservationCaptured;
  "loanstream.funding.ReservationRefused.v1": funding.ReservationRefused;
  "loanstream.funding.ReservationReleased.v1": funding.ReservationReleased;
  "loanstream.funding.SharesRegistered.v1": funding.SharesRegistered;
  "loanstream.funding.TransferCancelled.v1": funding.TransferCancelled;
  "loanstream.funding.TransferCaptured.v1": funding.TransferCaptured;
  "loanstream.funding.TransferCredited.v1": funding.TransferCredited;
  "loanstream.funding.TransferOpened.v1": funding.TransferOpened;
  "loanstream.funding.TransferReleased.v1": funding.TransferReleased;
  "loanstream.funding.TransferReserved.v1": funding.TransferReserved;
  "loanstream.risk.AggregateHeld.v1": risk.AggregateHeld;
  "loanstream.risk.AggregateReleased.v1": risk.AggregateReleased;
  "loanstream.risk.BusinessDayClosed.v1": risk.BusinessDayClosed;
  "loanstream.risk.BusinessDayStarted.v1": risk.BusinessDayStarted;
  "loanstream.risk.RiskAssessed.v1": risk.RiskAssessed;
  "loanstream.notify.AggregateHeld.v1": notify.AggregateHeld;
  "loanstream.notify.AggregateReleased.v1": notify.AggregateReleased;
  "loanstream.notify.BusinessDayClosed.v1": notify.BusinessDayClosed;
  "loanstream.notify.BusinessDayStarted.v1": notify.BusinessDayStarted;
  "loanstream.notify.NotificationFailed.v1": notify.NotificationFailed;
  "loanstream.notify.NotificationRepeated.v1": notify.NotificationRepeated;
  "loanstream.notify.NotificationSent.v1": notify.NotificationSent;
  "loanstream.notify.NotificationSuppressed.v1": notify.NotificationSuppressed;
}

/** Topic of events of each context. */
export const TOPICS = {
  origination: "loanstream.origination.events.v1",
  servicing: "loanstream.servicing.events.v1",
  funding: "loanstream.funding.events.v1",
  risk: "loanstream.risk.events.v1",
  notify: "loanstream.notify.events.v1",
} as const;
