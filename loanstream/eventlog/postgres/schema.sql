-- The log in PostgreSQL. Every statement can be run again; `loanstream topics apply` does.
CREATE SCHEMA IF NOT EXISTS eventlog;

CREATE TABLE IF NOT EXISTS eventlog.topics (
    topic_id   smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text COLLATE "C" NOT NULL UNIQUE,
    partitions smallint NOT NULL CHECK (partitions > 0),
    retention  interval,
    identity   boolean NOT NULL
);

-- One row a partition. Its lock, held to the commit, puts the commits of a partition in one order: a reader that has seen an
-- offset has seen every smaller one. Rewritten in every commit, hence room for new versions on the same page.
CREATE TABLE IF NOT EXISTS eventlog.heads (
    topic_id  smallint NOT NULL,
    part      smallint NOT NULL,
    first_off bigint NOT NULL DEFAULT 0,
    next_off  bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (topic_id, part)
) WITH (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

-- The fence: a commit holds a share lock on its writer's row, a takeover raises the epoch and so waits for it.
CREATE TABLE IF NOT EXISTS eventlog.writers (
    owner text COLLATE "C" NOT NULL,
    part  smallint NOT NULL,
    epoch bigint NOT NULL,
    PRIMARY KEY (owner, part)
) WITH (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

CREATE TABLE IF NOT EXISTS eventlog.records (
    topic_id smallint NOT NULL,
    part     smallint NOT NULL,
    off      bigint NOT NULL,
    time     timestamptz NOT NULL,
    key      text COLLATE "C" NOT NULL,
    type     text COLLATE "C" NOT NULL,
    headers  json NOT NULL,
    value    bytea NOT NULL,
    PRIMARY KEY (topic_id, part, off)
);

-- Topics with finite retention stand apart: trimming them never touches the table of the facts.
CREATE TABLE IF NOT EXISTS eventlog.private_records (LIKE eventlog.records INCLUDING ALL)
    WITH (autovacuum_vacuum_scale_factor = 0.05);

-- Appends the records of a group of commits, all or nothing.
-- w_*: the writers that must still be in charge; h_*: the partitions written, in ascending order (one order of locks for
-- all, so no deadlock), and how many records each gets; r_*: the records, r_head naming the partition's place in h_* from 1
-- and r_index the place in it from 0. Answers the writers that are fenced (places in w_*), in which case nothing is written,
-- or the next offset of each partition.
CREATE OR REPLACE FUNCTION eventlog.append(
    w_owner text[], w_part smallint[], w_epoch bigint[],
    h_topic smallint[], h_part smallint[], h_count bigint[], h_private boolean[],
    r_head smallint[], r_index integer[], r_time timestamptz[], r_key text[], r_type text[], r_headers text[],
    r_value bytea[],
    OUT fenced integer[], OUT reached bigint[]
) LANGUAGE plpgsql AS $$
DECLARE
    bases bigint[];
    next_one bigint;
BEGIN
    FOR i IN 1 .. cardinality(w_owner) LOOP
        PERFORM 1 FROM eventlog.writers w
            WHERE w.owner = w_owner[i] AND w.part = w_part[i] AND w.epoch = w_epoch[i] FOR SHARE;
        IF NOT FOUND THEN
            fenced := fenced || i;
        END IF;
    END LOOP;
    IF fenced IS NOT NULL THEN
        RETURN;
    END IF;
    FOR i IN 1 .. cardinality(h_topic) LOOP
        UPDATE eventlog.heads h SET next_off = h.next_off + h_count[i]
            WHERE h.topic_id = h_topic[i] AND h.part = h_part[i]
            RETURNING h.next_off INTO STRICT next_one;
        reached := reached || next_one;
        bases := bases || next_one - h_count[i];
    END LOOP;
    IF false = ANY (h_private) THEN
        INSERT INTO eventlog.records (topic_id, part, off, time, key, type, headers, value)
            SELECT h_topic[r.head], h_part[r.head], bases[r.head] + r.index, r.time, r.key, r.type, r.headers::json, r.value
            FROM unnest(r_head, r_index, r_time, r_key, r_type, r_headers, r_value)
                AS r (head, index, time, key, type, headers, value)
            WHERE NOT h_private[r.head];
    END IF;
    IF true = ANY (h_private) THEN
        INSERT INTO eventlog.private_records (topic_id, part, off, time, key, type, headers, value)
            SELECT h_topic[r.head], h_part[r.head], bases[r.head] + r.index, r.time, r.key, r.type, r.headers::json, r.value
            FROM unnest(r_head, r_index, r_time, r_key, r_type, r_headers, r_value)
                AS r (head, index, time, key, type, headers, value)
            WHERE h_private[r.head];
    END IF;
END
$$;

-- Stops a read below the first kept record; stands in the read's own statement, so that trimming cannot come between.
CREATE OR REPLACE FUNCTION eventlog.out_of_range(place bigint, first_off bigint) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'position below the first kept record'
        USING ERRCODE = 'LS001', DETAIL = place::text || ' ' || first_off::text;
END
$$;
