-- +goose Up

-- A person's own requests are listed by person.
CREATE INDEX submissions_person ON submissions (tenant_id, object_id);
