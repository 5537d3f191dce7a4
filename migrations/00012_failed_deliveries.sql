-- +goose Up

-- When Teams last did not take a card as it is wanted now: the others of its
-- conversation go first.
ALTER TABLE posted_cards ADD COLUMN failed_at timestamptz;

-- The jobs of a version that delivered card by card. What they owed is found by
-- its cards.
DELETE FROM river_job WHERE kind = 'draw_card';
