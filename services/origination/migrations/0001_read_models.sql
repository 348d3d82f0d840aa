CREATE TABLE products (
    product_id text,
    version integer,
    state text,
    name_zh text,
    name_en text,
    kind text,
    terms text,
    maker text,
    checker text,
    proposed_on date,
    published_on date,
    withdrawn_on date,
    reason text,
    sequence bigint,
    PRIMARY KEY (product_id, version)
);

CREATE TABLE applications (
    application_id text PRIMARY KEY,
    loan_id text,
    party_ref text,
    product_id text,
    product_version integer,
    state text,
    amount_minor bigint,
    currency text,
    months integer,
    method text,
    purpose text,
    repayment_source text,
    language text,
    submitted_by text,
    contract_id text,
    drawdown_id text,
    reasons text,
    deadline date,
    approved_minor bigint,
    annual_rate numeric,
    authority text,
    valid_until date,
    reapply_from date,
    review_limit_minor bigint,
    score integer,
    rating text,
    advice text,
    scorecard text,
    opened_at timestamptz,
    opened_on date,
    changed_on date,
    sequence bigint
);
CREATE INDEX applications_by_state ON applications (state, opened_at, application_id);
CREATE INDEX applications_by_opening ON applications (opened_at, application_id);
CREATE INDEX applications_by_party ON applications (party_ref, state);
CREATE INDEX applications_by_loan ON applications (loan_id);

CREATE TABLE contracts (
    contract_id text PRIMARY KEY,
    contract_no text,
    application_id text,
    loan_id text,
    party_ref text,
    state text,
    principal_minor bigint,
    currency text,
    months integer,
    annual_rate numeric,
    terms text,
    template text,
    language text,
    digest text,
    valid_until date,
    approver text,
    borrower text,
    lender text,
    effective_date date,
    reason text,
    funding_failure text,
    opened_at timestamptz,
    opened_on date,
    changed_on date,
    sequence bigint
);
CREATE INDEX contracts_by_state ON contracts (state, opened_at, contract_id);
CREATE INDEX contracts_by_opening ON contracts (opened_at, contract_id);
CREATE INDEX contracts_by_loan ON contracts (loan_id);

CREATE TABLE drawdowns (
    drawdown_id text PRIMARY KEY,
    contract_id text,
    contract_no text,
    application_id text,
    loan_id text,
    party_ref text,
    payee_ref text,
    state text,
    amount_minor bigint,
    currency text,
    approver text,
    releasers text,
    checks text,
    payment_id text,
    bank_reference text,
    value_date date,
    reason text,
    opened_at timestamptz,
    opened_on date,
    changed_on date,
    sequence bigint
);
CREATE INDEX drawdowns_by_state ON drawdowns (state, opened_at, drawdown_id);
CREATE INDEX drawdowns_by_opening ON drawdowns (opened_at, drawdown_id);
CREATE INDEX drawdowns_by_loan ON drawdowns (loan_id);
