-- What hosts keep besides the log. Never dropped by a rebuild.

CREATE TABLE positions (
    consumer text NOT NULL,
    topic text NOT NULL,
    part integer NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (consumer, topic, part)
) WITH (fillfactor = 50);

-- seq orders the effects of one recipient. An effect is finished when it succeeded or failed for good.
CREATE TABLE effects (
    id uuid PRIMARY KEY,
    seq bigint GENERATED ALWAYS AS IDENTITY,
    service text NOT NULL,
    source_event text NOT NULL,
    kind text NOT NULL,
    recipient text NOT NULL,
    payload jsonb NOT NULL,
    status text NOT NULL,
    finished boolean NOT NULL GENERATED ALWAYS AS (status IN ('succeeded', 'failed')) STORED,
    attempts integer NOT NULL,
    unknowns integer NOT NULL,
    hops integer NOT NULL,
    created_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    correlation text NOT NULL,
    business_date date,
    detail jsonb NOT NULL DEFAULT '{}'
);

CREATE INDEX effects_unfinished ON effects (service, recipient, seq) WHERE NOT finished;
CREATE INDEX effects_newest ON effects (service, seq DESC);
CREATE INDEX effects_by_status ON effects (service, status, seq DESC);

-- One row for each recipient with an unfinished effect: when its earliest one is due. Claims look here only, so that fifty
-- thousand waiting effects, even for one recipient, cost a claim no more than a few.
CREATE TABLE effect_lanes (
    service text NOT NULL,
    recipient text NOT NULL,
    due_at timestamptz NOT NULL,
    PRIMARY KEY (service, recipient)
) WITH (fillfactor = 70);

CREATE INDEX effect_lanes_due ON effect_lanes (service, due_at);

CREATE TABLE idempotency (
    principal text NOT NULL,
    operation text NOT NULL,
    key text NOT NULL,
    command_id text NOT NULL,
    digest text NOT NULL,
    lease_until timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    done boolean NOT NULL DEFAULT false,
    response_status integer NOT NULL DEFAULT 0,
    response_body text NOT NULL DEFAULT '',
    PRIMARY KEY (principal, operation, key)
);

CREATE TABLE dead_letters (
    consumer text NOT NULL,
    topic text NOT NULL,
    part integer NOT NULL,
    record_offset bigint NOT NULL,
    key text NOT NULL,
    type text NOT NULL,
    headers jsonb NOT NULL,
    value bytea NOT NULL,
    record_time timestamptz NOT NULL,
    reason text NOT NULL,
    error text NOT NULL,
    count integer NOT NULL,
    status text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (consumer, topic, part, record_offset)
);

CREATE INDEX dead_letters_open ON dead_letters (consumer, topic, key, record_offset) WHERE status = 'open';

CREATE TABLE snapshot_manifests (
    snapshot uuid PRIMARY KEY,
    service text NOT NULL,
    part integer NOT NULL,
    state_version text NOT NULL,
    events_offset bigint NOT NULL,
    outcomes_offset bigint NOT NULL,
    chunks integer NOT NULL,
    digest text NOT NULL
);

CREATE INDEX snapshot_manifests_newest
    ON snapshot_manifests (service, part, state_version, events_offset DESC, outcomes_offset DESC);

CREATE TABLE snapshot_chunks (
    snapshot uuid NOT NULL,
    number integer NOT NULL,
    service text NOT NULL,
    part integer NOT NULL,
    data bytea NOT NULL,
    PRIMARY KEY (snapshot, number)
);

CREATE INDEX snapshot_chunks_partition ON snapshot_chunks (service, part);
