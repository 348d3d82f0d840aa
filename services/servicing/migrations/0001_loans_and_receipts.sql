-- Money is bigint minor units of the row's currency. What a customer still owes is generated from what the events added up.

CREATE TABLE loans (
    loan_id text PRIMARY KEY,
    application_id text,
    contract_no text,
    party_ref text,
    status text,
    currency text,
    product_id text,
    product_version integer,
    rules text,
    method text,
    months integer,
    annual_rate numeric,
    penalty_multiplier numeric,
    day_basis integer,
    grace_days integer,
    allocation_order text,
    value_date date,
    maturity date,
    booked_on date,
    ended_on date,
    settlement_kind text,
    bucket text,
    overdue_since date,
    principal bigint,
    outstanding_principal bigint,
    repaid_principal bigint NOT NULL DEFAULT 0,
    repaid_interest bigint NOT NULL DEFAULT 0,
    repaid_penalty bigint NOT NULL DEFAULT 0,
    penalty_charged bigint NOT NULL DEFAULT 0,
    forgiven_principal bigint NOT NULL DEFAULT 0,
    waived_interest bigint NOT NULL DEFAULT 0,
    waived_penalty bigint NOT NULL DEFAULT 0,
    written_off_principal bigint NOT NULL DEFAULT 0,
    written_off_interest bigint NOT NULL DEFAULT 0,
    written_off_penalty bigint NOT NULL DEFAULT 0,
    recovered bigint NOT NULL DEFAULT 0,
    sequence bigint
);
CREATE INDEX loans_by_status ON loans (status, loan_id);
CREATE INDEX loans_by_contract ON loans (contract_no);
CREATE INDEX loans_by_party ON loans (party_ref, loan_id);

CREATE TABLE instalments (
    loan_id text,
    number integer,
    due_date date,
    fell_due_on date,
    paid_on date,
    penalty_through date,
    principal bigint NOT NULL DEFAULT 0,
    interest bigint NOT NULL DEFAULT 0,
    penalty bigint NOT NULL DEFAULT 0,
    paid_principal bigint NOT NULL DEFAULT 0,
    paid_interest bigint NOT NULL DEFAULT 0,
    paid_penalty bigint NOT NULL DEFAULT 0,
    waived_principal bigint NOT NULL DEFAULT 0,
    waived_interest bigint NOT NULL DEFAULT 0,
    waived_penalty bigint NOT NULL DEFAULT 0,
    unpaid_principal bigint GENERATED ALWAYS AS (principal - paid_principal - waived_principal) STORED,
    unpaid_interest bigint GENERATED ALWAYS AS (interest - paid_interest - waived_interest) STORED,
    unpaid_penalty bigint GENERATED ALWAYS AS (penalty - paid_penalty - waived_penalty) STORED,
    unpaid bigint GENERATED ALWAYS AS (
        principal - paid_principal - waived_principal
        + interest - paid_interest - waived_interest
        + penalty - paid_penalty - waived_penalty
    ) STORED,
    PRIMARY KEY (loan_id, number)
);
CREATE INDEX instalments_unpaid ON instalments (due_date, loan_id, number) WHERE unpaid > 0;

CREATE TABLE payments (
    loan_id text,
    receipt_id text,
    kind text,
    value_date date,
    booked_on date,
    channel text,
    currency text,
    amount bigint,
    principal bigint,
    interest bigint,
    penalty bigint,
    surplus bigint,
    reversed_on date,
    reversal_cause text,
    sequence bigint,
    PRIMARY KEY (loan_id, receipt_id)
);

CREATE TABLE receipts (
    receipt_id text PRIMARY KEY,
    loan_id text,
    status text,
    currency text,
    amount bigint,
    applied bigint NOT NULL DEFAULT 0,
    suspended bigint NOT NULL DEFAULT 0,
    reversed bigint NOT NULL DEFAULT 0,
    value_date date,
    channel text,
    received_on date,
    reason text,
    sequence bigint
);
CREATE INDEX receipts_by_loan ON receipts (loan_id, receipt_id);
CREATE INDEX receipts_by_status ON receipts (status, receipt_id);
