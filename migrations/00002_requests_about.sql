-- +goose Up

-- What a request is about, where a submission became several: the names of its
-- integrations and resource types, as Apono tells them.
ALTER TABLE requests ADD COLUMN about text NOT NULL DEFAULT '';
