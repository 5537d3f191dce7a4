-- +goose Up

-- What channels are shown: a card of every request that is of one of these. A
-- channel may watch several.
CREATE TABLE watches (
    conversation_id text NOT NULL REFERENCES conversations (id),
    kind            text NOT NULL CHECK (kind IN ('all', 'integration', 'bundle', 'requester')),
    id              text NOT NULL,            -- Apono's, or the address in small letters; empty for all
    name            text NOT NULL,            -- as it was found in Apono
    team_id         text NOT NULL DEFAULT '', -- the channel's, as Teams names it: taken from it, the bot can write in none of its channels
    time_zone       text NOT NULL DEFAULT '', -- IANA, of who began it
    since           timestamptz NOT NULL,     -- by Teams' clock, which also tells of removals
    PRIMARY KEY (conversation_id, kind, id)
);
CREATE INDEX watches_team ON watches (team_id);

-- Whom an address in ADMINS led to first. Somebody who gets that address later
-- is no admin.
CREATE TABLE admins (
    email       text PRIMARY KEY, -- in small letters
    tenant_id   text NOT NULL,
    object_id   text NOT NULL,
    resolved_at timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (tenant_id, object_id) REFERENCES people
);
CREATE INDEX admins_person ON admins (tenant_id, object_id);
