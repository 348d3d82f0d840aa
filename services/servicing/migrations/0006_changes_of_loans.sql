-- What was changed about running loans, in order, and the facts about a loan that a later change depends on.

ALTER TABLE loans
    ADD COLUMN accrued bigint NOT NULL DEFAULT 0,
    ADD COLUMN accrued_to date,
    ADD COLUMN booked_months integer NOT NULL DEFAULT 0,
    ADD COLUMN extended_months integer NOT NULL DEFAULT 0,
    ADD COLUMN restructured integer NOT NULL DEFAULT 0,
    ADD COLUMN observed_from date,
    ADD COLUMN observed_until date,
    ADD COLUMN oldest_breach date,
    ADD COLUMN reset_on date,
    ADD COLUMN holiday_until date;

CREATE TABLE loan_changes (
    loan_id text,
    sequence bigint,
    kind text,
    changed_on date,
    details text,
    PRIMARY KEY (loan_id, sequence)
);
