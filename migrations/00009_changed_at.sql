-- +goose Up

-- When a request's status last changed, by the clock of the database. A reading
-- that began before that may be older than what it would replace.
ALTER TABLE requests ADD COLUMN changed_at timestamptz;
