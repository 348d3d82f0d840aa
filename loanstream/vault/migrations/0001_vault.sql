-- Personal data, apart from every read model: `rebuild` never touches this schema. Idempotent.
CREATE SCHEMA IF NOT EXISTS vault;
REVOKE ALL ON SCHEMA vault FROM PUBLIC;

-- One row per person or firm. The key is null once the subject is erased; the row stays as the tombstone.
CREATE TABLE IF NOT EXISTS vault.subjects (
    subject        text PRIMARY KEY,
    identity_index bytea,
    master_key     text,
    wrapped_key    bytea,
    created_at     timestamptz NOT NULL,
    created_by     text NOT NULL,
    erased_at      timestamptz,
    CHECK ((wrapped_key IS NULL) = (master_key IS NULL))
);

CREATE INDEX IF NOT EXISTS subjects_by_identity ON vault.subjects (identity_index);

CREATE TABLE IF NOT EXISTS vault.fields (
    subject    text NOT NULL,
    field      text NOT NULL,
    ciphertext bytea NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by text NOT NULL,
    PRIMARY KEY (subject, field)
);

-- Who read what, and for what purpose: appended to, never changed.
CREATE TABLE IF NOT EXISTS vault.reads (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      timestamptz NOT NULL,
    subject text NOT NULL,
    fields  text[] NOT NULL,
    reader  text NOT NULL,
    purpose text NOT NULL
);
CREATE INDEX IF NOT EXISTS reads_of_subject ON vault.reads (subject, at);

-- Replayed after a restore, before the system opens: a backup must not bring erased keys back.
CREATE TABLE IF NOT EXISTS vault.erasures (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      timestamptz NOT NULL,
    subject text NOT NULL,
    by      text NOT NULL,
    reason  text NOT NULL
);
