-- How a loan ends: charge-off, discounted settlement, sale of the claim, recoveries by component; refunds of receipts.

ALTER TABLE loans
    ADD COLUMN charged_off_on date,
    ADD COLUMN charged_off_accrual text,
    ADD COLUMN agreed_amount bigint,
    ADD COLUMN agreed_by date,
    ADD COLUMN agreed_status text,
    ADD COLUMN agreed_sequence bigint,
    ADD COLUMN sold_on date,
    ADD COLUMN buyer text,
    ADD COLUMN sale_price bigint,
    ADD COLUMN sold_principal bigint NOT NULL DEFAULT 0,
    ADD COLUMN recovered_principal bigint NOT NULL DEFAULT 0,
    ADD COLUMN recovered_interest bigint NOT NULL DEFAULT 0,
    ADD COLUMN recovered_penalty bigint NOT NULL DEFAULT 0,
    ADD COLUMN recovered_compound bigint NOT NULL DEFAULT 0,
    ADD COLUMN recovered_fee bigint NOT NULL DEFAULT 0,
    ADD COLUMN recovered_cost bigint NOT NULL DEFAULT 0;

-- Which instalments a recovery paid: what is still owed after a write-off is made of it.
CREATE TABLE recoveries (
    loan_id text,
    receipt_id text,
    number integer,
    value_date date,
    principal bigint NOT NULL DEFAULT 0,
    interest bigint NOT NULL DEFAULT 0,
    penalty bigint NOT NULL DEFAULT 0,
    compound bigint NOT NULL DEFAULT 0,
    fee bigint NOT NULL DEFAULT 0,
    cost bigint NOT NULL DEFAULT 0,
    sequence bigint,
    PRIMARY KEY (loan_id, receipt_id, number)
);

ALTER TABLE receipts ADD COLUMN refunded bigint NOT NULL DEFAULT 0;

-- Due lists go by due date over all loans.
CREATE INDEX instalments_by_due_date ON instalments (due_date, loan_id, number);
