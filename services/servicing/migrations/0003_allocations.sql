-- What each payment pays as the ledger stands now: a correction moves money between instalments and leaves the payment as it was
-- booked. Corrections know payments by their number on the loan.

ALTER TABLE payments ADD COLUMN number integer NOT NULL DEFAULT 0;

CREATE TABLE allocations (
    loan_id text,
    number integer,
    principal bigint NOT NULL DEFAULT 0,
    interest bigint NOT NULL DEFAULT 0,
    penalty bigint NOT NULL DEFAULT 0,
    compound bigint NOT NULL DEFAULT 0,
    fee bigint NOT NULL DEFAULT 0,
    cost bigint NOT NULL DEFAULT 0,
    credit bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (loan_id, number)
);
