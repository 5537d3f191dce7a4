-- +goose Up

-- What people ask for often, under names of their own: what, never why. Folded
-- is the name in small letters, as the bot spells them: one of a kind for each
-- person, whatever the database makes of other alphabets.
CREATE TABLE favorites (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id  text NOT NULL,
    object_id  text NOT NULL,
    name       text NOT NULL CHECK (name <> ''),
    folded     text NOT NULL,
    wish       jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (tenant_id, object_id, folded),
    FOREIGN KEY (tenant_id, object_id) REFERENCES people
);
