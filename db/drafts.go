package db

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Draft is what a person is filling in.
type Draft struct {
	ID       string
	Person   PersonKey
	Revision int             // rises with every save
	Form     json.RawMessage // the bot's own
}

// NewDraft begins a draft.
func (s *Store) NewDraft(ctx context.Context, k PersonKey, form any) (Draft, error) {
	d := Draft{Person: k, Revision: 1}
	var err error
	if d.Form, err = marshal(form); err != nil {
		return Draft{}, err
	}
	err = s.pool.QueryRow(ctx, `
		INSERT INTO drafts (tenant_id, object_id, form) VALUES ($1, $2, $3)
		RETURNING id`, k.TenantID, k.ObjectID, d.Form).Scan(&d.ID)
	if err != nil {
		return Draft{}, fmt.Errorf("begin a draft: %w", err)
	}
	return d, nil
}

// Draft is the draft of that name if it is the person's, else ErrNotFound: the
// name comes back from a card, which anybody can forge.
func (s *Store) Draft(ctx context.Context, k PersonKey, id string) (Draft, error) {
	if !isID(id) {
		return Draft{}, fmt.Errorf("draft of no such name: %w", ErrNotFound)
	}
	d := Draft{ID: id, Person: k}
	err := s.pool.QueryRow(ctx, `
		SELECT revision, form FROM drafts
		WHERE id = $1 AND tenant_id = $2 AND object_id = $3`, id, k.TenantID, k.ObjectID).Scan(&d.Revision, &d.Form)
	if errors.Is(err, pgx.ErrNoRows) {
		return Draft{}, fmt.Errorf("draft %q: %w", id, ErrNotFound)
	}
	if err != nil {
		return Draft{}, fmt.Errorf("look up draft %q: %w", id, err)
	}
	return d, nil
}

// SaveDraft keeps d with a new form and gives it its next revision. ErrStale
// says that another dialog was faster.
func (s *Store) SaveDraft(ctx context.Context, d *Draft, form any) error {
	body, err := marshal(form)
	if err != nil {
		return err
	}
	err = s.pool.QueryRow(ctx, `
		UPDATE drafts SET form = $3, revision = revision + 1, updated_at = now()
		WHERE id = $1 AND revision = $2
		RETURNING revision`, d.ID, d.Revision, body).Scan(&d.Revision)
	if errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("save draft %s: %w", d.ID, ErrStale)
	}
	if err != nil {
		return fmt.Errorf("save draft %s: %w", d.ID, err)
	}
	d.Form = body
	return nil
}

// isID says that a name, which may be forged, is spelled as ours are. Both uuid
// and Postgres know other spellings, and not the same ones.
func isID(name string) bool { return len(name) == 36 && uuid.Validate(name) == nil }
