-- +goose Up

-- In which language the cards for approvers speak in a channel: that of who began
-- to watch there.
ALTER TABLE watches
    ADD COLUMN locale text NOT NULL DEFAULT ''; -- as Teams tells it, such as de-DE

ALTER TABLE posted_cards
    ADD COLUMN locale text NOT NULL DEFAULT ''; -- '' where it is a person's
