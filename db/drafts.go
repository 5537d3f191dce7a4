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
	Revision int             // rises with every save; 0: not kept yet
	Form     json.RawMessage // the bot's own
}

// BlankDraft is a draft that is kept when it is saved first.
func BlankDraft(k PersonKey) Draft { return Draft{ID: uuid.NewString(), Person: k} }

// NewDraft begins a draft.
func (s *Store) NewDraft(ctx context.Context, k PersonKey, form any) (Draft, error) {
	d := BlankDraft(k)
	return d, s.SaveDraft(ctx, &d, form)
}

func (s *Store) insertDraft(ctx context.Context, d *Draft, form json.RawMessage) error {
	_, err := s.pool.Exec(ctx, `
		INSERT INTO drafts (id, tenant_id, object_id, form) VALUES ($1, $2, $3, $4)`, d.ID, d.Person.TenantID, d.Person.ObjectID, form)
	if err != nil {
		return fmt.Errorf("begin a draft: %w", err)
	}
	d.Revision, d.Form = 1, form
	return nil
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
	if d.Revision == 0 {
		return s.insertDraft(ctx, d, body)
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
