// Made from the contract by `make contract`; do not edit.

/** Decimal text such as "12.34". Never read it as a float: amounts must stay exact. */
export type Decimal = string;

/** A day as ISO text, "2026-05-31". */
export type IsoDate = string;

/** When income stops 非应计 and what is said about accrued interest at a month's end. */
export interface AccrualTerms {
  /** Days past due, beyond which the loan is in non-accrual status; the debtor's claim goes on. */
  readonly days?: number;
  /** Whether accrued interest is stated when a month is over. */
  readonly month_end?: boolean;
}

/** When a partial prepayment pays the interest to date. */
export type AccruedInterest = "with-prepayment" | "in-row";

/**
 * An amount in major units with as many decimals as the currency has, and the ISO 4217 code.
 *
 * JSON: `{"amount": "12.34", "currency": "CNY"}`.
 */
export interface Money {
  /** Amount of what the message is about. (major units, exact decimal) */
  readonly amount: Decimal;
  /** Currency, ISO 4217 code. (ISO 4217 code) */
  readonly currency: string;
}

/** How days past due are counted 逾期天数. */
export interface AgeingTerms {
  /**
   * Business-day calendar by version: a due date on a free day moves to the next business day; `every-day/1` for
   * none.
   */
  readonly calendar?: string;
  /** Unpaid amounts below this do not age 容差; absent when every cent does. */
  readonly tolerance?: Money | null;
  /** Whether the grace stands in the contract; where not, legal days past due do not know it. */
  readonly grace_in_contract?: boolean;
}

/** Which instalment money in advance pays first. */
export type FutureInstalments = "next" | "last";

/** What a payment is 入账类型: each kind may have an order of its own. */
export type PaymentKind = "repayment" | "prepayment" | "goodwill-credit" | "merchant-refund" | "payout-refund" | "recovery";

/** Order in which a kind of payment settles a debt 冲账顺序. */
export interface AllocationOrder {
  /**
   * `past-due.penalty`, `due.interest`, `in-advance.principal` …: 18 of three classes and six components, or 12
   * without `cost`, which is then paid with `fee`, and `compound`, paid with `penalty`. Classes are judged on the
   * value date.
   */
  readonly slots: readonly string[];
  /** Absent: every kind that has no order of its own. */
  readonly kind?: PaymentKind | null;
  readonly future?: FutureInstalments;
}

/** How an order runs over the instalments of one class. */
export type Processing = "horizontal" | "vertical";

/**
 * Orders by kind of payment; left out, the allocation order of the terms holds for all, instalment by
 * instalment.
 */
export interface AllocationTerms {
  readonly orders: readonly AllocationOrder[];
  readonly processing?: Processing;
}

/** What a debtor's claim does once the loan is charged off; income stops either way. */
export type ChargedOffAccrual = "claim-only" | "stopped";

/** What a charge-off changes for the debtor. */
export interface ChargeOffTerms {
  readonly accrual?: ChargedOffAccrual;
}

/** By which days past due a claim falls into a class 五级分类. */
export type ClassTable = "general" | "retail" | "card";

/** What is agreed about extending the loan 展期. */
export interface Extension {
  /** Longest term of the product for a person's loan over a year, extensions included. */
  readonly maximum_months: number;
}

/** Who lends 出借人类型: decides which cap on the price of credit holds. */
export type LenderType = "bank" | "consumer-finance" | "small-loan-company" | "private";

/** What principal bears once it is past due 逾期利息: one of these, never two on the same principal and day. */
export type OverdueInterest = "penalty-rate" | "contract-rate" | "damages";

/** Overdue interest 逾期利息; left out, the penalty rate takes the place of the contract rate. */
export interface OverdueTerms {
  /** Interest 利息. */
  readonly interest?: OverdueInterest;
  /**
   * Factor without unit on the contract rate once funds are misused 挪用: 1.5 to 2; only the heavier of the two is
   * charged.
   *
   * Absent: no heavier rate.
   */
  readonly misuse_multiplier?: Decimal | null;
  /** Damages per year as a fraction of the principal past due, 0.18 = 18 %; absent unless damages are agreed. */
  readonly damages_rate?: Decimal | null;
}

/** A fee on prepaid principal 违约金 while the loan is younger than this. */
export interface FeeStep {
  /** Whole months gone since the value date stay below this. */
  readonly before_month: number;
  /** Fraction of the prepaid principal. */
  readonly rate: Decimal;
}

/** What a prepayment owes of the interest of the running period. */
export type RunningInterest = "by-day" | "whole-period";

/** What is agreed about early repayment 提前还款. */
export interface Prepayment {
  /** Least principal of a partial prepayment; none when left out. */
  readonly minimum?: Money | null;
  /** Principal of a partial prepayment is a multiple of this; any amount when left out. */
  readonly multiple?: Money | null;
  readonly running_interest?: RunningInterest;
  readonly accrued_interest?: AccruedInterest;
  /** The first step that holds decides; free when none does. */
  readonly fee?: readonly FeeStep[];
}

/**
 * The one-year loan prime rate of the contract date as the contract states it, where the shipped table ends
 * before.
 */
export interface PrimeRate {
  /** Per year as a fraction, 0.03 = 3 %. */
  readonly one_year: Decimal;
  /** Where it stands: the publication, or the clause of the contract. */
  readonly source: string;
}

/** Which loan prime rate. */
export type LprTenor = "1y" | "5y";

/** A floating rate 浮动利率: loan prime rate plus a spread, set anew every so many months. */
export interface Repricing {
  readonly tenor: LprTenor;
  /** Basis points, 100 = 1 %; may be negative. */
  readonly spread_bp: number;
  /** Reset cycle; each reset day is so many months after the one before, the first after the value date. */
  readonly every_months?: number;
  /** The index value in force so many days before the reset day counts. */
  readonly value_days_before?: number;
  /** The annual rate is never above this fraction. */
  readonly cap?: Decimal | null;
  /** The annual rate is never below this fraction; zero when left out. */
  readonly floor?: Decimal | null;
}

/**
 * How often overdue and compound interest is posted 结息周期: on the first day after a month or a quarter of the
 * year.
 */
export type SettlementCycle = "monthly" | "quarterly";

/** The component that a charge is claimed as. */
export type ChargeComponent = "fee" | "cost";

/** One row of the signed cost table 综合融资成本明示表; what stands in none of them may not be charged. */
export interface SignedCharge {
  /** Stable code of the reason, e.g. `limit-exceeded`, `score-savings`. */
  readonly code: string;
  /** As the borrower reads it. */
  readonly name: string;
  readonly component?: ChargeComponent;
  /** Falls due on default only; else it belongs to the total cost in normal performance. */
  readonly contingent?: boolean;
  /** Most that may be charged at a time; absent where the table states no amount. */
  readonly most?: Money | null;
  /** Periods in which `most` falls due in normal performance, 0 at payout; none for a contingent charge. */
  readonly periods?: readonly number[];
}

/** Agreed beyond the plain loan 特别约定; frozen with the terms. */
export interface Agreement {
  readonly lender_type?: LenderType;
  readonly allocation?: AllocationTerms | null;
  readonly overdue?: OverdueTerms | null;
  /**
   * Compound interest 复利 on unpaid contract interest, posted in this cycle: at the contract rate until maturity,
   * at the penalty rate after it or once the loan is called; absent: none. Overdue interest is posted in the same
   * cycle, monthly without it.
   */
  readonly compound?: SettlementCycle | null;
  readonly ageing?: AgeingTerms | null;
  /** The signed cost table beyond interest; a charge that is not in it is refused. */
  readonly charges?: readonly SignedCharge[];
  /** Absent: no five-category class is kept. */
  readonly classification?: ClassTable | null;
  /** Absent: nothing is said about accrual. */
  readonly accrual?: AccrualTerms | null;
  readonly prime_rate?: PrimeRate | null;
  /** What a charge-off changes; the claim goes on when nothing is agreed. */
  readonly charge_off?: ChargeOffTerms | null;
  /** Early repayment; left out, it is free of charge, of any amount, with interest by day. */
  readonly prepayment?: Prepayment | null;
  /** How the rate floats; left out, it is fixed. */
  readonly repricing?: Repricing | null;
  /** A person's loan: its longest term; left out, the limits for every loan hold alone. */
  readonly extension?: Extension | null;
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
  /** How earlier credits were paid back, as declared; a band of the Statlog German credit data. */
  readonly credit_history: "no credits taken/ all credits paid back duly" | "all credits at this bank paid back duly" | "existing credits paid back duly till now" | "delay in paying off in the past" | "critical account/ other credits existing (not at this bank)";
  /** Balance band of savings, as declared; a band of the Statlog German credit data. */
  readonly savings: "... < 100 DM" | "100 <= ... < 500 DM" | "500 <= ... < 1000 DM" | "... >= 1000 DM" | "unknown/ no savings account";
  /** How long in the present employment. */
  readonly employment: "unemployed" | "... < 1 year" | "1 <= ... < 4 years" | "4 <= ... < 7 years" | "... >= 7 years";
  /** Instalment as a share of disposable income, a class: 1 below 20 %, 2 20–25 %, 3 25–35 %, 4 35 % and more. */
  readonly instalment_burden: number;
  /** Others who are liable, as declared; a band of the Statlog German credit data. */
  readonly other_debtors: "none" | "co-applicant" | "guarantor";
  /** Years at the present address. */
  readonly residence_years: number;
  /** Most valuable property, as declared; a band of the Statlog German credit data. */
  readonly property: "real estate" | "building society savings agreement/ life insurance" | "car or other, not in attribute Savings account/bonds" | "unknown / no property";
  /** E.g. `25-34`. */
  readonly age_band: "18-24" | "25-34" | "35-44" | "45-54" | "55-64" | "65-";
  /** Instalment plans with banks or stores. */
  readonly other_plans: "none" | "bank" | "stores";
  /** Housing, as declared; a band of the Statlog German credit data. */
  readonly housing: "rent" | "own" | "for free";
  /** Number of credits at this bank, as declared. */
  readonly existing_credits: number;
  /** Employment by skill, as declared; a band of the Statlog German credit data. */
  readonly job: "unemployed/ unskilled - non-resident" | "unskilled - resident" | "skilled employee / official" | "management/ self-employed/ highly qualified employee/ officer";
  /** Number of people the applicant has to maintain, as declared. */
  readonly dependants: number;
  /** Disposable income a month, declared. */
  readonly monthly_income: Money;
}

/** Five-category class 五级分类; the last three are non-performing 不良. */
export type AssetClass = "normal" | "special-mention" | "substandard" | "doubtful" | "loss";

/** Delinquency bucket by days past due: M0 = 0, M1 = 1–30, M2 = 31–60 … M6 = 151–180, M7 = more than 180 (M6+). */
export type Bucket = "M0" | "M1" | "M2" | "M3" | "M4" | "M5" | "M6" | "M7";

/** What was not posted because of the cap on the price of credit 利率上限, and is never posted later. */
export interface Capped {
  /** Amount of what the message is about. */
  readonly amount: Money;
  /** The cap per year on the principal outstanding as a fraction, 0.12 = 12 %. */
  readonly annual_rate: string;
  /** The rule that caps. */
  readonly source: string;
}

/** Facts of a loan that later changes depend on. */
export interface ChangeFacts {
  /** Number of months by which the loan was extended in all. */
  readonly extended_months: number;
  /** Number of restructures 重组次数. */
  readonly restructured: number;
  /** First day of the observation after a restructure 观察期; absent when none runs. */
  readonly observed_from?: IsoDate | null;
  /** Last day of that observation. */
  readonly observed_until?: IsoDate | null;
  /** Oldest due date that was missed before arrears were moved; legal days past due go on from it. */
  readonly oldest_breach?: IsoDate | null;
  /** Last day on which the rate was set anew. */
  readonly reset_on?: IsoDate | null;
  /** Last day of a payment holiday. */
  readonly holiday_until?: IsoDate | null;
}

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
  /** Principal 本金. */
  readonly principal: Money;
  /** Interest 利息. */
  readonly interest: Money;
  /** Penalty interest 罚息, and agreed damages 违约金 where they replace it. */
  readonly penalty: Money;
  /** Compound interest 复利 on unpaid interest; absent when there is none. */
  readonly compound?: Money | null;
  /** Fees 费用; absent when there are none. */
  readonly fee?: Money | null;
  /** Cost of enforcing the claim 实现债权的费用; absent when there is none. */
  readonly cost?: Money | null;
}

/** A document handed in: kind by the product's checklist and the SHA-256 of the file. */
export interface Document {
  /** Kind of document by the product's checklist. */
  readonly kind: string;
  /** SHA-256 of the file, 64 hexadecimal digits. */
  readonly digest: string;
}

/** When the interest of a payment holiday is due. */
export type HolidayDue = "at-end" | "spread" | "capitalised";

/** Whether interest runs during a payment holiday. */
export type HolidayInterest = "accrues" | "forgone";

/** What of a payment, waiver or correction falls on one instalment, by component. */
export interface InstalmentAmounts {
  /** Number of the instalment in the loan's schedule 期次, counted from 1. */
  readonly number: number;
  /** Principal 本金. */
  readonly principal: Money;
  /** Interest 利息. */
  readonly interest: Money;
  /** Penalty interest 罚息. */
  readonly penalty: Money;
  /** Absent when there is none, as the two below. */
  readonly compound?: Money | null;
  readonly fee?: Money | null;
  readonly cost?: Money | null;
}

/** What is owed on one instalment before and after a correction, by component. */
export interface InstalmentCorrection {
  /** Number of the instalment in the loan's schedule 期次, counted from 1. */
  readonly number: number;
  readonly previous: Components;
  readonly corrected: Components;
  /** What payments had paid on it before, where the correction moves money; absent where it does not. */
  readonly previously_paid?: Components | null;
  /** What they have paid on it now; absent as above. */
  readonly paid?: Components | null;
  /** Penalty is charged up to this day, exclusive; absent when that has not changed. */
  readonly penalty_through?: IsoDate | null;
}

/** Language of what a person is sent or signs. */
export type Language = "zh" | "en";

/** How a loan is repaid 还款方式. */
export type RepaymentMethod = "equal-instalment" | "equal-principal";

/** The terms a loan is made with; frozen into its first event and never changed by a later product version. */
export interface LoanTerms {
  /** Loan product 贷款产品 by its code. */
  readonly product_id: string;
  /** Number of the product's version, counted from 1. */
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
  /** Factor without unit: penalty rate 罚息 = contract rate × this; 1.3 to 1.5 when overdue (银发〔2003〕251号). */
  readonly penalty_multiplier: Decimal;
  /** Days of the year for daily interest and penalty: annual/360. */
  readonly day_basis: number;
  /** Arrears grace 宽限期: days without penalty and `Overdue`; once missed, both count from the due date. */
  readonly grace_days: number;
  /** Order of components in which money is applied, e.g. penalty, interest, principal 冲账顺序. */
  readonly allocation_order: readonly string[];
  /** Version of the arithmetic, e.g. `cn-bank/1`. */
  readonly rules: string;
  /** What is agreed beyond the plain loan; absent when nothing is. */
  readonly agreement?: Agreement | null;
}

/** A payment whose money pays something else after a correction. */
export interface PaymentCorrection {
  /** Number of the payment, as in `PaymentReceived`, counted from 1. */
  readonly number: number;
  readonly previous: Components;
  readonly corrected: Components;
  /** What of it pays nothing any more: credit of the borrower. */
  readonly credit: Money;
  /** `corrected` again, instalment by instalment. */
  readonly instalments: readonly InstalmentAmounts[];
}

/**
 * One leg of a double entry on the custody ledger: positive credits the account, negative debits it.
 *
 * The postings of one event sum to zero. `bank` is the custody bank's mirror account; `in-transit/<transfer>`
 * holds money between two accounts.
 */
export interface Posting {
  /** Id of an account of the custody books; a sub-account, the bank's mirror, in transit or due back. */
  readonly account: string;
  /** Amount of what the message is about. */
  readonly amount: Money;
}

/** What becomes of the loan when principal is repaid early 提前还款方式. */
export type PrepaymentMode = "full" | "shorten-term" | "lower-instalment";

/** What a product version allows and fixes 产品条款. */
export interface ProductTerms {
  /** Name of the product in Chinese 产品名称. */
  readonly name_zh: string;
  /** Name of the product in English. */
  readonly name_en: string;
  /** `personal-credit` 信用贷 for now. */
  readonly kind: string;
  /** Smallest amount that may be applied for. */
  readonly minimum: Money;
  /** Largest amount that may be applied for. */
  readonly maximum: Money;
  /** Shortest term, in months 最短期限. */
  readonly minimum_months: number;
  /** Longest term, in months 最长期限. */
  readonly maximum_months: number;
  /** Contract rate per year 年利率. (a rate as a fraction, 0.144 = 14.4 %) */
  readonly annual_rate: Decimal;
  readonly methods: readonly RepaymentMethod[];
  /** Factor without unit: penalty rate 罚息利率 = contract rate × this. */
  readonly penalty_multiplier: Decimal;
  /** Days that a year counts for daily interest and penalty 计息基础: 360 means annual/360. */
  readonly day_basis: number;
  /** Arrears grace 宽限期, in calendar days after the due date. */
  readonly grace_days: number;
  /** Order of components in which money is applied, e.g. penalty, interest, principal 冲账顺序. */
  readonly allocation_order: readonly string[];
  /** Version of the arithmetic, e.g. `cn-bank/1`. */
  readonly rules: string;
  /** Checklist: kinds of document an application must carry. */
  readonly documents: readonly string[];
  /** Days from approval to the last day of signing. */
  readonly approval_valid_days: number;
  /** Days an applicant has to supplement a returned application 补件. */
  readonly supplement_days: number;
  /** Days to wait after a refusal. */
  readonly reapply_after_days: number;
  /** What the contract agrees beyond the plain loan; absent when nothing is. */
  readonly agreement?: Agreement | null;
}

/** A reason of a decision: stable code, sentence, and the rule with its version. */
export interface ReasonCode {
  /** Stable code of the reason, e.g. `limit-exceeded`, `score-savings`. */
  readonly code: string;
  /** The reason as an English sentence. */
  readonly message: string;
  /** Rule, or scorecard, that gave the reason, with its version where it has one; may be empty. */
  readonly rule?: string;
}

/** What is owed again on one instalment after a payment was undone, by component. */
export interface RestoredInstalment {
  /** Number of the instalment in the loan's schedule 期次, counted from 1. */
  readonly number: number;
  /** Principal 本金. */
  readonly principal: Money;
  /** Interest 利息. */
  readonly interest: Money;
  /** Penalty interest 罚息. */
  readonly penalty: Money;
  /** Penalty is charged up to this day, exclusive; from it on it runs on all unpaid principal of the instalment. */
  readonly penalty_through: IsoDate;
  /** Absent when there is none, as the two below. */
  readonly compound?: Money | null;
  readonly fee?: Money | null;
  readonly cost?: Money | null;
}

/** A row of a new schedule 新还款计划: what it asks for in all, and what of that is not paid yet. */
export interface RevisedInstalment {
  /** Number of the instalment in the loan's schedule 期次, counted from 1. */
  readonly number: number;
  /** Day on which the instalment is due 应还日. */
  readonly due_date: IsoDate;
  /** Principal 本金. */
  readonly principal: Money;
  /** Interest 利息. */
  readonly interest: Money;
  readonly unpaid: Components;
  /** Fee that the change adds to this row, contained in `unpaid`; negative when it takes one back. */
  readonly fee?: Money | null;
  /**
   * Interest paid in advance on this row and not used, which now pays principal of it; negative when that is taken
   * back.
   */
  readonly credited?: Money | null;
  /** Penalty is charged up to this day, exclusive; the due date when left out. */
  readonly penalty_through?: IsoDate | null;
}

/** One rule as it was applied: version, inputs, outcome. */
export interface RuleResult {
  /** Name of the rule. */
  readonly rule: string;
  /** Version of the rule's data. */
  readonly version: string;
  /** What the rule looked at: `name=value` pairs, separated by semicolons. */
  readonly inputs: string;
  /** `pass`, `refer` or `refuse`. */
  readonly outcome: string;
}

/** One row of a schedule 还款计划. */
export interface ScheduledInstalment {
  /** Number of the instalment in the loan's schedule 期次, counted from 1. */
  readonly number: number;
  /** Day on which the instalment is due 应还日. */
  readonly due_date: IsoDate;
  /** Principal 本金. */
  readonly principal: Money;
  /** Interest 利息. */
  readonly interest: Money;
}

/** A lender's part of a loan or of a repayment. */
export interface Share {
  /** Custody sub-account 存管子账户: `own-capital-<currency>` or `loan:<loan id>`. */
  readonly account_id: string;
  /** Amount of what the message is about. */
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
    /** Id of the aggregate: of the loan, application and so on that the other events name. */
    readonly aggregate_id: string;
    /** Business date 营业日. */
    readonly business_date: IsoDate;
    /** Names the dead letter and the log line. */
    readonly error_id: string;
  }
  /** An operator took the aggregate off hold. */
  export interface AggregateReleased {
    /** Id of the aggregate: of the loan, application and so on that the other events name. */
    readonly aggregate_id: string;
    /** Why, in the words of the operator. */
    readonly reason: string;
  }
  /** Complete and plausible 受理: it goes to risk assessment. Key: application. */
  export interface ApplicationAccepted {
    /** Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it. */
    readonly application_id: string;
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    /** Loan product 贷款产品 by its code. */
    readonly product_id: string;
    /** Number of the product's version, counted from 1. */
    readonly product_version: number;
    /** Amount of what the message is about. */
    readonly amount: Money;
    /** Term 期限: number of monthly instalments. */
    readonly months: number;
    /** Contract rate of the product version as a fraction, for affordability. */
    readonly annual_rate: string;
    /** What the loan is for 借款用途, in the applicant's words. */
    readonly purpose: string;
    readonly profile: ApplicantProfile;
  }
  /** The party has no other open application: this one may go on. Key: party. */
  export interface ApplicationAdmitted {
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    /** Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it. */
    readonly application_id: string;
  }
  /** The party may not apply now. Key: party. */
  export interface ApplicationBarred {
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    /** Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it. */
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
    /** Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it. */
    readonly application_id: string;
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    /** `withdrawn`, `supplement-expired`, `duplicate`, `reapply-too-early` or `approval-lapsed`. */
    readonly reason: string;
  }
  /** The contract is signed: the application is done and its approval can no longer lapse. Key: application. */
  export interface ApplicationCompleted {
    /** Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it. */
    readonly application_id: string;
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    /** Loan contract 借款合同 of the application, a UUID; empty where none is known. */
    readonly contract_id: string;
  }
  /** Sent back for supplement 补件, with reasons and a deadline (a business date, inclusive). Key: application. */
  export interface ApplicationReturned {
    /** Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it. */
    readonly application_id: string;
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    readonly reasons: readonly ReasonCode[];
    /** Last business date for the supplement, inclusive. */
    readonly deadline: IsoDate;
  }
  /**
   * The applicant handed in what was missing 补件; the fields hold the application's values after it. Key:
   * application.
   */
  export interface ApplicationSupplemented {
    /** Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it. */
    readonly application_id: string;
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    /** What the loan is for 借款用途, in the applicant's words. */
    readonly purpose: string;
    /** From what the loan will be repaid 还款来源, in the applicant's words. */
    readonly repayment_source: string;
    readonly profile: ApplicantProfile;
    readonly documents: readonly Document[];
  }
  /** Everything due on a business date was done on one partition: how many aggregates, how many events. */
  export interface BusinessDayClosed {
    /** Business date 营业日. */
    readonly business_date: IsoDate;
    /** Number of the partition, counted from 0. */
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
    /** Business date 营业日. */
    readonly business_date: IsoDate;
    /** Number of the partition, counted from 0. */
    readonly partition: number;
    /** Version of the calendar that says it is a business day, e.g. `every-day/1`. */
    readonly calendar: string;
  }
  /** Ended without both signatures: `approval-lapsed` or `withdrawn`. Key: contract. */
  export interface ContractClosed {
    /** Loan contract 借款合同 of the application, a UUID; empty where none is known. */
    readonly contract_id: string;
    /** Number of the contract 合同编号 as people read it: `LS<business date>-<12 hex digits>`. */
    readonly contract_no: string;
    /** Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it. */
    readonly application_id: string;
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    /** `approval-lapsed` or `withdrawn`. */
    readonly reason: string;
  }
  /** The contract's text stands and waits for both signatures. Key: contract. */
  export interface ContractDrafted {
    /** Loan contract 借款合同 of the application, a UUID; empty where none is known. */
    readonly contract_id: string;
    /** Number of the contract 合同编号 as people read it: `LS<business date>-<12 hex digits>`. */
    readonly contract_no: string;
    /** Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it. */
    readonly application_id: string;
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    readonly terms: LoanTerms;
    /** Template and version, e.g. `personal-credit/zh/1`. */
    readonly template: string;
    readonly language: Language;
    /** SHA-256 (hex) of the text's UTF-8 bytes. */
    readonly digest: string;
    /** Last business date on which the contract can be signed, inclusive. */
    readonly valid_until: IsoDate;
    /** Who approved the loan: that person may not release the money. */
    readonly approver?: string;
  }
  /** The money for the signed contract is available: it can be drawn. Key: contract. */
  export interface ContractFunded {
    /** Loan contract 借款合同 of the application, a UUID; empty where none is known. */
    readonly contract_id: string;
    /** Number of the contract 合同编号 as people read it: `LS<business date>-<12 hex digits>`. */
    readonly contract_no: string;
    /** Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it. */
    readonly application_id: string;
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    /** Amount of what the message is about. */
    readonly amount: Money;
    readonly terms: LoanTerms;
    /** SHA-256 in 64 hexadecimal digits. */
    readonly digest: string;
    /** Business date on which the contract took effect 生效日: that of the second signature. */
    readonly effective_date: IsoDate;
    /** Who approved the loan 审批人: the subject of the access token, no personal data, or `system` where the rules did. */
    readonly approver: string;
  }
  /** One side accepted the text with this digest. Key: contract. */
  export interface ContractSignatureGiven {
    /** Loan contract 借款合同 of the application, a UUID; empty where none is known. */
    readonly contract_id: string;
    /** Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it. */
    readonly application_id: string;
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    readonly side: Side;
    /** Who signed: the caller's subject. */
    readonly signatory: string;
    /** SHA-256 in 64 hexadecimal digits. */
    readonly digest: string;
  }
  /** Both sides accepted the text with this digest 合同签署; nothing changes after. Key: contract. */
  export interface ContractSigned {
    /** Loan contract 借款合同 of the application, a UUID; empty where none is known. */
    readonly contract_id: string;
    /** Number of the contract 合同编号 as people read it: `LS<business date>-<12 hex digits>`. */
    readonly contract_no: string;
    /** Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it. */
    readonly application_id: string;
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    readonly terms: LoanTerms;
    /** SHA-256 in 64 hexadecimal digits. */
    readonly digest: string;
    /**
     * Who signed, `<side>:<person>` for each side, borrower first; the person is the subject of the access token, no
     * personal data.
     */
    readonly signatories: readonly string[];
    /** Business date on which the contract took effect 生效日: that of the second signature. */
    readonly effective_date: IsoDate;
    readonly language: Language;
  }
  /** The bank confirmed amount, payee and value date 放款: interest starts on the value date. Key: drawdown. */
  export interface Disbursed {
    /** Payout of the contract 放款单, a UUID. */
    readonly drawdown_id: string;
    /** Loan contract 借款合同 of the application, a UUID; empty where none is known. */
    readonly contract_id: string;
    /** Number of the contract 合同编号 as people read it: `LS<business date>-<12 hex digits>`. */
    readonly contract_no: string;
    /** Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it. */
    readonly application_id: string;
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    /** Amount of what the message is about. */
    readonly amount: Money;
    /** The bank's value date 起息日: from this day on the money counts. */
    readonly value_date: IsoDate;
    /** The custody bank's own reference of the movement 银行流水号. */
    readonly bank_reference: string;
    readonly terms: LoanTerms;
    /** Our number of the payment order, the bank's idempotency key. */
    readonly payment_id?: string;
  }
  /** Finally refused, cancelled or returned 退汇. Key: drawdown. */
  export interface DisbursementFailed {
    /** Payout of the contract 放款单, a UUID. */
    readonly drawdown_id: string;
    /** Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it. */
    readonly application_id: string;
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    /** Amount of what the message is about. */
    readonly amount: Money;
    /** The bank's answer in its words, or why the order was not sent. */
    readonly reason: string;
    /** Our number of the payment order, the bank's idempotency key; empty where no order was sent. */
    readonly payment_id?: string;
  }
  /** Last check passed, two different people released, the order goes to the bank. Key: drawdown. */
  export interface DisbursementOrdered {
    /** Payout of the contract 放款单, a UUID. */
    readonly drawdown_id: string;
    /** Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it. */
    readonly application_id: string;
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    /** Amount of what the message is about. */
    readonly amount: Money;
    /** Vault reference of the account that is paid 收款账户: `<party>/bank_account/<application>`. */
    readonly payee_ref: string;
    /** The two who released the payout, in order: of each the subject of the access token, no personal data. */
    readonly releasers: readonly string[];
    /** Loan contract 借款合同 of the application, a UUID; empty where none is known. */
    readonly contract_id?: string;
    /** Every result of the last check. */
    readonly checks?: readonly CheckResult[];
  }
  /** The bank's answer to the order is not known; it is asked, and the order is never sent anew. Key: drawdown. */
  export interface DisbursementUnknown {
    /** Payout of the contract 放款单, a UUID. */
    readonly drawdown_id: string;
    /** Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it. */
    readonly application_id: string;
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    /** Amount of what the message is about. */
    readonly amount: Money;
    /** Our number of the payment order, the bank's idempotency key; empty where no order was sent. */
    readonly payment_id: string;
  }
  /** The first of two people released the payout. Key: drawdown. */
  export interface DrawdownReleased {
    /** Payout of the contract 放款单, a UUID. */
    readonly drawdown_id: string;
    /** Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it. */
    readonly application_id: string;
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    /** Who released the payout: the subject of the access token, no personal data. */
    readonly releaser: string;
  }
  /** The funded contract is to be paid out; two people must release it 放款申请. Key: drawdown. */
  export interface DrawdownRequested {
    /** Payout of the contract 放款单, a UUID. */
    readonly drawdown_id: string;
    /** Loan contract 借款合同 of the application, a UUID; empty where none is known. */
    readonly contract_id: string;
    /** Number of the contract 合同编号 as people read it: `LS<business date>-<12 hex digits>`. */
    readonly contract_no: string;
    /** Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it. */
    readonly application_id: string;
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    /** Amount of what the message is about. */
    readonly amount: Money;
    /** Vault reference of the payee account. */
    readonly payee_ref: string;
    readonly terms: LoanTerms;
    /** Digest of the signed contract; compared again at each release. */
    readonly digest?: string;
    /** Day on which the contract took effect: nothing is paid before it. */
    readonly effective_date?: IsoDate | null;
    /** Who approved the loan 审批人: the subject of the access token, no personal data, or `system` where the rules did. */
    readonly approver?: string;
  }
  /** A person asked for a loan 贷款申请: need, amount, term, purpose, source of repayment. Key: application. */
  export interface LoanApplied {
    /** Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it. */
    readonly application_id: string;
    /** The loan that it becomes, if it does. */
    readonly loan_id: string;
    /** Vault subject of the borrower: no personal data. */
    readonly party_ref: string;
    /** Loan product 贷款产品 by its code. */
    readonly product_id: string;
    /** Number of the product's version, counted from 1. */
    readonly product_version: number;
    /** The version's terms as they stood when it was handed in. */
    readonly product_terms: ProductTerms;
    /** Amount of what the message is about. */
    readonly amount: Money;
    /** Term 期限: number of monthly instalments. */
    readonly months: number;
    /** What the loan is for 借款用途, in the applicant's words. */
    readonly purpose: string;
    /** From what the loan will be repaid 还款来源, in the applicant's words. */
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
    /** Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it. */
    readonly application_id: string;
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    readonly terms: LoanTerms;
    /** By whose authority: the subject of the access token, no personal data, or `system` where the rules decided. */
    readonly authority: string;
    /** Last business date on which the contract can be signed, inclusive. */
    readonly valid_until: IsoDate;
    readonly language: Language;
  }
  /** Refused, with reason codes 拒绝. Key: application. */
  export interface LoanRefused {
    /** Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it. */
    readonly application_id: string;
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    readonly reasons: readonly ReasonCode[];
    /** By whose authority: the subject of the access token, no personal data, or `system` where the rules decided. */
    readonly authority: string;
    /** First business date on which the party may apply again; none when there is no waiting time. */
    readonly reapply_from: IsoDate;
    readonly language: Language;
  }
  /** The party's open application ended, so that it may apply again (from `reapply_from` on). Key: party. */
  export interface PartyReleased {
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    /** Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it. */
    readonly application_id: string;
    /** First business date on which the party may apply again; none when there is no waiting time. */
    readonly reapply_from: IsoDate | null;
  }
  /** A maker proposed a product version; it is not for sale before another person publishes it. Key: product. */
  export interface ProductProposed {
    /** Loan product 贷款产品 by its code. */
    readonly product_id: string;
    /** Counted from 1 per product. */
    readonly version: number;
    readonly terms: ProductTerms;
    /** Who proposed it 经办人: the subject of the access token, no personal data. */
    readonly maker: string;
  }
  /** A product version with all its terms is open for sale, after maker and checker 产品发布. Key: product. */
  export interface ProductPublished {
    /** Loan product 贷款产品 by its code. */
    readonly product_id: string;
    /** Counted from 1 per product. */
    readonly version: number;
    readonly terms: ProductTerms;
    /** Who proposed it 经办人: the subject of the access token, no personal data. */
    readonly maker: string;
    /**
     * Who checked and published it 复核人: the subject of the access token, no personal data; another person than the
     * maker.
     */
    readonly checker: string;
  }
  /** A product version is closed to new applications 产品下架; running loans are untouched. Key: product. */
  export interface ProductWithdrawn {
    /** Loan product 贷款产品 by its code. */
    readonly product_id: string;
    /** The version that is closed; counted from 1 per product. */
    readonly version: number;
    /** Why: a stable code, or the words of who did it. */
    readonly reason: string;
    /** Who closed it: the subject of the access token, no personal data. */
    readonly withdrawn_by: string;
  }
  /** The rules refer the application to a person 人工审批, who then approves or refuses it. Key: application. */
  export interface ReviewRequested {
    /** Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it. */
    readonly application_id: string;
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    /** Amount of what the message is about. */
    readonly amount: Money;
    /** The most that may be approved, by the risk assessment. */
    readonly limit: Money;
    readonly reasons: readonly ReasonCode[];
    /** Points of the scorecard 评分, a whole number without unit: more points, less risk. */
    readonly score: number;
    /** Rating by the score 评级: `A` (best) to `E`. */
    readonly rating: string;
    /** Scorecard and version, e.g. `consumer/1`. */
    readonly scorecard: string;
  }
  /** The applicant withdraws after approval: the contract decides whether it was signed before. Key: application. */
  export interface WithdrawalRequested {
    /** Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it. */
    readonly application_id: string;
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
  }
}

/** Events of servicing. */
export namespace servicing {
  /**
   * To or from non-accrual status 非应计. Key: loan.
   *
   * It is about the lender's income: the debtor's claim goes on.
   */
  export interface AccrualStatusChanged {
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    /** Whether interest counts as income from now on. */
    readonly accruing: boolean;
    /** Business date from which the status holds. */
    readonly effective: IsoDate;
    /** Legal days past due. */
    readonly days_past_due: number;
    /**
     * Interest, penalty and compound interest that is unpaid, posted or not, and no longer counts as income; zero on
     * the return.
     */
    readonly reversed: Components;
    /** Why: a stable code, or the words of who did it. */
    readonly reason: string;
  }
  /** An aggregate failed inside a day: its later commands are refused `on-hold` until it is released. */
  export interface AggregateHeld {
    /** Id of the aggregate: of the loan, application and so on that the other events name. */
    readonly aggregate_id: string;
    /** Business date 营业日. */
    readonly business_date: IsoDate;
    /** Names the dead letter and the log line. */
    readonly error_id: string;
  }
  /** An operator took the aggregate off hold. */
  export interface AggregateReleased {
    /** Id of the aggregate: of the loan, application and so on that the other events name. */
    readonly aggregate_id: string;
    /** Why, in the words of the operator. */
    readonly reason: string;
  }
  /** A component was reduced by somebody's authority 减免; waived principal is forgiven. Key: loan. */
  export interface AmountWaived {
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    readonly waived: Components;
    /** The waiver again, instalment by instalment, oldest first; its parts sum to `waived`. */
    readonly instalments: readonly InstalmentAmounts[];
    /** Principal still owed on the loan after it 剩余本金. */
    readonly outstanding_principal: Money;
    /** Who decided it: the subject of the command. */
    readonly authority: string;
    /** Why: a stable code, or the words of who did it. */
    readonly reason: string;
    /** Business day from which the waiver counts; absent in events of before it was given. */
    readonly waived_on?: IsoDate | null;
    /**
     * `discounted-settlement` when it follows from an agreed settlement that was paid; empty for a waiver on its
     * own.
     */
    readonly cause?: string;
    /** Who proposed it; empty within the first tier. */
    readonly maker?: string;
    /** References of what was approved. */
    readonly approvals?: readonly string[];
  }
  /** The five-category class 五级分类 of the loan changed. Key: loan. */
  export interface AssetClassChanged {
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    /** Business date from which the class holds. */
    readonly effective: IsoDate;
    readonly previous: AssetClass;
    /** The class from now on. */
    readonly asset_class: AssetClass;
    /** Legal days past due: a grace that is not in the contract does not count. */
    readonly days_past_due: number;
    /**
     * `floor`: the days past due; `person`: somebody's decision; `cured`: a table by which a claim returns by
     * itself.
     */
    readonly by: string;
    /** Why: a stable code, or the words of who did it. */
    readonly reason: string;
    /** The rule behind the table of days. */
    readonly source: string;
    /** Who decided it: the subject of the command, `system` for the days past due. */
    readonly authority: string;
    /**
     * Arrears since this day have a technical cause: up to seven days past due they do not count; absent when none
     * have.
     */
    readonly excepted_since?: IsoDate | null;
  }
  /** Everything due on a business date was done on one partition: how many aggregates, how many events. */
  export interface BusinessDayClosed {
    /** Business date 营业日. */
    readonly business_date: IsoDate;
    /** Number of the partition, counted from 0. */
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
    /** Business date 营业日. */
    readonly business_date: IsoDate;
    /** Number of the partition, counted from 0. */
    readonly partition: number;
    /** Version of the calendar that says it is a business day, e.g. `every-day/1`. */
    readonly calendar: string;
  }
  /** A change is taken back before the borrower was told; `ScheduleRevised` with the old rows follows. Key: loan. */
  export interface ChangeUndone {
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    /** The cause that the undone `ScheduleRevised` named. */
    readonly change: string;
    /** The rate that holds again, fraction a year. */
    readonly annual_rate: string;
    /** Those that hold again. */
    readonly facts: ChangeFacts;
    /** Why: a stable code, or the words of who did it. */
    readonly reason: string;
  }
  /** Counted as lost while it stays on the books and takes payments. Key: loan. */
  export interface ChargedOff {
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    /** Business day from which the loan counts as lost. */
    readonly charged_off_on: IsoDate;
    /** All principal, the interest already due, penalty, fees and costs. */
    readonly charged_off: Components;
    /** Days past due 逾期天数: calendar days from the oldest unpaid due date to the business date. */
    readonly days_past_due: number;
    /** What the debtor's claim does from now on; income stops either way. */
    readonly accrual: ChargedOffAccrual;
    /** By whose authority: the subject of the access token, no personal data, or `system` where the rules decided. */
    readonly authority: string;
    /** Why: a stable code, or the words of who did it. */
    readonly reason: string;
    /** References of what was approved. */
    readonly approvals?: readonly string[];
  }
  /** The claim was sold and left the books 债权转让; later money is held for its owner. Key: loan. */
  export interface ClaimSold {
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    /** Reference of the buyer. */
    readonly buyer: string;
    readonly price: Money;
    /** Business day on which the claim left the books. */
    readonly sold_on: IsoDate;
    /** What the debtor owes on that day. */
    readonly claim: Components;
    /** Principal that leaves the balance: zero where it was written off before. */
    readonly principal: Money;
    /** By whose authority: the subject of the access token, no personal data, or `system` where the rules decided. */
    readonly authority: string;
    /** References of what was approved. */
    readonly approvals?: readonly string[];
    /** Why: a stable code, or the words of who did it. */
    readonly reason?: string;
    /** A payment of before the sale was taken back: what it had paid goes over, too; the price is zero. */
    readonly supplement?: boolean;
  }
  /** The bucket moved up or down 逾期阶段. Key: loan. */
  export interface DelinquencyBucketChanged {
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    readonly previous: Bucket;
    readonly bucket: Bucket;
    /** Days past due 逾期天数: calendar days from the oldest unpaid due date to the business date. */
    readonly days_past_due: number;
    readonly past_due: Components;
  }
  /** Later instalments fall due on another day of the month 变更还款日; `ScheduleRevised` follows. Key: loan. */
  export interface DueDateChanged {
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    /** Due date of the next instalment so far. */
    readonly previous_first: IsoDate;
    /** Next due date from now on; later ones follow month by month. */
    readonly first: IsoDate;
    /** Reference of the signed supplement 补充协议. */
    readonly supplement: string;
  }
  /** A charge of the signed cost table was claimed 收取费用. Key: loan. */
  export interface FeeCharged {
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    /** Its row in the cost table. */
    readonly code: string;
    /** `fee`, or `cost` for the cost of enforcing the claim. */
    readonly component: string;
    /** Instalment with which it falls due, counted from 1. */
    readonly number: number;
    /** Business date from which it is owed. */
    readonly charged_on: IsoDate;
    /** Due date of that instalment. */
    readonly due_date: IsoDate;
    /** Amount of what the message is about. */
    readonly amount: Money;
    /** Absent when the cap cut nothing; `amount` is what was charged besides. */
    readonly capped?: Capped | null;
    /** Why: a stable code, or the words of who did it. */
    readonly reason: string;
    /** Who decided it: the subject of the command. */
    readonly authority: string;
  }
  /** Instalments are skipped 延期还本付息; `ScheduleRevised` follows. The bureau is told. Key: loan. */
  export interface HolidayGranted {
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    /** First day, inclusive. */
    readonly from_date: IsoDate;
    /** First due date after it. */
    readonly until: IsoDate;
    /** Number of instalments that are skipped. */
    readonly instalments: number;
    /** Interest 利息. */
    readonly interest: HolidayInterest;
    readonly interest_due: HolidayDue;
    /** Whether the loan ends that many instalments later. */
    readonly extends_term: boolean;
    /** Interest of the days skipped that is asked for later. */
    readonly deferred_interest: Money;
    /** Interest of the days skipped that is never asked for. */
    readonly forgone_interest: Money;
    /** How the credit bureau is told. */
    readonly bureau_flag: string;
    /** Reference of the signed supplement 补充协议. */
    readonly supplement: string;
  }
  /** An instalment became due today, by component. Key: loan. */
  export interface InstallmentDue {
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    /** Number of the instalment in the loan's schedule 期次, counted from 1. */
    readonly number: number;
    /** Day on which the instalment is due 应还日. */
    readonly due_date: IsoDate;
    /** Principal 本金. */
    readonly principal: Money;
    /** Interest 利息. */
    readonly interest: Money;
    /** What of it is not yet paid (early payments count). */
    readonly unpaid: Money;
  }
  /** An instalment is fully paid. Key: loan. */
  export interface InstallmentPaid {
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    /** Number of the instalment in the loan's schedule 期次, counted from 1. */
    readonly number: number;
    /** Day on which the instalment is due 应还日. */
    readonly due_date: IsoDate;
    /** Value date of the payment that paid the last of it. */
    readonly paid_on: IsoDate;
  }
  /**
   * What was earned and not posted yet when a month was over 计提. Key: loan.
   *
   * Information for accounting; nothing is claimed by it. It replaces the figure of the month before.
   */
  export interface InterestAccrued {
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    /** Up to this day, exclusive: the first of the next month. */
    readonly until: IsoDate;
    /** Contract interest of the running period, penalty and compound interest not posted, by component. */
    readonly accrued: Components;
    /** Whether it counts as income; in non-accrual status it is a memorandum figure. */
    readonly accruing: boolean;
  }
  /**
   * The lender called the loan: everything is due 提前到期. Key: loan.
   *
   * `ScheduleRevised` follows with one row for what was not due yet, and `InstallmentDue` for that row.
   */
  export interface LoanAccelerated {
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    /** Business date on which everything became due. */
    readonly effective: IsoDate;
    /** Why: a stable code, or the words of who did it. */
    readonly reason: string;
    /** Reference of the notice that was served on the borrower. */
    readonly notice: string;
    /** When the notice was served. */
    readonly notified_on: IsoDate;
    /** What became due by it: the principal not due yet and the interest on it up to `effective`, exclusive. */
    readonly called: Components;
    /** Who decided it: the subject of the command. */
    readonly authority: string;
  }
  /** Who looks after the loan changed 管户变更. Key: loan. */
  export interface LoanAssigned {
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    /** Unit 机构; empty when none is named. */
    readonly unit: string;
    /** Officer 客户经理; empty when none is named. */
    readonly officer: string;
  }
  /** A disbursed loan is on the books with frozen terms and its first schedule. Key: loan. */
  export interface LoanBooked {
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it. */
    readonly application_id: string;
    /** Number of the contract 合同编号 as people read it: `LS<business date>-<12 hex digits>`. */
    readonly contract_no: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    readonly terms: LoanTerms;
    /** Interest runs from this day, inclusive 起息日. */
    readonly value_date: IsoDate;
    /** Due date of the last instalment 到期日. */
    readonly maturity: IsoDate;
    readonly schedule: readonly ScheduledInstalment[];
    /** Unit that looks after the loan 机构; empty when none is named. */
    readonly unit?: string;
    /** Officer who looks after it 客户经理; empty when none is named. */
    readonly officer?: string;
  }
  /**
   * Amounts already published were wrong from `from_date` on, old and new by component 更正. Key: loan.
   *
   * Emitted when a payment counts from an earlier day than today, or one is undone, and the ledger written anew
   * from that day differs from what was published. Nothing that was published (`Overdue`, bucket, penalty) is
   * withdrawn.
   */
  export interface LoanCorrected {
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    /** First day from which the published amounts were wrong. */
    readonly from_date: IsoDate;
    /** `back-dated-payment` or `reversal`. */
    readonly cause: string;
    /** What caused it: the receipt. */
    readonly reference: string;
    readonly instalments: readonly InstalmentCorrection[];
    /** Other payments whose money pays something else now. */
    readonly payments?: readonly PaymentCorrection[];
    /** Unpaid principal after the correction; absent when no payment was corrected. */
    readonly outstanding_principal?: Money | null;
  }
  /** Maturity is moved 展期; `ScheduleRevised` follows. Key: loan. */
  export interface LoanExtended {
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    /** By how many months, this time. */
    readonly months: number;
    /** Number of months of all extensions of the loan together. */
    readonly months_in_all: number;
    /** Due date of the last instalment until now. */
    readonly previous_maturity: IsoDate;
    /** Due date of the last instalment 到期日. */
    readonly maturity: IsoDate;
    /** Reference of the signed supplement. */
    readonly supplement: string;
    /** Reference of the approval. */
    readonly approval: string;
    /** Reference of the guarantor's consent; empty when there is none. */
    readonly guarantor_consent?: string;
    /** Reference of the consent of who gave security; empty when there is none. */
    readonly security_consent?: string;
    /** `extended` with the consents, else `original`: the security covers the old terms only (Civil Code 695). */
    readonly security_covers: string;
  }
  /** Arrears of principal and interest are moved into later instalments; `ScheduleRevised` follows. Key: loan. */
  export interface LoanReAged {
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    readonly moved: Components;
    /** Legal days past due, class and bureau status go on from here. */
    readonly oldest_breach: IsoDate;
    /** Reference of the approval. */
    readonly approval: string;
  }
  /** What is not yet due is spread anew over the same dates; `ScheduleRevised` follows. Key: loan. */
  export interface LoanReAmortised {
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    /** Reference of the approval. */
    readonly approval: string;
  }
  /** Terms are eased because the borrower is in difficulty 重组; `ScheduleRevised` follows. Key: loan. */
  export interface LoanRestructured {
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    /** Reference of the recorded finding of financial difficulty. */
    readonly finding: string;
    /** How often by now; from the second on the class is at least substandard 次级. */
    readonly times: number;
    /** Number of instalments from now on. */
    readonly months: number;
    /** Rate until now, a fraction a year: 0.144 = 14.4 %. */
    readonly previous_rate: string;
    /** Fraction a year. */
    readonly annual_rate: string;
    /** First repayment date after it. */
    readonly observed_from: IsoDate;
    /** At least a year and two periods later; a miss starts it again. */
    readonly observed_until: IsoDate;
    /** Reference of the signed supplement 补充协议. */
    readonly supplement: string;
    /** Reference of the approval. */
    readonly approval: string;
  }
  /** The bank credited money for a loan; not yet applied. Key: receipt = bank reference. */
  export interface MoneyReceived {
    /** Receipt 收款: the bank's reference of the incoming payment. */
    readonly receipt_id: string;
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Amount of what the message is about. */
    readonly amount: Money;
    /** The bank's value date 起息日: from this day on the money counts. */
    readonly value_date: IsoDate;
    /** How the money came 支付渠道: a code of whoever records it, such as `bank-transfer`; `manual` when left out. */
    readonly channel: string;
    /** Kind of document by the product's checklist. */
    readonly kind?: PaymentKind;
  }
  /** An instalment was missed while a restructured loan is observed 观察期重新计算. Key: loan. */
  export interface ObservationRestarted {
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    /** First day of the observation that begins anew. */
    readonly observed_from: IsoDate;
    /** Its last day. */
    readonly observed_until: IsoDate;
  }
  /** An arrears episode began, after grace; once per episode 逾期. Key: loan. */
  export interface Overdue {
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    /** Oldest unpaid due date. */
    readonly since: IsoDate;
    /** Days past due 逾期天数: calendar days from the oldest unpaid due date to the business date. */
    readonly days_past_due: number;
    readonly past_due: Components;
  }
  /** Nothing is past due any more: the arrears episode ended. Key: loan. */
  export interface OverdueCured {
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    /** Oldest unpaid due date when the arrears episode began. */
    readonly since: IsoDate;
    /** Business date from which nothing is past due any more. */
    readonly cured_on: IsoDate;
  }
  /**
   * The loan could not take the money of a receipt (unknown, settled, sold): the receipt goes to suspense. Key:
   * loan.
   */
  export interface PaymentDeclined {
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Receipt 收款: the bank's reference of the incoming payment. */
    readonly receipt_id: string;
    /** Amount of what the message is about. */
    readonly amount: Money;
    /** `loan-unknown`, `loan-settled`, `claim-sold`, `claim-recovered`, `currency-differs` or `amount-invalid`. */
    readonly reason: string;
  }
  /**
   * Money was credited to the loan: value date, channel, allocation by component 还款. Key: loan.
   *
   * After a write-off money comes as `RecoveryReceived`; what came in whatever became of it is in `MoneyReceived`.
   */
  export interface PaymentReceived {
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    /** Receipt 收款: the bank's reference of the incoming payment. */
    readonly receipt_id: string;
    /** The bank's value date 起息日: from this day on the money counts. */
    readonly value_date: IsoDate;
    /** How the money came 支付渠道: a code of whoever records it, such as `bank-transfer`; `manual` when left out. */
    readonly channel: string;
    /** Applied to the loan; what is left of the receipt is `surplus`. */
    readonly amount: Money;
    readonly allocation: Components;
    /** Not needed by the loan: stays on the receipt as suspense. */
    readonly surplus: Money;
    /** Principal still owed on the loan after it 剩余本金. */
    readonly outstanding_principal: Money;
    /** The allocation again, instalment by instalment, oldest first; its parts sum to `allocation`. */
    readonly instalments?: readonly InstalmentAmounts[];
    /** Number of the payment on its loan, counted from 1 in the order of booking; 0 in events of before it was given. */
    readonly number?: number;
    /** Kind of document by the product's checklist. */
    readonly kind?: PaymentKind;
  }
  /**
   * A payment was undone: bank error or chargeback 冲正. Key: loan.
   *
   * It undoes the `PaymentReceived` of the same loan and receipt, which stands before it in the partition: channel
   * and value date are there. A receipt gives a loan one payment at most.
   */
  export interface PaymentReversed {
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    /** Receipt 收款: the bank's reference of the incoming payment. */
    readonly receipt_id: string;
    /** What the loan had applied of the receipt, without its surplus. */
    readonly amount: Money;
    /** What is owed again, by component. */
    readonly allocation: Components;
    /** Why the bank took the money back, in the words of who recorded it. */
    readonly cause: string;
    /** Principal still owed on the loan after it 剩余本金. */
    readonly outstanding_principal: Money;
    /** What is owed again, instalment by instalment; its parts sum to `allocation`. */
    readonly instalments?: readonly RestoredInstalment[];
    /** Whether the loan was settled and is open again. */
    readonly reopened?: boolean;
  }
  /** Held unallocated 挂账: loan unknown or closed. Key: receipt. */
  export interface PaymentSuspended {
    /** Receipt 收款: the bank's reference of the incoming payment. */
    readonly receipt_id: string;
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Amount of what the message is about. */
    readonly amount: Money;
    /** As in `PaymentDeclined`. */
    readonly reason: string;
  }
  /** What settles the loan on a day 结清试算. Good to that day's end; any other event of the loan voids it. Key: loan. */
  export interface PayoffQuoted {
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    /** Business day for which it is quoted; valid to its end. */
    readonly on: IsoDate;
    /** What is due by then, arrears and penalty to the day included. */
    readonly due: Components;
    /** Not yet due, after `unused_prepaid`. */
    readonly principal: Money;
    /** Of the running period, to the day exclusive, not paid yet. */
    readonly interest: Money;
    /** For prepaying. */
    readonly fee: Money;
    /** Interest paid in advance for days that do not come: taken off the principal. */
    readonly unused_prepaid: Money;
    /** Paid on the day it settles the loan exactly. */
    readonly total: Money;
  }
  /** Penalty interest 罚息 posted: base × rate ÷ day basis × days, half-up to the minor unit. Key: loan. */
  export interface PenaltyCharged {
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    /** Instalment in arrears, counted from 1. */
    readonly number: number;
    /** Amount of what the message is about. */
    readonly amount: Money;
    /** Unpaid principal of the instalment. */
    readonly base: Money;
    /** Penalty rate per year 罚息利率 as a fraction, 0.216 = 21.6 %: contract rate × penalty multiplier. */
    readonly annual_rate: string;
    /** First day charged, inclusive. */
    readonly from_date: IsoDate;
    /** Last day, exclusive. */
    readonly to_date: IsoDate;
    /** Calendar days charged: from `from_date` to `to_date`. */
    readonly days: number;
    /**
     * `penalty`; `compound`: compound interest 复利, whose base is unpaid contract interest; `damages`: agreed
     * damages.
     */
    readonly kind?: string;
    /** Absent when the cap cut nothing; `amount` is what was posted besides. */
    readonly capped?: Capped | null;
  }
  /**
   * Funds were misused 挪用: the heavier penalty rate holds from `since` on. Key: loan.
   *
   * `since` is the day of the misuse, or the day up to which penalty was posted already when that is later.
   */
  export interface PenaltyRateRaised {
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    /** Oldest unpaid due date when the arrears episode began. */
    readonly since: IsoDate;
    /** Penalty rate per year from then on as a fraction, 0.288 = 28.8 %. */
    readonly annual_rate: string;
    /** The finding of misuse. */
    readonly reference: string;
    /** Who decided it: the subject of the command. */
    readonly authority: string;
  }
  /** Principal is repaid early 提前还款; `ScheduleRevised` and `PaymentReceived` follow. Key: loan. */
  export interface Prepaid {
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    /** Receipt 收款: the bank's reference of the incoming payment. */
    readonly receipt_id: string;
    readonly mode: PrepaymentMode;
    /** The day from which the new schedule counts. */
    readonly on: IsoDate;
    /** Number of the row that the prepayment is in the new schedule. */
    readonly number: number;
    /** Principal 本金. */
    readonly principal: Money;
    /** To the day, exclusive, paid with it. */
    readonly interest: Money;
    readonly fee: Money;
    /** Interest paid in advance for days that do not come, which pays principal now. */
    readonly unused_prepaid: Money;
    /** Interest not yet earned, before less after. */
    readonly interest_saved: Money;
  }
  /** The borrower asks that money to come repays early 提前还款申请. Key: loan. */
  export interface PrepaymentInstructed {
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    readonly mode: PrepaymentMode;
    /** Principal to prepay; absent for all of it. */
    readonly principal?: Money | null;
    /** The receipt that brings the money; empty: the first one that suffices. */
    readonly receipt_id?: string;
    /** Last value date of such money. */
    readonly valid_until: IsoDate;
    /** What would carry it out today: what is due, interest, fee and principal. */
    readonly to_pay: Money;
  }
  /** The rate is set anew under the contract 重定价; `ScheduleRevised` follows when it changes the rows. Key: loan. */
  export interface RateReset {
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    /** The day from which the new rate counts, inclusive. */
    readonly reset_on: IsoDate;
    readonly tenor: LprTenor;
    /** Loan prime rate, fraction a year. */
    readonly index: string;
    /** Day on which the index value was published. */
    readonly published: IsoDate;
    /** Who published it. */
    readonly source: string;
    /** Spread over the index in basis points: 100 points are 1 %. */
    readonly spread_bp: number;
    /** Rate until now, a fraction a year: 0.144 = 14.4 %. */
    readonly previous_rate: string;
    /** Index plus spread within cap and floor, fraction a year. */
    readonly annual_rate: string;
    /** Next day on which the rate is set anew; absent after the last one. */
    readonly next_reset: IsoDate;
  }
  /** The receipt's money was applied to its loan; the rest is suspended. Key: receipt. */
  export interface ReceiptApplied {
    /** Receipt 收款: the bank's reference of the incoming payment. */
    readonly receipt_id: string;
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Part of the receipt that the loan took. */
    readonly applied: Money;
    /** Part of the receipt that no loan took: held unallocated 挂账. */
    readonly suspended: Money;
  }
  /** The bank took the money back: the loan must undo the payment. Key: receipt. */
  export interface ReceiptReversalRequested {
    /** Receipt 收款: the bank's reference of the incoming payment. */
    readonly receipt_id: string;
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Amount of what the message is about. */
    readonly amount: Money;
    /** Why the bank took the money back, in the words of who recorded it. */
    readonly cause: string;
  }
  /** The receipt is undone: none of its money counts any more. Key: receipt. */
  export interface ReceiptReversed {
    /** Receipt 收款: the bank's reference of the incoming payment. */
    readonly receipt_id: string;
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** The receipt's, without what of it had been refunded. */
    readonly amount: Money;
    /** Why the bank took the money back, in the words of who recorded it. */
    readonly cause: string;
  }
  /** Money came in after write-off 核销后收回. Key: loan. */
  export interface RecoveryReceived {
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    /** Receipt 收款: the bank's reference of the incoming payment. */
    readonly receipt_id: string;
    /** The bank's value date 起息日: from this day on the money counts. */
    readonly value_date: IsoDate;
    /** Taken as recovery; what is left of the receipt is `surplus`. */
    readonly amount: Money;
    /**
     * `amount` by component, in the order cost, principal, memo interest, rest; absent in events of before it was
     * stated.
     */
    readonly allocation?: Components | null;
    /**
     * What of it is memo interest 表外利息: contract interest, penalty and compound interest, written off or accrued
     * since.
     */
    readonly memo_interest?: Money | null;
    /** Above the whole claim: stays on the receipt as suspense; absent when there is none. */
    readonly surplus?: Money | null;
    /** The allocation again, instalment by instalment; its parts sum to `allocation`. */
    readonly instalments?: readonly InstalmentAmounts[];
  }
  /** A recovery was undone: bank error or chargeback 冲正. Key: loan. */
  export interface RecoveryReversed {
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    /** Receipt 收款: the bank's reference of the incoming payment. */
    readonly receipt_id: string;
    /** Amount of what the message is about. */
    readonly amount: Money;
    /** Why the bank took the money back, in the words of who recorded it. */
    readonly cause: string;
    /** What the recovery had paid, by component; absent where that was not stated. */
    readonly allocation?: Components | null;
  }
  /** Suspended money goes back to who paid it 退款. Key: receipt. */
  export interface RefundPaid {
    /** Receipt 收款: the bank's reference of the incoming payment. */
    readonly receipt_id: string;
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Amount of what the message is about. */
    readonly amount: Money;
    /** What of the receipt is still held. */
    readonly suspended: Money;
    /** The payout's own reference. */
    readonly refund_reference: string;
    /** Why: a stable code, or the words of who did it. */
    readonly reason: string;
    /** By whose authority: the subject of the access token, no personal data, or `system` where the rules decided. */
    readonly authority: string;
  }
  /**
   * The loan moved to another version of the arithmetic 规则升级: what is computed from that day on follows it. Key:
   * loan.
   *
   * The schedule, and everything that was posted, stays as it was decided.
   */
  export interface RulesAdopted {
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    /** Version until now, e.g. `cn-bank/1`. */
    readonly previous: string;
    /** Version from now on. */
    readonly rules: string;
    /** Business day from which it holds. */
    readonly adopted_on: IsoDate;
    /** Why: a stable code, or the words of who did it. */
    readonly reason: string;
    /** Who decided it: the subject of the command. */
    readonly authority: string;
  }
  /**
   * The rows from one number on are replaced 还款计划变更; rows before it stand, later ones that are not named are gone.
   *
   * Key: loan. It follows the event that says what happened: a prepayment, an extension, a new rate.
   */
  export interface ScheduleRevised {
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    /** What changed the schedule, e.g. `prepayment`, `extension`, `undo`. */
    readonly cause: string;
    /** From when the new rows count. */
    readonly effective: IsoDate;
    /** Number of the first row that is replaced, counted from 1. */
    readonly from_number: number;
    /** Number of rows that the schedule had before. */
    readonly previous_count: number;
    readonly rows: readonly RevisedInstalment[];
    /** Due date of the last instalment 到期日. */
    readonly maturity: IsoDate;
    /** Principal still owed on the loan after it 剩余本金. */
    readonly outstanding_principal: Money;
    /** Of the first later row's interest, what was earned before `accrues_from`; from then on it accrues by day. */
    readonly earned?: Money | null;
    /** Absent when the running row's interest accrues from the due date before it. */
    readonly accrues_from?: IsoDate | null;
    /** Number of instalments that the loan was booked with. */
    readonly booked_months?: number;
    /** Interest that became principal; absent when none did, negative when that is undone. */
    readonly capitalised?: Money | null;
  }
  /** Closed: every component is zero 结清. Key: loan. */
  export interface Settled {
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    /** Number of the contract 合同编号 as people read it: `LS<business date>-<12 hex digits>`. */
    readonly contract_no: string;
    /** Business date on which the loan closed 结清日. */
    readonly settled_on: IsoDate;
    /**
     * `paid` (in full), `discounted` (a part was waived) or `compensated` (somebody who answers for the debtor
     * paid).
     */
    readonly kind: string;
  }
  /**
   * A smaller sum, paid by a date, will settle the loan 减免结清. Key: loan.
   *
   * Nothing is waived yet. While it stands, money goes to costs, fees, principal and interest first: what is
   * waived is penalty before compound interest before interest before principal.
   */
  export interface SettlementAgreed {
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    /** Business day on which it was agreed. */
    readonly agreed_on: IsoDate;
    /** To be paid from now on, in one or more payments. */
    readonly amount: Money;
    /** Last value date that counts. */
    readonly by: IsoDate;
    /** What is owed when it is agreed. */
    readonly claim: Components;
    /** What of it would be waived: `claim` less `amount`. */
    readonly reduction: Components;
    /** By whose authority: the subject of the access token, no personal data, or `system` where the rules decided. */
    readonly authority: string;
    /** Who proposed it 经办人: the subject of the access token, no personal data. */
    readonly maker: string;
    /** References of what was approved. */
    readonly approvals: readonly string[];
    /** Why: a stable code, or the words of who did it. */
    readonly reason: string;
  }
  /** The agreed sum was not paid by its date, or was taken back: the full claim stands again. Key: loan. */
  export interface SettlementLapsed {
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    /** Business day from which the full claim stands again. */
    readonly lapsed_on: IsoDate;
    /** `unpaid` or `payment-reversed`. */
    readonly cause: string;
    /** The agreed sum. */
    readonly amount: Money;
    /** Last value date that would have counted. */
    readonly by: IsoDate;
    /** Paid of `amount`, reversals taken off; it stays credited. */
    readonly paid: Money;
    /** What was waived under the agreement and is owed again; zero when it was never paid in full. */
    readonly revived: Components;
    /** Principal still owed on the loan after it 剩余本金. */
    readonly outstanding_principal: Money;
    /** `revived` instalment by instalment. */
    readonly instalments?: readonly RestoredInstalment[];
  }
  /** Off the balance, the claim is kept 核销. Key: loan. */
  export interface WrittenOff {
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    readonly written_off: Components;
    /** Days past due 逾期天数: calendar days from the oldest unpaid due date to the business date. */
    readonly days_past_due: number;
    /** By whose authority: the subject of the access token, no personal data, or `system` where the rules decided. */
    readonly authority: string;
    /** References of what was approved. */
    readonly approvals?: readonly string[];
  }
}

/** Events of funding. */
export namespace funding {
  /** A custody sub-account exists 存管子账户. Key: account. */
  export interface AccountOpened {
    /** Custody sub-account 存管子账户: `own-capital-<currency>` or `loan:<loan id>`. */
    readonly account_id: string;
    /** `own-capital` or `loan:<loan id>`. */
    readonly owner: string;
    /** Currency, ISO 4217 code. */
    readonly currency: string;
  }
  /** An aggregate failed inside a day: its later commands are refused `on-hold` until it is released. */
  export interface AggregateHeld {
    /** Id of the aggregate: of the loan, application and so on that the other events name. */
    readonly aggregate_id: string;
    /** Business date 营业日. */
    readonly business_date: IsoDate;
    /** Names the dead letter and the log line. */
    readonly error_id: string;
  }
  /** An operator took the aggregate off hold. */
  export interface AggregateReleased {
    /** Id of the aggregate: of the loan, application and so on that the other events name. */
    readonly aggregate_id: string;
    /** Why, in the words of the operator. */
    readonly reason: string;
  }
  /** Everything due on a business date was done on one partition: how many aggregates, how many events. */
  export interface BusinessDayClosed {
    /** Business date 营业日. */
    readonly business_date: IsoDate;
    /** Number of the partition, counted from 0. */
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
    /** Business date 营业日. */
    readonly business_date: IsoDate;
    /** Number of the partition, counted from 0. */
    readonly partition: number;
    /** Version of the calendar that says it is a business day, e.g. `every-day/1`. */
    readonly calendar: string;
  }
  /** The account cannot take the money of a transfer: unknown, or of another currency. Key: account. */
  export interface CreditRefused {
    /** Custody sub-account 存管子账户: `own-capital-<currency>` or `loan:<loan id>`. */
    readonly account_id: string;
    /** Transfer between two custody accounts 划转. */
    readonly transfer_id: string;
    /** Amount of what the message is about. */
    readonly amount: Money;
    /** `unknown-account`, `currency-mismatch` or `bad-amount`. */
    readonly reason: string;
  }
  /** Money for the loan is available on its custody account: sources and shares 资金到位. Key: application. */
  export interface Funded {
    /** Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it. */
    readonly application_id: string;
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Loan contract 借款合同 of the application, a UUID; empty where none is known. */
    readonly contract_id: string;
    /** Amount of what the message is about. */
    readonly amount: Money;
    /** Custody account of the loan, `loan:<loan id>`, from which it is paid out. */
    readonly loan_account: string;
    readonly sources: readonly Share[];
  }
  /** The lender's account could not give the money. Key: application. */
  export interface FundingFailed {
    /** Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it. */
    readonly application_id: string;
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Loan contract 借款合同 of the application, a UUID; empty where none is known. */
    readonly contract_id: string;
    /** Amount of what the message is about. */
    readonly amount: Money;
    /** Why its transfer was not completed: as in `TransferReleased`. */
    readonly reason: string;
  }
  /** A signed contract needs money: a transfer from the lender's account is opened. Key: application. */
  export interface FundingRequested {
    /** Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it. */
    readonly application_id: string;
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Loan contract 借款合同 of the application, a UUID; empty where none is known. */
    readonly contract_id: string;
    /** Amount of what the message is about. */
    readonly amount: Money;
    /** Transfer between two custody accounts 划转. */
    readonly transfer_id: string;
    /** Custody account of the lender 出借人账户 that pays. */
    readonly lender_account: string;
    /** Custody account of the loan, `loan:<loan id>`, from which it is paid out. */
    readonly loan_account: string;
  }
  /** Money in transit arrived on this account. Key: account. */
  export interface MoneyCredited {
    /** Custody sub-account 存管子账户: `own-capital-<currency>` or `loan:<loan id>`. */
    readonly account_id: string;
    /** The transfer, or the distribution of a repayment, that it belongs to. */
    readonly transfer_id: string;
    /** Amount of what the message is about. */
    readonly amount: Money;
    /** Available balance 可用余额 of the account after it. */
    readonly balance: Money;
    readonly postings: readonly Posting[];
    /** `distribution` of a repayment, or `transfer`. */
    readonly purpose: string;
  }
  /** 充值 confirmed by the bank. Key: account. */
  export interface MoneyDeposited {
    /** Custody sub-account 存管子账户: `own-capital-<currency>` or `loan:<loan id>`. */
    readonly account_id: string;
    /** Amount of what the message is about. */
    readonly amount: Money;
    /** The custody bank's own reference of the movement 银行流水号. */
    readonly bank_reference: string;
    /** Available after it. */
    readonly balance: Money;
    readonly postings: readonly Posting[];
  }
  /** Taken from the available balance for a transfer 冻结; it stands in transit. Key: account. */
  export interface MoneyReserved {
    /** Custody sub-account 存管子账户: `own-capital-<currency>` or `loan:<loan id>`. */
    readonly account_id: string;
    /** Transfer between two custody accounts 划转. */
    readonly transfer_id: string;
    /** Amount of what the message is about. */
    readonly amount: Money;
    /** Available balance 可用余额 of the account after it. */
    readonly balance: Money;
    readonly postings: readonly Posting[];
  }
  /** A reversed repayment was taken back from its lender, as far as available, the rest as a debt. Key: account. */
  export interface MoneyTakenBack {
    /** Custody sub-account 存管子账户: `own-capital-<currency>` or `loan:<loan id>`. */
    readonly account_id: string;
    /** The distribution that takes it back. */
    readonly transfer_id: string;
    /** Amount of what the message is about. */
    readonly amount: Money;
    /** Available balance 可用余额 of the account after it. */
    readonly balance: Money;
    /** What the owner owes after it. */
    readonly due_back: Money;
    readonly postings: readonly Posting[];
  }
  /** 提现, or the payout of a loan, confirmed by the bank. Key: account. */
  export interface MoneyWithdrawn {
    /** Custody sub-account 存管子账户: `own-capital-<currency>` or `loan:<loan id>`. */
    readonly account_id: string;
    /** Amount of what the message is about. */
    readonly amount: Money;
    /** The custody bank's own reference of the movement 银行流水号. */
    readonly bank_reference: string;
    /** Available balance 可用余额 of the account after it. */
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
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Receipt 收款: the bank's reference of the incoming payment. */
    readonly receipt_id: string;
    /** Amount of what the message is about. */
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
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Receipt 收款: the bank's reference of the incoming payment. */
    readonly receipt_id: string;
    /** Amount of what the message is about. */
    readonly amount: Money;
    readonly components: Components;
    /** `payment` or `recovery` (after write-off). */
    readonly kind: string;
    /** Whether it takes an earlier distribution back 冲正. */
    readonly reversal: boolean;
  }
  /** The reserved money is finally gone: the transfer completed. Key: account. */
  export interface ReservationCaptured {
    /** Custody sub-account 存管子账户: `own-capital-<currency>` or `loan:<loan id>`. */
    readonly account_id: string;
    /** Transfer between two custody accounts 划转. */
    readonly transfer_id: string;
    /** Amount of what the message is about. */
    readonly amount: Money;
  }
  /** The account cannot give the money of a transfer. Key: account. */
  export interface ReservationRefused {
    /** Custody sub-account 存管子账户: `own-capital-<currency>` or `loan:<loan id>`. */
    readonly account_id: string;
    /** Transfer between two custody accounts 划转. */
    readonly transfer_id: string;
    /** Amount of what the message is about. */
    readonly amount: Money;
    /** `unknown-account`, `currency-mismatch`, `bad-amount`, `insufficient-money`, or `cancelled`: never reserved. */
    readonly reason: string;
  }
  /** Money in transit came back: the transfer was not completed 解冻. Key: account. */
  export interface ReservationReleased {
    /** Custody sub-account 存管子账户: `own-capital-<currency>` or `loan:<loan id>`. */
    readonly account_id: string;
    /** Transfer between two custody accounts 划转. */
    readonly transfer_id: string;
    /** Amount of what the message is about. */
    readonly amount: Money;
    /** Available balance 可用余额 of the account after it. */
    readonly balance: Money;
    readonly postings: readonly Posting[];
  }
  /** Who lent how much of a loan: its repayments are shared out by it. Key: loan. */
  export interface SharesRegistered {
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    readonly shares: readonly Share[];
  }
  /** It will not complete and nothing was or will be credited: a reservation is to be released. Key: transfer. */
  export interface TransferCancelled {
    /** Transfer between two custody accounts 划转. */
    readonly transfer_id: string;
    /** Custody account that pays. */
    readonly from_account: string;
    /** Amount of what the message is about. */
    readonly amount: Money;
    /** `expired`, or why the receiving account refused. */
    readonly reason: string;
  }
  /** Completed: nothing is in transit any more. Key: transfer. */
  export interface TransferCaptured {
    /** Transfer between two custody accounts 划转. */
    readonly transfer_id: string;
    /** Amount of what the message is about. */
    readonly amount: Money;
    /** As in `TransferOpened`. */
    readonly purpose: string;
    /** As in `TransferOpened`. */
    readonly reference: string;
  }
  /** The receiving account has the money. Key: transfer. */
  export interface TransferCredited {
    /** Transfer between two custody accounts 划转. */
    readonly transfer_id: string;
    /** Custody account that pays. */
    readonly from_account: string;
    /** Custody account that receives. */
    readonly to_account: string;
    /** Amount of what the message is about. */
    readonly amount: Money;
  }
  /** Money is to move between two accounts 划转: Opened → Reserved → Credited → Captured, or Released. Key: transfer. */
  export interface TransferOpened {
    /** Transfer between two custody accounts 划转. */
    readonly transfer_id: string;
    /** Custody account that pays. */
    readonly from_account: string;
    /** Custody account that receives. */
    readonly to_account: string;
    /** Amount of what the message is about. */
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
    /** Transfer between two custody accounts 划转. */
    readonly transfer_id: string;
    /** Amount of what the message is about. */
    readonly amount: Money;
    /** As in `TransferOpened`. */
    readonly purpose: string;
    /** As in `TransferOpened`. */
    readonly reference: string;
    /** `expired`, or why an account refused: as in `ReservationRefused` and `CreditRefused`. */
    readonly reason: string;
  }
  /** The paying account reserved the money. Key: transfer. */
  export interface TransferReserved {
    /** Transfer between two custody accounts 划转. */
    readonly transfer_id: string;
    /** Custody account that pays. */
    readonly from_account: string;
    /** Custody account that receives. */
    readonly to_account: string;
    /** Amount of what the message is about. */
    readonly amount: Money;
  }
}

/** Events of risk. */
export namespace risk {
  /** An aggregate failed inside a day: its later commands are refused `on-hold` until it is released. */
  export interface AggregateHeld {
    /** Id of the aggregate: of the loan, application and so on that the other events name. */
    readonly aggregate_id: string;
    /** Business date 营业日. */
    readonly business_date: IsoDate;
    /** Names the dead letter and the log line. */
    readonly error_id: string;
  }
  /** An operator took the aggregate off hold. */
  export interface AggregateReleased {
    /** Id of the aggregate: of the loan, application and so on that the other events name. */
    readonly aggregate_id: string;
    /** Why, in the words of the operator. */
    readonly reason: string;
  }
  /** Everything due on a business date was done on one partition: how many aggregates, how many events. */
  export interface BusinessDayClosed {
    /** Business date 营业日. */
    readonly business_date: IsoDate;
    /** Number of the partition, counted from 0. */
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
    /** Business date 营业日. */
    readonly business_date: IsoDate;
    /** Number of the partition, counted from 0. */
    readonly partition: number;
    /** Version of the calendar that says it is a business day, e.g. `every-day/1`. */
    readonly calendar: string;
  }
  /** An application was assessed: score, rating, reasons, limit, advice, versions 风险评估. Key: application. */
  export interface RiskAssessed {
    /** Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it. */
    readonly application_id: string;
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    /** Points of the scorecard 评分, a whole number without unit: more points, less risk. */
    readonly score: number;
    /** `A` (best) to `E`. */
    readonly rating: string;
    /** PD = 1/(1+odds) of the scorecard's calibration. */
    readonly probability_of_default: string;
    /** Attributes with the largest shortfall from their best points, and rules that refer or refuse. */
    readonly reasons: readonly ReasonCode[];
    /** Version of the arithmetic, e.g. `cn-bank/1`. */
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
    /** Id of the aggregate: of the loan, application and so on that the other events name. */
    readonly aggregate_id: string;
    /** Business date 营业日. */
    readonly business_date: IsoDate;
    /** Names the dead letter and the log line. */
    readonly error_id: string;
  }
  /** An operator took the aggregate off hold. */
  export interface AggregateReleased {
    /** Id of the aggregate: of the loan, application and so on that the other events name. */
    readonly aggregate_id: string;
    /** Why, in the words of the operator. */
    readonly reason: string;
  }
  /** Everything due on a business date was done on one partition: how many aggregates, how many events. */
  export interface BusinessDayClosed {
    /** Business date 营业日. */
    readonly business_date: IsoDate;
    /** Number of the partition, counted from 0. */
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
    /** Business date 营业日. */
    readonly business_date: IsoDate;
    /** Number of the partition, counted from 0. */
    readonly partition: number;
    /** Version of the calendar that says it is a business day, e.g. `every-day/1`. */
    readonly calendar: string;
  }
  /** Finally undeliverable. Key: message. */
  export interface NotificationFailed {
    /** Message to one recipient about one event on one channel 通知; also its idempotency key. */
    readonly message_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    /** `email` or `webhook`. */
    readonly channel: string;
    /** Rule that sent it, e.g. `installment-due`; `webhook` for a webhook. */
    readonly category: string;
    /** Id of the event that it is about. */
    readonly cause: string;
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** The channel's last answer, or that it was given up and after how long, in words. */
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
    /** Message to one recipient about one event on one channel 通知; also its idempotency key. */
    readonly message_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    /** `email` or `webhook`. */
    readonly channel: string;
    /** Id of the event that it is about. */
    readonly cause: string;
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Party reference, or name of a webhook subscriber. */
    readonly recipient?: string;
  }
  /** A message was handed to a channel. Key: message. */
  export interface NotificationSent {
    /** Message to one recipient about one event on one channel 通知; also its idempotency key. */
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
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** Whether an earlier attempt's outcome was unknown, so that it may have arrived twice. */
    readonly uncertain: boolean;
    /** Party reference, or name of a webhook subscriber. */
    readonly recipient?: string;
  }
  /** Not sent: preference, no address, quiet hours or duplicate. Key: message. */
  export interface NotificationSuppressed {
    /** Message to one recipient about one event on one channel 通知; also its idempotency key. */
    readonly message_id: string;
    /** Borrower 借款人: the vault's reference of the party, no personal data. */
    readonly party_ref: string;
    /** `email` or `webhook`. */
    readonly channel: string;
    /** Rule that sent it, e.g. `installment-due`; `webhook` for a webhook. */
    readonly category: string;
    /** Id of the event that it is about. */
    readonly cause: string;
    /** Loan 借款, a UUID known since its application; empty where no loan is known. */
    readonly loan_id: string;
    /** `no-address`, `address-not-usable`, `subject-erased` or `unknown-subject`. */
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
  "loanstream.servicing.AccrualStatusChanged.v1": servicing.AccrualStatusChanged;
  "loanstream.servicing.AggregateHeld.v1": servicing.AggregateHeld;
  "loanstream.servicing.AggregateReleased.v1": servicing.AggregateReleased;
  "loanstream.servicing.AmountWaived.v1": servicing.AmountWaived;
  "loanstream.servicing.AssetClassChanged.v1": servicing.AssetClassChanged;
  "loanstream.servicing.BusinessDayClosed.v1": servicing.BusinessDayClosed;
  "loanstream.servicing.BusinessDayStarted.v1": servicing.BusinessDayStarted;
  "loanstream.servicing.ChangeUndone.v1": servicing.ChangeUndone;
  "loanstream.servicing.ChargedOff.v1": servicing.ChargedOff;
  "loanstream.servicing.ClaimSold.v1": servicing.ClaimSold;
  "loanstream.servicing.DelinquencyBucketChanged.v1": servicing.DelinquencyBucketChanged;
  "loanstream.servicing.DueDateChanged.v1": servicing.DueDateChanged;
  "loanstream.servicing.FeeCharged.v1": servicing.FeeCharged;
  "loanstream.servicing.HolidayGranted.v1": servicing.HolidayGranted;
  "loanstream.servicing.InstallmentDue.v1": servicing.InstallmentDue;
  "loanstream.servicing.InstallmentPaid.v1": servicing.InstallmentPaid;
  "loanstream.servicing.InterestAccrued.v1": servicing.InterestAccrued;
  "loanstream.servicing.LoanAccelerated.v1": servicing.LoanAccelerated;
  "loanstream.servicing.LoanAssigned.v1": servicing.LoanAssigned;
  "loanstream.servicing.LoanBooked.v1": servicing.LoanBooked;
  "loanstream.servicing.LoanCorrected.v1": servicing.LoanCorrected;
  "loanstream.servicing.LoanExtended.v1": servicing.LoanExtended;
  "loanstream.servicing.LoanReAged.v1": servicing.LoanReAged;
  "loanstream.servicing.LoanReAmortised.v1": servicing.LoanReAmortised;
  "loanstream.servicing.LoanRestructured.v1": servicing.LoanRestructured;
  "loanstream.servicing.MoneyReceived.v1": servicing.MoneyReceived;
  "loanstream.servicing.ObservationRestarted.v1": servicing.ObservationRestarted;
  "loanstream.servicing.Overdue.v1": servicing.Overdue;
  "loanstream.servicing.OverdueCured.v1": servicing.OverdueCured;
  "loanstream.servicing.PaymentDeclined.v1": servicing.PaymentDeclined;
  "loanstream.servicing.PaymentReceived.v1": servicing.PaymentReceived;
  "loanstream.servicing.PaymentReversed.v1": servicing.PaymentReversed;
  "loanstream.servicing.PaymentSuspended.v1": servicing.PaymentSuspended;
  "loanstream.servicing.PayoffQuoted.v1": servicing.PayoffQuoted;
  "loanstream.servicing.PenaltyCharged.v1": servicing.PenaltyCharged;
  "loanstream.servicing.PenaltyRateRaised.v1": servicing.PenaltyRateRaised;
  "loanstream.servicing.Prepaid.v1": servicing.Prepaid;
  "loanstream.servicing.PrepaymentInstructed.v1": servicing.PrepaymentInstructed;
  "loanstream.servicing.RateReset.v1": servicing.RateReset;
  "loanstream.servicing.ReceiptApplied.v1": servicing.ReceiptApplied;
  "loanstream.servicing.ReceiptReversalRequested.v1": servicing.ReceiptReversalRequested;
  "loanstream.servicing.ReceiptReversed.v1": servicing.ReceiptReversed;
  "loanstream.servicing.RecoveryReceived.v1": servicing.RecoveryReceived;
  "loanstream.servicing.RecoveryReversed.v1": servicing.RecoveryReversed;
  "loanstream.servicing.RefundPaid.v1": servicing.RefundPaid;
  "loanstream.servicing.RulesAdopted.v1": servicing.RulesAdopted;
  "loanstream.servicing.ScheduleRevised.v1": servicing.ScheduleRevised;
  "loanstream.servicing.Settled.v1": servicing.Settled;
  "loanstream.servicing.SettlementAgreed.v1": servicing.SettlementAgreed;
  "loanstream.servicing.SettlementLapsed.v1": servicing.SettlementLapsed;
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
