package db

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/apono-teams/teamsbot/aponoapi"
)

// PendingMatching is how many requests that wait for a decision a watch would
// show, of those that the bot remembers.
func (s *Store) PendingMatching(ctx context.Context, w Watch) (n int, err error) {
	rows, err := s.pool.Query(ctx, `
		SELECT r.integrations, s.asked, p.email
		FROM requests r
		JOIN submissions s ON s.id = r.submission_id
		JOIN people p ON p.tenant_id = s.tenant_id AND p.object_id = s.object_id
		WHERE r.status = $1 AND r.look_at IS NOT NULL`, aponoapi.Pending)
	if err != nil {
		return 0, fmt.Errorf("count what waits: %w", err)
	}
	var ids []string
	var raw []byte
	var email string
	_, err = pgx.ForEachRow(rows, []any{&ids, &raw, &email}, func() error {
		var asked Asked
		if err := json.Unmarshal(raw, &asked); err != nil {
			return err
		}
		if known, names := asked.integrations(); w.Matches(firstOf(ids, known), names, asked.Bundle, email) {
			n++
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("count what waits: %w", err)
	}
	return n, nil
}

// integrations are the ids and the names of the integrations that were asked
// for.
func (a Asked) integrations() (ids, names []string) {
	ids, names = []string{a.Integration.ID}, []string{a.Integration.Name}
	for _, u := range a.Units {
		ids, names = append(ids, u.Integration.ID), append(names, u.Integration.Name)
	}
	return ids, names
}

// firstOf is the first list if there is anything in it.
func firstOf(told, known []string) []string {
	if len(told) > 0 {
		return told
	}
	return known
}
