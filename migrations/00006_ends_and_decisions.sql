-- +goose Up

-- When access ends: when it began, as Apono's report tells, else as first seen,
-- plus the duration. Null while it has not begun, and where it has no end.
ALTER TABLE requests ADD COLUMN ends_at timestamptz;

-- Who approved or rejected, and with what words, where Apono tells it.
ALTER TABLE requests ADD COLUMN decided_by text NOT NULL DEFAULT '';
ALTER TABLE requests ADD COLUMN reason text NOT NULL DEFAULT '';

-- What began before this column was there.
UPDATE requests r
SET ends_at = r.granted_at + nullif((s.asked ->> 'duration')::bigint, 0) / 1000 * interval '1 microsecond'
FROM submissions s WHERE s.id = r.submission_id;

-- Access that is about to end.
CREATE INDEX requests_ends_at ON requests (ends_at) WHERE status = 'granted';
