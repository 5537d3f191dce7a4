package db

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// OwnRequest is a request that a person made through the bot, and what they
// asked for.
type OwnRequest struct {
	Request
	Submission Submission
}

// OwnRequests are the requests that a person made through the bot and that are
// not over, or ended after since; newest first.
func (s *Store) OwnRequests(ctx context.Context, k PersonKey, since time.Time) ([]OwnRequest, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT `+requestColumns+`, ARRAY (SELECT name FROM request_names n WHERE n.request_id = r.id), `+submissionColumns+`
		FROM submissions s JOIN requests r ON r.submission_id = s.id
		WHERE s.tenant_id = $1 AND s.object_id = $2 AND (r.look_at IS NOT NULL OR r.ended_at >= $3)
		ORDER BY r.created_at DESC, r.id`, k.TenantID, k.ObjectID, since)
	if err != nil {
		return nil, fmt.Errorf("look up the requests of %s: %w", k.ObjectID, err)
	}
	own, err := pgx.CollectRows(rows, scanOwnRequest)
	if err != nil {
		return nil, fmt.Errorf("look up the requests of %s: %w", k.ObjectID, err)
	}
	return own, nil
}

func scanOwnRequest(row pgx.CollectableRow) (OwnRequest, error) {
	var o OwnRequest
	var asked json.RawMessage
	var names []string
	var err error
	sub := &o.Submission
	o.Request, err = scanRequestAnd(row, &names, &sub.ID, &sub.DraftID, &sub.Person.TenantID, &sub.Person.ObjectID, &asked,
		&sub.Attempt, &sub.State, &sub.Refusal, &sub.AskedAt)
	if err != nil {
		return OwnRequest{}, err
	}
	o.Names = names
	return o, json.Unmarshal(asked, &sub.Asked)
}
