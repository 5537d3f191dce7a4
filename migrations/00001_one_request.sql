-- +goose Up

-- Where the bot can speak: a person's own chat, a group chat or a channel.
-- Refreshed by every activity, since Teams may move a conversation to another
-- service URL.
CREATE TABLE conversations (
    id          text PRIMARY KEY, -- as Teams names it, without ";messageid=…"
    tenant_id   text NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('personal', 'groupChat', 'channel')),
    service_url text NOT NULL,
    updated_at  timestamptz NOT NULL DEFAULT now()
);

-- Who has spoken to the bot. A person is a tenant and an Entra object id,
-- never an address: addresses can be edited.
CREATE TABLE people (
    tenant_id       text NOT NULL,
    object_id       text NOT NULL,
    teams_id        text NOT NULL,                        -- "29:…", this bot's name for the person
    name            text NOT NULL DEFAULT '',
    locale          text NOT NULL DEFAULT '',
    time_zone       text NOT NULL DEFAULT '',             -- IANA
    conversation_id text REFERENCES conversations (id),   -- their own chat, once known
    -- Read from the roster of a conversation, never from an activity.
    email           text NOT NULL DEFAULT '',
    role            text NOT NULL DEFAULT '',             -- user, guest, anonymous
    home_tenant_id  text NOT NULL DEFAULT '',
    read_at         timestamptz,
    -- The Apono user that the address leads to.
    apono_id        text NOT NULL DEFAULT '',
    apono_read_at   timestamptz,
    -- Times of the newest install and uninstall that Teams told of, by Teams'
    -- clock, and of the install that was answered with a welcome.
    added_at        timestamptz,
    removed_at      timestamptz,
    welcomed_at     timestamptz,
    PRIMARY KEY (tenant_id, object_id)
);

-- Activities that were taken on, so that one delivered twice acts once. The
-- answer is kept for repeats and swept away after some minutes.
CREATE TABLE activities (
    conversation_id text NOT NULL,
    activity_id     text NOT NULL,
    claimed_at      timestamptz NOT NULL DEFAULT now(),
    answered_at     timestamptz,
    status          int,
    answer          bytea,
    PRIMARY KEY (conversation_id, activity_id)
);
CREATE INDEX activities_claimed_at ON activities (claimed_at);

-- What a person is filling in. The form is the bot's own JSON; the revision
-- rises with every step, so that an old dialog cannot undo a newer one.
CREATE TABLE drafts (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id  text NOT NULL,
    object_id  text NOT NULL,
    revision   int NOT NULL DEFAULT 1,
    form       jsonb NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (tenant_id, object_id) REFERENCES people
);
CREATE INDEX drafts_updated_at ON drafts (updated_at);

-- What a person has submitted, written before Apono is asked. At most one for
-- a draft, so a second press finds the first. The attempt rises when a refused
-- form is submitted again; an answer to an earlier attempt changes nothing.
CREATE TABLE submissions (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    draft_id   uuid NOT NULL UNIQUE,
    tenant_id  text NOT NULL,
    object_id  text NOT NULL,
    asked      jsonb NOT NULL,
    attempt    int NOT NULL DEFAULT 1,
    state      text NOT NULL DEFAULT 'sending'
               CHECK (state IN ('sending', 'created', 'refused', 'lost', 'unknown')),
    refusal    text NOT NULL DEFAULT '', -- words for the person
    asked_at   timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (tenant_id, object_id) REFERENCES people
);

-- Who was asked for again, and by what.
CREATE INDEX submissions_follows ON submissions ((asked ->> 'follows')) WHERE asked ? 'follows';

-- Numbers that order what was read from Apono: drawn before Apono is asked.
CREATE SEQUENCE readings;

-- Apono's requests as last read. A reading with a lower number than the
-- recorded one is ignored.
CREATE TABLE requests (
    id            text PRIMARY KEY,
    submission_id uuid NOT NULL REFERENCES submissions (id),
    friendly_id   text NOT NULL DEFAULT '',
    status        text NOT NULL,
    reading       bigint NOT NULL,
    granted_at    timestamptz, -- first seen Granted
    ended_at      timestamptz, -- as Apono tells, else first seen over
    look_at       timestamptz, -- when the sweep reads it again; null when it is over
    created_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX requests_submission ON requests (submission_id);
CREATE INDEX requests_look_at ON requests (look_at) WHERE look_at IS NOT NULL;

-- Apono names one request in several ways (v3 id, v4 id, friendly id).
CREATE TABLE request_names (
    name       text PRIMARY KEY,
    request_id text NOT NULL REFERENCES requests (id) ON DELETE CASCADE
);

-- Cards that tell the story of a submission, and how far they have been drawn.
-- A card is drawn while wanted is ahead of drawn, by whoever holds the lease.
CREATE TABLE posted_cards (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    submission_id   uuid NOT NULL REFERENCES submissions (id),
    tenant_id       text NOT NULL,
    object_id       text NOT NULL,
    conversation_id text REFERENCES conversations (id), -- null until posted
    thread          text NOT NULL DEFAULT '',           -- root message of a channel conversation
    activity_id     text,                               -- null until posted
    wanted          int NOT NULL DEFAULT 1,
    drawn           int NOT NULL DEFAULT 0,
    lease           bigint NOT NULL DEFAULT 0,
    leased_until    timestamptz,
    UNIQUE (submission_id, tenant_id, object_id),
    FOREIGN KEY (tenant_id, object_id) REFERENCES people
);
CREATE INDEX posted_cards_person ON posted_cards (tenant_id, object_id) WHERE wanted > drawn;
CREATE SEQUENCE leases;
