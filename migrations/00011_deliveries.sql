-- +goose Up

-- Cards are delivered by conversation, one at a time: whoever holds the lease
-- writes there. Teams bounds how often a bot may write into a conversation, so
-- the next time is kept here, for all replicas. Closed says why Teams takes
-- nothing there any more; whatever the bot hears from there opens it again.
ALTER TABLE conversations
    ADD COLUMN lease        bigint NOT NULL DEFAULT 0,
    ADD COLUMN leased_until timestamptz,
    ADD COLUMN next_send    timestamptz NOT NULL DEFAULT '-infinity',
    ADD COLUMN closed       text NOT NULL DEFAULT '';
CREATE INDEX conversations_leased ON conversations (leased_until) WHERE leased_until IS NOT NULL;

-- When the bot may write into a tenant again, for all replicas.
CREATE TABLE tenants (
    tenant_id text PRIMARY KEY,
    next_send timestamptz NOT NULL
);

-- A submission has one card that tells its story, and messages of their own
-- about what must not be missed: each at most once for a request. A card
-- belongs into a conversation before it stands there (it has no activity then),
-- and into none while its person cannot be reached at all.
ALTER TABLE posted_cards
    ADD COLUMN kind       text NOT NULL DEFAULT 'story',
    ADD COLUMN request_id text REFERENCES requests (id) ON DELETE CASCADE, -- null: of the whole submission
    ADD COLUMN urgent     boolean NOT NULL DEFAULT false,                  -- goes before what is not
    ADD COLUMN wanted_at  timestamptz,                                     -- since when it is behind
    ADD COLUMN posts      int NOT NULL DEFAULT 0,                          -- how often it was posted anew
    DROP CONSTRAINT posted_cards_submission_id_tenant_id_object_id_key,
    DROP COLUMN lease,
    DROP COLUMN leased_until;
UPDATE posted_cards SET wanted_at = now() WHERE wanted > drawn;
UPDATE posted_cards b SET conversation_id = p.conversation_id FROM people p
WHERE b.conversation_id IS NULL AND p.tenant_id = b.tenant_id AND p.object_id = b.object_id;
CREATE UNIQUE INDEX posted_cards_story ON posted_cards (submission_id, tenant_id, object_id) WHERE kind = 'story';
CREATE UNIQUE INDEX posted_cards_notice ON posted_cards (request_id, kind, tenant_id, object_id) WHERE kind <> 'story';
CREATE INDEX posted_cards_submission ON posted_cards (submission_id);
CREATE INDEX posted_cards_request ON posted_cards (request_id) WHERE request_id IS NOT NULL;
CREATE INDEX posted_cards_behind ON posted_cards (conversation_id) WHERE wanted > drawn;

-- Who has ended an access through the bot needs no message about it.
ALTER TABLE requests ADD COLUMN revoked_here boolean NOT NULL DEFAULT false;

-- People who want no warning before an access ends.
ALTER TABLE people ADD COLUMN muted boolean NOT NULL DEFAULT false;
