-- +goose Up

-- In which of Apono's integrations a request lies, by their ids: of a submission
-- that became several requests, what belongs to which. Empty where Apono has not
-- told.
ALTER TABLE requests ADD COLUMN integrations text[] NOT NULL DEFAULT '{}';
