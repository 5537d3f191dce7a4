-- +goose Up

-- Who has had the one look at access details, of which there is no word here.
-- Apono shows them once, so the bot asks for them once: whoever claims the look
-- goes on, and everybody else is told so. The number rises with every claim and
-- every reset; who comes back late with an old one changes nothing.
--
--     open → claimed → viewed → resetting → open
--              └→ open, if Apono refused before it showed anything
--                              resetting → viewed, if there was no reset
CREATE TABLE details (
    request_id text NOT NULL REFERENCES requests (id) ON DELETE CASCADE,
    session_id text NOT NULL DEFAULT '', -- Apono's name for one system; empty: all of the request, as one text
    name       text NOT NULL DEFAULT '', -- of the system, as people read it
    state      text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'claimed', 'viewed', 'resetting')),
    number     bigint NOT NULL,
    at         timestamptz NOT NULL,     -- since when it stands so
    note       text NOT NULL DEFAULT '', -- what was special about it, in a word
    PRIMARY KEY (request_id, session_id)
);
CREATE SEQUENCE details_numbers;
