-- +goose Up

-- Of which end a warning warns: an access that has been extended has another,
-- of which its person is warned again.
ALTER TABLE posted_cards ADD COLUMN warns_of timestamptz;
UPDATE posted_cards b SET warns_of = r.ends_at FROM requests r WHERE b.kind = 'ending' AND r.id = b.request_id;
DROP INDEX posted_cards_notice;
CREATE UNIQUE INDEX posted_cards_notice
    ON posted_cards (request_id, kind, tenant_id, object_id, coalesce(warns_of, '-infinity')) WHERE kind <> 'story';
