-- What the daily rules add to a loan: compound interest, charges, when it was called, its class and its accrual status.

ALTER TABLE loans
    ADD COLUMN accelerated_on date,
    ADD COLUMN heavier_from date,
    ADD COLUMN compound_charged bigint NOT NULL DEFAULT 0,
    ADD COLUMN fees_charged bigint NOT NULL DEFAULT 0,
    ADD COLUMN costs_charged bigint NOT NULL DEFAULT 0,
    ADD COLUMN asset_class text,
    ADD COLUMN non_accrual_since date;
