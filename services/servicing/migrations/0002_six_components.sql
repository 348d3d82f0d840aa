-- The rarer components of a debt (compound interest, fees, cost of enforcement), who looks after a loan, what is agreed beyond
-- the plain one, and rows of a revised schedule that is shorter than the one before it.

ALTER TABLE loans
    ADD COLUMN unit text NOT NULL DEFAULT '',
    ADD COLUMN officer text NOT NULL DEFAULT '',
    ADD COLUMN agreement text,
    ADD COLUMN repaid_compound bigint NOT NULL DEFAULT 0,
    ADD COLUMN repaid_fee bigint NOT NULL DEFAULT 0,
    ADD COLUMN repaid_cost bigint NOT NULL DEFAULT 0,
    ADD COLUMN waived_compound bigint NOT NULL DEFAULT 0,
    ADD COLUMN waived_fee bigint NOT NULL DEFAULT 0,
    ADD COLUMN waived_cost bigint NOT NULL DEFAULT 0,
    ADD COLUMN written_off_compound bigint NOT NULL DEFAULT 0,
    ADD COLUMN written_off_fee bigint NOT NULL DEFAULT 0,
    ADD COLUMN written_off_cost bigint NOT NULL DEFAULT 0;

ALTER TABLE payments
    ADD COLUMN compound bigint NOT NULL DEFAULT 0,
    ADD COLUMN fee bigint NOT NULL DEFAULT 0,
    ADD COLUMN cost bigint NOT NULL DEFAULT 0;

DROP INDEX instalments_unpaid;
ALTER TABLE instalments
    DROP COLUMN unpaid,
    ADD COLUMN compound bigint NOT NULL DEFAULT 0,
    ADD COLUMN fee bigint NOT NULL DEFAULT 0,
    ADD COLUMN cost bigint NOT NULL DEFAULT 0,
    ADD COLUMN paid_compound bigint NOT NULL DEFAULT 0,
    ADD COLUMN paid_fee bigint NOT NULL DEFAULT 0,
    ADD COLUMN paid_cost bigint NOT NULL DEFAULT 0,
    ADD COLUMN waived_compound bigint NOT NULL DEFAULT 0,
    ADD COLUMN waived_fee bigint NOT NULL DEFAULT 0,
    ADD COLUMN waived_cost bigint NOT NULL DEFAULT 0,
    ADD COLUMN unpaid_compound bigint GENERATED ALWAYS AS (compound - paid_compound - waived_compound) STORED,
    ADD COLUMN unpaid_fee bigint GENERATED ALWAYS AS (fee - paid_fee - waived_fee) STORED,
    ADD COLUMN unpaid_cost bigint GENERATED ALWAYS AS (cost - paid_cost - waived_cost) STORED,
    ADD COLUMN unpaid bigint GENERATED ALWAYS AS (
        principal - paid_principal - waived_principal
        + interest - paid_interest - waived_interest
        + penalty - paid_penalty - waived_penalty
        + compound - paid_compound - waived_compound
        + fee - paid_fee - waived_fee
        + cost - paid_cost - waived_cost
    ) STORED;
CREATE INDEX instalments_unpaid ON instalments (due_date, loan_id, number) WHERE unpaid > 0;
