-- How the last verification of each context's streams ended, for whoever watches.
CREATE TABLE audits (
    service text PRIMARY KEY,
    ended_at timestamptz NOT NULL,
    findings bigint NOT NULL
);
