-- +goose Up

-- What is old enough is forgotten.
CREATE INDEX submissions_asked_at ON submissions (asked_at);
CREATE INDEX request_names_request ON request_names (request_id);
