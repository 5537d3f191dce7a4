package db

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/apono-teams/teamsbot/aponoapi"
)

// Standing is how a person's requests stand, as far as the bot remembers them.
type Standing struct {
	Waiting   int       // for somebody, or for Apono
	Active    int       // with access now
	FirstEnds time.Time // about when the first access ends; zero where nobody knows
}

const countStanding = `
	SELECT r.status, count(*), min(r.ends_at)
	FROM submissions s JOIN requests r ON r.submission_id = s.id
	WHERE s.tenant_id = $1 AND s.object_id = $2 AND r.look_at IS NOT NULL
		AND NOT (s.asked ? 'for' AND r.status = 'granted')
	GROUP BY r.status`

// AskStanding counts a person's requests that are not over.
func AskStanding(k PersonKey, s *Standing) Question {
	return Question{countStanding, []any{k.TenantID, k.ObjectID}, s.read}
}

// Standing answers AskStanding.
func (s *Store) Standing(ctx context.Context, k PersonKey) (Standing, error) {
	var all Standing
	if err := s.trips.ask(ctx, AskStanding(k, &all)); err != nil {
		return Standing{}, fmt.Errorf("count the requests of %s: %w", k.ObjectID, err)
	}
	return all, nil
}

// read reads what countStanding tells.
func (s *Standing) read(rows pgx.Rows) error {
	*s = Standing{}
	var status aponoapi.Status
	var n int
	var ends *time.Time
	_, err := pgx.ForEachRow(rows, []any{&status, &n, &ends}, func() error {
		switch {
		case status.Waiting():
			s.Waiting += n
		case status.Active():
			s.Active, s.FirstEnds = n, timeOf(ends)
		}
		return nil
	})
	return err
}
