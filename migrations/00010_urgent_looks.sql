-- +goose Up

-- Whether the look that is owed was asked for by an event or a person: it goes
-- before those of the sweep.
ALTER TABLE requests ADD COLUMN look_urgent boolean NOT NULL DEFAULT false;
