-- +goose Up

-- Regular work that one replica at a time does for all of them. Whoever holds
-- the lease is at it; who died with it is followed when it has run out.
CREATE TABLE sweeps (
    name         text PRIMARY KEY,
    next_at      timestamptz NOT NULL,  -- when it is due again
    lease        bigint NOT NULL DEFAULT 0,
    leased_until timestamptz,
    began_at     timestamptz,           -- the last one
    ended_at     timestamptz            -- the last one that was complete
);

-- Since when a look at Apono is owed, by the clock of the database; null if none
-- is. A list of Apono's that was asked for later makes the look needless.
ALTER TABLE requests ADD COLUMN look_owed_at timestamptz;

-- How v4 and the list of delegated requests name it; empty where they do not, or
-- have not been asked.
ALTER TABLE requests ADD COLUMN v4_id text NOT NULL DEFAULT '';

-- A request that was made elsewhere, in Apono's portal for example, has a
-- submission of its own that the bot never sent.
ALTER TABLE submissions DROP CONSTRAINT submissions_state_check;
ALTER TABLE submissions ADD CONSTRAINT submissions_state_check
    CHECK (state IN ('sending', 'created', 'refused', 'lost', 'unknown', 'elsewhere'));

-- Whose a request is that Apono tells of.
CREATE INDEX people_apono ON people (apono_id) WHERE apono_id <> '';
