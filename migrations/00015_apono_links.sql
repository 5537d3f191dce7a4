-- +goose Up

-- The personal Apono token of somebody who has connected it, encrypted with the
-- key of LINK_KEYS that key_id names. It is used for the Apono user apono_id
-- alone, whose token it was when it was checked.
CREATE TABLE apono_links (
	tenant_id    text        NOT NULL,
	object_id    text        NOT NULL,
	key_id       text        NOT NULL,
	sealed       bytea       NOT NULL,
	apono_id     text        NOT NULL,
	connected_at timestamptz NOT NULL,
	PRIMARY KEY (tenant_id, object_id),
	FOREIGN KEY (tenant_id, object_id) REFERENCES people ON DELETE CASCADE
);
