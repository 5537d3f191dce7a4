-- +goose Up

-- Who is meant in the audit. What people did stays readable when they are
-- erased: then only this row goes, and nobody knows any more whose id it was.
CREATE TABLE audit_people (
    tenant_id text NOT NULL,
    object_id text NOT NULL,
    id        uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    PRIMARY KEY (tenant_id, object_id),
    FOREIGN KEY (tenant_id, object_id) REFERENCES people
);

-- What people did that others may want to know of later. Never secrets, and
-- never words of people. Rows are only added; what is older than AUDIT_RETENTION
-- goes.
CREATE TABLE audit (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      timestamptz NOT NULL DEFAULT now(),
    person  uuid,                        -- of audit_people, while they are not erased; null: erased before
    action  text NOT NULL,
    request text NOT NULL DEFAULT '',    -- Apono's id; empty if it is about none
    outcome text NOT NULL,
    detail  jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_at ON audit (at, id);

-- +goose StatementBegin
CREATE FUNCTION audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Set by Store.Forget, for its transaction only.
    IF TG_OP = 'DELETE' AND current_setting('teamsbot.forgets', true) = 'audit' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'the audit only grows: % is refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
-- +goose StatementEnd

CREATE TRIGGER audit_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows();
ALTER TABLE audit ENABLE ALWAYS TRIGGER audit_only_grows;
