CREATE TABLE accounts (
    account_id text PRIMARY KEY,
    owner text,
    currency text,
    available_minor bigint NOT NULL DEFAULT 0,
    reserved_minor bigint NOT NULL DEFAULT 0,
    due_back_minor bigint NOT NULL DEFAULT 0,
    opened_at timestamptz,
    opened_on date
);

-- Balances from postings. A row belongs to one partition of the events, so that projectors of several partitions never
-- wait for each other on the bank's row; sums are made when asked.
CREATE TABLE balances (
    account text,
    currency text,
    part integer,
    kind text,
    minor bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (account, currency, part)
);

CREATE TABLE deposits (
    account_id text,
    bank_reference text,
    amount_minor bigint,
    currency text,
    deposited_at timestamptz,
    business_date date,
    PRIMARY KEY (account_id, bank_reference)
);
CREATE INDEX deposits_by_reference ON deposits (bank_reference);

CREATE TABLE transfers (
    transfer_id text PRIMARY KEY,
    from_account text,
    to_account text,
    amount_minor bigint,
    currency text,
    purpose text,
    reference text,
    status text,
    reason text,
    in_transit_minor bigint NOT NULL DEFAULT 0,
    opened_at timestamptz,
    business_date date,
    expires_on date
);
CREATE INDEX transfers_in_transit ON transfers (transfer_id) WHERE in_transit_minor <> 0;

CREATE TABLE fundings (
    application_id text PRIMARY KEY,
    loan_id text,
    contract_id text,
    transfer_id text,
    lender_account text,
    loan_account text,
    amount_minor bigint,
    currency text,
    status text,
    reason text,
    attempts integer NOT NULL DEFAULT 0,
    updated_at timestamptz
);
CREATE INDEX fundings_by_loan ON fundings (loan_id);

CREATE TABLE distributions (
    distribution_id text PRIMARY KEY,
    loan_id text,
    receipt_id text,
    kind text,
    reversal boolean,
    amount_minor bigint,
    currency text,
    principal_minor bigint,
    interest_minor bigint,
    penalty_minor bigint,
    status text,
    in_transit_minor bigint NOT NULL DEFAULT 0,
    updated_at timestamptz,
    business_date date
);
CREATE INDEX distributions_by_loan ON distributions (loan_id, updated_at);
CREATE INDEX distributions_in_transit ON distributions (distribution_id) WHERE in_transit_minor <> 0;

CREATE TABLE distribution_shares (
    distribution_id text,
    account_id text,
    loan_id text,
    amount_minor bigint,
    currency text,
    PRIMARY KEY (distribution_id, account_id)
);
CREATE INDEX distribution_shares_by_account ON distribution_shares (account_id);
