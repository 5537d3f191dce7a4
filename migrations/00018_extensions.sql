-- +goose Up

-- How many extensions of an access have been asked for through the bot or were
-- known then, and when last: of two presses at once one extends.
ALTER TABLE requests ADD COLUMN extensions integer NOT NULL DEFAULT 0, ADD COLUMN extended_at timestamptz;
