-- +goose Up

-- What approvers are to decide on is remembered whoever asked for it: the
-- submission of somebody whom the bot does not know is nobody's until they come.
ALTER TABLE submissions
    ALTER COLUMN tenant_id DROP NOT NULL,
    ALTER COLUMN object_id DROP NOT NULL;
CREATE INDEX submissions_grantee ON submissions ((asked ->> 'apono_user_id'));

-- What approvers are told of a request beside what was asked, and when it was
-- first seen decided.
ALTER TABLE requests
    ADD COLUMN review     jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN decided_at timestamptz;
CREATE INDEX requests_pending ON requests (created_at) WHERE status = 'pending';

-- A card for approvers stands in a channel, where it is nobody's own, or in an
-- approver's own chat. In a channel times are told in its zone.
ALTER TABLE posted_cards
    ALTER COLUMN tenant_id DROP NOT NULL,
    ALTER COLUMN object_id DROP NOT NULL,
    ADD COLUMN time_zone text NOT NULL DEFAULT '', -- IANA; '' where it is a person's
    -- By the bot's clock: since when approvers have the card, and when it is drawn
    -- anew to tell how long the request has waited.
    ADD COLUMN asks_since timestamptz,
    ADD COLUMN redraw_at  timestamptz;
CREATE UNIQUE INDEX posted_cards_place ON posted_cards (request_id, kind, conversation_id) WHERE object_id IS NULL;

-- People who want the cards of what they have to decide in their own chat.
ALTER TABLE people ADD COLUMN approvals boolean NOT NULL DEFAULT false;
