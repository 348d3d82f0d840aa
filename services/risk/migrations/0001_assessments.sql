CREATE TABLE assessments (
    application_id text PRIMARY KEY,
    loan_id text,
    party_ref text,
    score integer,
    rating text,
    probability_of_default numeric,
    advice text,
    limit_minor bigint,
    currency text,
    scorecard text,
    reasons text,
    rules text,
    assessed_at timestamptz,
    business_date date
);
CREATE INDEX assessments_by_advice ON assessments (advice, assessed_at DESC, application_id);
CREATE INDEX assessments_by_loan ON assessments (loan_id);
