-- +goose Up

-- The programs that run, for admins who want to see them.
CREATE TABLE replicas (
    id         uuid PRIMARY KEY,
    version    text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    seen_at    timestamptz NOT NULL DEFAULT now()
);
