CREATE TABLE messages (
    message_id text PRIMARY KEY,
    recipient text,
    party_ref text,
    channel text,
    category text,
    template text,
    cause text,
    loan_id text,
    outcome text,
    uncertain boolean,
    reason text,
    recorded_at timestamptz,
    business_date date
);
CREATE INDEX messages_by_loan ON messages (loan_id, recorded_at DESC, message_id);
CREATE INDEX messages_by_category ON messages (category, recorded_at DESC, message_id);
CREATE INDEX messages_by_time ON messages (recorded_at DESC, message_id);
