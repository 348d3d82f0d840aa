-- Read tables that every service has, whatever it projects itself. Filled by the projector from the service's own topics.

-- Where the projector stands; moved in the same transaction as the rows, by compare-and-set.
CREATE TABLE projection_positions (
    topic text NOT NULL,
    part integer NOT NULL,
    position bigint NOT NULL,
    error text NOT NULL DEFAULT '',
    stopped_at timestamptz,
    PRIMARY KEY (topic, part)
) WITH (fillfactor = 50);

-- Records that an operator let the projector pass over.
CREATE TABLE projection_skips (
    topic text NOT NULL,
    part integer NOT NULL,
    position bigint NOT NULL,
    actor text NOT NULL,
    reason text NOT NULL,
    error text NOT NULL,
    skipped_at timestamptz NOT NULL,
    PRIMARY KEY (topic, part, position)
);

CREATE TABLE event_index (
    partition integer NOT NULL,
    partitionseq bigint NOT NULL,
    log_offset bigint NOT NULL,
    event_id uuid NOT NULL,
    type text NOT NULL,
    subject text NOT NULL,
    sequence bigint NOT NULL,
    business_date date,
    time timestamptz NOT NULL,
    actor text NOT NULL,
    causation uuid NOT NULL,
    correlation text NOT NULL,
    loan_id text,
    application_id text,
    PRIMARY KEY (partition, partitionseq)
);
CREATE INDEX event_index_by_subject ON event_index (subject, sequence);
CREATE INDEX event_index_by_loan ON event_index (loan_id) WHERE loan_id IS NOT NULL;
CREATE INDEX event_index_by_application ON event_index (application_id) WHERE application_id IS NOT NULL;
CREATE INDEX event_index_by_time ON event_index (time);

-- Outcomes that somebody waits for, and all that are not simply executed.
CREATE TABLE outcomes (
    command_id uuid PRIMARY KEY,
    partition integer,
    status text,
    target text,
    command_type text,
    actor text,
    code text,
    error_id text,
    reaction text,
    time timestamptz,
    outcome json
);
CREATE INDEX outcomes_by_status ON outcomes (status, time);
CREATE INDEX outcomes_by_target ON outcomes (target, time);

-- Commands that the decider could not decide. Mended when the outcome of command_id is executed.
CREATE TABLE dead_letters (
    error_id text PRIMARY KEY,
    command_id text,
    partition integer,
    topic text,
    log_offset bigint,
    key text,
    type text,
    reason text,
    error text,
    count integer,
    headers json,
    value text,
    time timestamptz
);
CREATE INDEX dead_letters_by_time ON dead_letters (time);
CREATE INDEX dead_letters_by_command ON dead_letters (command_id);

CREATE TABLE business_days (
    business_date date NOT NULL,
    partition integer NOT NULL,
    calendar text,
    started_at timestamptz,
    closed boolean NOT NULL DEFAULT false,
    closed_at timestamptz,
    aggregates bigint NOT NULL DEFAULT 0,
    events bigint NOT NULL DEFAULT 0,
    held bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (business_date, partition)
);
